/* SPDX-License-Identifier: MIT
 *
 * What an application says about itself in its strings.  The application
 * descriptor of MicroPython's builds has neither version nor project, but these
 * constants are in every build because the code uses them:
 *
 *   "MicroPython v1.23.0 on 2024-06-02"      the banner; begins its string
 *   "; BOARD with MCU"                       the banner's second part; begins its string
 *   "MicroPython-1.23.0-xtensa-..."          platform.platform(), where the banner was changed
 *   "octal_psram", "quad_psram"              log tags: the whole string
 *   "Octal Flash"                            log tag of the octal flash driver: the whole string
 *
 * Follows: MicroPython's py/mpconfig.h (MICROPY_BANNER_*) and
 * extmod/modplatform.c; ESP-IDF's esp_psram_impl_octal.c, esp_psram_impl_quad.c,
 * spi_flash_oct_flash_init.c.  A log tag is present exactly when the driver it
 * names is linked in.
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

static bool read_banner(espy_micropython *m, const uint8_t *app, size_t size)
{
    const char *lead = "MicroPython v";
    const uint8_t *p = find_string(app, size, lead, false), *end = app + size;
    if (p == NULL || !copy_until(m->version, sizeof m->version, p + strlen(lead) - 1, end, " "))
        return false;
    const uint8_t *date = p + strlen(lead) - 1 + strlen(m->version);
    if (end - date > 4 && memcmp(date, " on ", 4) == 0)
        (void)copy_until(m->date, sizeof m->date, date + 4, end, ";\r");
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
    if (strstr(m->machine, "Octal-SPIRAM") != NULL)
        snprintf(m->variant, sizeof m->variant, "SPIRAM_OCT");
    else if (strstr(m->machine, "SPIRAM") != NULL)
        snprintf(m->variant, sizeof m->variant, "SPIRAM");
}

void espy_image_read_strings(espy_image *image, const uint8_t *app, size_t size)
{
    espy_micropython *m = &image->micropython;
    if (!read_banner(m, app, size))
        read_platform(m, app, size);
    if (m->version[0] != '\0') {
        read_machine(m, app, size);
        read_variant(m);
    }
    if (find_string(app, size, "octal_psram", true) != NULL)
        image->psram = ESPY_PSRAM_OCTAL;
    else if (find_string(app, size, "quad_psram", true) != NULL)
        image->psram = ESPY_PSRAM_QUAD;
    image->octal_flash = find_string(app, size, "Octal Flash", true) != NULL;
}
