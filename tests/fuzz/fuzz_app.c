/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: an application with right digests and arbitrary strings, from
 * which the MicroPython version and the drivers are read.
 */
#include "espy/image.h"
#include "../../src/image/synth_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size > 700)
        return 0;
    uint8_t *app = malloc(1200);
    size_t n = synth_app(app, 9, size > 0 ? (const char *)bytes : "", size);
    uint8_t *exact = malloc(n); /* so that the sanitizer sees every byte read past the end */
    memcpy(exact, app, n);
    free(app);
    espy_image image;
    (void)espy_image_parse(&image, exact, n, NULL);
    free(exact);
    return 0;
}
