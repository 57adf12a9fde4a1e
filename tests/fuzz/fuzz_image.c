/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: any file, parsed and described.  What lies behind the digests is
 * reached by fuzz_fit.c.
 */
#include "espy/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    espy_image image;
    espy_err err = {0};
    espy_image_target target = {ESPY_CHIP_ESP32S3, 2, 0x800000};
    if (espy_image_parse(&image, bytes, size, &err) == ESPY_OK)
        (void)espy_image_check(&image, &target, &err);
    return 0;
}
