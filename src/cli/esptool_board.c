/* SPDX-License-Identifier: MIT
 *
 * `espy esptool` on a board: connecting, saying what is there, and leaving.
 */
#include "esptool_board.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ROM_BAUD = 115200 };

void espy_esptool_quiet(espy_esptool_board *board)
{
    espy_progress_end(&board->progress, NULL);
}

/* One bar for each phase that takes long, on stderr. */
static void on_progress(void *user, espy_phase phase, uint64_t done, uint64_t total)
{
    espy_esptool_board *board = user;
    bool shown = phase >= ESPY_PHASE_COMPARE && phase <= ESPY_PHASE_READ && total > 0;
    if (board->et->no_progress || !board->progress.terminal)
        return;
    if (board->progress.active && (phase != board->phase || !shown))
        espy_esptool_quiet(board);
    board->phase = phase;
    if (shown && !board->progress.active)
        espy_progress_begin(&board->progress, board->et->cli, espy_phase_name(phase), total);
    board->progress.total = total;
    if (shown)
        espy_progress_update(&board->progress, done);
}

double espy_esptool_now(const espy_esptool_board *board)
{
    return (double)espy_link_now_ms(board->link) / 1000.0;
}

espy_status espy_esptool_within(espy_esptool_board *board, uint32_t addr, uint32_t size)
{
    char name[16];
    uint64_t end = (uint64_t)addr + size;
    uint32_t flash = board->info.flash.size;
    if (flash == 0 || end <= flash)
        return ESPY_OK;
    return espy_fail(&board->et->cli->err, ESPY_E_ARG,
                     "Can't access flash regions larger than detected flash size (set size 0x%x from address 0x%08x "
                     "goes past %s by 0x%llx bytes)",
                     (unsigned)size, (unsigned)addr, espy_esptool_size_name(flash, name, sizeof name),
                     (unsigned long long)(end - flash));
}

espy_status espy_esptool_resolve_size(espy_esptool_board *board, uint32_t *size)
{
    char name[16];
    if (*size != ESPY_SIZE_ALL)
        return ESPY_OK;
    *size = board->info.flash.size;
    if (*size == 0)
        return espy_fail(&board->et->cli->err, ESPY_E_DEVICE, "Detecting flash size failed. Set an exact size value");
    espy_esptool_print(board->et, "Detected flash size: %s", espy_esptool_size_name(*size, name, sizeof name));
    return ESPY_OK;
}

const char *espy_esptool_flash_size(espy_esptool_board *board, char *text, size_t cap)
{
    espy_esptool *et = board->et;
    if (strcmp(et->flash_size, "detect") != 0)
        return et->flash_size;
    if (board->info.flash.size == 0) {
        espy_esptool_warn(et, "Could not auto-detect flash size, defaulting to 4MB.");
        return "4MB";
    }
    espy_esptool_print(et, "Auto-detected flash size: %s", espy_esptool_size_name(board->info.flash.size, text, cap));
    return text;
}

void espy_esptool_print_mac(const espy_esptool *et, const espy_board *info)
{
    const uint8_t *m = info->mac;
    espy_esptool_print(et, "%-20s%02x:%02x:%02x:%02x:%02x:%02x", "MAC:", m[0], m[1], m[2], m[3], m[4], m[5]);
}

static void print_features(const espy_esptool *et, const espy_board *info)
{
    char flash[48] = "", psram[64] = "";
    if (info->flash.embedded > 0)
        snprintf(flash, sizeof flash, ", Embedded Flash %uMB", (unsigned)(info->flash.embedded >> 20));
    if (info->psram.size > 0)
        snprintf(psram, sizeof psram, ", Embedded PSRAM %uMB (%s)", (unsigned)(info->psram.size >> 20),
                 info->psram.vendor);
    espy_esptool_print(et, "%-20sWi-Fi, BT 5 (LE), Dual Core + LP Core, 240MHz%s%s", "Features:", flash, psram);
}

static void print_board(const espy_esptool_board *board)
{
    const espy_esptool *et = board->et;
    const espy_board *info = &board->info;
    if (strcmp(et->chip, "auto") == 0)
        espy_esptool_print(et, "Detecting chip type... %s", info->chip);
    espy_esptool_print(et, "Connected to %s on %s:", info->chip, board->link->name);
    if (info->secure_download) {
        espy_esptool_print(et, "%-20s%s in Secure Download Mode\n", "Chip type:", info->chip);
        return;
    }
    espy_esptool_print(et, "%-20s%s (%s) (revision v%u.%u)", "Chip type:", info->chip, info->package,
                       info->revision_major, info->revision_minor);
    print_features(et, info);
    espy_esptool_print(et, "%-20s40MHz", "Crystal frequency:");
    espy_esptool_print_mac(et, info);
    espy_esptool_print(et, "\n%s\n", espy_flasher_has_stub(board->flasher) ? "Stub flasher running." : "No stub.");
}

