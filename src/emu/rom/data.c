/* SPDX-License-Identifier: MIT
 *
 * The data of the built-in ROM; see the header.
 */
#include "data.h"

#include "rom.h"

#include "../../base/bytes.h"

#include <math.h>
#include <string.h>

enum {
    VARIABLES_FROM = 0x3fced710,
    INTERRUPTS = 32,
    EXCEPTIONS = 64,
    FFT_TABLE = 0x3ff1c050,
    FFT_STEPS = 512,
    FFT_BITS = 9
};

/* The interrupts of level 1.  Source: core-isa.h, XCHAL_INTLEVEL1_MASK. */
#define LEVEL_1 0x000637ffu

typedef struct word {
    uint32_t addr, value;
} word;

typedef struct block {
    uint32_t addr;
    const uint32_t *words;
    size_t count;
} block;

#define BLOCK(addr, words)                                                                                             \
    {                                                                                                                  \
        addr, words, sizeof(words) / sizeof(words)[0]                                                                  \
    }

/* ---- in ROM ---- */

static const struct {
    uint32_t addr;
    const char *text;
} texts[] = {
#define ROW(address, name, text) {address, text},
    ESPY_ROM_TEXTS(ROW)
#undef ROW
};

static const uint32_t chip_id[] = {9, 0}; /* _rom_chip_id, _rom_eco_version */

/* ets_rom_layout: where the ROM's stacks and variables begin and end; the heap of the
 * firmware takes the rest. */
static const uint32_t layout[] = {
    0x3fce9704, 0x3fceee34, 0x3fce9710, 0x3fceb710, 0x3fceb710, 0x3fced710, 0x3fcef174, 0x3fcef180,
    0x3fcef180, 0x3fcef1a4, 0x40057350, 0x40057354, 0x3fcef958, 0x3fcefa14, 0x3fcefa14, 0x3fceffac,
    0x3fcef3d4, 0x3fcef66c, 0x3fcef1a4, 0x3fcef1a8, 0x3fcef1a8, 0x3fcef1ac, 0x3fcef1ac, 0x3fcef3d4,
    0x3fcef820, 0x3fcef820, 0x3fcef820, 0x3fcef838, 0x3fcef838, 0x3fcef838, 0x3fcef838, 0x3fcef85c,
    0x3fcef85c, 0x3fcef85c, 0x3fcef85c, 0x3fcef958, 0x3fceee34, 0x3fcef130, 0x3fcef130, 0x3fcef174,
};
static const uint32_t layout_p[] = {0x3ff1ae90};

/* The variables of the Bluetooth controller, which the firmware copies into place, and
 * where they are. */
static const uint32_t btdm_p[] = {0x40057d28};
static const uint32_t btdm[] = {0x00000101, 0x00000901, 0x4002ad40};

static const uint32_t ets_ops[] = {0x40041a68}; /* ets_delay_us */
static const uint32_t ecc_ops[] = {0x40041f28, 0x40041f4c, 0x40041f7c, 0x40041f9c, 0x40041ff4};
static const uint32_t esp_flash_api[] = {0x4004b03c, 0x4004b064, 0x4004b084};
static const uint32_t generic_chip[] = {0x08080604, 0x00000008};
/* rom_default_spi_usr_cmd_legacy_funcs */
static const uint32_t spi_user_commands[] = {
    0x4004dbf4, 0x4004db94, 0x4004e0d0, 0x4004dd9c, 0x4004dfa0, 0x4004e058, 0x4004dfe8, 0x4004e020, 0,
};
/* cache_internal_func_obj, then the addresses of the caches' memories and windows */
static const uint32_t cache_functions[] = {
    0x4004e1e8, 0x4004e200, 0x4004e334, 0x4004e34c, 0x4004e4c0, 0x4004e514, 0x4004e55c,
    0x4004e5a4, 0x4004e738, 0x4004e7cc, 0x4004e77c, 0x4004e810, 0x4004e860, 0x4004e680,
    0x4004e974, 0x4004e6d8, 0x4004e990, 0x4004e8a8, 0x4004e8e8, 0x4004e910, 0x4004e950,
    0x4004e5f0, 0x40370000, 0x40374000, 0x3fcf0000, 0x3fcf8000, 0x3c000000, 0x42000000,
};
static const uint32_t spi_modes[] = {
    ESPY_TEXT_QIO,     ESPY_TEXT_QOUT,    ESPY_TEXT_DIO,  ESPY_TEXT_DOUT,    ESPY_TEXT_FAST_RD, ESPY_TEXT_SLOW_RD,
    ESPY_TEXT_OPI_STR, ESPY_TEXT_OPI_DTR, ESPY_TEXT_OOUT, ESPY_TEXT_OIO_STR, ESPY_TEXT_OIO_DTR,
};

