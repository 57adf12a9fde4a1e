#!/usr/bin/env python3
"""`espy emu` as programs use it: ports, keys, the control socket, and its end.  Prints TAP."""
import contextlib
import hashlib
import os
import pathlib
import pty
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
sys.dont_write_bytecode = True
from board import *  # noqa: E402,F403: the tests' own words

TEMPLATE = None  # a flash file with MicroPython, made once


def flash(folder):
    return shutil.copy(TEMPLATE, folder / "flash.bin")


def every_port_shows_the_board_and_reaches_it(folder):
    tty = folder / "board.tty"
    with Board(spec(), "--flash", flash(folder), "--pty", tty, "--tcp", 0, "--pty", folder / "b.tty", "--rfc2217", 0,
               "--tcp", "0.0.0.0:0") as board:
        check([p["kind"] for p in board.told["ports"]], ["pty", "tcp", "pty", "rfc2217", "tcp"])
        check(board.told["model"], "n16r8")
        check(board.told["ports"][4]["name"].startswith("socket://0.0.0.0:"), True)
        ports = [Pty(tty), Tcp(board.tcp[0]), Pty(folder / "b.tty"), Tcp(board.tcp[1]), Tcp(board.tcp[2])]
        ports[0].prompt()
        for port in ports:
            port.quiet()
        for n, port in enumerate(ports):
            port.write(b"print(1000 + %d)\r" % n)
            for other in ports:
                other.until(b"100%d\r\n>>> " % n)
        for port in ports:
            port.close()


def the_flash_file_keeps_the_files(folder):
    image, tty = flash(folder), folder / "board.tty"
    for turn in range(2):
        with Board(spec(), "--flash", image, "--pty", tty):
            port = Pty(tty)
            port.prompt()
            if turn == 0:
                port.ask("f = open('kept', 'w'); f.write('here'); f.close()")
            else:
                check(port.ask("open('kept').read()"), "'here'")
            port.close()
    check(image and os.path.getsize(image), 16 << 20)


def a_new_flash_file_is_blank_and_of_the_chips_size(folder):
    with Board(spec("n8r8"), "--flash", folder / "new.bin"):
        pass
    data = (folder / "new.bin").read_bytes()
    check(len(data), 8 << 20)
    check(data.count(0xFF), 8 << 20, "the number of blank bytes")


def signals_and_for_end_it(folder):
    tty, words = folder / "board.tty", folder / "words"
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, None):
        with Board(spec(), "--pty", tty, "--control", words, *([] if number else ["--for", "0.3"])) as board:
            check((tty.is_symlink(), words.is_socket()), (True, True))
            check(board.end(number) if number else board.process.wait(PATIENCE_S), 0, f"the status after {number}")
        check((tty.is_symlink(), words.exists()), (False, False), f"what is left after {number}")


def download_mode_from_the_start(folder):
    tty = folder / "board.tty"
    with Board(spec(), "--pty", tty, "--download", "--tcp", 0) as board:
        port = Tcp(board.tcp[0])
        said = port.until(b"waiting for download")
        check(b"boot:0x0 (DOWNLOAD" in said, True, f"download mode in {said!r}")
        port.close()


def the_control_socket_works_the_keys(folder):
    with Board(spec(), "--flash", flash(folder), "--tcp", 0, "--control", folder / "words") as board:
        port, words = Tcp(board.tcp[0]), Control(folder / "words")
        port.until(PROMPT)
        check(words.say("status"), "ok boot 0 reset 0 power 1")
        check(words.say("download"), "ok")
        port.until(b"waiting for download")
        check(words.say("reset"), "ok")
        port.until(PROMPT)
        check([words.say("boot 1"), words.say("reset 1"), words.say("status")],
              ["ok", "ok", "ok boot 1 reset 1 power 1"])
        port.quiet()
        check(words.say("reset 0"), "ok")
        port.until(b"waiting for download")
        check([words.say("boot 0"), words.say("power 0"), words.say("status")],
              ["ok", "ok", "ok boot 0 reset 0 power 0"])
        port.write(b"lost")
        check(port.quiet(), b"")
        check(words.say("power 1"), "ok")
        port.until(PROMPT)
        for wrong in ("", "boot", "boot 2", "reset 1 1", "power", "press", "x" * 100):
            check(words.say(wrong).startswith("error the commands are"), True, wrong)
        check(words.say("quit"), "ok")
        check(board.process.wait(PATIENCE_S), 0)
        port.close()
        words.close()


