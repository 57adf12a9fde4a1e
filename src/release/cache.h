/* SPDX-License-Identifier: MIT
 *
 * Images on disk: NAME, beside it NAME.sha256 in sha256sum's format, and
 * NAME.part while it is being downloaded.
 */
#ifndef ESPY_RELEASE_CACHE_H
#define ESPY_RELEASE_CACHE_H

#include "espy/release.h"

enum { ESPY_PATH_MAX = 1024 };

/* Names the directory by the config or the environment and makes it. */
espy_status espy_cache_open(char *dir, size_t cap, const espy_fetch_config *config, espy_err *err);

/* dir/file and suffix; false when that is too long. */
bool espy_cache_path(char *path, const char *dir, const char *file, const char *suffix);

/* The images in the directory, by their names alone.  The caller frees *list. */
espy_status espy_cache_list(espy_release **list, size_t *count, const char *dir, espy_err *err);

/* Reads the file at path and checks that it is this release's image: its
 * digest against the known and the recorded one, its own checksums, its chip and
 * version.  Fills fetched's sha256 and known. */
espy_status espy_cache_check(espy_fetched *fetched, const char *dir, const char *path, const espy_release *release,
                             espy_err *err);

/* Records the digest, then moves the checked file from path to its place. */
espy_status espy_cache_admit(espy_fetched *fetched, const char *dir, const char *path, espy_err *err);

/* Removes an image and its record. */
void espy_cache_drop(const char *dir, const char *file);

#endif
