/* SPDX-License-Identifier: MIT
 *
 * Images on disk; see cache.h.  The place follows the XDG Base Directory
 * Specification.
 */
#include "cache.h"

#include "espy/image.h"
#include "../base/buf.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEX_SIZE = 64 };

static espy_status make_dirs(char *dir, espy_err *err)
{
    for (char *at = dir + 1;; at++) {
        char ch = *at;
        if (ch != '/' && ch != '\0')
            continue;
        *at = '\0';
        if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
            espy_fail(err, ESPY_E_IO, "cannot make the directory %s for downloads: %s", dir, strerror(errno));
            espy_advise(err, "Put the cache elsewhere with XDG_CACHE_HOME.");
            return ESPY_E_IO;
        }
        *at = ch;
        if (ch == '\0')
            return ESPY_OK;
    }
}

espy_status espy_cache_open(char *dir, size_t cap, const espy_fetch_config *config, espy_err *err)
{
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int n;
    if (config->cache_dir != NULL && config->cache_dir[0] != '\0')
        n = snprintf(dir, cap, "%s", config->cache_dir);
    else if (xdg != NULL && xdg[0] == '/') /* a relative one is to be ignored */
        n = snprintf(dir, cap, "%s/espy", xdg);
    else if (home != NULL && home[0] != '\0')
        n = snprintf(dir, cap, "%s/.cache/espy", home);
    else {
        espy_fail(err, ESPY_E_ARG, "there is no place for downloads: neither XDG_CACHE_HOME nor HOME names a folder");
        espy_advise(err, "Set XDG_CACHE_HOME to a folder's whole path, or give an image file: espy up IMAGE.");
        return ESPY_E_ARG;
    }
    if (n < 0 || (size_t)n >= cap)
        return espy_fail(err, ESPY_E_ARG, "the path of the cache is longer than %zu bytes", cap - 1);
    return make_dirs(dir, err);
}

bool espy_cache_path(char *path, const char *dir, const char *file, const char *suffix)
{
    int n = snprintf(path, ESPY_PATH_MAX, "%s/%s%s", dir, file, suffix);
    return n > 0 && n < ESPY_PATH_MAX;
}

