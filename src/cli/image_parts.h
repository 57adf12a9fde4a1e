/* SPDX-License-Identifier: MIT
 *
 * `espy image merge` and `espy image split`: one file of several, and back.
 */
#ifndef ESPY_CLI_IMAGE_PARTS_H
#define ESPY_CLI_IMAGE_PARTS_H

#include "cli.h"

#include "espy/image.h"

typedef struct espy_merge_options {
    const char *format;  /* "raw", "uf2" or "hex"; NULL: by the output's suffix, else raw */
    uint32_t flash_size; /* for the bootloader's header; 0: as it is */
    const char *output;
} espy_merge_options;

/* Each of n words is FILE@ADDRESS, or the name of an Intel HEX file. */
espy_status espy_image_merge(espy_cli *cli, char **words, int n, const espy_merge_options *options);

/* Writes what a merged image, or a flash read back, consists of into a folder, one file a
 * part, named after address and label.  Blank partitions are left out. */
espy_status espy_image_split(espy_cli *cli, const espy_image *image, const char *folder);

#endif
