/* SPDX-License-Identifier: MIT
 *
 * Fuzz harness: the stub's compressor.  The input's first two bytes are how hard it looks,
 * the rest is compressed, as often as it takes to fill a chunk up to the third's share;
 * libdeflate must give it back.
 */
#include "../../stub/deflate.c"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static struct deflate d;
    static uint8_t data[DEFLATE_MAX], out[2 * DEFLATE_MAX], back[DEFLATE_MAX];
    static struct libdeflate_decompressor *decompressor;
    if (decompressor == NULL)
        decompressor = libdeflate_alloc_decompressor();
    if (n < 4 || decompressor == NULL)
        return 0;
    const struct effort effort = {bytes[0], bytes[1] + 3};
    uint32_t size = 1 + bytes[2] * (DEFLATE_MAX - 1) / 255;
    for (uint32_t i = 0; i < size; i++)
        data[i] = bytes[3 + i % (n - 3)];
    uint32_t made = deflate_chunk(&d, data, size, &effort, out, sizeof out);
    if (made == 0 || libdeflate_deflate_decompress(decompressor, out, made, back, size, NULL) != LIBDEFLATE_SUCCESS ||
        memcmp(back, data, size) != 0)
        abort();
    return 0;
}
