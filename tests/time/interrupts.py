#!/usr/bin/env python3
"""What interrupts a MicroPython program: timers, pins, scheduled functions, threads.

What must come out: MicroPython's documentation (library/machine.Timer, machine.Pin,
"disable_irq", "time_pulse_us"; library/micropython, "schedule"; library/_thread).
A pad that drives itself is its own input, so that most of it needs nothing outside;
GPIO0 hangs on the BOOT key.
"""
import sys
from lib.board import everywhere, on_boards

TIMERS = """
from machine import Timer
import time
def count(n):
    def tick(timer): counts[n] += 1
    return tick
counts = [0] * 4
timers = [Timer(i, period=10 * (i + 1), mode=Timer.PERIODIC, callback=count(i)) for i in range(4)]
time.sleep_ms(605)
for t in timers: t.deinit()
print(counts)
time.sleep_ms(100)
print(counts == list(counts))
counts[:] = [0] * 4
for i, t in enumerate(timers): t.init(period=10 * (i + 1), mode=Timer.ONE_SHOT, callback=count(i))
time.sleep_ms(25)
print(counts)
time.sleep_ms(200)
print(counts)
for t in timers: t.deinit()
"""


def check_timers(tap, board):
    lines = board.run(TIMERS).split("\n")
    tap.check("Timer(0-3), periodic: 605 ms of 10, 20, 30 and 40 ms", lines[0], "[60, 30, 20, 15]")
    tap.check("Timer(0-3), one-shot, after 25 ms", lines[2], "[1, 1, 0, 0]")
    tap.check("Timer(0-3), one-shot, in the end", lines[3], "[1, 1, 1, 1]")


EVEN = """
from machine import Timer
import time
seen = []
t = Timer(0, freq=250, mode=Timer.PERIODIC, callback=lambda timer: seen.append(time.ticks_us()))
while len(seen) < 51: pass
t.deinit()
gaps = [b - a for a, b in zip(seen, seen[1:])]
print(seen[50] - seen[0], min(gaps), max(gaps))
"""


def check_timer_is_even(tap, board):
    span, low, high = map(int, board.run(EVEN).split())
    tap.check("Timer(0), 250 Hz: fifty periods", span, lambda us: abs(us - 200000) <= 400)
    tap.check("Timer(0), 250 Hz: each of them", (low, high), lambda both: 3700 <= both[0] and both[1] <= 4300)


VALUE = """
from machine import Timer
import time
t = Timer(1, period=1000, mode=Timer.PERIODIC, callback=lambda timer: None)
time.sleep_ms(300)
print(t.value(), t)
t.deinit()
"""


def check_timer_value(tap, board):
    """Only with ESP-IDF 5.0: later ones read the counter's registers and latch it no more."""
    if not board.image.startswith("1.23"):
        return
    value, text = board.run(VALUE).split(" ", 1)
    tap.check("Timer.value()", int(value), lambda ms: 300 <= ms <= 312)
    tap.check("Timer, printed", text, lambda got: "period=1000" in got or got.startswith("Timer(1"))


SCHEDULE = """
import micropython, time
from machine import Timer
done = []
micropython.schedule(done.append, 1)
micropython.schedule(done.append, 2)
time.sleep_ms(1)
print(done)
def tick(timer):
    micropython.schedule(done.append, 'later')
    done.append('tick')
t = Timer(2, period=5, mode=Timer.ONE_SHOT, callback=tick)
time.sleep_ms(20)
t.deinit()
print(done[2:])
"""


def check_schedule(tap, board):
    lines = board.run(SCHEDULE).split("\n")
    tap.check("micropython.schedule(): in order", lines[0], "[1, 2]")
    tap.check("micropython.schedule(): from a timer, after it", lines[1], "['tick', 'later']")


PINS = """
from machine import Pin
import time
p = Pin(4, Pin.OUT, value=0)
def edges(trigger):
    seen = []
    p.irq(lambda pin: seen.append(pin.value()), trigger)
    for i in range(4):
        p.value(not p.value())
        time.sleep_ms(2)
    p.irq(None)
    return seen
print(edges(Pin.IRQ_RISING), edges(Pin.IRQ_FALLING), edges(Pin.IRQ_RISING | Pin.IRQ_FALLING))
for i in range(4): p.value(not p.value())
pulls = []
for n in (1, 4, 21, 47):
    pulls.append((Pin(n, Pin.IN, Pin.PULL_UP).value(), Pin(n, Pin.IN, Pin.PULL_DOWN).value()))
print(pulls)
d = Pin(5, Pin.OPEN_DRAIN, Pin.PULL_UP, value=1)
print(d.value(), d(0), d.value())
"""


