#!/usr/bin/env python3
"""Locked chips, with both ROMs: encrypted writes and the checks before them, an encrypted
MicroPython, secure download mode, secure boot's loader, and what get-security-info says.
Prints TAP.

The digests of ciphertexts are of what `espsecure encrypt-flash-data --aes-xts --address
0x20000` (espsecure 5.6.0) makes of DATA with the key files 00 01 02 ... of 32 and 64 bytes;
sentences are esptool 5.6.0's.  Fuses are put where espefuse 5.6.0 puts them.

Environment: ESPY (default build/espy), ESPY_ROM_DIR, ESPY_FIRMWARE.
"""
import hashlib
import os
import pathlib
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lib"))
import roms  # noqa: E402

ESPY = os.environ.get("ESPY", str(ROOT / "build/espy"))
FIRMWARE = pathlib.Path(os.environ.get("ESPY_FIRMWARE", ROOT / "../shared/firmware"))
IMAGE = FIRMWARE / "ESP32_GENERIC_S3-20240602-v1.23.0.bin"
DATA = random.Random(5).randbytes(0x11230)
FATAL = 2
SHORT, LONG1, LONG2 = 4, 2, 3  # XTS_AES_128_KEY, XTS_AES_256_KEY_1, _2
CIPHERTEXT = {32: "5236d94d51d745cd715fb1c6f27f6cacd9269b2c85fdf9001a02453500339258",
              64: "22f9ce5f5767817c5be5f5c30a14637be238d9fe4bb57f31c39a801a0d08aa90"}
# The word of block 0, and the bit in it.
DIS_DOWNLOAD_ICACHE, DIS_DOWNLOAD_MANUAL_ENCRYPT, CRYPT_COUNT = (1, 10), (1, 20), (2, 18)
REVOKE1, SECURE_BOOT, SECURE_DOWNLOAD = (2, 22), (3, 20), (4, 5)


