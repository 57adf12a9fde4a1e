/* SPDX-License-Identifier: MIT
 *
 * What an application says about itself in its strings.  The application
 * descriptor of MicroPython's builds has neither version nor project, but these
 * constants are in every build because the code uses them:
 *
 *   "MicroPython v1.23.0 on 2024-06-02"      the banner; begins its string, or ends
 *                                            sys.version ("3.4.0; MicroPython ...")
 *                                            where the linker has merged the two
 *   "; BOARD with MCU"                       the banner's second part; begins its string,
 *                                            or follows the date (before v1.19)
 *   "MicroPython-1.23.0-xtensa-..."          platform.platform(), where the banner was changed
 *   "octal_psram", "quad_psram" and others   log tags: the whole string
 *   "Octal Flash"                            log tag of the octal flash driver: the whole string
 *
 * Follows: MicroPython's py/mpconfig.h (MICROPY_BANNER_*) and
 * extmod/modplatform.c; in ESP-IDF 5 esp_psram_impl_octal.c,
 * esp_psram_impl_quad.c, spi_flash_oct_flash_init.c, in ESP-IDF 4.4
 * opiram_psram.c, spiram_psram.c.  A log tag is present exactly when the driver
 * it names is linked in.
 */
#include "micropython.h"

#include <stdio.h>
#include <string.h>

/* The place of text at the beginning of a NUL-terminated string, or NULL; whole:
 * the string must be no longer. */
static const uint8_t *find_string(const uint8_t *bytes, size_t size, const char *text, bool whole)
{
    size_t n = strlen(text);
    const uint8_t *end = bytes + size;
    for (const uint8_t *p = bytes; (size_t)(end - p) > n + 1; p++) {
        p = memchr(p, '\0', (size_t)(end - p) - n - 1);
        if (p == NULL)
            return NULL;
        if (memcmp(p + 1, text, n) == 0 && (!whole || p[1 + n] == '\0'))
            return p + 1;
    }
    return NULL;
}

/* Copies from p up to one of the stop characters or NUL; false when that does
 * not come before the end or the room runs out, or a byte is not printable. */
static bool copy_until(char *out, size_t cap, const uint8_t *p, const uint8_t *end, const char *stops)
{
    size_t i = 0;
    for (; p + i < end && i + 1 < cap; i++) {
        out[i] = (char)p[i];
        if (p[i] == '\0' || strchr(stops, p[i]) != NULL) {
            out[i] = '\0';
            return true;
        }
        if (p[i] < 0x20)
            break;
    }
    out[0] = '\0';
    return false;
}

/* The "v" of the banner's version, or NULL. */
static const uint8_t *find_version(const uint8_t *app, size_t size)
{
    static const char lead[] = "MicroPython v";
    const size_t n = sizeof lead - 1;
    const uint8_t *end = app + size;
    for (const uint8_t *p = app + 2; p < end && (size_t)(end - p) > n; p++) {
        p = memchr(p, lead[0], (size_t)(end - p) - n);
        if (p == NULL)
            return NULL;
        bool begins = p[-1] == '\0' || (p[-1] == ' ' && p[-2] == ';');
        if (begins && memcmp(p, lead, n) == 0 && p[n] >= '0' && p[n] <= '9')
            return p + n - 1;
    }
    return NULL;
}

static bool read_banner(espy_micropython *m, const uint8_t *app, size_t size)
{
    const uint8_t *p = find_version(app, size), *end = app + size;
    if (p == NULL || !copy_until(m->version, sizeof m->version, p, end, " "))
        return false;
    p += strlen(m->version);
    if (end - p <= 4 || memcmp(p, " on ", 4) != 0 || !copy_until(m->date, sizeof m->date, p + 4, end, ";\r"))
        return true;
    p += 4 + strlen(m->date);
    if (end - p > 2 && memcmp(p, "; ", 2) == 0)
        (void)copy_until(m->machine, sizeof m->machine, p + 2, end, "\r");
    return true;
}

static void read_platform(espy_micropython *m, const uint8_t *app, size_t size)
{
    const char *lead = "MicroPython-";
    const uint8_t *p = find_string(app, size, lead, false);
    m->version[0] = 'v';
    if (p == NULL || p[strlen(lead)] < '0' || p[strlen(lead)] > '9' ||
        !copy_until(m->version + 1, sizeof m->version - 1, p + strlen(lead), app + size, "-"))
        m->version[0] = '\0';
}

/* The banner's second part.  Other strings begin with "; " too, hence the look
 * for " with ESP", which precedes the name of the chip. */
static void read_machine(espy_micropython *m, const uint8_t *app, size_t size)
{
    const uint8_t *p = app, *end = app + size;
    while ((p = find_string(p, (size_t)(end - p), "; ", false)) != NULL) {
        if (copy_until(m->machine, sizeof m->machine, p + 2, end, "\r") && strstr(m->machine, " with ESP") != NULL)
            return;
        p++;
    }
    m->machine[0] = '\0';
}

static void read_variant(espy_micropython *m)
{
    static const struct {
        const char *words, *variant;
    } variants[] = {
        {"Octal-SPIRAM", "SPIRAM_OCT"},
        {"spiram octal", "SPIRAM_OCT"}, /* before v1.21 */
        {"SPIRAM", "SPIRAM"},
        {"spiram", "SPIRAM"},
    };
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++)
        if (strstr(m->machine, variants[i].words) != NULL) {
            snprintf(m->variant, sizeof m->variant, "%s", variants[i].variant);
            return;
        }
}

static espy_psram_kind find_psram(const uint8_t *app, size_t size)
{
    static const struct {
        const char *tag;
        espy_psram_kind kind;
    } drivers[] = {
        {"octal_psram", ESPY_PSRAM_OCTAL},
        {"quad_psram", ESPY_PSRAM_QUAD},
        {"opi psram", ESPY_PSRAM_OCTAL}, /* ESP-IDF 4.4 */
        {"psram", ESPY_PSRAM_QUAD},
    };
    for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++)
        if (find_string(app, size, drivers[i].tag, true) != NULL)
            return drivers[i].kind;
    return ESPY_PSRAM_UNKNOWN;
}

void espy_micropython_read(espy_micropython *m, const uint8_t *bytes, size_t size)
{
    *m = (espy_micropython){0};
    if (!read_banner(m, bytes, size))
        read_platform(m, bytes, size);
    if (m->version[0] == '\0')
        return;
    if (m->machine[0] == '\0')
        read_machine(m, bytes, size);
    read_variant(m);
}

void espy_image_read_strings(espy_image *image, const uint8_t *app, size_t size)
{
    const espy_micropython *m = &image->micropython;
    espy_micropython_read(&image->micropython, app, size);
    image->psram = find_psram(app, size);
    if (image->psram == ESPY_PSRAM_UNKNOWN && strcmp(m->variant, "SPIRAM_OCT") == 0)
        image->psram = ESPY_PSRAM_OCTAL;
    image->octal_flash = find_string(app, size, "Octal Flash", true) != NULL;
}