static const block rom_blocks[] = {
    BLOCK(0x40000570, chip_id),           BLOCK(0x40057350, btdm_p),          BLOCK(0x40057d28, btdm),
    BLOCK(0x3ff1a810, ets_ops),           BLOCK(0x3ff1a81c, ecc_ops),         BLOCK(0x3ff1ae90, layout),
    BLOCK(ESPY_ROM_SPI_MODES, spi_modes), BLOCK(0x3ff1e078, esp_flash_api),   BLOCK(0x3ff1e0e0, generic_chip),
    BLOCK(0x3ff1e290, spi_user_commands), BLOCK(0x3ff1e2b4, cache_functions), BLOCK(0x3ff1fffc, layout_p),
};

/* Code that hangs, or of which only the address matters, is the host's; see xtos.c. */
typedef struct vector {
    uint32_t addr;
    unsigned size;
    const uint8_t *bytes;
} vector;

#include "vectors.inc"

static uint8_t *at(uint8_t *image, uint32_t addr)
{
    return image +
           (addr < ESPY_ROM_CODE_ADDR ? addr - ESPY_ROM_DATA_ADDR + ESPY_ROM_DATA_OFFSET : addr - ESPY_ROM_CODE_ADDR);
}

static void put_block(uint8_t *image, const block *b)
{
    for (size_t i = 0; i < b->count; i++)
        put_le32(at(image, b->addr) + 4 * i, b->words[i]);
}

/* dsps_fft2r_w_table_fc32_1024: cosine and sine of 512 steps of half a turn, the step's nine
 * bits reversed, with six decimals.  The mask ROM's differ by one in the sixth 33 times. */
static void put_twiddles(uint8_t *image)
{
    for (unsigned i = 0; i < FFT_STEPS; i++) {
        unsigned step = 0;
        for (unsigned bit = 0; bit < FFT_BITS; bit++)
            step |= (i >> bit & 1) << (FFT_BITS - 1 - bit);
        double angle = acos(-1) * step / FFT_STEPS;
        const float pair[2] = {(float)(round(cos(angle) * 1e6) / 1e6), (float)(round(sin(angle) * 1e6) / 1e6)};
        uint32_t words[2];
        memcpy(words, pair, sizeof words);
        put_le32(at(image, FFT_TABLE) + 8 * i, words[0]);
        put_le32(at(image, FFT_TABLE) + 8 * i + 4, words[1]);
    }
}

void espy_rom_put_data(uint8_t *image)
{
    put_twiddles(image);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        memcpy(at(image, texts[i].addr), texts[i].text, strlen(texts[i].text) + 1);
    for (size_t i = 0; i < sizeof rom_blocks / sizeof rom_blocks[0]; i++)
        put_block(image, &rom_blocks[i]);
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++)
        memcpy(at(image, vectors[i].addr), vectors[i].bytes, vectors[i].size);
}

/* ---- in RAM ---- */

/* The USB stack's descriptors and callbacks: cdc_acm_config, cdc_acm_ep_data,
 * s_curr_descr, str_serial_descr, general_device_descr. */
static const uint32_t usb_device[] = {
    0x00000000, 0x00000000, 0x00000000, 0x40051040, 0x4005106c, 0x00000000, 0x40053980, 0x00000000,
    0x00000000, 0x00000003, 0x3fceee60, 0x40050fac, 0x00000085, 0x40050fbc, 0x00000003, 0x40050f88,
    0x00000084, 0x3ff1e7f4, 0x00780324, 0x003a0078, 0x00780078, 0x0078003a, 0x003a0078, 0x00780078,
    0x0078003a, 0x003a0078, 0x00780078, 0x01120000, 0x02ef0200, 0x303a4001, 0x07280009, 0x01030201,
};

