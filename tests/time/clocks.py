#!/usr/bin/env python3
"""Clocks: machine.freq() and what must not change with it, the ticks, the calendar.

What must come out: MicroPython's documentation (library/machine, "freq"; library/
time) against the board's own time, in which one second is 240 million cycles of a
core at 240 MHz.
"""
import sys
from lib.board import Board, everywhere, on_boards, roms

FREQUENCIES = (240, 160, 80, 40, 20, 240)

MEASURE = """
import machine, time
machine.freq({mhz} * 1000000)
def loop():
    t = time.ticks_us()
    for i in range(5000): pass
    return time.ticks_diff(time.ticks_us(), t)
loop()
print(machine.freq(), loop())
c = time.ticks_cpu()
t = time.ticks_us()
m = time.ticks_ms()
print('go')
time.sleep_ms(500)
print('stop')
print(time.ticks_diff(time.ticks_us(), t), time.ticks_diff(time.ticks_ms(), m), time.ticks_cpu() - c)
"""


def measure(board, mhz):
    """A dict of what the board says at a frequency, and what its clock says of it."""
    board.start(MEASURE.format(mhz=mhz))
    head = board.expect("go\r\n").split()
    went = board.now
    board.expect("stop\r\n")
    passed = board.now - went
    tail = board.finish().split()
    return {"freq": int(head[0]), "loop": int(head[1]), "passed": passed, "us": int(tail[0]), "ms": int(tail[1]),
            "cycles": int(tail[2])}


def check_frequencies(tap, board):
    first = None
    for mhz in FREQUENCIES:
        got = measure(board, mhz)
        first = first or got
        tap.check(f"{mhz} MHz: machine.freq()", got["freq"], mhz * 1000000)
        tap.check(f"{mhz} MHz: sleep_ms(500) lasts as long", got["passed"] / 1000, lambda ms: 499 <= ms <= 511)
        tap.check(f"{mhz} MHz: ticks_us() counts microseconds", got["us"] - got["passed"], lambda us: -200 <= us <= 2500)
        tap.check(f"{mhz} MHz: so does ticks_ms()", abs(got["ms"] - got["us"] // 1000) <= 1, True)
        tap.check(f"{mhz} MHz: ticks_cpu() counts cycles", got["cycles"] / got["us"] / mhz,
                  lambda rate: 0.995 <= rate <= 1.005)
        tap.check(f"{mhz} MHz: a loop takes its time", got["loop"] * mhz / (first["loop"] * 240),
                  lambda part: 0.97 <= part <= 1.03)
    tap.check("100 MHz is refused", board.run("import machine\nmachine.freq(100000000)"),
              lambda text: "ValueError" in text)


def check_serial(tap, board):
    """A board with timing=real: what it sends is legible at every frequency, and in time."""
    del board
    text = "The quick brown fox jumps over the lazy dog. " * 10
    with Board("1.23.0-OCT", keys=f"{roms.KEYS['real ROM']},timing=real") as slow:
        slow.boot()
        for mhz in FREQUENCIES:
            slow.start(f"import machine\nmachine.freq({mhz}000000)\nprint('go')\nprint({text!r})")
            slow.expect("go\r\n")
            went = slow.now
            got = slow.expect("\r\n")
            tap.check(f"{mhz} MHz: what the UART sends", got.strip(), text.strip())
            # 115200 baud, ten bits a character
            tap.check(f"{mhz} MHz: at its rate", (slow.now - went) * 115200 / 1e7 / (len(text) + 2),
                      lambda part: 0.99 <= part <= 1.02)
            slow.finish()


def check_ticks(tap, board):
    """Over ten seconds, and while nothing runs."""
    board.start("import time\nt = time.ticks_us(), time.ticks_ms(), time.time_ns()\nprint('go')\ntime.sleep(10)\n"
                "print('stop', time.ticks_us() - t[0], time.ticks_ms() - t[1], time.time_ns() - t[2])")
    board.expect("go\r\n")
    went = board.now
    board.expect("stop")
    passed = board.now - went
    words = board.finish().split()
    for name, value in (("ticks_us()", int(words[0])), ("ticks_ms()", 1000 * int(words[1])),
                        ("time_ns()", int(words[2]) / 1000)):
        tap.check(f"ten seconds by {name}", value - passed, lambda us: -1000 <= us <= 2000)


def check_calendar(tap, board):
    """RTC.datetime() is the time.time() of a calendar that soft resets do not touch."""
    board.run("import machine\nmachine.RTC().datetime((2024, 2, 29, 0, 23, 59, 58, 0))")
    board.sleep(3000)
    board.start("import machine\nmachine.soft_reset()")
    board.expect("raw REPL; CTRL-B to exit\r\n>")
    board.send("\x02")
    board.expect(">>> ")
    words = board.run("import machine, time\nprint(machine.RTC().datetime()[:7])\nprint(time.gmtime()[:6])").split("\n")
    tap.check("RTC.datetime() after three seconds and a soft reset", words[0], "(2024, 3, 1, 4, 0, 0, 1)")
    tap.check("time.gmtime() agrees", words[1], "(2024, 3, 1, 0, 0, 1)")


SOME = [check_frequencies]
ALL = [check_frequencies, check_ticks, check_calendar]

if __name__ == "__main__":
    PLAN = everywhere(ALL, SOME)
    PLAN["1.23.0-OCT", "real ROM"] = [*ALL, check_serial]
    sys.exit(on_boards(PLAN))
