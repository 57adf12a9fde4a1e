/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: the bootloader in flash, from its header to its entry.
 *
 * The bootloader is read through the data window at 0x3C800000, where the MMU shows the
 * pages of flash that are needed, copied to RAM segment by segment, and hashed by the
 * accelerator.  A wrong checksum ends it; a wrong hash is only told, since without
 * secure boot it proves nothing.
 *
 * Source: ESP-IDF, esp_app_format.h (esp_image_header_t, esp_image_segment_header_t)
 * and "App Image Format"; the texts, limits and order are the mask ROM's.  Left out:
 * secure boot, and segments of flash commands, which stop the machine.
 */
#include "boot.h"
#include "cache.h"

#include "fuses.h"

#include "../../base/bytes.h"

#include <string.h>

enum {
    WINDOW = 0x3c800000,
    PAGE_KB = 64,
    IMAGE_MAGIC = 0xe9,
    CHIP_ID = 9,
    HEADER_SIZE = 24,
    HEADER_CORE = 8, /* magic, segments, mode, size and clock, entry */
    EXTENDED_SIZE = 16,
    SEGMENT_SIZE = 8,
    SEGMENTS_PLAUSIBLE = 32, /* more are no header at all */
    SEGMENTS_MAX = 16,
    PART_MAX = 0x100000,
    MODES = 11,
    CLOCK_80M = 15,
    CHECKSUM_SEED = 0xef,
    HASH_SIZE = 32,
    SHA_256 = 2,
    STACK_RESERVE = 1024,
    WP_NONE = 0xee, /* in the header: the usual pad */
    PADS = 47,
    EFUSE_RD_REPEAT_DATA2 = 0x60007038,
    EFUSE_RD_REPEAT_DATA3 = 0x6000703c,
    SECURE_BOOT_EN = 1 << 20,     /* of DATA2 */
    DIS_LEGACY_SPI_BOOT = 1 << 1, /* of DATA3 */
    FORCE_SEND_RESUME = 1 << 13,  /* of DATA3 */
    RETRY_CYCLES = 4130,          /* of a round of looking for a header in vain, ... */
    RETRY_OCTAL = 3400,           /* ... and of talking octal flash out of its mode */
    COPY_CYCLES = 5               /* to copy and hash a byte */
};

static uint32_t get(const espy_rom_call *c, unsigned offset)
{
    return espy_rom_local(c, offset);
}

static void set(const espy_rom_call *c, unsigned offset, uint32_t value)
{
    espy_rom_set_local(c, offset, value);
}

/* The guest's address of a local. */
static uint32_t place(const espy_rom_call *c, unsigned offset)
{
    return espy_rom_locals_addr(c) + offset - 4;
}

static uint8_t byte_at(const espy_rom_call *c, unsigned offset)
{
    return espy_rom_read8(c, place(c, offset));
}

static void copy(const espy_rom_call *c, uint32_t to, uint32_t from, size_t n)
{
    uint8_t bytes[32];
    espy_rom_read(c, from, bytes, n);
    espy_rom_write(c, to, bytes, n);
}

static void go(espy_rom_call *c, espy_rom_step *const *steps, uint32_t step)
{
    c->step = step;
    steps[step](c);
}

/* ---- ets_loader_map_range(map, offset, length, ...) ---- */

/* The map is what the window shows: two words, offset and length. */
enum { MAP_DCACHE = 4 };
enum { MAP_BEGIN, MAP_INVALIDATE, MAP_SET, MAP_RESUME, MAP_DONE };

static bool is_mapped(const espy_rom_call *c, uint32_t map, uint32_t offset, uint32_t length)
{
    uint32_t start = espy_rom_read32(c, map), size = espy_rom_read32(c, map + 4);
    return offset >= start && offset + length <= start + size;
}

static void map_done(espy_rom_call *c)
{
    uint32_t map = espy_rom_arg(c, 0), offset = espy_rom_arg(c, 1);
    espy_rom_return(c, WINDOW + offset - espy_rom_read32(c, map));
}

