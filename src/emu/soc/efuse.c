/* SPDX-License-Identifier: MIT
 *
 * The eFuse controller.  See efuse.h.
 */
#include "efuse.h"

#include <string.h>

enum {
    EFUSE_PGM_DATA0 = 0x00,
    EFUSE_RD_WR_DIS = 0x2c,
    EFUSE_RD_MAC_SPI_SYS_0 = 0x44,
    EFUSE_RD_SYS_PART1_DATA0 = 0x5c,
    EFUSE_RD_REPEAT_ERR0 = 0x17c,
    EFUSE_CLK = 0x1c8,
    EFUSE_CONF = 0x1cc,
    EFUSE_STATUS = 0x1d0,
    EFUSE_CMD = 0x1d4,
    EFUSE_INT_RAW = 0x1d8,
    EFUSE_INT_ST = 0x1dc,
    EFUSE_INT_ENA = 0x1e0,
    EFUSE_INT_CLR = 0x1e4,
    EFUSE_DAC_CONF = 0x1e8,
    EFUSE_DATE = 0x1fc
};

#define READ_CMD (1u << 0)
#define PGM_CMD (1u << 1)
#define BLK_NUM(cmd) ((cmd) >> 2 & 15)
#define READ_OP_CODE 0x5aa5u
#define WRITE_OP_CODE 0x5a5au
#define READ_DONE (1u << 0)
#define PGM_DONE (1u << 1)

/* A field of the fuses: `width` bits at bit `first` of a block. */
typedef struct fuse_field {
    uint8_t block, first, width;
} fuse_field;

static const fuse_field VDD_SPI_XPD = {0, 68, 1};
static const fuse_field VDD_SPI_TIEH = {0, 69, 1};
static const fuse_field VDD_SPI_FORCE = {0, 70, 1};
static const fuse_field PIN_POWER_SELECTION = {0, 136, 1};
static const fuse_field FLASH_TYPE = {0, 137, 1};
static const fuse_field WAFER_VERSION_MINOR_LO = {1, 114, 3};
static const fuse_field WAFER_VERSION_MINOR_HI = {1, 183, 1};
static const fuse_field WAFER_VERSION_MAJOR = {1, 184, 2};
static const fuse_field PSRAM_CAP_LO = {1, 131, 2};
static const fuse_field PSRAM_CAP_HI = {1, 179, 1};
static const fuse_field PSRAM_VENDOR = {1, 135, 2};

#define PSRAM_VENDOR_AP_3V3 1
#define PSRAM_VENDOR_AP_1V8 2

/* What every chip carries: versions of the layout, and the calibration of the
 * sample chip in the documentation of espefuse's summary command. */
static const struct {
    fuse_field field;
    uint16_t value;
} factory[] = {
    {{1, 120, 3}, 3},    /* BLK_VERSION_MINOR */
    {{1, 141, 7}, 0x03}, /* K_RTC_LDO */
    {{1, 148, 7}, 0x47}, /* K_DIG_LDO */
    {{1, 155, 8}, 0x05}, /* V_RTC_DBIAS20 */
    {{1, 163, 8}, 0x8b}, /* V_DIG_DBIAS20 */
    {{1, 171, 5}, 0x19}, /* DIG_DBIAS_HVT */
    {{2, 128, 2}, 1},    /* BLK_VERSION_MAJOR: ADC calibration scheme 1 */
    {{2, 141, 8}, 0x58}, /* OCODE */
};

