#!/usr/bin/env python3
"""A board survives its clients: by seed, programs connect to any of its ports, send garbage at
any rate, toggle the lines at random, and vanish; afterwards a plain `espy up` succeeds.

ESPY_LONG=1: 1,000 of them.  A failure names its seed, and `tests/emu/clients.py SEED` repeats
it.  Prints TAP.
"""
import pathlib
import random
import socket
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
sys.dont_write_bytecode = True
from board import *  # noqa: E402,F403: the tests' own words

CLIENTS = 1000 if LONG else 40
RATES = (50, 300, 9600, 57600, 115200, 230400, 460800, 921600, 2000000, 4000000)
IAC, SE, SB, COM_PORT = 255, 240, 250, 44


def com(command, *value):
    return bytes([IAC, SB, COM_PORT, command]) + bytes(value).replace(b"\xff", b"\xff\xff") + bytes([IAC, SE])


def toggle(rng):
    """Some change of RFC 2217 that makes sense by itself."""
    return rng.choice([
        lambda: com(5, rng.choice((8, 9, 11, 12))),                # DTR, RTS
        lambda: com(5, rng.choice((8, 9, 11, 12))),
        lambda: com(1, *struct.pack(">I", rng.choice(RATES))),
        lambda: com(2, rng.randrange(10)) + com(3, rng.randrange(6)) + com(4, rng.randrange(5)),
        lambda: com(5, rng.choice((5, 6))),                        # break
        lambda: com(12, rng.randrange(5)),                         # purge
        lambda: com(8) + com(9),                                   # suspend, resume
        lambda: bytes([IAC, rng.choice((251, 252, 253, 254)), rng.choice((0, 1, 3, 24, 44))]),
    ])()


def vanish(sock, rng):
    """Politely, by a reset, or in the middle of what it says."""
    if rng.random() < 0.3:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def tcp_client(rng, port, speaks_telnet):
    sock = socket.create_connection(("127.0.0.1", port), timeout=5)
    for _ in range(rng.randrange(12)):
        kind = rng.random()
        if speaks_telnet and kind < 0.6:
            data = toggle(rng)
        elif kind < 0.9:
            data = rng.randbytes(rng.choice((1, 10, 300, 5000)))
        else:
            data = rng.choice((b"\r\x03", b"\x04", b"\x01", b"print(1)\r", b"\xc0\x00\x08\x24"))
        try:
            sock.settimeout(0.2)
            sock.sendall(data[:rng.randrange(1, len(data) + 1)] if rng.random() < 0.1 else data)
        except OSError:
            break
        time.sleep(rng.choice((0, 0, 0.005, 0.03)))
    vanish(sock, rng)


def pty_client(rng, path):
    port = Pty(path)
    if rng.random() < 0.3:
        port.exclusive()
    for _ in range(rng.randrange(8)):
        if rng.random() < 0.4:
            port.set_baud(rng.choice([r for r in RATES if hasattr(termios, f"B{r}")]))
        try:
            os.write(port.fd, rng.randbytes(rng.choice((1, 10, 300, 5000))))
        except BlockingIOError:
            pass
        time.sleep(rng.choice((0, 0.005, 0.03)))
    port.close()


def client(seed, board, tty):
    rng = random.Random(seed)
    kind = rng.choice(("pty", "tcp", "rfc2217", "rfc2217"))
    if kind == "pty":
        pty_client(rng, tty)
    else:
        tcp_client(rng, board.tcp[kind == "rfc2217"], kind == "rfc2217")


def survives(folder, seeds):
    flash, tty = make_flash(folder), folder / "board.tty"
    with Board(spec(), "--flash", flash, "--pty", tty, "--tcp", 0, "--rfc2217", 0) as board:
        lingering = [Tcp(board.tcp[0]), Tcp(board.tcp[1])]  # two that stay, and say nothing
        for seed in seeds:
            client(seed, board, tty)
            check(board.process.poll(), None, f"the board's end after the client of seed {seed}")
        done = subprocess.run([ESPY, "up", "-q", "-p", f"rfc2217://127.0.0.1:{board.tcp[1]}", str(IMAGE)],
                              capture_output=True, text=True, timeout=300)
        check(done.returncode, 0, f"the status of espy up, after the seeds {seeds}, which said {done.stderr!r},")
        port = Pty(tty)
        port.prompt()
        check(port.ask("6 * 7"), "42")
        for each in (port, *lingering):
            each.close()
        check(board.end(signal.SIGTERM), 0)


def the_board_survives_its_clients(folder):
    survives(folder, range(CLIENTS))


def a_crowd_does_not_starve_the_next(folder):
    """More programs than the board takes at once; those that are gone make room."""
    with Board(spec(), "--flash", make_flash(folder), "--tcp", 0) as board:
        crowd = [Tcp(board.tcp[0]) for _ in range(60)]
        for each in crowd:
            each.socket.shutdown(socket.SHUT_WR)
        others = [Tcp(board.tcp[0]) for _ in range(20)]
        others[-1].prompt()
        check(others[-1].ask("6 * 7"), "42")
        for each in crowd + others:
            each.close()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        import tempfile
        with tempfile.TemporaryDirectory() as name:
            survives(pathlib.Path(name), [int(sys.argv[1])])
    else:
        run_all([the_board_survives_its_clients, a_crowd_does_not_starve_the_next])