static void map_begin(espy_rom_call *c)
{
    uint32_t map = espy_rom_arg(c, 0), offset = espy_rom_arg(c, 1), length = espy_rom_arg(c, 2);
    if (offset % 4 != 0) {
        espy_rom_give_up(c, ESPY_TEXT_ETS_LOADER, 77);
    } else if (length % 4 != 0) {
        espy_rom_give_up(c, ESPY_TEXT_ETS_LOADER, 78);
    } else if (length > PART_MAX) {
        espy_rom_give_up(c, ESPY_TEXT_ETS_LOADER, 79);
    } else if (is_mapped(c, map, offset, length)) {
        map_done(c);
    } else {
        uint32_t start = offset & 0xffff0000;
        espy_rom_write32(c, map, start);
        espy_rom_write32(c, map + 4, (offset + length + 0xffff - start) & 0xffff0000);
        espy_rom_do(c, "Cache_Suspend_DCache", 0);
    }
}

static void map_invalidate(espy_rom_call *c)
{
    set(c, MAP_DCACHE, espy_rom_result(c));
    espy_rom_do(c, "Cache_Invalidate_DCache_All", 0);
}

static void map_set(espy_rom_call *c)
{
    uint32_t map = espy_rom_arg(c, 0), pages = espy_rom_read32(c, map + 4) >> 16;
    espy_rom_do(c, "Cache_Dbus_MMU_Set", 6, 0, WINDOW, espy_rom_read32(c, map), PAGE_KB, pages, 0);
}

static void map_resume(espy_rom_call *c)
{
    if (espy_rom_result(c) != 0)
        espy_rom_give_up(c, ESPY_TEXT_ETS_LOADER, 98);
    else
        espy_rom_do(c, "Cache_Resume_DCache", 1, get(c, MAP_DCACHE));
}

void espy_rom_loader_map_range(espy_rom_call *c)
{
    static espy_rom_step *const steps[] = {
        [MAP_BEGIN] = map_begin, [MAP_INVALIDATE] = map_invalidate, [MAP_SET] = map_set, [MAP_RESUME] = map_resume,
        [MAP_DONE] = map_done,
    };
    espy_rom_run_steps(c, steps, sizeof steps / sizeof steps[0]);
}

/* ---- ets_config_flash_by_image_hdr(header, extended header, legacy) ---- */

enum { CONFIG_WP = 4, CONFIG_MODE = 8, CONFIG_DIVIDER = 12 };
enum {
    CONFIG_BEGIN,
    CONFIG_SAY_WP,
    CONFIG_PINS,
    CONFIG_DRIVERS,
    CONFIG_OPI,
    CONFIG_OCTAL,
    CONFIG_DEFAULT,
    CONFIG_CLOCK0,
    CONFIG_CLOCK1,
    CONFIG_DUMMY0,
    CONFIG_DUMMY1,
    CONFIG_READ_MODE,
    CONFIG_SAY_MODE,
    CONFIG_OUTPUT,
    CONFIG_DONE,
    CONFIG_STEPS
};
static espy_rom_step *const config_steps[CONFIG_STEPS];

static void config_begin(espy_rom_call *c)
{
    uint32_t pads = espy_rom_fuse_spi_pads(c);
    set(c, CONFIG_WP, pads != 0 ? espy_rom_fuse_wp_pad(c) : espy_rom_read8(c, espy_rom_arg(c, 1)));
    if (pads != 0)
        espy_rom_say(c, ESPY_TEXT_CONFIG_SPI, 1, pads);
    else
        go(c, config_steps, CONFIG_SAY_WP);
}

static void config_say_wp(espy_rom_call *c)
{
    espy_rom_say(c, ESPY_TEXT_SPIWP, 1, get(c, CONFIG_WP));
}