/* Only a rate that was asked for is worth a word. */
static void print_baud(const espy_esptool_board *board)
{
    uint32_t wanted = board->et->baud, is = espy_flasher_get_stats(board->flasher)->baud;
    if (wanted == 0 || wanted == ROM_BAUD)
        return;
    if (is == wanted)
        espy_esptool_print(board->et, "Changing baud rate to %u...\nChanged.\n", (unsigned)is);
    else
        espy_esptool_warn(board->et, "The transfer runs at %u baud, not at %u.", (unsigned)is, (unsigned)wanted);
}

/* "ESP32-S2" of "esp32s2". */
static void chip_name(const char *chip, char name[16])
{
    bool series = strncmp(chip, "esp32", 5) == 0 && chip[5] != '\0';
    snprintf(name, 16, "%.5s%s%s", chip, series ? "-" : "", strlen(chip) > 5 ? chip + 5 : "");
    for (; *name != '\0'; name++)
        *name = (char)toupper((unsigned char)*name);
}

static espy_status check_secure(espy_esptool_board *board)
{
    espy_esptool *et = board->et;
    if (!board->info.secure_download)
        return ESPY_OK;
    if (!et->command->secure)
        return espy_fail(&et->cli->err, ESPY_E_UNSUPPORTED, "The '%s' command is not available in Secure Download Mode",
                         et->command->name);
    if (!et->no_stub)
        espy_esptool_warn(et, "Stub flasher is not supported in Secure Download Mode, it has been disabled. Set "
                              "--no-stub to suppress this warning.");
    return ESPY_OK;
}

static espy_status check_chip(espy_esptool_board *board)
{
    char name[16];
    espy_esptool *et = board->et;
    if (strcmp(et->chip, "auto") == 0 || strcmp(et->chip, "esp32s3") == 0)
        return ESPY_OK;
    chip_name(et->chip, name);
    return espy_fail(&et->cli->err, ESPY_E_UNSUPPORTED, "This chip is %s, not %s. Wrong chip argument?",
                     board->info.chip, name);
}

static espy_status connect(espy_esptool_board *board)
{
    espy_esptool *et = board->et;
    espy_err *err = &et->cli->err;
    espy_flasher_config config = {
        /* What takes no time needs no speed, and a program in RAM is talked to at the ROM's rate. */
        .baud = et->baud == 0 && et->command->rom_alone ? ROM_BAUD : et->baud,
        .reset = espy_esptool_reset(et, board->link, board->reset, sizeof board->reset),
        .hard_reset = et->config.hard_reset,
        .attempts = et->connect_attempts > 0 ? (unsigned)et->connect_attempts : UINT_MAX / 8,
        .no_stub = et->no_stub || et->command->rom_alone || et->encrypt || et->encrypt_files.count > 0,
        .uncompressed = et->no_compress,
        .progress = on_progress,
        .cancelled = espy_cli_cancelled,
        .user = board,
        .log = &et->cli->log,
    };
    espy_status st = espy_esptool_pins(et, &config.spi_pins);
    if (st != ESPY_OK)
        return st;
    espy_esptool_print(et, "Serial port %s:", board->link->name);
    espy_esptool_print(et, "Connecting...");
    fflush(stdout);
    if (!board->link->has_lines && strncmp(et->before, "no-reset", 8) != 0)
        espy_esptool_warn(et,
                          "Chip was NOT reset. Setting RTS/DTR lines is not supported for port '%s'. Set --before and "
                          "--after arguments to 'no-reset' and switch to bootloader manually to avoid this warning.",
                          board->link->name);
    st = espy_flasher_new(&board->flasher, board->link, &config, err);
    if (st != ESPY_OK)
        return st == ESPY_E_ARG ? espy_context(err, "Invalid custom reset sequence option format") : st;
    st = espy_flasher_connect(board->flasher, err);
    if (st != ESPY_OK)
        return espy_context(err, "Failed to connect to ESP32-S3");
    st = espy_flasher_identify(board->flasher, &board->info, err);
    if (st != ESPY_OK)
        return st;
    print_board(board);
    print_baud(board);
    st = check_chip(board);
    return st == ESPY_OK ? check_secure(board) : st;
}

static void let_go(espy_esptool_board *board)
{
    espy_flasher_free(board->flasher);
    espy_link_close(board->link);
    board->flasher = NULL;
    board->link = NULL;
}

