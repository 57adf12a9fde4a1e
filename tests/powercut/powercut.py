#!/usr/bin/env python3
"""The power goes away while `espy up` writes, and comes back.

Whatever the flash then holds, running `espy up` again must complete, with the right
contents, the whole flash in use, and the files of an update still there; a board whose
power went before anything was erased must be as it was.  Prints TAP.  Environment:
ESPY, ESPY_TOOLS, ESPY_FIRMWARE, ESPY_ROM_DIR.  With ESPY_LONG set a blank board has its
turn, too, and every border of a command, else a seeded few.
"""
import concurrent.futures
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lib"))
import roms  # noqa: E402

ESPY = os.environ.get("ESPY", str(ROOT / "build/espy"))
TOOL = pathlib.Path(os.environ.get("ESPY_TOOLS", ROOT / "build/tests/tools")) / "powercut"
FIRMWARE = pathlib.Path(os.environ.get("ESPY_FIRMWARE", ROOT / "../shared/firmware"))
OCT_123 = FIRMWARE / "ESP32_GENERIC_S3-SPIRAM_OCT-20240602-v1.23.0.bin"
OCT_124 = FIRMWARE / "ESP32_GENERIC_S3-SPIRAM_OCT-20241129-v1.24.1.bin"
LONG = bool(os.environ.get("ESPY_LONG"))
IO, GIVE_UP_S, SEED = 3, 120, 20240602
DIGESTS = 0x55
KEEP = "f=open('kept.txt','w')\nf.write('still here')\nf.close()\n"
READ = "open('kept.txt').read()\n"


def check(condition, *why):
    if not condition:
        raise AssertionError(" ".join(map(str, why)))


def call(*args, keys="", status=0):
    done = subprocess.run([str(a) for a in args], input=keys, env=roms.without_espy(), capture_output=True, text=True,
                          timeout=GIVE_UP_S)
    check(done.returncode == status, args, "ends with", done.returncode, done.stderr[-500:])
    return done.stdout


def spec(rom, flash):
    return f"n16r8{roms.KEYS[rom]},flash={flash}"


def up(rom, flash, image, *options, keys=""):
    return call(ESPY, "up", "-p", f"emu:{spec(rom, flash)}", *options, image, keys=keys)


def cut(rom, flash, image, after, how):
    call(TOOL, spec(rom, flash), image, after, how, status=IO)


class Scenario:
    """A board in some state, and the image that is to go onto it."""

    def __init__(self, folder, rom, name, before, image, keeps):
        self.folder, self.rom, self.image, self.keeps = folder, rom, image, keeps
        self.name = f"{name}, {rom}"
        self.start = folder / f"{name} {rom}.flash"  # a comma would end the key
        before(rom, self.start)
        self.fitted = folder / f"{self.name}.bin"
        call(ESPY, "image", "fit", image, "--flash", "16M", "-o", self.fitted)
        flash = folder / f"{name} {rom}.whole"
        self.copy(flash)
        points = [line.split() for line in call(TOOL, spec(rom, flash), image, 0, "off").splitlines()]
        flash.unlink()
        self.end = int(points.pop()[1])
        self.changing = next(int(at) for op, at in points if int(op) != DIGESTS)
        self.borders = [int(at) for _, at in points if int(at) > 0]

    def copy(self, flash):
        shutil.copy(self.start, flash)

    def cases(self, chance, n):
        """(bytes, how) pairs; those at a border end there, in the command, or just behind it."""
        if LONG:
            places = [at + more for at in self.borders for more in (0, 20, 30)]
        else:
            places = [chance.choice(self.borders) + chance.choice((0, 20, 30)) for _ in range(n - 1)]
        places += [chance.randrange(self.changing, self.end) for _ in range(30 if LONG else n)]
        last_before = [(self, self.changing, "off")]
        return last_before + [(self, min(at, self.end), chance.choice(("off", "reset"))) for at in places]

    def run(self, flash, after, how):
        self.copy(flash)
        cut(self.rom, flash, self.image, after, how)
        if after <= self.changing and how == "off":
            check(flash.read_bytes() == self.start.read_bytes(), "the flash was changed before the first erase")
        if self.keeps:
            check("'still here'" in up(self.rom, flash, self.image, "--repl", keys=READ), "the file is gone")
        else:
            python = json.loads(up(self.rom, flash, self.image, "--json"))["micropython"]
            check((python["flash_size"], python["fs_bytes"]) == (16777216, 14680064), python)
        have, want = flash.read_bytes(), self.fitted.read_bytes()
        check(have[:0x9000] == want[:0x9000], "bootloader or table differ")
        check(have[0x10000:len(want)] == want[0x10000:], "the application differs")


def blank(_, flash):
    flash.write_bytes(b"\xff" * (16 << 20))


def unfitted(rom, flash):
    up(rom, flash, OCT_123, "--no-fit")


def with_a_file(rom, flash):
    unfitted(rom, flash)
    up(rom, flash, OCT_123, "--repl", keys=KEEP)


def run(numbered):
    n, (scenario, after, how) = numbered
    flash = scenario.folder / f"{n}.flash"
    try:
        scenario.run(flash, after, how)
        return ""
    except Exception as error:  # whatever goes wrong is this case's failure
        return f"{type(error).__name__}: {error}"
    finally:
        flash.unlink(missing_ok=True)


def main():
    for path in (OCT_123, OCT_124, roms.REAL):
        if not os.access(path, os.R_OK):
            return print(f"1..1\nok 1 - power cuts # SKIP no {path}")
    chance = random.Random(SEED)
    with tempfile.TemporaryDirectory() as name, concurrent.futures.ThreadPoolExecutor(2) as pool:
        folder = pathlib.Path(name)
        scenarios = [("board written with --no-fit", unfitted, OCT_123, False),
                     ("update of a board with files", with_a_file, OCT_124, True)]
        if LONG:
            scenarios.append(("blank board", blank, OCT_123, False))
        scenarios = [(rom, *s) for rom in roms.KEYS for s in scenarios]
        made = pool.map(lambda args: Scenario(folder, *args), scenarios)
        cases = [case for scenario in made for case in scenario.cases(chance, 1 if scenario.keeps else 2)]
        print(f"1..{len(cases)}")
        for n, (case, wrong) in enumerate(zip(cases, pool.map(run, enumerate(cases))), 1):
            title = f"{case[0].name}: {case[2]} after {case[1]} bytes"
            print(f"{'not ok' if wrong else 'ok'} {n} - {title}", flush=True)
            for line in wrong.splitlines():
                print(f"#   {line}", flush=True)


if __name__ == "__main__":
    main()
