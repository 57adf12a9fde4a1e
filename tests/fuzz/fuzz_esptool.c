/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: esptool's command line, one word a line; words that name files to take
 * words from are left out.
 */
#include "../../src/cli/esptool.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = malloc(size + 1), *argv[WORDS_MAX], *rest = NULL;
    int argc = 0;
    if (text == NULL)
        return 0;
    memcpy(text, bytes, size);
    text[size] = '\0';
    for (char *word = strtok_r(text, "\n", &rest); word != NULL && argc < WORDS_MAX; word = strtok_r(NULL, "\n", &rest))
        if (word[0] != '@')
            argv[argc++] = word;
    espy_cli cli = {0};
    espy_esptool et = {.cli = &cli};
    if (espy_esptool_parse(&et, argc, argv) != ESPY_OK && cli.err.status == ESPY_OK)
        abort();
    espy_esptool_free(&et);
    free(text);
    return 0;
}
