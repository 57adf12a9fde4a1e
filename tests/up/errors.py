#!/usr/bin/env python3
"""Bad input to `espy up`: each case has its exit status, a sentence that says what
and where, an advice, nothing on stdout, and a flash that stays as it was.

Prints TAP.  Environment: ESPY, ESPY_FIRMWARE.
"""
import concurrent.futures
import contextlib
import fcntl
import hashlib
import os
import pathlib
import pty
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
ESPY = os.environ.get("ESPY", str(ROOT / "build/espy"))
FIRMWARE = pathlib.Path(os.environ.get("ESPY_FIRMWARE", ROOT / "../shared/firmware"))
OCT = FIRMWARE / "ESP32_GENERIC_S3-SPIRAM_OCT-20240602-v1.23.0.bin"
PLAIN = FIRMWARE / "ESP32_GENERIC_S3-20240602-v1.23.0.bin"
USAGE, IO, TIMEOUT, DEVICE, FORMAT, UNSUPPORTED, CANCELLED = 2, 3, 4, 6, 7, 8, 10  # docs/errors.md
MB = 1 << 20


def check(condition, *why):
    if not condition:
        raise AssertionError(" ".join(map(str, why)))


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Case:
    """One run of espy in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder

    def file(self, data, name="image.bin"):
        path = self.folder / name
        path.write_bytes(data)
        return path

    def up(self, port, *args, **more):
        env = {k: v for k, v in os.environ.items() if not k.startswith("ESPY_")}
        env["HOME"] = str(self.folder)
        return subprocess.run([ESPY, "up", "-p", str(port), *map(str, args)], env=env, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=120, **more)

    def refused(self, done, status, *words):
        said = [line for line in done.stderr.splitlines() if line]
        check(done.returncode == status, done.returncode, done.stderr)
        check(done.stdout == "", "stdout:", done.stdout)
        check(len(said) >= 2 and said[-2].startswith("espy: ") and said[-2].endswith("."), "no sentence and advice:", said)
        text = "\n".join(said[-2:])
        for word in words:
            check(word in text, f"{word!r} is not in", text)

    def board(self, model="n16r8", mb=16):
        """A virtual board whose flash holds something, and a check that it still does."""
        flash = self.folder / "flash.bin"
        flash.write_bytes((b"\xff" * 4095 + b"!") * (mb * 256))
        before = digest(flash)
        return f"emu:{model},flash={flash}", lambda: check(digest(flash) == before, "the flash was written to")

    def bad_image(self, data, status, *words, model="n16r8", mb=16, options=()):
        port, untouched = self.board(model, mb)
        path = self.file(data)
        self.refused(self.up(port, path, *options), status, *words)
        untouched()


def changed(data, offset, *values):
    return data[:offset] + bytes(values) + data[offset + len(values):]


def resign(data, start=0):
    """The digest of the image at start, computed anew after a change to its header."""
    at = start + 24
    for _ in range(data[start + 1]):
        at += 8 + struct.unpack_from("<I", data, at + 4)[0]
    at = start + (at - start) // 16 * 16 + 16
    return data[:at] + hashlib.sha256(data[start:at]).digest() + data[at + 32:]


def image_is_missing(c):
    port, untouched = c.board()
    c.refused(c.up(port, c.folder / "none.bin"), IO, "none.bin", "No such file")
    untouched()


def image_is_a_folder(c):
    port, untouched = c.board()
    c.refused(c.up(port, c.folder), IO, str(c.folder), "directory")
    untouched()


def image_is_empty(c):
    c.bad_image(b"", FORMAT, "image.bin", "empty")


def image_is_cut_short(c):
    """Cut before the partition table, what is left is a whole bootloader."""
    data = OCT.read_bytes()
    for n in (1, 23, 24, 4096, 0x8000, 0x8C00, 0x10000, 1000000, len(data) - 1):
        c.bad_image(data[:n], UNSUPPORTED if n == 0x8000 else FORMAT, "image.bin")


def image_has_a_wrong_checksum(c):
    data = OCT.read_bytes()
    c.bad_image(changed(data, 0x100, data[0x100] ^ 1), FORMAT, "image.bin", "bootloader")


def image_has_a_wrong_digest(c):
    data = OCT.read_bytes()
    c.bad_image(changed(data, len(data) - 1, data[-1] ^ 1), FORMAT, "image.bin", "SHA-256", "0x10000")


def partition_table_has_a_wrong_md5(c):
    data = OCT.read_bytes()
    c.bad_image(changed(data, 0x800C, data[0x800C] ^ 1), FORMAT, "image.bin", "0x8000", "MD5")


def image_is_for_another_chip(c):
    data = OCT.read_bytes()
    for start in (0, 0x10000):
        data = resign(changed(data, start + 12, 5, 0), start)
    c.bad_image(data, UNSUPPORTED, "image.bin", "ESP32-C3", "ESP32-S3")


def file_is_no_image(c):
    for data in (b"\x7fELF" + bytes(5000), b"<!doctype html><p>404</p>", b"PK\x03\x04" + bytes(100), b"print('hello')\n"):
        c.bad_image(data, FORMAT, "image.bin")


def image_is_an_application_alone(c):
    c.bad_image(OCT.read_bytes()[0x10000:], UNSUPPORTED, "image.bin", "application")


def image_is_larger_than_the_flash(c):
    """8 MB image, 5 MB of it a file system of its own; a 4 MB flash."""
    data = PLAIN.read_bytes().ljust(0x200000, b"\xff") + b"\x5a" * (3 * MB)
    c.bad_image(data, UNSUPPORTED, "image.bin", model="n4r2", mb=4)


def declared_size_is_larger_than_the_flash(c):
    c.bad_image(PLAIN.read_bytes(), UNSUPPORTED, "image.bin", "8 MB", "4 MB", model="n4r2", mb=4, options=["--no-fit"])


def octal_image_on_quad_psram(c):
    c.bad_image(OCT.read_bytes(), UNSUPPORTED, "image.bin", "2 MB of quad PSRAM", "the plain ESP32_GENERIC_S3",
                "--force", model="n16r2")


def plain_image_on_octal_psram(c):
    c.bad_image(PLAIN.read_bytes(), UNSUPPORTED, "8 MB of octal PSRAM", "ESP32_GENERIC_S3-SPIRAM_OCT", "--force")


def octal_image_without_psram(c):
    c.bad_image(OCT.read_bytes(), UNSUPPORTED, "no PSRAM", "the plain ESP32_GENERIC_S3", model="n8", mb=8)


def image_comes_before_the_board(c):
    """A bad image is refused though there is no such port; a board is not even looked for."""
    c.refused(c.up("/dev/no-such-port", c.file(b"")), FORMAT, "image.bin")


def port_is_missing(c):
    c.refused(c.up("/dev/no-such-port", OCT), IO, "/dev/no-such-port", "No such file")


def port_is_no_serial_port(c):
    c.refused(c.up("/dev/null", OCT), USAGE, "/dev/null", "not a serial port")


@contextlib.contextmanager
def terminal():
    master, slave = pty.openpty()
    try:
        yield os.ttyname(slave), master, slave
    finally:
        os.close(master)
        os.close(slave)


def port_is_busy(c):
    with terminal() as (name, _, slave):
        fcntl.flock(slave, fcntl.LOCK_EX)
        c.refused(c.up(name, OCT), IO, name, "has it", "Close it there")


def port_is_forbidden(c):
    nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.getuid() == 0 else {}
    with terminal() as (name, *_):
        os.chmod(name, 0)
        os.chmod(c.folder, 0o755)
        c.refused(c.up(name, OCT, **nobody), IO, name, "ermission")


def nothing_answers(c):
    with terminal() as (name, *_):
        c.refused(c.up(name, OCT), TIMEOUT, name, "nothing answers", "BOOT")


@contextlib.contextmanager
def talker(text):
    """A board behind a TCP port that answers everything with the same text."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with contextlib.suppress(OSError):
            peer, _ = listener.accept()
            with peer:
                while peer.recv(4096):
                    peer.sendall(text)
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"socket://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()


