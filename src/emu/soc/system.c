/* SPDX-License-Identifier: MIT
 *
 * SYSTEM: clocks, module resets, the second core; see the header.
 */
#include "system.h"

#include "../core/regfile.h"

#define BASE 0x600C0000u
#define SIZE 0x1000u

enum {
    CORE_1_CONTROL_0 = 0x000,
    CPU_PER_CONF = 0x010,
    PERIP_RST_EN0 = 0x020,
    PERIP_RST_EN1 = 0x024,
    CPU_INTR_FROM_CPU_0 = 0x030,
    CPU_INTR_FROM_CPU_3 = 0x03C,
    EXTERNAL_DEVICE_ENCRYPT_DECRYPT_CONTROL = 0x04C,
    SYSCLK_CONF = 0x060,
    DATE = 0xFFC
};

/* CORE_1_CONTROL_0 */
#define CONTROL_CORE_1_RUNSTALL (1u << 0)
#define CONTROL_CORE_1_CLKGATE_EN (1u << 1)
#define CONTROL_CORE_1_RESETING (1u << 2)

/* SYSCLK_CONF */
#define PRE_DIV_CNT_M 0x3FFu
#define SOC_CLK_SEL_S 10
#define SOC_CLK_SEL_M (3u << SOC_CLK_SEL_S)
#define CLK_XTAL_FREQ_S 12
#define CLK_DIV_EN (1u << 19)
#define XTAL_MHZ 40u

/* Lengths of a cycle in ticks of 1/480 MHz. */
#define XTAL_TICKS 12u
#define RC_FAST_TICKS 27u
#define APB_PLL_TICKS 6u

enum { SOC_CLK_XTAL = 0, SOC_CLK_PLL = 1, SOC_CLK_RC_FAST = 2 };

static const espy_reg_init reset_values[] = {
    {0x000, 0x00000004}, /* CORE_1_CONTROL_0: RESETING */
    {0x00C, 0x000000C0}, /* CPU_PERI_RST_EN */
    {0x010, 0x0000000C}, /* CPU_PER_CONF: 480 MHz PLL, WAIT_MODE_FORCE_ON */
    {0x014, 0x00000001}, /* MEM_PD_MASK */
    {0x018, 0xF9C1E06F}, /* PERIP_CLK_EN0 */
    {0x01C, 0x00000600}, /* PERIP_CLK_EN1 */
    {0x024, 0x000001FE}, /* PERIP_RST_EN1 */
    {0x028, 0x000000FF}, /* BT_LPCK_DIV_INT */
    {0x02C, 0x02001001}, /* BT_LPCK_DIV_FRAC */
    {0x040, 0x00000001}, /* RSA_PD_CTRL */
    {0x044, 0x00000001}, /* EDMA_CTRL */
    {0x048, 0x00000005}, /* CACHE_CONTROL */
    {0x050, 0x7FF00000}, /* RTC_FASTMEM_CONFIG */
    {0x05C, 0x00000001}, /* CLOCK_GATE */
    {0x060, 0x00000001}, /* SYSCLK_CONF: crystal / 2 */
    {0x064, 0x00000003}, /* MEM_PVT */
    {0x068, 0x00000003}, /* COMB_PVT_LVT_CONF */
    {0x06C, 0x00000003}, /* COMB_PVT_NVT_CONF */
    {0x070, 0x00000003}, /* COMB_PVT_HVT_CONF */
    {0xFFC, 0x02101220}, /* DATE */
};

static uint32_t reg(const espy_system *system, uint32_t offset)
{
    return system->reg[offset / 4];
}

/* A PLL cycle of the CPU: 80, 160 or 240 MHz, whichever VCO frequency feeds it. */
static unsigned pll_ticks(const espy_system *system)
{
    static const unsigned ticks[4] = {6, 3, 2, 2};
    return ticks[reg(system, CPU_PER_CONF) & 3];
}

static void update_clock(espy_system *system)
{
    uint32_t conf = reg(system, SYSCLK_CONF);
    unsigned source = (conf & SOC_CLK_SEL_M) >> SOC_CLK_SEL_S;
    unsigned divider = (conf & PRE_DIV_CNT_M) + 1;
    unsigned cpu =
        source == SOC_CLK_PLL ? pll_ticks(system) : divider * (source == SOC_CLK_RC_FAST ? RC_FAST_TICKS : XTAL_TICKS);
    unsigned apb = source == SOC_CLK_PLL ? APB_PLL_TICKS : cpu;
    if (system->clock != NULL)
        system->clock(system->clock_self, cpu, apb);
}