/* Where the header says nothing and no fuse does, the pads stay as they are. */
static void config_pins(espy_rom_call *c)
{
    uint32_t pads = espy_rom_fuse_spi_pads(c), wp = get(c, CONFIG_WP);
    if (pads != 0 ? wp < PADS : wp != WP_NONE)
        espy_rom_do(c, "esp_rom_spiflash_select_qio_pins", 2, wp, pads);
    else
        go(c, config_steps, CONFIG_DRIVERS);
}

static void config_drivers(espy_rom_call *c)
{
    espy_rom_do(c, "SetSpiDrvs", 3, get(c, CONFIG_WP), espy_rom_fuse_spi_pads(c), espy_rom_arg(c, 1) + 1);
}

static void config_opi(espy_rom_call *c)
{
    uint32_t header = espy_rom_arg(c, 0), clock = espy_rom_read8(c, header + 3) & 15;
    uint32_t mode = espy_rom_read8(c, header + 2);
    set(c, CONFIG_MODE, mode);
    set(c, CONFIG_DIVIDER, clock < 3 ? clock + 2 : 1);
    if (mode >= MODES)
        espy_rom_give_up(c, ESPY_TEXT_ETS_LOADER, 139);
    else if (!espy_rom_fuse_octal(c))
        go(c, config_steps, CONFIG_CLOCK0);
    else if (espy_rom_fuse_opi_pads(c) != 0)
        espy_rom_say(c, ESPY_TEXT_CONFIG_OPI, 1, espy_rom_fuse_opi_pads(c));
    else
        go(c, config_steps, CONFIG_OCTAL);
}

static void config_octal(espy_rom_call *c)
{
    espy_rom_say(c, ESPY_TEXT_OCTAL, 0);
}

/* Octal flash speaks one-bit SPI until a bootloader tells it otherwise. */
static void config_default(espy_rom_call *c)
{
    if ((uint8_t)(get(c, CONFIG_MODE) - 4) < 2) {
        go(c, config_steps, CONFIG_CLOCK0);
        return;
    }
    set(c, CONFIG_MODE, 5);
    espy_rom_say(c, ESPY_TEXT_OCTAL_DEFAULT, 0);
}

static void config_clock0(espy_rom_call *c)
{
    espy_rom_do(c, "esp_rom_spiflash_config_clk", 2, get(c, CONFIG_DIVIDER), 0);
}

static void config_clock1(espy_rom_call *c)
{
    espy_rom_do(c, "esp_rom_spiflash_config_clk", 2, get(c, CONFIG_DIVIDER), 1);
}

static void config_dummy0(espy_rom_call *c)
{
    espy_rom_do(c, "spi_dummy_len_fix", 2, 0, get(c, CONFIG_DIVIDER));
}

static void config_dummy1(espy_rom_call *c)
{
    espy_rom_do(c, "spi_dummy_len_fix", 2, 1, get(c, CONFIG_DIVIDER));
}

static void config_read_mode(espy_rom_call *c)
{
    espy_rom_do(c, "esp_rom_spiflash_config_readmode", 2, get(c, CONFIG_MODE), espy_rom_arg(c, 2) & 0xff);
}

static void config_say_mode(espy_rom_call *c)
{
    uint32_t name = espy_rom_read32(c, ESPY_ROM_SPI_MODES + 4 * get(c, CONFIG_MODE));
    espy_rom_say(c, ESPY_TEXT_FLASH_MODE, 2, name, get(c, CONFIG_DIVIDER));
}

static void config_output(espy_rom_call *c)
{
    espy_rom_do(c, "spi_common_set_dummy_output", 1, get(c, CONFIG_MODE));
}

static void done(espy_rom_call *c)
{
    (void)c;
}

static espy_rom_step *const config_steps[CONFIG_STEPS] = {
    [CONFIG_BEGIN] = config_begin,       [CONFIG_SAY_WP] = config_say_wp, [CONFIG_PINS] = config_pins,
    [CONFIG_DRIVERS] = config_drivers,   [CONFIG_OPI] = config_opi,       [CONFIG_OCTAL] = config_octal,
    [CONFIG_DEFAULT] = config_default,   [CONFIG_CLOCK0] = config_clock0, [CONFIG_CLOCK1] = config_clock1,
    [CONFIG_DUMMY0] = config_dummy0,     [CONFIG_DUMMY1] = config_dummy1, [CONFIG_READ_MODE] = config_read_mode,
    [CONFIG_SAY_MODE] = config_say_mode, [CONFIG_OUTPUT] = config_output, [CONFIG_DONE] = done,
};

