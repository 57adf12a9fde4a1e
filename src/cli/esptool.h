/* SPDX-License-Identifier: MIT
 *
 * `espy esptool`: the command line of Espressif's esptool, in the spelling of
 * version 5 (`erase-flash`) and of version 4 (`erase_flash`, `--flash_size`), for
 * the ESP32-S3.
 *
 * One table says what the commands, their options and operands are; the parser
 * fills an espy_esptool by it, checks it as a whole, and only then runs the
 * command.  What is not in the table is a usage error.
 *
 * Follows: esptool documentation, "esptool Commands" (basic, advanced, options),
 * version 5.6.
 */
#ifndef ESPY_CLI_ESPTOOL_H
#define ESPY_CLI_ESPTOOL_H

#include "cli.h"

#include "../image/pieces.h"

#define ESPY_ESPTOOL_VERSION "5.6.0" /* whose command line this is */
#define ESPY_SIZE_ALL UINT32_MAX     /* "ALL" where a size is wanted */

typedef struct espy_words {
    const char **word; /* owned; what they point to is not */
    size_t count;
} espy_words;

struct espy_esptool_command;

/* What a configuration file says, as text; NULL: nothing. */
typedef struct espy_esptool_config {
    const char *connect_attempts, *open_port_attempts;
    const char *reset_delay, *reset, *hard_reset;
} espy_esptool_config;

#define ESPY_ET_NOT_GIVEN INT32_MIN

typedef struct espy_esptool {
    espy_cli *cli;
    const struct espy_esptool_command *command;

    /* Options before the command.  A choice points to the table's own string. */
    const char *chip; /* "auto", "esp32s3", ... */
    const char *port; /* NULL: none given */
    espy_words port_filter;
    const char *before, *after;
    const char *stub_version, *override_vddsdio;
    uint32_t baud;
    int32_t connect_attempts; /* 0 and less: without end */
    bool no_stub, trace, verbose, silent, help;

    espy_esptool_config config;
    int32_t open_port_attempts; /* 0: without end */

    /* Options of the commands. */
    const char *flash_mode, *flash_freq, *flash_size; /* "keep", "detect" or a value; NULL: the chip's default */
    const char *spi_connection, *flash_type;
    const char *output, *format, *pad_to_size, *mmu_page_size, *image_version;
    uint32_t target_offset, chunk_size, elf_sha256_offset, min_rev, min_rev_full, max_rev_full;
    bool md5_disable, secure_pad, secure_pad_v2, dont_append_digest, use_segments, ram_only_header;
    bool erase_all, no_progress, force, compress, no_compress, skip_flashed, diff, verify;

    bool encrypt, ignore_flash_enc_efuse;
    espy_words encrypt_files; /* ADDRESS FILENAME ...; moved behind the pairs once all is parsed */
    espy_words diff_with;
    bool trust_flash_content;
    const char *bytes; /* "1" to "3" status registers */
    bool non_volatile;

    /* Operands. */
    const char *input;
    uint32_t address, size, value, mask;
    espy_words pairs;   /* ADDRESS FILENAME ... */
    size_t plain_pairs; /* so many words of them, before those of --encrypt-files */

    bool stay; /* set by a command that leaves the board running what it started */

    espy_words owned; /* strings from @files, for the pointers above */
} espy_esptool;

typedef enum espy_esptool_kind {
    ESPY_ET_FLAG,   /* bool */
    ESPY_ET_TEXT,   /* const char * */
    ESPY_ET_CHOICE, /* const char *, one of the row's choices */
    ESPY_ET_CHIP,   /* the same; capitals and hyphens do not count */
    ESPY_ET_RESET,  /* the same; underscores count as hyphens */
    ESPY_ET_NUMBER, /* uint32_t; decimal, 0x, 0o or 0b */
    ESPY_ET_SIZE,   /* uint32_t; with k or M behind it, or all */
    ESPY_ET_COUNT,  /* int32_t; decimal */
    ESPY_ET_FILE,   /* const char *: must exist */
    ESPY_ET_WORDS,  /* espy_words: all words up to the next option */
    ESPY_ET_PAIRS   /* espy_words: all operands that are left, two and two */
} espy_esptool_kind;

