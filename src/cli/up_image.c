/* SPDX-License-Identifier: MIT
 *
 * `espy up`: the image, from the file or the download to what will be written.
 */
#include "up.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *espy_up_file_name(const espy_up *up)
{
    const char *path = up->file != NULL ? up->file : up->fetched.path;
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

const char *espy_up_image_version(const espy_up *up)
{
    const char *version = up->image.micropython.version;
    return version[0] == 'v' ? version + 1 : version;
}

/* Only what holds for every board that espy can flash. */
static espy_status check_kind(espy_up *up, const char *path)
{
    espy_err *err = &up->cli->err;
    const char *chip = espy_image_chip_name(up->image.chip_id);
    if (up->image.chip_id != ESPY_CHIP_ESP32S3) {
        espy_fail(err, ESPY_E_UNSUPPORTED, "%s is made for the %s (chip id %u), not for the ESP32-S3", path,
                  chip == NULL ? "chip of another kind" : chip, up->image.chip_id);
        espy_advise(err, "Take the image called ESP32_GENERIC_S3; `espy up` without IMAGE finds the right one itself.");
        return ESPY_E_UNSUPPORTED;
    }
    if (up->image.kind != ESPY_IMAGE_MERGED) {
        espy_fail(err, ESPY_E_UNSUPPORTED,
                  "%s is %s, and a bare chip needs bootloader, partition table and application", path,
                  espy_image_kind_name(up->image.kind));
        espy_advise(err, "Take the whole image, whose name ends in .bin and not in .app-bin.");
        return ESPY_E_UNSUPPORTED;
    }
    return ESPY_OK;
}

static espy_status load(espy_up *up, const char *path)
{
    espy_err *err = &up->cli->err;
    espy_status st = espy_buf_read_file(&up->bytes, path, err);
    if (st != ESPY_OK) {
        if (st != ESPY_E_CANCELLED)
            espy_advise(err, "Give the image's file, or no IMAGE at all: then `espy up` fetches the right one.");
        return st;
    }
    st = espy_image_parse(&up->image, up->bytes.bytes, up->bytes.size, err);
    if (st != ESPY_OK) {
        espy_context(err, "%s", path);
        espy_advise(err, "Download the image again; nothing was written to the board.");
        return st;
    }
    return check_kind(up, path);
}

static void say_image(const espy_up *up)
{
    char size[32];
    const espy_micropython *m = &up->image.micropython;
    espy_say(up->cli, "%-12s %s, %s", "image", espy_up_file_name(up),
             espy_size_text(up->image.size, size, sizeof size));
    if (m->version[0] != '\0')
        espy_say(up->cli, ", MicroPython %s%s%s", espy_up_image_version(up), m->variant[0] != '\0' ? " " : "",
                 m->variant);
    espy_say(up->cli, "\n");
}

espy_status espy_up_read_image(espy_up *up)
{
    if (up->file == NULL)
        return ESPY_OK;
    espy_status st = load(up, up->file);
    if (st == ESPY_OK)
        say_image(up);
    return st;
}

static void on_download(void *user, const char *file, uint64_t done, uint64_t total)
{
    espy_up *up = user;
    (void)file;
    if (!up->board.progress.active)
        espy_progress_begin(&up->board.progress, up->cli, "download", total);
    up->board.progress.total = total;
    espy_progress_update(&up->board.progress, done);
}

static void say_fetched(espy_up *up)
{
    char note[160] = "", size[32];
    const espy_fetched *f = &up->fetched;
    if (f->resumed > 0)
        snprintf(note, sizeof note, ", cut off and resumed %u time%s", f->resumed, f->resumed == 1 ? "" : "s");
    if (f->offline)
        espy_say(up->cli, "%-12s %s\n", "offline", f->note);
    if (f->from_cache) {
        espy_progress_end(&up->board.progress, NULL);
        espy_say(up->cli, "%-12s %s%s\n", "cache", f->path,
                 f->offline ? " (the newest there; a newer release may exist)" : "");
        return;
    }
    espy_size_text(up->board.progress.done, size, sizeof size);
    char text[220];
    snprintf(text, sizeof text, "%s, %s%s", size, f->known ? "digest as published" : "image checks out", note);
    espy_progress_end(&up->board.progress, text);
}

espy_status espy_up_fetch_image(espy_up *up)
{
    if (up->file != NULL)
        return ESPY_OK;
    espy_release_want want;
    espy_release_module module = {
        .chip = up->board.info.chip,
        .psram_size = up->board.info.psram.size,
        .psram_octal = up->board.info.psram.width == ESPY_WIDTH_OCTAL,
        .flash_octal = up->board.info.flash.width == ESPY_WIDTH_OCTAL,
    };
    espy_status st = espy_release_wanted(&want, &module, &up->cli->err);
    if (st != ESPY_OK)
        return st;
    if (up->force)
        want.minimum = (espy_version){0};
    const char *url = up->firmware_url != NULL ? up->firmware_url : getenv("ESPY_FIRMWARE_URL");
    espy_fetch_config config = {
        .base_url = url != NULL && url[0] != '\0' ? url : NULL,
        .timeout_s = up->net_timeout_s,
        .progress = on_download,
        .cancelled = espy_cli_cancelled,
        .user = up,
    };
    st = espy_release_fetch(&up->fetched, &config, &want, up->has_version ? &up->version : NULL, &up->cli->err);
    if (st != ESPY_OK)
        return st;
    say_fetched(up);
    st = load(up, up->fetched.path);
    if (st == ESPY_OK)
        say_image(up);
    return st;
}

static void warn(const espy_up *up, const char *text)
{
    bool color = espy_cli_color(2);
    espy_say(up->cli, "%swarning%s      %s\n", color ? "\x1b[33m" : "", color ? "\x1b[0m" : "", text);
}

static espy_status check_security(espy_up *up)
{
    const espy_board *b = &up->board.info;
    if (up->force || (!b->secure_boot && !b->flash_encryption && !b->secure_download))
        return ESPY_OK;
    espy_fail(&up->cli->err, ESPY_E_UNSUPPORTED, "this chip is locked (%s): it would not run %s afterwards",
              b->secure_boot        ? "secure boot"
              : b->flash_encryption ? "flash encryption"
                                    : "secure download mode",
              espy_up_file_name(up));
    espy_advise(&up->cli->err, b->secure_download ? "Use a chip that is not locked."
                                                  : "Use a chip that is not locked; --force writes all the same.");
    return ESPY_E_UNSUPPORTED;
}

/* Octal PSRAM wants the SPIRAM_OCT build, and only octal PSRAM does. */
static espy_status check_psram(espy_up *up)
{
    const espy_board *b = &up->board.info;
    bool octal_board = b->psram.width == ESPY_WIDTH_OCTAL;
    bool octal_image = up->image.psram == ESPY_PSRAM_OCTAL;
    char have[40], size[32];
    if (up->image.psram == ESPY_PSRAM_UNKNOWN || octal_board == octal_image)
        return ESPY_OK;
    if (b->psram.size > 0)
        snprintf(have, sizeof have, "%s of %s PSRAM", espy_size_text(b->psram.size, size, sizeof size),
                 espy_width_name(b->psram.width));
    else
        snprintf(have, sizeof have, "no PSRAM");
    const char *name = espy_up_file_name(up), *uses = espy_psram_kind_name(up->image.psram);
    if (up->force) {
        char text[300];
        snprintf(text, sizeof text, "%.120s drives %s PSRAM, this module has %s: MicroPython will not find it", name,
                 uses, have);
        warn(up, text);
        return ESPY_OK;
    }
    espy_fail(&up->cli->err, ESPY_E_UNSUPPORTED, "%s drives %s PSRAM, but this module has %s; it wants %s", name, uses,
              have, octal_board ? "ESP32_GENERIC_S3-SPIRAM_OCT" : "the plain ESP32_GENERIC_S3, not SPIRAM_OCT");
    espy_advise(&up->cli->err, "`espy up` without IMAGE takes the right one; --force writes this one all the same.");
    return ESPY_E_UNSUPPORTED;
}

static void warn_octal_flash(const espy_up *up)
{
    if (up->board.info.flash.width != ESPY_WIDTH_OCTAL || up->image.octal_flash)
        return;
    warn(up, "this module's flash is octal, which MicroPython before 1.24 cannot handle:");
    espy_say(up->cli, "%-12s expect a prompt, but no file system; take 1.24 or newer for all of it\n", "");
}

espy_status espy_up_check(espy_up *up)
{
    espy_status st = check_security(up);
    if (st == ESPY_OK)
        st = check_psram(up);
    if (st == ESPY_OK)
        warn_octal_flash(up);
    return st;
}

static void say_fit(const espy_up *up)
{
    char from[32], to[32];
    const espy_fit *fit = &up->fit;
    if (!fit->changed)
        return;
    espy_say(up->cli, "%-12s from %s of flash to %s\n", "fit", espy_size_text(fit->old_flash_size, from, sizeof from),
             espy_size_text(fit->image.flash_size, to, sizeof to));
}

espy_status espy_up_fit(espy_up *up)
{
    espy_err *err = &up->cli->err;
    uint32_t flash_size = up->board.info.flash.size;
    espy_status st = ESPY_OK;
    up->write = &up->image;
    if (!up->no_fit) {
        st = espy_image_fit(&up->fit, &up->image, flash_size, err);
        up->write = &up->fit.image;
    }
    espy_image_target target = {
        .chip_id = (uint16_t)up->board.info.chip_id,
        .revision = (uint16_t)(up->board.info.revision_major * 100 + up->board.info.revision_minor),
        .flash_size = flash_size,
    };
    if (st == ESPY_OK)
        st = espy_image_check(up->write, &target, err);
    if (st != ESPY_OK)
        return espy_context(err, "%s", espy_up_file_name(up));
    say_fit(up);
    return ESPY_OK;
}
