#!/usr/bin/env python3
"""Every way in which MicroPython resets a board, and what the board tells about it.

What must come out: machine.reset_cause() by MicroPython's documentation (library/
machine, "Reset causes") and ESP-IDF's esp_reset_reason(); the ROM's "rst:" numbers
by the TRM's table of reset sources; RTC memory by MicroPython's quick reference
for the ESP32 (it survives resets, and not the loss of power).
"""
import re
import sys
from lib.board import everywhere, on_boards, reset_line

POWERON = (1, "POWERON", 8, "SPI_FAST_FLASH_BOOT")
PWRON, HARD, WDT, DEEPSLEEP, SOFT = 1, 2, 3, 4, 5
RTC_CNTL, TIMG0, TIMG1 = 0x60008000, 0x6001F000, 0x60020000
KEY, SWD_KEY = 0x50D83AA1, 0x8F1D312A
CPU, CORE, RTC = 2, 3, 4  # what a stage of a watchdog resets

STATE = """
import machine
print(machine.reset_cause(), bytes(machine.RTC().memory()))
"""


def state(board):
    cause, memory = board.run(STATE).split(" ", 1)
    return int(cause), memory


def reset_by(board, code):
    """Runs code that ends in a reset; the text of the boot, and when its first byte came
    after the code began, in seconds."""
    board.start(code)
    began = board.now
    text = board.expect(">>> ")
    return text, (board.chunks[0][0] - began) / 1e6


def by_mwdt(base, action):
    """A main watchdog of 0.5 s: prescaler 40000 at 80 MHz APB, both cores reset."""
    config = 1 << 31 | action << 29 | 1 << 22 | 7 << 18 | 7 << 15 | 1 << 13 | 1 << 12
    # ESP-IDF's interrupt watchdog is TIMG1's: two ticks after interrupts are off nobody feeds it.
    quiet = "disable_irq()\nt = ticks_ms()\nwhile ticks_ms() - t < 25: pass"
    return f"""
from machine import mem32, disable_irq
from time import ticks_ms, sleep
{quiet if base == TIMG1 else ''}
mem32[{base + 0x64}] = {KEY}
mem32[{base + 0x4C}] = 40000 << 16
mem32[{base + 0x50}] = 1000
mem32[{base + 0x60}] = 1
mem32[{base + 0x48}] = {config}
{'while True: pass' if base == TIMG1 else 'sleep(9)'}
"""


def by_rwdt(action):
    """The RTC watchdog: its stage 0 counts twice 34,000 cycles of 136 kHz."""
    config = 1 << 31 | action << 28 | 7 << 16 | 7 << 13 | 1 << 11 | 1 << 10
    return f"""
from machine import mem32
mem32[{RTC_CNTL + 0xB0}] = {KEY}
mem32[{RTC_CNTL + 0x9C}] = 34000
mem32[{RTC_CNTL + 0x98}] = {config}
import time
time.sleep(9)
"""


BY_SWD = f"""
from machine import mem32
mem32[{RTC_CNTL + 0xB8}] = {SWD_KEY}
mem32[{RTC_CNTL + 0xB4}] &= ~(3 << 30)
import time
time.sleep(9)
"""
BY_SW_SYS_RST = f"""
from machine import mem32
mem32[{RTC_CNTL}] |= 1 << 31
while True: pass
"""

# what: code, rst, its name, reset_cause(), seconds until it bites (or None)
CASES = {
    "machine.reset()": ("import machine\nmachine.reset()", 0xC, "RTC_SW_CPU_RST", HARD, None),
    "SW_SYS_RST": (BY_SW_SYS_RST, 0x3, "RTC_SW_SYS_RST", HARD, None),
    "machine.WDT, never fed": ("import machine\nmachine.WDT(timeout=1000)\nimport time\ntime.sleep(9)", 0xC,
                               "RTC_SW_CPU_RST", WDT, 1.0),
    "machine.WDT, fed for a second": (
        "import machine, time\nw = machine.WDT(timeout=400)\nfor i in range(10):\n time.sleep_ms(100)\n w.feed()\n"
        "time.sleep(9)", 0xC, "RTC_SW_CPU_RST", WDT, 1.4),
    "interrupts off": ("import machine\nmachine.disable_irq()\nwhile True: pass", 0xC, "RTC_SW_CPU_RST", WDT, 0.3),
    "TIMG0's watchdog, CPU": (by_mwdt(TIMG0, CPU), 0xB, "TG0WDT_CPU_RST", WDT, 0.5),
    "TIMG0's watchdog, core": (by_mwdt(TIMG0, CORE), 0x7, "TG0WDT_SYS_RST", WDT, 0.5),
    "TIMG1's watchdog, CPU": (by_mwdt(TIMG1, CPU), 0x11, "TG1WDT_CPU_RST", WDT, 0.5),
    "TIMG1's watchdog, core": (by_mwdt(TIMG1, CORE), 0x8, "TG1WDT_SYS_RST", WDT, 0.5),
    "RTC watchdog, CPU": (by_rwdt(CPU), 0xD, "RTCWDT_CPU_RST", WDT, 0.5),
    "RTC watchdog, core": (by_rwdt(CORE), 0x9, "RTCWDT_SYS_RST", WDT, 0.5),
    "RTC watchdog, system": (by_rwdt(RTC), 0x10, "RTCWDT_RTC_RST", WDT, 0.5),
    "super watchdog": (BY_SWD, 0x12, "SUPER_WDT_RST", WDT, None),
}


