"""What the tests of `espy emu` share: a board in a process of its own, and its ports.

Environment: ESPY (the program), ESPY_FIRMWARE, and ESPY_ROM, a mask ROM to run instead of
the built-in one.
"""
import fcntl
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import tempfile
import termios
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
ESPY = os.environ.get("ESPY", str(ROOT / "build/espy"))
FIRMWARE = pathlib.Path(os.environ.get("ESPY_FIRMWARE", ROOT / "../shared/firmware"))
IMAGE = FIRMWARE / "ESP32_GENERIC_S3-SPIRAM_OCT-20240602-v1.23.0.bin"
LONG = bool(os.environ.get("ESPY_LONG"))
PROMPT = b"\r\n>>> "
PATIENCE_S = 60  # for what takes a moment, on a computer that is busy


def spec(model="n16r8", **keys):
    return ",".join([model] + [f"{k}={v}" for k, v in keys.items()])


def make_flash(folder):
    """A flash file with MicroPython in it."""
    flash = pathlib.Path(folder) / "flash.bin"
    subprocess.run([ESPY, "up", "-q", "-p", f"emu:{spec(flash=flash)}", str(IMAGE)], check=True,
                   stdout=subprocess.DEVNULL)
    return flash


class Port:
    """Bytes to and from a board, whatever carries them."""

    def __init__(self, fd):
        self.fd = fd

    def read(self, timeout=0.2):
        if not select.select([self.fd], [], [], timeout)[0]:
            return b""
        return os.read(self.fd, 65536)

    def write(self, data):
        while data:
            select.select([], [self.fd], [])
            data = data[os.write(self.fd, data):]

    def until(self, what, timeout=PATIENCE_S):
        got, end = b"", time.monotonic() + timeout
        while what not in got:
            if time.monotonic() > end:
                raise TimeoutError(f"no {what!r} in {got[-400:]!r}")
            got += self.read()
        return got

    def quiet(self, seconds=0.3):
        """What comes until nothing has for a while."""
        got = b""
        while piece := self.read(seconds):
            got += piece
        return got

    def prompt(self):
        self.write(b"\r\x03\x03\x02")
        self.until(PROMPT)
        self.quiet()

    def ask(self, line):
        """What the prompt prints for a line."""
        self.write(line.encode() + b"\r")
        return self.until(PROMPT).split(b"\r\n", 1)[1].removesuffix(PROMPT).decode(errors="replace")

    def run(self, code, until):
        """Runs code by the raw prompt, as far as it prints `until`."""
        self.write(b"\r\x03\x03\x01")
        self.until(b"exit\r\n>")
        self.write(code.encode() + b"\x04")
        self.until(until)

    def close(self):
        os.close(self.fd)


class Pty(Port):
    def __init__(self, path, baud=115200):
        super().__init__(os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK))
        self.set_baud(baud)

    def set_baud(self, baud):
        mode = termios.tcgetattr(self.fd)
        mode[4] = mode[5] = getattr(termios, f"B{baud}")
        termios.tcsetattr(self.fd, termios.TCSANOW, mode)

    def exclusive(self):
        fcntl.ioctl(self.fd, termios.TIOCEXCL)


class Tcp(Port):
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self.socket.setblocking(False)
        super().__init__(self.socket.fileno())

    def close(self):
        self.socket.close()


class Board:
    """`espy emu` with these options; a context that ends it."""

    def __init__(self, model, *options, **popen):
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen([ESPY, "emu", "--json", model, *map(str, options)], text=True,
                                        **{**streams, **popen})
        line = self.process.stdout.readline()
        if not line:
            raise OSError(f"espy emu: status {self.process.wait()}, {self.process.stderr and self.process.stderr.read()}")
        self.told = json.loads(line)
        names = [port["name"] for port in self.told["ports"]]
        self.tcp = [int(name.rpartition(":")[2]) for name in names if name.startswith(("socket:", "rfc2217:"))]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.end(signal.SIGTERM)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def end(self, number):
        """The exit status after a signal."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Control:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.file = self.socket.makefile("rw", newline="\n")

    def say(self, line):
        self.file.write(line + "\n")
        self.file.flush()
        return self.file.readline().rstrip("\n")

    def close(self):
        self.file.close()
        self.socket.close()


def check(got, want, what="it"):
    if got != want:
        raise AssertionError(f"{what} is {got!r}, not {want!r}")


def run_all(tests, needs_image=True):
    """Runs the tests, each with a folder of its own, and prints TAP."""
    print(f"1..{len(tests)}")
    for number, test in enumerate(tests, 1):
        name = test.__name__.replace("_", " ")
        if needs_image and not IMAGE.is_file():
            print(f"ok {number} # SKIP no {IMAGE}")
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(pathlib.Path(folder))
                print(f"ok {number} - {name}", flush=True)
            except Exception as error:  # a test's failure is any error in it
                print(f"not ok {number} - {name}\n#   {error!r}", flush=True)
