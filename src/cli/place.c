/* SPDX-License-Identifier: MIT
 *
 * Places in the flash; see the header.
 */
#include "place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- on the command line -------------------------------------------------------------- */

static espy_status not_a_place(espy_cli *cli, const char *command, const char *text)
{
    return espy_usage(cli, command,
                      "\"%s\" is neither an address such as 0x10000 or 64K, nor 64K+4K, 0x10000..0x20000, "
                      "nor a partition's name",
                      text);
}

/* "64K" in front of `end`, to a number. */
static bool number(const char *text, size_t n, uint64_t *value)
{
    char copy[24], *rest;
    if (n == 0 || n >= sizeof copy || text[0] < '0' || text[0] > '9')
        return false;
    memcpy(copy, text, n);
    copy[n] = '\0';
    *value = strtoull(copy, &rest, 0);
    unsigned shift = *rest == 'k' || *rest == 'K' ? 10 : *rest == 'm' || *rest == 'M' ? 20 : 0;
    rest += shift > 0;
    if (shift > 0 && (*rest == 'B' || *rest == 'b'))
        rest++;
    if (*rest != '\0' || *value > UINT32_MAX >> shift)
        return false;
    *value <<= shift;
    return true;
}

static bool range(const char *text, espy_place *place)
{
    const char *plus = strchr(text, '+'), *dots = strstr(text, "..");
    const char *cut = plus != NULL ? plus : dots;
    uint64_t addr, other = 0;
    if (!number(text, cut != NULL ? (size_t)(cut - text) : strlen(text), &addr))
        return false;
    const char *tail = plus != NULL ? plus + 1 : dots != NULL ? dots + 2 : NULL;
    if (tail != NULL && !number(tail, strlen(tail), &other))
        return false;
    place->addr = (uint32_t)addr;
    place->sized = tail != NULL;
    if (plus == NULL && place->sized)
        other = other > addr ? other - addr : 0;
    place->size = (uint32_t)other;
    return true;
}

espy_status espy_place_parse(espy_cli *cli, const char *command, const char *text, espy_place *place)
{
    *place = (espy_place){.text = text};
    place->named = text[0] < '0' || text[0] > '9';
    size_t n = strlen(text);
    bool good = place->named ? n > 0 && n < sizeof((espy_partition *)0)->label : range(text, place);
    if (good && place->sized && place->size == 0)
        return espy_usage(cli, command, "the range \"%s\" is empty", text);
    return good ? ESPY_OK : not_a_place(cli, command, text);
}

/* ---- in a table ----------------------------------------------------------------------- */

static espy_status no_such_partition(const espy_place *place, const espy_partitions *table, espy_err *err)
{
    char names[300] = "";
    size_t n = 0;
    for (size_t i = 0; i < table->count && n + 40 < sizeof names; i++)
        n += (size_t)snprintf(names + n, sizeof names - n, "%s%s", i > 0 ? ", " : "", table->row[i].label);
    espy_fail(err, ESPY_E_ARG, "there is no partition \"%s\"", place->text);
    espy_advise(err, "There are: %s.", names);
    return ESPY_E_ARG;
}

espy_status espy_place_find(espy_place *place, const espy_partitions *table, espy_err *err)
{
    if (!place->named)
        return ESPY_OK;
    if (table == NULL) {
        espy_fail(err, ESPY_E_ARG, "the board has no partition table in which \"%s\" could be", place->text);
        espy_advise(err, "Give an address, or write an image with a partition table first.");
        return ESPY_E_ARG;
    }
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->row[i].label, place->text) == 0) {
            place->partition = &table->row[i];
            place->addr = place->partition->addr;
            place->size = place->partition->size;
            place->sized = true;
            return ESPY_OK;
        }
    return no_such_partition(place, table, err);
}

const char *espy_place_name(const espy_partitions *table, uint32_t addr, uint32_t *end)
{
    const char *name = "";
    *end = UINT32_MAX;
    if (table == NULL)
        return name;
    if (addr < ESPY_PARTITION_TABLE || addr - ESPY_PARTITION_TABLE < ESPY_SECTOR) {
        bool boot = addr < ESPY_PARTITION_TABLE;
        *end = ESPY_PARTITION_TABLE + (boot ? 0 : ESPY_SECTOR);
        return boot ? "bootloader" : "partition table";
    }
    for (size_t i = 0; i < table->count; i++) {
        const espy_partition *row = &table->row[i];
        if (addr >= row->addr && addr - row->addr < row->size) {
            *end = row->addr + row->size;
            return row->label;
        }
        if (row->addr > addr && row->addr < *end)
            *end = row->addr;
    }
    return name;
}