def a_power_cut_forgets_what_a_reset_keeps(folder):
    with Board(spec(), "--flash", flash(folder), "--tcp", 0, "--control", folder / "words") as board:
        port, words = Tcp(board.tcp[0]), Control(folder / "words")
        port.until(PROMPT)
        port.ask("import machine; machine.RTC().memory(b'kept')")
        port.write(b"machine.reset()\r")
        port.until(PROMPT)
        check(port.ask("import machine; machine.RTC().memory()"), "b'kept'")
        words.say("power 0")
        words.say("power 1")
        port.until(PROMPT)
        check(port.ask("import machine; machine.RTC().memory(), machine.reset_cause() == machine.PWRON_RESET"),
              "(b'', True)")
        port.close()
        words.close()


def com(command, *value):
    return bytes([255, 250, 44, command, *value, 255, 240])


def a_remote_client_resets_as_if_beside(folder):
    """esptool's sequence over RFC 2217 as pyserial sends it: one line at a time, each confirmed, a
    round trip of 50 ms apart.  EN takes 14 ms to rise."""
    dtr_on, dtr_off, rts_on, rts_off = 8, 9, 11, 12
    with Board(spec(), "--flash", flash(folder), "--rfc2217", 0) as board:
        port = Tcp(board.tcp[0])
        port.until(PROMPT)

        def set_line(value):
            port.write(com(5, value))
            said = port.until(com(105, value))
            time.sleep(0.05)
            return said
        said = b"".join(set_line(value) for value in (dtr_off, rts_on, dtr_on, rts_off, dtr_off)) + port.quiet()
        check(b"waiting for download" in said, True, f"download mode in {said!r}")
        set_line(rts_on)
        port.write(com(5, rts_off))
        port.until(PROMPT)
        # Both lines together, as when a program opens a port, do nothing; nor does hanging up.
        set_line(dtr_on)
        set_line(rts_on)
        port.prompt()
        port.ask("kept = 1")
        port.close()
        port = Tcp(board.tcp[0])
        port.prompt()
        check(port.ask("kept"), "1")
        # One that vanishes while it holds EN low lets go of it.
        port.write(com(5, rts_on))
        port.until(com(105, rts_on))
        port.close()
        port = Tcp(board.tcp[0])
        port.until(PROMPT)
        port.close()


def a_remote_client_sets_the_rate(folder):
    with Board(spec(timing="real"), "--flash", flash(folder), "--rfc2217", 0, "--tcp", 0) as board:
        port, other = Tcp(board.tcp[0]), Tcp(board.tcp[1])
        other.until(PROMPT)
        rate = (921600).to_bytes(4, "big")
        port.write(com(1, *rate))
        port.until(com(101, *rate))
        other.write(b"print(12345)\r")
        check(b"12345" in other.quiet(1), False, "text at the wrong rate")
        port.close()  # and the rate is the default again
        other.quiet()
        other.prompt()
        check(other.ask("print(12345)"), "12345")
        other.close()


def loopback_in_both_families(folder):
    try:
        socket.socket(socket.AF_INET6).bind(("::1", 0))
    except OSError:
        return
    with Board(spec(), "--tcp", "[::1]:0", "--tcp", "localhost:0") as board:
        check(board.told["ports"][0]["name"].startswith("socket://[::1]:"), True)
        socket.create_connection(("::1", board.tcp[0]), timeout=PATIENCE_S).close()