/* The calibration of that chip's ADCs, a row for each attenuation, and of its temperature sensor. */
static const struct {
    fuse_field init_code;
    uint8_t init_value;
    fuse_field cal_vol;
    uint8_t cal_value;
} adc[2][4] = {
    {
        {{2, 149, 8}, 0x6c, {2, 201, 8}, 0x67},
        {{2, 157, 6}, 0x24, {2, 209, 8}, 0x62},
        {{2, 163, 6}, 0x16, {2, 217, 8}, 0x59},
        {{2, 169, 6}, 0x20, {2, 225, 8}, 0x67},
    },
    {
        {{2, 175, 8}, 0x92, {2, 233, 8}, 0x9d},
        {{2, 183, 6}, 0x24, {2, 241, 7}, 0x52},
        {{2, 189, 6}, 0x0c, {2, 248, 7}, 0x50},
        {{2, 195, 6}, 0x1c, {1, 186, 6}, 0x26},
    },
};
static const fuse_field DIS_DOWNLOAD_MANUAL_ENCRYPT = {0, 52, 1};
static const fuse_field SPI_BOOT_CRYPT_CNT = {0, 82, 3};
static const fuse_field KEY_PURPOSE_0 = {0, 88, 4}; /* and the next five behind it */
enum { FIRST_KEY = 4, KEYS = 6, KEY_SIZE = 32, XTS_AES_256_KEY_1 = 2, XTS_AES_256_KEY_2, XTS_AES_128_KEY };

static const fuse_field TEMP_CALIB = {2, 132, 9};
#define TEMP_CALIB_VALUE 0x16d /* sign and magnitude: -10.9 degrees */
#define TEMP_CALIB_SIGN 0x100u

/* Reset values of DAC_CONF, RD_TIM_CONF, WR_TIM_CONF0, 1, 2 and DATE. */
static const uint32_t timing_reset[6] = {0x1fe1c, 0x12000000, 0, 0x288000, 0x190, 0x2101180};

static void blow_field(espy_efuse *e, fuse_field field, uint32_t value)
{
    for (unsigned n = 0; n < field.width; n++) {
        unsigned bit = field.first + n;
        espy_efuse_blow(e, field.block, bit / 32, (value >> n & 1) << bit % 32);
    }
}

unsigned espy_efuse_words(unsigned block)
{
    return block <= 1 ? 6 : ESPY_EFUSE_WORDS;
}

static uint32_t block_base(unsigned block)
{
    if (block == 0)
        return EFUSE_RD_WR_DIS;
    return block == 1 ? EFUSE_RD_MAC_SPI_SYS_0 : EFUSE_RD_SYS_PART1_DATA0 + (block - 2) * 32;
}

uint32_t espy_efuse_read_offset(unsigned block, unsigned word)
{
    return block_base(block) + 4 * word;
}

/* ---- Commands ---- */

/* RD_DIS has a bit for each of the blocks 4 to 10, which then read as 0. */
static void load(espy_efuse *e)
{
    memcpy(e->read, e->fuse, sizeof e->read);
    for (unsigned block = 4; block < ESPY_EFUSE_BLOCKS; block++)
        if ((e->fuse[0][1] >> (block - 4) & 1) != 0)
            memset(e->read[block], 0, sizeof e->read[block]);
}

/* Fields of block 0 that a bit of WR_DIS protects; it has one for each of the blocks 1 to
 * 10, too, from bit 20 on. */
static const struct {
    uint8_t wr_dis, word;
    uint32_t mask;
} protections[] = {
    {0, 1, 0x0000007f},                                           /* RD_DIS */
    {1, 1, 0x00000080},                                           /* DIS_RTC_RAM_BOOT */
    {2, 1, 0x0018ff00},                                           /* DIS_ICACHE to DIS_DOWNLOAD_MANUAL_ENCRYPT */
    {2, 3, 0x03c00000},                                           /* DIS_USB_JTAG to USB_PHY_SEL */
    {3, 1, 0xe0000000},                                           /* VDD_SPI_MODECURLIM to VDD_SPI_DREFM */
    {3, 2, 0x0003ffff},                                           /* VDD_SPI_DREFL to WDT_DELAY_SEL */
    {4, 2, 0x001c0000},                                           /* SPI_BOOT_CRYPT_CNT */
    {5, 2, 0x00200000},                                           /* SECURE_BOOT_KEY_REVOKE0 to 2 */
    {6, 2, 0x00400000},  {7, 2, 0x00800000},  {8, 2, 0x0f000000}, /* KEY_PURPOSE_0 to 5 */
    {9, 2, 0xf0000000},  {10, 3, 0x0000000f}, {11, 3, 0x000000f0},
    {12, 3, 0x00000f00}, {13, 3, 0x0000f000}, {15, 3, 0x00100000}, /* SECURE_BOOT_EN */
    {16, 3, 0x00200000},                                           /* SECURE_BOOT_AGGRESSIVE_REVOKE */
    {17, 3, 0x0c000000},                                           /* POWER_GLITCH_DSENSE */
    {17, 4, 0x40000000},                                           /* POWERGLITCH_EN */
    {18, 3, 0xf0000000},                                           /* FLASH_TPUW */
    {18, 4, 0x3fffffff},                                           /* DIS_DOWNLOAD_MODE to SECURE_VERSION */
    {19, 4, 0x80000000},                                           /* DIS_USB_OTG_DOWNLOAD_MODE */
    {19, 5, 0x00000003}, /* DISABLE_WAFER_VERSION_MAJOR, DISABLE_BLK_VERSION_MAJOR */
    {30, 1, 0x1fe00000}, /* USB_DREFH to BTLC_GPIO_ENABLE */
    {31, 1, 0x00070000}, /* SOFT_DIS_JTAG */
};

