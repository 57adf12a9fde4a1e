/* SPDX-License-Identifier: MIT
 *
 * The parser of `espy esptool`: words to an espy_esptool, by the table.
 *
 * Options are --name VALUE, --name=VALUE, -n VALUE, -nVALUE and -fs VALUE, before the
 * command if they are global, else behind it and mixed with its operands.
 */
#include "esptool.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

typedef struct parser {
    espy_esptool *et;
    const espy_esptool_option *options; /* of the command, or the global ones */
    char **word;
    size_t at, count;
    size_t operands; /* passed over so far */
    bool only_operands;
    uint64_t seen; /* options given, by row */
} parser;

static espy_status usage(espy_esptool *et, const char *fmt, ...) ESPY_PRINTF(2, 3);

static espy_status usage(espy_esptool *et, const char *fmt, ...)
{
    char text[300];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    const char *name = et->command != NULL ? et->command->name : "";
    espy_fail(&et->cli->err, ESPY_E_ARG, "%s", text);
    espy_advise(&et->cli->err, "Try 'esptool %s%s--help' for help.", name, name[0] != '\0' ? " " : "");
    return ESPY_E_ARG;
}

static espy_status append(espy_esptool *et, espy_words *words, const char *word)
{
    const char **grown = realloc(words->word, (words->count + 1) * sizeof *grown);
    if (grown == NULL)
        return espy_fail(&et->cli->err, ESPY_E_MEMORY, "no memory for the command line");
    words->word = grown;
    words->word[words->count++] = word;
    return ESPY_OK;
}

espy_status espy_esptool_own(espy_esptool *et, char *bytes)
{
    return append(et, &et->owned, bytes);
}

/* One word of an @file as a shell splits it: quotes, backslashes.  Returns what is behind
 * it; *out is where the word is built, and its end afterwards. */
static const char *split_word(const char *text, char **out)
{
    char quote = '\0', *to = *out;
    for (; *text != '\0' && (quote != '\0' || !isspace((unsigned char)*text)); text++) {
        if (quote == '\0' && (*text == '"' || *text == '\'')) {
            quote = *text;
        } else if (*text == quote) {
            quote = '\0';
        } else if (*text == '\\' && quote != '\'' && text[1] != '\0') {
            bool kept = quote == '"' && text[1] != '"' && text[1] != '\\';
            if (kept)
                *to++ = *text;
            *to++ = *++text;
        } else {
            *to++ = *text;
        }
    }
    *to++ = '\0';
    *out = to;
    return text;
}

/* Splits a file's text; the words lie in a buffer that et owns. */
static espy_status split(espy_esptool *et, espy_words *words, const char *text, size_t size)
{
    /* A word and its NUL need no more room than the word and the space that ends it. */
    char *copy = malloc(size + 2), *to = copy;
    if (copy == NULL || espy_esptool_own(et, copy) != ESPY_OK) {
        free(copy);
        return espy_fail(&et->cli->err, ESPY_E_MEMORY, "no memory for the command line");
    }
    espy_status st = ESPY_OK;
    while (st == ESPY_OK) {
        while (isspace((unsigned char)*text))
            text++;
        if (*text == '\0')
            break;
        const char *word = to;
        text = split_word(text, &to);
        st = append(et, words, word);
    }
    return st;
}

espy_status espy_esptool_expand(espy_esptool *et, espy_words *words, int argc, char **argv)
{
    espy_status st = ESPY_OK;
    for (int i = 0; st == ESPY_OK && i < argc; i++) {
        if (argv[i][0] != '@') {
            st = append(et, words, argv[i]);
            continue;
        }
        espy_buf file = {0};
        st = espy_buf_read_file(&file, argv[i] + 1, &et->cli->err);
        if (st == ESPY_OK)
            st = espy_buf_append(&file, "", 1, &et->cli->err);
        if (st == ESPY_OK)
            st = split(et, words, (const char *)file.bytes, file.size);
        espy_buf_free(&file);
    }
    return st;
}

bool espy_esptool_number(const char *text, uint64_t *value)
{
    int base = 10;
    char *end;
    if (text[0] == '0' && strchr("xXoObB", text[1]) != NULL && text[1] != '\0') {
        base = text[1] == 'x' || text[1] == 'X' ? 16 : text[1] == 'o' || text[1] == 'O' ? 8 : 2;
        text += 2;
    }
    errno = 0;
    *value = isxdigit((unsigned char)text[0]) ? strtoull(text, &end, base) : 0;
    return isxdigit((unsigned char)text[0]) && *end == '\0' && errno == 0;
}