/* rom_phyFuns and its table: the firmware takes what it does not replace. */
static const uint32_t phy[] = {
    0x3fcef3d8, 0x40037fa8, 0x40037fcc, 0x40038020, 0x40038068, 0x400380b4, 0x400380e0, 0x40055cc8, 0x400380f8,
    0x40038154, 0x40038194, 0x40055cdc, 0x400381d8, 0x40055cec, 0x40055d08, 0x40055d24, 0x40038210, 0x40038254,
    0x40038298, 0x400382c4, 0x40038348, 0x40055d70, 0x400385cc, 0x400386f8, 0x40038fc8, 0x40038730, 0x4003900c,
    0x40039034, 0x40039074, 0x40038750, 0x4003879c, 0x400387e0, 0x40038884, 0x4003889c, 0x400390fc, 0x400388e0,
    0x40038904, 0x40038928, 0x40038940, 0x40055d4c, 0x40038974, 0x400389f0, 0x40038b00, 0x40038b44, 0x40038c5c,
    0x40038cfc, 0x40038d0c, 0x40038d4c, 0x40039168, 0x40038d80, 0x40038db4, 0x40038e60, 0x40038f60, 0x400391c0,
    0x40038eac, 0x40038f38, 0x40055bc8, 0x40036438, 0x40036470, 0x40036508, 0x40055bf4, 0x4003658c, 0x4003660c,
    0x40036648, 0x400366c0, 0x40036714, 0x40036794, 0x40036804, 0x40036820, 0x400368c4, 0x4003696c, 0x400369ec,
    0x40055bfc, 0x40036a18, 0x40036aa4, 0x40036ac8, 0x40036afc, 0x40036b44, 0x40036b98, 0x40055c1c, 0x40036bc8,
    0x40036bec, 0x40055c70, 0x40036c28, 0x40036ce0, 0x40036d1c, 0x40035474, 0x40035494, 0x400354bc, 0x40055bb8,
    0x40055bc0, 0x400354fc, 0x40035548, 0x40035594, 0x400355d8, 0x40035614, 0x40035684, 0x400356f0, 0x40035738,
    0x400357f8, 0x40035818, 0x40035880, 0x4003589c, 0x400358d8, 0x40035964, 0x40035a2c, 0x40035a78, 0x40035acc,
    0x40035b28, 0x40035b6c, 0x40035b80, 0x40035b94, 0x40035bf8, 0x40035c2c, 0x40035c80, 0x40035cd4, 0x40035d60,
    0x40035dc4, 0x40035e3c, 0x40035e7c, 0x40035eac, 0x40035f44, 0x4003600c, 0x40036020, 0x4003603c, 0x4003605c,
    0x400360d4, 0x40036120, 0x40036184, 0x40036210, 0x40036230, 0x4003627c, 0x40036d50, 0x40036d94, 0x40036e78,
    0x40036f1c, 0x40036fc4, 0x40055c7c, 0x40037050, 0x40037118, 0x400371f0, 0x40037254, 0x4003726c, 0x400372c0,
    0x40037310, 0x40037348, 0x40037370, 0x4003737c, 0x400373fc, 0x40037498, 0x40037600, 0x400377a4, 0x40037804,
    0x40037854, 0x40037894, 0x40037958, 0x40037a44, 0x40037a7c, 0x40037b08, 0x40037c34, 0x40037c70, 0x40037c88,
    0x40037d28, 0x40037d74, 0x40037d8c, 0x40037dec,
};

/* s_spi_flash_hal_max_read_len; the legacy driver's command lengths and the chip that it
 * takes for granted, a W25Q of 2 MiB. */
static const uint32_t spi_flash[] = {
    64,         0x18181818, 16,         32,         0,          0,          0,
    0,          0,          0,          0,          0,          0,          0, /* rom_default_spiflash_legacy_funcs */
    0x001540ef, 0x00200000, 0x00010000, 0x00001000, 0x00000100, 0x0000ffff, 0, /* ..._data */
};

static const block ram_blocks[] = {
    BLOCK(0x3fceee34, usb_device),
    BLOCK(0x3fcef3d4, phy),
    BLOCK(0x3fcef66c, spi_flash),
};

