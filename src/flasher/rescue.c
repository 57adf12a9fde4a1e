/* SPDX-License-Identifier: MIT
 *
 * See the header.
 */
#include "rescue.h"

#include "rtc.h"

/* Stage 0 lasts for twice its register, more where eFuse WDT_DELAY_SEL says so. */
espy_status espy_rescue_arm(espy_flasher *flasher, espy_err *err)
{
    static const espy_loader_reg regs[] = {
        {RTC_CNTL_WDTWPROTECT_REG, RTC_CNTL_WDT_WKEY, UINT32_MAX, 0},
        {RTC_CNTL_WDTCONFIG1_REG, ESPY_RESCUE_TICKS / 2, UINT32_MAX, 0},
        {RTC_CNTL_WDTFEED_REG, RTC_CNTL_WDT_FEED, UINT32_MAX, 0},
        {RTC_CNTL_WDTCONFIG0_REG, RTC_CNTL_WDT_EN | RTC_CNTL_WDT_STG0_RESET_CORE | RTC_CNTL_WDT_RESET_LENGTHS,
         UINT32_MAX, 0},
        {RTC_CNTL_WDTWPROTECT_REG, 0, UINT32_MAX, 0},
    };
    return espy_flasher_write_regs(flasher, regs, sizeof regs / sizeof regs[0], err);
}

espy_status espy_rescue_disarm(espy_flasher *flasher, espy_err *err)
{
    static const espy_loader_reg regs[] = {
        {RTC_CNTL_WDTWPROTECT_REG, RTC_CNTL_WDT_WKEY, UINT32_MAX, 0},
        {RTC_CNTL_WDTCONFIG0_REG, 0, UINT32_MAX, 0},
        {RTC_CNTL_WDTWPROTECT_REG, 0, UINT32_MAX, 0},
    };
    return espy_flasher_write_regs(flasher, regs, sizeof regs / sizeof regs[0], err);
}