static espy_status take_number(espy_esptool *et, const char *name, const char *text, uint32_t most, uint32_t *to)
{
    uint64_t value;
    if (!espy_esptool_number(text, &value) || value > UINT32_MAX)
        return usage(et, "Invalid value for '%s': '%s' is not a valid integer", name, text);
    if (most > 0 && value > most)
        return usage(et, "Invalid value for '%s': %s is not in the range 0 to %u", name, text, (unsigned)most);
    *to = (uint32_t)value;
    return ESPY_OK;
}

static espy_status take_size(espy_esptool *et, const char *name, const char *text, uint32_t *to)
{
    char digits[40];
    size_t n = strlen(text);
    uint64_t unit = n > 1 && text[n - 1] == 'k' ? 1024 : n > 1 && text[n - 1] == 'M' ? 1024 * 1024 : 1, value;
    *to = ESPY_SIZE_ALL;
    if (strcasecmp(text, "all") == 0)
        return ESPY_OK;
    snprintf(digits, sizeof digits, "%.*s", (int)(unit > 1 ? n - 1 : n), text);
    if (n >= sizeof digits || !espy_esptool_number(digits, &value) || value > UINT32_MAX ||
        value * unit >= ESPY_SIZE_ALL)
        return usage(et, "Invalid value for '%s': '%s' is not a valid integer", name, text);
    *to = (uint32_t)(value * unit);
    return ESPY_OK;
}

static espy_status take_count(espy_esptool *et, const char *name, const char *text, int32_t *to)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || errno != 0 || value > INT32_MAX || value < INT32_MIN)
        return usage(et, "Invalid value for '%s': '%s' is not a valid integer", name, text);
    *to = (int32_t)value;
    return ESPY_OK;
}

/* The choice that a word names, with the liberties of its kind. */
static bool same_choice(espy_esptool_kind kind, const char *choice, const char *text)
{
    if (kind == ESPY_ET_CHOICE)
        return strcmp(choice, text) == 0;
    if (kind == ESPY_ET_RESET) {
        for (; *choice != '\0' && (*choice == *text || (*choice == '-' && *text == '_')); choice++)
            text++;
        return *choice == '\0' && *text == '\0';
    }
    for (; *text != '\0'; text++) {
        if (strchr("-()", *text) != NULL)
            continue;
        if (*choice == '\0' || *choice != tolower((unsigned char)*text))
            return false;
        choice++;
    }
    return *choice == '\0';
}

static espy_status take_choice(espy_esptool *et, const espy_esptool_option *option, const char *text, const char **to)
{
    char list[200] = "";
    for (const char *const *c = option->choices; *c != NULL; c++) {
        size_t n = strlen(list);
        snprintf(list + n, sizeof list - n, "%s'%s'", n > 0 ? ", " : "", *c);
        if (same_choice(option->kind, *c, text)) {
            *to = *c;
            if (option->kind == ESPY_ET_RESET && strcmp(*c, text) != 0)
                espy_esptool_warn(et, "Deprecated: Choice '%s' for option '%s' is deprecated. Use '%s' instead.", text,
                                  option->name, *c);
            return ESPY_OK;
        }
    }
    return usage(et, "Invalid value for '%s': '%s' is not one of %s", option->name, text, list);
}

static espy_status take_file(espy_esptool *et, const char *text, const char **to)
{
    *to = text;
    return access(text, R_OK) == 0 ? ESPY_OK : usage(et, "'%s': %s", text, strerror(errno));
}

static espy_status take_value(espy_esptool *et, const espy_esptool_option *option, const char *text)
{
    void *to = (char *)et + option->member;
    switch (option->kind) {
    case ESPY_ET_FLAG: *(bool *)to = true; return ESPY_OK;
    case ESPY_ET_TEXT: *(const char **)to = text; return ESPY_OK;
    case ESPY_ET_CHOICE:
    case ESPY_ET_CHIP:
    case ESPY_ET_RESET: return take_choice(et, option, text, to);
    case ESPY_ET_NUMBER: return take_number(et, option->name, text, option->most, to);
    case ESPY_ET_SIZE: return take_size(et, option->name, text, to);
    case ESPY_ET_COUNT: return take_count(et, option->name, text, to);
    case ESPY_ET_FILE: return take_file(et, text, to);
    case ESPY_ET_WORDS:
    case ESPY_ET_PAIRS: return append(et, to, text);
    }
    return ESPY_OK;
}

