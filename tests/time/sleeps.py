#!/usr/bin/env python3
"""Deep and light sleep as MicroPython sees them: how long they last, that the board is
silent meanwhile, what wakes it, what it remembers.

What must come out: MicroPython's documentation (library/machine, "Power related
functions"; library/esp32, "wake_on_ext0"; quick reference, "Deep-sleep mode"), the
wake-up causes of ESP-IDF's esp_sleep_wakeup_cause_t.
"""
import sys
from lib.board import everywhere, on_boards, reset_line

DEEPSLEEP = 4
EXT0, EXT1, TIMER = 2, 3, 4
WOKEN = (5, "DSLEEP", 8, "SPI_FAST_FLASH_BOOT")
# GPIO0 hangs on the BOOT key; the pulls of a pad that wakes are those of RTC_IO (RUE, RDE).
PULL_UP_GPIO0 = "from machine import mem32\nmem32[0x60008484] = mem32[0x60008484] & ~(1 << 28) | 1 << 27\n"

STATE = """
import machine, time
print(machine.reset_cause(), machine.wake_reason(), bytes(machine.RTC().memory()), time.time())
"""


def state(board):
    cause, reason, memory, now = board.run(STATE).split()
    return int(cause), int(reason), memory, int(now)


def sleep_deeply(board, code, ms=20000):
    """The text of the boot that follows, and seconds from the call to its first byte."""
    board.start("import machine, esp32\nfrom machine import Pin\n" + code)
    began = board.now
    text = board.expect(">>> ", ms)
    return text, (board.chunks[0][0] - began) / 1e6


def check_deep_sleep(tap, board):
    board.run("import machine\nmachine.RTC().memory(b'kept')\nmachine.RTC().datetime((2026, 2, 3, 0, 4, 5, 6, 0))")
    before = state(board)[3]
    text, seconds = sleep_deeply(board, "machine.deepsleep(5000)")
    tap.check("deepsleep(5000): the banner", reset_line(text), WOKEN)
    tap.check("deepsleep(5000): the recorder of the PC had no power", "Saved PC" in text, False)
    # The ROM and ESP-IDF's wake stub come first; the drivers' own overheads are below 20 ms.
    tap.check("deepsleep(5000): silence for 5 s", seconds, lambda s: 5.0 <= s <= 5.05)
    cause, reason, memory, after = state(board)
    tap.check("deepsleep(5000): causes", (cause, reason), (DEEPSLEEP, TIMER))
    tap.check("deepsleep(5000): RTC memory", memory, "b'kept'")
    tap.check("deepsleep(5000): the clock went on", after - before, lambda s: 5 <= s <= 6)
    tap.check("deepsleep(5000): all else is new", board.run("before"), lambda s: "NameError" in s)


LIGHT = """
import machine, time
from machine import Pin
print('down')
t = time.ticks_us()
machine.lightsleep(3000)
t = time.ticks_diff(time.ticks_us(), t)
print('up', t // 1000, machine.wake_reason(), machine.reset_cause())
"""


def check_light_sleep(tap, board):
    board.run("x = 42")
    before = board.run("import time\nprint(time.time_ns())")
    board.start(LIGHT)
    board.expect("down\r\n")
    down = board.now
    board.expect("up")
    gap = (board.now - down) / 1e6
    words = board.finish().split()
    tap.check("lightsleep(3000): silence for 3 s", gap, lambda s: 2.99 <= s <= 3.02)
    tap.check("lightsleep(3000): the ticks went on", int(words[0]), lambda ms: 2990 <= ms <= 3010)
    tap.check("lightsleep(3000): wake_reason()", int(words[1]), TIMER)
    tap.check("lightsleep(3000): the names are still there", board.run("print(x)"), "42")
    passed = int(board.run("import time\nprint(time.time_ns())")) - int(before)
    tap.check("lightsleep(3000): the clock went on", passed / 1e9, lambda s: 3.0 <= s <= 3.3)
    tap.check("lightsleep(3000): the prompt listens", board.run("print(6 * 7)"), "42")


def check_ext0(tap, board):
    """The BOOT key wakes the board from either sleep."""
    board.start(PULL_UP_GPIO0 + "import esp32\nfrom machine import Pin, deepsleep\n"
                "esp32.wake_on_ext0(Pin(0, Pin.IN), esp32.WAKEUP_ALL_LOW)\ndeepsleep()")
    tap.check("ext0, deep: silence until the key", board.sleep(3000), "")
    board.keys(True, False)
    text = board.expect(">>> ")
    board.keys(False, False)
    tap.check("ext0, deep: the banner", reset_line(text), WOKEN)
    tap.check("ext0, deep: causes", state(board)[:2], (DEEPSLEEP, EXT0))
    board.start(PULL_UP_GPIO0 + "import esp32, machine\nfrom machine import Pin\n"
                "esp32.wake_on_ext0(Pin(0, Pin.IN), esp32.WAKEUP_ALL_LOW)\nmachine.lightsleep()\n"
                "print(machine.wake_reason())")
    tap.check("ext0, light: silence until the key", board.sleep(3000), "")
    board.keys(True, False)
    tap.check("ext0, light: wake_reason()", board.finish(), str(EXT0))
    board.keys(False, False)


