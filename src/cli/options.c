/* SPDX-License-Identifier: MIT
 *
 * Reading options.  The forms are POSIX' and GNU's: -q, -p PORT, -pPORT, -qv,
 * --baud RATE, --baud=RATE; options and operands mix; "--" ends the options.
 */
#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_JSON = 1000, OPTION_TRACE };

const espy_option espy_global_options[] = {
    {'p', "port", "PORT", "the board, see `espy help up` (else ESPY_PORT, else the one board found)"},
    {'b', "baud", "RATE", "transfer rate (default: as fast as works)"},
    {OPTION_JSON, "json", NULL, "print the result as one JSON object"},
    {'v', "verbose", NULL, "talk more: the loader's commands too"},
    {OPTION_TRACE, "trace", "CHANNELS", "log all, or any of wire,cmd,cpu,mmio,irq,rom,repl"},
    {'q', "quiet", NULL, "no talk, no warnings, no progress"},
    {'h', "help", NULL, "show help"},
    {0, NULL, NULL, NULL},
};

espy_status espy_usage(espy_cli *cli, const char *command, const char *fmt, ...)
{
    char text[300];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    espy_fail(&cli->err, ESPY_E_ARG, "%s", text);
    if (command != NULL)
        espy_advise(&cli->err, "See `espy help %s`.", command);
    else
        espy_advise(&cli->err, "See `espy help`.");
    return ESPY_E_ARG;
}

static const espy_option *find_long(const espy_option *table, const char *name, size_t n)
{
    for (; table->id != 0; table++)
        if (table->name != NULL && strlen(table->name) == n && memcmp(table->name, name, n) == 0)
            return table;
    return NULL;
}

static const espy_option *find_short(const espy_option *table, char letter)
{
    for (; table->id != 0; table++)
        if (table->id == letter)
            return table;
    return NULL;
}

static espy_status set_trace(espy_cli *cli, const char *channels)
{
    if (*channels == '\0')
        return espy_usage(cli, NULL, "--trace names no channel");
    while (*channels != '\0') {
        char name[16];
        size_t n = strcspn(channels, ",");
        snprintf(name, sizeof name, "%.*s", (int)n, channels);
        uint32_t mask = strcmp(name, "all") == 0 ? UINT32_MAX : espy_log_channel(name);
        if (mask == 0 || n >= sizeof name)
            return espy_usage(cli, NULL, "there is no trace channel \"%.*s\"", (int)n, channels);
        cli->log.mask |= mask;
        channels += channels[n] == ',' ? n + 1 : n;
    }
    return ESPY_OK;
}

static espy_status set_baud(espy_cli *cli, const char *text)
{
    char *end;
    errno = 0;
    unsigned long rate = strtoul(text, &end, 10);
    if (*end != '\0' || errno != 0 || rate < 300 || rate > 20000000)
        return espy_usage(cli, NULL, "\"%s\" is not a baud rate (300 to 20000000)", text);
    cli->baud = (uint32_t)rate;
    return ESPY_OK;
}

/* Takes a global option into cli. */
static espy_status take_global(espy_cli *cli, int id, const char *value)
{
    switch (id) {
    case 'p': cli->port = value; break;
    case 'b': return set_baud(cli, value);
    case OPTION_JSON: cli->json = true; break;
    case 'v':
        cli->verbose = true;
        cli->log.mask |= ESPY_LOG_CMD;
        break;
    case OPTION_TRACE: return set_trace(cli, value);
    case 'q': cli->quiet = true; break;
    case 'h': cli->help = true; break;
    default: break;
    }
    return ESPY_OK;
}

static const char *command_name(const espy_args *args)
{
    return args->stop_at_operand ? NULL : args->argv[0];
}