def board_is_in_the_wrong_boot_mode(c):
    with talker(b"ESP-ROM:esp32s3-20210327\r\nBuild:Mar 27 2021\r\nrst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)\r\n"
                b"SPIWP:0xee\r\n") as port:
        c.refused(c.up(port, OCT), DEVICE, port, "0x8", "SPI_FAST_FLASH_BOOT", "download mode")


def server_refuses(c):
    with socket.create_server(("127.0.0.1", 0)) as s:
        port = f"socket://127.0.0.1:{s.getsockname()[1]}"
    c.refused(c.up(port, OCT), IO, port)


def rom_is_missing(c):
    c.refused(c.up(f"emu:n16r8,rom={c.folder}/none.elf", OCT), IO, "none.elf", "esp32s3_rev0_rom.elf", "esp-rom-elfs")


def rom_is_another_file(c):
    for data in (bytes(393216), b"not a ROM", b"", pathlib.Path("/bin/true").read_bytes(), b"\x7fELF\x01\x01" + bytes(100000)):
        path = c.file(data, "rom.elf")
        c.refused(c.up(f"emu:n16r8,rom={path}", OCT), UNSUPPORTED, "rom.elf", "esp32s3_rev0_rom.elf")


def model_is_unknown(c):
    c.refused(c.up("emu:n64r64", OCT), USAGE, "n64r64", "n16r8")