/* The bits of a word that can still be blown. */
static uint32_t unprotected(const espy_efuse *e, unsigned block, unsigned word)
{
    uint32_t wr_dis = e->fuse[0][0], mask = UINT32_MAX;
    if (block != 0)
        return (wr_dis >> (19 + block) & 1) != 0 ? 0 : UINT32_MAX;
    for (size_t i = 0; i < sizeof protections / sizeof protections[0]; i++)
        if (protections[i].word == word && (wr_dis >> protections[i].wr_dis & 1) != 0)
            mask &= ~protections[i].mask;
    return mask;
}

/* WR_DIS, the first word, comes last: it does not protect from the burn that it is part of. */
static void program(espy_efuse *e, unsigned block)
{
    if (block >= ESPY_EFUSE_BLOCKS)
        return;
    for (unsigned word = espy_efuse_words(block); word-- > 0;)
        e->fuse[block][word] |= e->pgm[word] & unprotected(e, block, word);
    if (e->burnt != NULL)
        e->burnt(e->burnt_self);
}

static void update_irq(espy_efuse *e)
{
    espy_line_set(&e->irq, (e->int_raw & e->int_ena) != 0);
}

static void command(espy_efuse *e, uint32_t cmd)
{
    if ((cmd & PGM_CMD) != 0 && e->conf == WRITE_OP_CODE) {
        program(e, BLK_NUM(cmd));
        e->int_raw |= PGM_DONE;
    }
    if ((cmd & READ_CMD) != 0 && e->conf == READ_OP_CODE) {
        load(e);
        e->int_raw |= READ_DONE;
    }
    update_irq(e);
}

/* ---- Registers ---- */

static uint32_t read_block(const espy_efuse *e, uint32_t offset)
{
    unsigned block = offset >= EFUSE_RD_SYS_PART1_DATA0 ? 2 + (offset - EFUSE_RD_SYS_PART1_DATA0) / 32
                                                        : offset >= EFUSE_RD_MAC_SPI_SYS_0;
    return e->read[block][(offset - block_base(block)) / 4];
}

static uint32_t efuse_read(void *self, uint32_t offset)
{
    espy_efuse *e = self;
    if (offset < EFUSE_RD_WR_DIS)
        return e->pgm[offset / 4];
    if (offset < EFUSE_RD_REPEAT_ERR0)
        return read_block(e, offset);
    switch (offset) {
    case EFUSE_CLK: return e->clk;
    case EFUSE_CONF: return e->conf;
    case EFUSE_INT_RAW: return e->int_raw;
    case EFUSE_INT_ST: return e->int_raw & e->int_ena;
    case EFUSE_INT_ENA: return e->int_ena;
    default: return offset >= EFUSE_DAC_CONF && offset <= EFUSE_DATE ? e->timing[(offset - EFUSE_DAC_CONF) / 4] : 0;
    }
}

