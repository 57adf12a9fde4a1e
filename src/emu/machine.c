/* SPDX-License-Identifier: MIT
 *
 * A virtual ESP32-S3 board: the only file that knows every part of it.  It makes
 * the parts, wires them, performs resets, and lets the two cores take turns.
 *
 * Source: ESP32-S3 TRM, "System and Memory", "Reset and Clock", "Chip Boot
 * Control"; ESP32-S3-DevKitC-1 schematic for the auto-reset circuit.
 */
#include "espy/machine.h"

#include "core/bus.h"
#include "core/clock.h"
#include "core/reset.h"
#include "core/soc.h"
#include "cpu/cpu.h"
#include "parts/nor.h"
#include "parts/nor_octal.h"
#include "parts/psram.h"
#include "efuse_file.h"
#include "inspect.h"
#include "rom/builtin.h"
#include "rom/rom.h"
#include "soc/aes.h"
#include "soc/assist_debug.h"
#include "soc/efuse.h"
#include "soc/extmem.h"
#include "soc/gdma.h"
#include "soc/gpio.h"
#include "soc/intmatrix.h"
#include "soc/iomux.h"
#include "soc/mspi.h"
#include "soc/regi2c.h"
#include "soc/rng.h"
#include "soc/rtc.h"
#include "soc/rtc_io.h"
#include "soc/sens.h"
#include "soc/sha.h"
#include "soc/storage.h"
#include "soc/system.h"
#include "soc/systimer.h"
#include "soc/timg.h"
#include "soc/uart.h"
#include "soc/usb_otg.h"
#include "soc/usb_serial_jtag.h"
#include "soc/xts_aes.h"
#include "store.h"

#include <stdlib.h>
#include <string.h>

enum {
    SRAM0_SIZE = 0x8000,  /* instruction bus only */
    SRAM1_SIZE = 0x68000, /* both buses */
    SRAM2_SIZE = 0x10000, /* data bus only */
    SRAM_SIZE = SRAM0_SIZE + SRAM1_SIZE + SRAM2_SIZE,
    RTC_SIZE = 0x2000,
    STRAP_GPIO0 = 1 << 3, /* high: boot from flash */
    UARTS = 3
};

/* While both cores run they take turns of this length: 512 cycles at 240 MHz,
 * about what a spin lock is held for. */
#define QUANTUM ((espy_tick)1024)

/* EN is pulled up by 10 kOhm against 1 uF and the chip starts at 0.75 VDD, so it
 * starts RC ln 4 = 13.9 ms after the transistor lets go. */
#define EN_RISE (14 * ESPY_TICKS_PER_MS)

typedef struct core {
    espy_machine *machine;
    espy_cpu *cpu;
    bool in_reset, clocked, stalled, rtc_stalled;
} core;

struct espy_machine {
    const espy_model *model;
    espy_soc soc;
    espy_clock clock;
    espy_bus bus;
    espy_code *code;
    core core[2];
    core *running; /* the core whose slice it is, or NULL */

    espy_builtin_rom builtin; /* unless there is a real ROM */
    uint8_t *rom_bytes, *sram_bytes, *rtc_bytes, *psram_bytes;
    espy_store flash_store;
    espy_mem rom, sram, rtc_ram, flash, psram;
    espy_mem clear_flash; /* the flash as the cache reads it where it is encrypted */
    uint8_t *clear_bytes, *clear_known;

    espy_nor nor;
    espy_nor_octal nor_octal;
    espy_psram psram_part;

    espy_mspi mspi;
    espy_extmem extmem;
    espy_intmatrix intmatrix;
    espy_uart uart[UARTS];
    espy_gpio gpio;
    espy_iomux iomux;
    espy_efuse efuse;
    espy_efuse_file efuse_file;
    espy_xts_aes xts_aes;
    espy_rtc rtc;
    espy_rtc_io rtc_io;
    espy_sens sens;
    espy_regi2c regi2c;
    espy_system system;
    espy_systimer systimer;
    espy_timg timg[2];
    espy_aes aes;
    espy_sha sha;
    espy_gdma gdma;
    espy_rng rng;
    espy_usb_serial_jtag usb_serial_jtag;
    espy_usb_otg usb_otg;
    espy_assist_debug assist_debug;
    espy_storage storage;

    bool dtr, rts;            /* of the bridge; true: asserted */
    bool boot_key, reset_key; /* held down */
    bool unplugged;           /* the 3.3 V are gone */
    bool powered;             /* EN is high */
    uint32_t straps;          /* as the last chip reset latched them, ... */
    bool force_download;      /* ... RTC_CNTL's bit that overrides GPIO0's, ... */
    bool usb_download;        /* ... and USB Serial/JTAG's, as it was at the last core reset */
    bool usb_reset;           /* the host on USB Serial/JTAG holds the chip in reset */
    bool sleeping;
    espy_event en_rise;
    espy_reset_cause reset_cause; /* requested and not yet performed */
    unsigned reset_cores;
};

/* Cores. */

static bool core_can_run(const core *c)
{
    const espy_machine *m = c->machine;
    return m->powered && !m->sleeping && !m->usb_reset && m->builtin.fault.status == ESPY_OK && c->clocked &&
           !c->in_reset && !c->stalled && !c->rtc_stalled;
}

