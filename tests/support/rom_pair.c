/* SPDX-License-Identifier: MIT
 *
 * Two boards, one call; see the header.
 */
#include "rom_pair.h"

#include "../../src/base/bytes.h"
#include "../../src/emu/cpu/core.h"
#include "../../src/emu/rom/rom.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    VECTORS = 0x40380000, /* code of the pair's own: vectors, ... */
    VECTORS_END = VECTORS + 0x400,
    CODE = VECTORS + 0x800, /* ... the caller, and the tests' */
    CODE_END = VECTORS + 0x8000,
    TO_DATA_BUS = 0x6f0000, /* SRAM1 on the data bus is that much below */
    SRAM = 0x3fc80000,      /* where SRAM would begin on the data bus; the first 32 KiB are not there */
    RTC_FAST = 0x600fe000,
    STACK_END = 0x3fcb0000,
    FRAME_ABOVE = 0x80, /* of the caller's caller: arguments, then a save area */
    SAVE_AREA = 0x60,
    BOOT_CODE = 0x403c9700, /* where the bootloader that does nothing is loaded */
    REGISTER_ARGS = 6,
    MAX_ARGS = 30,
    REPORTED = 12 /* differences, of one call */
};

static const char *const board_name[] = {"real", "built in"};

/* ---- guest code ---- */

/* The window handlers of the ISA Reference Manual's "Windowed Register Option". */
static const uint8_t overflow4[] = {
    0x00, 0xc5, 0x49, /* s32e a0, a5, -16 */
    0x10, 0xd5, 0x49, /* s32e a1, a5, -12 */
    0x20, 0xe5, 0x49, /* s32e a2, a5, -8 */
    0x30, 0xf5, 0x49, /* s32e a3, a5, -4 */
    0x00, 0x34, 0x00, /* rfwo */
};
static const uint8_t underflow4[] = {
    0x00, 0xc5, 0x09, /* l32e a0, a5, -16 */
    0x10, 0xd5, 0x09, /* l32e a1, a5, -12 */
    0x20, 0xe5, 0x09, /* l32e a2, a5, -8 */
    0x30, 0xf5, 0x09, /* l32e a3, a5, -4 */
    0x00, 0x35, 0x00, /* rfwu */
};
static const uint8_t overflow8[] = {
    0x00, 0xc9, 0x49, /* s32e a0, a9, -16 */
    0x00, 0xd1, 0x09, /* l32e a0, a1, -12 */
    0x10, 0xd9, 0x49, /* s32e a1, a9, -12 */
    0x20, 0xe9, 0x49, /* s32e a2, a9, -8 */
    0x30, 0xf9, 0x49, /* s32e a3, a9, -4 */
    0x40, 0x80, 0x49, /* s32e a4, a0, -32 */
    0x50, 0x90, 0x49, /* s32e a5, a0, -28 */
    0x60, 0xa0, 0x49, /* s32e a6, a0, -24 */
    0x70, 0xb0, 0x49, /* s32e a7, a0, -20 */
    0x00, 0x34, 0x00, /* rfwo */
};
static const uint8_t underflow8[] = {
    0x00, 0xc9, 0x09, /* l32e a0, a9, -16 */
    0x10, 0xd9, 0x09, /* l32e a1, a9, -12 */
    0x20, 0xe9, 0x09, /* l32e a2, a9, -8 */
    0x70, 0xd1, 0x09, /* l32e a7, a1, -12 */
    0x30, 0xf9, 0x09, /* l32e a3, a9, -4 */
    0x40, 0x87, 0x09, /* l32e a4, a7, -32 */
    0x50, 0x97, 0x09, /* l32e a5, a7, -28 */
    0x60, 0xa7, 0x09, /* l32e a6, a7, -24 */
    0x70, 0xb7, 0x09, /* l32e a7, a7, -20 */
    0x00, 0x35, 0x00, /* rfwu */
};
static const uint8_t overflow12[] = {
    0x00, 0xcd, 0x49, /* s32e a0, a13, -16 */
    0x00, 0xd1, 0x09, /* l32e a0, a1, -12 */
    0x10, 0xdd, 0x49, /* s32e a1, a13, -12 */
    0x20, 0xed, 0x49, /* s32e a2, a13, -8 */
    0x30, 0xfd, 0x49, /* s32e a3, a13, -4 */
    0x40, 0x40, 0x49, /* s32e a4, a0, -48 */
    0x50, 0x50, 0x49, /* s32e a5, a0, -44 */
    0x60, 0x60, 0x49, /* s32e a6, a0, -40 */
    0x70, 0x70, 0x49, /* s32e a7, a0, -36 */
    0x80, 0x80, 0x49, /* s32e a8, a0, -32 */
    0x90, 0x90, 0x49, /* s32e a9, a0, -28 */
    0xa0, 0xa0, 0x49, /* s32e a10, a0, -24 */
    0xb0, 0xb0, 0x49, /* s32e a11, a0, -20 */
    0x00, 0x34, 0x00, /* rfwo */
};
static const uint8_t underflow12[] = {
    0x00, 0xcd, 0x09, /* l32e a0, a13, -16 */
    0x10, 0xdd, 0x09, /* l32e a1, a13, -12 */
    0x20, 0xed, 0x09, /* l32e a2, a13, -8 */
    0xb0, 0xd1, 0x09, /* l32e a11, a1, -12 */
    0x30, 0xfd, 0x09, /* l32e a3, a13, -4 */
    0x40, 0x4b, 0x09, /* l32e a4, a11, -48 */
    0x50, 0x5b, 0x09, /* l32e a5, a11, -44 */
    0x60, 0x6b, 0x09, /* l32e a6, a11, -40 */
    0x70, 0x7b, 0x09, /* l32e a7, a11, -36 */
    0x80, 0x8b, 0x09, /* l32e a8, a11, -32 */
    0x90, 0x9b, 0x09, /* l32e a9, a11, -28 */
    0xa0, 0xab, 0x09, /* l32e a10, a11, -24 */
    0xb0, 0xbb, 0x09, /* l32e a11, a11, -20 */
    0x00, 0x35, 0x00, /* rfwu */
};
/* Every other vector, and the bootloader. */
static const uint8_t halt[] = {
    0x00, 0x7f, 0x00, /* 1: waiti 15 */
    0x46, 0xfe, 0xff, /*    j 1b */
};
static const uint8_t caller[] = {
    0xe0, 0x08, 0x00, /*    callx8 a8 */
    0x80, 0xe6, 0x03, /*    rsr a8, ps */
    0x00, 0x7f, 0x00, /* 1: waiti 15 */
    0x46, 0xfe, 0xff, /*    j 1b */
};
enum { RETURNED = CODE + 9 }; /* where the caller waits when it is done */

