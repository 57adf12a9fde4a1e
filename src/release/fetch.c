/* SPDX-License-Identifier: MIT
 *
 * From a wish to an image in the cache.  A transfer goes to NAME.part, is
 * resumed there when it is cut (also by a later run), and gets its name only when
 * it has been checked.  Left out: mirrors, signatures (none are published).
 */
#include "cache.h"
#include "http.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TRIES = 4, PAUSE_MS = 200 };

typedef struct job {
    const espy_fetch_config *config;
    const espy_release_want *want;
    const espy_version *version; /* NULL: the newest stable */
    espy_http *http;
    char dir[ESPY_PATH_MAX];
    char page[1024]; /* where the list of releases is */
} job;

static bool cancelled(const job *j)
{
    return j->config->cancelled != NULL && j->config->cancelled(j->config->user);
}

static void pause_ms(unsigned ms)
{
    struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}

/* Takes the release from the cache; false when it is not there.  One that is
 * damaged is removed. */
static bool from_cache(job *j, espy_fetched *out, const espy_release *release)
{
    struct stat info;
    espy_fetched f = {.release = *release, .from_cache = true};
    if (!espy_cache_path(f.path, j->dir, release->file, "") || stat(f.path, &info) != 0)
        return false;
    espy_err err = {0};
    espy_status st = espy_cache_check(&f, j->dir, f.path, release, &err);
    if (st == ESPY_E_FORMAT)
        espy_cache_drop(j->dir, release->file);
    if (st != ESPY_OK)
        return false;
    *out = f;
    return true;
}

/* The best image of the cache that is sound. */
static bool best_of_cache(job *j, espy_fetched *out)
{
    espy_release *list;
    size_t count;
    if (espy_cache_list(&list, &count, j->dir, NULL) != ESPY_OK)
        return false;
    bool got = false;
    while (!got) {
        const espy_release *best = espy_release_pick(list, count, j->want, j->version, NULL);
        if (best == NULL)
            break;
        got = from_cache(j, out, best);
        if (!got) /* damaged: the next best, please */
            list[best - list] = list[--count];
    }
    free(list);
    return got;
}

/* Opens the file and locks it against another espy that fetches the same; where
 * locks are unknown, so be it.  *fd is negative when it cannot be opened. */
static bool lock_part(const char *path, int *fd, struct stat *info)
{
    struct stat named;
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0)
        return true;
    /* Not lockf(): closing any other descriptor of the file would unlock it. */
    while (flock(*fd, LOCK_EX) != 0 && errno == EINTR)
        ;
    /* The other one may have given it its final name meanwhile. */
    if (fstat(*fd, info) == 0 && stat(path, &named) == 0 && named.st_ino == info->st_ino &&
        named.st_dev == info->st_dev)
        return true;
    close(*fd);
    return false;
}

static espy_status open_part(const char *path, int *fd, uint64_t *size, espy_err *err)
{
    struct stat info = {0};
    while (!lock_part(path, fd, &info))
        ;
    if (*fd < 0) {
        espy_fail(err, ESPY_E_IO, "cannot write %s: %s", path, strerror(errno));
        espy_advise(err, "Put the cache elsewhere with XDG_CACHE_HOME.");
        return ESPY_E_IO;
    }
    *size = (uint64_t)info.st_size;
    return ESPY_OK;
}

/* One transfer after another until the file is whole. */
static espy_status transfer(job *j, espy_fetched *f, const char *url, int fd, uint64_t size, espy_err *err)
{
    unsigned tries = j->config->tries > 0 ? j->config->tries : TRIES;
    for (unsigned i = 0;; i++) {
        espy_http_next next;
        espy_err e = {0};
        f->resumed += size > 0;
        uint64_t before = size;
        espy_status st = espy_http_file(j->http, url, f->release.file, fd, size, &size, &next, &e);
        if (st == ESPY_OK)
            return ESPY_OK;
        bool hopeless = st == ESPY_E_TIMEOUT && size == before;
        bool again = next != ESPY_HTTP_STOP && i + 1 < tries && !hopeless && !cancelled(j);
        if (!again)
            return espy_pass(err, st, &e);
        if (next == ESPY_HTTP_RESTART) {
            size = 0;
            f->resumed = 0;
        }
        if (ftruncate(fd, (off_t)size) != 0)
            return espy_fail(err, ESPY_E_IO, "cannot shorten the download: %s", strerror(errno));
        pause_ms(PAUSE_MS << i);
    }
}