def check_ext1(tap, board):
    """GPIO6 is pulled up in RTC_IO after reset, GPIO5 down.  ESP-IDF 5.0 switches these pulls off
    for ext1, unless ext0 keeps RTC_PERIPH powered; later ones hold the pads as they are."""
    ext0 = PULL_UP_GPIO0 + "esp32.wake_on_ext0(Pin(0, Pin.IN), esp32.WAKEUP_ALL_LOW)\n"
    both = "esp32.wake_on_ext1((Pin(5, Pin.IN), Pin(6, Pin.IN)), {})\nmachine.deepsleep(2000)"
    text, seconds = sleep_deeply(board, ext0 + both.format("esp32.WAKEUP_ANY_HIGH"))
    tap.check("ext1, any high: at once", (reset_line(text), seconds < 0.1), (WOKEN, True))
    tap.check("ext1, any high: causes", state(board)[:2], (DEEPSLEEP, EXT1))
    text, seconds = sleep_deeply(board, ext0 + both.format("esp32.WAKEUP_ALL_LOW"))
    tap.check("ext1, all low, of which one is high: the timer", (reset_line(text), seconds >= 2), (WOKEN, True))
    tap.check("ext1, all low: causes", state(board)[:2], (DEEPSLEEP, TIMER))
    text, seconds = sleep_deeply(board, both.format("esp32.WAKEUP_ANY_HIGH"))
    tap.check("ext1 alone, any high: the timer where pulls are off", (reset_line(text), seconds >= 2),
              (WOKEN, board.image.startswith("1.23")))
    words = board.run("import machine, esp32, time\nfrom machine import Pin\n"
                      "esp32.wake_on_ext1((Pin(5, Pin.IN),), esp32.WAKEUP_ALL_LOW)\nt = time.ticks_ms()\n"
                      "machine.lightsleep(2000)\nprint(time.ticks_ms() - t)\nesp32.wake_on_ext1((), False)\n")
    tap.check("ext1, light: a level that is there already lets nothing sleep", int(words), lambda ms: ms < 20)


HOLD = """
import esp32, machine
from machine import Pin
Pin(4, Pin.OUT, value=1, hold=True)
Pin(38, Pin.OUT, value=1, hold=True)
esp32.gpio_deep_sleep_hold({})
machine.deepsleep(500)
"""
LEVELS = """
from machine import mem32, Pin
print(mem32[0x6000403C] >> 4 & 1, mem32[0x60004040] >> 6 & 1)
for n in (4, 38): Pin(n, Pin.IN, Pin.PULL_DOWN, hold=False)
print(mem32[0x6000403C] >> 4 & 1, mem32[0x60004040] >> 6 & 1)
"""


def check_hold(tap, board):
    """Outputs that are held through deep sleep: those of RTC_IO always, the others if told."""
    for told in (False, True):
        sleep_deeply(board, HOLD.format(told))
        held, released = board.run(LEVELS).split("\n")
        tap.check(f"hold=True, gpio_deep_sleep_hold({told}): GPIO4, GPIO38", held, f"1 {int(told)}")
        tap.check("hold=False lets go", released, "0 0")


# entry a1, 32; movi a8, 80; slli a8, a8, 24; addmi a8, a8, 7936; movi a9, 85; s32i a9, a8, 0; retw
# (assembled with llvm-mc-22): the word at 0x50001F00, in RTC slow memory, becomes 85.
STUB = [0x82004136, 0x888050A0, 0x1FD88201, 0x9255A092, 0x00900068, 0]
WAKE_STUB = f"""
import machine
from machine import mem32
at = 0x600FE000
while mem32[at] & 0xFFFFFF != 0x004136: at += 4
for word in {STUB}:
    mem32[at] = word
    at += 4
mem32[0x50001F00] = 0
machine.deepsleep(100)
"""


def check_wake_stub(tap, board):
    """The ROM calls the wake stub in RTC fast memory, which ESP-IDF gives it before each deep sleep."""
    sleep_deeply(board, WAKE_STUB)
    tap.check("the wake stub runs", board.run("from machine import mem32\nprint(mem32[0x50001F00])"), "85")


def check_reset_of_sleeper(tap, board):
    """What comes in does not wake a board that sleeps for ever, RESET does."""
    board.start("import machine\nmachine.deepsleep()")
    board.sleep(100)
    board.send("\x03\x03")
    tap.check("deepsleep(): Control-C wakes nobody", board.sleep(3000), "")
    tap.check("deepsleep(): RESET does", reset_line(board.boot()), (1, "POWERON", 8, "SPI_FAST_FLASH_BOOT"))


NAPS = """
import machine, time
machine.freq(80000000)
t = time.ticks_ms()
for i in range(20): machine.lightsleep(10)
print(time.ticks_diff(time.ticks_ms(), t), machine.freq())
"""
GUARDED = """
import machine
w = machine.WDT(timeout=1000)
machine.lightsleep(3000)
w.feed()
print('fed')
machine.deepsleep(3000)
"""


def check_corners(tap, board):
    usual = board.run("import machine\nprint(machine.freq())")
    span, freq = map(int, board.run(NAPS).split())
    tap.check("twenty naps of 10 ms", span, lambda ms: 195 <= ms <= 230)
    tap.check("lightsleep() keeps machine.freq()", freq, 80000000)
    text, seconds = sleep_deeply(board, "machine.deepsleep(0)")
    tap.check("deepsleep(0): at once", (reset_line(text), seconds < 0.03), (WOKEN, True))
    tap.check("deepsleep() forgets machine.freq()", board.run("import machine\nprint(machine.freq())"), usual)
    board.start(GUARDED)
    text = board.expect("fed\r\n")
    began = board.now
    text = board.expect(">>> ")
    tap.check("a watchdog of 1 s is no matter to a sleeper", (reset_line(text), board.now - began > 3000000),
              (WOKEN, True))


SOME = [check_deep_sleep, check_light_sleep]
ALL = [*SOME, check_corners, check_ext0, check_ext1, check_hold, check_wake_stub, check_reset_of_sleeper]

if __name__ == "__main__":
    sys.exit(on_boards(everywhere(ALL, SOME)))
