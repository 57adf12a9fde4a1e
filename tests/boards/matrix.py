#!/usr/bin/env python3
"""Every real image on every model of board and both mask ROMs, from blank flash to the prompt.

What must come out follows from the module and the image, not from what came out
before: see expect().  Prints the table as comments and one TAP line a pair.
Environment: ESPY (the program), ESPY_ROM_DIR, ESPY_FIRMWARE, ESPY_TOOLS.
"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lib"))
import roms  # noqa: E402

ESPY = os.environ.get("ESPY", str(ROOT / "build/espy"))
TOOLS = pathlib.Path(os.environ.get("ESPY_TOOLS", ROOT / "build/tests/tools"))
FIRMWARE = pathlib.Path(os.environ.get("ESPY_FIRMWARE", ROOT / "../shared/firmware"))
MB = 1 << 20
REFUSED = 8  # docs/errors.md: unsupported

# name: flash bytes, flash mode, PSRAM bytes, PSRAM mode (docs: Espressif's module data sheets)
MODELS = {
    "n16r8": (16 * MB, "quad", 8 * MB, "octal"),
    "n16r8v": (16 * MB, "octal", 8 * MB, "octal"),
    "n16r2": (16 * MB, "quad", 2 * MB, "quad"),
    "n8r8": (8 * MB, "quad", 8 * MB, "octal"),
    "n8r2": (8 * MB, "quad", 2 * MB, "quad"),
    "n4r2": (4 * MB, "quad", 2 * MB, "quad"),
    "n8": (8 * MB, "quad", 0, None),
    "n32r8v": (32 * MB, "octal", 8 * MB, "octal"),
}

# short name: file, PSRAM kind it drives, (minor) version, finds octal flash at run time
IMAGES = {
    "1.23.0-OCT": ("ESP32_GENERIC_S3-SPIRAM_OCT-20240602-v1.23.0.bin", "octal", "1.23.0", False),
    "1.24.1-OCT": ("ESP32_GENERIC_S3-SPIRAM_OCT-20241129-v1.24.1.bin", "octal", "1.24.1", True),
    "1.23.0": ("ESP32_GENERIC_S3-20240602-v1.23.0.bin", "quad", "1.23.0", False),
    "1.26.0": ("ESP32_GENERIC_S3-20250809-v1.26.0.bin", "quad", "1.26.0", True),
}


def biggest_split(psram):
    """gc.mem_free() counts the largest free block of the IDF heap as TLSF would
    serve it, which is rounded down to 1/32 of the power of two below it.  Of the
    PSRAM, MicroPython's first heap (64,000 bytes) and TLSF's own control block
    (about 3 KB) are gone."""
    free = psram - 64000 - 3000
    step = psram // 2 // 32
    return free // step * step


def expect(model, image):
    """A dict of what the report must say; exit 8 where the pair does not fit."""
    flash, flash_mode, psram, psram_mode = MODELS[model]
    _, kind, version, finds_octal = IMAGES[image]
    if kind != psram_mode and not (psram == 0 and kind == "quad"):
        return {"exit": REFUSED}
    want = {"exit": 0, "version": version, "flash_size": flash, "fs_bytes": flash - 2 * MB, "works": True}
    if flash_mode == "octal" and not finds_octal:
        # ESP-IDF 5.0 drives octal flash only if built for it.  The bootloader finds no
        # quad-enable bit and stays with plain reads, so boot and code work through the
        # cache; the driver in the application finds a chip that it cannot set to quad.
        want.update(flash_size=0, fs_bytes=0, works=False)
    # The first heap is 64,000 bytes, part of it in use; without PSRAM the heap
    # lies in internal RAM, of which some 100 to 300 KB are free.
    want["mem_free"] = (biggest_split(psram) + 1, biggest_split(psram) + 64000) if psram else (100_000, 320_000)
    return want


class Place:
    """A board: a model, a mask ROM, and a file for the flash."""

    def __init__(self, model, rom, flash):
        self.model, self.flash = model, flash
        self.spec = f"{model}{roms.KEYS[rom]},flash={flash}"

    def up(self, image, *options):
        command = [ESPY, "up", "-q", "--json", "-p", f"emu:{self.spec}", *options, str(FIRMWARE / IMAGES[image][0])]
        return subprocess.run(command, env=roms.without_espy(), capture_output=True, text=True, timeout=300)


def problems(place, image):
    """What is wrong with the outcome, and the row of the table."""
    want, done = expect(place.model, image), place.up(image)
    if done.returncode != want["exit"]:
        return [f"exit {done.returncode}: {done.stderr.strip()}"], ["?"] * 4
    if want["exit"]:
        untouched = all(b == 0xFF for b in place.flash.read_bytes())
        named = "SPIRAM_OCT" in done.stderr
        return ([] if untouched else ["the flash was written"]) + ([] if named else [done.stderr]), ["refused", "", "", ""]
    python = json.loads(done.stdout)["micropython"]
    wrong = [f"{key} is {python[key]}, not {want[key]}" for key in ("version", "flash_size", "fs_bytes")
             if key in want and python[key] != want[key]]
    low, high = want["mem_free"]
    if not low <= python["mem_free"] <= high:
        wrong.append(f"mem_free is {python['mem_free']}, not in {low}..{high}")
    if want["works"]:
        probe = subprocess.run([TOOLS / "fs_probe", place.spec], env=roms.without_espy(), capture_output=True,
                               text=True)
        if probe.stdout.strip() != "ok":
            wrong.append(f"the file system: {probe.stdout}{probe.stderr}")
    row = ["prompt"] + [str(python[key]) for key in ("flash_size", "fs_bytes", "mem_free")]
    return wrong, row


def forced(place, image):
    """With --force a mismatched image is written and prompts, without its PSRAM."""
    done = place.up(image, "--force")
    if done.returncode:
        return [done.stderr.strip()], ["?"] * 4
    python = json.loads(done.stdout)["micropython"]
    wrong = [] if python["mem_free"] < 400_000 else [f"mem_free is {python['mem_free']} on the wrong PSRAM"]
    return wrong, ["forced"] + [str(python[key]) for key in ("flash_size", "fs_bytes", "mem_free")]


def run(case):
    rom, model, image, check = case
    if roms.missing(rom):
        return case, [], ["skipped", "", "", ""]
    with tempfile.TemporaryDirectory() as folder:
        try:
            return case, *check(Place(model, rom, pathlib.Path(folder) / "flash.bin"), image)
        except (OSError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
            return case, [repr(error)], ["?"] * 4


def main():
    pairs = [(m, i, problems) for m in MODELS for i in IMAGES]
    pairs += [("n16r8", "1.23.0", forced), ("n16r2", "1.23.0-OCT", forced)]
    cases = [(rom, *pair) for rom in roms.KEYS for pair in pairs]
    print(f"1..{len(cases)}")
    if not FIRMWARE.is_dir():
        for n in range(len(cases)):
            print(f"ok {n + 1} # SKIP no images at {FIRMWARE}")
        return
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        done = list(pool.map(run, cases))
    print("# | ROM          | model  | image      | outcome | flash_size | fs_bytes | mem_free |")
    for (rom, model, image, _), _, row in done:
        print("# | {:12} | {:6} | {:10} | {:7} | {:>10} | {:>8} | {:>8} |".format(rom, model, image, *row))
    for n, ((rom, model, image, check), wrong, _) in enumerate(done):
        skip = f" # SKIP {roms.missing(rom)}" if roms.missing(rom) else ""
        print(f"{'not ok' if wrong else 'ok'} {n + 1} - {image} on {model}{' forced' if check is forced else ''}, {rom}{skip}")
        for line in wrong:
            print(f"#   {line}")


if __name__ == "__main__":
    main()
