#!/usr/bin/env python3
"""esptool with each of its stubs and with none, over RFC 2217 and on a pseudo-terminal, and
what it tells of the chip.  Prints TAP; see lib/peers.py.
"""
import pathlib
import random
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from peers import BANNER, IMAGE, MAC, Board, check, esptool, flashed, main, mpremote, needs  # noqa: E402

# esptool 5 has the legacy stub, written in C, and the newer one, written in Rust.
STUBS = {"legacy stub": ("--stub-version", "1"), "newer stub": ("--stub-version", "2"), "no stub": ("--no-stub",)}
STAY = "--before", "no-reset", "--after", "no-reset"
AT = 0x400000


def some_bytes(folder, seed, n):
    file = folder / f"some{seed}.bin"
    file.write_bytes(random.Random(seed).randbytes(n))
    return file


def write_and_read_back(folder, port, loader, seed, n):
    wanted, got = some_bytes(folder, seed, n), folder / "got.bin"
    said = esptool(port, *loader, "write-flash", AT, wanted)
    check(f"Wrote {n} bytes" in said and "Hash of data verified." in said, said)
    esptool(port, *loader, "read-flash", AT, n, got)
    check(got.read_bytes() == wanted.read_bytes(), loader, "read back something else")


def over_rfc2217(folder, name, baud, n):
    with Board(flashed(folder)).prompt() as board:
        write_and_read_back(folder, board.rfc2217, ("--baud", baud, *STUBS[name]), 1, n)
        # The reset at the end comes at esptool's baud, so what the board says is garbage until esptool has gone.
        check(mpremote(board.tty, "exec", "print(6 * 7)") == "42\n", "no answer")


def legacy_stub_over_rfc2217(folder):
    over_rfc2217(folder, "legacy stub", 921600, 40000)


def newer_stub_over_rfc2217(folder):
    over_rfc2217(folder, "newer stub", 460800, 40000)


def no_stub_over_rfc2217(folder):
    # Every command costs pyserial a fifth of a second of RFC 2217, and the ROM gives 64 bytes at a time.
    over_rfc2217(folder, "no stub", 115200, 4000)


def newer_stub_on_the_chips_own_usb(folder):
    with Board(folder / "flash.bin", name="n16r8,port=usb") as board:
        write_and_read_back(folder, board.rfc2217, ("--before", "usb-reset", *STUBS["newer stub"]), 1, 40000)


def every_loader_on_a_terminal_in_download_mode(folder):
    # A board each: the newer stub has no reset, so it answers on after esptool has gone.
    for seed, loader in enumerate(STUBS.values()):
        flash = folder / f"flash{seed}.bin"
        with Board(flash, "--download") as board:
            write_and_read_back(folder, board.tty, (*STAY, *loader), seed, 70000)
            said = esptool(board.tty, *STAY, *loader, "erase-region", AT, 0x10000)
            check("erased successfully" in said, said)
        left, written = flash.read_bytes(), (folder / f"some{seed}.bin").read_bytes()
        check(left[AT:AT + 0x10000] == b"\xff" * 0x10000, "not erased")
        check(left[AT + 0x10000:AT + 70000] == written[0x10000:], "more erased than asked")


def an_image_written_on_a_terminal_boots(folder):
    # A board each: without a reset the ROM keeps the rate, and the next esptool begins with 115200.
    with Board(folder / "flash.bin", "--download") as board:
        esptool(board.tty, *STAY, "--no-stub", "--baud", "460800", "write-flash", "-z", "0", IMAGE)
    with Board(folder / "flash.bin", "--download") as board:
        check("Verification successful" in esptool(board.tty, *STAY, "--no-stub", "verify-flash", "0", IMAGE), "verify")
    with Board(folder / "flash.bin").prompt() as board:
        check(BANNER in board.text(), board.text())
        check(mpremote(board.tty, "exec", "print(6 * 7)") == "42\n", "no answer")


def told(said, *facts):
    for fact in facts:
        check(fact in said, f"{fact!r} is not in", said)


def the_chip_is_what_the_model_says(folder):
    for loader in STUBS.values():
        with Board(folder / "flash.bin", "--download") as board:
            ask = board.tty, *STAY, *loader
            told(esptool(*ask, "chip-id"), "ESP32-S3 (QFN56) (revision v0.2)", "Embedded PSRAM 8MB (AP_3v3)", "40MHz",
                 MAC)
            told(esptool(*ask, "read-mac"), MAC)
            told(esptool(*ask, "flash-id"), "Manufacturer: ef", "Device: 4018", "flash size: 16MB",
                 "quad (4 data lines)", "eFuse: 3.3V")
            # JESD216: the table opens with "SFDP".
            told(esptool(*ask, "read-flash-sfdp", "0", "4"), "0x53 0x46 0x44 0x50")
            told(esptool(*ask, "get-security-info"), "Secure Boot: Disabled", "Flash Encryption: Disabled",
                 "Chip ID: 9", "SPI_BOOT_CRYPT_CNT): 0x0")


def an_octal_module_is_told_from_a_quad_one(folder):
    with Board(folder / "flash.bin", "--download", name="n16r8v") as board:
        told(esptool(board.tty, *STAY, "--no-stub", "flash-id"), "Manufacturer: c2", "octal (8 data lines)",
             "flash size: 16MB", "eFuse: 1.8V")


CASES = [legacy_stub_over_rfc2217, newer_stub_over_rfc2217, no_stub_over_rfc2217, newer_stub_on_the_chips_own_usb,
         every_loader_on_a_terminal_in_download_mode, the_chip_is_what_the_model_says,
         an_octal_module_is_told_from_a_quad_one, an_image_written_on_a_terminal_boots]

if __name__ == "__main__":
    main(CASES, needs("esptool", "mpremote"))
