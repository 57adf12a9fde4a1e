/* SPDX-License-Identifier: MIT
 *
 * Places in the flash, as a command line has them: an address (0x10000, 64K), a range
 * (0x10000+64K, 64K..1M) or the name of a partition.  And what the places of a plan are
 * called.
 */
#ifndef ESPY_CLI_PLACE_H
#define ESPY_CLI_PLACE_H

#include "cli.h"

#include "espy/image.h"

typedef struct espy_place {
    const char *text; /* as it was typed, borrowed */
    bool named;       /* a partition, to be found once the board's table is known */
    bool sized;       /* the text says how many bytes */
    uint32_t addr, size;
    const espy_partition *partition; /* once found; NULL: a plain address */
} espy_place;

/* A partition's name is what does not begin with a digit.  ESPY_E_ARG: neither. */
espy_status espy_place_parse(espy_cli *cli, const char *command, const char *text, espy_place *place);

/* Finds a named place, whose size is the partition's then.  ESPY_E_ARG names the
 * partitions that there are; table NULL: the board has none. */
espy_status espy_place_find(espy_place *place, const espy_partitions *table, espy_err *err);

/* What lies at an address: a partition's label, "bootloader", "partition table", or "";
 * *end: where that ends. */
const char *espy_place_name(const espy_partitions *table, uint32_t addr, uint32_t *end);

#endif