static const word ram_words[] = {
    {ESPY_ROM_EXC_HANDLER_TABLE + 4 * 1, ESPY_ROM_SYSCALL},
    {ESPY_ROM_EXC_HANDLER_TABLE + 4 * 4, ESPY_ROM_L1INT},
    {ESPY_ROM_EXC_HANDLER_TABLE + 4 * 5, ESPY_ROM_ALLOCA},
    {ESPY_ROM_EXC_HANDLER_TABLE + 4 * 12, ESPY_ROM_CAUSE3},
    {ESPY_ROM_EXC_HANDLER_TABLE + 4 * 13, ESPY_ROM_CAUSE3},
    {ESPY_ROM_EXC_HANDLER_TABLE + 4 * 14, ESPY_ROM_CAUSE3},
    {ESPY_ROM_EXC_HANDLER_TABLE + 4 * 15, ESPY_ROM_CAUSE3},
    {ESPY_ROM_XTOS_VPRI_ENABLED, 0xffffffff},
    {0x3fcef130, 1},                       /* usb_uart_connected */
    {0x3fcef1a4, ESPY_TEXT_RADIO_VERSION}, /* coexist_rom_version */
    {0x3fcef1a8, ESPY_TEXT_RADIO_VERSION}, /* net80211_rom_version */
    {0x3fcef304, ESPY_TEXT_RADIO_VERSION}, /* pp_rom_version */
    {0x3fcef714, 0x200},                   /* s_cache_drom_mmu_size */
    {0x3fcef718, 0x200},                   /* s_cache_irom_mmu_size */
    {0x3fcef758, 40},                      /* s_ticks_per_us */
    {0x3fceffc0, 0x3ff1a81c},              /* ets_ecc_table_ptr */
    {0x3fceffc4, 0x3ff1e2b4},              /* rom_cache_internal_table_ptr */
    {0x3fceffd8, 0x3ff1e078},              /* esp_flash_api_funcs */
    {0x3fceffe0, 0x3ff1e0e0},              /* spi_flash_chip_generic_config_data */
    {0x3fceffe4, 0x3fcef6a4},              /* rom_spiflash_legacy_data */
    {0x3fceffe8, 0x3fcef670},              /* rom_spiflash_legacy_funcs */
    {0x3fcefff0, 0x3ff1e290},              /* rom_spi_usr_cmd_legacy_funcs */
    {0x3fcefff8, FFT_TABLE},               /* dsps_fft2r_w_table_fc32_1024 */
    {0x3fcefffc, ESPY_ROM_ETS_OPS},        /* ets_ops_table_ptr */
};

/* The reset code leaves these alone: [start, end). */
static const word kept[] = {{0x3fcee378, 0x3fcee380}, {0x3fcef174, 0x3fcef1a4}, {0x3fcef770, 0x3fcef81c}};

static bool is_kept(uint32_t addr)
{
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (addr >= kept[i].addr && addr < kept[i].value)
            return true;
    return false;
}

/* While interrupt n is served, those of level 1 with a higher number may still come. */
static uint32_t higher_priority(unsigned n)
{
    return ~(LEVEL_1 & (uint32_t)((2ull << n) - 1));
}

static void init_interrupts(const espy_rom_call *c)
{
    for (unsigned i = 0; i < INTERRUPTS; i++) {
        unsigned n = INTERRUPTS - 1 - i;
        espy_rom_write32(c, ESPY_ROM_INTERRUPT_TABLE + 8 * i, ESPY_ROM_UNHANDLED_INTERRUPT);
        espy_rom_write32(c, ESPY_ROM_INTERRUPT_TABLE + 8 * i + 4, n);
        espy_rom_write32(c, ESPY_ROM_INTERRUPT_MASK_TABLE + 8 * i, higher_priority(n));
        espy_rom_write32(c, ESPY_ROM_INTERRUPT_MASK_TABLE + 8 * i + 4, 1u << n);
    }
    for (unsigned i = 0; i < EXCEPTIONS; i++) {
        espy_rom_write32(c, ESPY_ROM_EXC_HANDLER_TABLE + 4 * i, ESPY_ROM_UNHANDLED_EXCEPTION);
        espy_rom_write32(c, ESPY_ROM_C_HANDLER_TABLE + 4 * i, ESPY_ROM_P_NONE);
    }
}

void espy_rom_init_ram(const espy_rom_call *c)
{
    for (uint32_t addr = VARIABLES_FROM; addr < 0x3fcf0000; addr += 4)
        if (!is_kept(addr))
            espy_rom_write32(c, addr, 0);
    init_interrupts(c);
    for (size_t i = 0; i < sizeof ram_blocks / sizeof ram_blocks[0]; i++)
        for (size_t j = 0; j < ram_blocks[i].count; j++)
            espy_rom_write32(c, ram_blocks[i].addr + 4 * (uint32_t)j, ram_blocks[i].words[j]);
    for (size_t i = 0; i < sizeof ram_words / sizeof ram_words[0]; i++)
        espy_rom_write32(c, ram_words[i].addr, ram_words[i].value);
}
