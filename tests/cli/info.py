#!/usr/bin/env python3
"""`espy info` on virtual boards: what it tells is what was put there, through the stub
and through the ROM alone, and the board is as before.

Prints TAP.  Environment: ESPY (default build/espy), ESPY_FIRMWARE, ESPY_ROM_DIR.
"""
import hashlib
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lib"))
sys.dont_write_bytecode = True
import roms  # noqa: E402

ESPY = os.environ.get("ESPY", str(ROOT / "build/espy"))
FIRMWARE = pathlib.Path(os.environ.get("ESPY_FIRMWARE", ROOT / "../shared/firmware"))
OCT = FIRMWARE / "ESP32_GENERIC_S3-SPIRAM_OCT-20240602-v1.23.0.bin"
NEW = FIRMWARE / "ESP32_GENERIC_S3-20250809-v1.26.0.bin"
USAGE, MB = 2, 1 << 20


def espy(*words):
    return subprocess.run([ESPY, *map(str, words)], env=roms.without_espy(), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60)


def flash_file(folder, data, mb):
    path = folder / "flash.bin"
    path.write_bytes(bytes(data) + b"\xff" * (mb * MB - len(data)))
    return path


def info(folder, data, model, mb, *words, keys=""):
    """What it tells of a board with this flash, which it must not change."""
    path = flash_file(folder, data, mb)
    before = hashlib.sha256(path.read_bytes()).digest()
    done = espy("info", "--json", "-p", f"emu:{model},flash={path}{keys}", *words)
    assert done.returncode == 0, done.stderr
    assert hashlib.sha256(path.read_bytes()).digest() == before, "the flash was written to"
    return json.loads(done.stdout)


def test_micropython(folder, keys):
    told = [info(folder, OCT.read_bytes(), "n8r8", 8, *words, keys=keys) for words in ((), ("--no-stub",))]
    assert told[0] == told[1], "the stub and the ROM tell different things"
    fw = told[0]["firmware"]
    # The file's own facts, and the words of its banner.
    assert fw["micropython"] == {"version": "1.23.0", "date": "2024-06-02", "variant": "SPIRAM_OCT",
                                 "machine": "Generic ESP32S3 module with Octal-SPIRAM with ESP32S3"}, fw
    assert fw["bootloader"]["flash_size"] == 8 * MB and fw["problems"] == [], fw
    # gen_esp32part.py on the bytes at 0x8000
    rows = [(r["label"], r["type"], r["address"], r["size"]) for r in fw["partitions"]]
    assert rows == [("nvs", "data/nvs", 0x9000, 0x6000), ("phy_init", "data/phy", 0xF000, 0x1000),
                    ("factory", "app/factory", 0x10000, 0x1F0000), ("vfs", "data/fat", 0x200000, 0x600000)], rows
    assert fw["application"]["address"] == 0x10000 and fw["application"]["idf"] == "v5.0.4", fw
    assert fw["filesystem"]["holds"] == "blank", fw


def test_image_show(folder, _):
    """The same facts as `espy image show` finds in the whole file."""
    shown = json.loads(espy("image", "show", "--json", NEW).stdout)
    told = info(folder, NEW.read_bytes(), "n8", 8)
    fw, app = told["firmware"], shown["applications"][0]
    assert {k: fw["micropython"][k] for k in ("version", "date", "machine", "variant")} == \
        {k: shown[k] for k in ("version", "date", "machine", "variant")}
    assert {k: fw["application"][k] for k in ("idf", "built", "elf_sha256", "project")} == \
        {k: app[k] for k in ("idf", "built", "elf_sha256", "project")}
    assert fw["bootloader"]["flash_mode"] == shown["flash_mode"] and fw["bootloader"]["idf"] == shown["bootloader"]["idf"]
    assert told["chip"]["psram"]["size"] == 0 and told["chip"]["psram"]["mode"] is None


