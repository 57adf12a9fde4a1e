/* SPDX-License-Identifier: MIT
 *
 * What the cache sees through SPI0: the fetches that its registers describe, and
 * whether they reach the chips' arrays.  See mspi.h.
 */
#include "../core/regfile.h"
#include "mspi_reg.h"
#include "mspi_sample.h"
#include "mspi_shape.h"

static espy_spi_xfer flash_fetch(const espy_mspi *mspi)
{
    uint32_t ctrl = espy_mspi_get(mspi, 0, CTRL), user = espy_mspi_get(mspi, 0, USER),
             fctrl = espy_mspi_get(mspi, 0, CACHE_FCTRL);
    uint32_t user1 = espy_mspi_get(mspi, 0, USER1), user2 = espy_mspi_get(mspi, 0, USER2),
             ddr = espy_mspi_get(mspi, 0, DDR);
    bool own = fctrl & CACHE_FLASH_USR_CMD, dtr = ddr & DDR_EN;
    espy_spi_xfer x = {.rx_size = 1};
    x.cmd_value = (uint16_t)(own ? espy_bits(user2, 15, 0) : espy_mspi_read_command(ctrl));
    x.cmd.bits = (uint8_t)(own ? espy_bits(user2, 31, 28) + 1 : 8);
    x.cmd.lines = (uint8_t)espy_mspi_cmd_lines(ctrl);
    x.cmd.dtr = dtr && !(ddr & DDR_CMD_DIS);
    x.addr = (espy_spi_phase){(uint8_t)(espy_bits(user1, 31, 26) + 1),
                              (uint8_t)espy_mspi_addr_lines(ctrl, user, fctrl, true, false), dtr};
    x.data = (espy_spi_phase){0, (uint8_t)espy_mspi_din_lines(ctrl, fctrl), dtr};
    x.dummy = (uint16_t)(user & USR_DUMMY ? espy_bits(user1, 5, 0) + 1 : 0);
    x.dummy = (uint16_t)(x.dummy + espy_mspi_extra_dummy(espy_mspi_get(mspi, 0, TIMING_CALI)));
    x.mode_bits = espy_mspi_mode_bits(ctrl, espy_mspi_get(mspi, 0, RD_STATUS));
    return x;
}

static espy_spi_xfer psram_fetch(const espy_mspi *mspi, bool write)
{
    uint32_t sctrl = espy_mspi_get(mspi, 0, CACHE_SCTRL), scmd = espy_mspi_get(mspi, 0, SRAM_CMD),
             ddr = espy_mspi_get(mspi, 0, SMEM_DDR);
    uint32_t own = espy_mspi_get(mspi, 0, write ? SRAM_DWR_CMD : SRAM_DRD_CMD);
    bool all8 = sctrl & SRAM_OCT, all4 = sctrl & USR_SRAM_QIO, all2 = sctrl & USR_SRAM_DIO, dtr = ddr & DDR_EN;
    bool has_own = sctrl & (write ? CACHE_SRAM_USR_WCMD : CACHE_SRAM_USR_RCMD);
    bool has_dummy = sctrl & (write ? USR_WR_SRAM_DUMMY : USR_RD_SRAM_DUMMY);
    espy_spi_xfer x = {.tx_size = write, .rx_size = !write};
    x.cmd_value = (uint16_t)(has_own ? espy_bits(own, 15, 0) : write ? 0x02 : 0x03);
    x.cmd.bits = (uint8_t)(has_own ? espy_bits(own, 31, 28) + 1 : 8);
    x.cmd.lines = (uint8_t)espy_mspi_lines(all8 || scmd & SCMD_OCT, all4 || scmd & SCMD_QUAD, all2 || scmd & SCMD_DUAL);
    x.cmd.dtr = dtr && !(ddr & DDR_CMD_DIS);
    x.addr.bits = (uint8_t)(espy_bits(sctrl, 19, 14) + 1);
    x.addr.lines =
        (uint8_t)espy_mspi_lines(all8 || scmd & SADDR_OCT, all4 || scmd & SADDR_QUAD, all2 || scmd & SADDR_DUAL);
    bool oct = write ? scmd & SDOUT_OCT : scmd & SDIN_OCT;
    bool quad = write ? scmd & SDOUT_QUAD : scmd & SDIN_QUAD;
    bool dual = write ? scmd & SDOUT_DUAL : scmd & SDIN_DUAL;
    x.data.lines = (uint8_t)espy_mspi_lines(all8 || oct, all4 || quad, all2 || dual);
    x.addr.dtr = x.data.dtr = dtr;
    x.dummy = (uint16_t)(has_dummy ? (write ? espy_bits(sctrl, 27, 22) : espy_bits(sctrl, 11, 6)) + 1 : 0);
    if (!write)
        x.dummy = (uint16_t)(x.dummy + espy_mspi_extra_dummy(espy_mspi_get(mspi, 0, SMEM_TIMING_CALI)));
    return x;
}

/* The array that such a fetch reads, or writes, byte for byte; or NULL. */
static espy_mem *reached(const espy_mspi *mspi, unsigned cs, espy_spi_xfer *x)
{
    espy_spi_part *part = mspi->cs[cs];
    espy_mem *mem = part != NULL ? part->linear(part->self, x) : NULL;
    if (mem == NULL)
        return NULL;
    uint32_t ddr = espy_mspi_get(mspi, 0, cs == 0 ? DDR : SMEM_DDR);
    bool write = x->tx_size > 0;
    bool swap = x->data.dtr && (ddr & (write ? DDR_WDAT_SWP : DDR_RDAT_SWP));
    bool in_time = write ? x->dummy == x->latency : espy_mspi_slip(mspi, 0, cs, x) == 0;
    return in_time && swap == x->swapped ? mem : NULL;
}

static size_t reach(const espy_mem *mem, const espy_spi_xfer *x)
{
    if (mem == NULL)
        return 0;
    return x->addr.bits < 32 && mem->size > BIT(x->addr.bits) ? BIT(x->addr.bits) : mem->size;
}

void espy_mspi_update(espy_mspi *mspi)
{
    espy_spi_xfer flash = flash_fetch(mspi), read = psram_fetch(mspi, false), write = psram_fetch(mspi, true);
    espy_spi_view old = mspi->view, *view = &mspi->view;
    view->flash = reached(mspi, 0, &flash);
    view->flash_size = reach(view->flash, &flash);
    view->psram = reached(mspi, 1, &read);
    view->psram_size = reach(view->psram, &read);
    view->psram_writable = reached(mspi, 1, &write) != NULL;
    bool same = old.flash == view->flash && old.flash_size == view->flash_size && old.psram == view->psram &&
                old.psram_size == view->psram_size && old.psram_writable == view->psram_writable;
    if (!same && view->changed != NULL)
        view->changed(view->self);
}