void espy_rom_config_flash(espy_rom_call *c)
{
    espy_rom_run_steps(c, config_steps, CONFIG_STEPS);
}

/* ---- print_hash(name, hash) ---- */

void espy_rom_print_hash(espy_rom_call *c)
{
    if (c->step == 0)
        espy_rom_say(c, ESPY_TEXT_HASH_NAME, 1, espy_rom_arg(c, 0));
    else if (c->step <= HASH_SIZE)
        espy_rom_say(c, ESPY_TEXT_HASH_BYTE, 1, espy_rom_read8(c, espy_rom_arg(c, 1) + c->step - 1));
    else if (c->step == HASH_SIZE + 1)
        espy_rom_say(c, ESPY_ROM_NEWLINE, 0);
}

/* ---- ets_run_flash_bootloader() ---- */

/* Locals. */
enum {
    SHA = 4,
    HEADER = 220,
    ENTRY = HEADER + 4,
    EXTENDED = 228,
    SEGMENT = 244,
    MAP = 252,
    SOURCE = 260, /* of what was mapped last */
    OFFSET = 264, /* in flash */
    LEFT = 268,   /* segments */
    SUM = 272,
    DCACHE = 276,
    HASH = 280
};

enum {
    RUN_BEGIN,
    RUN_DELAY,
    RUN_WAIT,
    RUN_TRY,
    RUN_SEND_RESUME,
    RUN_MAP,
    RUN_HEADER,
    RUN_RETRY,
    RUN_EXTENDED,
    RUN_CONFIG,
    RUN_SHA_ENABLE,
    RUN_SHA_INIT,
    RUN_SHA_HEADER,
    RUN_SEGMENTS,
    RUN_SEGMENT,
    RUN_SEGMENT_HEADER,
    RUN_SEGMENT_SAY,
    RUN_LOAD,
    RUN_COPY,
    RUN_COPIED,
    RUN_CHECKSUM,
    RUN_FINISH,
    RUN_MAP_HASH,
    RUN_COMPARE,
    RUN_SAY_CALCULATED,
    RUN_SAY_EXPECTED,
    RUN_SAY_ANYWAY,
    RUN_SUSPEND,
    RUN_INVALIDATE,
    RUN_RESUME,
    RUN_UNMAP,
    RUN_SAY_ENTRY,
    RUN_ENTER,
    RUN_RETURNED,
    RUN_FAILED,
    RUN_COMMANDS,
    RUN_BAD_COMMANDS,
    RUN_DIRECT,
    RUN_DIRECT_IBUS,
    RUN_DIRECT_DBUS,
    RUN_DIRECT_ENTER,
    RUN_DIRECT_SAY,
    RUN_STEPS
};
static espy_rom_step *const run_steps[RUN_STEPS];

static void map_flash(espy_rom_call *c, uint32_t offset, uint32_t length)
{
    espy_rom_do_at(c, ESPY_ROM_LOADER_MAP_RANGE, 4, place(c, MAP), offset, length, 1);
}

static bool fuse(const espy_rom_call *c, uint32_t word, uint32_t bit)
{
    return (espy_rom_read32(c, word) & bit) != 0;
}

static void run_begin(espy_rom_call *c)
{
    espy_rom_do(c, "ROM_Boot_Cache_Init", 0);
}

static void run_delay(espy_rom_call *c)
{
    espy_rom_do(c, "ets_efuse_get_flash_delay_us", 0);
}

static void run_wait(espy_rom_call *c)
{
    espy_rom_do_at(c, espy_rom_read32(c, ESPY_ROM_ETS_OPS), 1, espy_rom_result(c));
}