/* Something changed that the running core's slice did not foresee. */
static void end_slice(espy_machine *m)
{
    if (m->running != NULL)
        espy_cpu_stop(m->running->cpu);
}

static void set_core_reset(void *self, unsigned n, bool level)
{
    espy_machine *m = self;
    core *c = &m->core[n];
    if (c->in_reset && !level)
        espy_cpu_reset(c->cpu);
    c->in_reset = level;
    end_slice(m);
}

static void set_core_clock(void *self, unsigned n, bool level)
{
    espy_machine *m = self;
    m->core[n].clocked = level;
    end_slice(m);
}

/* SYSTEM and RTC_CNTL each can stall a core. */
static void update_stall(espy_machine *m, unsigned n)
{
    espy_systimer_halt(&m->systimer, n, m->core[n].stalled || m->core[n].rtc_stalled);
    end_slice(m);
}

static void set_core_stall(void *self, unsigned n, bool level)
{
    espy_machine *m = self;
    m->core[n].stalled = level;
    update_stall(m, n);
}

static void set_core_rtc_stall(void *self, unsigned n, bool level)
{
    espy_machine *m = self;
    m->core[n].rtc_stalled = level;
    update_stall(m, n);
}

static void set_sleep(void *self, unsigned n, bool level)
{
    (void)n;
    espy_machine *m = self;
    m->sleeping = level;
    espy_systimer_halt(&m->systimer, 2, level);
    espy_timg_halt(&m->timg[0], 0, level);
    espy_timg_halt(&m->timg[1], 0, level);
    espy_usb_serial_jtag_clock(&m->usb_serial_jtag, 0, !level);
    end_slice(m);
}

static void set_cpu_clock(void *self, unsigned cpu_ticks, unsigned apb_ticks)
{
    espy_machine *m = self;
    for (unsigned i = 0; i < 2; i++)
        espy_cpu_set_cycle(m->core[i].cpu, cpu_ticks);
    for (unsigned i = 0; i < 2; i++)
        espy_timg_set_apb(&m->timg[i], apb_ticks);
    for (unsigned i = 0; i < UARTS; i++)
        espy_uart_set_apb(&m->uart[i], (uint32_t)(ESPY_TICKS_PER_SECOND / apb_ticks));
}

static void set_interrupts(void *self, unsigned n, uint32_t levels)
{
    espy_machine *m = self;
    core *c = &m->core[n];
    espy_cpu_set_interrupts(c->cpu, levels);
    /* A core that sleeps in WAITI wakes now, not when the other's slice is over. */
    if (c != m->running && levels != 0)
        end_slice(m);
}

/* Resets. */

static void request_reset(void *self, espy_reset_cause cause, unsigned cores)
{
    espy_machine *m = self;
    m->reset_cause = cause;
    m->reset_cores = cores;
    end_slice(m);
}

/* Power goes from a memory. */
static void forget(espy_machine *m, espy_mem *mem)
{
    if (mem->bytes == NULL)
        return;
    memset(mem->bytes, 0, mem->size);
    espy_bus_mem_changed(&m->bus, mem, 0, mem->size);
}

static void reset_parts(espy_machine *m, espy_reset depth)
{
    if (m->model->flash_mode == ESPY_MODE_OCTAL)
        espy_nor_octal_reset(&m->nor_octal, depth);
    else
        espy_nor_reset(&m->nor, depth);
    if (m->model->psram_size > 0)
        espy_psram_reset(&m->psram_part, depth);
}

/* The watchdogs guard a boot from flash, and not the download modes. */
static void update_boot_mode(espy_machine *m)
{
    bool flash_boot = (m->gpio.strap & STRAP_GPIO0) != 0;
    espy_rtc_set_flash_boot(&m->rtc, flash_boot);
    espy_timg_set_flash_boot(&m->timg[0], flash_boot);
    espy_xts_aes_set_flash_boot(&m->xts_aes, flash_boot);
}

/* The ROM looks at the strap register alone, and boards that are forced to download print
 * GPIO0's strap as low. */
static void update_straps(espy_machine *m)
{
    m->gpio.strap = m->force_download || m->usb_download ? m->straps & ~STRAP_GPIO0 : m->straps;
    update_boot_mode(m);
}

/* machine.bootloader(): counts even after a CPU reset. */
static void set_force_download(void *self, unsigned n, bool level)
{
    (void)n;
    espy_machine *m = self;
    m->force_download = level;
    update_straps(m);
}

/* The download flag counts as it is when the reset begins, not when it ends; a chip that is
 * held in reset begins anew when it is let go. */
static void set_usb_reset(void *self, unsigned n, bool level)
{
    (void)n;
    espy_machine *m = self;
    if (level)
        m->usb_download = m->usb_serial_jtag.download;
    m->usb_reset = level;
    request_reset(m, ESPY_CAUSE_USB_UART, ESPY_CORES_BOTH);
}

static void reset_encryption(espy_machine *m)
{
    espy_flash_crypt crypt;
    espy_efuse_flash_crypt(&m->efuse, &crypt);
    espy_xts_aes_reset(&m->xts_aes, &crypt);
}

