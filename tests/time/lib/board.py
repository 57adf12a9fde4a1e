"""A virtual board for the scripts of this folder, and their TAP.

Environment: ESPY_TOOLS (folder of board_driver), ESPY_FIRMWARE, ESPY_ROM_DIR.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/lib"))
import roms  # noqa: E402

TOOLS = pathlib.Path(os.environ.get("ESPY_TOOLS", ROOT / "build/tests/tools"))
FIRMWARE = pathlib.Path(os.environ.get("ESPY_FIRMWARE", ROOT / "../shared/firmware"))
LONG = bool(os.environ.get("ESPY_LONG"))

# short name: file, and the board that it fits
IMAGES = {
    "1.23.0-OCT": ("ESP32_GENERIC_S3-SPIRAM_OCT-20240602-v1.23.0.bin", "n16r8"),
    "1.24.1-OCT": ("ESP32_GENERIC_S3-SPIRAM_OCT-20241129-v1.24.1.bin", "n16r8"),
    "1.23.0": ("ESP32_GENERIC_S3-20240602-v1.23.0.bin", "n8r2"),
    "1.26.0": ("ESP32_GENERIC_S3-20250809-v1.26.0.bin", "n8r2"),
}
FLASH = {"n16r8": 16 << 20, "n8r2": 8 << 20}
ROMS = list(roms.KEYS)
PROMPT = ">>> "


class Silence(Exception):
    """The board did not say in time what was expected."""


class Board:
    """A board with MicroPython on it.  Time is in microseconds of the board's clock
    (`now`), waiting in milliseconds of it; with clock=real of the wall's."""

    def __init__(self, image, rom=ROMS[0], keys=""):
        name, model = IMAGES[image]
        self.image = image
        self.folder = tempfile.TemporaryDirectory()
        flash = pathlib.Path(self.folder.name) / "flash.bin"
        flash.write_bytes((FIRMWARE / name).read_bytes().ljust(FLASH[model], b"\xff"))
        self.process = subprocess.Popen([TOOLS / "board_driver", f"{model}{roms.KEYS[rom]},flash={flash}{keys}"],
                                        env=roms.without_espy(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.now = 0
        self.chunks = []  # (time, bytes) of what the last wait was for
        self.rest = []  # of what has come since

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.folder.cleanup()

    def command(self, line):
        """True where the answer is "found"."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        while True:
            word, *rest = self.process.stdout.readline().split(" ", 2)
            if word == "out":
                self.chunks.append((int(rest[0]), bytes.fromhex(rest[1])))
                continue
            if word not in ("found", "over"):
                raise Silence(f"{line[:60]}: {word} {' '.join(rest)}")
            self.now = int(rest[0])
            return word == "found"

    def send(self, data):
        self.command("send " + (data if isinstance(data, bytes) else data.encode()).hex())

    def lines(self, dtr, rts):
        self.command(f"lines {int(dtr)} {int(rts)}")

    def keys(self, boot, reset):
        self.command(f"keys {int(boot)} {int(reset)}")

    def power(self, on):
        self.command(f"power {int(on)}")

    def sleep(self, ms):
        """Lets time pass and returns what came."""
        self.chunks, self.rest = self.rest, []
        self.command(f"wait {ms} -")
        return self.text()

    def text(self):
        return b"".join(data for _, data in self.chunks).decode("utf-8", "replace")

    def expect(self, end, ms=20000):
        """Waits until `end` has come; what came since the last wait's end, with it."""
        self.chunks, self.rest = self.rest, []
        if not self.command(f"wait {ms} {end.encode().hex()}"):
            raise Silence(f"no {end!r} in {ms} ms; there was {self.text()[-600:]!r}")
        self.cut(b"".join(data for _, data in self.chunks).index(end.encode()) + len(end.encode()))
        return self.text()

    def cut(self, size):
        """Keeps so many bytes in self.chunks and the rest for the next wait, as the driver does."""
        kept = []
        for time, data in self.chunks:
            kept.append((time, data[:size]))
            if data[size:]:
                self.rest.append((time, data[size:]))
            size -= len(kept[-1][1])
        self.chunks = kept

    def boot(self):
        """Presses RESET by RTS and waits for the prompt; the boot's text."""
        self.lines(False, True)
        self.sleep(100)
        self.lines(False, False)
        return self.expect(PROMPT)

    def start(self, code):
        """Sends code by the raw prompt; returns when the board has begun to run it."""
        self.send("\r\x03\x03\x01")
        self.expect("raw REPL; CTRL-B to exit\r\n>")
        # The raw prompt has no flow control: a slow core needs time for each piece.
        for at in range(0, len(code), 128):
            self.send(code[at:at + 128])
            self.sleep(40)
        self.send("\x04")
        self.expect("OK")

    def run(self, code, ms=20000):
        """Runs code and returns what it printed, with its traceback if there is one."""
        self.start(code)
        return self.finish(ms)

    def finish(self, ms=20000):
        """What code that has been started still prints, with its traceback."""
        out = self.expect("\x04", ms) + self.expect("\x04")
        self.expect(">")
        self.send("\x02")
        self.expect(PROMPT)
        return out.replace("\x04", "").replace("\r\n", "\n").strip()


def reset_line(text):
    """The cause and the boot mode of the ROM's banner: (0x1, "POWERON", 0x8, "SPI_FAST_FLASH_BOOT")."""
    match = re.search(r"rst:0x([0-9a-f]+) \((\w+)\),boot:0x([0-9a-f]+) \((\w+)", text)
    return (int(match[1], 16), match[2], int(match[3], 16), match[4]) if match else None


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = False
        self.prefix = ""

    def check(self, what, got, want):
        """want: a value, or a function of the value that is true if it is right."""
        self.count += 1
        good = want(got) if callable(want) else got == want
        print(f"{'ok' if good else 'not ok'} {self.count} - {self.prefix}{what}", flush=True)
        if not good:
            self.failed = True
            print(f"#   got {got!r}" + ("" if callable(want) else f", not {want!r}"), flush=True)

    def skip(self, what, why):
        self.count += 1
        print(f"ok {self.count} - {self.prefix}{what} # SKIP {why}", flush=True)

    def done(self):
        print(f"1..{self.count}")
        return 1 if self.failed else 0


def on_boards(tests):
    """Runs tests, a function of a Tap and a board that has booted each, on boards given as
    (image, ROM); a board that cannot be had is a skipped test.  The exit status."""
    tap = Tap()
    for (image, rom), checks in tests.items():
        why = roms.missing(rom)
        if not (FIRMWARE / IMAGES[image][0]).is_file():
            why = f"no {IMAGES[image][0]} at {FIRMWARE}"
        tap.prefix = f"{image}, {rom}: "
        if why:
            tap.skip("the board", why)
            continue
        try:
            with Board(image, rom) as board:
                board.boot()
                for check in checks:
                    check(tap, board)
        except (Silence, OSError, ValueError) as error:
            tap.check("nothing unforeseen", repr(error), "")
    return tap.done()


def everywhere(full, some):
    """The usual plan: everything on the first image with each ROM, and some of it on the other
    images; with ESPY_LONG everything everywhere."""
    first = next(iter(IMAGES))
    tests = {(first, rom): full for rom in ROMS}
    for image in IMAGES:
        for rom in ROMS if LONG else ROMS[:1]:
            tests.setdefault((image, rom), full if LONG else some)
    return tests
