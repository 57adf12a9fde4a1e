/* SPDX-License-Identifier: MIT
 *
 * What a flash holds: bootloader, partition table, which application boots and what it
 * says about itself, file system.  It reads headers and tables alone, through a callback,
 * since on a board every byte is paid for; nothing is verified but the table.
 *
 * Follows: what image.h names.  Left out: encrypted flash, where there is nothing to read.
 */
#ifndef ESPY_IMAGE_SURVEY_H
#define ESPY_IMAGE_SURVEY_H

#include "espy/image.h"

#include "fs.h"
#include "ota.h"

typedef struct espy_flash_reader {
    espy_status (*read)(void *user, uint32_t addr, uint8_t *bytes, size_t n, espy_err *err);
    void *user;
    uint32_t size;  /* of the flash */
    uint32_t reach; /* how much of it can be read */
} espy_flash_reader;

typedef enum espy_content {
    ESPY_CONTENT_NONE,  /* beyond the flash, or not looked at */
    ESPY_CONTENT_BLANK, /* 0xFF as far as was read */
    ESPY_CONTENT_FOUND, /* what belongs there */
    ESPY_CONTENT_OTHER
} espy_content;

typedef struct espy_survey_app {
    size_t row; /* of the table */
    espy_content content;
    espy_binary binary; /* FOUND: as espy_binary_peek() gives it */
} espy_survey_app;

typedef struct espy_survey {
    espy_content bootloader;
    espy_binary boot; /* FOUND: as espy_binary_peek() gives it */

    espy_content table_content;
    uint32_t table_addr;
    espy_partitions rows; /* FOUND; partitions may reach beyond the flash */
    espy_err table_err;   /* OTHER: what is wrong with it */

    bool has_otadata;
    espy_ota_entry ota[2];
    int by_entry;                        /* the otadata entry that chose apps[0], or -1 */
    espy_survey_app apps[ESPY_APPS_MAX]; /* in the order in which the bootloader tries them */
    size_t app_count;
    const espy_survey_app *boots; /* the first that holds an application; NULL: none */
    espy_micropython micropython; /* what boots, unless it is known to be something else */

    bool has_fs;
    espy_partition fs_row; /* by the table and the real flash */
    bool fs_read;
    espy_fs fs; /* if it was read */
} espy_survey;

/* Fails only where reading does.  The survey points into itself and is not to be copied. */
espy_status espy_survey_flash(espy_survey *survey, const espy_flash_reader *flash, espy_err *err);

/* The first partition that ends beyond a flash of this size, or NULL. */
const espy_partition *espy_survey_beyond(const espy_survey *survey, uint32_t flash_size);

#endif
