/* SPDX-License-Identifier: MIT
 *
 * JSON results; see the header.
 */
#include "json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

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

void espy_json_string(cJSON *object, const char *key, const char *value)
{
    bool none = value == NULL || value[0] == '\0';
    made(object, none ? cJSON_AddNullToObject(object, key) : cJSON_AddStringToObject(object, key, value));
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

espy_status espy_json_print(espy_cli *cli, cJSON *object)
{
    char *text = object != NULL ? cJSON_Print(object) : NULL;
    cJSON_Delete(object);
    if (text == NULL)
        return espy_fail(&cli->err, ESPY_E_MEMORY, "no memory for the JSON result");
    bool failed = puts(text) < 0 || fflush(stdout) != 0;
    cJSON_free(text);
    return failed ? espy_fail(&cli->err, ESPY_E_IO, "cannot write the result to standard output") : ESPY_OK;
}