static void update_core1(const espy_system *system)
{
    uint32_t control = reg(system, CORE_1_CONTROL_0);
    espy_line_set(&system->core1_stall, (control & CONTROL_CORE_1_RUNSTALL) != 0);
    espy_line_set(&system->core1_clock, (control & CONTROL_CORE_1_CLKGATE_EN) != 0);
    espy_line_set(&system->core1_reset, (control & CONTROL_CORE_1_RESETING) != 0);
}

/* Tells the modules whose reset bit changed; `first` is the line of bit 0. */
static void update_resets(const espy_system *system, unsigned first, uint32_t changed, uint32_t value)
{
    for (unsigned bit = 0; changed != 0; bit++, changed >>= 1)
        if (changed & 1)
            espy_line_set(&system->module_reset[first + bit], (value >> bit & 1) != 0);
}

static void update_encryption(const espy_system *system)
{
    if (system->encryption != NULL)
        system->encryption(system->encryption_self, reg(system, EXTERNAL_DEVICE_ENCRYPT_DECRYPT_CONTROL));
}

/* The read-only fields say what the crystal is and whether its divider is in use. */
static uint32_t read_sysclk(const espy_system *system)
{
    uint32_t conf = reg(system, SYSCLK_CONF) & (PRE_DIV_CNT_M | SOC_CLK_SEL_M);
    bool divided = (conf & SOC_CLK_SEL_M) >> SOC_CLK_SEL_S != SOC_CLK_PLL && (conf & PRE_DIV_CNT_M) != 0;
    return conf | XTAL_MHZ << CLK_XTAL_FREQ_S | (divided ? CLK_DIV_EN : 0);
}

static uint32_t system_read(void *self, uint32_t offset)
{
    const espy_system *system = self;
    return offset == SYSCLK_CONF ? read_sysclk(system) : reg(system, offset);
}

static void system_write(void *self, uint32_t offset, uint32_t value)
{
    espy_system *system = self;
    uint32_t old = reg(system, offset);
    system->reg[offset / 4] = value;
    switch (offset) {
    case CORE_1_CONTROL_0: update_core1(system); break;
    case CPU_PER_CONF:
    case SYSCLK_CONF: update_clock(system); break;
    case PERIP_RST_EN0: update_resets(system, 0, old ^ value, value); break;
    case PERIP_RST_EN1: update_resets(system, 32, old ^ value, value); break;
    case EXTERNAL_DEVICE_ENCRYPT_DECRYPT_CONTROL: update_encryption(system); break;
    case DATE: system->reg[offset / 4] = old; break;
    default:
        if (offset >= CPU_INTR_FROM_CPU_0 && offset <= CPU_INTR_FROM_CPU_3)
            espy_line_set(&system->from_cpu[(offset - CPU_INTR_FROM_CPU_0) / 4], (value & 1) != 0);
    }
}

void espy_system_init(espy_system *system, const espy_soc *soc)
{
    *system = (espy_system){.soc = soc};
    espy_regfile_reset(system->reg, ESPY_SYSTEM_WORDS, reset_values, sizeof reset_values / sizeof *reset_values);
    espy_bus_attach(soc->bus, &(espy_device){"SYSTEM", BASE, SIZE, system, system_read, system_write});
}

void espy_system_reset(espy_system *system, espy_reset depth)
{
    (void)depth;
    uint32_t held0 = reg(system, PERIP_RST_EN0), held1 = reg(system, PERIP_RST_EN1);
    espy_regfile_reset(system->reg, ESPY_SYSTEM_WORDS, reset_values, sizeof reset_values / sizeof *reset_values);
    update_clock(system);
    update_core1(system);
    update_encryption(system);
    update_resets(system, 0, held0 ^ reg(system, PERIP_RST_EN0), reg(system, PERIP_RST_EN0));
    update_resets(system, 32, held1 ^ reg(system, PERIP_RST_EN1), reg(system, PERIP_RST_EN1));
    for (unsigned i = 0; i < 4; i++)
        espy_line_set(&system->from_cpu[i], false);
}