def a_rom_that_cannot_go_on_is_told_once(folder):
    """The built-in ROM has no radio; the firmware's call into it stops the board until a reset."""
    env = {k: v for k, v in os.environ.items() if k not in ("ESPY_ROM", "XDG_DATA_HOME")}
    with Board("n16r8", "--flash", flash(folder), "--tcp", 0, "--control", folder / "words",
               env=dict(env, HOME=str(folder))) as board:
        port, words = Tcp(board.tcp[0]), Control(folder / "words")
        port.prompt()
        port.write(b"import network; network.WLAN(0).active(True)\r")
        while "fault" not in words.say("status"):
            time.sleep(0.05)
        port.write(b"nobody listens\r")
        check(words.say("reset"), "ok")
        port.until(PROMPT)
        check(words.say("status"), "ok boot 0 reset 0 power 1")
        port.prompt()
        check(port.ask("6 * 7"), "42")
        check(board.end(signal.SIGTERM), 0)
        said = board.process.stderr.read()
        check((said.count("the board has stopped"), said.count("A reset revives it.")), (1, 1), f"lines in {said!r}")
        port.close()
        words.close()


def the_wire_is_logged(folder):
    log = folder / "log"
    with open(log, "w") as file, Board(spec(), "--trace", "wire", "--rfc2217", 0, "--download", stderr=file) as board:
        port = Tcp(board.tcp[0])
        port.until(b"waiting for download")
        port.write(com(1, 0, 0, 0x25, 0x80) + com(5, 11) + b"lost" + com(5, 12))
        port.until(com(105, 12))
        port.close()
        board.end(signal.SIGTERM)
    rows = [line.split(None, 2)[2:] for line in log.read_text().splitlines() if line.startswith("wire")]
    for row in ("baud 9600", "lines 0 1", "> 6c6f7374", "lines 0 0", "baud 115200"):
        check([row] in rows, True, f"{row!r} in {rows}")


