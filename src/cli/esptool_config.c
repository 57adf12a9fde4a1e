/* SPDX-License-Identifier: MIT
 *
 * `espy esptool`: the [esptool] section of esptool.cfg, setup.cfg or tox.ini.
 *
 * Follows: esptool documentation, "Configuration File"; Python's configparser for the
 * syntax.  A value that goes on in the next line is refused.  The times in it are taken
 * and do nothing: espy's own are longer where they matter, and its stub says that it works.
 */
#include "esptool.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT(member) offsetof(espy_esptool_config, member)

enum { NOWHERE = -1, PATH_CAP = 512 };

static const struct {
    const char *name;
    int member; /* its place in espy_esptool_config; NOWHERE: taken and not used */
} known[] = {
    {"timeout", NOWHERE},
    {"chip_erase_timeout", NOWHERE},
    {"max_timeout", NOWHERE},
    {"sync_timeout", NOWHERE},
    {"md5_timeout_per_mb", NOWHERE},
    {"erase_region_timeout_per_mb", NOWHERE},
    {"erase_write_timeout_per_mb", NOWHERE},
    {"mem_end_rom_timeout", NOWHERE},
    {"serial_write_timeout", NOWHERE},
    {"write_block_attempts", NOWHERE},
    {"connect_attempts", AT(connect_attempts)},
    {"open_port_attempts", AT(open_port_attempts)},
    {"reset_delay", AT(reset_delay)},
    {"custom_reset_sequence", AT(reset)},
    {"custom_hard_reset_sequence", AT(hard_reset)},
};

enum { KNOWN = sizeof known / sizeof known[0], UNKNOWN_MAX = 16 };

typedef struct reader {
    espy_esptool_config config;
    uint32_t seen;
    const char *unknown[UNKNOWN_MAX];
    size_t unknown_count;
    bool inside, found;   /* the section [esptool]; any section at all has begun */
    bool any, value_open; /* the line before was an option of [esptool] */
    unsigned line;
    char fault[160];
} reader;

static char *trim(char *text)
{
    size_t n = strlen(text);
    while (n > 0 && isspace((unsigned char)text[n - 1]))
        text[--n] = '\0';
    while (isspace((unsigned char)*text))
        text++;
    return text;
}

static bool fault(reader *r, const char *what, const char *name)
{
    snprintf(r->fault, sizeof r->fault, "line %u: %s%s", r->line, what, name);
    return false;
}

static bool take_section(reader *r, char *text)
{
    char *end = strrchr(text, ']');
    if (end == NULL || end == text + 1)
        return fault(r, "no section's name: ", text);
    *end = '\0';
    r->any = true;
    r->inside = strcmp(text + 1, "esptool") == 0;
    if (r->inside && r->found)
        return fault(r, "section 'esptool' already exists", "");
    r->found |= r->inside;
    return true;
}

static bool take_setting(reader *r, const char *name, const char *value)
{
    for (size_t i = 0; i < KNOWN; i++) {
        if (strcmp(known[i].name, name) != 0)
            continue;
        if ((r->seen >> i & 1) != 0) {
            snprintf(r->fault, sizeof r->fault, "line %u: option '%s' in section 'esptool' already exists", r->line,
                     name);
            return false;
        }
        r->seen |= UINT32_C(1) << i;
        if (known[i].member != NOWHERE)
            *(const char **)((char *)&r->config + known[i].member) = value;
        return true;
    }
    if (r->unknown_count < UNKNOWN_MAX)
        r->unknown[r->unknown_count++] = name;
    return true;
}

