/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: a whole image around an arbitrary partition table whose MD5 row
 * is right, fitted and planned.  The first byte chooses the flash size; 11 bytes
 * make a row.
 */
#include "espy/image.h"
#include "../../src/image/synth_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    synth_row rows[16] = {{"factory", 0, 0, 0x10000, 0x10000}};
    size_t n = 1;
    for (const uint8_t *p = bytes + 1; n < 16 && size > n * 11; n++, p += 11)
        rows[n] = (synth_row){p[0] & 1 ? "vfs" : "data", p[1], p[2],
                              (uint32_t)(p[3] | p[4] << 8 | p[5] << 16 | (uint32_t)p[6] << 24),
                              (uint32_t)(p[7] | p[8] << 8 | p[9] << 16 | (uint32_t)p[10] << 24)};
    synth s = synth_merged_in(0x11000, rows, n);
    uint32_t flash_size = UINT32_C(0x100000) << (size > 0 ? bytes[0] & 7 : 4);
    espy_image image;
    espy_fit fit;
    if (espy_image_parse(&image, s.bytes, s.size, NULL) == ESPY_OK &&
        espy_image_fit(&fit, &image, flash_size, NULL) == ESPY_OK) {
        espy_image_plan plan;
        espy_image_plan_make(&plan, &fit.image, flash_size, &image.table);
        espy_fit_free(&fit);
    }
    free(s.bytes);
    return 0;
}
