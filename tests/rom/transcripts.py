#!/usr/bin/env python3
"""What the board prints on UART0, with the built-in ROM and with the real one: the same.

Every shared image from power-on to the prompt on each model that it fits; every way to
reset; bootloaders that the ROM refuses, or that fail; the serial loader's banner.

Not compared: how often a line is repeated until a watchdog bites (within a tenth), where
in the ROM the core was then, the firmware's time stamps, and in the dump of an exception
the registers in which the ROM's functions leave something else, and the ROM's frames.
TAP on stdout.  Environment: ESPY_TOOLS (folder of rom_board), ESPY_FIRMWARE, ESPY_ROM_DIR.
"""
import hashlib
import os
import pathlib
import random
import re
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lib"))
import roms  # noqa: E402

TOOLS = pathlib.Path(os.environ.get("ESPY_TOOLS", ROOT / "build/tests/tools"))
FIRMWARE = pathlib.Path(os.environ.get("ESPY_FIRMWARE", ROOT / "../shared/firmware"))
OLD, OLD_OCT, NEW_OCT, NEW = (FIRMWARE / f"ESP32_GENERIC_S3-{n}.bin" for n in (
    "20240602-v1.23.0", "SPIRAM_OCT-20240602-v1.23.0", "SPIRAM_OCT-20241129-v1.24.1", "20250809-v1.26.0"))
MODELS = {"n16r8": 16, "n16r8v": 16, "n16r2": 16, "n8r8": 8, "n8r2": 8, "n4r2": 4, "n8": 8, "n32r8v": 32}
LONG = bool(os.environ.get("ESPY_LONG"))
PROMPT = ("until", ">>> ", "9000")
LOOP = 0.1


def boots():
    """Some pairs of image and model, or with ESPY_LONG all, those that do not fit too."""
    some = {OLD: ("n8r2", "n16r8v"), OLD_OCT: ("n16r8", "n8"), NEW_OCT: ("n8r8", "n32r8v"), NEW: ("n8r2", "n16r2")}
    for image, models in some.items():
        for model in MODELS if LONG else models:
            yield f"{image.stem[17:]} on {model}", model, image.read_bytes()[:MODELS[model] << 20], PROMPT


def typed(text, *after):
    return (*PROMPT, "send", text + "\\r", *after)


def resets():
    again = ("until", "rst:", "9000", *PROMPT)
    cases = {
        "the RESET key": (*PROMPT, "reset", *again),
        "a power cycle": (*PROMPT, "power", *again),
        "machine.reset()": typed("import machine; machine.reset()", *again),
        "deep sleep": typed("import machine; machine.deepsleep(50)", *again),
        "a watchdog": typed("import machine; machine.WDT(timeout=1000)", *again),
        "an exception": typed("import machine; machine.mem32[0] = 0", *again),
        "machine.bootloader()": typed("import machine; machine.bootloader()", "until", "waiting for download", "9000", "run", "100"),
        "the BOOT key": ("boot", "1", "reset", "until", "waiting for download", "1000", "run", "100"),
    }
    for name, steps in cases.items():
        yield name, "n8r2", OLD.read_bytes(), steps


def straps():
    """Every level of GPIO0, GPIO46, GPIO45 and GPIO3 that a board may give them."""
    for mode in range(16):
        pins = [(46, mode & 1), (0, mode >> 1 & 1), (45, mode >> 2 & 1), (3, mode >> 3 & 1)]
        drive = [word for pin, level in pins for word in ("drive", str(pin), str(level))]
        yield f"straps 0x{mode << 2:02x}", "n8r2", OLD.read_bytes(), (*drive, "reset", "run", "100")


def segments(image):
    at = 24
    for _ in range(image[1]):
        addr, length = struct.unpack_from("<II", image, at)
        yield at, addr, length
        at += 8 + length
    yield at | 15, None, None