static void deprecate(const espy_esptool *et, const char *what, const char *old, const char *name)
{
    espy_esptool_warn(et, "Deprecated: %s '%s' is deprecated. Use '%s' instead.", what, old, name);
}

/* The row that a word names; *value is what is attached to it, or NULL. */
static const espy_esptool_option *find_option(const espy_esptool_option *row, const char *word, const char **value)
{
    size_t n = strcspn(word, "=");
    *value = word[n] == '=' ? word + n + 1 : NULL;
    const espy_esptool_option *clustered = NULL;
    for (; row != NULL && row->name != NULL; row++) {
        const char *const names[] = {row->name, row->older, row->brief};
        for (size_t i = 0; i < 3; i++)
            if (names[i] != NULL && strlen(names[i]) == n && memcmp(names[i], word, n) == 0)
                return row;
        bool letter = row->brief != NULL && strlen(row->brief) == 2 && word[1] == row->brief[1];
        if (letter && row->kind != ESPY_ET_FLAG && clustered == NULL)
            clustered = row;
    }
    if (clustered != NULL)
        *value = word + 2;
    return clustered;
}

static const espy_esptool_command *find_command(const char *name)
{
    for (const espy_esptool_command *c = espy_esptool_commands; c->name != NULL; c++)
        if (same_choice(ESPY_ET_RESET, c->name, name))
            return c;
    return NULL;
}

bool espy_esptool_has(const char *name)
{
    return find_command(name) != NULL;
}

/* Whether a list of words goes on: up to the next option, or to the command. */
static bool goes_on(const parser *p)
{
    if (p->at == p->count || p->word[p->at][0] == '-')
        return false;
    return p->et->command != NULL || find_command(p->word[p->at]) == NULL;
}

static espy_status take_option(parser *p)
{
    static const espy_esptool_option help = {
        .name = "--help", .kind = ESPY_ET_FLAG, .member = offsetof(espy_esptool, help)};
    const char *word = p->word[p->at++], *value;
    const espy_esptool_option *option = find_option(p->options, word, &value);
    if (option == NULL && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0))
        option = &help;
    else if (option != NULL)
        p->seen |= UINT64_C(1) << (option - p->options);
    if (option == NULL)
        return usage(p->et, "No such option: %s", word);
    if (option->older != NULL && strncmp(word, option->older, strlen(option->older)) == 0)
        deprecate(p->et, "Option", option->older, option->name);
    if (option->kind == ESPY_ET_FLAG && value != NULL)
        return usage(p->et, "Option '%s' does not take a value", option->name);
    if (option->kind != ESPY_ET_FLAG && value == NULL) {
        if (p->at == p->count)
            return usage(p->et, "Option '%s' requires an argument", option->name);
        value = p->word[p->at++];
    }
    espy_status st = take_value(p->et, option, value);
    while (st == ESPY_OK && option->kind == ESPY_ET_WORDS && goes_on(p))
        st = take_value(p->et, option, p->word[p->at++]);
    return st;
}

static espy_status take_operand(parser *p, const char *word)
{
    const espy_esptool_operand *operand = NULL;
    if (p->operands < ESPY_ET_OPERANDS)
        operand = &p->et->command->operand[p->operands];
    if (operand == NULL || operand->name == NULL)
        return usage(p->et, "Got unexpected extra argument (%s)", word);
    if (operand->kind != ESPY_ET_PAIRS)
        p->operands++;
    espy_esptool_option row = {.name = operand->name, .kind = operand->kind, .member = operand->member};
    return take_value(p->et, &row, word);
}

/* What was not given: from the environment, else the table. */
static espy_status take_defaults(parser *p)
{
    espy_status st = ESPY_OK;
    for (size_t i = 0; st == ESPY_OK && p->options != NULL && p->options[i].name != NULL; i++) {
        const espy_esptool_option *option = &p->options[i];
        const char *value = option->variable != NULL ? getenv(option->variable) : NULL;
        if (value == NULL || value[0] == '\0')
            value = option->value;
        if (value != NULL && (p->seen >> i & 1) == 0)
            st = take_value(p->et, option, value);
    }
    return st;
}

static espy_status take_words(parser *p, bool stop_at_operand)
{
    espy_status st = ESPY_OK;
    while (st == ESPY_OK && p->at < p->count) {
        const char *word = p->word[p->at];
        if (!p->only_operands && strcmp(word, "--") == 0) {
            p->only_operands = true;
            p->at++;
        } else if (!p->only_operands && word[0] == '-' && word[1] != '\0') {
            st = take_option(p);
        } else if (stop_at_operand) {
            break;
        } else {
            p->at++;
            st = take_operand(p, word);
        }
    }
    return st == ESPY_OK ? take_defaults(p) : st;
}