static void efuse_write(void *self, uint32_t offset, uint32_t value)
{
    espy_efuse *e = self;
    switch (offset) {
    case EFUSE_CLK: e->clk = value; break;
    case EFUSE_CONF: e->conf = value & 0xffff; break;
    case EFUSE_CMD: command(e, value); break;
    case EFUSE_INT_ENA: e->int_ena = value & 3; break;
    case EFUSE_INT_CLR: e->int_raw &= ~value; break;
    default:
        if (offset < EFUSE_RD_WR_DIS)
            e->pgm[offset / 4] = value;
        else if (offset >= EFUSE_DAC_CONF && offset <= EFUSE_DATE)
            e->timing[(offset - EFUSE_DAC_CONF) / 4] = value;
        break;
    }
    update_irq(e);
}

/* ---- The machine's side ---- */

static void blow_mac(espy_efuse *e, const uint8_t mac[6])
{
    static const uint8_t espressif[6] = {0x7c, 0xdf, 0xa1, 0x00, 0x53, 0x33}, none[6];
    const uint8_t *m = memcmp(mac, none, 6) != 0 ? mac : espressif;
    espy_efuse_blow(e, 1, 0, (uint32_t)m[2] << 24 | (uint32_t)m[3] << 16 | (uint32_t)m[4] << 8 | m[5]);
    espy_efuse_blow(e, 1, 1, (uint32_t)m[0] << 8 | m[1]);
}

static void blow_revision(espy_efuse *e, unsigned major, unsigned minor)
{
    if (major == 0 && minor == 0)
        minor = 2;
    blow_field(e, WAFER_VERSION_MINOR_LO, minor & 7);
    blow_field(e, WAFER_VERSION_MINOR_HI, minor >> 3);
    blow_field(e, WAFER_VERSION_MAJOR, major);
}

static void blow_calibration(espy_efuse *e)
{
    for (unsigned unit = 0; unit < 2; unit++)
        for (unsigned atten = 0; atten < 4; atten++) {
            blow_field(e, adc[unit][atten].init_code, adc[unit][atten].init_value);
            blow_field(e, adc[unit][atten].cal_vol, adc[unit][atten].cal_value);
        }
    blow_field(e, TEMP_CALIB, TEMP_CALIB_VALUE);
}

static unsigned psram_cap(uint32_t size)
{
    switch (size >> 20) {
    case 8: return 1;
    case 2: return 2;
    case 16: return 3;
    case 4: return 4;
    default: return 0;
    }
}

/* Chips with PSRAM in the package fix the voltage of VDD_SPI, which it shares with the flash. */
static void blow_memory(espy_efuse *e, uint32_t psram_size, bool flash_octal)
{
    unsigned cap = psram_cap(psram_size);
    if (cap != 0) {
        blow_field(e, PSRAM_CAP_LO, cap & 3);
        blow_field(e, PSRAM_CAP_HI, cap >> 2);
        blow_field(e, PSRAM_VENDOR, flash_octal ? PSRAM_VENDOR_AP_1V8 : PSRAM_VENDOR_AP_3V3);
    }
    if (cap != 0 || flash_octal) {
        blow_field(e, VDD_SPI_XPD, 1);
        blow_field(e, VDD_SPI_TIEH, !flash_octal);
        blow_field(e, VDD_SPI_FORCE, 1);
    }
    blow_field(e, FLASH_TYPE, flash_octal);
    blow_field(e, PIN_POWER_SELECTION, flash_octal);
}

void espy_efuse_init(espy_efuse *e, espy_soc *soc, const espy_efuse_config *config)
{
    *e = (espy_efuse){.soc = soc, .irq = config->irq};
    blow_mac(e, config->mac);
    blow_revision(e, config->wafer_major, config->wafer_minor);
    blow_memory(e, config->psram_size, config->flash_octal);
    for (size_t n = 0; n < sizeof factory / sizeof factory[0]; n++)
        blow_field(e, factory[n].field, factory[n].value);
    blow_calibration(e);
    /* OPTIONAL_UNIQUE_ID: spread from the MAC, so that two boards differ. */
    for (unsigned word = 0; word < 4; word++)
        espy_efuse_blow(e, 2, word, (e->fuse[1][0] ^ e->fuse[1][1] << 16) * (2654435769u + 2 * word));
    espy_device device = {
        .name = "EFUSE", .base = 0x60007000, .size = 0x1000, .self = e, .read = efuse_read, .write = efuse_write};
    espy_bus_attach(soc->bus, &device);
    espy_efuse_reset(e, ESPY_RESET_CHIP);
}

