/* SPDX-License-Identifier: MIT
 *
 * The commands and options of `espy esptool`: the table.
 */
#include "esptool.h"

#define AT(member) offsetof(espy_esptool, member)

static const char *const chips[] = {"auto",     "esp8266", "esp32",    "esp32s2",  "esp32s3",  "esp32c3",
                                    "esp32c2",  "esp32c6", "esp32c61", "esp32c5",  "esp32e22", "esp32h2",
                                    "esp32h21", "esp32p4", "esp32h4",  "esp32s31", NULL};
static const char *const modes[] = {"qio", "qout", "dio", "dout", "keep", NULL};
static const char *const modes_no_keep[] = {"qio", "qout", "dio", "dout", NULL};
/* The chip has four of these; the others are known, and refused by name. */
static const char *const freqs[] = {"80m", "64m", "60m", "48m", "40m", "32m",  "30m", "26m",
                                    "24m", "20m", "16m", "15m", "12m", "keep", NULL};
static const char *const freqs_no_keep[] = {"80m", "64m", "60m", "48m", "40m", "32m", "30m",
                                            "26m", "24m", "20m", "16m", "15m", "12m", NULL};
static const char *const sizes_merge[] = {"keep",   "256KB", "512KB", "1MB",  "2MB",  "2MB-c1", "4MB",
                                          "4MB-c1", "8MB",   "16MB",  "32MB", "64MB", "128MB",  NULL};
static const char *const sizes_image[] = {"256KB", "512KB", "1MB",  "2MB",  "2MB-c1", "4MB", "4MB-c1",
                                          "8MB",   "16MB",  "32MB", "64MB", "128MB",  NULL};
static const char *const paddings[] = {"256KB", "512KB", "1MB",  "2MB",   "4MB", "8MB",
                                       "16MB",  "32MB",  "64MB", "128MB", NULL};
static const char *const formats[] = {"raw", "uf2", "hex", NULL};
static const char *const pages[] = {"64KB", "32KB", "16KB", "8KB", NULL};
static const char *const versions[] = {"1", "2", "3", NULL};

const espy_esptool_option espy_esptool_globals[] = {
    {"--chip", "-c", NULL, ESPY_ET_CHIP, AT(chip), chips, "auto", "ESPTOOL_CHIP", 0, "the chip"},
    {.name = "--trace", .brief = "-t", .kind = ESPY_ET_FLAG, .member = AT(trace), .help = "log every command"},
    {.name = "--verbose", .brief = "-v", .kind = ESPY_ET_FLAG, .member = AT(verbose), .help = "say everything"},
    {.name = "--silent", .brief = "-s", .kind = ESPY_ET_FLAG, .member = AT(silent), .help = "say errors only"},
    {.name = "--help", .brief = "-h", .kind = ESPY_ET_FLAG, .member = AT(help), .help = "show this"},
    {.name = NULL},
};

#define FLASH_ROWS(mode_list, freq_list, size_list, mode, freq, size)                                                  \
    {"--flash-mode",                                                                                                   \
     "-fm",                                                                                                            \
     "--flash_mode",                                                                                                   \
     ESPY_ET_CHOICE,                                                                                                   \
     AT(flash_mode),                                                                                                   \
     mode_list,                                                                                                        \
     mode,                                                                                                             \
     "ESPTOOL_FM",                                                                                                     \
     0,                                                                                                                \
     "mode of the SPI flash, in the bootloader's header"},                                                             \
        {"--flash-freq",                                                                                               \
         "-ff",                                                                                                        \
         "--flash_freq",                                                                                               \
         ESPY_ET_CHOICE,                                                                                               \
         AT(flash_freq),                                                                                               \
         freq_list,                                                                                                    \
         freq,                                                                                                         \
         "ESPTOOL_FF",                                                                                                 \
         0,                                                                                                            \
         "frequency of the SPI flash"},                                                                                \
    {                                                                                                                  \
        "--flash-size", "-fs", "--flash_size", ESPY_ET_CHOICE, AT(flash_size), size_list, size, "ESPTOOL_FS", 0,       \
            "size of the SPI flash"                                                                                    \
    }