def key_is_unknown(c):
    c.refused(c.up("emu:n16r8,colour=red", OCT), USAGE, "colour", "flash=")
    for keys in ("", "rom", "rom=", "clock=fast"):
        c.refused(c.up("emu:n16r8," + keys, OCT), USAGE, f'{keys}', "emu:MODEL,rom=FILE")


def flash_file_is_no_file(c):
    c.refused(c.up(f"emu:n16r8,flash={c.folder}", OCT), IO, str(c.folder), "directory")
    c.refused(c.up(f"emu:n16r8,flash=/dev/zero", OCT), USAGE, "/dev/zero", "regular file", "Name a file")


def port_is_of_no_kind(c):
    for port in ("tcp://localhost:1", "EMU://n16r8", ""):
        c.refused(c.up(port, OCT), USAGE, f'"{port}"', "socket://HOST:PORT")
    c.refused(c.up("socket://localhost:65536", OCT), USAGE, "socket://localhost:65536", "65535")


def image_never_comes(c):
    """A pipe that nobody writes to: Ctrl-C ends the wait."""
    os.mkfifo(c.folder / "pipe")
    p = subprocess.Popen([ESPY, "up", "-p", "/dev/none", c.folder / "pipe"], stderr=subprocess.PIPE, text=True)
    with contextlib.suppress(subprocess.TimeoutExpired):
        p.wait(0.5)
    p.send_signal(signal.SIGINT)
    _, said = p.communicate(timeout=30)
    check(p.returncode == CANCELLED and "stopped" in said and "pipe" in said, p.returncode, said)


def options_are_odd(c):
    for args, word in ((["--no-such-option"], "--no-such-option"), ([OCT, PLAIN], "one image"),
                       (["--version", "newest"], "newest"), (["--version", "1.23.0", OCT], "--version"),
                       (["--repl", "--json", OCT], "--json"), (["--net-timeout", "0"], "seconds"),
                       (["--baud", "fast", OCT], "fast")):
        c.refused(c.up("emu:n16r8", *args), USAGE, word)


CASES = [
    image_is_missing, image_is_a_folder, image_is_empty, image_is_cut_short, image_has_a_wrong_checksum,
    image_has_a_wrong_digest, partition_table_has_a_wrong_md5, image_is_for_another_chip, file_is_no_image,
    image_is_an_application_alone, image_is_larger_than_the_flash, declared_size_is_larger_than_the_flash,
    octal_image_on_quad_psram, plain_image_on_octal_psram, octal_image_without_psram, image_comes_before_the_board,
    port_is_missing, port_is_no_serial_port, port_is_busy, port_is_forbidden, nothing_answers,
    board_is_in_the_wrong_boot_mode, server_refuses, rom_is_missing, rom_is_another_file,
    model_is_unknown, key_is_unknown, flash_file_is_no_file, port_is_of_no_kind, image_never_comes, options_are_odd,
]


def skip_reason():
    if not OCT.is_file():
        return f"no images at {FIRMWARE}"
    if not os.access(OCT, os.R_OK):
        return "the images cannot be read"
    return None


def run(case):
    """The outcome as TAP writes it, and what is wrong."""
    skip = skip_reason()
    if skip:
        return "ok", f" # SKIP {skip}", ""
    try:
        with tempfile.TemporaryDirectory() as folder:
            case(Case(pathlib.Path(folder)))
        return "ok", "", ""
    except Exception as error:  # whatever goes wrong is this case's failure
        return "not ok", "", f"{type(error).__name__}: {error}"


def main():
    chosen = [c for c in CASES if len(sys.argv) < 2 or c.__name__ in sys.argv[1:]]
    print(f"1..{len(chosen)}")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for n, (case, (outcome, skip, wrong)) in enumerate(zip(chosen, pool.map(run, chosen)), 1):
            print(f"{outcome} {n} - {case.__name__.replace('_', ' ')}{skip}", flush=True)
            for line in wrong.splitlines():
                print(f"#   {line}", flush=True)


if __name__ == "__main__":
    main()
