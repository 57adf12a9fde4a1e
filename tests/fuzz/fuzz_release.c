/* SPDX-License-Identifier: MIT
 *
 * Fuzz harness: whatever a server sends as a download page.  A release that comes
 * out must have a name that is safe as a file's and parses to the same again.
 */
#include "espy/release.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check(const espy_release *r)
{
    static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-+";
    espy_release again;
    if (strspn(r->file, safe) != strlen(r->file) || r->file[0] == '.')
        abort();
    if (!espy_release_parse_name(&again, r->file, strlen(r->file)) || again.date != r->date ||
        strcmp(again.board, r->board) != 0 || strcmp(again.variant, r->variant) != 0 ||
        espy_version_compare(&again.version, &r->version) != 0)
        abort();
    if (strstr(r->link, r->file) == NULL)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const espy_release_want want = {.board = "ESP32_GENERIC_S3", .variant = "", .why = ""};
    espy_release *list;
    size_t count;
    if (espy_release_parse_page(&list, &count, (const char *)bytes, n, NULL) != ESPY_OK)
        return 0;
    for (size_t i = 0; i < count; i++)
        check(&list[i]);
    const espy_release *best = espy_release_pick(list, count, &want, NULL, NULL);
    if (best != NULL && best->version.preview)
        abort();
    free(list);
    return 0;
}
