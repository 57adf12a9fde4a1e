#!/usr/bin/env python3
"""`espy flash`, `read`, `verify` and `erase` on virtual boards, and what their flash files hold then.

Expected contents follow from the files that go in; esptool reads one board back.  Each case runs through
the stub and, where the ROM alone can do it, without.  Prints TAP.  Environment: ESPY, ESPY_FIRMWARE, ESPTOOL.
"""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lib"))
import roms  # noqa: E402

ESPY = os.environ.get("ESPY", str(ROOT / "build/espy"))
FIRMWARE = pathlib.Path(os.environ.get("ESPY_FIRMWARE", ROOT / "../shared/firmware"))
OCT_123 = FIRMWARE / "ESP32_GENERIC_S3-SPIRAM_OCT-20240602-v1.23.0.bin"
ARG, IO, DEVICE, FORMAT, UNSUPPORTED = 2, 3, 6, 7, 8  # docs/errors.md
MB, SECTOR = 1 << 20, 4096
TABLE, NVS, APP, VFS = 0x8000, 0x9000, 0x10000, 0x200000  # of the image's partition table
GIVE_UP_S = 120


def check(condition, *why):
    if not condition:
        raise AssertionError(" ".join(map(str, why)))


def noise(n, seed=1):
    return b"".join(hashlib.sha256(bytes([seed, i & 255, i >> 8])).digest() for i in range((n + 31) // 32))[:n]


def application(n):
    """Espressif's image format: header, one segment, checksum, SHA-256."""
    body = b"\xe9\x01\x02\x3f" + bytes(8) + b"\x09" + bytes(10) + b"\x01" + (0x3C000020).to_bytes(4, "little") + n.to_bytes(4, "little")
    total = 0xEF
    for byte in noise(n, 7):
        total ^= byte
    body += noise(n, 7)
    body += bytes(15 - len(body) % 16) + bytes([total])
    return body + hashlib.sha256(body).digest()


def image():
    """The bootloader and the table of an official image, and a small application."""
    return OCT_123.read_bytes()[:APP] + application(100000)


class Board:
    def __init__(self, folder, how, model="n8r8", start=b""):
        self.folder, self.how = folder, how
        self.file = folder / f"{model}.flash"
        self.port = f"emu:{model},flash={self.file}"
        self.size = int(model[1:].split("r")[0]) * MB
        self.fill(start)

    def fill(self, start):
        self.file.write_bytes(start + b"\xff" * (self.size - len(start)))

    def espy(self, command, *args, status=0, says=""):
        done = subprocess.run([ESPY, command, "-p", self.port, *self.how, *map(str, args)], capture_output=True,
                              env=roms.without_espy(), timeout=GIVE_UP_S)
        check(done.returncode == status, command, args, "ends with", done.returncode, done.stderr.decode()[-500:])
        check(says in done.stderr.decode(), repr(says), "is not in", done.stderr.decode())
        return done.stdout

    def json(self, command, *args, **how):
        return json.loads(self.espy(command, "--json", *args, **how))

    def holds(self, expected, why):
        have = self.file.read_bytes()
        if have != expected:
            at = next(i for i in range(len(have)) if have[i] != expected[i])
            check(False, f"{why}: the flash differs at {at:#x}")


def laid(size, *pieces):
    flash = bytearray(b"\xff" * size)
    for at, what in pieces:
        flash[at:at + len(what)] = what
    return bytes(flash)


def a_plan_writes_nothing_and_is_what_then_is_done(folder, how):
    board = Board(folder, how)
    before = laid(board.size, (NVS, noise(100)), (APP, IMAGE[APP:APP + 3 * SECTOR]), (APP + 3 * SECTOR, noise(SECTOR)))
    board.fill(before[:APP + 4 * SECTOR])
    plan = board.json("flash", folder / "image.bin", "--plan")
    board.holds(before, "a plan")
    text = board.espy("flash", folder / "image.bin", "--plan").decode()
    check("nothing was written" in text and "factory" in text, text)
    board.holds(before, "a plan")
    steps = {(s["action"], s["partition"]): (s["address"], s["size"]) for s in plan["plan"]}
    check(("write", "bootloader") in steps and ("write", "partition table") in steps, steps)
    check(not any(s["partition"] == "nvs" for s in plan["plan"]), "nvs is part of", plan)
    if how:  # regions of 256 KiB
        check(steps[("write", "factory")][0] == APP, steps)
    else:
        check(steps[("keep", "factory")] == (APP, 3 * SECTOR) and plan["bytes"]["not_blank"] == SECTOR, plan)
    done = board.json("flash", folder / "image.bin")
    check(done["bytes"]["sent"] > plan["bytes"]["compressed"] > 0.8 * done["bytes"]["sent"], plan, done)  # frames, and the stub itself
    board.holds(laid(board.size, (0, IMAGE), (NVS, noise(100))), "flash")
    plan = board.json("flash", folder / "image.bin", "--plan")
    check({s["action"] for s in plan["plan"]} == {"keep"} and plan["bytes"]["write"] == 0, plan)
    text = board.espy("flash", folder / "image.bin", "--plan").decode()
    check("holds all of it already" in text and "0 bytes" not in text, text)


def settings_and_files_stay_unless_all_is_erased(folder, how):
    fs = bytearray(noise(3 * SECTOR))
    board = Board(folder, how, start=laid(8 * MB, (0, IMAGE), (NVS, noise(5000)), (VFS, fs), (8 * MB - 100, noise(100))))
    board.espy("flash", folder / "image.bin")
    board.holds(laid(8 * MB, (0, IMAGE), (NVS, noise(5000)), (VFS, fs), (8 * MB - 100, noise(100))), "the same table")
    board.espy("flash", folder / "image.bin", "--erase", "all")
    board.holds(laid(8 * MB, (0, IMAGE)), "--erase all")
    board.fill(laid(8 * MB, (NVS, noise(5000)), (VFS, fs), (VFS + 2 * SECTOR, noise(SECTOR))))
    board.espy("flash", folder / "image.bin")
    board.holds(laid(8 * MB, (0, IMAGE), (NVS, noise(5000)), (VFS + 2 * SECTOR, noise(SECTOR))), "no table, no file system")
    board.fill(laid(8 * MB, (NVS, noise(5000))))
    board.espy("flash", f"{folder}/image.bin@0")
    board.holds(laid(8 * MB, (0, IMAGE)), "@0")


def a_lost_table_does_not_cost_the_files(folder, how):
    """littlefs' superblock as its SPEC.md has it; only the one of 6 MB is the image's."""
    for blocks, stays in ((6 * MB // SECTOR, True), (2 * MB // SECTOR, False)):
        words = b"".join(n.to_bytes(4, "little") for n in (0xE0002FFF, 0x20001, SECTOR, blocks, 255, 2**31 - 1, 1022))
        fs = b"\2\0\0\0\xf0\xff\xff\xf7littlefs" + words
        board = Board(folder, how, start=laid(8 * MB, (VFS + SECTOR, fs), (VFS + 2 * SECTOR, noise(9))))
        board.espy("flash", folder / "image.bin")
        board.holds(laid(8 * MB, (0, IMAGE), (VFS + 2 * SECTOR, noise(9)), *[(VFS + SECTOR, fs)] * stays), f"{blocks} blocks")


def micropythons_own_files_survive_a_lost_table(folder, how):
    """The file system is the one that MicroPython makes."""
    board = Board(folder, how)
    keys = "f=open('kept.txt','w')\nf.write('still here')\nf.close()\n"
    up = [ESPY, "up", "-p", board.port, OCT_123, "--repl"]
    subprocess.run(up, input=keys, text=True, check=True, capture_output=True, env=roms.without_espy(), timeout=GIVE_UP_S)
    with board.file.open("r+b") as flash:
        flash.seek(TABLE)
        flash.write(b"\xff" * SECTOR)
    done = subprocess.run(up, input="open('kept.txt').read()\n", text=True, check=True, capture_output=True,
                          env=roms.without_espy(), timeout=GIVE_UP_S)
    check("'still here'" in done.stdout, done.stdout[-500:])


def files_go_where_they_are_told(folder, how):
    board = Board(folder, how, start=IMAGE)
    (folder / "data.bin").write_bytes(noise(5001))
    (folder / "app.bin").write_bytes(IMAGE[APP:])
    (folder / "two@words.bin").write_bytes(noise(10, 2))
    done = board.json("flash", folder / "data.bin@vfs", folder / "two@words.bin@4M", folder / "app.bin@factory")
    check([f["partition"] for f in done["files"]] == ["vfs", None, "factory"] and done["bytes"]["skipped"] >= len(IMAGE) - APP, done)
    flash = laid(8 * MB, (0, IMAGE), (VFS, noise(5001)), (4 * MB, noise(10, 2)))
    board.holds(flash, "names and addresses")
    # Blank sectors of a file that are blank on the flash count as there already, too.
    board.fill(b"")
    board.json("flash", folder / "image.bin@0")
    board.espy("flash", folder / "data.bin@0x9000")  # two sectors of nvs, blank in the image
    done = board.json("flash", folder / "image.bin@0")
    check(done["bytes"]["skipped"] <= done["bytes"]["image"] - 2 * SECTOR, done)
    done = board.json("flash", folder / "image.bin@0")
    check(done["bytes"]["skipped"] == done["bytes"]["image"] == len(IMAGE), done)
    board.fill(flash)
    for form in ("hex", "uf2"):
        subprocess.run([ESPY, "image", "merge", f"{folder}/data.bin@5M", f"{folder}/two@words.bin@0x580123", "-o",
                        f"{folder}/x.{form}"], check=True, capture_output=True)
        board.fill(flash)
        board.espy("flash", folder / f"x.{form}")
        board.espy("verify", folder / f"x.{form}")
        board.holds(laid(8 * MB, (0, flash), (5 * MB, noise(5001)), (0x580123, noise(10, 2))), form)
    # Names are those of the table that the board will have, and what is named is not blanked.
    board.fill(b"")
    board.espy("flash", folder / "data.bin@vfs", folder / "image.bin")
    board.holds(laid(8 * MB, (0, IMAGE), (VFS, noise(5001))), "with an image")


def what_is_refused_leaves_the_flash_alone(folder, how):
    flash = laid(8 * MB, (0, IMAGE))
    board = Board(folder, how, start=IMAGE)
    files = {"data": noise(5000), "app": IMAGE[APP:], "boot": IMAGE[:0x5000], "empty": b"", "big": noise(0x7000),
             "other": IMAGE[:12] + b"\5" + IMAGE[13:], "cut": IMAGE[:-1], "uf2": b"UF2\nWQ\x5d\x9e" + b"\0" * 500 + b"0o\xb1\n"}
    for name, what in files.items():
        (folder / name).write_bytes(what)
    for status, words, *args in (
            (ARG, "no FILE"), (IO, "nope", folder / "nope"),
            (FORMAT, "empty", folder / "empty"), (FORMAT, "not a firmware image", folder / "data"),
            (FORMAT, "cut:", folder / "cut"), (FORMAT, "block 0 of the UF2", folder / "uf2"),
            (UNSUPPORTED, "have room: factory", folder / "app"), (UNSUPPORTED, "boot@0", folder / "boot"),
            (UNSUPPORTED, "has room for 24576", folder / "big@nvs"), (UNSUPPORTED, "is no application", folder / "data@factory"),
            (UNSUPPORTED, "is for data", folder / "app@vfs"), (ARG, "There are: nvs, phy_init, factory, vfs", folder / "data@x"),
            (ARG, "0x10001 is not the beginning of a sector", folder / "data@0x10001"), (ARG, "beyond the flash", folder / "data@8M"),
            (ARG, "overlap at 0x10000", folder / "image.bin", folder / "data@64K"), (ARG, "is a range", folder / "data@64K+4K"),
            (ARG, "neither an address", folder / "data@64Q"), (ARG, "is empty", folder / "data@64K+0"),
            (ARG, "one whole image", folder / "image.bin", folder / "image.bin"),
            (ARG, "--erase takes", folder / "image.bin", "--erase", "vfs")):
        board.espy("flash", *args, status=status, says=words)
        board.holds(flash, words)
    small = Board(folder, how, "n4r2")
    small.espy("flash", folder / "image.bin", status=UNSUPPORTED, says="declares 8 MB of flash, but the board has 4 MB")
    small.holds(laid(4 * MB), "too small a flash")
    small.espy("flash", folder / "image.bin", "--force")
    small.holds(laid(4 * MB, (0, IMAGE)), "--force")


def reading_gives_what_is_there(folder, how):
    flash = laid(4 * MB, (0, IMAGE[:0x9000]), (APP, noise(100000)), (4 * MB - 9, noise(9)))
    board = Board(folder, how, "n4r2", flash)
    out = folder / "out.bin"
    places = ["0x10010+5000", "0x8000..0x9001", "4095K+1K", "0x1234..0x1235"]
    said = board.json("read", "-o", out, *places)
    want = flash[0x10010:0x10010 + 5000] + flash[0x8000:0x9001] + flash[-1024:] + flash[0x1234:0x1235]
    check(out.read_bytes() == want, "ranges")
    check([r["address"] for r in said["ranges"]] == [0x10010, 0x8000, 4095 << 10, 0x1234] and said["size"] == len(want), said)
    check(board.espy("read", "-o", "-", "64K+3K") == flash[APP:APP + 3072], "standard output")
    if not how:  # the ROM takes a while for all of it
        board.espy("read", "-o", out)
        check(out.read_bytes() == flash, "the whole flash")
    out.unlink()
    for words, *args in (("no output", "64K+1K"), ("beyond the flash", "-o", out, "4M+1"), ("how much", "-o", out, "0x1000"),
                         ("both want stdout", "-o", "-", "--json"), ("is empty", "-o", out, "2K..1K"),
                         ("is empty", "-o", out, "1K+0")):
        board.espy("read", *args, status=ARG, says=words)
        check(not out.exists(), args)
    board.holds(flash, "reading")


def verifying_tells_what_differs(folder, how):
    board = Board(folder, how, start=laid(8 * MB, (0, IMAGE), (NVS, noise(77))))
    check(board.json("verify", folder / "image.bin")["differences"] == [], "the image is there")
    other = bytearray(board.file.read_bytes())
    other[APP + 5 * SECTOR] ^= 1
    other[APP + 6 * SECTOR] ^= 1
    other[APP + 9 * SECTOR:APP + 10 * SECTOR] = b"\xff" * SECTOR
    board.fill(bytes(other))
    found = board.json("verify", folder / "image.bin", status=DEVICE, says="2 ranges, the first at 0x15000")
    check(found["differences"] == [
        {"address": APP + 5 * SECTOR, "size": 2 * SECTOR, "blank": False, "partition": "factory"},
        {"address": APP + 9 * SECTOR, "size": SECTOR, "blank": True, "partition": "factory"}], found)
    text = board.espy("verify", folder / "image.bin", status=DEVICE).decode()
    check("0x015000..0x017000" in text and "is blank" in text, text)
    (folder / "tail").write_bytes(IMAGE[APP + 7 * SECTOR:APP + 7 * SECTOR + 9])
    board.espy("verify", folder / "tail@0x17000")  # what is behind it does not count
    board.espy("verify", folder / "tail@8191K", status=ARG, says="not the beginning of a sector")
    board.holds(bytes(other), "verifying")


def erasing_leaves_blank_what_is_named(folder, how):
    flash = laid(8 * MB, (0, IMAGE), (NVS, noise(0x6000)), (VFS, noise(70000)), (8 * MB - 9, noise(9)))
    board = Board(folder, how, start=flash)
    board.espy("erase", "nvs", "0x200000+64K")
    flash = laid(8 * MB, (0, flash), (NVS, b"\xff" * 0x6000), (VFS, b"\xff" * 65536))
    board.holds(flash, "erase nvs and a range")
    for words, *args in (("nothing to erase is named",), ("how much", "64K"), ("not whole sectors", "64K+1K"),
                         ("no partition", "zzz"), ("overlap", "nvs", "0x9000+4K"), ("beyond", "8M+4K")):
        board.espy("erase", *args, status=ARG, says=words)
        board.holds(flash, words)
    check(board.json("erase", "all")["ranges"] == [{"address": 0, "size": 8 * MB, "partition": None}], "json")
    board.holds(laid(8 * MB), "erase all")
    board.espy("erase", "nvs", status=ARG, says="no partition table")


def locked_chips_are_left_alone(folder, how):
    """The fuses' places are espefuse's; its files have the registers' words in reverse order."""
    (folder / "data").write_bytes(noise(5000))
    for words, word, bit, stays in (("(secure boot)", 3, 20, False), ("(flash encryption)", 2, 18, False),
                                    ("secure download mode", 4, 5, True)):
        fuses = bytearray(512)
        at = 512 - 4 - 0x2C - 4 * word
        fuses[at:at + 4] = (1 << bit).to_bytes(4, "big")
        (folder / f"{word}.fuses").write_bytes(fuses)
        board = Board(folder, how, "n4r2", IMAGE[:0x9000])
        board.port += f",efuse={folder}/{word}.fuses"
        flash = board.file.read_bytes()
        for command in (("flash", folder / "data@1M"), ("flash", folder / "data@1M", "--plan"), ("erase", "1M+4K")):
            board.espy(*command, status=UNSUPPORTED, says=words)
            board.holds(flash, words)
        board.espy("flash", folder / "data@1M", "--force", status=UNSUPPORTED if stays else 0, says=words if stays else "warning")
        board.holds(flash if stays else laid(4 * MB, (0, flash), (1 * MB, noise(5000))), "--force, " + words)


def flash_beyond_16_mb(folder, how):
    board = Board(folder, how, "n32r8v", start=IMAGE[:0x9000])
    (folder / "data").write_bytes(noise(5000))
    if how:
        board.espy("flash", folder / "data@24M", status=UNSUPPORTED, says="beyond the first 16 MB")
        return board.espy("erase", "all", status=UNSUPPORTED, says="beyond the first 16 MB")
    board.espy("flash", folder / "data@24M")
    board.espy("verify", folder / "data@24M")
    check(board.espy("read", "-o", "-", "24M+5000") == noise(5000), "read")
    board.holds(laid(32 * MB, (0, IMAGE[:0x9000]), (24 * MB, noise(5000))), "24M")
    board.espy("erase", "24M..32M")
    board.holds(laid(32 * MB, (0, IMAGE[:0x9000])), "erase")


def esptool_finds_the_same(folder, how):
    tool = os.environ.get("ESPTOOL") or shutil.which("esptool")
    if tool is None:
        return
    board = Board(folder, how, "n4r2")
    (folder / "data").write_bytes(noise(70001))
    board.espy("flash", folder / "data@1M")
    emu = subprocess.Popen([ESPY, "emu", f"n4r2,flash={board.file}", "--pty", str(folder / "tty"), "--rfc2217", "127.0.0.1:0",
                            "--download", "--json"],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True)
    try:
        ports = json.loads(emu.stdout.readline())
        port = next(p for p in json.dumps(ports).split('"') if p.startswith("rfc2217://"))
        quick = ("--port", str(folder / "tty"), "--no-stub", "--before", "no-reset", "--after", "no-reset")
        subprocess.run([tool, *quick, "verify-flash", "0x100000", str(folder / "data")], check=True, capture_output=True,
                       timeout=GIVE_UP_S)
        board.port, board.how = port, []
        board.espy("verify", folder / "data@1M")
    finally:
        emu.terminate()
        emu.wait(GIVE_UP_S)


ONCE = (a_lost_table_does_not_cost_the_files, micropythons_own_files_survive_a_lost_table, files_go_where_they_are_told,
        what_is_refused_leaves_the_flash_alone, locked_chips_are_left_alone, esptool_finds_the_same)
CASES = (a_plan_writes_nothing_and_is_what_then_is_done, settings_and_files_stay_unless_all_is_erased,
         a_lost_table_does_not_cost_the_files, micropythons_own_files_survive_a_lost_table,
         files_go_where_they_are_told, what_is_refused_leaves_the_flash_alone, reading_gives_what_is_there,
         verifying_tells_what_differs, erasing_leaves_blank_what_is_named, locked_chips_are_left_alone, flash_beyond_16_mb,
         esptool_finds_the_same)


def main():
    if not os.access(OCT_123, os.R_OK):
        return print(f"1..1\nok 1 - flash # SKIP no {OCT_123}")
    global IMAGE
    IMAGE = image()
    cases = [(case, how) for case in CASES for how in ((), ("--no-stub",)) if case not in ONCE or not how]
    print(f"1..{len(cases)}")
    for n, (case, how) in enumerate(cases, 1):
        title = case.__name__.replace("_", " ") + (", without the stub" if how else "")
        wrong = ""
        try:
            with tempfile.TemporaryDirectory() as folder:
                (pathlib.Path(folder) / "image.bin").write_bytes(IMAGE)
                case(pathlib.Path(folder), list(how))
        except Exception as error:  # whatever goes wrong is this case's failure
            wrong = f"{type(error).__name__}: {error}"
        print(f"{'not ok' if wrong else 'ok'} {n} - {title}", flush=True)
        for line in wrong.splitlines():
            print(f"#   {line}", flush=True)


if __name__ == "__main__":
    main()
