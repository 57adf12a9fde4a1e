/* SPDX-License-Identifier: MIT
 *
 * The network, through libcurl; see http.h.
 */
#include "http.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TIMEOUT_S = 15, SLOW_BYTES = 100, REDIRECTS = 8, PAGE_MAX = 4 << 20 };

struct espy_http {
    const espy_fetch_config *config;
    CURL *curl;
    char message[CURL_ERROR_SIZE];
    /* Of the transfer that runs. */
    espy_buf *page;
    const char *file;
    int fd;
    uint64_t offset, written;
    time_t heard; /* when the last byte came, on the monotonic clock */
    curl_off_t came;
    bool silent;  /* for longer than the time-out */
    bool is_page; /* a web page came where an image should */
    bool too_big;
    int disk_error; /* errno of a write */
};

static uint32_t timeout_s(const espy_http *h)
{
    return h->config->timeout_s > 0 ? h->config->timeout_s : TIMEOUT_S;
}

static time_t now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

/* libcurl's own low-speed limit works on an average of the last seconds, and so
 * notices a sudden silence late. */
static bool is_silent(espy_http *h, curl_off_t came)
{
    time_t now = now_s();
    if (came != h->came)
        h->heard = now;
    h->came = came;
    h->silent = now - h->heard > (time_t)timeout_s(h);
    return h->silent;
}

static int on_progress(void *user, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now)
{
    espy_http *h = user;
    const espy_fetch_config *c = h->config;
    (void)up_total, (void)up_now;
    if (c->cancelled != NULL && c->cancelled(c->user))
        return 1;
    if (is_silent(h, now))
        return 1;
    if (c->progress != NULL && h->file != NULL && now > 0)
        c->progress(c->user, h->file, h->offset + h->written, total > 0 ? h->offset + (uint64_t)total : 0);
    return 0;
}

static size_t on_page(char *bytes, size_t size, size_t n, void *user)
{
    espy_http *h = user;
    h->too_big = h->page->size + size * n > PAGE_MAX;
    if (h->too_big || espy_buf_append(h->page, bytes, size * n, NULL) != ESPY_OK)
        return 0;
    return size * n;
}

/* Writes n bytes at the place where the transfer stands; false: see disk_error. */
static bool write_out(espy_http *h, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t k = pwrite(h->fd, bytes, n, (off_t)(h->offset + h->written));
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0) {
            h->disk_error = k < 0 ? errno : ENOSPC;
            return false;
        }
        bytes += k;
        n -= (size_t)k;
        h->written += (uint64_t)k;
    }
    return true;
}

static size_t on_file(char *bytes, size_t size, size_t n, void *user)
{
    espy_http *h = user;
    if (h->offset + h->written == 0 && size * n > 0)
        h->is_page = bytes[0] == '<';
    return !h->is_page && write_out(h, bytes, size * n) ? size * n : 0;
}

espy_status espy_http_new(espy_http **http, const espy_fetch_config *config, espy_err *err)
{
    espy_http *h = calloc(1, sizeof *h);
    *http = h;
    if (h != NULL)
        h->curl = curl_easy_init();
    if (h == NULL || h->curl == NULL) {
        free(h);
        *http = NULL;
        return espy_fail(err, ESPY_E_MEMORY, "no memory for a network connection");
    }
    h->config = config;
    return ESPY_OK;
}

void espy_http_free(espy_http *http)
{
    if (http == NULL)
        return;
    curl_easy_cleanup(http->curl);
    free(http);
}