def image_of(code, addr=0x403C9700, entry=None):
    """A bootloader of one segment."""
    code += b"\0" * (-len(code) % 4)
    head = struct.pack("<BBBBI", 0xE9, 1, 2, 0x3F, addr if entry is None else entry)
    head += bytes([0xEE, 0, 0, 0, 9, 0, 0]) + b"\0" * 8 + b"\1"
    body = head + struct.pack("<II", addr, len(code)) + code
    total = 0xEF
    for byte in code:
        total ^= byte
    body += b"\0" * (15 - len(body) % 16) + bytes([total])
    return body + hashlib.sha256(body).digest()


def changed(at, value):
    image = bytearray(OLD.read_bytes())
    image[at:at + len(value)] = value
    return bytes(image)


def bad_bootloaders():
    image = OLD.read_bytes()
    (first, addr, length), *_, (end, _, _) = segments(image)
    run = ("run", "600")
    cases = {
        "blank flash": b"",
        "no magic": changed(0, b"\xe8"),
        "17 segments": changed(1, b"\x11"),
        "33 segments": changed(1, b"\x21"),
        "a read mode beyond the last": changed(2, b"\x0b"),
        "a clock that is none": changed(3, b"\x35"),
        "another chip": changed(12, b"\0"),
        "a wrong checksum": changed(end, bytes([image[end] ^ 1])),
        "a segment of odd length": changed(first + 4, struct.pack("<I", length + 1)),
        "a segment at an odd address": changed(first, struct.pack("<I", addr + 2)),
        "a segment beyond 1 MiB": changed(first + 4, struct.pack("<I", 0x100004)),
        "a segment over the stack": changed(first, struct.pack("<I", 0x3FCEB000)),
        "a bootloader cut short": image[:0x2000],
        "a jump into nothing": image_of(b"\0\0\0\0", entry=0x20000000),
        # The last, with 16 bytes of frame each: entry a1, 32; then ...
        "a bootloader that returns": image_of(bytes.fromhex("364100 1df0")),  # retw.n
        "an illegal instruction": image_of(bytes.fromhex("364100 000000")),  # ill
        "a load from nowhere": image_of(bytes.fromhex("364100 0c02 3822")),  # movi.n a2, 0; l32i.n a3, a2, 8
        "a load that is not aligned": image_of(bytes.fromhex("364100 1c12 48d2")),
        "a division by zero": image_of(bytes.fromhex("364100 0c02 2022c2")),  # movi.n a2, 0; quou a2, a2, a2
        "a breakpoint": image_of(bytes.fromhex("364100 f04100")),  # break 1, 15
    }
    for name, flash in cases.items():
        yield name, "n8r2", flash, run
    yield "a wrong hash", "n8r2", changed(end + 1, bytes([image[end + 1] ^ 1])), PROMPT
    yield "blank octal flash", "n16r8v", b"", run


def mutations():
    """Bootloaders with a few bytes changed at random, most in the headers; not the entry nor
    where in memory a segment goes, since they then find what the ROM left in registers."""
    image = OLD.read_bytes()
    places = [*range(4), *range(8, 24), *(at + i for at, _, length in segments(image) if length for i in (3, 4, 5, 6, 7))]
    for seed in range(300 if LONG else 8):
        dice = random.Random(seed)
        flash = bytearray(image)
        for _ in range(dice.randrange(1, 4)):
            flash[dice.choice(places) if dice.random() < 0.8 else dice.randrange(0x4000)] = dice.randrange(256)
        yield f"seed {seed}", "n8r2", bytes(flash), ("run", "400")


def transcript(rom, model, flash, steps):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "flash.bin"
        path.write_bytes(flash + b"\xff" * ((MODELS[model] << 20) - len(flash)))
        done = subprocess.run([TOOLS / "rom_board", f"{model}{roms.KEYS[rom]},flash={path}", *steps],
                              env=roms.without_espy(), stdout=subprocess.PIPE, timeout=300)
    text = done.stdout.decode("latin-1")
    if done.returncode not in (0, 3, 4) or "ESP-ROM" not in text:
        raise RuntimeError(f"rom_board ended with {done.returncode}: {text}")
    return text


