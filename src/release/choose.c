/* SPDX-License-Identifier: MIT
 *
 * Which image a module wants.  Octal PSRAM needs the SPIRAM_OCT build, quad or no
 * PSRAM the plain one (MicroPython, ports/esp32/boards/ESP32_GENERIC_S3/board.md).
 * Octal flash is found at run time since ESP-IDF 5.1 only
 * (CONFIG_ESPTOOLPY_FLASH_MODE_AUTO_DETECT), and so since MicroPython 1.24.
 * Left out: builds for named boards, custom builds for octal flash.
 */
#include "espy/release.h"

#include <stdio.h>
#include <string.h>

espy_status espy_release_wanted(espy_release_want *want, const espy_release_module *module, espy_err *err)
{
    *want = (espy_release_want){.board = "ESP32_GENERIC_S3", .variant = "", .why = ""};
    if (module->chip == NULL || strcmp(module->chip, "ESP32-S3") != 0) {
        espy_fail(err, ESPY_E_UNSUPPORTED, "no MicroPython image is known here for the chip %s",
                  module->chip == NULL ? "(unknown)" : module->chip);
        espy_advise(err, "Give an image made for this chip: espy up IMAGE.");
        return ESPY_E_UNSUPPORTED;
    }
    if (module->psram_size > 0 && module->psram_octal)
        want->variant = "SPIRAM_OCT";
    if (module->flash_octal) {
        want->minimum = (espy_version){.major = 1, .minor = 24};
        want->why = "older releases cannot use octal flash";
    }
    return ESPY_OK;
}

static bool fits(const espy_release *r, const espy_release_want *want, const espy_version *version)
{
    if (strcmp(r->board, want->board) != 0 || strcmp(r->variant, want->variant) != 0)
        return false;
    if (version != NULL)
        return espy_version_compare(&r->version, version) == 0;
    return !r->version.preview && espy_version_compare(&r->version, &want->minimum) >= 0;
}

static bool newer(const espy_release *a, const espy_release *b)
{
    int order = espy_version_compare(&a->version, &b->version);
    return order != 0 ? order > 0 : a->date > b->date;
}

static const espy_release *newest(const espy_release *list, size_t count, const espy_release_want *want,
                                  const espy_version *version)
{
    const espy_release *best = NULL;
    for (size_t i = 0; i < count; i++)
        if (fits(&list[i], want, version) && (best == NULL || newer(&list[i], best)))
            best = &list[i];
    return best;
}

static void none(const espy_release *list, size_t count, const espy_release_want *want, const espy_version *version,
                 espy_err *err)
{
    const char *dash = want->variant[0] != '\0' ? "-" : "";
    const espy_release *best = newest(list, count, want, NULL);
    if (version != NULL)
        espy_fail(err, ESPY_E_UNSUPPORTED, "there is no release %u.%u.%u%s of %s%s%s", version->major, version->minor,
                  version->patch, version->preview ? "-preview" : "", want->board, dash, want->variant);
    else
        espy_fail(err, ESPY_E_UNSUPPORTED, "there is no release of %s%s%s among the %zu images found", want->board,
                  dash, want->variant, count);
    if (best != NULL)
        espy_advise(err, "The newest is %u.%u.%u.", best->version.major, best->version.minor, best->version.patch);
    else
        espy_advise(err, "Download an image for this module yourself and give it: espy up IMAGE.");
}

const espy_release *espy_release_pick(const espy_release *list, size_t count, const espy_release_want *want,
                                      const espy_version *version, espy_err *err)
{
    if (version != NULL && espy_version_compare(version, &want->minimum) < 0) {
        espy_fail(err, ESPY_E_UNSUPPORTED, "MicroPython %u.%u.%u is too old for this module: %s", version->major,
                  version->minor, version->patch, want->why);
        espy_advise(err, "Choose %u.%u or newer, or insist with --force.", want->minimum.major, want->minimum.minor);
        return NULL;
    }
    const espy_release *best = newest(list, count, want, version);
    if (best == NULL)
        none(list, count, want, version, err);
    return best;
}