static void put_vectors(rom_pair *pair)
{
    for (uint32_t at = VECTORS + VEC_LEVEL2; at < VECTORS_END; at += 0x40)
        rom_pair_write(pair, at, halt, sizeof halt);
    rom_pair_write(pair, VECTORS + 0x000, overflow4, sizeof overflow4);
    rom_pair_write(pair, VECTORS + 0x040, underflow4, sizeof underflow4);
    rom_pair_write(pair, VECTORS + 0x080, overflow8, sizeof overflow8);
    rom_pair_write(pair, VECTORS + 0x0c0, underflow8, sizeof underflow8);
    rom_pair_write(pair, VECTORS + 0x100, overflow12, sizeof overflow12);
    rom_pair_write(pair, VECTORS + 0x140, underflow12, sizeof underflow12);
    pair->code_end = CODE;
    rom_pair_code(pair, caller, sizeof caller);
}

uint32_t rom_pair_code(rom_pair *pair, const uint8_t *bytes, size_t n)
{
    uint32_t at = pair->code_end;
    pair->code_end += (uint32_t)((n + 15) & ~(size_t)15);
    assert_true(pair->code_end <= CODE_END);
    rom_pair_write(pair, at, bytes, n);
    return at;
}

/* ---- the boards ---- */

static const char *find_rom(char *path, size_t cap)
{
    const char *file = getenv("ESPY_ROM"), *dir = getenv("ESPY_ROM_DIR");
    if (file != NULL && file[0] != '\0')
        snprintf(path, cap, "%s", file);
    else
        snprintf(path, cap, "%s/esp32s3_rev0_rom.elf", dir != NULL ? dir : "../shared/rom");
    if (access(path, R_OK) == 0)
        return path;
    fprintf(stderr, "SKIP: no %s\n", path);
    return NULL;
}