def keys_on_a_terminal(folder):
    keyboard, stdin = pty.openpty()
    before = termios.tcgetattr(stdin)
    # A session of its own, whose terminal this is.
    shell = f"exec {ESPY} emu {spec()} --flash {flash(folder)} --pty {folder}/board.tty"
    process = subprocess.Popen([sys.executable, "-c",
                                "import os,sys,fcntl,termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
                                "os.execv('/bin/sh', ['sh', '-c', sys.argv[1]])", shell],
                               stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not process.stdout.readline().startswith("ready"):
        pass
    check("Keys: b BOOT" in process.stderr.readline(), True, "the list of keys")
    port = Pty(folder / "board.tty")
    port.prompt()
    for keys, wanted in ((b"d", b"waiting for download"), (b"r", PROMPT), (b"br", b"waiting for download"),
                         (b"bpp", PROMPT)):
        os.write(keyboard, keys)
        port.until(wanted)
    os.write(keyboard, b"?q")
    check(process.wait(PATIENCE_S), 0)
    check(termios.tcgetattr(stdin), before, "the terminal's mode")
    said = process.stderr.read()
    check([word in said for word in ("BOOT is held down.", "BOOT is up.", "The power is off.", "RESET.")], [True] * 4)
    port.close()
    os.close(keyboard)
    os.close(stdin)


def a_pty_is_new_to_each_program(folder):
    tty = folder / "board.tty"
    with Board(spec(), "--flash", flash(folder), "--pty", tty, "--tcp", 0) as board:
        other = Tcp(board.tcp[0])
        other.until(PROMPT)
        port = Pty(tty)
        check(port.quiet(), b"", "what was said while nobody had it open")
        port.exclusive()
        port.set_baud(9600)
        other.write(b"print('for nobody')\r")
        other.quiet()
        port.close()
        other.quiet()
        mode = Port(os.open(tty, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK))
        check(mode.quiet(), b"", "what the last program did not read")
        check(termios.tcgetattr(mode.fd)[4:6], [termios.B115200] * 2)
        mode.prompt()
        mode.close()
        # What a program wrote before it closed arrives.
        port = Pty(tty)
        port.write(b"print(6 * 111)\r")
        port.close()
        other.until(b"666\r\n")
        other.close()


def a_wrong_rate_is_garbage(folder):
    tty = folder / "board.tty"
    with Board(spec(timing="real"), "--flash", flash(folder), "--pty", tty):
        port = Pty(tty)
        port.prompt()
        port.set_baud(57600)
        port.write(b"print(12345)\r")
        said = port.quiet(1)
        check(b"12345" in said or b"print" in said, False, f"text in {said!r}")
        port.set_baud(115200)
        port.prompt()
        check(port.ask("print(12345)"), "12345")
        port.close()


def a_full_fifo_overruns(folder):
    """1000 bytes at 115200 baud are there after 87 ms, in which no interrupt is served."""
    code = ("import machine, micropython, sys, time, select\nmicropython.kbd_intr(-1)\nprint('GO')\n"
            "sys.stdin.buffer.read(1)\nstate = machine.disable_irq()\nstart = time.ticks_us()\n"
            "while time.ticks_diff(time.ticks_us(), start) < 150000: pass\nmachine.enable_irq(state)\nn = 0\n"
            "poll = select.poll()\npoll.register(sys.stdin, select.POLLIN)\n"
            "while poll.poll(300): n += len(sys.stdin.buffer.read(1))\nprint('GOT', n)\n")
    for timing, low, high in (("real", 100, 400), ("fast", 1000, 1000)):
        with Board(spec(timing=timing), "--flash", flash(folder), "--tcp", 0) as board:
            port = Tcp(board.tcp[0])
            port.until(PROMPT)
            port.run(code, b"GO\r\n")
            port.write(b"x" + b"y" * 1000)
            got = int(port.until(b"\x04").split(b"GOT ")[1].split()[0])
            check(low <= got <= high, True, f"{got} bytes of 1000 with timing={timing}")
            port.close()


def an_unpaced_program_loses_nothing(folder):
    """The script that reads is busy for longer, now and then, than MicroPython's buffer lasts."""
    size = 1 << 20 if LONG else 1 << 16
    code = ("import micropython, sys, hashlib\nmicropython.kbd_intr(-1)\nh = hashlib.sha256()\nn = 0\nprint('GO')\n"
            f"while n < {size}:\n    b = sys.stdin.buffer.read(256)\n    h.update(b)\n    n += len(b)\n"
            "    if n % 8192 == 0:\n        for i in range(30000): pass\n"
            "print('SHA', h.digest().hex())\n")
    data = random.Random(size).randbytes(size)
    tty = folder / "board.tty"
    with Board(spec(), "--flash", flash(folder), "--pty", tty) as board:
        port = Pty(tty)
        port.prompt()
        port.run(code, b"GO\r\n")
        port.write(data)
        said = port.until(b"\x04", 600)
        check(said.split(b"SHA ")[1].split()[0].decode(), hashlib.sha256(data).hexdigest())
        port.close()
        check(board.process.poll(), None)


def sleep_is_not_early(folder):
    """What an idle prompt costs, and how late sleep is, are printed: they are this computer's."""
    tty = folder / "board.tty"
    with Board(spec(), "--flash", flash(folder), "--pty", tty) as board:
        port = Pty(tty)
        port.prompt()
        before, start = board.cpu_seconds(), time.monotonic()
        time.sleep(1.5)
        share = (board.cpu_seconds() - before) / (time.monotonic() - start)
        print(f"# | idle prompt: {100 * share:.1f} % of a core")
        port.ask("import time")
        port.write(b"time.sleep(2); print(7 * 11)\r")
        port.until(b"\r\n")
        start = time.monotonic()
        port.until(b"77\r\n")
        took = time.monotonic() - start
        print(f"# | time.sleep(2): {took:.3f} s of wall time")
        check(took >= 1.98, True, f"{took} s")
        port.close()


def main():
    global TEMPLATE
    with contextlib.ExitStack() as stack:
        if IMAGE.is_file():
            TEMPLATE = make_flash(stack.enter_context(tempfile.TemporaryDirectory()))
        run_all([every_port_shows_the_board_and_reaches_it, the_flash_file_keeps_the_files,
                 a_new_flash_file_is_blank_and_of_the_chips_size, signals_and_for_end_it, download_mode_from_the_start,
                 a_remote_client_resets_as_if_beside, a_remote_client_sets_the_rate, loopback_in_both_families,
                 a_rom_that_cannot_go_on_is_told_once, the_wire_is_logged, the_control_socket_works_the_keys,
                 a_power_cut_forgets_what_a_reset_keeps, keys_on_a_terminal, a_pty_is_new_to_each_program,
                 a_wrong_rate_is_garbage, a_full_fifo_overruns, an_unpaced_program_loses_nothing, sleep_is_not_early])


if __name__ == "__main__":
    main()
