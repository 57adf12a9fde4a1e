#!/usr/bin/env python3
"""The command line around images: `espy image`, help, usage errors, exit statuses.

Prints TAP.  Environment: ESPY (default build/espy), ESPY_FIRMWARE.
"""
import hashlib
import json
import os
import pathlib
import stat
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
ESPY = os.environ.get("ESPY", str(ROOT / "build/espy"))
FIRMWARE = pathlib.Path(os.environ.get("ESPY_FIRMWARE", ROOT / "../shared/firmware"))
OCT = FIRMWARE / "ESP32_GENERIC_S3-SPIRAM_OCT-20240602-v1.23.0.bin"
ARG, IO, FORMAT, UNSUPPORTED = 2, 3, 7, 8  # docs/errors.md

# mp-image-tool-esp32 0.1.1: FILE -f 16M --resize vfs=0 -o OUT
OCT_16M = "06a86dfa7d29755cf3e8ff13263f2aa95b7c3ecf5f3ab67d458947f3275103d8"


def espy(*words, cwd=None, **env):
    return subprocess.run([ESPY, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=cwd,
                          env={**os.environ, **env}, timeout=60)


def refused(done, status, sentence, advice=""):
    """Exit status, and a sentence and an advice on stderr; nothing on stdout."""
    assert done.returncode == status, done
    assert done.stdout == "", done.stdout
    lines = done.stderr.splitlines()
    assert lines[0].startswith("espy: ") and lines[0].endswith("."), lines
    assert sentence in lines[0], lines
    assert advice in "\n".join(lines[1:]), lines


def test_help(_):
    done = espy("--help")
    assert done.returncode == 0 and done.stderr == ""
    assert all(word in done.stdout for word in ("Usage", "  up ", "  image ", "--json", "--version"))
    assert all(len(line) <= 100 for line in done.stdout.splitlines()), "a line is too long"
    assert espy("help").stdout == done.stdout == espy("-h").stdout
    assert "\x1b" not in done.stdout, "colours outside a terminal"
    for words in (("help", "image"), ("image", "--help"), ("image", "show", "-h"), ("-h", "image")):
        done = espy(*words)
        assert done.returncode == 0 and "espy image fit FILE --flash SIZE -o OUT" in done.stdout, (words, done)
    done = espy("help", "up")
    assert all(len(line) <= 100 for line in done.stdout.splitlines()), "a line is too long"
    assert all(word in done.stdout for word in ("socket://", "n32r8v", "rom=FILE", "--net-timeout"))
    assert espy("--version").stdout.startswith("espy 0.")


def test_usage(_):
    refused(espy(), ARG, "no command is given", "`espy help`")
    refused(espy("imag"), ARG, 'there is no command "imag"', "Did you mean `espy image`?")
    refused(espy("pu"), ARG, 'there is no command "pu"')
    refused(espy("write_flash"), ARG, 'there is no command "write_flash"', "`espy esptool write_flash`")
    refused(espy("xyzzy"), ARG, 'there is no command "xyzzy"', "`espy help`")
    refused(espy("up", "--trace="), ARG, "--trace names no channel")
    refused(espy("--frob", "up"), ARG, "there is no option --frob")
    refused(espy("help", "xyzzy"), ARG, 'there is no command "xyzzy"')
    refused(espy("image"), ARG, "show, fit, merge or split", "`espy help image`")
    refused(espy("image", "paint", "x"), ARG, "paint")
    refused(espy("image", "show"), ARG, "takes one FILE")
    refused(espy("image", "show", "a", "b"), ARG, "takes one FILE")
    refused(espy("image", "fit", "x", "-o", "y"), ARG, "--flash")
    refused(espy("image", "fit", "x", "--flash", "16M"), ARG, "-o OUT")
    refused(espy("image", "show", "x", "--flash", "16M"), ARG, "--flash is not an option of image show")
    refused(espy("image", "fit", "x", "--flash", "lots", "-o", "y"), ARG, '"lots" is not a size')


def test_bad_files(place):
    cases = {"empty": (b"", "is empty"), "page.html": (b"<!DOCTYPE html><title>404</title>", "a web page"),
             "elf": (b"\x7fELF\x01\x01", "an ELF program"), "zip": (b"PK\x03\x04rest", "a ZIP archive"),
             "gz": (b"\x1f\x8b\x08\x00", "a gzip file"), "text.py": (b"print(1)\n", "a text file"),
             "blank": (b"\xff" * 4096, "4096 bytes of 0xff"), "cut": (b"\xe9\x03\x02\x3f", "the file ends at byte 4")}
    for name, (contents, words) in cases.items():
        (place / name).write_bytes(contents)
        refused(espy("image", "show", place / name), FORMAT, words)
        refused(espy("image", "fit", place / name, "--flash", "16M", "-o", place / "out"), FORMAT, words)
        assert not (place / "out").exists()
    refused(espy("image", "show", place / "none"), IO, "No such file", "path")
    refused(espy("image", "show", place), IO, "directory", "path")
    refused(espy("image", "show", "/dev/zero"), FORMAT, "longer than 256 MB", "path")


def test_damaged(place):
    image = bytearray(need(OCT).read_bytes())
    for at, words in ((0x20, "bootloader at 0x0: the checksum"), (0x8050, "partition table at 0x8000: the table's MD5"),
                      (0x30000, 'application "factory" at 0x10000: the checksum'), (12, "chip id")):
        image[at] ^= 0x40
        (place / "damaged.bin").write_bytes(image)
        refused(espy("image", "show", place / "damaged.bin"), UNSUPPORTED if at == 12 else FORMAT, words)
        image[at] ^= 0x40
    (place / "cut.bin").write_bytes(image[:-1])
    refused(espy("image", "show", place / "cut.bin"), FORMAT, "the file ends at byte 1631423", "cut short")


def test_show(_):
    done = espy("image", "show", need(OCT))
    assert done.returncode == 0 and done.stderr == ""
    for words in ("MicroPython 1.23.0 of 2024-06-02 for the ESP32-S3", "DIO, 80 MHz", "octal", "0x00200000", "MD5 ok", "ESP-IDF v5.0.4"):
        assert words in done.stdout, words
    facts = json.loads(espy("image", "show", "--json", OCT).stdout)
    assert facts["kind"] == "merged image" and facts["chip"] == "ESP32-S3" and facts["flash_size"] == 8 << 20
    assert facts["version"] == "1.23.0" and facts["variant"] == "SPIRAM_OCT" and facts["psram"] == "octal"
    assert facts["sha256"] == hashlib.sha256(OCT.read_bytes()).hexdigest() and facts["size"] == 1631424
    assert [p["label"] for p in facts["partitions"]] == ["nvs", "phy_init", "factory", "vfs"]
    assert facts["partitions"][3] == {"label": "vfs", "type": "data/fat", "address": 0x200000, "size": 0x600000}
    assert facts["applications"][0]["idf"] == "v5.0.4" and len(facts["bootloader"]["segments"]) == 3


def test_single_binaries(place):
    image = need(OCT).read_bytes()
    (place / "app.bin").write_bytes(image[0x10000:])
    (place / "boot.bin").write_bytes(image[:0x8000])
    for name, kind in (("app.bin", "application"), ("boot.bin", "bootloader")):
        facts = json.loads(espy("image", "show", place / name, "--json").stdout)
        assert facts["kind"] == kind and facts["partitions"] == []
        refused(espy("image", "fit", place / name, "--flash", "16M", "-o", place / "out"), UNSUPPORTED, "alone",
                "merged image")


def test_fit(place):
    out = place / "out.bin"
    done = espy("image", "fit", need(OCT), "--flash", "16M", "-o", out)
    assert done.returncode == 0, done
    assert hashlib.sha256(out.read_bytes()).hexdigest() == OCT_16M
    assert stat.S_IMODE(out.stat().st_mode) & 0o600 == 0o600
    assert os.listdir(place) == ["out.bin"], "no temporary file stays"
    os.symlink("out.bin", place / "link.bin")
    assert espy("image", "fit", OCT, "--flash", "8M", "-o", place / "link.bin").returncode == 0
    assert (place / "link.bin").is_symlink() and out.read_bytes() == OCT.read_bytes()
    espy("image", "fit", OCT, "--flash", "16M", "-o", out)
    facts = json.loads(espy("image", "fit", out, "--flash", "8MB", "-o", place / "back.bin", "--json").stdout)
    assert facts["fitted"] is True and facts["flash_size"] == 8 << 20 and facts["partition"]["size"] == 6 << 20
    assert (place / "back.bin").read_bytes() == OCT.read_bytes()
    facts = json.loads(espy("image", "fit", OCT, "--flash", "8M", "-o", out, "--json").stdout)
    assert facts["fitted"] is False and facts["why"] and "partition" not in facts


def test_fit_refusals(place):
    out = place / "out.bin"
    refused(espy("image", "fit", need(OCT), "--flash", "3M", "-o", out), ARG, "not a flash size", "16")
    refused(espy("image", "fit", OCT, "--flash", "2M", "-o", out), UNSUPPORTED, "leaves no room", "built for")
    refused(espy("image", "fit", OCT, "--flash", "16M", "-o", place / "no/where"), IO, "No such file")
    copy = place / "copy.bin"
    copy.write_bytes(OCT.read_bytes())
    os.symlink(copy, place / "link.bin")
    for name in ("copy.bin", "./copy.bin", "link.bin"):
        refused(espy("image", "fit", "copy.bin", "--flash", "16M", "-o", name, cwd=place), ARG, "does not overwrite")
    assert copy.read_bytes() == OCT.read_bytes()
    os.mkfifo(place / "fifo")
    refused(espy("image", "fit", OCT, "--flash", "16M", "-o", place / "fifo"), ARG, "not a regular file", "Name a file")
    assert stat.S_ISFIFO(os.stat(place / "fifo").st_mode)
    os.remove(place / "fifo")
    refused(espy("image", "fit", OCT, "--flash", "16M", "-o", place), IO, "directory")
    assert sorted(os.listdir(place)) == ["copy.bin", "link.bin"]


class Skip(Exception):
    pass


def need(path):
    if not path.is_file():
        raise Skip(f"{path.name} is not in {path.parent} (set ESPY_FIRMWARE)")
    return path


def main():
    tests = [(name, run) for name, run in globals().items() if name.startswith("test_")]
    print(f"1..{len(tests)}")
    failed = 0
    for number, (name, run) in enumerate(tests, 1):
        with tempfile.TemporaryDirectory() as place:
            try:
                run(pathlib.Path(place))
                print(f"ok {number} - {name}")
            except Skip as why:
                print(f"ok {number} - {name} # SKIP {why}")
            except Exception as problem:  # pylint: disable=broad-except
                failed += 1
                line = problem.__traceback__.tb_next.tb_lineno if problem.__traceback__.tb_next else 0
                print(f"not ok {number} - {name}\n# line {line}: {type(problem).__name__}: {problem}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