static void prepare(espy_http *h, const char *url, curl_write_callback on_write)
{
    const char *base = h->config->base_url != NULL ? h->config->base_url : ESPY_RELEASE_URL;
    const char *protocols = strncmp(base, "https:", 6) == 0 ? "https" : "http,https";
    curl_easy_reset(h->curl); /* keeps the connection */
    h->message[0] = '\0';
    h->is_page = h->too_big = h->silent = false;
    h->heard = now_s();
    h->came = 0;
    h->disk_error = 0;
    h->written = 0;
    curl_easy_setopt(h->curl, CURLOPT_URL, url);
    curl_easy_setopt(h->curl, CURLOPT_PROTOCOLS_STR, protocols);
    curl_easy_setopt(h->curl, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
    curl_easy_setopt(h->curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(h->curl, CURLOPT_MAXREDIRS, (long)REDIRECTS);
    curl_easy_setopt(h->curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(h->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h->curl, CURLOPT_USERAGENT, "espy");
    curl_easy_setopt(h->curl, CURLOPT_CONNECTTIMEOUT, (long)timeout_s(h));
    curl_easy_setopt(h->curl, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES);
    curl_easy_setopt(h->curl, CURLOPT_LOW_SPEED_TIME, (long)timeout_s(h));
    curl_easy_setopt(h->curl, CURLOPT_ERRORBUFFER, h->message);
    curl_easy_setopt(h->curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(h->curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(h->curl, CURLOPT_XFERINFODATA, h);
    curl_easy_setopt(h->curl, CURLOPT_WRITEFUNCTION, on_write);
    curl_easy_setopt(h->curl, CURLOPT_WRITEDATA, h);
}

static CURLcode perform(espy_http *h)
{
    CURLcode code = curl_easy_perform(h->curl);
    return code == CURLE_ABORTED_BY_CALLBACK && h->silent ? CURLE_OPERATION_TIMEDOUT : code;
}

static espy_status http_error(espy_http *h, const char *url, espy_err *err)
{
    long code = 0;
    curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &code);
    espy_fail(err, ESPY_E_IO, "%s answered with HTTP status %ld%s", url, code,
              code == 404   ? " (not found)"
              : code == 403 ? " (forbidden)"
              : code >= 500 ? " (a fault of the server)"
                            : "");
    if (err != NULL)
        err->detail = (int)code;
    espy_advise(err, code >= 500 ? "Try again later." : "Check the address given with --firmware-url.");
    return ESPY_E_IO;
}

static espy_status write_error(espy_http *h, const char *url, espy_err *err)
{
    if (h->disk_error != 0) {
        espy_fail(err, ESPY_E_IO, "cannot write %s to the cache after %llu bytes: %s", h->file,
                  (unsigned long long)(h->offset + h->written), strerror(h->disk_error));
        espy_advise(err, "Make room, or put the cache elsewhere with XDG_CACHE_HOME.");
        return ESPY_E_IO;
    }
    if (h->is_page) {
        espy_fail(err, ESPY_E_FORMAT, "%s gave a web page instead of an image", url);
        espy_advise(err, "A network's sign-in page may be in the way: open a browser, or check --firmware-url.");
        return ESPY_E_FORMAT;
    }
    if (h->too_big)
        return espy_fail(err, ESPY_E_FORMAT, "%s is over %d MB large and no download page", url, PAGE_MAX >> 20);
    return espy_fail(err, ESPY_E_MEMORY, "no memory for %s", url);
}

/* What a failed transfer means to the user. */
static espy_status explain(espy_http *h, CURLcode code, const char *url, espy_err *err)
{
    const char *detail = h->message[0] != '\0' ? h->message : curl_easy_strerror(code);
    switch (code) {
    case CURLE_HTTP_RETURNED_ERROR: return http_error(h, url, err);
    case CURLE_WRITE_ERROR: return write_error(h, url, err);
    case CURLE_ABORTED_BY_CALLBACK: return espy_fail(err, ESPY_E_CANCELLED, "the download was stopped");
    case CURLE_OPERATION_TIMEDOUT:
        espy_fail(err, ESPY_E_TIMEOUT, "nothing came from %s for %u s", url, timeout_s(h));
        espy_advise(err, "Check the network, or give an image file: espy up IMAGE.");
        return ESPY_E_TIMEOUT;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        espy_fail(err, ESPY_E_ARG, "%s is not an address that can be fetched (%s)", url, detail);
        espy_advise(err, "Give one with --firmware-url, such as " ESPY_RELEASE_URL ".");
        return ESPY_E_ARG;
    case CURLE_PEER_FAILED_VERIFICATION:
        espy_fail(err, ESPY_E_IO, "the certificate of %s cannot be trusted (%s)", url, detail);
        espy_advise(err, "Check the computer's date and its certificates (Debian: ca-certificates).");
        return ESPY_E_IO;
    default:
        espy_fail(err, ESPY_E_IO, "cannot fetch %s (%s)", url, detail);
        espy_advise(err, "Check the network connection, or give an image file: espy up IMAGE.");
        return ESPY_E_IO;
    }
}

espy_status espy_http_page(espy_http *h, const char *url, espy_buf *page, char *final, size_t cap, espy_err *err)
{
    h->page = page;
    h->file = NULL;
    espy_buf_clear(page);
    prepare(h, url, on_page);
    CURLcode code = perform(h);
    if (code != CURLE_OK)
        return explain(h, code, url, err);
    char *effective = NULL;
    curl_easy_getinfo(h->curl, CURLINFO_EFFECTIVE_URL, &effective);
    if (effective == NULL || strlen(effective) >= cap)
        return espy_fail(err, ESPY_E_PROTOCOL, "%s redirects to an address that is too long", url);
    strcpy(final, effective);
    return ESPY_OK;
}

static espy_http_next next_step(espy_http *h, CURLcode code)
{
    long status = 0;
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return ESPY_HTTP_RESUME;
    case CURLE_RANGE_ERROR:
    case CURLE_BAD_DOWNLOAD_RESUME: return ESPY_HTTP_RESTART;
    case CURLE_HTTP_RETURNED_ERROR:
        curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
        if (status == 416) /* the range is not satisfiable: what has come is of no use */
            return ESPY_HTTP_RESTART;
        return status >= 500 || status == 429 ? ESPY_HTTP_RESUME : ESPY_HTTP_STOP;
    default: return ESPY_HTTP_STOP;
    }
}

espy_status espy_http_file(espy_http *h, const char *url, const char *file, int fd, uint64_t offset, uint64_t *size,
                           espy_http_next *next, espy_err *err)
{
    h->file = file;
    h->fd = fd;
    h->offset = offset;
    prepare(h, url, on_file);
    curl_easy_setopt(h->curl, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)offset);
    CURLcode code = perform(h);
    *size = offset + h->written;
    *next = next_step(h, code);
    return code == CURLE_OK ? ESPY_OK : explain(h, code, url, err);
}

espy_status espy_http_resolve(char *url, size_t cap, const char *base, const char *link, espy_err *err)
{
    CURLU *parts = curl_url();
    char *text = NULL;
    bool ok = parts != NULL && curl_url_set(parts, CURLUPART_URL, base, 0) == CURLUE_OK &&
              curl_url_set(parts, CURLUPART_URL, link, 0) == CURLUE_OK &&
              curl_url_get(parts, CURLUPART_URL, &text, 0) == CURLUE_OK && strlen(text) < cap;
    if (ok)
        strcpy(url, text);
    curl_free(text);
    curl_url_cleanup(parts);
    return ok ? ESPY_OK : espy_fail(err, ESPY_E_FORMAT, "%s has a link that makes no sense: %.100s", base, link);
}