static espy_status take_command(parser *p)
{
    if (p->at == p->count)
        return usage(p->et, "Missing command");
    const char *name = p->word[p->at++];
    p->et->command = find_command(name);
    if (p->et->command == NULL)
        return usage(p->et, "No such command '%s'", name);
    if (p->et->command->refusal != NULL)
        return espy_fail(&p->et->cli->err, ESPY_E_UNSUPPORTED, "The '%s' command %s", p->et->command->name,
                         p->et->command->refusal);
    if (strcmp(name, p->et->command->name) != 0)
        deprecate(p->et, "Command", name, p->et->command->name);
    p->options = p->et->command->options;
    p->seen = 0;
    return ESPY_OK;
}

/* The files that are to be encrypted come behind the others. */
static espy_status add_encrypted(espy_esptool *et)
{
    espy_status st = ESPY_OK;
    et->plain_pairs = et->pairs.count;
    if (et->encrypt && et->encrypt_files.count > 0)
        return usage(et, "Options --encrypt and --encrypt-files must not be specified at the same time.");
    if (et->encrypt_files.count % 2 != 0)
        return usage(et, "Must be pairs of an address and the binary filename to write there");
    for (size_t i = 0; st == ESPY_OK && i < et->encrypt_files.count; i++)
        st = append(et, &et->pairs, et->encrypt_files.word[i]);
    return st;
}

/* What only the whole can tell. */
static espy_status check(parser *p)
{
    espy_esptool *et = p->et;
    const espy_esptool_operand *next = p->operands < ESPY_ET_OPERANDS ? &et->command->operand[p->operands] : NULL;
    bool pairs = next != NULL && next->name != NULL && next->kind == ESPY_ET_PAIRS;
    if (next != NULL && next->name != NULL && !next->optional && !(pairs && et->pairs.count > 0))
        return usage(et, "Missing argument '%s'", next->name);
    if (pairs && et->pairs.count % 2 != 0)
        return usage(et, "Must be pairs of an address and the binary filename to write there");
    if (et->verbose && et->silent)
        return usage(et, "Cannot use both --verbose and --silent options at the same time");
    if (et->trace && et->silent)
        return usage(et, "Cannot use both --trace and --silent options at the same time");
    if (et->skip_flashed && (et->diff_with.count > 0 || et->trust_flash_content))
        return usage(et, "--skip-flashed and --diff-with exclude each other");
    if (et->trust_flash_content && et->diff_with.count == 0)
        return usage(et, "Option --trust-flash-content requires --diff-with");
    if (et->compress && et->no_compress)
        return usage(et, "--compress and --no-compress exclude each other");
    if (et->command->needs_chip && strcmp(et->chip, "auto") == 0)
        return usage(et, "Specify the --chip argument: esp32s3");
    if (et->command->work == NULL && strcmp(et->chip, "auto") != 0 && strcmp(et->chip, "esp32s3") != 0)
        return espy_fail(&et->cli->err, ESPY_E_UNSUPPORTED, "espy knows the ESP32-S3, and no %s", et->chip);
    return add_encrypted(et);
}

espy_status espy_esptool_parse(espy_esptool *et, int argc, char **argv)
{
    espy_words words = {0};
    et->mask = UINT32_MAX;
    et->connect_attempts = ESPY_ET_NOT_GIVEN;
    espy_status st = espy_esptool_expand(et, &words, argc, argv);
    parser p = {.et = et, .options = espy_esptool_globals, .word = (char **)words.word, .count = words.count};
    if (st == ESPY_OK)
        st = take_words(&p, true);
    bool help = et->help && p.at == p.count;
    if (st == ESPY_OK && !help)
        st = take_command(&p);
    if (st == ESPY_OK && !help)
        st = take_words(&p, false);
    if (st == ESPY_OK && !et->help)
        st = check(&p);
    free(words.word);
    return st;
}

void espy_esptool_free(espy_esptool *et)
{
    for (size_t i = 0; i < et->owned.count; i++)
        free((char *)et->owned.word[i]);
    free(et->owned.word);
    free(et->pairs.word);
    free(et->diff_with.word);
    free(et->port_filter.word);
    free(et->encrypt_files.word);
    et->owned = et->pairs = et->diff_with = et->port_filter = et->encrypt_files = (espy_words){0};
}