static void reset_peripherals(espy_machine *m, espy_reset_cause cause)
{
    espy_reset depth = espy_reset_depth(cause);
    /* Deep sleep takes the power from VDD_SPI and from the digital domain; to most of what
     * lies there a core reset is the same. */
    espy_reset unpowered = cause == ESPY_CAUSE_DEEP_SLEEP ? ESPY_RESET_CHIP : depth;
    espy_iomux_reset(&m->iomux, depth);
    espy_gpio_reset(&m->gpio, depth);
    espy_usb_serial_jtag_reset(&m->usb_serial_jtag, unpowered);
    if (depth != ESPY_RESET_CORE)
        m->straps = m->gpio.strap;
    if (cause != ESPY_CAUSE_USB_UART)
        m->usb_download = m->usb_serial_jtag.download;
    update_straps(m);
    espy_intmatrix_reset(&m->intmatrix, depth);
    espy_rtc_reset(&m->rtc, depth);
    espy_rtc_io_reset(&m->rtc_io, depth);
    espy_sens_reset(&m->sens, depth);
    espy_regi2c_reset(&m->regi2c, depth);
    espy_systimer_reset(&m->systimer, depth);
    for (unsigned i = 0; i < 2; i++)
        espy_timg_reset(&m->timg[i], depth);
    for (unsigned i = 0; i < UARTS; i++)
        espy_uart_reset(&m->uart[i], depth);
    espy_efuse_reset(&m->efuse, depth);
    reset_encryption(m);
    espy_aes_reset(&m->aes, depth);
    espy_sha_reset(&m->sha, depth);
    espy_gdma_reset(&m->gdma, depth);
    espy_usb_otg_reset(&m->usb_otg, depth);
    espy_assist_debug_reset(&m->assist_debug, unpowered);
    espy_storage_reset(&m->storage, depth);
    reset_parts(m, unpowered);
    espy_mspi_reset(&m->mspi, depth);
    espy_extmem_reset(&m->extmem, depth);
    espy_system_reset(&m->system, depth);
}

static void perform_reset(espy_machine *m, espy_reset_cause cause, unsigned cores)
{
    espy_log(m->soc.log, ESPY_LOG_CPU, "reset: cause 0x%02x, cores %u", (unsigned)cause, cores);
    for (unsigned i = 0; i < 2; i++)
        if (cores & (ESPY_CORE_0 << i))
            espy_assist_debug_record(&m->assist_debug, i, espy_cpu_pc(m->core[i].cpu),
                                     espy_cpu_get_a(m->core[i].cpu, 1));
    if (!espy_reset_is_cpu(cause))
        reset_peripherals(m, cause);
    if (cause == ESPY_CAUSE_DEEP_SLEEP)
        forget(m, &m->sram);
    espy_uart_guest_restarts(&m->uart[0]);
    espy_rtc_set_cause(&m->rtc, cores, cause);
    for (unsigned i = 0; i < 2; i++)
        if (cores & (ESPY_CORE_0 << i))
            espy_cpu_reset(m->core[i].cpu);
}

static void perform_pending_reset(espy_machine *m)
{
    espy_reset_cause cause = m->reset_cause;
    m->reset_cause = ESPY_CAUSE_NONE;
    /* A watchdog is not to hide that the ROM could not go on, as somebody outside may. */
    if (cause == ESPY_CAUSE_USB_UART)
        espy_builtin_rom_revive(&m->builtin);
    if (m->builtin.fault.status != ESPY_OK)
        return;
    perform_reset(m, cause, m->reset_cores);
}

static void power_on(void *self)
{
    espy_machine *m = self;
    m->powered = true;
    espy_usb_serial_jtag_clock(&m->usb_serial_jtag, 0, true);
    espy_builtin_rom_revive(&m->builtin);
    m->reset_cause = ESPY_CAUSE_NONE;
    perform_reset(m, ESPY_CAUSE_POWER_ON, ESPY_CORES_BOTH);
}

/* Memories. */