/* Opens the port and connects, as often as open_port_attempts says. */
static espy_status reach(espy_esptool_board *board)
{
    static const struct timespec pause = {.tv_nsec = 100000000};
    espy_esptool *et = board->et;
    int32_t tries = et->open_port_attempts;
    if (tries != 1 && (et->port == NULL || strcmp(et->chip, "auto") == 0)) {
        espy_esptool_warn(et, "The ESPTOOL_OPEN_PORT_ATTEMPTS (open_port_attempts) option can only be used with --port "
                              "and --chip arguments.");
        tries = 1;
    }
    for (int32_t i = 1;; i++) {
        espy_status st = espy_esptool_open(et, &board->link);
        if (st == ESPY_OK)
            st = connect(board);
        if (st == ESPY_OK || st == ESPY_E_CANCELLED || i == tries || espy_cli_cancelled(NULL))
            return st;
        espy_esptool_print(et, i == 1 ? "%s\nRetrying failed connection" : "%s", et->cli->err.text);
        et->cli->err = (espy_err){0};
        let_go(board);
        nanosleep(&pause, NULL);
    }
}

/* What --after asks for.  Back from the stub to the ROM there is no way but a reset. */
static espy_status leave(espy_esptool_board *board)
{
    espy_esptool *et = board->et;
    espy_err *err = &et->cli->err;
    bool stub = espy_flasher_has_stub(board->flasher);
    if (et->stay) {
        espy_esptool_print(et, "Exiting immediately.");
        return ESPY_OK;
    }
    if (strcmp(et->after, "no-reset-stub") == 0 || (strcmp(et->after, "no-reset") == 0 && !stub)) {
        espy_esptool_print(et, "Staying in %s.", stub ? "flasher stub" : "bootloader");
        return espy_flasher_stay(board->flasher, err);
    }
    if (strcmp(et->after, "no-reset") == 0) {
        espy_esptool_print(et, "Staying in bootloader.");
        return board->link->has_lines ? espy_flasher_connect(board->flasher, err) : ESPY_OK;
    }
    if (strcmp(et->after, "hard-reset") == 0 && board->link->has_lines) {
        espy_esptool_print(et, "Hard resetting via RTS pin...");
        return espy_flasher_reset(board->flasher, err);
    }
    if (board->info.secure_download && board->link->has_lines) {
        espy_esptool_warn(et, "Watchdog hard reset is not supported in Secure Download Mode, attempting classic hard "
                              "reset instead.");
        espy_esptool_print(et, "Hard resetting via RTS pin...");
        return espy_flasher_reset(board->flasher, err);
    }
    if (board->info.secure_download) {
        espy_esptool_warn(et, "In Secure Download Mode nothing but the RESET key can reset the board here.");
        return ESPY_OK;
    }
    espy_esptool_print(et, "Hard resetting with a watchdog...");
    return espy_flasher_reset_by_watchdog(board->flasher, err);
}

static espy_status session(espy_esptool_board *board)
{
    espy_esptool *et = board->et;
    espy_status st = reach(board);
    if (st != ESPY_OK)
        return st;
    st = et->command->work(et, board);
    espy_esptool_quiet(board);
    espy_esptool_print(et, "%s", "");
    /* The command's own failure comes first; the board is left as asked all the same. */
    espy_err failure = et->cli->err;
    et->cli->err = (espy_err){0};
    espy_status left = st == ESPY_E_CANCELLED ? ESPY_OK : leave(board);
    if (st != ESPY_OK)
        et->cli->err = failure;
    return st != ESPY_OK ? st : left;
}

/* What other chips have. */
static espy_status check_options(espy_esptool *et)
{
    const char *missing = NULL;
    if (et->override_vddsdio != NULL)
        missing = "Overriding VDDSDIO is not supported by ESP32-S3";
    else if (strcmp(et->after, "soft-reset") == 0)
        missing = "Soft resetting is only supported on ESP8266";
    else if (et->flash_type != NULL && strcmp(et->flash_type, "nor") != 0)
        missing = "NAND flash needs a plugin of esptool's stub, which espy does not have";
    if (missing != NULL)
        return espy_fail(&et->cli->err, ESPY_E_UNSUPPORTED, "%s", missing);
    if (et->stub_version != NULL && et->verbose)
        espy_esptool_print(et, "NOTE: The stub is espy's own, whatever --stub-version says.");
    return ESPY_OK;
}

espy_status espy_esptool_on_board(espy_esptool *et)
{
    espy_esptool_board board = {.et = et};
    board.progress.terminal = espy_cli_color(2);
    et->cli->quiet = et->silent;
    if (et->trace)
        et->cli->log.mask |= ESPY_LOG_CMD | ESPY_LOG_WIRE;
    espy_status st = check_options(et);
    if (st == ESPY_OK && et->pairs.count > 0)
        st = espy_esptool_load(et, &board.pieces);
    if (st == ESPY_OK)
        st = espy_esptool_load_old(et, &board.old);
    if (st == ESPY_OK)
        st = session(&board);
    espy_progress_abort(&board.progress);
    let_go(&board);
    espy_pieces_free(&board.pieces);
    espy_pieces_free(&board.old);
    return st;
}
