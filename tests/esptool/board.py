#!/usr/bin/env python3
"""esptool's commands on a virtual board: the tutorial's two lines as they stand, under esptool's
own name, and what each command leaves on the flash and says.  Prints TAP; see lib/peer.py.
"""
import os
import pathlib
import random
import re
import socket
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from peer import ESPY, FIRMWARE, elf, espy, main  # noqa: E402

OCT = FIRMWARE / "ESP32_GENERIC_S3-SPIRAM_OCT-20240602-v1.23.0.bin"
FATAL = 2  # esptool's exit status for everything
NOISE = random.Random(7).randbytes(0x3000)


class Board:
    """A virtual board that keeps its flash in a file."""

    def __init__(self, folder, model="n8"):
        self.folder, self.flash = folder, folder / "flash.bin"
        self.port = f"emu:{model},flash={self.flash}"

    def run(self, *words, status=0, **env):
        done = espy("--port", self.port, *words, cwd=self.folder, **env)
        assert done.returncode == status, (words, done)
        return done.stdout + done.stderr

    def file(self, name, data):
        (self.folder / name).write_bytes(data)
        return name

    def at(self, addr, size):
        with open(self.flash, "rb") as flash:
            flash.seek(addr)
            return flash.read(size)


def says(text, *sentences):
    for sentence in sentences:
        assert re.search(sentence, text), (sentence, text)


def the_tutorials_lines_as_they_stand(folder):
    if not OCT.is_file():
        return f"no {OCT.name}"
    program = folder / "esptool.py"
    program.symlink_to(os.path.abspath(ESPY))
    board = Board(folder, "n16r8")
    line = "--chip", "esp32s3", "--port", board.port
    done = espy(*line, "erase_flash", program=str(program), name=None)
    assert done.returncode == 0, done
    says(done.stdout, "Flash memory erased successfully in .* seconds", "Hard resetting via RTS pin")
    says(done.stderr, "WARNING: Deprecated: Command 'erase_flash' is deprecated. Use 'erase-flash' instead.")
    assert set(board.at(0, 0x100000)) == {0xFF}
    done = espy(*line, "write_flash", "-z", "0", OCT, program=str(program), name=None)
    assert done.returncode == 0, done
    size = OCT.stat().st_size
    says(done.stdout, r"Chip type: +ESP32-S3 \(QFN56\) \(revision v\d\.\d\)", r"MAC: +([0-9a-f]{2}:){5}[0-9a-f]{2}",
         rf"Wrote {size} bytes \(\d+ compressed\) at 0x00000000", "Hash of data verified", "Hard resetting")
    assert board.at(0, size) == OCT.read_bytes()
    return None


def the_same_on_every_kind_of_port(folder):
    name, flash, control = folder / "board.tty", folder / "flash.bin", str(folder / "control")
    program = folder / "esptool"
    program.symlink_to(os.path.abspath(ESPY))
    data = NOISE + bytes(0x2000)
    (folder / "image.bin").write_bytes(data)
    with subprocess.Popen([ESPY, "emu", f"n4r2,flash={flash}", "--pty", name, "--tcp", "0", "--rfc2217", "0", "--control",
                           control], stdout=subprocess.PIPE, text=True) as emu:
        try:
            served = []
            while len(served) < 2:
                served += [word for word in emu.stdout.readline().split() if "://" in word]
            spellings = ("erase_flash", "write_flash"), ("erase-flash", "write-flash")
            for port, (erase, write) in zip([str(name), *served], (*spellings, spellings[0])):
                for words in ((erase,), (write, "-z", "0", "image.bin")):
                    if not port.startswith("rfc2217:"):  # no lines: a finger puts the board into download mode
                        with socket.socket(socket.AF_UNIX) as keys:
                            keys.connect(control)
                            keys.sendall(b"download\n")
                            assert keys.recv(64) == b"ok\n"
                    done = espy("--chip", "esp32s3", "--port", port, *words, cwd=folder, program=str(program), name=None)
                    assert done.returncode == 0, (port, words, done)
                    assert ("Chip was NOT reset" in done.stderr) == (not port.startswith("rfc2217:")), (port, done)
                says(done.stdout, "Hash of data verified")
                assert flash.read_bytes()[:len(data)] == data, port
                says(done.stdout, "via RTS pin" if port.startswith("rfc2217:") else "with a watchdog")
        finally:
            emu.terminate()


