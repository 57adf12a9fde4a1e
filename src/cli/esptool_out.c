/* SPDX-License-Identifier: MIT
 *
 * `espy esptool`: what it says, and its help.
 */
#include "esptool.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void espy_esptool_print(const espy_esptool *et, const char *fmt, ...)
{
    if (et->silent)
        return;
    va_list args;
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    printf("\n");
}

void espy_esptool_warn(const espy_esptool *et, const char *fmt, ...)
{
    if (et->silent)
        return;
    fflush(stdout);
    va_list args;
    va_start(args, fmt);
    fprintf(stderr, "WARNING: ");
    vfprintf(stderr, fmt, args);
    fprintf(stderr, "\n");
    va_end(args);
}

static const char *value_name(const espy_esptool_option *option)
{
    switch (option->kind) {
    case ESPY_ET_FLAG: return "";
    case ESPY_ET_NUMBER:
    case ESPY_ET_COUNT: return " NUMBER";
    case ESPY_ET_SIZE: return " SIZE";
    case ESPY_ET_FILE: return " FILE";
    case ESPY_ET_WORDS: return " FILE...";
    default: return " VALUE";
    }
}

static void print_choices(const espy_esptool_option *option)
{
    char line[400];
    size_t n = 0;
    if (option->kind == ESPY_ET_CHIP)
        return;
    for (const char *const *c = option->choices; c != NULL && *c != NULL && n < sizeof line; c++)
        n += (size_t)snprintf(line + n, sizeof line - n, "%s%s", n > 0 ? "|" : "", *c);
    if (n > 0)
        printf("  %-28s %s\n", "", line);
}

static void print_options(const espy_esptool_option *option)
{
    for (; option != NULL && option->name != NULL; option++) {
        char left[64];
        if (option->help == NULL)
            continue;
        snprintf(left, sizeof left, "%s%s%s%s", option->name, option->brief != NULL ? ", " : "",
                 option->brief != NULL ? option->brief : "", value_name(option));
        printf("  %-28s %s\n", left, option->help);
        print_choices(option);
    }
}

void espy_esptool_help(const espy_esptool *et)
{
    const espy_esptool_command *command = et->command;
    if (command == NULL) {
        printf("Usage: esptool [OPTIONS] COMMAND [ARGS]...\n\n"
               "The command line of esptool v" ESPY_ESPTOOL_VERSION ", by espy, for the ESP32-S3.\n\nCommands\n");
        for (const espy_esptool_command *c = espy_esptool_commands; c->name != NULL; c++)
            if (c->help != NULL)
                printf("  %-20s %s\n", c->name, c->help);
        printf("\nOptions\n");
        print_options(espy_esptool_globals);
        printf("\nCommands and options of esptool v4 (erase_flash, --flash_size) are understood as well.\n");
        return;
    }
    printf("Usage: esptool [OPTIONS] %s%s", command->name, command->options != NULL ? " [OPTIONS]" : "");
    for (size_t i = 0; i < ESPY_ET_OPERANDS && command->operand[i].name != NULL; i++)
        printf(" %s%s", command->operand[i].name, command->operand[i].kind == ESPY_ET_PAIRS ? " ..." : "");
    printf("\n\n%s\n", command->help);
    if (command->options != NULL) {
        printf("\nOptions\n");
        print_options(command->options);
    }
}
