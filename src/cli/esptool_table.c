/* SPDX-License-Identifier: MIT
 *
 * The commands and options of `espy esptool`: the table.
 */
#include "esptool_board.h"

#define AT(member) offsetof(espy_esptool, member)

static const char *const chips[] = {"auto",     "esp8266", "esp32",    "esp32s2",  "esp32s3",  "esp32c3",
                                    "esp32c2",  "esp32c6", "esp32c61", "esp32c5",  "esp32e22", "esp32h2",
                                    "esp32h21", "esp32p4", "esp32h4",  "esp32s31", NULL};
static const char *const befores[] = {"default-reset", "usb-reset", "no-reset", "no-reset-no-sync", NULL};
static const char *const afters[] = {"hard-reset", "soft-reset", "no-reset", "no-reset-stub", "watchdog-reset", NULL};
static const char *const stubs[] = {"1", "2", NULL};
static const char *const voltages[] = {"1.8V", "1.9V", "OFF", NULL};
static const char *const flash_types[] = {"nor", "nand", NULL};
static const char *const modes[] = {"qio", "qout", "dio", "dout", "keep", NULL};
static const char *const modes_no_keep[] = {"qio", "qout", "dio", "dout", NULL};
/* The chip has four of these; the others are known, and refused by name. */
static const char *const freqs[] = {"80m", "64m", "60m", "48m", "40m", "32m",  "30m", "26m",
                                    "24m", "20m", "16m", "15m", "12m", "keep", NULL};
static const char *const freqs_no_keep[] = {"80m", "64m", "60m", "48m", "40m", "32m", "30m",
                                            "26m", "24m", "20m", "16m", "15m", "12m", NULL};
static const char *const sizes_merge[] = {"keep",   "256KB", "512KB", "1MB",  "2MB",  "2MB-c1", "4MB",
                                          "4MB-c1", "8MB",   "16MB",  "32MB", "64MB", "128MB",  NULL};
static const char *const sizes_write[] = {"detect", "keep", "256KB", "512KB", "1MB",  "2MB",   "2MB-c1", "4MB",
                                          "4MB-c1", "8MB",  "16MB",  "32MB",  "64MB", "128MB", NULL};
static const char *const sizes_image[] = {"256KB", "512KB", "1MB",  "2MB",  "2MB-c1", "4MB", "4MB-c1",
                                          "8MB",   "16MB",  "32MB", "64MB", "128MB",  NULL};
static const char *const paddings[] = {"256KB", "512KB", "1MB",  "2MB",   "4MB", "8MB",
                                       "16MB",  "32MB",  "64MB", "128MB", NULL};
static const char *const formats[] = {"raw", "uf2", "hex", NULL};
static const char *const pages[] = {"64KB", "32KB", "16KB", "8KB", NULL};
static const char *const registers[] = {"1", "2", "3", NULL};
static const char *const versions[] = {"1", "2", "3", NULL};