/* The flash may be in any mode when the chip was reset alone. */
static void run_try(espy_rom_call *c)
{
    if (espy_rom_fuse_octal(c))
        espy_rom_do(c, "esp_rom_opiflash_mode_reset", 1, 1);
    else
        espy_rom_do(c, "SPI_WakeUp", 1, 0);
}

static void run_send_resume(espy_rom_call *c)
{
    if (fuse(c, EFUSE_RD_REPEAT_DATA3, FORCE_SEND_RESUME))
        espy_rom_do(c, "esp_rom_spi_flash_send_resume", 0);
    else
        go(c, run_steps, RUN_MAP);
}

static void run_map(espy_rom_call *c)
{
    set(c, MAP, 0);
    set(c, MAP + 4, 0);
    map_flash(c, 0, HEADER_SIZE);
}

static bool is_header(const espy_rom_call *c)
{
    unsigned clock = byte_at(c, HEADER + 3) & 15;
    return byte_at(c, HEADER) == IMAGE_MAGIC && byte_at(c, HEADER + 1) <= SEGMENTS_PLAUSIBLE &&
           byte_at(c, HEADER + 2) < MODES && (clock < 3 || clock == CLOCK_80M);
}

/* A program that runs in flash without a bootloader begins with these two words. */
static bool is_direct_boot(const espy_rom_call *c)
{
    uint32_t source = get(c, SOURCE);
    return !fuse(c, EFUSE_RD_REPEAT_DATA2, SECURE_BOOT_EN) && !fuse(c, EFUSE_RD_REPEAT_DATA3, DIS_LEGACY_SPI_BOOT) &&
           espy_rom_read32(c, source) == 0xaedb041d && espy_rom_read32(c, source + 4) == 0xaedb041d;
}

static void run_header(espy_rom_call *c)
{
    set(c, SOURCE, espy_rom_result(c));
    copy(c, place(c, HEADER), get(c, SOURCE), HEADER_CORE);
    if (!is_header(c) && is_direct_boot(c))
        go(c, run_steps, RUN_DIRECT);
    else if (!is_header(c))
        espy_rom_say(c, ESPY_TEXT_INVALID_HEADER, 4, byte_at(c, HEADER + 3), byte_at(c, HEADER + 2),
                     byte_at(c, HEADER + 1), byte_at(c, HEADER));
    else if (byte_at(c, HEADER + 1) > SEGMENTS_MAX)
        espy_rom_say(espy_rom_then(c, RUN_FAILED), ESPY_TEXT_BLOCK_COUNT, 2, byte_at(c, HEADER + 1), SEGMENTS_MAX);
    else
        espy_rom_do(espy_rom_then(c, RUN_EXTENDED), "esp_rom_spi_flash_update_id", 0);
}

static void run_retry(espy_rom_call *c)
{
    espy_tick cycles = RETRY_CYCLES + (espy_rom_fuse_octal(c) ? RETRY_OCTAL : 0);
    espy_rom_wait(c, RUN_TRY, cycles * espy_cpu_cycle(c->cpu));
}

static void run_failed(espy_rom_call *c)
{
    espy_rom_return(c, 1);
}

static void run_extended(espy_rom_call *c)
{
    copy(c, place(c, EXTENDED), get(c, SOURCE) + HEADER_CORE, EXTENDED_SIZE);
    uint32_t chip = byte_at(c, EXTENDED + 4) | (uint32_t)byte_at(c, EXTENDED + 5) << 8;
    if (chip != CHIP_ID)
        espy_rom_say(espy_rom_then(c, RUN_FAILED), ESPY_TEXT_CHIP_ID, 2, CHIP_ID, chip);
    else
        go(c, run_steps, RUN_CONFIG);
}

static void run_config(espy_rom_call *c)
{
    espy_rom_do_at(c, ESPY_ROM_CONFIG_FLASH, 3, place(c, HEADER), place(c, EXTENDED), 0);
}

