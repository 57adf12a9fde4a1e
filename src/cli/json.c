/* SPDX-License-Identifier: MIT
 *
 * JSON results; see the header.
 */
#include "json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Marks an object that lacks something: cJSON does not print what is invalid. */
static cJSON *made(cJSON *parent, cJSON *child)
{
    if (parent != NULL && child == NULL)
        parent->type = cJSON_Invalid;
    return child;
}

cJSON *espy_json_object(cJSON *parent, const char *key)
{
    return made(parent, cJSON_AddObjectToObject(parent, key));
}

cJSON *espy_json_array(cJSON *parent, const char *key)
{
    return made(parent, cJSON_AddArrayToObject(parent, key));
}

cJSON *espy_json_item(cJSON *array)
{
    cJSON *item = cJSON_CreateObject();
    if (cJSON_AddItemToArray(array, item))
        return item;
    cJSON_Delete(item);
    return made(array, NULL);
}

/* The length of the well-formed character at p (RFC 3629, section 4), or 0. */
static size_t character(const unsigned char *p)
{
    static const struct {
        unsigned char first, last, low, high; /* of the first byte, and of the second */
        size_t n;
    } forms[] = {
        {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3},
        {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
        {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    if (p[0] < 0x80)
        return 1;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (p[0] < forms[i].first || p[0] > forms[i].last)
            continue;
        size_t n = p[1] >= forms[i].low && p[1] <= forms[i].high ? 2 : 0;
        while (n > 0 && n < forms[i].n && (p[n] & 0xC0) == 0x80)
            n++;
        return n == forms[i].n ? n : 0;
    }
    return 0;
}

/* JSON is UTF-8, the name of a file is any bytes: a stray one becomes U+FFFD. */
static cJSON *add_text(cJSON *object, const char *key, const char *value)
{
    char *text = malloc(3 * strlen(value) + 1), *end = text;
    if (text == NULL)
        return NULL;
    while (*value != '\0') {
        size_t n = character((const unsigned char *)value);
        memcpy(end, n > 0 ? value : "\xEF\xBF\xBD", n > 0 ? n : 3);
        end += n > 0 ? n : 3;
        value += n > 0 ? n : 1;
    }
    *end = '\0';
    cJSON *added = cJSON_AddStringToObject(object, key, text);
    free(text);
    return added;
}

void espy_json_string(cJSON *object, const char *key, const char *value)
{
    bool none = value == NULL || value[0] == '\0';
    made(object, none ? cJSON_AddNullToObject(object, key) : add_text(object, key, value));
}

void espy_json_number(cJSON *object, const char *key, uint64_t value)
{
    made(object, cJSON_AddNumberToObject(object, key, (double)value));
}

void espy_json_seconds(cJSON *object, const char *key, double value)
{
    made(object, cJSON_AddNumberToObject(object, key, round(value * 1000) / 1000));
}

void espy_json_bool(cJSON *object, const char *key, bool value)
{
    made(object, cJSON_AddBoolToObject(object, key, value));
}

void espy_json_hex(cJSON *object, const char *key, const uint8_t *bytes, size_t n)
{
    char text[129];
    if (n > sizeof text / 2)
        n = sizeof text / 2;
    for (size_t i = 0; i < n; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    espy_json_string(object, key, n > 0 ? text : NULL);
}

static espy_status print(espy_cli *cli, cJSON *object, bool pretty)
{
    char *text = object == NULL ? NULL : pretty ? cJSON_Print(object) : cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    if (text == NULL)
        return espy_fail(&cli->err, ESPY_E_MEMORY, "no memory for the JSON result");
    bool failed = puts(text) < 0 || fflush(stdout) != 0;
    cJSON_free(text);
    return failed ? espy_fail(&cli->err, ESPY_E_IO, "cannot write the result to standard output") : ESPY_OK;
}

espy_status espy_json_print(espy_cli *cli, cJSON *object)
{
    return print(cli, object, true);
}

espy_status espy_json_print_line(espy_cli *cli, cJSON *object)
{
    return print(cli, object, false);
}
