/* SPDX-License-Identifier: MIT
 *
 * The boards the emulator can be.
 *
 * Source: Espressif's data sheets "ESP32-S3-WROOM-1 & WROOM-1U" and
 * "ESP32-S3-WROOM-2", ordering information.
 */
#include "espy/machine.h"

#include <string.h>

#define MB (1024u * 1024u)
#define Q ESPY_MODE_QUAD
#define O ESPY_MODE_OCTAL

const espy_model espy_models[] = {
    {"n16r8", "ESP32-S3-WROOM-1-N16R8", 16 * MB, Q, 8 * MB, O},
    {"n16r8v", "ESP32-S3-WROOM-2-N16R8V", 16 * MB, O, 8 * MB, O},
    {"n16r2", "ESP32-S3-WROOM-1-N16R2", 16 * MB, Q, 2 * MB, Q},
    {"n8r8", "ESP32-S3-WROOM-1-N8R8", 8 * MB, Q, 8 * MB, O},
    {"n8r2", "ESP32-S3-WROOM-1-N8R2", 8 * MB, Q, 2 * MB, Q},
    {"n4r2", "ESP32-S3-WROOM-1-N4R2", 4 * MB, Q, 2 * MB, Q},
    {"n8", "ESP32-S3-WROOM-1-N8", 8 * MB, Q, 0, ESPY_MODE_NONE},
    {"n32r8v", "ESP32-S3-WROOM-2-N32R8V", 32 * MB, O, 8 * MB, O},
    {NULL, NULL, 0, ESPY_MODE_NONE, 0, ESPY_MODE_NONE},
};

const espy_model *espy_model_find(const char *name)
{
    for (const espy_model *m = espy_models; m->name != NULL; m++)
        if (strcmp(m->name, name) == 0)
            return m;
    return NULL;
}