const espy_esptool_option espy_esptool_globals[] = {
    {"--chip", "-c", NULL, ESPY_ET_CHIP, AT(chip), chips, "auto", "ESPTOOL_CHIP", 0, "the chip"},
    {"--port", "-p", NULL, ESPY_ET_TEXT, AT(port), NULL, NULL, "ESPTOOL_PORT", 0,
     "the board: /dev/ttyUSB0, socket://, rfc2217://, emu:MODEL (default: the one found)"},
    {"--baud", "-b", NULL, ESPY_ET_NUMBER, AT(baud), NULL, "0", "ESPTOOL_BAUD", 20000000,
     "transfer rate (default: as fast as works)"},
    {.name = "--port-filter",
     .kind = ESPY_ET_WORDS,
     .member = AT(port_filter),
     .help = "without --port: vid=NUMBER, pid=NUMBER, name=PART or serial=PART"},
    {"--before", NULL, NULL, ESPY_ET_RESET, AT(before), befores, "default-reset", "ESPTOOL_BEFORE", 0,
     "how to get into the loader"},
    {"--after", "-a", NULL, ESPY_ET_RESET, AT(after), afters, "hard-reset", "ESPTOOL_AFTER", 0, "how to leave it"},
    {.name = "--no-stub", .kind = ESPY_ET_FLAG, .member = AT(no_stub), .help = "work through the chip's ROM alone"},
    {"--stub-version", NULL, NULL, ESPY_ET_CHOICE, AT(stub_version), stubs, NULL, "ESPTOOL_STUB_VERSION", 0, NULL},
    {"--override-vddsdio", NULL, NULL, ESPY_ET_CHOICE, AT(override_vddsdio), voltages, NULL, NULL, 0,
     "of the ESP32; refused"},
    {"--connect-attempts", NULL, NULL, ESPY_ET_COUNT, AT(connect_attempts), NULL, NULL, "ESPTOOL_CONNECT_ATTEMPTS", 0,
     "resets to try (default: 7); 0 or less: without end"},
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

/* Of the commands that use the flash. */
#define SPI_ROWS                                                                                                       \
    {"--spi-connection",                                                                                               \
     "-sc",                                                                                                            \
     NULL,                                                                                                             \
     ESPY_ET_TEXT,                                                                                                     \
     AT(spi_connection),                                                                                               \
     NULL,                                                                                                             \
     NULL,                                                                                                             \
     NULL,                                                                                                             \
     0,                                                                                                                \
     "pins of the flash: SPI (default), or CLK,Q,D,HD,CS"},                                                            \
    {                                                                                                                  \
        "--flash-type", "-ft", NULL, ESPY_ET_CHOICE, AT(flash_type), flash_types, "nor", NULL, 0, NULL                 \
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

static const espy_esptool_option write_options[] = {
    {.name = "--erase-all",
     .brief = "-e",
     .kind = ESPY_ET_FLAG,
     .member = AT(erase_all),
     .help = "erase all of the flash first"},
    {.name = "--no-progress",
     .brief = "-p",
     .kind = ESPY_ET_FLAG,
     .member = AT(no_progress),
     .help = "no progress bar"},
    {.name = "--force",
     .kind = ESPY_ET_FLAG,
     .member = AT(force),
     .help = "write what is for another chip, or to a locked one"},
    {.name = "--encrypt",
     .kind = ESPY_ET_FLAG,
     .member = AT(encrypt),
     .help = "let the chip encrypt what it writes, with the key in its eFuses"},
    {.name = "--encrypt-files",
     .kind = ESPY_ET_WORDS,
     .member = AT(encrypt_files),
     .help = "ADDRESS FILENAME...: more files, and these encrypted"},
    {.name = "--ignore-flash-enc-efuse",
     .older = "--ignore-flash-encryption-efuse-setting",
     .kind = ESPY_ET_FLAG,
     .member = AT(ignore_flash_enc_efuse),
     .help = "let it encrypt though the eFuses hold no key"},
    {.name = "--skip-flashed",
     .brief = "-s",
     .kind = ESPY_ET_FLAG,
     .member = AT(skip_flashed),
     .help = "skip what is there already, as espy always does"},
    {.name = "--diff-with",
     .kind = ESPY_ET_WORDS,
     .member = AT(diff_with),
     .help = "what the flash holds, file by file, or skip: only what differs is written"},
    {.name = "--trust-flash-content",
     .older = "--no-diff-verify",
     .kind = ESPY_ET_FLAG,
     .member = AT(trust_flash_content),
     .help = "with --diff-with: do not verify a file that has not changed"},
    {.name = "--compress",
     .brief = "-z",
     .kind = ESPY_ET_FLAG,
     .member = AT(compress),
     .help = "send compressed (default)"},
    {.name = "--no-compress", .brief = "-u", .kind = ESPY_ET_FLAG, .member = AT(no_compress), .help = "send as it is"},
    /* Of version 4: what is written is verified in any case. */
    {.name = "--verify", .kind = ESPY_ET_FLAG, .member = AT(verify)},
    FLASH_ROWS(modes, freqs, sizes_write, "keep", "keep", "keep"),
    SPI_ROWS,
    {.name = NULL},
};

static const espy_esptool_option verify_options[] = {
    {.name = "--diff", .brief = "-d", .kind = ESPY_ET_FLAG, .member = AT(diff), .help = "show what differs"},
    FLASH_ROWS(modes, freqs, sizes_write, "keep", "keep", "keep"),
    SPI_ROWS,
    {.name = NULL},
};

static const espy_esptool_option read_options[] = {
    {.name = "--no-progress",
     .brief = "-p",
     .kind = ESPY_ET_FLAG,
     .member = AT(no_progress),
     .help = "no progress bar"},
    {"--flash-size", "-fs", "--flash_size", ESPY_ET_CHOICE, AT(flash_size), sizes_write, "keep", "ESPTOOL_FS", 0,
     "size of the SPI flash, which is not read beyond"},
    SPI_ROWS,
    {.name = NULL},
};

static const espy_esptool_option erase_options[] = {
    {.name = "--force",
     .kind = ESPY_ET_FLAG,
     .member = AT(force),
     .help = "erase even where security features are active"},
    SPI_ROWS,
    {.name = NULL},
};

static const espy_esptool_option look_options[] = {
    SPI_ROWS,
    {.name = NULL},
};

static const espy_esptool_option sfdp_options[] = {
    FLASH_ROWS(modes, freqs, sizes_write, "keep", "keep", "keep"),
    SPI_ROWS,
    {.name = NULL},
};

#define ADDRESS                                                                                                        \
    {                                                                                                                  \
        "ADDRESS", ESPY_ET_NUMBER, AT(address), false                                                                  \
    }
#define SIZE                                                                                                           \
    {                                                                                                                  \
        "SIZE", ESPY_ET_SIZE, AT(size), false                                                                          \
    }
#define OUTPUT                                                                                                         \
    {                                                                                                                  \
        "OUTPUT", ESPY_ET_TEXT, AT(output), false                                                                      \
    }
#define PAIRS                                                                                                          \
    {                                                                                                                  \
        "ADDRESS FILENAME", ESPY_ET_PAIRS, AT(pairs), false                                                            \
    }
#define INPUT                                                                                                          \
    {                                                                                                                  \
        "FILENAME", ESPY_ET_FILE, AT(input), false                                                                     \
    }

#define BYTES_ROW                                                                                                      \
    {                                                                                                                  \
        "--bytes", NULL, NULL, ESPY_ET_CHOICE, AT(bytes), registers, "2", NULL, 0, "how many status registers, 1 to 3" \
    }

static const espy_esptool_option read_status_options[] = {
    BYTES_ROW,
    SPI_ROWS,
    {.name = NULL},
};

static const espy_esptool_option write_status_options[] = {
    {.name = "--non-volatile",
     .kind = ESPY_ET_FLAG,
     .member = AT(non_volatile),
     .help = "write what stays without power"},
    BYTES_ROW,
    SPI_ROWS,
    {.name = NULL},
};

#define SDC "is only supported on ESP32-S31, which has a Secure Debug Controller"
#define NAND "is for NAND flash, which needs a plugin of esptool's stub that espy does not have"

/* clang-format off */
const espy_esptool_command espy_esptool_commands[] = {
    {.name = "write-flash", .work = espy_esptool_write_flash, .options = write_options, .operand = {PAIRS},
     .secure = true, .help = "write files to the flash"},
    {.name = "read-flash", .work = espy_esptool_read_flash, .options = read_options,
     .operand = {ADDRESS, SIZE, OUTPUT}, .help = "read the flash into a file; SIZE may be ALL"},
    {.name = "verify-flash", .work = espy_esptool_verify_flash, .options = verify_options, .operand = {PAIRS},
     .help = "compare the flash with files"},
    {.name = "erase-flash", .work = espy_esptool_erase_flash, .options = erase_options,
     .help = "erase all of the flash"},
    {.name = "erase-region", .work = espy_esptool_erase_region, .options = erase_options, .operand = {ADDRESS, SIZE},
     .secure = true, .help = "erase a region of the flash; SIZE may be ALL"},
    {.name = "read-mac", .work = espy_esptool_read_mac, .help = "show the MAC address"},
    {.name = "flash-id", .work = espy_esptool_flash_id, .options = look_options, .help = "show what flash there is"},
    {.name = "chip-id", .work = espy_esptool_chip_id,
     .help = "show the MAC address, which stands for the chip's id"},
    {.name = "read-mem", .work = espy_esptool_read_mem, .operand = {ADDRESS}, .help = "read a word of memory"},
    {.name = "write-mem", .work = espy_esptool_write_mem,
     .operand = {ADDRESS, {"VALUE", ESPY_ET_NUMBER, AT(value), false}, {"MASK", ESPY_ET_NUMBER, AT(mask), true}},
     .help = "write a word of memory, of which MASK (default: all bits) is changed"},
    {.name = "dump-mem", .work = espy_esptool_dump_mem, .operand = {ADDRESS, SIZE, OUTPUT},
     .help = "read memory into a file"},
    {.name = "read-flash-status", .work = espy_esptool_read_status, .options = read_status_options,
     .rom_alone = true, .help = "read the flash chip's status registers"},
    {.name = "write-flash-status", .work = espy_esptool_write_status, .options = write_status_options,
     .operand = {{"VALUE", ESPY_ET_NUMBER, AT(value), false}}, .rom_alone = true,
     .help = "write the flash chip's status registers"},
    {.name = "read-flash-sfdp", .work = espy_esptool_read_sfdp, .options = sfdp_options,
     .operand = {ADDRESS, {"BYTES", ESPY_ET_NUMBER, AT(size), false}}, .rom_alone = true,
     .help = "read 1 to 4 bytes of the flash chip's parameters"},
    {.name = "get-security-info", .work = espy_esptool_security, .rom_alone = true, .secure = true,
     .help = "show what is locked, and how"},
    {.name = "load-ram", .work = espy_esptool_load_ram, .operand = {INPUT}, .rom_alone = true,
     .help = "load an image into RAM and run it"},
    {.name = "run", .work = espy_esptool_run, .help = "let the program in the flash run"},
    {.name = "elf2image", .run = espy_esptool_elf2image, .options = elf_options, .operand = {INPUT},
     .needs_chip = true, .help = "make an application image from an ELF file"},
    {.name = "image-info", .run = espy_esptool_image_info, .operand = {INPUT},
     .help = "show what is in a firmware image"},
    {.name = "merge-bin", .run = espy_esptool_merge_bin, .options = merge_options, .operand = {PAIRS},
     .needs_chip = true, .help = "merge several files into one"},
    {.name = "version", .run = espy_esptool_version, .help = "show the version"},
    {.name = "verify-sdc-certificate", .refusal = SDC},
    {.name = "read-sdc-chip-info", .refusal = SDC},
    {.name = "read-nand-spare", .refusal = NAND},
    {.name = "write-nand-spare", .refusal = NAND},
    {.name = "dump-bbm", .refusal = NAND},
    {.name = NULL},
};