def looks(folder):
    board = Board(folder, "n16r8")
    says(board.run("flash-id"), "Manufacturer: ef", "Device: 4018", "Detected flash size: 16MB", "quad",
         "Flash voltage set by eFuse: 3.3V")
    says(board.run("chip_id"), "Detecting chip type... ESP32-S3", r"MAC: +[0-9a-f:]{17}")
    mac = re.search(r"MAC: +([0-9a-f:]{17})", board.run("read-mac")).group(1)
    low = board.run("--no-stub", "read-mem", "0x60007044")  # EFUSE_RD_MAC_SPI_SYS_0: the last four bytes
    says(low, "No stub", "0x60007044 = 0x" + mac.replace(":", "")[4:])
    said = board.run("write-mem", "0x3fc90000", "0xabad1dea", "0xffff")
    says(said, "Wrote 0xabad1dea with mask 0x0000ffff to 0x3fc90000")
    says(board.run("dump_mem", "0x60007044", "8", "mem.bin"), r"Dumped 8 bytes from 0x60007044 in .*kbit/s\) to 'mem.bin'")
    assert (folder / "mem.bin").read_bytes()[:4].hex() == "".join(reversed([mac.replace(":", "")[i:i + 2]
                                                                           for i in range(4, 12, 2)]))
    assert board.run("--silent", "read-mac") == ""
    says(board.run("-b", "460800", "read-mac"), "Changing baud rate to 460800...\nChanged.")


def asks_rom_and_flash_chip(folder):
    board = Board(folder)
    says(board.run("get_security_info"), "Flags: 0x00000000 ", "BLOCK_KEY5 - USER/EMPTY", "Chip ID: 9", "API Version",
         "Secure Boot: Disabled", "Flash Encryption: Disabled", "Crypt Count")
    says(board.run("read-flash-sfdp", "0", "4"), r"SFDP\[0\.\.3\]: 0x53 0x46 0x44 0x50", "Manufacturer:")  # "SFDP"
    says(board.run("read_flash_sfdp", "1", "3"), r"SFDP\[1\.\.3\]: 0x46 0x44 0x50")
    says(board.run("read-flash-sfdp", "0", "5", status=FATAL), "1-4")
    says(board.run("read-flash-status", "--bytes", "1"), "Flash memory status: 0x0000")
    says(board.run("write-flash-status", "--non-volatile", "0x0200"), "Initial flash memory status: 0x0000",
         "Setting flash memory status: 0x0200", "After flash memory status:   0x0200")
    says(board.run("read-flash-status", "--bytes", "4", status=FATAL), "is not one of")


def loads_a_program_into_ram(folder):
    board = Board(folder)
    board.file("ram.elf", elf([(".text", 0x40378000, bytes(0x2000), 4, 1), (".data", 0x3FC94000, NOISE[:7], 4, 1)]))
    board.run("--chip", "esp32s3", "elf2image", "ram.elf", "-o", "ram.bin")
    says(board.run("load_ram", "ram.bin"), "Loaded 2 segments from 'ram.bin' to RAM, executing at 0x40378000",
         "Exiting immediately")
    board.run("--chip", "esp32s3", "merge-bin", "-f", "hex", "-o", "ram.hex", "0", "ram.bin")
    says(board.run("load-ram", "ram.hex"), "Loaded 2 segments from 'ram.hex' to RAM, executing at 0x40378000")
    says(board.run("load-ram", board.file("none.bin", b"none"), status=FATAL), "not a valid image")