void espy_efuse_reset(espy_efuse *e, espy_reset reset)
{
    (void)reset;
    load(e);
    memset(e->pgm, 0, sizeof e->pgm);
    memcpy(e->timing, timing_reset, sizeof e->timing);
    e->conf = e->int_raw = e->int_ena = 0;
    e->clk = 2;
    update_irq(e);
}

static unsigned field_value(const espy_efuse *e, fuse_field field)
{
    unsigned value = 0;
    for (unsigned n = 0; n < field.width; n++) {
        unsigned bit = field.first + n;
        value |= (e->fuse[field.block][bit / 32] >> bit % 32 & 1) << n;
    }
    return value;
}

/* Each fuse holds the difference from the next code, less the one that is typical. */
void espy_efuse_calibration(const espy_efuse *e, espy_calibration *calibration)
{
    static const uint16_t ground_base[2][4] = {{1850, 90, 0, 70}, {2020, 0, 0, 0}};
    static const uint16_t adc1_base[4] = {800, 700, 800, 900}, adc2_base[4] = {40, 10, 20, 15};
    for (unsigned unit = 0; unit < 2; unit++)
        for (unsigned atten = 0, code = 0; atten < 4; atten++) {
            code += field_value(e, adc[unit][atten].init_code) + ground_base[unit][atten];
            calibration->ground_code[unit][atten] = (uint16_t)code;
        }
    for (unsigned n = 4, code = 0; n-- > 0;) {
        code += field_value(e, adc[0][n].cal_vol) + adc1_base[n];
        calibration->code_at_850mv[0][n] = (uint16_t)code;
        calibration->code_at_850mv[1][n] = (uint16_t)(code - field_value(e, adc[1][n].cal_vol) + adc2_base[n]);
    }
    unsigned temperature = field_value(e, TEMP_CALIB);
    int tenths = (int)(temperature & ~TEMP_CALIB_SIGN);
    calibration->temperature_error = temperature & TEMP_CALIB_SIGN ? -tenths : tenths;
}

/* The first key of that purpose; last byte first, it is as in a key file. */
static bool find_key(const espy_efuse *e, unsigned purpose, uint8_t bytes[KEY_SIZE])
{
    for (unsigned key = 0; key < KEYS; key++) {
        fuse_field field = KEY_PURPOSE_0;
        field.first = (uint8_t)(field.first + key * field.width);
        if (field_value(e, field) != purpose)
            continue;
        for (unsigned i = 0; i < KEY_SIZE; i++)
            bytes[KEY_SIZE - 1 - i] = (uint8_t)(e->fuse[FIRST_KEY + key][i / 4] >> 8 * (i % 4));
        return true;
    }
    return false;
}

/* A missing half of a long key is zero, and without any key the short one is. */
void espy_efuse_flash_crypt(const espy_efuse *e, espy_flash_crypt *crypt)
{
    unsigned count = field_value(e, SPI_BOOT_CRYPT_CNT);
    *crypt = (espy_flash_crypt){
        .boot_decrypts = ((count ^ count >> 1 ^ count >> 2) & 1) != 0,
        .no_download_encrypt = field_value(e, DIS_DOWNLOAD_MANUAL_ENCRYPT) != 0,
    };
    bool first = find_key(e, XTS_AES_256_KEY_1, crypt->key);
    bool second = find_key(e, XTS_AES_256_KEY_2, crypt->key + KEY_SIZE);
    if (!first && !second)
        find_key(e, XTS_AES_128_KEY, crypt->key);
    crypt->key_size = first || second ? 2 * KEY_SIZE : KEY_SIZE;
}

uint32_t espy_efuse_word(const espy_efuse *e, unsigned block, unsigned word)
{
    return e->fuse[block][word];
}

void espy_efuse_blow(espy_efuse *e, unsigned block, unsigned word, uint32_t bits)
{
    e->fuse[block][word] |= bits;
}
