/* SPDX-License-Identifier: MIT
 *
 * IO_MUX: one register per pad (function, drive strength, pulls, input enable).
 *
 * Source: ESP32-S3 Technical Reference Manual, "IO MUX and GPIO Matrix";
 * ESP-IDF v5.0.4, soc/io_mux_reg.h.
 */
#ifndef ESPY_EMU_SOC_IOMUX_H
#define ESPY_EMU_SOC_IOMUX_H

#include "../core/soc.h"

#define ESPY_IOMUX_PINS 49
#define ESPY_IOMUX_FUN_PD (1u << 7)
#define ESPY_IOMUX_FUN_PU (1u << 8)
#define ESPY_IOMUX_FUN_IE (1u << 9)

typedef struct espy_iomux {
    espy_soc *soc;
    void (*changed)(void *user, unsigned pin, uint32_t config);
    void *user;
    uint32_t pin_ctrl, date;
    uint32_t pad[ESPY_IOMUX_PINS];
} espy_iomux;

/* `changed` learns the configuration of each pad at reset and when it changes. */
void espy_iomux_init(espy_iomux *iomux, espy_soc *soc, void (*changed)(void *user, unsigned pin, uint32_t config),
                     void *user);
void espy_iomux_reset(espy_iomux *iomux, espy_reset reset);

#endif