/* A bootloader in flash, as docs of esptool's "Firmware Image Format" describe it. */
static void put_bootloader(espy_mem *flash)
{
    enum { HEADER = 24, SEGMENT = 8, SIZE = 48 };
    uint8_t image[SIZE] = {0xE9, 1, 2, 0x3F, [8] = 0xEE, [12] = 9};
    put_le32(image + 4, BOOT_CODE);
    put_le32(image + HEADER, BOOT_CODE);
    put_le32(image + HEADER + 4, 8);
    memcpy(image + HEADER + SEGMENT, halt, sizeof halt);
    image[SIZE - 1] = 0xEF;
    for (unsigned i = 0; i < 8; i++)
        image[SIZE - 1] ^= image[HEADER + SEGMENT + i];
    memset(flash->bytes, 0xFF, flash->size);
    memcpy(flash->bytes, image, SIZE);
}

static void boot(rom_pair *pair, unsigned n, const espy_machine_config *config)
{
    espy_err err = {0};
    if (espy_machine_new(&pair->machine[n], config, &err) != ESPY_OK)
        fail_msg("%s", err.text);
    pair->cpu[n] = espy_machine_cpu(pair->machine[n], 0);
    pair->bus[n] = espy_machine_bus(pair->machine[n]);
    put_bootloader(espy_machine_flash(pair->machine[n]));
    for (unsigned ms = 0; ms < 1000 && pair->cpu[n]->pc != BOOT_CODE + 3; ms++)
        espy_machine_run(pair->machine[n], 1000);
    assert_int_equal(pair->cpu[n]->pc, BOOT_CODE + 3);
    while (espy_machine_uart_read(pair->machine[n], (uint8_t *)pair->sent, sizeof pair->sent) > 0)
        ;
}

/* The pair looks whether there was a fault. */
static void stop(void *self)
{
    (void)self;
}

static void change_rom(rom_pair *pair)
{
    espy_bus *bus = pair->bus[ROM_PAIR_BUILTIN];
    espy_mem *rom = bus->page[ESPY_ROM_CODE_ADDR >> ESPY_PAGE_BITS].mem;
    assert_int_equal(espy_builtin_rom_init(&pair->rom, rom->bytes, bus, pair->cpu[ROM_PAIR_BUILTIN]->clock, NULL, NULL),
                     ESPY_OK);
    pair->rom.stop = stop;
    espy_bus_mem_changed(bus, rom, 0, ESPY_ROM_SIZE);
    espy_builtin_rom_attach(&pair->rom, pair->cpu[ROM_PAIR_BUILTIN]);
    espy_builtin_rom_attach(&pair->rom, espy_machine_cpu(pair->machine[ROM_PAIR_BUILTIN], 1));
}

static void watchdogs_off(rom_pair *pair)
{
    static const struct {
        uint32_t lock, key, config, value;
    } dogs[] = {
        {0x600080B0, 0x50D83AA1, 0x60008098, 0},       /* RTC_CNTL_WDT */
        {0x6001F064, 0x50D83AA1, 0x6001F048, 0},       /* TIMG0's */
        {0x600080B8, 0x8F1D312A, 0x600080B4, 1u << 31} /* the super watchdog feeds itself */
    };
    for (size_t i = 0; i < sizeof dogs / sizeof dogs[0]; i++) {
        rom_pair_write32(pair, dogs[i].lock, dogs[i].key);
        rom_pair_write32(pair, dogs[i].config, dogs[i].value);
        rom_pair_write32(pair, dogs[i].lock, 0);
    }
}

/* The text of the boot is longer on its way than the boot takes. */
static void drain_uart(rom_pair *pair)
{
    rom_pair_pass(pair, 300000);
    for (unsigned n = 0; n < ROM_PAIR_BOARDS; n++)
        while (espy_machine_uart_read(pair->machine[n], (uint8_t *)pair->sent, sizeof pair->sent) > 0)
            ;
}

rom_pair *rom_pair_open(const char *model)
{
    char path[512], name[16] = "n8r2";
    if (model != NULL)
        snprintf(name, sizeof name, "%.*s", (int)strcspn(model, ","), model);
    espy_machine_config config = {.model = espy_model_find(name),
                                  .rom_path = find_rom(path, sizeof path),
                                  .timing_real = model != NULL && strstr(model, ",timing=real") != NULL};
    assert_non_null(config.model);
    if (config.rom_path == NULL)
        return NULL;
    rom_pair *pair = calloc(1, sizeof *pair);
    assert_non_null(pair);
    pair->compare = ROM_PAIR_ALL;
    pair->limit_us = 2000000;
    pair->seed = 1;
    pair->ps = PS_WOE | PS_UM;
    pair->vecbase[ROM_PAIR_REAL] = pair->vecbase[ROM_PAIR_BUILTIN] = VECTORS;
    for (unsigned n = 0; n < ROM_PAIR_BOARDS; n++)
        boot(pair, n, &config);
    change_rom(pair);
    watchdogs_off(pair);
    put_vectors(pair);
    if (config.timing_real)
        drain_uart(pair);
    rom_pair_check(pair);
    return pair;
}