def fuses(path, *bits, key=0):
    """A file of eFuses: these bits of block 0, and a key of 32 or 64 bytes in KEY0 (and KEY1)."""
    block = [[0] * 8 for _ in range(6)]  # BLOCK0, and from 4 on KEY0 and KEY1
    for word, bit in bits:
        block[0][word] |= 1 << bit
    for half in range(key // 32):
        data = bytes(range(32 * half, 32 * half + 32))[::-1]
        block[4 + half] = [int.from_bytes(data[4 * i:4 * i + 4], "little") for i in range(8)]
        block[0][2] |= (SHORT if key == 32 else (LONG1, LONG2)[half]) << 24 + 4 * half
    registers = bytearray(512)
    for offset, words in ((0x2c, block[0][:6]), (0x9c, block[4]), (0xbc, block[5])):
        for i, word in enumerate(words):
            at = 512 - 4 - offset - 4 * i
            registers[at:at + 4] = word.to_bytes(4, "big")
    path.write_bytes(registers)


class Board:
    def __init__(self, folder, rom, *bits, key=0, model="n4r2"):
        self.folder, self.flash = folder, folder / "flash.bin"
        fuses(folder / "efuse.bin", *bits, key=key)
        self.name = f"{model},flash={self.flash},efuse={folder / 'efuse.bin'}{roms.KEYS[rom]}"
        (folder / "data.bin").write_bytes(DATA)
        (folder / "kb.bin").write_bytes(DATA[:1024])

    def run(self, *words, status=0):
        done = subprocess.run([ESPY, "esptool", "--port", f"emu:{self.name}", *words], cwd=self.folder, text=True,
                              capture_output=True, env=roms.without_espy(), timeout=120, stdin=subprocess.DEVNULL)
        assert done.returncode == status, (words, done)
        return done.stdout + done.stderr

    def at(self, addr, size):
        with open(self.flash, "rb") as flash:
            flash.seek(addr)
            return flash.read(size)


def says(text, *sentences):
    for sentence in sentences:
        assert sentence in text, (sentence, text[-1000:])


def the_chip_encrypts(folder, rom):
    """With a long key; the built-in ROM on an octal chip."""
    board = Board(folder, rom, key=64, model="n16r8v" if rom == "built-in ROM" else "n4r2")
    said = board.run("write-flash", "--encrypt", "0x20000", "data.bin")
    says(said, "No stub", "Wrote 70192 bytes at 0x00020000", "Cannot verify written data if encrypted")
    assert hashlib.sha256(board.at(0x20000, len(DATA))).hexdigest() == CIPHERTEXT[64]


def some_files_encrypted(folder, rom):
    board = Board(folder, rom, key=32)
    said = board.run("write-flash", "0x1000", "kb.bin", "--encrypt-files", "0x20000", "data.bin")
    says(said, "Hash of data verified", "Cannot verify written data if encrypted")
    assert board.at(0x1000, 1024) == DATA[:1024]
    assert hashlib.sha256(board.at(0x20000, len(DATA))).hexdigest() == CIPHERTEXT[32]
    says(board.run("write-flash", "--encrypt", "0", "kb.bin", "--encrypt-files", "0x20000", "data.bin", status=FATAL),
         "--encrypt and --encrypt-files must not be specified at the same time")


def nothing_is_written_that_cannot_be_encrypted(folder, rom):
    board = Board(folder, rom)
    said = board.run("write-flash", "--encrypt", "0x1000", "kb.bin", status=FATAL)
    says(said, "Flash encryption key is not programmed", "Can't perform encrypted flash write")
    board = Board(folder, rom, key=32)
    said = board.run("write-flash", "--encrypt", "0x1008", "kb.bin", status=FATAL)
    says(said, "'kb.bin' (address 0x1008) is not 16 byte aligned", "Can't perform encrypted flash write")
    board = Board(folder, rom, DIS_DOWNLOAD_MANUAL_ENCRYPT, key=32)
    says(board.run("write-flash", "--encrypt", "0x1000", "kb.bin", status=FATAL),
         "encrypt functionality in UART download mode disabled", "Production mode instead of Development mode")
    assert set(board.at(0, 0x10000)) == {0xFF}


def without_a_key_it_is_found_out(folder, rom):
    """The ROM itself says nothing, and the chip encrypts with a key of zeros."""
    board = Board(folder, rom)
    board.run("write-flash", "--encrypt", "--ignore-flash-enc-efuse", "0x1000", "kb.bin")
    assert board.at(0x1000, 1024) not in (DATA[:1024], b"\xff" * 1024)


def plaintext_for_a_chip_that_decrypts(folder, rom):
    board = Board(folder, rom, CRYPT_COUNT, DIS_DOWNLOAD_MANUAL_ENCRYPT, key=32)
    says(board.run("write-flash", "0x1000", "kb.bin", status=FATAL), "Detected flash encryption enabled and",
         "Flashing plaintext data may brick your device! Use the force argument")
    says(board.run("erase-flash", status=FATAL), "Active security features detected")
    assert set(board.at(0, 0x10000)) == {0xFF}
    says(board.run("write-flash", "--force", "0x1000", "kb.bin"), "Hash of data verified")
    board = Board(folder, rom, CRYPT_COUNT, key=32)
    says(board.run("write-flash", "0x1000", "kb.bin"), "Flash encryption is enabled", "already in flash")


def security_info(folder, rom):
    board = Board(folder, rom, CRYPT_COUNT, SECURE_BOOT, REVOKE1, DIS_DOWNLOAD_ICACHE, key=64)
    says(board.run("get-security-info"), "Flags: 0x00000411 (0b10000010001)\n", "  BLOCK_KEY0 - XTS_AES_256_KEY_1\n",
         "  BLOCK_KEY1 - XTS_AES_256_KEY_2\n", "  BLOCK_KEY2 - USER/EMPTY\n", "Chip ID: 9\n", "Secure Boot: Enabled\n",
         "Secure Boot Key Revocation Status:\n\n\tSecure Boot Key1 is Revoked\n\n", "Flash Encryption: Enabled\n",
         "SPI Boot Crypt Count (SPI_BOOT_CRYPT_CNT): 0x1\n", "Icache in UART download mode: Disabled\n")


def secure_download_mode(folder, rom):
    board = Board(folder, rom, SECURE_DOWNLOAD)
    said = board.run("get-security-info")
    says(said, f"{'Chip type:':<20}ESP32-S3 in Secure Download Mode", "Flags: 0x00000004 (0b100)",
         "Stub flasher is not supported in Secure Download Mode")
    says(board.run("flash-id", status=FATAL), "The 'flash-id' command is not available in Secure Download Mode")
    said = board.run("write-flash", "0x1000", "kb.bin")
    says(said, "Security features enabled, so not changing any flash settings", "Wrote 1024 bytes",
         "Cannot verify written data if encrypted or in secure download mode")
    assert board.at(0x1000, 1024) == DATA[:1024] and "Hash of data" not in said
    says(board.run("write-flash", "--flash-size", "detect", "0", "kb.bin", status=FATAL),
         "Detecting flash size is not supported in secure download mode")
    says(board.run("write-flash", "0x3000", "kb.bin", "0x200000", "kb.bin", status=FATAL),
         "will not fit in 2097152 bytes of flash. Change the flash_size argument")
    assert set(board.at(0x3000, 1024)) == {0xFF}
    board.run("write-flash", "--flash-size", "4MB", "0x200000", "data.bin")
    assert board.at(0x200000, len(DATA)) == DATA
    says(board.run("write-flash", "--flash-size", "2MB", "0x200000", "kb.bin", status=FATAL), "will not fit in 2097152")
    says(board.run("erase-region", "0x1000", "0x1000"), "Flash memory region erased successfully")
    assert set(board.at(0x1000, 0x1000)) == {0xFF} and board.at(0x200000, len(DATA)) == DATA
    board = Board(folder, rom, SECURE_DOWNLOAD, CRYPT_COUNT, key=32)
    says(board.run("write-flash", "0x3000", "kb.bin", status=FATAL),
         "Detected flash encryption and secure download mode enabled")
    board.run("write-flash", "--encrypt", "0x20000", "data.bin")
    assert hashlib.sha256(board.at(0x20000, len(DATA))).hexdigest() == CIPHERTEXT[32]
    board = Board(folder, rom, SECURE_DOWNLOAD, DIS_DOWNLOAD_MANUAL_ENCRYPT, key=32)
    says(board.run("write-flash", "--encrypt", "0x20000", "data.bin", status=FATAL), "DIS_DOWNLOAD_MANUAL_ENCRYPT")


def secure_boot_keeps_the_stub_from_nothing(folder, rom):
    board = Board(folder, rom, SECURE_BOOT)
    said = board.run("write-flash", "0x1000", "data.bin")
    says(said, "Stub flasher running", "Security features enabled, so not changing", "Hash of data verified")
    says(board.run("read-flash", "0x1000", str(len(DATA)), "back.bin"), "Read 70192 bytes")
    assert (folder / "back.bin").read_bytes() == DATA
    says(board.run("--no-stub", "read-mem", "0x60007038"), "= 0x00100000")


def prompt(board, line, until):
    """What a board says on its port from power-on on, and then to a line of Python."""
    heard = b""
    with subprocess.Popen([ESPY, "emu", board.name, "--tcp", "0", "--for", "60"], stdout=subprocess.PIPE, text=True,
                          env=roms.without_espy()) as emu:
        try:
            port = next(int(found[1]) for text in emu.stdout if (found := re.search(r"socket://.*:(\d+)", text)))
            with socket.create_connection(("127.0.0.1", port)) as wire:
                wire.settimeout(0.2)
                end, sent = time.monotonic() + 30, False
                while time.monotonic() < end and until not in heard:
                    try:
                        heard += wire.recv(4096)
                    except TimeoutError:
                        pass
                    if not sent and heard.endswith(b">>> "):
                        wire.sendall(line)
                        sent = True
        finally:
            emu.terminate()
    return heard.decode(errors="replace")


ENCRYPTED = []  # a flash that one ROM has written, for both: it takes a while


def write_micropython(board):
    image = IMAGE.read_bytes()
    parts = []
    for begin, end in (0, 0x9000), (0x10000, len(image)):
        (board.folder / f"{begin:x}.bin").write_bytes(image[begin:end])
        parts += [hex(begin), f"{begin:x}.bin"]
    board.run("write-flash", "--encrypt", *parts)
    assert board.at(0, 0x1000) != image[:0x1000] and board.at(0x10000, 0x1000) != image[0x10000:0x11000]
    ENCRYPTED.append(board.flash.read_bytes())


def an_encrypted_micropython(folder, rom):
    """Bootloader, partition table and application are ciphertext in the flash, and run."""
    if not IMAGE.is_file():
        return f"no {IMAGE.name}"
    board = Board(folder, rom, CRYPT_COUNT, key=64, model="n8")
    if ENCRYPTED:
        board.flash.write_bytes(ENCRYPTED[0])
    else:
        write_micropython(board)
    said = prompt(board, b"import os; print(os.listdir(), 6 * 7)\r\n", b" 42\r\n")
    says(said, "MicroPython v1.23.0", "['boot.py'] 42")
    return None


TESTS = [the_chip_encrypts, some_files_encrypted, nothing_is_written_that_cannot_be_encrypted,
         without_a_key_it_is_found_out, plaintext_for_a_chip_that_decrypts, security_info, secure_download_mode,
         secure_boot_keeps_the_stub_from_nothing, an_encrypted_micropython]


def main():
    failed, number = 0, 0
    print(f"1..{len(TESTS) * len(roms.KEYS)}")
    for rom in roms.KEYS:
        for test in TESTS:
            number += 1
            name = f"{test.__name__.replace('_', ' ')}, {rom}"
            skip = roms.missing(rom)
            try:
                if skip is None:
                    with tempfile.TemporaryDirectory() as folder:
                        skip = test(pathlib.Path(folder), rom)
                print(f"ok {number} - {name}" + (f" # SKIP {skip}" if skip else ""), flush=True)
            except Exception:  # noqa: BLE001
                failed += 1
                print(f"not ok {number} - {name}")
                print("".join(f"# {text}\n" for text in traceback.format_exc().splitlines()), flush=True)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
