/* SPDX-License-Identifier: MIT
 *
 * Official MicroPython firmware: which image a module wants, which releases
 * exist, and how one gets into the cache.
 *
 * Names and places are those of micropython.org: the page /download/BOARD/ links
 * to /resources/firmware/BOARD[-VARIANT]-YYYYMMDD-vVERSION.bin.  Which variant:
 * MicroPython's ports/esp32/boards/ESP32_GENERIC_S3/board.md.
 */
#ifndef ESPY_RELEASE_H
#define ESPY_RELEASE_H

#include "espy/err.h"
#include "espy/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ESPY_RELEASE_URL "https://micropython.org"

typedef struct espy_version {
    unsigned major, minor, patch;
    bool preview; /* of MAJOR.MINOR.PATCH: older than it */
} espy_version;

/* Reads "1.23.0", "v1.23" or "1.25.0-preview.12.gabcdef0", the whole of text. */
espy_status espy_version_parse(espy_version *version, const char *text, espy_err *err);
/* Below, at, or above 0 as a is older than, the same as, or newer than b. */
int espy_version_compare(const espy_version *a, const espy_version *b);

/* A published image. */
typedef struct espy_release {
    char file[120];   /* "ESP32_GENERIC_S3-SPIRAM_OCT-20241129-v1.24.1.bin": letters, digits, "._-" */
    char board[48];   /* "ESP32_GENERIC_S3" */
    char variant[48]; /* "SPIRAM_OCT"; empty: the plain image */
    uint32_t date;    /* 20241129 */
    espy_version version;
    char link[512]; /* as the page gives it, perhaps relative; empty: not from a page */
} espy_release;

/* Takes a file name apart; false when it is not a published image's. */
bool espy_release_parse_name(espy_release *release, const char *name, size_t n);
/* Finds the images that a page links to, in the page's order, each once.  Any
 * text will do; what is not a link to an image is passed over.  The caller frees
 * *list. */
espy_status espy_release_parse_page(espy_release **list, size_t *count, const char *page, size_t n, espy_err *err);

/* What the module has, as far as it decides the image. */
typedef struct espy_release_module {
    const char *chip; /* "ESP32-S3" */
    uint32_t psram_size;
    bool psram_octal;
    bool flash_octal;
} espy_release_module;

/* What such a module wants. */
typedef struct espy_release_want {
    const char *board;
    const char *variant;  /* "" or "SPIRAM_OCT" */
    espy_version minimum; /* 0.0.0: any */
    const char *why;      /* of the minimum; "" without */
} espy_release_want;

/* ESPY_E_UNSUPPORTED: no board of MicroPython's is known for the chip. */
espy_status espy_release_wanted(espy_release_want *want, const espy_release_module *module, espy_err *err);

/* The newest stable release that fits, or the one of that version; NULL and the
 * reason in err: ESPY_E_UNSUPPORTED a version that is too old, or one that is
 * not in the list. */
const espy_release *espy_release_pick(const espy_release *list, size_t count, const espy_release_want *want,
                                      const espy_version *version, espy_err *err);

/* Zero means the default in every member. */
typedef struct espy_fetch_config {
    const char *base_url;  /* NULL: ESPY_RELEASE_URL */
    const char *cache_dir; /* NULL: $XDG_CACHE_HOME/espy, else $HOME/.cache/espy */
    uint32_t timeout_s;    /* without a connection, or with less than 100 bytes a second, for so long; 0: 15 */
    unsigned tries;        /* transfers to begin before giving up; 0: 4 */
    /* Both may be NULL.  total is 0 while unknown. */
    void (*progress)(void *user, const char *file, uint64_t done, uint64_t total);
    bool (*cancelled)(void *user);
    void *user;
} espy_fetch_config;

typedef struct espy_fetched {
    espy_release release;
    char path[1024];  /* of the image in the cache */
    char sha256[65];  /* of the file, in hex */
    bool known;       /* the digest is one this program knows */
    bool from_cache;  /* nothing was downloaded */
    bool offline;     /* the list of releases could not be had: the newest of the cache was taken */
    char note[400];   /* why offline; else empty */
    unsigned resumed; /* cut transfers that were continued */
} espy_fetched;

/* Puts the wanted image into the cache unless it is there, and checks it: its
 * digest (the known one, else the one recorded when it was downloaded), the
 * image's own checksums, and the chip.  version may be NULL: the newest stable
 * release; with a version that is in the cache no network is used.
 * ESPY_E_IO: the network or the disk; ESPY_E_TIMEOUT; ESPY_E_FORMAT: what came is
 * not the image; ESPY_E_UNSUPPORTED: there is no such release. */
espy_status espy_release_fetch(espy_fetched *fetched, const espy_fetch_config *config, const espy_release_want *want,
                               const espy_version *version, espy_err *err);

/* The digest this program knows for a published file, or NULL. */
const char *espy_release_known_sha256(const char *file);

#endif
