/* SPDX-License-Identifier: MIT
 *
 * Names of what the eFuses lock: the ESP32-S3 Technical Reference Manual, "eFuse
 * Controller", and GET_SECURITY_INFO of esptool's "Serial Protocol".
 */
#ifndef ESPY_CLI_SECURITY_NAMES_H
#define ESPY_CLI_SECURITY_NAMES_H

#include "espy/flasher.h"

/* A flag of espy_security, or, with mask 0, that flash encryption is on. */
typedef struct espy_security_flag {
    uint32_t mask;
    const char *name; /* "secure_boot": its key in JSON; NULL ends the table */
    const char *text; /* "secure boot" */
} espy_security_flag;

extern const espy_security_flag espy_security_flags[];

bool espy_security_has(const espy_security *security, const espy_security_flag *flag);

/* "XTS_AES_128_KEY", as esptool and espefuse name it. */
const char *espy_key_purpose_name(uint8_t purpose);

#endif
