/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: a command line, one word a line, and its operands as sizes.
 */
#include "../../src/cli/cli.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { WORDS_MAX = 16 };

static int split(char *text, char **argv)
{
    int argc = 0;
    for (char *at = text, *end; at != NULL && argc < WORDS_MAX; at = end) {
        argv[argc++] = at;
        end = strchr(at, '\n');
        if (end != NULL)
            *end++ = '\0';
    }
    return argc;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    char *text = calloc(1, n + 1), *argv[WORDS_MAX + 1] = {0};
    memcpy(text, bytes, n);
    espy_cli cli = {0};
    espy_args args = {.cli = &cli, .table = espy_up_options, .argc = split(text, argv), .argv = argv};
    int found = 0;
    while (espy_args_next(&args) == ESPY_OK && args.id != 0)
        if (++found > (int)n)
            abort();
    if (args.operands >= args.argc || (cli.baud != 0 && cli.baud < 300))
        abort();
    for (int i = 1; cli.err.status == ESPY_OK && i <= args.operands; i++) {
        uint32_t size;
        espy_parse_size(&cli, "--flash", argv[i], &size);
    }
    if (cli.err.status != ESPY_OK && (cli.err.text[0] == '\0' || cli.err.advice[0] == '\0'))
        abort();
    free(text);
    return 0;
}
