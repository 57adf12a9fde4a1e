/* SPDX-License-Identifier: MIT
 *
 * The eFuse controller and 4096 fuses, blown at the factory to describe a module.
 *
 * Source: ESP32-S3 Technical Reference Manual, "eFuse Controller"; ESP-IDF
 * v5.0.4, soc/efuse_reg.h, esp_efuse_table.csv, esp_efuse_rtc_calib.c.  The
 * fields are checked with Espressif's own decoder, `espefuse --virt summary`.
 *
 * Left out: the Reed-Solomon check symbols (every block reads without errors),
 * programming times.
 */
#ifndef ESPY_EMU_SOC_EFUSE_H
#define ESPY_EMU_SOC_EFUSE_H

#include "../core/calibration.h"
#include "../core/flash_crypt.h"
#include "../core/soc.h"

#define ESPY_EFUSE_BLOCKS 11
#define ESPY_EFUSE_WORDS 8

typedef struct espy_efuse_config {
    uint8_t mac[6];                    /* all zero: 7C:DF:A1:00:53:33 */
    unsigned wafer_major, wafer_minor; /* chip revision; 0 and 0: v0.2 */
    uint32_t psram_size;               /* in the package or module, bytes; 0: none */
    bool flash_octal;                  /* octal flash, which on the S3 means 1.8 V on VDD_SPI */
    espy_line irq;
} espy_efuse_config;

typedef struct espy_efuse {
    espy_soc *soc;
    espy_line irq;
    uint32_t fuse[ESPY_EFUSE_BLOCKS][ESPY_EFUSE_WORDS]; /* what is blown */
    uint32_t read[ESPY_EFUSE_BLOCKS][ESPY_EFUSE_WORDS]; /* what the registers show since the last read */
    uint32_t pgm[11];                                   /* PGM_DATA0-7, PGM_CHECK_VALUE0-2 */
    uint32_t conf, clk, int_raw, int_ena;
    uint32_t timing[6]; /* DAC_CONF to DATE */
    /* Called after the controller has programmed a block; set it after init, or leave it NULL. */
    void (*burnt)(void *self);
    void *burnt_self;
} espy_efuse;

void espy_efuse_init(espy_efuse *efuse, espy_soc *soc, const espy_efuse_config *config);
/* Loads the read registers from the fuses, which no reset can change. */
void espy_efuse_reset(espy_efuse *efuse, espy_reset reset);
/* How many words block 0-10 has, and where its register of a word is in the controller. */
unsigned espy_efuse_words(unsigned block);
uint32_t espy_efuse_read_offset(unsigned block, unsigned word);
/* What is blown in block 0-10, as shown by the first read register on. */
uint32_t espy_efuse_word(const espy_efuse *efuse, unsigned block, unsigned word);
/* What the fuses say of the analog parts, as ESP-IDF reads it. */
void espy_efuse_calibration(const espy_efuse *efuse, espy_calibration *calibration);
/* What they say about flash encryption, keys that cannot be read included. */
void espy_efuse_flash_crypt(const espy_efuse *efuse, espy_flash_crypt *crypt);
/* Blows bits, as a factory does; block 0-10, word 0-7. */
void espy_efuse_blow(espy_efuse *efuse, unsigned block, unsigned word, uint32_t bits);

#endif
