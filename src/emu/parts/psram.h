/* SPDX-License-Identifier: MIT
 *
 * The PSRAM inside the ESP32-S3's package: AP Memory APS6408L (octal, DTR, 8 MB)
 * or APS1604M (quad, 2 MB), by mode and size.  Its contents are an espy_mem of
 * the chip's size that the machine owns.
 *
 * Commands, register layout and latencies are those that ESP-IDF v5.0.4 relies on
 * (components/esp_psram/esp32s3); some register values after power-on are from
 * memory of AP Memory's data sheets, which were not at hand to compare with.
 */
#ifndef ESPY_EMU_PARTS_PSRAM_H
#define ESPY_EMU_PARTS_PSRAM_H

#include "../core/soc.h"
#include "../core/spi.h"

typedef struct espy_psram {
    espy_spi_part part;
    espy_soc *soc;
    espy_mem *mem;

    uint8_t mr[9];      /* octal: mode registers 0 to 8 */
    bool reset_enabled; /* quad: 66h seen */
    bool qpi;           /* quad: 35h seen */
    bool wrap32;        /* quad: C0h toggles between 32 bytes and linear */
} espy_psram;

/* ESPY_E_ARG if no such chip is known. */
espy_status espy_psram_init(espy_psram *psram, espy_soc *soc, espy_mem *mem, bool octal, espy_err *err);
/* Power, and with it the registers, goes with a chip reset alone. */
void espy_psram_reset(espy_psram *psram, espy_reset kind);

#endif