def told(text):
    """The lines, each with how often it came in a row, without what may differ."""
    text = re.sub(r"PC( *): ?0x400[0-5][0-9a-f]{4}\b", r"PC\1:(in the ROM)", text)
    text = re.sub(r"([EWI]) \(\d+\)", r"\1 (time)", text)
    text = re.sub(r"^(LBEG|.*LBEG).*", "(loop registers)", text, flags=re.MULTILINE)
    text = re.sub(r"^(PC +: ?\S+).*(A1 +: 0x\w+).*", r"\1 \2", text, flags=re.MULTILINE)
    text = re.sub(r"^A(2|6|10) +: .*", r"(registers)", text, flags=re.MULTILINE)
    text = re.sub(r"^A14 .*(EXCCAUSE: 0x\w+).*", r"\1", text, flags=re.MULTILINE)
    text = re.sub(r" 0x400[0-5]\w{4}:0x\w{8}", " (the ROM)", text)
    text = re.sub(r"^.+?(ESP-ROM:)", r"\1", text, flags=re.MULTILINE)  # cut off by a reset
    lines = []
    for line in text.splitlines():
        if lines and lines[-1][0] == line:
            lines[-1][1] += 1
        else:
            lines.append([line, 1])
    # The third boot of a loop may be beyond the time on one board.
    boots = [n for n, (line, _) in enumerate(lines) if line.startswith("ESP-ROM")]
    del lines[boots[2] if len(boots) > 2 else len(lines):]
    # What the last round of a loop got to say is up to the time.
    if lines and len(lines) > 1 and lines[-2][1] > 9:
        lines.pop()
    return lines


def same(ours, real):
    if [line for line, _ in ours] != [line for line, _ in real]:
        return False
    return all(abs(a - b) <= max(LOOP * b, 1 if b > 9 else 0) for (_, a), (_, b) in zip(ours, real))


RADIO = re.compile(r"^\[fault: the firmware started the radio: \w+ \(0x\w+\), called from 0x4\w+, is not in the "
                   r"built-in ROM\]$", re.MULTILINE)


def starts_radio(case):
    """What the built-in ROM cannot do is said at once, not by a hang or a reset."""
    _, model, flash, steps = case
    text = transcript("built-in ROM", model, flash, steps)
    return None if RADIO.search(text) and text.count("rst:") == 1 else f"# {text!r}"


def radio():
    for image, model in ((OLD, "n8r2"), (NEW, "n8r2")):
        for what in ("import network; network.WLAN(network.STA_IF).active(True)",
                     "import bluetooth; bluetooth.BLE().active(True)"):
            yield f"{what} on {image.stem[17:]}", model, image.read_bytes(), typed(what, "run", "9000")


def check(case):
    name, model, flash, steps = case
    ours, real = (told(transcript(rom, model, flash, steps)) for rom in ("built-in ROM", "real ROM"))
    if same(ours, real):
        return None
    return "\n".join(f"# {side:8} {count:5} {line!r}" for side, lines in (("built in", ours), ("real", real))
                     for line, count in lines)


def main():
    why = roms.missing("real ROM") or (None if OLD.is_file() else f"no images in {FIRMWARE}")
    if why:
        print(f"1..1\nok 1 - transcripts # SKIP {why}")
        return 0
    cases = [(check, case) for case in [*boots(), *resets(), *straps(), *bad_bootloaders(), *mutations()]]
    cases += [(starts_radio, case) for case in radio()]
    wanted = sys.argv[1:]
    cases = [c for c in cases if not wanted or any(w in c[1][0] for w in wanted)]
    failed = 0
    print(f"1..{len(cases)}")
    for number, (judge, case) in enumerate(cases, 1):
        problem = judge(case)
        print(f"{'not ' if problem else ''}ok {number} - {case[0]}", flush=True)
        if problem:
            print(problem, flush=True)
            failed += 1
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