void rom_pair_close(rom_pair *pair)
{
    if (pair == NULL)
        return;
    for (unsigned n = 0; n < ROM_PAIR_BOARDS; n++)
        espy_machine_free(pair->machine[n]);
    espy_builtin_rom_free(&pair->rom);
    free(pair);
}

int rom_pair_setup(void **state)
{
    *state = rom_pair_open(NULL);
    return 0;
}

int rom_pair_teardown(void **state)
{
    rom_pair_close(*state);
    return 0;
}

rom_pair *rom_pair_get(void **state)
{
    if (*state == NULL)
        skip();
    return *state;
}

/* ---- memory ---- */

static espy_mem *memory_at(const espy_bus *bus, uint32_t addr, size_t n, size_t *offset)
{
    const espy_bus_page *page = &bus->page[addr >> ESPY_PAGE_BITS];
    if (page->mem == NULL)
        fail_msg("no memory at 0x%08x", (unsigned)addr);
    *offset = page->offset + (addr & (ESPY_PAGE_SIZE - 1));
    assert_true(n <= page->mem->size - *offset);
    return page->mem;
}

void rom_pair_write(rom_pair *pair, uint32_t addr, const void *bytes, size_t n)
{
    for (unsigned i = 0; i < ROM_PAIR_BOARDS; i++) {
        size_t offset;
        espy_mem *mem = memory_at(pair->bus[i], addr, n, &offset);
        if (n > 0)
            memcpy(mem->bytes + offset, bytes, n);
        espy_bus_mem_changed(pair->bus[i], mem, offset, n);
    }
}

void rom_pair_write32(rom_pair *pair, uint32_t addr, uint32_t value)
{
    for (unsigned i = 0; i < ROM_PAIR_BOARDS; i++)
        espy_bus_write(pair->bus[i], addr, value, 4);
}

void rom_pair_fill(rom_pair *pair, uint32_t addr, uint8_t byte, size_t n)
{
    uint8_t *bytes = malloc(n + 1);
    assert_non_null(bytes);
    memset(bytes, byte, n);
    rom_pair_write(pair, addr, bytes, n);
    free(bytes);
}

uint32_t rom_pair_rand(rom_pair *pair)
{
    /* Marsaglia, "Xorshift RNGs"; 0 is its fixed point. */
    uint32_t x = pair->seed != 0 ? pair->seed : 1;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return pair->seed = x;
}