static const espy_esptool_option merge_options[] = {
    {"--output", "-o", NULL, ESPY_ET_TEXT, AT(output), NULL, NULL, NULL, 0, "the file to write"},
    {"--format", "-f", NULL, ESPY_ET_CHOICE, AT(format), formats, "raw", NULL, 0, "its format"},
    {"--chunk-size", NULL, NULL, ESPY_ET_NUMBER, AT(chunk_size), NULL, "0", NULL, 0,
     "uf2: bytes of data in a block (default: as many as fit)"},
    {.name = "--md5-disable", .kind = ESPY_ET_FLAG, .member = AT(md5_disable), .help = "uf2: no MD5 in the blocks"},
    {"--target-offset", "-t", NULL, ESPY_ET_NUMBER, AT(target_offset), NULL, "0", NULL, 0,
     "raw: the flash address where the file will go"},
    {"--pad-to-size", NULL, "--fill-flash-size", ESPY_ET_CHOICE, AT(pad_to_size), paddings, NULL, NULL, 0,
     "raw: fill with 0xFF up to this flash size"},
    FLASH_ROWS(modes, freqs, sizes_merge, "keep", "keep", "keep"),
    {.name = NULL},
};

static const espy_esptool_option elf_options[] = {
    {"--output", "-o", NULL, ESPY_ET_TEXT, AT(output), NULL, NULL, NULL, 0,
     "the file to write (default: FILENAME.bin)"},
    {"--version", "-e", NULL, ESPY_ET_CHOICE, AT(image_version), versions, "1", NULL, 0, NULL},
    {"--min-rev", "-r", NULL, ESPY_ET_NUMBER, AT(min_rev), NULL, "0", NULL, 255, NULL},
    {"--min-rev-full", NULL, NULL, ESPY_ET_NUMBER, AT(min_rev_full), NULL, "0", NULL, 65535,
     "least chip revision, major * 100 + minor"},
    {"--max-rev-full", NULL, NULL, ESPY_ET_NUMBER, AT(max_rev_full), NULL, "65535", NULL, 65535,
     "largest chip revision"},
    {.name = "--secure-pad", .kind = ESPY_ET_FLAG, .member = AT(secure_pad)},
    {.name = "--secure-pad-v2",
     .kind = ESPY_ET_FLAG,
     .member = AT(secure_pad_v2),
     .help = "pad so that the signature of secure boot v2 begins on 64 KB"},
    {"--elf-sha256-offset", NULL, NULL, ESPY_ET_NUMBER, AT(elf_sha256_offset), NULL, "0", NULL, 0,
     "put the SHA-256 of the ELF file at this offset"},
    {.name = "--dont-append-digest",
     .kind = ESPY_ET_FLAG,
     .member = AT(dont_append_digest),
     .help = "no SHA-256 behind the image"},
    {.name = "--use-segments",
     .older = "--use_segments",
     .kind = ESPY_ET_FLAG,
     .member = AT(use_segments),
     .help = "take the ELF file's segments instead of its sections"},
    {"--flash-mmu-page-size", NULL, NULL, ESPY_ET_CHOICE, AT(mmu_page_size), pages, NULL, NULL, 0,
     "page size of the flash's MMU; the ESP32-S3 has 64KB"},
    {"--pad-to-size", NULL, NULL, ESPY_ET_TEXT, AT(pad_to_size), NULL, NULL, NULL, 0,
     "fill the last block of this size (such as 64KB, 1MB) with 0xFF"},
    {.name = "--ram-only-header",
     .kind = ESPY_ET_FLAG,
     .member = AT(ram_only_header),
     .help = "let the ROM see only what is loaded into RAM"},
    FLASH_ROWS(modes_no_keep, freqs_no_keep, sizes_image, "qio", NULL, "1MB"),
    {.name = NULL},
};

const espy_esptool_command espy_esptool_commands[] = {
    {"elf2image",
     espy_esptool_elf2image,
     elf_options,
     {{"FILENAME", ESPY_ET_FILE, AT(input)}},
     true,
     "make an application image from an ELF file"},
    {"image-info",
     espy_esptool_image_info,
     NULL,
     {{"FILENAME", ESPY_ET_FILE, AT(input)}},
     false,
     "show what is in a firmware image"},
    {"merge-bin",
     espy_esptool_merge_bin,
     merge_options,
     {{"ADDRESS FILENAME", ESPY_ET_PAIRS, AT(pairs)}},
     true,
     "merge several files into one"},
    {"version", espy_esptool_version, NULL, {{NULL, ESPY_ET_FLAG, 0}}, false, "show the version"},
    {.name = NULL},
};