static espy_status download_part(job *j, espy_fetched *f, const char *url, const char *part, bool *pieced,
                                 espy_err *err)
{
    int fd;
    uint64_t size = 0;
    espy_status st = open_part(part, &fd, &size, err);
    if (st != ESPY_OK)
        return st;
    st = transfer(j, f, url, fd, size, err);
    *pieced = f->resumed > 0;
    if (st == ESPY_OK && fsync(fd) != 0)
        st = espy_fail(err, ESPY_E_IO, "cannot write %s: %s", part, strerror(errno));
    if (st == ESPY_OK) {
        st = espy_cache_check(f, j->dir, part, &f->release, err);
        if (st == ESPY_OK)
            st = espy_cache_admit(f, j->dir, part, err);
    }
    if (st == ESPY_E_FORMAT)
        remove(part);
    close(fd);
    return st;
}

static espy_status download(job *j, espy_fetched *out, const espy_release *release, espy_err *err)
{
    char url[1024], part[ESPY_PATH_MAX];
    espy_fetched f = {.release = *release};
    espy_status st = espy_http_resolve(url, sizeof url, j->page, release->link, err);
    if (st != ESPY_OK)
        return st;
    if (!espy_cache_path(f.path, j->dir, release->file, "") || !espy_cache_path(part, j->dir, release->file, ".part"))
        return espy_fail(err, ESPY_E_ARG, "the path of the cache, %s, is too long", j->dir);
    /* Pieces that do not make a sound whole may be of two different files: once
     * more in one piece. */
    bool pieced = false;
    espy_err first = {0};
    st = download_part(j, &f, url, part, &pieced, &first);
    if (st == ESPY_E_FORMAT && pieced) {
        f.resumed = 0;
        st = download_part(j, &f, url, part, &pieced, err);
    } else if (st != ESPY_OK) {
        espy_pass(err, st, &first);
    }
    if (st == ESPY_E_FORMAT)
        espy_advise(err, "The download from %s is damaged or not what it should be: try again.", url);
    if (st == ESPY_OK)
        *out = f;
    return st;
}

static espy_status fetch_page(job *j, espy_buf *page, espy_err *err)
{
    const char *base = j->config->base_url != NULL ? j->config->base_url : ESPY_RELEASE_URL;
    char url[1024];
    size_t n = strlen(base);
    while (n > 0 && base[n - 1] == '/')
        n--;
    int k = snprintf(url, sizeof url, "%.*s/download/%s/", (int)(n < 800 ? n : 800), base, j->want->board);
    if (n >= 800 || k < 0 || (size_t)k >= sizeof url)
        return espy_fail(err, ESPY_E_ARG, "the address of the firmware is longer than 800 characters");
    return espy_http_page(j->http, url, page, j->page, sizeof j->page, err);
}

static espy_status fetch_list(job *j, espy_release **list, size_t *count, espy_err *err)
{
    espy_buf page = {0};
    *list = NULL;
    *count = 0;
    espy_status st = fetch_page(j, &page, err);
    if (st == ESPY_OK)
        st = espy_release_parse_page(list, count, (const char *)page.bytes, page.size, err);
    espy_buf_free(&page);
    if (st == ESPY_OK && *count == 0) {
        st = espy_fail(err, ESPY_E_FORMAT, "the page %s links to no firmware", j->page);
        espy_advise(err, "A network's sign-in page may be in the way: open a browser, or check --firmware-url.");
    }
    return st;
}

static espy_status online(job *j, espy_fetched *out, espy_err *err)
{
    espy_release *list;
    size_t count;
    espy_err e = {0};
    espy_status st = fetch_list(j, &list, &count, &e);
    if (st == ESPY_OK) {
        const espy_release *pick = espy_release_pick(list, count, j->want, j->version, err);
        if (pick == NULL)
            st = err != NULL ? err->status : ESPY_E_UNSUPPORTED;
        else if (!from_cache(j, out, pick))
            st = download(j, out, pick, err);
        free(list);
        return st;
    }
    bool network = st == ESPY_E_IO || st == ESPY_E_TIMEOUT || st == ESPY_E_FORMAT;
    if (network && best_of_cache(j, out)) {
        out->offline = true;
        snprintf(out->note, sizeof out->note, "%s", e.text);
        return ESPY_OK;
    }
    return espy_pass(err, st, &e);
}

espy_status espy_release_fetch(espy_fetched *fetched, const espy_fetch_config *config, const espy_release_want *want,
                               const espy_version *version, espy_err *err)
{
    static const espy_fetch_config defaults = {0};
    job j = {.config = config != NULL ? config : &defaults, .want = want, .version = version};
    *fetched = (espy_fetched){0};
    if (version != NULL && espy_version_compare(version, &want->minimum) < 0) {
        espy_err why = {0};
        espy_release_pick(NULL, 0, want, version, &why);
        return espy_pass(err, why.status, &why);
    }
    espy_status st = espy_cache_open(j.dir, sizeof j.dir, j.config, err);
    if (st != ESPY_OK)
        return st;
    if (version != NULL && best_of_cache(&j, fetched))
        return ESPY_OK;
    st = espy_http_new(&j.http, j.config, err);
    if (st == ESPY_OK)
        st = online(&j, fetched, err);
    espy_http_free(j.http);
    return st;
}