static void run_sha_enable(espy_rom_call *c)
{
    if (fuse(c, EFUSE_RD_REPEAT_DATA2, SECURE_BOOT_EN))
        espy_rom_fault(c, "the fuses of this board ask for secure boot, which is not in the built-in ROM");
    else
        espy_rom_do(c, "ets_sha_enable", 0);
}

static void run_sha_init(espy_rom_call *c)
{
    espy_rom_do(c, "ets_sha_init", 2, place(c, SHA), SHA_256);
}

static void hash(espy_rom_call *c, uint32_t bytes, uint32_t length, bool from_flash)
{
    espy_rom_do(c, "ets_sha_update", 4, place(c, SHA), bytes, length, (uint32_t)from_flash);
}

static void run_sha_header(espy_rom_call *c)
{
    hash(c, get(c, SOURCE), HEADER_SIZE, true);
}

static void run_segments(espy_rom_call *c)
{
    set(c, LEFT, byte_at(c, HEADER + 1));
    set(c, OFFSET, HEADER_SIZE);
    set(c, SUM, CHECKSUM_SEED);
    go(c, run_steps, RUN_SEGMENT);
}

/* After the last comes the checksum, at the end of a line of 16 bytes. */
static void run_segment(espy_rom_call *c)
{
    if (get(c, LEFT) == 0)
        espy_rom_do_at(espy_rom_then(c, RUN_CHECKSUM), ESPY_ROM_LOADER_MAP_RANGE, 4, place(c, MAP), get(c, OFFSET), 16,
                       1);
    else
        map_flash(c, get(c, OFFSET), SEGMENT_SIZE);
}

static void run_segment_header(espy_rom_call *c)
{
    copy(c, place(c, SEGMENT), espy_rom_result(c), SEGMENT_SIZE);
    set(c, OFFSET, get(c, OFFSET) + SEGMENT_SIZE);
    hash(c, place(c, SEGMENT), SEGMENT_SIZE, false);
}

static void run_segment_say(espy_rom_call *c)
{
    uint32_t addr = get(c, SEGMENT);
    if (addr >> 31)
        espy_rom_do_at(espy_rom_then(c, RUN_COMMANDS), ESPY_ROM_LOADER_MAP_RANGE, 4, place(c, MAP), get(c, OFFSET),
                       get(c, SEGMENT + 4), 1);
    else
        espy_rom_say(c, ESPY_TEXT_LOAD, 2, addr, get(c, SEGMENT + 4));
}

/* Instead of a segment: commands for the flash, eight bytes each, in pairs with the header. */
static void run_commands(espy_rom_call *c)
{
    uint32_t length = get(c, SEGMENT + 4);
    if ((length + SEGMENT_SIZE) % 16 != 0)
        espy_rom_say(c, ESPY_TEXT_COMMAND_LENGTH, 1, length);
    else
        espy_rom_fault(c, "the bootloader in flash has commands for the flash, which the built-in ROM cannot send");
}

static void run_bad_commands(espy_rom_call *c)
{
    espy_rom_give_up(c, ESPY_TEXT_ETS_LOADER, 212);
}

static void run_load(espy_rom_call *c)
{
    uint32_t addr = get(c, SEGMENT), length = get(c, SEGMENT + 4), end = addr + length;
    uint32_t stack = espy_cpu_get_a(c->cpu, 1) - STACK_RESERVE;
    if (length % 4 != 0 || addr % 4 != 0 || length > PART_MAX)
        espy_rom_say(espy_rom_then(c, RUN_FAILED), ESPY_TEXT_BLOCK, 0);
    else if (stack < end && addr < ESPY_ROM_DATA_END)
        espy_rom_say(espy_rom_then(c, RUN_FAILED), ESPY_TEXT_OVERLAP, 4, addr, end, stack, ESPY_ROM_DATA_END);
    else
        map_flash(c, get(c, OFFSET), length);
}