def check_resets(tap, board, names=tuple(CASES)):
    board.run("import machine\nmachine.RTC().memory(b'kept')")
    for name in names:
        code, number, word, cause, seconds = CASES[name]
        text, after = reset_by(board, code)
        tap.check(f"{name}: the banner", reset_line(text), (number, word, 8, "SPI_FAST_FLASH_BOOT"))
        # Logs of boards show where core 0 was before, and not where it then begins, at 0x40000400.
        tap.check(f"{name}: the PC", re.search("Saved PC:0x(?!40000[45])4", text) is not None, True)
        if seconds is not None:
            tap.check(f"{name}: when it bites", after, lambda s: seconds - 0.005 <= s <= seconds + 0.06)
        tap.check(f"{name}: reset_cause() and RTC memory", state(board), (cause, "b'kept'"))


def check_some_resets(tap, board):
    check_resets(tap, board, ("machine.reset()", "machine.WDT, never fed", "RTC watchdog, CPU"))


def check_soft_reset(tap, board):
    board.start("import machine, time\nx = 1\nprint(time.ticks_ms())\nmachine.soft_reset()")
    text = board.expect("soft reboot\r\n")
    board.expect("raw REPL; CTRL-B to exit\r\n>")
    before = int(text.split()[0].strip("\x04"))
    board.send("\x02")
    board.expect(">>> ")
    tap.check("machine.soft_reset(): no banner", reset_line(text), None)
    tap.check("machine.soft_reset(): reset_cause() and RTC memory", state(board), (SOFT, "b'kept'"))
    tap.check("machine.soft_reset(): the names are gone", board.run("x"), lambda s: "NameError" in s)
    after = int(board.run("import time\nprint(time.ticks_ms())"))
    tap.check("machine.soft_reset(): the ticks go on", after - before, lambda ms: 0 < ms < 1000)


def check_power(tap, board):
    """EN by the RTS line and by the key, and the supply: all are power-on to the chip."""
    def by_rts():
        return board.boot()

    def by_key():
        board.keys(False, True)
        board.sleep(50)
        board.keys(False, False)
        return board.expect(">>> ")

    def by_power():
        board.power(False)
        board.sleep(50)
        board.power(True)
        return board.expect(">>> ")

    for name, press in (("RTS", by_rts), ("RESET", by_key), ("the supply", by_power)):
        board.run("import machine\nmachine.RTC().memory(b'kept')\nmachine.RTC().datetime((2030, 1, 2, 0, 3, 4, 5, 0))")
        tap.check(f"{name}: the banner", reset_line(press()), POWERON)
        tap.check(f"{name}: reset_cause() and RTC memory", state(board), (PWRON, "b''"))
        tap.check(f"{name}: the clock begins anew", board.run("import time\nprint(time.gmtime()[0])"), "2000")


SYNC = b"\xc0\x00\x08\x24\x00\x00\x00\x00\x00\x07\x07\x12\x20" + b"\x55" * 32 + b"\xc0"


def answers_to_sync(board):
    """How often the loader answers SYNC; like a flasher, tries again if it is still busy."""
    for _ in range(7):
        board.send(SYNC)
        board.sleep(100)
        answers = b"".join(data for _, data in board.chunks).count(b"\xc0\x01\x08")
        if answers:
            break
    return answers


def check_bootloader(tap, board):
    board.start("import machine\nmachine.bootloader()")
    text = board.expect("waiting for download\r\n")
    tap.check("machine.bootloader(): the banner", reset_line(text), (0xC, "RTC_SW_CPU_RST", 0, "DOWNLOAD"))
    tap.check("machine.bootloader(): the loader answers SYNC, eight times each", answers_to_sync(board),
              lambda n: n > 0 and n % 8 == 0)
    tap.check("machine.bootloader(): RESET leads out", reset_line(board.boot()), POWERON)


def check_download_lasts(tap, board):
    """The watchdogs that guard a boot from flash, of 3 s at most, let the loader be.  Since 1.24,
    MicroPython asks the ROM for its loader on USB, too, which it announces."""
    board.start("import machine\nmachine.bootloader()")
    board.expect("waiting for download\r\n")
    tap.check("machine.bootloader(): it stays there", board.sleep(3500),
              "" if board.image.startswith("1.23") else "Booting into dfu mode.\r\n")
    board.boot()


SOME = [check_some_resets, check_soft_reset, check_bootloader]
ALL = [check_power, check_resets, check_soft_reset, check_bootloader, check_download_lasts]

if __name__ == "__main__":
    sys.exit(on_boards(everywhere(ALL, SOME)))