static espy_status make_mem(espy_mem *mem, const char *name, uint8_t **bytes, size_t size, espy_err *err)
{
    *bytes = calloc(1, size);
    if (*bytes == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory for the %s of the virtual board", name);
    return espy_mem_init(mem, name, *bytes, size, err);
}

static espy_status make_flash(espy_machine *m, const char *path, espy_err *err)
{
    espy_status st = espy_store_open(&m->flash_store, path, m->model->flash_size, err);
    if (st != ESPY_OK)
        return st;
    st = espy_mem_init(&m->flash, "flash", m->flash_store.bytes, m->flash_store.size, err);
    if (st == ESPY_OK)
        st = make_mem(&m->clear_flash, "decrypted flash", &m->clear_bytes, m->model->flash_size, err);
    m->clear_known = calloc(1, m->model->flash_size / ESPY_MMU_PAGE_SIZE);
    if (st == ESPY_OK && m->clear_known == NULL)
        st = espy_fail(err, ESPY_E_MEMORY, "no memory for the virtual board");
    return st;
}

static espy_status make_rom(espy_machine *m, const char *path, espy_err *err)
{
    espy_status st = make_mem(&m->rom, "ROM", &m->rom_bytes, ESPY_ROM_SIZE, err);
    if (st != ESPY_OK)
        return st;
    if (path != NULL)
        return espy_rom_load(m->rom_bytes, path, err);
    return espy_builtin_rom_init(&m->builtin, m->rom_bytes, &m->bus, &m->clock, m->soc.log, err);
}

static espy_status make_memories(espy_machine *m, const espy_machine_config *config, espy_err *err)
{
    espy_status st = make_rom(m, config->rom_path, err);
    if (st == ESPY_OK)
        st = make_mem(&m->sram, "SRAM", &m->sram_bytes, SRAM_SIZE, err);
    if (st == ESPY_OK)
        st = make_mem(&m->rtc_ram, "RTC memory", &m->rtc_bytes, 2 * RTC_SIZE, err);
    if (st == ESPY_OK && m->model->psram_size > 0)
        st = make_mem(&m->psram, "PSRAM", &m->psram_bytes, m->model->psram_size, err);
    if (st == ESPY_OK)
        st = make_flash(m, config->flash_path, err);
    return st;
}

static void map_memories(espy_machine *m)
{
    espy_bus *bus = &m->bus;
    espy_bus_map(bus, ESPY_ROM_CODE_ADDR, ESPY_ROM_SIZE, &m->rom, 0, false);
    espy_bus_map(bus, ESPY_ROM_DATA_ADDR, ESPY_ROM_SIZE - ESPY_ROM_DATA_OFFSET, &m->rom, ESPY_ROM_DATA_OFFSET, false);
    espy_bus_map(bus, 0x40370000, SRAM0_SIZE + SRAM1_SIZE, &m->sram, 0, true);
    espy_bus_map(bus, 0x3fc88000, SRAM1_SIZE + SRAM2_SIZE, &m->sram, SRAM0_SIZE, true);
    espy_bus_map(bus, 0x600fe000, RTC_SIZE, &m->rtc_ram, 0, true);
    espy_bus_map(bus, 0x50000000, RTC_SIZE, &m->rtc_ram, RTC_SIZE, true);
}

/* Parts and peripherals. */

static espy_status make_parts(espy_machine *m, bool timing_real, espy_err *err)
{
    const espy_model *model = m->model;
    espy_status st = model->flash_mode == ESPY_MODE_OCTAL
                         ? espy_nor_octal_init(&m->nor_octal, &m->soc, &m->flash, timing_real, err)
                         : espy_nor_init(&m->nor, &m->soc, &m->flash, timing_real, err);
    if (st == ESPY_OK && model->psram_size > 0)
        st = espy_psram_init(&m->psram_part, &m->soc, &m->psram, model->psram_mode == ESPY_MODE_OCTAL, err);
    return st;
}

static espy_line source(espy_machine *m, unsigned n)
{
    return espy_intmatrix_source(&m->intmatrix, n);
}

static void make_memory_controllers(espy_machine *m)
{
    espy_spi_part *flash = m->model->flash_mode == ESPY_MODE_OCTAL ? &m->nor_octal.part : &m->nor.part;
    espy_mspi_init(&m->mspi, &m->soc, flash, m->model->psram_size > 0 ? &m->psram_part.part : NULL);
    m->mspi.irq[1] = source(m, ESPY_INT_SPI1);
    espy_extmem_init(&m->extmem, &m->soc, &m->mspi.view);
    m->extmem.irq[ESPY_EXTMEM_CACHE_IA] = source(m, ESPY_INT_CACHE_IA);
}

static void set_decryption(void *self, unsigned n, bool level)
{
    (void)n;
    (void)level;
    espy_machine *m = self;
    espy_extmem_refresh(&m->extmem);
}

static void make_encryption(espy_machine *m)
{
    espy_xts_aes_init(&m->xts_aes, &m->soc, &m->flash, &m->clear_flash, m->clear_known);
    m->xts_aes.decrypts = (espy_line){set_decryption, m, 0};
    m->extmem.flash_page = espy_xts_aes_page;
    m->extmem.flash_page_self = &m->xts_aes;
    m->mspi.cipher = (espy_spi_cipher){espy_xts_aes_take, &m->xts_aes};
}

static void make_serial(espy_machine *m, bool timing_real)
{
    for (unsigned i = 0; i < UARTS; i++)
        espy_uart_init(
            &m->uart[i], &m->soc,
            &(espy_uart_config){.index = i, .irq = source(m, ESPY_INT_UART0 + i), .timing_real = timing_real});
    espy_usb_serial_jtag_init(&m->usb_serial_jtag, &m->soc, source(m, ESPY_INT_USB_SERIAL_JTAG));
    m->usb_serial_jtag.reset = (espy_line){set_usb_reset, m, 0};
    espy_usb_otg_init(&m->usb_otg, &m->soc, source(m, ESPY_INT_USB));
}

static void make_pins(espy_machine *m)
{
    espy_gpio_init(&m->gpio, &m->soc, source(m, ESPY_INT_GPIO), source(m, ESPY_INT_GPIO_NMI));
    espy_iomux_init(&m->iomux, &m->soc, espy_gpio_set_mux, &m->gpio);
}

static espy_status make_fuses(espy_machine *m, const char *path, espy_err *err)
{
    espy_efuse_init(&m->efuse, &m->soc,
                    &(espy_efuse_config){.psram_size = m->model->psram_size,
                                         .flash_octal = m->model->flash_mode == ESPY_MODE_OCTAL,
                                         .irq = source(m, ESPY_INT_EFUSE)});
    return path != NULL ? espy_efuse_file_open(&m->efuse_file, path, &m->efuse, m->soc.log, err) : ESPY_OK;
}

static void make_timers(espy_machine *m)
{
    espy_systimer_init(&m->systimer, &m->soc);
    for (unsigned i = 0; i < 3; i++)
        m->systimer.intr[i] = source(m, ESPY_INT_SYSTIMER_TARGET0 + i);
    for (unsigned i = 0; i < 2; i++) {
        espy_timg *group = &m->timg[i];
        espy_timg_init(group, &m->soc, i);
        group->intr_timer[0] = source(m, i == 0 ? ESPY_INT_TG0_T0 : ESPY_INT_TG1_T0);
        group->intr_timer[1] = source(m, i == 0 ? ESPY_INT_TG0_T1 : ESPY_INT_TG1_T1);
        group->intr_wdt = source(m, i == 0 ? ESPY_INT_TG0_WDT : ESPY_INT_TG1_WDT);
        group->reset = (espy_reset_port){request_reset, m};
    }
}

static void make_rtc_io(espy_machine *m)
{
    espy_rtc_io_init(&m->rtc_io, &m->soc);
    m->rtc_io.pad = espy_gpio_set_rtc;
    m->rtc_io.pad_self = &m->gpio;
    m->rtc_io.inputs = espy_rtc_set_pads;
    m->rtc_io.inputs_self = &m->rtc;
    m->rtc_io.wake = (espy_line){espy_rtc_gpio_wakes, &m->rtc, 1};
    m->gpio.changed = (espy_line){espy_rtc_io_changed, &m->rtc_io, 0};
    m->gpio.wake = (espy_line){espy_rtc_gpio_wakes, &m->rtc, 0};
    m->rtc.hold = espy_gpio_set_hold;
    m->rtc.hold_self = &m->gpio;
}

static void make_rtc(espy_machine *m)
{
    espy_rtc_init(&m->rtc, &m->soc);
    m->rtc.reset = (espy_reset_port){request_reset, m};
    m->rtc.intr = source(m, ESPY_INT_RTC_CORE);
    m->rtc.sleep = (espy_line){set_sleep, m, 0};
    m->rtc.force_download = (espy_line){set_force_download, m, 0};
    m->rtc.otg_phy = (espy_line){espy_usb_serial_jtag_phy, &m->usb_serial_jtag, 0};
    for (unsigned i = 0; i < 2; i++)
        m->rtc.stall[i] = (espy_line){set_core_rtc_stall, m, i};
    make_rtc_io(m);
    espy_calibration calibration;
    espy_efuse_calibration(&m->efuse, &calibration);
    espy_sens_init(&m->sens, &m->soc, &calibration);
    espy_regi2c_init(&m->regi2c, &m->soc);
    m->regi2c.sar_adc = espy_sens_analog;
    m->regi2c.sar_adc_self = &m->sens;
}

static void make_system(espy_machine *m)
{
    espy_system_init(&m->system, &m->soc);
    m->system.clock = set_cpu_clock;
    m->system.clock_self = m;
    m->system.core1_reset = (espy_line){set_core_reset, m, 1};
    m->system.core1_clock = (espy_line){set_core_clock, m, 1};
    m->system.core1_stall = (espy_line){set_core_stall, m, 1};
    m->system.encryption = espy_xts_aes_control;
    m->system.encryption_self = &m->xts_aes;
    for (unsigned i = 0; i < 4; i++)
        m->system.from_cpu[i] = source(m, ESPY_INT_FROM_CPU_0 + i);
}

static void make_crypto(espy_machine *m)
{
    espy_line in[ESPY_GDMA_CHANNELS], out[ESPY_GDMA_CHANNELS];
    for (unsigned i = 0; i < ESPY_GDMA_CHANNELS; i++) {
        in[i] = source(m, ESPY_INT_DMA_IN_CH0 + i);
        out[i] = source(m, ESPY_INT_DMA_OUT_CH0 + i);
    }
    espy_gdma_init(&m->gdma, &m->soc, in, out);
    espy_dma_port port = espy_gdma_port(&m->gdma, ESPY_GDMA_AES);
    espy_aes_init(&m->aes, &m->soc, source(m, ESPY_INT_AES), &port);
    m->gdma.ready[ESPY_GDMA_AES] = (espy_line){espy_aes_dma_ready, &m->aes, 0};
    port = espy_gdma_port(&m->gdma, ESPY_GDMA_SHA);
    espy_sha_init(&m->sha, &m->soc, source(m, ESPY_INT_SHA), &port);
    m->gdma.ready[ESPY_GDMA_SHA] = (espy_line){espy_sha_dma_ready, &m->sha, 0};
    espy_rng_init(&m->rng, &m->soc, 0);
}

/* A module that software holds in reset; the rest ignore SYSTEM's reset bits. */
static void reset_module(void *self, unsigned n, bool level)
{
    espy_machine *m = self;
    if (!level)
        return;
    switch (n) {
    case ESPY_RST_SPI01: espy_mspi_reset(&m->mspi, ESPY_RESET_CORE); break;
    case ESPY_RST_UART: espy_uart_reset(&m->uart[0], ESPY_RESET_CORE); break;
    case ESPY_RST_UART1: espy_uart_reset(&m->uart[1], ESPY_RESET_CORE); break;
    case ESPY_RST_UART2: espy_uart_reset(&m->uart[2], ESPY_RESET_CORE); break;
    case ESPY_RST_TIMERGROUP: espy_timg_reset(&m->timg[0], ESPY_RESET_CORE); break;
    case ESPY_RST_TIMERGROUP1: espy_timg_reset(&m->timg[1], ESPY_RESET_CORE); break;
    case ESPY_RST_SYSTIMER: espy_systimer_reset(&m->systimer, ESPY_RESET_CORE); break;
    case ESPY_RST_CRYPTO_AES: espy_aes_reset(&m->aes, ESPY_RESET_CORE); break;
    case ESPY_RST_CRYPTO_SHA: espy_sha_reset(&m->sha, ESPY_RESET_CORE); break;
    case ESPY_RST_DMA: espy_gdma_reset(&m->gdma, ESPY_RESET_CORE); break;
    case ESPY_RST_USB_DEVICE: espy_usb_serial_jtag_reset(&m->usb_serial_jtag, ESPY_RESET_SYSTEM); break;
    case ESPY_RST_USB: espy_usb_otg_reset(&m->usb_otg, ESPY_RESET_CORE); break;
    default: break;
    }
}

static espy_status make_peripherals(espy_machine *m, const espy_machine_config *config, espy_err *err)
{
    espy_intmatrix_init(&m->intmatrix, &m->soc);
    m->intmatrix.output = set_interrupts;
    m->intmatrix.output_self = m;
    espy_status st = make_fuses(m, config->efuse_path, err);
    if (st != ESPY_OK)
        return st;
    make_memory_controllers(m);
    make_encryption(m);
    make_serial(m, config->timing_real);
    make_pins(m);
    make_timers(m);
    make_rtc(m);
    make_system(m);
    make_crypto(m);
    espy_assist_debug_init(&m->assist_debug, &m->soc);
    espy_storage_init(&m->storage, &m->soc);
    for (unsigned n = 0; n < ESPY_RST_COUNT; n++)
        m->system.module_reset[n] = (espy_line){reset_module, m, n};
    return ESPY_OK;
}

static void stop_for_fault(void *self)
{
    end_slice(self);
}

static espy_status make_cores(espy_machine *m, espy_err *err)
{
    static const uint32_t prid[2] = {0xcdcd, 0xabab};
    espy_status st = espy_code_new(&m->code, &m->bus, err);
    for (unsigned i = 0; i < 2 && st == ESPY_OK; i++) {
        m->core[i] = (core){.machine = m, .clocked = true};
        st = espy_cpu_new(&m->core[i].cpu, &m->bus, &m->clock, m->code, m->soc.log, prid[i], err);
        if (st == ESPY_OK && m->builtin.places != NULL)
            espy_builtin_rom_attach(&m->builtin, m->core[i].cpu);
    }
    m->builtin.stop = stop_for_fault;
    m->builtin.stop_self = m;
    return st;
}

static espy_status make_machine(espy_machine *m, const espy_machine_config *config, espy_err *err)
{
    m->model = config->model != NULL ? config->model : &espy_models[0];
    m->soc = (espy_soc){&m->clock, &m->bus, config->log};
    espy_status st = espy_bus_init(&m->bus, config->log, err);
    if (st == ESPY_OK)
        st = make_memories(m, config, err);
    if (st == ESPY_OK)
        st = make_cores(m, err);
    if (st != ESPY_OK)
        return st;
    map_memories(m);
    st = make_parts(m, config->timing_real, err);
    if (st == ESPY_OK)
        st = make_peripherals(m, config, err);
    if (st != ESPY_OK)
        return st;
    m->en_rise = (espy_event){.fire = power_on, .self = m};
    power_on(m);
    return ESPY_OK;
}

espy_status espy_machine_new(espy_machine **machine, const espy_machine_config *config, espy_err *err)
{
    espy_machine *m = calloc(1, sizeof *m);
    if (m == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory for a virtual board");
    espy_status st = make_machine(m, config, err);
    if (st != ESPY_OK) {
        espy_store_undo(&m->flash_store, config->flash_path);
        espy_efuse_file_undo(&m->efuse_file);
        espy_machine_free(m);
        return st;
    }
    *machine = m;
    return ESPY_OK;
}

void espy_machine_free(espy_machine *m)
{
    if (m == NULL)
        return;
    for (unsigned i = 0; i < UARTS; i++)
        espy_uart_free(&m->uart[i]);
    espy_usb_serial_jtag_free(&m->usb_serial_jtag);
    for (unsigned i = 0; i < 2; i++)
        espy_cpu_free(m->core[i].cpu);
    espy_code_free(m->code);
    espy_mem *const mems[] = {&m->rom, &m->sram, &m->rtc_ram, &m->flash, &m->clear_flash, &m->psram};
    for (size_t i = 0; i < sizeof mems / sizeof mems[0]; i++)
        espy_mem_free(mems[i]);
    espy_builtin_rom_free(&m->builtin);
    espy_store_close(&m->flash_store);
    espy_efuse_file_close(&m->efuse_file);
    free(m->rom_bytes);
    free(m->sram_bytes);
    free(m->rtc_bytes);
    free(m->psram_bytes);
    free(m->clear_bytes);
    free(m->clear_known);
    espy_bus_free(&m->bus);
    free(m);
}

/* Running. */

static bool core_runs(const core *c)
{
    return core_can_run(c) && !espy_cpu_waiting(c->cpu);
}

static espy_tick min_tick(espy_tick a, espy_tick b)
{
    return a < b ? a : b;
}

static espy_tick max_tick(espy_tick a, espy_tick b)
{
    return a > b ? a : b;
}

/* How far time may go before something other than a running core must act. */
static espy_tick horizon(const espy_machine *m, espy_tick end)
{
    espy_tick span = min_tick(end, espy_clock_next(&m->clock)) - m->clock.now;
    for (unsigned i = 0; i < 2; i++)
        if (core_can_run(&m->core[i]) && espy_cpu_waiting(m->core[i].cpu))
            span = min_tick(span, espy_cpu_wake_in(m->core[i].cpu));
    return max_tick(span, 1);
}

/* Runs one core from `start`; leaves the clock there. */
static espy_tick run_core(espy_machine *m, core *c, espy_tick start, espy_tick span)
{
    m->running = c;
    espy_tick used = espy_cpu_run(c->cpu, span);
    m->running = NULL;
    m->clock.now = start;
    return used;
}

/* Both cores, one after the other, through the same stretch of time. */
static void run_slice(espy_machine *m, espy_tick span)
{
    espy_tick start = m->clock.now, elapsed = 0;
    bool ran[2];
    espy_tick used[2] = {0, 0};
    for (unsigned i = 0; i < 2; i++) {
        ran[i] = core_runs(&m->core[i]);
        if (!ran[i])
            continue;
        /* The second core is not to run beyond where the first was stopped. */
        espy_tick limit = i == 1 && ran[0] && !espy_cpu_waiting(m->core[0].cpu) ? max_tick(used[0], 1) : span;
        used[i] = run_core(m, &m->core[i], start, limit);
        elapsed = max_tick(elapsed, used[i]);
    }
    if (!ran[0] && !ran[1]) {
        elapsed = span;
        /* A core that the built-in ROM has paused would be busy with the real one. */
        if (espy_cpu_asleep(m->core[0].cpu))
            espy_uart_guest_sleeps(&m->uart[0]);
    }
    for (unsigned i = 0; i < 2; i++)
        if (core_can_run(&m->core[i]) && used[i] < elapsed && (!ran[i] || espy_cpu_waiting(m->core[i].cpu)))
            espy_cpu_idle(m->core[i].cpu, elapsed - used[i]);
    m->clock.now = start + elapsed;
}

static size_t unread_bytes(const espy_machine *m)
{
    return espy_uart_host_available(&m->uart[0]) + espy_usb_serial_jtag_host_available(&m->usb_serial_jtag);
}

espy_stop espy_machine_run(espy_machine *m, uint64_t us)
{
    espy_tick end = m->clock.now + us * ESPY_TICKS_PER_US;
    bool faulty = m->builtin.fault.status != ESPY_OK;
    size_t unread = unread_bytes(m);
    while (m->clock.now < end) {
        espy_clock_fire_due(&m->clock);
        if (m->reset_cause != ESPY_CAUSE_NONE)
            perform_pending_reset(m);
        if (!faulty && m->builtin.fault.status != ESPY_OK)
            return ESPY_STOP_FAULT;
        if (unread_bytes(m) > unread)
            return ESPY_STOP_OUTPUT;
        espy_tick span = horizon(m, end);
        if (core_runs(&m->core[0]) && core_runs(&m->core[1]))
            span = min_tick(span, QUANTUM);
        run_slice(m, span);
    }
    return m->builtin.fault.status != ESPY_OK ? ESPY_STOP_FAULT : ESPY_STOP_TIME;
}

const espy_err *espy_machine_fault(const espy_machine *m)
{
    return m->builtin.fault.status != ESPY_OK ? &m->builtin.fault : NULL;
}

uint64_t espy_machine_now_us(const espy_machine *m)
{
    return m->clock.now / ESPY_TICKS_PER_US;
}

uint64_t espy_machine_idle_us(const espy_machine *m)
{
    if (core_runs(&m->core[0]) || core_runs(&m->core[1]) || m->reset_cause != ESPY_CAUSE_NONE)
        return 0;
    espy_tick span = horizon(m, ESPY_NEVER);
    return span < ESPY_NEVER - m->clock.now ? (span + ESPY_TICKS_PER_US - 1) / ESPY_TICKS_PER_US : UINT64_MAX;
}

uint64_t espy_machine_instructions(const espy_machine *m)
{
    return espy_cpu_instructions(m->core[0].cpu) + espy_cpu_instructions(m->core[1].cpu);
}

espy_cpu *espy_machine_cpu(espy_machine *m, unsigned n)
{
    return m->core[n].cpu;
}

espy_bus *espy_machine_bus(espy_machine *m)
{
    return &m->bus;
}

espy_mem *espy_machine_flash(espy_machine *m)
{
    return &m->flash;
}

espy_mem *espy_machine_psram(espy_machine *m)
{
    return &m->psram;
}

void espy_machine_drive(espy_machine *m, unsigned pin, bool high)
{
    espy_gpio_drive(&m->gpio, pin, high ? ESPY_PAD_HIGH : ESPY_PAD_LOW);
}

/* The outside. */

espy_status espy_machine_uart_write(espy_machine *m, const uint8_t *bytes, size_t n, espy_err *err)
{
    return m->powered ? espy_uart_host_send(&m->uart[0], bytes, n, err) : ESPY_OK;
}

size_t espy_machine_uart_pending(const espy_machine *m)
{
    return espy_uart_host_pending(&m->uart[0]);
}

void espy_machine_uart_purge(espy_machine *m)
{
    espy_uart_host_flush(&m->uart[0]);
}

size_t espy_machine_uart_read(espy_machine *m, uint8_t *bytes, size_t cap)
{
    return espy_uart_host_take(&m->uart[0], bytes, cap);
}

size_t espy_machine_uart_available(const espy_machine *m)
{
    return espy_uart_host_available(&m->uart[0]);
}

void espy_machine_uart_baud(espy_machine *m, uint32_t baud)
{
    espy_uart_host_baud(&m->uart[0], baud);
}

void espy_machine_uart_frame(espy_machine *m, const espy_uart_frame *frame)
{
    espy_uart_host_frame(&m->uart[0], &(espy_wire_format){.data_bits = frame->data_bits,
                                                          .parity = frame->parity,
                                                          .odd = frame->odd,
                                                          .half_stops = frame->half_stops});
}

void espy_machine_uart_break(espy_machine *m)
{
    if (m->powered)
        espy_uart_host_break(&m->uart[0]);
}

void espy_machine_usb_plug(espy_machine *m, bool plugged)
{
    espy_usb_serial_jtag_plug(&m->usb_serial_jtag, plugged);
}

unsigned espy_machine_usb_device(const espy_machine *m)
{
    return m->usb_serial_jtag.bus == ESPY_USB_BUS_OPEN ? m->usb_serial_jtag.devices : 0;
}

bool espy_machine_usb_is_otg(const espy_machine *m)
{
    return m->usb_serial_jtag.otg_phy;
}

espy_status espy_machine_usb_write(espy_machine *m, const uint8_t *bytes, size_t n, espy_err *err)
{
    return espy_usb_serial_jtag_host_send(&m->usb_serial_jtag, bytes, n, err);
}

size_t espy_machine_usb_pending(const espy_machine *m)
{
    return espy_usb_serial_jtag_host_pending(&m->usb_serial_jtag);
}

size_t espy_machine_usb_read(espy_machine *m, uint8_t *bytes, size_t cap)
{
    return espy_usb_serial_jtag_host_take(&m->usb_serial_jtag, bytes, cap);
}

size_t espy_machine_usb_available(const espy_machine *m)
{
    return espy_usb_serial_jtag_host_available(&m->usb_serial_jtag);
}

void espy_machine_usb_lines(espy_machine *m, bool dtr, bool rts)
{
    espy_usb_serial_jtag_host_lines(&m->usb_serial_jtag, dtr, rts);
}

/* EN and GPIO0 as the two transistors, the keys and the supply make them: what pulls a
 * line low wins, since nothing pulls one high but a resistor. */
static void update_board(espy_machine *m)
{
    bool ground_gpio0 = (m->dtr && !m->rts) || m->boot_key;
    espy_gpio_drive(&m->gpio, 0, ground_gpio0 ? ESPY_PAD_LOW : ESPY_PAD_FLOAT);
    if ((m->rts && !m->dtr) || m->reset_key || m->unplugged) {
        if (m->powered) {
            /* CHIP_PU low is power-down, of the RTC domain too; PSRAM happens to keep its bits. */
            forget(m, &m->sram);
            forget(m, &m->rtc_ram);
            reset_parts(m, ESPY_RESET_CHIP); /* VDD_SPI falls with EN */
        }
        m->powered = false;
        espy_usb_serial_jtag_clock(&m->usb_serial_jtag, 0, false);
        espy_clock_cancel(&m->clock, &m->en_rise);
        espy_uart_host_flush(&m->uart[0]);
        espy_builtin_rom_revive(&m->builtin);
    } else if (!m->powered && !m->en_rise.armed) {
        espy_clock_at(&m->clock, &m->en_rise, m->clock.now + EN_RISE);
    }
}

void espy_machine_lines(espy_machine *m, bool dtr, bool rts)
{
    m->dtr = dtr;
    m->rts = rts;
    update_board(m);
}

void espy_machine_keys(espy_machine *m, bool boot, bool reset)
{
    m->boot_key = boot;
    m->reset_key = reset;
    update_board(m);
}

void espy_machine_power(espy_machine *m, bool on)
{
    if (!on && !m->unplugged) {
        forget(m, &m->sram);
        forget(m, &m->rtc_ram);
        forget(m, &m->psram);
    }
    m->unplugged = !on;
    update_board(m);
}