def test_after_up(folder, _):
    path = flash_file(folder, b"", 16)
    assert espy("up", "-q", "-p", f"emu:n16r8,flash={path}", OCT).returncode == 0
    told = json.loads(espy("info", "--json", "-p", f"emu:n16r8,flash={path}").stdout)
    fs = told["firmware"]["filesystem"]
    assert (fs["holds"], fs["size"], fs["holds_size"]) == ("littlefs", 14 * MB, 14 * MB), fs
    assert told["chip"]["module"] == "ESP32-S3-WROOM-1-N16R8"
    assert told["firmware"]["problems"] == []


def test_flash_sizes(folder, _):
    """An image for 8 MB on 4 and on 16."""
    problems = info(folder, OCT.read_bytes(), "n4r2", 4)["firmware"]["problems"]
    assert "declares 8 MB of flash, and there are 4 MB" in problems[0], problems
    assert 'partition "vfs" ends at 0x800000' in problems[1], problems
    problems = info(folder, OCT.read_bytes(), "n16r8v", 16)["firmware"]["problems"]
    assert len(problems) == 1 and "declares 8 MB of flash: the rest of 16 MB" in problems[0], problems


def test_nothing(folder, keys):
    told = info(folder, b"", "n16r8v", 16, keys=keys)
    fw = told["firmware"]
    assert told["chip"]["flash"]["mode"] == "octal" and told["chip"]["flash"]["voltage"] == "1.8", told
    assert fw["bootloader"] == {"content": "blank"} and fw["table"]["content"] == "blank", fw
    assert fw["application"] is None and fw["partitions"] == [], fw
    fw = info(folder, b"garbage!" * (MB // 8), "n16r8v", 16, "--no-stub", keys=keys)["firmware"]
    assert fw["bootloader"] == {"content": "other"} and fw["table"]["content"] == "other", fw


def test_otadata(folder, _):
    """Two slots, of which otadata chooses the second, then one that is blank."""
    image = bytearray(OCT.read_bytes())
    rows = [(1, 0, 0x9000, 0x2000, b"otadata"), (0, 0x10, 0x10000, 0x1F0000, b"ota_0"), (0, 0x11, 0x200000, 0x1F0000, b"ota_1")]
    table = b"".join(struct.pack("<2sBBII16sI", b"\xaa\x50", t, s, at, n, name, 0) for t, s, at, n, name in rows)
    image[0x8000:0x8C00] = (table + b"\xeb\xeb" + b"\xff" * 14 + hashlib.md5(table).digest()).ljust(0xC00, b"\xff")
    # Number 2, state "valid"; the CRC is zlib.crc32(number, 0xffffffff).
    image[0x9000:0x9020] = struct.pack("<I20sII", 2, b"\xff" * 20, 2, 0x55F63774)
    one = info(folder, image, "n8r8", 8)["firmware"]
    assert one["otadata"] == [{"valid": True, "sequence": 2, "state": "valid"}, {"valid": False}], one
    assert one["application"]["label"] == "ota_0" and '"ota_0" boots instead' in one["problems"][0], one
    both = image.ljust(0x200000, b"\xff") + image[0x10000:]
    two = info(folder, both, "n8r8", 8)["firmware"]
    assert two["application"]["label"] == "ota_1" and two["application"]["by_otadata"] is True, two
    assert two["micropython"]["version"] == "1.23.0" and two["problems"] == [], two


def fuses(folder, *words):
    """A file with EFUSE_RD_REPEAT_DATA0 to 3, as `espefuse --virt --path-efuse-file` keeps them."""
    registers = bytearray(512)
    struct.pack_into("<4I", registers, 0x30, *words)
    path = folder / "efuse.bin"
    path.write_bytes(bytes(reversed(registers)))
    return f",efuse={path}"


def test_locks(folder, keys):
    """eFuses by the Technical Reference Manual, read through the stub and told by the ROM."""
    burnt = fuses(folder, 1 << 16 | 1 << 19 | 1 << 13,  # SOFT_DIS_JTAG (an odd count), DIS_PAD_JTAG, DIS_USB_OTG
                  1 << 22 | 4 << 24 | 9 << 28,          # SECURE_BOOT_KEY_REVOKE1, purposes of keys 0 and 1
                  1 << 20 | 10 << 12, 0)                # SECURE_BOOT_EN, purpose of key 5
    told = [info(folder, b"", "n8", 8, *words, keys=keys + burnt)["security"] for words in ((), ("--no-stub",))]
    assert told[0] == told[1], told
    assert {name for name, value in told[0].items() if value is True} == \
        {"secure_boot", "key_revoked_1", "jtag_soft_disabled", "jtag_disabled", "usb_disabled"}, told[0]
    assert told[0]["key_purposes"] == ["XTS_AES_128_KEY", "SECURE_BOOT_DIGEST0", "USER/EMPTY", "USER/EMPTY", "USER/EMPTY",
                                       "SECURE_BOOT_DIGEST1"], told[0]


def test_unreadable(folder, keys):
    """Flash encryption on, then secure download mode: the flash is not guessed at."""
    image = OCT.read_bytes()
    told = info(folder, image, "n8r8", 8, keys=keys + fuses(folder, 0, 1 << 18, 0, 0))
    assert told["security"]["flash_encryption"] and "encrypted" in told["firmware"]["unknown_because"], told
    assert told["firmware"]["known"] is False and "bootloader" not in told["firmware"], told
    told = info(folder, image, "n8r8", 8, keys=keys + fuses(folder, 0, 0, 0, 1 << 5))
    assert told["security"]["secure_download"] and "secure download" in told["firmware"]["unknown_because"], told
    assert told["chip"]["mac"] is None and told["chip"]["flash"] is None and told["chip"]["name"] == "ESP32-S3", told


def test_stay(_, __):
    """On a port without lines, where nothing resets the board into download mode again."""
    board = subprocess.Popen([ESPY, "emu", "n8", "--download", "--tcp", "0", "--json"], env=roms.without_espy(),
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        port = json.loads(board.stdout.readline())["ports"][0]["name"]
        for words in (("--stay",), ("--reset", "none", "--stay"), ()):
            done = espy("info", "--json", "-p", port, *words)
            assert done.returncode == 0, (words, done.stderr)
            assert json.loads(done.stdout)["chip"]["mac"] == "7c:df:a1:00:53:33"
    finally:
        board.kill()
        board.wait()


def test_report(folder, _):
    path = flash_file(folder, OCT.read_bytes(), 8)
    done = espy("info", "-p", f"emu:n8r8,flash={path}")
    assert done.returncode == 0, done.stderr
    for words in ("ESP32-S3 on emu:n8r8", "MAC 7c:df:a1:00:53:33", "boots    MicroPython 1.23.0 SPIRAM_OCT, from factory",
                  "locks    none", "\n  vfs ", "data/fat"):
        assert words in done.stdout, (words, done.stdout)
    done = espy("info", "-p", "emu:n8r8", "file.bin")
    assert done.returncode == USAGE and "espy image show" in done.stderr, done


def main():
    tests = [(name, case) for name, case in globals().items() if name.startswith("test_")]
    both = {"test_micropython", "test_nothing", "test_locks", "test_unreadable"}
    runs = [(name, case, rom) for name, case in tests for rom in (roms.KEYS if name in both else ("built-in ROM",))]
    print(f"1..{len(runs)}")
    failed = 0
    for number, (name, case, rom) in enumerate(runs, 1):
        label = f"{name[5:]}, {rom}"
        why = roms.missing(rom) or (None if OCT.is_file() and NEW.is_file() else f"no images in {FIRMWARE}")
        if why:
            print(f"ok {number} {label} # SKIP {why}")
            continue
        try:
            with tempfile.TemporaryDirectory() as folder:
                case(pathlib.Path(folder), roms.KEYS[rom])
            print(f"ok {number} {label}", flush=True)
        except Exception as error:
            failed += 1
            print(f"not ok {number} {label}\n  {type(error).__name__}: {error}", flush=True)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