void rom_pair_random(rom_pair *pair, uint32_t addr, size_t n)
{
    uint8_t *bytes = malloc(n + 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(rom_pair_rand(pair) >> 11);
    rom_pair_write(pair, addr, bytes, n);
    free(bytes);
}

void rom_pair_read(rom_pair *pair, uint32_t addr, void *bytes, size_t n)
{
    size_t offset;
    espy_mem *mem = memory_at(pair->bus[ROM_PAIR_REAL], addr, n, &offset);
    if (n > 0)
        memcpy(bytes, mem->bytes + offset, n);
}

uint32_t rom_pair_read32(rom_pair *pair, uint32_t addr)
{
    return espy_bus_read(pair->bus[ROM_PAIR_REAL], addr, 4);
}

void rom_pair_map_chips(rom_pair *pair)
{
    for (unsigned i = 0; i < ROM_PAIR_BOARDS; i++) {
        espy_bus *bus = pair->bus[i];
        espy_bus_map(bus, ROM_PAIR_FLASH, ROM_PAIR_CHIP_SIZE, espy_machine_flash(pair->machine[i]), 0, false);
        espy_bus_map(bus, ROM_PAIR_PSRAM, ROM_PAIR_CHIP_SIZE, espy_machine_psram(pair->machine[i]), 0, true);
    }
}

/* ---- comparing ---- */

static void differ(rom_pair *pair, const char *what, uint32_t at, uint32_t real, uint32_t builtin)
{
    if (pair->differences == 0)
        print_error("%s:\n", pair->calling);
    if (pair->differences++ < REPORTED)
        print_error("  %s 0x%08x: real 0x%08x, built in 0x%08x\n", what, (unsigned)at, (unsigned)real,
                    (unsigned)builtin);
}

/* What a word of SRAM is to a comparison: the guest may leave what it likes below the
 * caller's stack pointer, and in the caller's save area. */
static bool is_dead(uint32_t addr)
{
    return (addr >= STACK_END && addr < ROM_PAIR_STACK) ||
           (addr >= ROM_PAIR_STACK + SAVE_AREA && addr < ROM_PAIR_STACK + FRAME_ABOVE);
}

static void compare_memory(rom_pair *pair, espy_mem *const mems[2], uint32_t from, uint32_t to, uint32_t addr)
{
    const uint8_t *a = mems[0]->bytes, *b = mems[1]->bytes;
    if (memcmp(a + from, b + from, to - from) == 0)
        return;
    for (uint32_t at = from; at < to; at += 4)
        if (get_le32(a + at) != get_le32(b + at) && !(addr == SRAM && is_dead(addr + at)))
            differ(pair, mems[0]->name, addr + at, get_le32(a + at), get_le32(b + at));
}

static void compare_all_memory(rom_pair *pair, uint32_t page_addr, uint32_t addr)
{
    espy_mem *mems[2];
    for (unsigned i = 0; i < ROM_PAIR_BOARDS; i++)
        mems[i] = pair->bus[i]->page[page_addr >> ESPY_PAGE_BITS].mem;
    if (addr != SRAM) {
        compare_memory(pair, mems, 0, (uint32_t)mems[0]->size, addr);
        return;
    }
    compare_memory(pair, mems, 0, STACK_END - SRAM, addr);
    compare_memory(pair, mems, ROM_PAIR_STACK - SRAM, (uint32_t)mems[0]->size, addr);
}

static void compare_chip(rom_pair *pair, espy_mem *chip(espy_machine *))
{
    espy_mem *const mems[2] = {chip(pair->machine[0]), chip(pair->machine[1])};
    if (mems[0]->bytes != NULL)
        compare_memory(pair, mems, 0, (uint32_t)mems[0]->size, 0);
}

/* What reading would change, or what only time changes: counters, latched or not. */
static const struct {
    const char *block;
    uint32_t from, to;
} unread[] = {
    {"UART0", 0x00, 0x04},
    {"UART1", 0x00, 0x04},
    {"UART2", 0x00, 0x04},
    {"USB_SERIAL_JTAG", 0x00, 0x04},
    {"USB_SERIAL_JTAG", 0x24, 0x28}, /* the number of the frame */
    {"USB", 0x20, 0x24},             /* GRXSTSP */
    {"USB", 0x1000, 0x40000},        /* the FIFOs */
    {"USB_WRAP", 0x10, 0x1000},      /* empty */
    {"RNG", 0x00, 0x04},
    {"TIMG0", 0x04, 0x0C},
    {"TIMG0", 0x28, 0x30},
    {"TIMG1", 0x04, 0x0C},
    {"TIMG1", 0x28, 0x30},
    {"SYSTIMER", 0x40, 0x50},
    {"RTC_CNTL", 0x10, 0x18},   /* TIME0 */
    {"RTC_CNTL", 0x154, 0x15C}, /* TIME1 */
    {"GDMA", 0x00, 0x3C0},      /* channels: popping their FIFOs is a read */
};

static bool is_unread(const espy_device *device, uint32_t offset)
{
    for (size_t i = 0; i < sizeof unread / sizeof unread[0]; i++)
        if (strcmp(unread[i].block, device->name) == 0 && offset >= unread[i].from && offset < unread[i].to)
            return true;
    return false;
}

static void compare_block(rom_pair *pair, const espy_device *real, const espy_device *builtin)
{
    for (uint32_t at = 0; at < real->size; at += 4) {
        if (is_unread(real, at))
            continue;
        uint32_t a = real->read(real->self, at), b = builtin->read(builtin->self, at);
        if (a != b)
            differ(pair, real->name, real->base + at, a, b);
    }
}

static void compare_blocks(rom_pair *pair)
{
    const espy_bus *real = pair->bus[ROM_PAIR_REAL], *builtin = pair->bus[ROM_PAIR_BUILTIN];
    for (unsigned i = 0; i < real->device_count; i++)
        compare_block(pair, &real->devices[i], &builtin->devices[i]);
}

static void compare_state(rom_pair *pair)
{
    if (pair->compare & ROM_PAIR_RAM) {
        compare_all_memory(pair, 0x40370000, SRAM);
        compare_all_memory(pair, RTC_FAST, RTC_FAST);
    }
    if (pair->compare & ROM_PAIR_CHIPS) {
        compare_chip(pair, espy_machine_flash);
        compare_chip(pair, espy_machine_psram);
    }
    if (pair->compare & ROM_PAIR_BLOCKS)
        compare_blocks(pair);
}

static void end_comparison(rom_pair *pair)
{
    if (pair->differences > 0)
        fail_msg("%s: %u differences", pair->calling, pair->differences);
}

void rom_pair_check(rom_pair *pair)
{
    snprintf(pair->calling, sizeof pair->calling, "the boards' state");
    pair->differences = 0;
    compare_state(pair);
    end_comparison(pair);
}

#define FIELD(name)                                                                                                    \
    {                                                                                                                  \
#name, offsetof(struct espy_cpu, name), sizeof(((struct espy_cpu *)0)->name)                                   \
    }

typedef struct field {
    const char *name;
    size_t offset, size;
} field;

static void compare_fields(rom_pair *pair, const field *fields, size_t n)
{
    const uint8_t *real = (const uint8_t *)pair->cpu[ROM_PAIR_REAL];
    const uint8_t *builtin = (const uint8_t *)pair->cpu[ROM_PAIR_BUILTIN];
    for (const field *f = fields; f < fields + n; f++)
        for (size_t at = f->offset; at < f->offset + f->size; at += 4)
            if (get_le32(real + at) != get_le32(builtin + at))
                differ(pair, f->name, (uint32_t)(at - f->offset) / 4, get_le32(real + at), get_le32(builtin + at));
}

static void compare_core(rom_pair *pair)
{
    static const field always[] = {FIELD(window_base), FIELD(window_start), FIELD(scompare1), FIELD(threadptr),
                                   FIELD(intenable),   FIELD(cpenable),     FIELD(misc),      FIELD(ccompare),
                                   FIELD(memctl),      FIELD(atomctl),      FIELD(itlb),      FIELD(dtlb)};
    static const field vectors[] = {FIELD(vecbase), FIELD(excsave)};
    const espy_cpu *real = pair->cpu[ROM_PAIR_REAL], *builtin = pair->cpu[ROM_PAIR_BUILTIN];
    compare_fields(pair, always, sizeof always / sizeof always[0]);
    if (pair->vecbase[ROM_PAIR_REAL] == pair->vecbase[ROM_PAIR_BUILTIN])
        compare_fields(pair, vectors, sizeof vectors / sizeof vectors[0]);
    for (unsigned n = 0; n < 8; n++)
        if (real->a[n] != builtin->a[n])
            differ(pair, "a", n, real->a[n], builtin->a[n]);
    /* PS.OWB is whatever the last window exception left. */
    if ((real->a[8] ^ builtin->a[8]) & ~0xf00u)
        differ(pair, "PS", 230, real->a[8], builtin->a[8]);
}

/* ---- calling ---- */

/* The caller's registers have values of their own, so that a lost one shows. */
static void set_caller(rom_pair *pair, unsigned n)
{
    espy_cpu *cpu = pair->cpu[n];
    cpu->waiting = false;
    cpu->pc = CODE;
    cpu->window_start = 1;
    espy_window_set_base(cpu, 0);
    espy_set_ps(cpu, pair->ps);
    cpu->vecbase = pair->vecbase[n];
    cpu->lcount = 0;
    for (unsigned i = 0; i < 16; i++)
        cpu->a[i] = 0xa0a0a000 + i;
    cpu->a[1] = ROM_PAIR_STACK;
    espy_bus_write(pair->bus[n], ROM_PAIR_STACK - 12, ROM_PAIR_STACK + FRAME_ABOVE, 4);
}

static void set_args(rom_pair *pair, unsigned n, uint32_t to, const uint32_t *args, unsigned argc)
{
    pair->cpu[n]->a[8] = to;
    for (unsigned i = 0; i < argc; i++) {
        if (i < REGISTER_ARGS)
            pair->cpu[n]->a[10 + i] = args[i];
        else
            espy_bus_write(pair->bus[n], ROM_PAIR_STACK + 4 * (i - REGISTER_ARGS), args[i], 4);
    }
}

static size_t take_sent(rom_pair *pair, unsigned n, char *text, size_t got)
{
    size_t room = sizeof pair->sent - 1 - got;
    got += espy_machine_uart_read(pair->machine[n], (uint8_t *)text + got, room);
    text[got] = '\0';
    return got;
}

static void no_return(rom_pair *pair, unsigned n)
{
    const espy_cpu *cpu = pair->cpu[n];
    if (n == ROM_PAIR_BUILTIN && pair->rom.fault.status != ESPY_OK)
        fail_msg("%s: %s", pair->calling, pair->rom.fault.text);
    else if (cpu->waiting && cpu->pc >= VECTORS && cpu->pc < VECTORS_END)
        fail_msg("%s, %s: exception %u, EPC1 0x%08x, EXCVADDR 0x%08x, vector 0x%x", pair->calling, board_name[n],
                 (unsigned)cpu->exccause, (unsigned)cpu->epc[1], (unsigned)cpu->excvaddr,
                 (unsigned)(cpu->pc - VECTORS) & 0x3c0);
    else
        fail_msg("%s, %s: does not return; pc 0x%08x", pair->calling, board_name[n], (unsigned)cpu->pc);
}

static bool is_over(const rom_pair *pair, unsigned n)
{
    const espy_cpu *cpu = pair->cpu[n];
    return (cpu->waiting && cpu->pc >= VECTORS && cpu->pc < CODE_END && cpu->wake == ESPY_NEVER) ||
           (n == ROM_PAIR_BUILTIN && pair->rom.fault.status != ESPY_OK);
}

/* Until the call is over, in one way or another. */
static void run_until_over(rom_pair *pair, unsigned n)
{
    char *text = n == ROM_PAIR_REAL ? pair->sent : pair->builtin_sent;
    uint64_t end = espy_machine_now_us(pair->machine[n]) + pair->limit_us;
    size_t got = take_sent(pair, n, text, 0);
    for (uint64_t step = 1; !is_over(pair, n) && espy_machine_now_us(pair->machine[n]) < end;
         step = step < 1000 ? 2 * step : step) {
        espy_machine_run(pair->machine[n], step);
        got = take_sent(pair, n, text, got);
    }
    pair->took_us[n] = pair->limit_us - (end - espy_machine_now_us(pair->machine[n]));
}

static void run_call(rom_pair *pair, unsigned n)
{
    run_until_over(pair, n);
    if (pair->cpu[n]->pc != RETURNED)
        no_return(pair, n);
}

/* The faster board waits for the other. */
static void meet(rom_pair *pair)
{
    uint64_t now[ROM_PAIR_BOARDS] = {espy_machine_now_us(pair->machine[0]), espy_machine_now_us(pair->machine[1])};
    unsigned first = now[0] < now[1] ? 0 : 1;
    uint64_t end = now[1 - first];
    while (espy_machine_now_us(pair->machine[first]) < end)
        espy_machine_run(pair->machine[first], end - espy_machine_now_us(pair->machine[first]));
}

static void name_call(rom_pair *pair, const char *name, uint32_t addr, unsigned argc, const uint32_t *args)
{
    char *text = pair->calling;
    size_t cap = sizeof pair->calling, n;
    if (name != NULL)
        n = (size_t)snprintf(text, cap, "%s(", name);
    else
        n = (size_t)snprintf(text, cap, "0x%08x(", (unsigned)addr);
    for (unsigned i = 0; i < argc && n + 16 < cap; i++)
        n += (size_t)snprintf(text + n, cap - n, "%s0x%x", i > 0 ? ", " : "", (unsigned)args[i]);
    if (n + 2 < cap)
        snprintf(text + n, cap - n, ")");
}

/* Returns the result; of which results registers are compared. */
static uint64_t call(rom_pair *pair, const char *name, uint32_t addr, unsigned results, unsigned argc, va_list list)
{
    uint32_t args[MAX_ARGS];
    assert_true(argc <= MAX_ARGS);
    for (unsigned i = 0; i < argc; i++)
        args[i] = va_arg(list, uint32_t);
    name_call(pair, name, addr, argc, args);
    pair->differences = 0;
    for (unsigned n = 0; n < ROM_PAIR_BOARDS; n++) {
        set_caller(pair, n);
        set_args(pair, n, addr, args, argc);
        run_call(pair, n);
    }
    meet(pair);
    const uint32_t *real = pair->cpu[ROM_PAIR_REAL]->a, *builtin = pair->cpu[ROM_PAIR_BUILTIN]->a;
    for (unsigned i = 10; i < 10 + results; i++)
        if (real[i] != builtin[i])
            differ(pair, "result a", i, real[i], builtin[i]);
    compare_core(pair);
    compare_state(pair);
    if (strcmp(pair->sent, pair->builtin_sent) != 0) {
        print_error("UART0 sent: real \"%s\", built in \"%s\"\n", pair->sent, pair->builtin_sent);
        pair->differences++;
    }
    end_comparison(pair);
    return real[10] | (uint64_t)real[11] << 32;
}

static uint32_t address_of(const char *name)
{
    uint32_t addr = espy_rom_address(name);
    if (addr == 0)
        fail_msg("the ROM has no %s", name);
    return addr;
}

uint32_t rom_pair_call(rom_pair *pair, const char *name, unsigned argc, ...)
{
    va_list list;
    va_start(list, argc);
    uint64_t result = call(pair, name, address_of(name), 1, argc, list);
    va_end(list);
    return (uint32_t)result;
}

uint64_t rom_pair_call64(rom_pair *pair, const char *name, unsigned argc, ...)
{
    va_list list;
    va_start(list, argc);
    uint64_t result = call(pair, name, address_of(name), 2, argc, list);
    va_end(list);
    return result;
}

void rom_pair_call_void(rom_pair *pair, const char *name, unsigned argc, ...)
{
    va_list list;
    va_start(list, argc);
    call(pair, name, address_of(name), 0, argc, list);
    va_end(list);
}

uint32_t rom_pair_call_raises(rom_pair *pair, const char *name, unsigned argc, ...)
{
    enum { HALTED = VECTORS + VEC_USER + 3 };
    uint32_t args[MAX_ARGS] = {0}, cause[ROM_PAIR_BOARDS], word[ROM_PAIR_BOARDS];
    va_list list;
    assert_true(argc <= MAX_ARGS);
    va_start(list, argc);
    for (unsigned i = 0; i < argc; i++)
        args[i] = va_arg(list, uint32_t);
    va_end(list);
    name_call(pair, name, 0, argc, args);
    for (unsigned n = 0; n < ROM_PAIR_BOARDS; n++) {
        set_caller(pair, n);
        set_args(pair, n, address_of(name), args, argc);
        run_until_over(pair, n);
        if (pair->cpu[n]->pc != HALTED)
            fail_msg("%s, %s: no exception; pc 0x%08x %s", pair->calling, board_name[n], (unsigned)pair->cpu[n]->pc,
                     pair->rom.fault.text);
        cause[n] = pair->cpu[n]->exccause;
        word[n] = pair->cpu[n]->excvaddr & ~3u;
    }
    meet(pair);
    assert_int_equal(cause[ROM_PAIR_REAL], cause[ROM_PAIR_BUILTIN]);
    assert_int_equal(word[ROM_PAIR_REAL], word[ROM_PAIR_BUILTIN]);
    return cause[ROM_PAIR_REAL];
}

uint32_t rom_pair_call_builtin(rom_pair *pair, const char *name, unsigned argc, ...)
{
    uint32_t args[MAX_ARGS] = {0};
    va_list list;
    assert_true(argc <= MAX_ARGS);
    va_start(list, argc);
    for (unsigned i = 0; i < argc; i++)
        args[i] = va_arg(list, uint32_t);
    va_end(list);
    name_call(pair, name, 0, argc, args);
    set_caller(pair, ROM_PAIR_BUILTIN);
    set_args(pair, ROM_PAIR_BUILTIN, address_of(name), args, argc);
    run_call(pair, ROM_PAIR_BUILTIN);
    return pair->cpu[ROM_PAIR_BUILTIN]->a[10];
}

uint32_t rom_pair_call_at(rom_pair *pair, uint32_t addr, unsigned argc, ...)
{
    va_list list;
    va_start(list, argc);
    uint64_t result = call(pair, NULL, addr, 1, argc, list);
    va_end(list);
    return (uint32_t)result;
}

/* ---- the outside ---- */

void rom_pair_pass(rom_pair *pair, uint64_t us)
{
    for (unsigned n = 0; n < ROM_PAIR_BOARDS; n++)
        for (uint64_t end = espy_machine_now_us(pair->machine[n]) + us; espy_machine_now_us(pair->machine[n]) < end;)
            espy_machine_run(pair->machine[n], end - espy_machine_now_us(pair->machine[n]));
}

void rom_pair_receive(rom_pair *pair, const void *bytes, size_t n)
{
    for (unsigned i = 0; i < ROM_PAIR_BOARDS; i++)
        assert_int_equal(espy_machine_uart_write(pair->machine[i], bytes, n, NULL), ESPY_OK);
}
