/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: ELF files.  The first byte chooses the options; an image that comes of it
 * is looked into.
 */
#include "../../src/image/elf2image.h"
#include "../../src/image/layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    uint8_t choice = size > 0 ? bytes[0] : 0;
    espy_elf2image_options options = {
        .use_segments = choice & 1,
        .ram_only_header = choice & 2,
        .secure_pad_v2 = choice & 4,
        .no_digest = choice & 8,
        .elf_sha256_offset = choice & 16 ? 0xB0 : 0,
    };
    espy_elf2image_result result;
    espy_layout layout;
    espy_buf out = {0};
    if (size > 0 && espy_elf2image(&out, bytes + 1, size - 1, &options, &result, NULL) == ESPY_OK)
        (void)espy_layout_read(&layout, out.bytes, out.size, NULL);
    espy_buf_free(&out);
    return 0;
}