/* The option's argument: what is attached, else the next word. */
static espy_status take_value(espy_args *args, const espy_option *option, const char *attached)
{
    args->value = attached;
    if (option->arg == NULL || attached != NULL)
        return ESPY_OK;
    if (args->next >= args->argc) {
        if (option->name != NULL)
            return espy_usage(args->cli, command_name(args), "--%s needs %s", option->name, option->arg);
        return espy_usage(args->cli, command_name(args), "-%c needs %s", option->id, option->arg);
    }
    args->value = args->argv[args->next++];
    return ESPY_OK;
}

/* Reports the option to the caller, or takes it if it is a global one. */
static espy_status deliver(espy_args *args, const espy_option *option, bool global, const char *attached)
{
    espy_status st = take_value(args, option, attached);
    if (st != ESPY_OK)
        return st;
    if (!global)
        args->id = option->id;
    return global ? take_global(args->cli, option->id, args->value) : ESPY_OK;
}

static espy_status next_long(espy_args *args, const char *text)
{
    size_t n = strcspn(text, "=");
    const char *attached = text[n] == '=' ? text + n + 1 : NULL;
    const espy_option *option = find_long(args->table, text, n);
    bool global = option == NULL;
    if (global)
        option = find_long(espy_global_options, text, n);
    if (option == NULL)
        return espy_usage(args->cli, command_name(args), "there is no option --%.*s", (int)n, text);
    if (option->arg == NULL && attached != NULL)
        return espy_usage(args->cli, command_name(args), "--%s takes no argument", option->name);
    return deliver(args, option, global, attached);
}

static espy_status next_short(espy_args *args)
{
    char letter = *args->cluster++;
    const espy_option *option = find_short(args->table, letter);
    bool global = option == NULL;
    if (global)
        option = find_short(espy_global_options, letter);
    if (option == NULL)
        return espy_usage(args->cli, command_name(args), "there is no option -%c", letter);
    const char *attached = NULL;
    if (option->arg != NULL) {
        attached = *args->cluster != '\0' ? args->cluster : NULL;
        args->cluster = "";
    }
    return deliver(args, option, global, attached);
}

/* Looks at the next word; *done when no option can follow. */
static espy_status next_word(espy_args *args, bool *done)
{
    char *word = args->argv[args->next];
    bool operand = args->only_operands || word[0] != '-' || word[1] == '\0';
    if (operand && args->stop_at_operand) {
        *done = true;
        return ESPY_OK;
    }
    args->next++;
    if (operand) {
        args->argv[++args->operands] = word;
        return ESPY_OK;
    }
    if (strcmp(word, "--") == 0) {
        args->only_operands = true;
        return ESPY_OK;
    }
    if (word[1] == '-')
        return next_long(args, word + 2);
    args->cluster = word + 1;
    return next_short(args);
}

espy_status espy_args_next(espy_args *args)
{
    args->id = 0;
    args->value = NULL;
    if (args->next == 0) {
        args->next = 1;
        args->cluster = "";
    }
    bool done = false;
    espy_status st = ESPY_OK;
    while (st == ESPY_OK && args->id == 0 && !done) {
        if (*args->cluster != '\0')
            st = next_short(args);
        else if (args->next < args->argc)
            st = next_word(args, &done);
        else
            done = true;
    }
    return st;
}

espy_status espy_parse_size(espy_cli *cli, const char *what, const char *text, uint32_t *size)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 0);
    unsigned long long unit = 1;
    if (*end == 'k' || *end == 'K')
        unit = 1024;
    else if (*end == 'm' || *end == 'M')
        unit = 1024 * 1024;
    bool digits = end != text && text[0] >= '0' && text[0] <= '9';
    if (unit != 1)
        end++;
    if (unit != 1 && (*end == 'B' || *end == 'b'))
        end++;
    if (!digits || *end != '\0' || errno != 0 || value > UINT32_MAX || value * unit > UINT32_MAX)
        return espy_usage(cli, NULL, "%s \"%s\" is not a size such as 16M, 4096K or 0x400000", what, text);
    *size = (uint32_t)(value * unit);
    return ESPY_OK;
}
