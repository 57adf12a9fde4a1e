/* SPDX-License-Identifier: MIT
 *
 * Fetches firmware as `espy up` does, without a board, for fetch.py.  Usage:
 * release_fetch URL CACHE quad|octal TIMEOUT_S [VERSION].  Prints KEY=VALUE lines;
 * a failure is a sentence and an advice on stderr, and its exit status.
 */
#include "espy/release.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print(const espy_fetched *f)
{
    printf("file=%s\npath=%s\nsha256=%s\nknown=%d\nfrom_cache=%d\noffline=%d\nresumed=%u\nnote=%s\n", f->release.file,
           f->path, f->sha256, f->known, f->from_cache, f->offline, f->resumed, f->note);
}

static espy_status fetch(char **argv, const char *version_text, espy_err *err)
{
    espy_release_module module = {"ESP32-S3", 2u << 20, strcmp(argv[3], "octal") == 0, false};
    espy_fetch_config config = {.base_url = argv[1], .cache_dir = argv[2], .timeout_s = (uint32_t)atoi(argv[4])};
    espy_release_want want;
    espy_version version;
    espy_fetched fetched;
    espy_status st = espy_release_wanted(&want, &module, err);
    if (st == ESPY_OK && version_text != NULL)
        st = espy_version_parse(&version, version_text, err);
    if (st == ESPY_OK)
        st = espy_release_fetch(&fetched, &config, &want, version_text != NULL ? &version : NULL, err);
    if (st == ESPY_OK)
        print(&fetched);
    return st;
}

int main(int argc, char **argv)
{
    espy_err err = {0};
    if (argc < 5)
        return 2;
    espy_status st = fetch(argv, argc > 5 ? argv[5] : NULL, &err);
    if (st != ESPY_OK)
        fprintf(stderr, "%s\n%s\n", err.text, err.advice);
    return (int)st;
}