def writes_where_it_is_told(folder):
    board = Board(folder)
    a, b = board.file("a.bin", NOISE[:0x1000]), board.file("b.bin", NOISE[:0x2345])
    said = board.run("write-flash", "0x10000", a, "0x2fc00", b, "0x40000", board.file("none.bin", b""))
    says(said, "Writing 'a.bin' at 0x00010000", "Flash will be erased from 0x00010000 to 0x00010fff",
         "Flash address 0x0002fc00 is not aligned to a 0x1000 byte flash sector. 0xc00 bytes before",
         "Flash will be erased from 0x0002f000 to 0x00031fff", "'none.bin' is empty")
    assert said.count("Hash of data verified") == 2
    assert board.at(0x10000, 0x1000) == NOISE[:0x1000] and board.at(0x2FC00, 0x2345) == NOISE[:0x2345]
    assert set(board.at(0x2F000, 0xC00)) == {0xFF} == set(board.at(0x31F45, 0xBB))
    says(board.run("write-flash", "-s", "0x10000", a), "'a.bin' at 0x00010000 already in flash, skipping write")
    c = board.file("c.bin", bytes(0x2345))
    assert " compressed)" not in board.run("write-flash", "0x50000", b)  # random bytes
    assert " compressed)" not in board.run("write-flash", "-u", "0x54000", c)
    sent = [sum(len(frame) // 2 for frame in re.findall(r"^wire \d+ > (\w+)$", said, re.MULTILINE))
            for said in (board.run("--trace", "write-flash", "-u", "0x5c000", c),
                         board.run("--trace", "write-flash", "0x60000", c))]
    assert sent[0] - sent[1] > 0x2200, sent  # zeros, as they are and compressed to nearly nothing
    assert " compressed)" in board.run("--no-stub", "write_flash", "--compress", "0x58000", c)
    assert board.at(0x50000, 0x2345) == NOISE[:0x2345]
    assert board.at(0x54000, 0x2345) == board.at(0x58000, 0x2345) == bytes(0x2345)
    says(board.run("write-flash", "--erase-all", "0", a), "Flash memory erased successfully", "Hash of data verified")
    assert set(board.at(0x10000, 0x50000)) == {0xFF}


def writes_only_what_differs_from_a_file(folder):
    board = Board(folder)
    old, new = board.file("old.bin", NOISE), board.file("new.bin", NOISE[:0x1800] + b"new" + NOISE[0x1803:])
    other = board.file("other.bin", bytes(0x3000))
    board.run("write-flash", "0x10000", old, "0x20000", other)
    said = board.run("write-flash", "0x10000", new, "0x20000", other, "--diff-with", old, "skip")
    says(said, "Changed data sectors found, fast reflashing", "Reflashing 1 changed sector at 0x00011000",
         "'other.bin' at 0x00020000 already in flash")
    assert board.at(0x10000, 0x3000) == (folder / new).read_bytes()
    says(board.run("write-flash", "0x10000", new, "--diff-with", new), "No changed sectors found", "verified")
    says(board.run("write-flash", "--diff-with", other, "--trust-flash-content", "0x10000", other), "skipping write")
    said = board.run("write-flash", "0x20000", new, "--diff-with", old)  # which is not what the flash holds there
    says(said, "Verification failed after fast reflash", "Reflashing the whole image", "Hash of data verified")
    assert board.at(0x20000, 0x3000) == (folder / new).read_bytes()
    says(board.run("write-flash", "--trust-flash-content", "0", old, status=FATAL), "requires --diff-with")
    says(board.run("write-flash", "-s", "0", old, "--diff-with", old, status=FATAL), "exclude each other")


def files_of_words_and_of_hex(folder):
    board = Board(folder)
    board.file("two words.bin", NOISE)
    (folder / "args.txt").write_text("write-flash 0x10000\n'two words.bin'\n")
    says(board.run("@args.txt"), "Hash of data verified")
    (folder / "parts.hex").write_text(":020000040002F8\n:0400000001020304F2\n:04300000A1A2A3A442\n:00000001FF\n")
    assert board.run("write-flash", "0", "parts.hex").count("Hash of data verified") == 2
    assert board.at(0x10000, 0x3000) == NOISE
    assert board.at(0x20000, 5) == b"\1\2\3\4\xff" and board.at(0x23000, 5) == b"\xa1\xa2\xa3\xa4\xff"


def flash_parameters(folder):
    if not OCT.is_file():
        return f"no {OCT.name}"
    board = Board(folder)
    board.file("boot.bin", OCT.read_bytes()[:0x8000])
    said = board.run("write-flash", "--flash_mode", "dio", "--flash-freq", "40m", "--flash-size", "detect", "0",
                     "boot.bin")
    says(said, "Option '--flash_mode' is deprecated. Use '--flash-mode'", "Auto-detected flash size: 8MB", "Flash parameters set to 0x0230", "SHA digest in image updated")
    assert board.at(2, 2) == b"\x02\x30"
    (folder / "back.bin").write_bytes(board.at(0, 0x8000))
    says(board.run("image-info", "back.bin"), r"Validation hash: [0-9a-f]{64} \(valid\)", "Flash size: 8MB")
    says(board.run("verify-flash", "0", "boot.bin", status=FATAL), "digest mismatch", "Verification failed")
    says(board.run("verify_flash", "-fm", "dio", "-ff", "40m", "-fs", "detect", "0", "boot.bin"),
         r"Verification successful \(digest matched\)")
    says(board.run("write-flash", "-ff", "80m", "0x1000", "boot.bin", "0", board.file("data.bin", NOISE[:64])),
         "not changing any flash settings")
    return None


def reads_and_erases(folder):
    board = Board(folder)
    board.run("write-flash", "0x20000", board.file("a.bin", NOISE))
    says(board.run("read-flash", "0x20000", "12k", "back.bin"), "Read 12288 bytes from 0x00020000", "'back.bin'")
    assert (folder / "back.bin").read_bytes() == NOISE
    says(board.run("read_flash", "0", "ALL", "all.bin"), "Detected flash size: 8MB")
    assert (folder / "all.bin").read_bytes() == board.flash.read_bytes()
    changed = NOISE[:0x123] + bytes([NOISE[0x123] ^ 1]) + NOISE[0x124:]
    said = board.run("verify-flash", "--diff", "0x20000", board.file("b.bin", changed), status=FATAL)
    says(said, "Verification failed: 1 differences, first at 0x00020123:",
         f"0x00020123 {NOISE[0x123]:02x} {changed[0x123]:02x}")
    says(board.run("erase-region", "0x21000", "0x1000"), "Flash memory region erased successfully")
    assert board.at(0x20000, 0x3000) == NOISE[:0x1000] + b"\xff" * 0x1000 + NOISE[0x2000:]


def refusals_before_anything_is_written(folder):
    board = Board(folder)
    a = board.file("a.bin", NOISE)
    board.run("write-flash", "0", a)
    before = board.flash.read_bytes()
    says(board.run("write-flash", "0x7ffff0", a, status=FATAL),
         r"File 'a.bin' \(length 12288\) at offset 0x007ffff0 will not fit")
    says(board.run("write-flash", "-fs", "1MB", "0xff000", a, status=FATAL), "will not fit in 1048576 bytes")
    says(board.run("write-flash", "0", a, "0x2800", a, status=FATAL),
         "Detected overlap at address: 0x2800 for file: a.bin")
    says(board.run("read-flash", "0x7ff000", "0x2000", "x", status=FATAL), "larger than detected flash size")
    says(board.run("erase-region", "0x100", "0x1000", status=FATAL), "multiple of 4096")
    says(board.run("write-flash", "0", "missing.bin", status=FATAL), "missing.bin")
    for words, sentence in ((("write-flash", "0"), "Must be pairs"), (("write-flash",), "Missing argument"),
                            (("erase-flash", "now"), "unexpected extra argument"), (("flash",), "No such command"),
                            (("write-flash", "--fast", "0", a), "No such option: --fast"),
                            (("--before", "soon", "read-mac"), "is not one of 'default-reset'"),
                            (("--baud", "fast", "read-mac"), "not a valid integer"),
                            (("write-flash", "-u", "-z", "0", a), "exclude each other"),
                            (("-v", "-s", "read-mac"), "Cannot use both")):
        says(board.run(*words, status=FATAL), "A fatal error occurred: .*" + sentence)
    says(board.run("--chip", "ESP32-C3", "erase-flash", status=FATAL), "This chip is ESP32-S3, not ESP32-C3. Wrong chip")
    says(board.run("--chip", "esp8266", "image-info", a, status=FATAL), "no esp8266")
    for words, sentence in ((("--override-vddsdio", "1.8V", "erase-flash"), "VDDSDIO is not supported by ESP32-S3"),
                            (("--after", "soft_reset", "erase-flash"), "only supported on ESP8266"),
                            (("erase-flash", "--flash-type", "nand"), "NAND"), (("dump-bbm", "x"), "NAND"),
                            (("read-sdc-chip-info",), "only supported on ESP32-S31"),
                            (("erase-flash", "-sc", "HSPI"), "HSPI is not supported by ESP32-S3"),
                            (("erase-flash", "-sc", "22,1,2,3,4"), "in the range 0-21, or 26-48"),
                            (("erase-flash", "-sc", "1,2,3,47,4"), "HD Pin number must be <= 46"),
                            (("erase-flash", "-sc", "1,2,3"), "sequence of 5 pin numbers")):
        says(board.run(*words, status=FATAL), sentence)
    assert board.flash.read_bytes() == before


def words_from_the_environment(folder):
    board = Board(folder)
    done = espy("read-mac", cwd=folder, ESPTOOL_PORT=board.port, ESPTOOL_CHIP="esp32s3", ESPTOOL_AFTER="no_reset")
    assert done.returncode == 0, done
    says(done.stdout, "MAC:", "Staying in bootloader")
    says(board.run("--after", "watchdog_reset", "--before=default_reset", "read_mac"), "resetting with a watchdog",
         "Choice 'default_reset' for option '--before' is deprecated. Use 'default-reset' instead.")
    says(board.run("--after", "no_reset_stub", "read_mac"), "Staying in flasher stub")


def words_from_a_file(folder):
    board = Board(folder)
    config = folder / "esptool.cfg"

    def run(text, *words, status=0, file=config, **env):
        file.write_text(text)
        done = espy("--chip", "esp32s3", "--port", board.port, *words, cwd=folder, HOME=str(folder / "home"), **env)
        file.unlink()
        assert done.returncode == status, done
        return done.stdout + done.stderr

    loaded = f"Loaded custom configuration from {config}"
    said = run("# mine\n[esptool]\nTimeout = 5\nreset_delay: 0.01\n\n[other]\nx = 1\n  and more\n", "version")
    assert loaded in said and "gnoring" not in said
    assert "Loaded" not in run("[esp]\nconnect_attempts = 1\n", "version")
    said = run("[esptool]\nconnect_attempts = 5\nconnect_attempts = 9\n", "version")
    says(said, f"Ignoring invalid config file {config}", "line 3: option 'connect_attempts' in section 'esptool' already")
    says(run("nothing\n", "version"), "Ignoring invalid config file .*line 1: no section before nothing")
    says(run("[esptool]\ntimoout = 2\nbits = 2\n", "version"), "Ignoring unknown config options: bits, timoout", loaded)
    says(run("[esptool]\n", "version", file=folder / "tox.ini"), "Loaded custom configuration from .*/tox.ini")
    (folder / "home").mkdir()
    says(run("[esptool]\n", "version", file=folder / "home/setup.cfg"), "from .*/home/setup.cfg")
    says(run("[esptool]\n", "version", file=folder / "my.ini", ESPTOOL_CFGFILE="my.ini"),
         r"/my.ini \(set with ESPTOOL_CFGFILE\)")
    # Sequences that reset into the flash, which is blank, instead of the loader, or are none.
    good, bad = "[esptool]\ncustom_reset_sequence = D0|R1|W0.1|R0\n", "[esptool]\ncustom_reset_sequence = F0|R1\n"
    says(run(good + "connect_attempts = 1\n", "read-mac", status=FATAL), loaded, "Failed to connect to ESP32-S3")
    says(run(bad, "read-mac", status=FATAL), "Invalid custom reset sequence option format")
    said = run(good + "connect_attempts = 1\nopen_port_attempts = 3\n", "read-mac", status=FATAL)
    assert said.count("Connecting...") == 3 and said.count("Retrying failed connection") == 1, said
    says(run("[esptool]\ncustom_reset_sequence = D0|R1|W0.1|D1|R0|W0.05|D0\n", "read-mac"), "MAC:")
    says(run("[esptool]\nreset_delay = 0.6\n", "read-mac"), "MAC:")
    says(run("[esptool]\nconnect_attempts = few\n", "read-mac", status=FATAL), "'few' is no whole number")


def ports_and_pins(folder):
    says(espy("--port-filter", "name=NonExistent", "vid=0x303A", "flash-id", cwd=folder).stdout, "Found 0 serial ports")
    for words, sentence in (("invalidkey=123", "Unknown port filter key"), ("name123", "Expected key=value"),
                            ("vid=many", "Invalid integer for port filter 'vid'")):
        done = espy("--port-filter", words, "flash-id", cwd=folder)
        assert done.returncode == FATAL and sentence in done.stderr, done
    board = Board(folder)
    said = board.run("--trace", "flash-id", "-sc", "12,13,11,9,10")
    # SPI_ATTACH with HD << 24 | CS << 18 | D << 12 | Q << 6 | CLK
    says(said, r"CLK:12, Q:13, D:11, HD:9, CS:10", "> c0000d0800000000004cb3280900000000c0", "Manufacturer: ef")
    says(board.run("flash-id", "--spi-connection", "spi"), "Manufacturer: ef", "voltage set by a strapping pin: 3.3V")
    says(board.run("read-flash", "-fs", "1MB", "0xff000", "0x2000", "x", status=FATAL), "flash size is set to 1MB")
    says(board.run("read-flash", "-fs", "detect", "0xff000", "0x2000", "x"), "Auto-detected flash size: 8MB")


if __name__ == "__main__":
    main([the_tutorials_lines_as_they_stand, the_same_on_every_kind_of_port, looks, asks_rom_and_flash_chip, loads_a_program_into_ram,
          writes_where_it_is_told, writes_only_what_differs_from_a_file, files_of_words_and_of_hex,
          flash_parameters, reads_and_erases, refusals_before_anything_is_written, words_from_the_environment,
          words_from_a_file, ports_and_pins],
         needs_peer=False)