static void run_copy(espy_rom_call *c)
{
    uint32_t source = espy_rom_result(c), addr = get(c, SEGMENT), length = get(c, SEGMENT + 4), sum = get(c, SUM);
    for (uint32_t i = 0; i < length; i += 4) {
        uint32_t word = espy_rom_read32(c, source + i);
        espy_rom_write32(c, addr + i, word);
        sum ^= word;
    }
    set(c, SUM, sum);
    hash(c, addr, length, false);
}

static void run_copied(espy_rom_call *c)
{
    set(c, OFFSET, get(c, OFFSET) + get(c, SEGMENT + 4));
    set(c, LEFT, get(c, LEFT) - 1);
    espy_rom_wait(c, RUN_SEGMENT, (espy_tick)COPY_CYCLES * get(c, SEGMENT + 4) * espy_cpu_cycle(c->cpu));
}

static uint32_t padding(const espy_rom_call *c)
{
    return 16 - get(c, OFFSET) % 16;
}

static void run_checksum(espy_rom_call *c)
{
    uint32_t source = espy_rom_result(c), sum = get(c, SUM);
    sum = (sum ^ sum >> 8 ^ sum >> 16 ^ sum >> 24) & 0xff;
    uint32_t stored = espy_rom_read8(c, source + padding(c) - 1);
    if (stored != sum)
        espy_rom_say(espy_rom_then(c, RUN_FAILED), ESPY_TEXT_CHECKSUM, 2, sum, stored);
    else
        hash(c, source, padding(c), false);
}

static void run_finish(espy_rom_call *c)
{
    espy_rom_do(c, "ets_sha_finish", 2, place(c, SHA), place(c, HASH));
}

static void run_map_hash(espy_rom_call *c)
{
    set(c, OFFSET, get(c, OFFSET) + padding(c));
    map_flash(c, get(c, OFFSET), HASH_SIZE);
}

static void run_compare(espy_rom_call *c)
{
    uint8_t calculated[HASH_SIZE], expected[HASH_SIZE];
    set(c, SOURCE, espy_rom_result(c));
    espy_rom_read(c, get(c, SOURCE), expected, HASH_SIZE);
    espy_rom_read(c, place(c, HASH), calculated, HASH_SIZE);
    if (memcmp(calculated, expected, HASH_SIZE) != 0)
        espy_rom_say(c, ESPY_TEXT_HASH_FAILED, 0);
    else
        go(c, run_steps, RUN_SUSPEND);
}

static void run_say_calculated(espy_rom_call *c)
{
    espy_rom_do_at(c, ESPY_ROM_PRINT_HASH, 2, ESPY_TEXT_CALCULATED, place(c, HASH));
}

static void run_say_expected(espy_rom_call *c)
{
    espy_rom_do_at(c, ESPY_ROM_PRINT_HASH, 2, ESPY_TEXT_EXPECTED, get(c, SOURCE));
}

static void run_say_anyway(espy_rom_call *c)
{
    espy_rom_say(c, ESPY_TEXT_BOOT_ANYWAY, 0);
}

static void run_suspend(espy_rom_call *c)
{
    espy_rom_do(c, "Cache_Suspend_DCache", 0);
}

static void run_invalidate(espy_rom_call *c)
{
    set(c, DCACHE, espy_rom_result(c));
    espy_rom_do(c, "Cache_Invalidate_DCache_All", 0);
}

static void run_resume(espy_rom_call *c)
{
    espy_rom_do(c, "Cache_Resume_DCache", 1, get(c, DCACHE));
}

static void run_unmap(espy_rom_call *c)
{
    espy_rom_do(c, "Cache_MMU_Init", 0);
}

static void run_say_entry(espy_rom_call *c)
{
    espy_rom_say(c, ESPY_TEXT_ENTRY, 1, get(c, ENTRY));
}

static void run_enter(espy_rom_call *c)
{
    espy_rom_do_at(c, get(c, ENTRY), 0);
}

static void run_returned(espy_rom_call *c)
{
    espy_rom_return(c, 0);
}

/* ---- direct boot: the whole flash in both windows ---- */

