/* SPDX-License-Identifier: MIT
 *
 * JSON results: cJSON with the few forms that the commands need.
 *
 * Setters tolerate a NULL object, so that running out of memory surfaces once,
 * in espy_json_print().  A string that is NULL or empty becomes null; what is not UTF-8
 * in one becomes U+FFFD.
 */
#ifndef ESPY_CLI_JSON_H
#define ESPY_CLI_JSON_H

#include "cli.h"

#include <cjson/cJSON.h>

/* A new object under parent[key]; parent owns it. */
cJSON *espy_json_object(cJSON *parent, const char *key);
cJSON *espy_json_array(cJSON *parent, const char *key);
/* A new object at the end of an array. */
cJSON *espy_json_item(cJSON *array);
void espy_json_string(cJSON *object, const char *key, const char *value);
void espy_json_number(cJSON *object, const char *key, uint64_t value);
/* Rounded to milliseconds. */
void espy_json_seconds(cJSON *object, const char *key, double value);
void espy_json_bool(cJSON *object, const char *key, bool value);
/* Lower-case hexadecimal digits. */
void espy_json_hex(cJSON *object, const char *key, const uint8_t *bytes, size_t n);

/* Prints the object with a newline on stdout and frees it. */
espy_status espy_json_print(espy_cli *cli, cJSON *object);
/* The same on one line, for a program that goes on afterwards. */
espy_status espy_json_print_line(espy_cli *cli, cJSON *object);

#endif
