/* SPDX-License-Identifier: MIT
 *
 * The name of a virtual board; see the header.
 */
#include "spec.h"

#include <stdlib.h>
#include <string.h>

static espy_status set_choice(const char *value, const char *key, const char *off, const char *on, bool *out,
                              espy_err *err)
{
    *out = strcmp(value, on) == 0;
    if (*out || strcmp(value, off) == 0)
        return ESPY_OK;
    return espy_fail(err, ESPY_E_ARG, "%s=%s is neither %s=%s nor %s=%s", key, value, key, off, key, on);
}

static espy_status set_key(espy_emu_spec *spec, const char *key, const char *value, espy_err *err)
{
    if (strcmp(key, "rom") == 0)
        spec->machine.rom_path = value;
    else if (strcmp(key, "flash") == 0)
        spec->machine.flash_path = value;
    else if (strcmp(key, "efuse") == 0)
        spec->machine.efuse_path = value;
    else if (strcmp(key, "clock") == 0)
        return set_choice(value, key, "virtual", "real", &spec->clock_real, err);
    else if (strcmp(key, "timing") == 0)
        return set_choice(value, key, "fast", "real", &spec->machine.timing_real, err);
    else if (strcmp(key, "boot") == 0)
        return set_choice(value, key, "flash", "download", &spec->download, err);
    else if (strcmp(key, "port") == 0)
        return set_choice(value, key, "uart", "usb", &spec->usb, err);
    else
        return espy_fail(err, ESPY_E_ARG, "a virtual board has no key %s", key);
    return ESPY_OK;
}

static espy_status set_model(espy_emu_spec *spec, const char *name, espy_err *err)
{
    spec->machine.model = *name != '\0' ? espy_model_find(name) : &espy_models[0];
    if (spec->machine.model != NULL)
        return ESPY_OK;
    espy_status st = espy_fail(err, ESPY_E_ARG, "there is no virtual board called %s", name);
    espy_advise(err, "The models are n16r8, n16r8v, n16r2, n8r8, n8r2, n4r2, n8 and n32r8v.");
    return st;
}

espy_status espy_emu_spec_parse(espy_emu_spec *spec, char *text, espy_err *err)
{
    char *rest = strchr(text, ',');
    if (rest != NULL)
        *rest++ = '\0';
    espy_status st = set_model(spec, text, err);
    while (st == ESPY_OK && rest != NULL) {
        char *key = rest;
        rest = strchr(key, ',');
        if (rest != NULL)
            *rest++ = '\0';
        char *value = strchr(key, '=');
        if (value == NULL || value[1] == '\0') {
            st = espy_fail(err, ESPY_E_ARG, "\"%s\" in the name of a virtual board is not KEY=VALUE", key);
            break;
        }
        *value++ = '\0';
        st = set_key(spec, key, value, err);
    }
    espy_advise(err, "Write emu:MODEL,rom=FILE,flash=FILE,efuse=FILE,clock=virtual|real,timing=fast|real,"
                     "boot=flash|download,port=uart|usb.");
    return st;
}

const char *espy_emu_default_rom(void)
{
    const char *rom = getenv("ESPY_ROM");
    return rom != NULL && *rom != '\0' ? rom : NULL;
}