static espy_status append(espy_release **list, size_t *count, const espy_release *release, espy_err *err)
{
    espy_release *more = realloc(*list, (*count + 1) * sizeof *more);
    if (more == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory for a list of %zu images", *count + 1);
    *list = more;
    more[(*count)++] = *release;
    return ESPY_OK;
}

espy_status espy_cache_list(espy_release **list, size_t *count, const char *dir, espy_err *err)
{
    *list = NULL;
    *count = 0;
    DIR *d = opendir(dir);
    if (d == NULL)
        return espy_fail(err, ESPY_E_IO, "cannot read the directory %s: %s", dir, strerror(errno));
    espy_status st = ESPY_OK;
    for (struct dirent *e = readdir(d); e != NULL && st == ESPY_OK; e = readdir(d)) {
        espy_release release;
        if (espy_release_parse_name(&release, e->d_name, strlen(e->d_name)))
            st = append(list, count, &release, err);
    }
    closedir(d);
    if (st != ESPY_OK) {
        free(*list);
        *list = NULL;
        *count = 0;
    }
    return st;
}

static void hex(char *text, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

/* The recorded digest, or "" where there is none. */
static void recorded(char digest[HEX_SIZE + 1], const char *dir, const char *file)
{
    char path[ESPY_PATH_MAX];
    FILE *f = espy_cache_path(path, dir, file, ".sha256") ? fopen(path, "r") : NULL;
    digest[0] = '\0';
    if (f == NULL)
        return;
    if (fgets(digest, HEX_SIZE + 1, f) == NULL || strlen(digest) != HEX_SIZE)
        digest[0] = '\0';
    fclose(f);
}

static espy_status wrong_digest(const char *path, const char *got, const char *want, const char *whose, espy_err *err)
{
    return espy_fail(err, ESPY_E_FORMAT, "%s has the SHA-256 %.16s..., while %s is %.16s...", path, got, whose, want);
}

static espy_status check_digest(espy_fetched *fetched, const char *dir, const char *path, const char *file,
                                espy_err *err)
{
    char record[HEX_SIZE + 1];
    const char *known = espy_release_known_sha256(file);
    fetched->known = known != NULL;
    if (known != NULL && strcmp(known, fetched->sha256) != 0)
        return wrong_digest(path, fetched->sha256, known, "the published one", err);
    recorded(record, dir, file);
    if (known == NULL && record[0] != '\0' && strcmp(record, fetched->sha256) != 0)
        return wrong_digest(path, fetched->sha256, record, "the one recorded at download", err);
    return ESPY_OK;
}

static espy_status check_content(const espy_image *image, const char *path, const espy_release *release, espy_err *err)
{
    espy_version version;
    if (image->kind != ESPY_IMAGE_MERGED)
        return espy_fail(err, ESPY_E_FORMAT, "%s is no whole image but %s", path, espy_image_kind_name(image->kind));
    if (strcmp(release->board, "ESP32_GENERIC_S3") == 0 && image->chip_id != ESPY_CHIP_ESP32S3) {
        const char *chip = espy_image_chip_name(image->chip_id);
        return espy_fail(err, ESPY_E_FORMAT, "%s is named for the ESP32-S3, but made for %s (chip id %u)", path,
                         chip == NULL ? "another chip" : chip, image->chip_id);
    }
    if (espy_version_parse(&version, image->micropython.version, NULL) != ESPY_OK)
        return ESPY_OK;
    version.preview = release->version.preview;
    if (espy_version_compare(&version, &release->version) != 0)
        return espy_fail(err, ESPY_E_FORMAT, "%s is named for another version than the %s that it holds", path,
                         image->micropython.version);
    return ESPY_OK;
}

espy_status espy_cache_check(espy_fetched *fetched, const char *dir, const char *path, const espy_release *release,
                             espy_err *err)
{
    espy_buf bytes = {0};
    espy_image *image = malloc(sizeof *image);
    if (image == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory to check %s", path);
    espy_status st = espy_buf_read_file(&bytes, path, err);
    if (st == ESPY_OK) {
        st = espy_image_parse(image, bytes.bytes, bytes.size, err);
        if (st != ESPY_OK)
            espy_context(err, "%s", path);
    }
    if (st == ESPY_OK) {
        uint8_t digest[32];
        espy_image_sha256(image, digest);
        hex(fetched->sha256, digest, sizeof digest);
        st = check_digest(fetched, dir, path, release->file, err);
    }
    if (st == ESPY_OK)
        st = check_content(image, path, release, err);
    espy_buf_free(&bytes);
    free(image);
    return st;
}

static espy_status write_record(const char *path, const espy_fetched *fetched, espy_err *err)
{
    FILE *f = fopen(path, "w");
    bool ok = f != NULL && fprintf(f, "%s  %s\n", fetched->sha256, fetched->release.file) > 0;
    if (f != NULL)
        ok = fclose(f) == 0 && ok;
    return ok ? ESPY_OK : espy_fail(err, ESPY_E_IO, "cannot write %s: %s", path, strerror(errno));
}

espy_status espy_cache_admit(espy_fetched *fetched, const char *dir, const char *path, espy_err *err)
{
    char record[ESPY_PATH_MAX];
    if (!espy_cache_path(record, dir, fetched->release.file, ".sha256"))
        return espy_fail(err, ESPY_E_ARG, "the path of the cache, %s, is too long", dir);
    espy_status st = write_record(record, fetched, err);
    if (st == ESPY_OK && rename(path, fetched->path) != 0)
        st = espy_fail(err, ESPY_E_IO, "cannot rename %s to %s: %s", path, fetched->path, strerror(errno));
    return st;
}

void espy_cache_drop(const char *dir, const char *file)
{
    char path[ESPY_PATH_MAX];
    if (espy_cache_path(path, dir, file, ""))
        remove(path);
    if (espy_cache_path(path, dir, file, ".sha256"))
        remove(path);
}