enum { IBUS_WINDOW = 0x42000000, DBUS_WINDOW = 0x3c000000, DIRECT_PAGES = 512, DIRECT_ENTRY = 0x42000408 };

static void run_direct(espy_rom_call *c)
{
    espy_rom_do_at(c, ESPY_ROM_DIRECT_BOOT_CACHE_INIT, 0);
}

static void run_direct_ibus(espy_rom_call *c)
{
    espy_rom_do(c, "Cache_Ibus_MMU_Set", 6, 0, IBUS_WINDOW, 0, PAGE_KB, DIRECT_PAGES, 0);
}

static void run_direct_dbus(espy_rom_call *c)
{
    if (espy_rom_result(c) != 0)
        espy_rom_give_up(c, ESPY_TEXT_ETS_LOADER, 258);
    else
        espy_rom_do(c, "Cache_Dbus_MMU_Set", 6, 0, DBUS_WINDOW, 0, PAGE_KB, DIRECT_PAGES, 0);
}

static void run_direct_enter(espy_rom_call *c)
{
    if (espy_rom_result(c) != 0)
        espy_rom_give_up(c, ESPY_TEXT_ETS_LOADER, 260);
    else
        espy_rom_do_at(c, DIRECT_ENTRY, 0);
}

static void run_direct_say(espy_rom_call *c)
{
    espy_rom_do_at(c, ESPY_ROM_RESTART, 1, ESPY_TEXT_DIRECT_BOOT);
}

static espy_rom_step *const run_steps[RUN_STEPS] = {
    [RUN_BEGIN] = run_begin,
    [RUN_DELAY] = run_delay,
    [RUN_WAIT] = run_wait,
    [RUN_TRY] = run_try,
    [RUN_SEND_RESUME] = run_send_resume,
    [RUN_MAP] = run_map,
    [RUN_HEADER] = run_header,
    [RUN_RETRY] = run_retry,
    [RUN_EXTENDED] = run_extended,
    [RUN_CONFIG] = run_config,
    [RUN_SHA_ENABLE] = run_sha_enable,
    [RUN_SHA_INIT] = run_sha_init,
    [RUN_SHA_HEADER] = run_sha_header,
    [RUN_SEGMENTS] = run_segments,
    [RUN_SEGMENT] = run_segment,
    [RUN_SEGMENT_HEADER] = run_segment_header,
    [RUN_SEGMENT_SAY] = run_segment_say,
    [RUN_LOAD] = run_load,
    [RUN_COPY] = run_copy,
    [RUN_COPIED] = run_copied,
    [RUN_CHECKSUM] = run_checksum,
    [RUN_FINISH] = run_finish,
    [RUN_MAP_HASH] = run_map_hash,
    [RUN_COMPARE] = run_compare,
    [RUN_SAY_CALCULATED] = run_say_calculated,
    [RUN_SAY_EXPECTED] = run_say_expected,
    [RUN_SAY_ANYWAY] = run_say_anyway,
    [RUN_SUSPEND] = run_suspend,
    [RUN_INVALIDATE] = run_invalidate,
    [RUN_RESUME] = run_resume,
    [RUN_UNMAP] = run_unmap,
    [RUN_SAY_ENTRY] = run_say_entry,
    [RUN_ENTER] = run_enter,
    [RUN_RETURNED] = run_returned,
    [RUN_FAILED] = run_failed,
    [RUN_COMMANDS] = run_commands,
    [RUN_BAD_COMMANDS] = run_bad_commands,
    [RUN_DIRECT] = run_direct,
    [RUN_DIRECT_IBUS] = run_direct_ibus,
    [RUN_DIRECT_DBUS] = run_direct_dbus,
    [RUN_DIRECT_ENTER] = run_direct_enter,
    [RUN_DIRECT_SAY] = run_direct_say,
};

void espy_rom_run_flash_bootloader(espy_rom_call *c)
{
    espy_rom_run_steps(c, run_steps, RUN_STEPS);
}