typedef struct espy_esptool_option {
    const char *name;  /* "--flash-size" */
    const char *brief; /* "-fs"; may be NULL */
    const char *older; /* "--flash_size", or "--fill-flash-size"; may be NULL */
    espy_esptool_kind kind;
    size_t member;              /* its offset in espy_esptool */
    const char *const *choices; /* ends with NULL */
    const char *value;          /* if it is not given; may be NULL */
    const char *variable;       /* the environment variable that gives it; may be NULL */
    uint32_t most;              /* the largest number; 0: any */
    const char *help;           /* NULL: not shown */
} espy_esptool_option;

typedef struct espy_esptool_operand {
    const char *name; /* "ADDRESS" */
    espy_esptool_kind kind;
    size_t member;
    bool optional;
} espy_esptool_operand;

#define ESPY_ET_OPERANDS 3

struct espy_esptool_board;

typedef struct espy_esptool_command {
    const char *name;                     /* "write-flash"; its older name has underscores */
    espy_status (*run)(espy_esptool *et); /* without a board, or NULL */
    espy_status (*work)(espy_esptool *et, struct espy_esptool_board *board); /* with one, or NULL */
    const espy_esptool_option *options;                                      /* ends with a NULL name; may be NULL */
    espy_esptool_operand operand[ESPY_ET_OPERANDS];
    bool rom_alone;      /* no stub, whatever the options */
    bool secure;         /* possible in secure download mode */
    bool needs_chip;     /* says nothing without --chip */
    const char *help;    /* NULL: not shown */
    const char *refusal; /* why espy does not have it; else NULL */
} espy_esptool_command;

extern const espy_esptool_option espy_esptool_globals[];
extern const espy_esptool_command espy_esptool_commands[]; /* ends with a NULL name */

/* esptool_args.c: fills et from the words after the program's name. */
espy_status espy_esptool_parse(espy_esptool *et, int argc, char **argv);
void espy_esptool_free(espy_esptool *et);
/* Exposed for its test: replaces every @FILE by the words in it, which et owns. */
espy_status espy_esptool_expand(espy_esptool *et, espy_words *words, int argc, char **argv);

/* esptool_args.c: whether esptool has a command of this name, in either spelling. */
bool espy_esptool_has(const char *name);

/* esptool_args.c: a number as Python writes one, decimal or behind 0x, 0o or 0b. */
bool espy_esptool_number(const char *text, uint64_t *value);
/* Keeps bytes until espy_esptool_free(); they stay the caller's on failure. */
espy_status espy_esptool_own(espy_esptool *et, char *bytes);

/* esptool_config.c: reads the configuration file, if there is one, and says so; fills in
 * how often to try. */
espy_status espy_esptool_configure(espy_esptool *et);

/* esptool_out.c: what esptool says on stdout (nothing with --silent) and its warnings; and
 * help. */
void espy_esptool_print(const espy_esptool *et, const char *fmt, ...) ESPY_PRINTF(2, 3);
void espy_esptool_warn(const espy_esptool *et, const char *fmt, ...) ESPY_PRINTF(2, 3);
void espy_esptool_help(const espy_esptool *et);

/* esptool_files.c: the pairs as pieces, Intel HEX files split at their gaps, sorted; a
 * piece's origin is the index of its file's name in et->pairs. */
espy_status espy_esptool_load(espy_esptool *et, espy_pieces *pieces);
/* Adds one file, at addr unless it has addresses of its own. */
espy_status espy_esptool_load_file(espy_esptool *et, espy_pieces *pieces, const char *name, uint32_t addr,
                                   unsigned origin);
/* Puts --flash-mode, -freq and -size (or `size`, unless NULL) into a piece that is a
 * bootloader, and says so. */
espy_status espy_esptool_patch(espy_esptool *et, espy_piece *piece, const char *size);
/* "16MB", "512KB": bytes; 0 for another text, and what does not fit 32 bits. */
uint32_t espy_esptool_bytes(const char *size);

/* "16MB" of bytes; writes into text. */
const char *espy_esptool_size_name(uint32_t bytes, char *text, size_t cap);

/* esptool_board.c: checks what can be checked, connects, says what is there, does the
 * command's work, and leaves the board as --after says. */
espy_status espy_esptool_on_board(espy_esptool *et);

/* The commands. */
espy_status espy_esptool_version(espy_esptool *et);
espy_status espy_esptool_image_info(espy_esptool *et);
espy_status espy_esptool_merge_bin(espy_esptool *et);
espy_status espy_esptool_elf2image(espy_esptool *et);

#endif