def check_pins(tap, board):
    lines = board.run(PINS).split("\n")
    tap.check("Pin.irq(): rising, falling, both", lines[0], "[1, 1] [0, 0] [1, 0, 1, 0]")
    tap.check("Pin pulls", lines[1], str([(1, 0)] * 4))
    tap.check("Pin.OPEN_DRAIN", lines[2], "1 None 0")


KEY = """
from machine import Pin
import time
presses = []
p = Pin(0, Pin.IN, Pin.PULL_UP)
p.irq(lambda pin: presses.append(pin.value()), Pin.IRQ_FALLING | Pin.IRQ_RISING)
print('ready')
time.sleep(1)
p.irq(None)
print(presses)
"""


def check_key(tap, board):
    board.start(KEY)
    board.expect("ready\r\n")
    for down in (True, False, True, False):
        board.keys(down, False)
        board.sleep(20)
    tap.check("Pin.irq(): the BOOT key, twice", board.finish(), "[0, 1, 0, 1]")


PULSE = """
from machine import Pin, time_pulse_us
p = Pin(0, Pin.IN, Pin.PULL_UP)
print('ready')
print(time_pulse_us(p, 0, 200000), time_pulse_us(p, 0, 5000), time_pulse_us(p, 1, 5000))
"""


def check_pulse(tap, board):
    board.start(PULSE)
    board.expect("ready\r\n")
    board.sleep(30)
    board.keys(True, False)
    board.sleep(25)
    board.keys(False, False)
    width, no_start, no_end = map(int, board.finish().split())
    # The driver's waits are whole milliseconds of the link.
    tap.check("time_pulse_us(): the BOOT key for 25 ms", width, lambda us: 23900 <= us <= 26100)
    tap.check("time_pulse_us(): no pulse, no end", (no_start, no_end), (-2, -1))


ATOMIC = """
import machine, time
from machine import Timer
n = 0
def tick(timer):
    global n
    n += 1
t = Timer(3, period=2, mode=Timer.PERIODIC, callback=tick)
time.sleep_ms(11)
state = machine.disable_irq()
before = n
start = time.ticks_us()
while time.ticks_diff(time.ticks_us(), start) < 50000: pass
masked = n - before
machine.enable_irq(state)
time.sleep_ms(11)
t.deinit()
print(before >= 4, masked, n - before >= 5)
"""


def check_disable_irq(tap, board):
    tap.check("disable_irq() for 50 ms, and enable_irq()", board.run(ATOMIC), "True 0 True")


THREADS = """
import _thread, time
lock = _thread.allocate_lock()
total = alive = 0
order = []
def work(name):
    global total, alive
    for i in range(250):
        with lock:
            seen = total
            total = seen + 1
    order.append(name)
    with lock: alive -= 1
alive = 4
for n in range(4): _thread.start_new_thread(work, (n,))
while alive: time.sleep_ms(1)
print(total, sorted(order))
held = _thread.allocate_lock()
held.acquire()
def wait():
    with held: order.append('let go')
_thread.start_new_thread(wait, ())
time.sleep_ms(30)
print(order[4:], held.acquire(False))
held.release()
time.sleep_ms(30)
print(order[4:])
ticks = []
def ticker():
    for i in range(5):
        time.sleep_ms(20)
        ticks.append(time.ticks_ms())
_thread.start_new_thread(ticker, ())
work = 0
while len(ticks) < 5:
    work += 1
    time.sleep_ms(1)
print(work > 40 and all(15 <= b - a <= 45 for a, b in zip(ticks, ticks[1:])))
"""


def check_threads(tap, board):
    lines = board.run(THREADS).split("\n")
    tap.check("threads: 1000 steps under a lock", lines[0], "1000 [0, 1, 2, 3]")
    tap.check("threads: a lock that is held holds", lines[1], "[] False")
    tap.check("threads: and lets go", lines[2], "['let go']")
    tap.check("threads: one sleeps while the other runs", lines[3], "True")


SENSORS = """
import esp32
from machine import ADC
print(esp32.mcu_temperature(), ADC(1).read_uv(), ADC(1).read())
"""


def check_sensors(tap, board):
    """Conversions that end: the chip is at 25 degrees, its pads at 0 V."""
    tap.check("esp32.mcu_temperature(), ADC", board.run(SENSORS), "25 0 0")


SOME = [check_timers, check_pins, check_disable_irq, check_threads, check_sensors]
ALL = [*SOME, check_timer_is_even, check_timer_value, check_schedule, check_key, check_pulse]

if __name__ == "__main__":
    sys.exit(on_boards(everywhere(ALL, SOME)))
