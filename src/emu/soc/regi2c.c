/* SPDX-License-Identifier: MIT
 *
 * The internal bus to the analog blocks; see the header.
 */
#include "regi2c.h"

#include <string.h>

#define BASE 0x6000E000u
#define SIZE 0x1000u

enum {
    I2C0_CTRL = 0x00, /* host 0 */
    I2C1_CTRL = 0x04, /* host 1 */
    ANA_CONF0 = 0x40
};

/* The host word: slave [7:0], register [15:8], data [23:16], write [24], busy [25]. */
#define CTRL_WRITE (1u << 24)
#define CTRL_WORD_M 0x01FFFFFFu

#define BBPLL_STOP_FORCE_HIGH (1u << 2)
#define BBPLL_CAL_DONE (1u << 24)

/* The ULP block (0x61): its bandgap calibrates itself when IR_RESETB rises. */
#define ULP_BLOCK 0x61
#define ULP_RESET_REG 0
#define ULP_IR_RESETB 0x01
#define ULP_DONE_REG 3
#define ULP_DONE_FLAGS 0x09 /* O_DONE_FLAG, BG_O_DONE_FLAG */

static uint8_t *block_of(espy_regi2c *bus, uint8_t slave)
{
    unsigned index = slave - ESPY_REGI2C_FIRST_BLOCK;
    return index < ESPY_REGI2C_BLOCKS ? bus->block[index] : NULL;
}

static void block_write(espy_regi2c *bus, uint8_t slave, uint8_t number, uint8_t value)
{
    uint8_t *block = block_of(bus, slave);
    if (block == NULL)
        return;
    block[number] = value;
    if (slave == ULP_BLOCK && number == ULP_RESET_REG)
        block[ULP_DONE_REG] = value & ULP_IR_RESETB ? ULP_DONE_FLAGS : 0;
    if (slave == ESPY_REGI2C_SAR_ADC && bus->sar_adc != NULL)
        bus->sar_adc(bus->sar_adc_self, number, value);
}

/* A transfer: afterwards the host word holds the register's value as data. */
static uint32_t transfer(espy_regi2c *bus, uint32_t word)
{
    uint8_t slave = (uint8_t)word;
    uint8_t number = (uint8_t)(word >> 8);
    if (word & CTRL_WRITE)
        block_write(bus, slave, number, (uint8_t)(word >> 16));
    const uint8_t *block = block_of(bus, slave);
    uint32_t data = block != NULL ? block[number] : 0;
    return (word & CTRL_WORD_M & ~0x00FF0000u) | data << 16;
}

/* The PLL calibrates while its stop is not forced high, and is done at once. */
static uint32_t ana_conf0(uint32_t value)
{
    bool calibrates = (value & BBPLL_STOP_FORCE_HIGH) == 0;
    return calibrates ? value | BBPLL_CAL_DONE : value & ~BBPLL_CAL_DONE;
}

static uint32_t regi2c_read(void *self, uint32_t offset)
{
    const espy_regi2c *bus = self;
    uint32_t value = offset < ESPY_REGI2C_WORDS * 4 ? bus->reg[offset / 4] : 0;
    return offset == ANA_CONF0 ? ana_conf0(value) : value;
}

static void regi2c_write(void *self, uint32_t offset, uint32_t value)
{
    espy_regi2c *bus = self;
    if (offset >= ESPY_REGI2C_WORDS * 4)
        return;
    bool host = offset == I2C0_CTRL || offset == I2C1_CTRL;
    bus->reg[offset / 4] = host ? transfer(bus, value) : value;
}

void espy_regi2c_init(espy_regi2c *bus, const espy_soc *soc)
{
    *bus = (espy_regi2c){.soc = soc};
    espy_bus_attach(soc->bus, &(espy_device){"I2C_MST", BASE, SIZE, bus, regi2c_read, regi2c_write});
}

void espy_regi2c_reset(espy_regi2c *bus, espy_reset depth)
{
    memset(bus->reg, 0, sizeof bus->reg);
    if (depth != ESPY_RESET_CHIP)
        return;
    memset(bus->block, 0, sizeof bus->block);
    for (unsigned number = 0; bus->sar_adc != NULL && number < 16; number++)
        bus->sar_adc(bus->sar_adc_self, number, 0);
}