static bool take_line(reader *r, char *line)
{
    bool indented = isspace((unsigned char)line[0]);
    char *text = trim(line);
    r->line++;
    if (text[0] == '\0' || text[0] == '#' || text[0] == ';')
        return true;
    if (indented && r->value_open)
        return !r->inside || fault(r, "a value goes on in a second line: ", text);
    if (text[0] == '[')
        return take_section(r, text);
    size_t n = strcspn(text, "=:");
    if (!r->any || n == 0 || text[n] == '\0')
        return fault(r, r->any ? "neither a section nor NAME = VALUE: " : "no section before ", text);
    text[n] = '\0';
    for (char *c = text; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    r->value_open = true;
    return !r->inside || take_setting(r, trim(text), trim(text + n + 1));
}

static bool read_lines(reader *r, char *text)
{
    bool good = true;
    while (good && text != NULL) {
        char *end = strchr(text, '\n');
        if (end != NULL)
            *end++ = '\0';
        good = take_line(r, text);
        text = end;
    }
    return good;
}

/* Whether the file has the section; its text stays with et, since values point into it. */
static espy_status read_file(espy_esptool *et, const char *path, reader *r)
{
    espy_buf file = {0};
    *r = (reader){0};
    if (access(path, R_OK) != 0 || espy_buf_read_file(&file, path, NULL) != ESPY_OK)
        return ESPY_OK;
    espy_status st = espy_buf_append(&file, "", 1, &et->cli->err);
    if (st == ESPY_OK)
        st = espy_esptool_own(et, (char *)file.bytes);
    if (st != ESPY_OK) {
        espy_buf_free(&file);
        return st;
    }
    if (!read_lines(r, (char *)file.bytes)) {
        espy_esptool_warn(et, "Ignoring invalid config file %s: %s", path, r->fault);
        r->found = false;
    }
    return ESPY_OK;
}

static void absolute(const char *name, char *path, size_t cap)
{
    char here[PATH_CAP] = "";
    if (name[0] != '/' && getcwd(here, sizeof here) != NULL)
        snprintf(path, cap, "%s/%s", here, name);
    else
        snprintf(path, cap, "%s", name);
}

/* The first file that has the section; path is empty where there is none. */
static espy_status find(espy_esptool *et, reader *r, char path[2 * PATH_CAP], bool *by_variable)
{
    static const char *const folders[] = {"", "/.config/esptool/", "/"};
    static const char *const names[] = {"esptool.cfg", "setup.cfg", "tox.ini"};
    const char *home = getenv("HOME"), *named = getenv("ESPTOOL_CFGFILE");
    espy_status st = ESPY_OK;
    if (named != NULL && named[0] != '\0') {
        absolute(named, path, 2 * PATH_CAP);
        st = read_file(et, path, r);
        *by_variable = r->found;
    }
    for (size_t i = 0; st == ESPY_OK && !r->found && i < 9; i++) {
        char name[PATH_CAP];
        const char *folder = folders[i / 3];
        if (folder[0] != '\0' && home == NULL)
            break;
        snprintf(name, sizeof name, "%s%s%s", folder[0] != '\0' ? home : "", folder, names[i % 3]);
        absolute(name, path, 2 * PATH_CAP);
        st = read_file(et, path, r);
    }
    return st;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void warn_of_unknown(const espy_esptool *et, reader *r)
{
    char list[400] = "";
    qsort(r->unknown, r->unknown_count, sizeof r->unknown[0], by_name);
    for (size_t i = 0, n = 0; i < r->unknown_count && n < sizeof list; i++)
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i > 0 ? ", " : "", r->unknown[i]);
    if (r->unknown_count > 0)
        espy_esptool_warn(et, "Ignoring unknown config option%s: %s", r->unknown_count > 1 ? "s" : "", list);
}

static espy_status take_count(espy_esptool *et, const char *name, const char *text, int32_t *to)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || errno != 0 || value < INT32_MIN || value > INT32_MAX)
        return espy_fail(&et->cli->err, ESPY_E_ARG, "Invalid value for %s: '%s' is no whole number", name, text);
    *to = (int32_t)value;
    return ESPY_OK;
}

espy_status espy_esptool_configure(espy_esptool *et)
{
    reader r = {0};
    char path[2 * PATH_CAP];
    bool by_variable = false;
    espy_status st = find(et, &r, path, &by_variable);
    if (st != ESPY_OK)
        return st;
    if (r.found)
        warn_of_unknown(et, &r);
    if (r.found) {
        espy_esptool_print(et, "Loaded custom configuration from %s%s", path,
                           by_variable ? " (set with ESPTOOL_CFGFILE)" : "");
        et->config = r.config;
    }
    const char *opens = getenv("ESPTOOL_OPEN_PORT_ATTEMPTS");
    if (opens == NULL)
        opens = et->config.open_port_attempts != NULL ? et->config.open_port_attempts : "1";
    st = take_count(et, "open_port_attempts", opens, &et->open_port_attempts);
    if (st == ESPY_OK && et->connect_attempts == ESPY_ET_NOT_GIVEN)
        st = take_count(et, "connect_attempts", et->config.connect_attempts != NULL ? et->config.connect_attempts : "7",
                        &et->connect_attempts);
    return st;
}
