#!/usr/bin/env python3
"""`espy esptool` through every kind of port, with both mask ROMs: a virtual board served as a
pseudo-terminal, raw TCP and RFC 2217 is identified and written to, and a wire log of such a
session, replayed as a port, makes the same session.  Prints TAP; see lib/peer.py.
"""
import pathlib
import random
import re
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "lib"), str(HERE.parent / "lib"), str(HERE.parent / "emu/lib")]
import roms  # noqa: E402
from board import Board, Control  # noqa: E402
from peer import espy, main  # noqa: E402

NOISE = random.Random(4).randbytes(5000)


def write(folder, port, *options):
    image = folder / "noise.bin"
    image.write_bytes(NOISE)
    return espy("--port", port, *options, "write-flash", "0x3000", image, cwd=folder)


def by_port(folder, rom):
    keys, flash = folder / "keys", folder / "flash.bin"
    with Board("n4r2,flash=" + str(flash) + roms.KEYS[rom], "--pty", folder / "pty", "--tcp", "127.0.0.1:0", "--rfc2217",
               "127.0.0.1:0", "--control", keys, "--download") as board:
        fingers = Control(keys)
        for port in [port["name"] for port in board.told["ports"]][:3]:
            resets = port.startswith("rfc2217")
            assert resets or fingers.say("download") == "ok"
            done = espy("--port", port, "--after", "no-reset-stub", "flash-id")
            assert done.returncode == 0 and "Detected flash size: 4MB" in done.stdout, (port, done)
            done = write(folder, port, "--before", "default-reset" if resets else "no-reset")
            assert done.returncode == 0 and "Hash of data verified" in done.stdout, (port, done)
            assert flash.read_bytes()[0x3000:0x3000 + len(NOISE)] == NOISE, port
        fingers.close()


def a_pty_raw_tcp_and_rfc_2217(folder):
    by_port(folder, "built-in ROM")


def the_same_with_the_real_rom(folder):
    return roms.missing("real ROM") or by_port(folder, "real ROM")


def without_name_and_time(text, port):
    return re.sub(r"[0-9.]+ (seconds|kbit/s)", "", text.replace(port, "PORT"))


def again(folder, spec, *options):
    """A session, and the same from its wire log; returns that log."""
    (folder / "noise.bin").write_bytes(NOISE)
    log = folder / "wire.log"
    for words in ("flash-id",), ("write-flash", "0x3000", "noise.bin"):
        port = "emu:" + spec
        first = espy("--port", port, "--trace", *options, *words, cwd=folder)
        assert first.returncode == 0, first
        log.write_text(first.stderr)
        second = espy("--port", f"replay:{log}", *options, *words, cwd=folder)
        assert second.returncode == 0, second
        assert without_name_and_time(second.stdout, f"replay:{log}") == without_name_and_time(first.stdout, port)
    return log


def a_session_from_its_wire_log(folder):
    for rom in roms.KEYS:
        if roms.missing(rom):
            continue
        for keys in "", ",timing=real", ",port=usb,boot=download":
            again(folder, "n4r2" + keys + roms.KEYS[rom])
        again(folder, "n4r2" + roms.KEYS[rom], "--no-stub")


def another_session_is_not_in_the_log(folder):
    log = again(folder, "n4r2")
    (folder / "noise.bin").write_bytes(NOISE[:-1] + b"?")
    done = espy("--port", f"replay:{log}", "write-flash", "0x3000", "noise.bin", cwd=folder)
    assert done.returncode == 2 and "what is sent differs from what was recorded" in done.stderr, done


main([a_pty_raw_tcp_and_rfc_2217, the_same_with_the_real_rom, a_session_from_its_wire_log,
      another_session_is_not_in_the_log], needs_peer=False)
