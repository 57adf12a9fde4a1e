/* SPDX-License-Identifier: MIT
 *
 * What a boot log tells of.  The texts are those of the ESP32-S3's mask ROM, of
 * ESP-IDF's bootloader (bootloader_support), of its panic handler (esp_system)
 * and of MicroPython's ports/esp32/modules/inisetup.py.  Left out: core dumps.
 */
#include "session.h"

#include <stdio.h>
#include <string.h>

/* A sign of trouble.  Seen `final` times, it is not going to go away. */
typedef struct sign {
    const char *mark;
    const char *what;
    const char *advice;
    unsigned final;
} sign;

/* Causes stand before what they lead to: the first that is found is reported. */
static const sign signs[] = {
    {"waiting for download", "the board waits in download mode instead of running its flash",
     "GPIO0 is low at reset: release the BOOT button and press RESET.", 1},
    {"wait uart download", "the board waits in download mode instead of running its flash",
     "GPIO0 is low at reset: release the BOOT button and press RESET.", 1},
    {"Brownout detector was triggered", "the board's supply voltage broke down",
     "Use another USB cable, port or power supply.", 2},
    {"secure boot verification failed", "the chip runs signed programs only (secure boot), and this one is not",
     "This board takes only firmware signed by its maker.", 1},
    {"Signature Check Failed", "the chip runs signed programs only (secure boot), and this one is not",
     "This board takes only firmware signed by its maker.", 1},
    {"SHA-256 comparison failed", "the bootloader in the flash is damaged", "Write the image again.", 3},
    {"invalid header", "the ROM finds no program at the start of the flash",
     "Write an image made for the ESP32-S3 at address 0.", 3},
    {"has invalid magic byte", "the bootloader finds no application where the partition table has one",
     "Write the whole image again.", 2},
    {"Image hash failed", "the application in the flash is damaged", "Write the image again.", 2},
    {"Checksum failed", "the application in the flash is damaged", "Write the image again.", 2},
    {"No bootable app partitions", "the partition table has no application that can run",
     "Write the whole image again.", 2},
    {"The filesystem appears to be corrupted", "MicroPython finds something else where its file system should be",
     "Save what you need, erase all of the flash (`esptool erase-flash`) and run `espy up` again.", 1},
    {"smaller than the size in the binary image header", "the image was made for a larger flash than the board has",
     "Have the image fitted: leave out --no-fit.", 3},
    {"Guru Meditation Error", "the firmware crashes", "Try another release, or the image for this module's PSRAM.", 3},
    {"assert failed:", "the firmware gives up", "Try another release, or the image for this module's PSRAM.", 3},
    {"abort() was called", "the firmware gives up", "Try another release, or the image for this module's PSRAM.", 3},
};

enum { RESTARTS_FINAL = 6 };

/* The place of mark in the n bytes of text at or after from, or n. */
static size_t find(const char *text, size_t n, size_t from, const char *mark)
{
    size_t len = strlen(mark);
    for (size_t i = from; i + len <= n; i++)
        if (text[i] == mark[0] && memcmp(text + i, mark, len) == 0)
            return i;
    return n;
}

static unsigned count(const char *text, size_t n, const char *mark)
{
    unsigned times = 0;
    for (size_t at = find(text, n, 0, mark); at < n; at = find(text, n, at + 1, mark))
        times++;
    return times;
}

static void line_at(const char *text, size_t n, size_t at, char *line, size_t cap)
{
    size_t start = at, end = at;
    while (start > 0 && text[start - 1] != '\n' && text[start - 1] != '\r')
        start--;
    while (end < n && text[end] != '\n' && text[end] != '\r')
        end++;
    espy_repl_printable(line, cap, text + start, end - start);
}

static void describe(espy_boot_fault *fault, const sign *s, const char *line, unsigned restarts)
{
    fault->found = true;
    if (restarts > 1)
        snprintf(fault->what, sizeof fault->what, "%s (\"%s\", %u starts)", s->what, line, restarts);
    else
        snprintf(fault->what, sizeof fault->what, "%s (\"%s\")", s->what, line);
    snprintf(fault->advice, sizeof fault->advice, "%s", s->advice);
}

void espy_boot_diagnose(const char *text, size_t n, espy_boot_fault *fault)
{
    static const sign restarting = {"rst:0x", "the board restarts again and again",
                                    "Try another release, or the image for this module's PSRAM.", 0};
    char line[80];
    *fault = (espy_boot_fault){0};
    unsigned restarts = count(text, n, "rst:0x");
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        size_t at = find(text, n, 0, signs[i].mark);
        if (at == n)
            continue;
        line_at(text, n, at, line, sizeof line);
        describe(fault, &signs[i], line, restarts);
        fault->final = count(text, n, signs[i].mark) >= signs[i].final;
        return;
    }
    if (restarts < RESTARTS_FINAL)
        return;
    line_at(text, n, find(text, n, 0, "rst:0x"), line, sizeof line);
    describe(fault, &restarting, line, restarts);
    fault->final = true;
}
