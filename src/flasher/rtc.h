/* SPDX-License-Identifier: MIT
 *
 * The few RTC_CNTL registers of the ESP32-S3 that leaving and entering download mode
 * needs: Technical Reference Manual, "Low-power Management" and "Watchdog Timers".
 */
#ifndef ESPY_FLASHER_RTC_H
#define ESPY_FLASHER_RTC_H

#include <stdint.h>

#define RTC_CNTL_WDTCONFIG0_REG 0x60008098u
#define RTC_CNTL_WDTCONFIG1_REG 0x6000809Cu
#define RTC_CNTL_WDTFEED_REG 0x600080ACu
#define RTC_CNTL_WDTWPROTECT_REG 0x600080B0u
#define RTC_CNTL_SWD_CONF_REG 0x600080B4u
#define RTC_CNTL_SWD_WPROTECT_REG 0x600080B8u
#define RTC_CNTL_OPTION1_REG 0x6000812Cu

#define RTC_CNTL_WDT_WKEY 0x50D83AA1u
#define RTC_CNTL_SWD_WKEY 0x8F1D312Au
#define RTC_CNTL_SWD_AUTO_FEED_EN (1u << 31)
#define RTC_CNTL_FORCE_DOWNLOAD_BOOT (1u << 0)

/* WDTCONFIG0: enabled, stage 0 resets the whole chip with the RTC, or all but the RTC, and
 * the reset pulses have their longest length, 3.2 us. */
#define RTC_CNTL_WDT_EN (1u << 31)
#define RTC_CNTL_WDT_STG0_RESET_RTC (4u << 28)
#define RTC_CNTL_WDT_STG0_RESET_CORE (3u << 28)
#define RTC_CNTL_WDT_RESET_LENGTHS (7u << 16 | 7u << 13)
#define RTC_CNTL_WDT_FEED (1u << 31) /* of WDTFEED */

#endif
