#!/usr/bin/env python3
"""Thonny as a person uses it, under Xvfb: its first start, Run > Configure interpreter, the shell,
a file saved to the board and run.  Every key is xdotool's; nothing is configured by file.
Pictures stay in build/interop/screenshots.  Prints TAP; see lib/peers.py.

Thonny lists the ports that pyserial finds: /dev/ttyS*, ttyUSB*, ttyACM*, ...  So the board's
pseudo-terminal is linked to /dev/ttyACM<n>, which only root may do.  What is read from the
window is checked as text: the shell's by the clipboard, the rest by what the board's UART
said and by what mpremote finds on the board.
"""
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from peers import BANNER, PATIENCE_S, ROOT, Board, check, environment, flashed, main, mpremote, needs  # noqa: E402
from peers import run, until  # noqa: E402

PICTURES = pathlib.Path(os.environ.get("ESPY_SCREENSHOTS", ROOT / "build/interop/screenshots"))
KINDS_BEFORE_ESP32 = 8  # in the list of interpreters of Thonny 4.0
LINE = 'print("from thonny", 6 * 7)'


class Desktop:
    """A display, a window manager, and a person at the keyboard; a context that ends all three."""

    def __init__(self, folder):
        self.folder, self.children, self.display = folder, [], ""

    def __enter__(self):
        reader, writer = os.pipe()
        self.start("Xvfb", "-displayfd", str(writer), "-screen", "0", "1280x900x24", "-nolisten", "tcp",
                   pass_fds=(writer,))
        os.close(writer)
        with os.fdopen(reader) as answer:
            self.display = ":" + answer.readline().strip()
        check(self.display != ":", "Xvfb did not start")
        self.start("openbox")
        until(lambda: self.do("xdotool", "get_num_desktops").strip().isdigit(), PATIENCE_S, "openbox did not start")
        return self

    def __exit__(self, *_):
        for child in reversed(self.children):
            child.kill()
            child.wait()

    def environment(self):
        return environment(HOME=str(self.folder), DISPLAY=self.display, THONNY_USER_DIR=str(self.folder / "thonny"),
                           TMPDIR=str(self.folder), LANG="C.UTF-8")

    def start(self, *command, **popen):
        log = open(self.folder / f"{command[0]}.log", "wb")
        self.children.append(subprocess.Popen(command, env=self.environment(), stdin=subprocess.DEVNULL, stdout=log,
                                              stderr=log, cwd=self.folder, **popen))
        log.close()
        return self.children[-1]

    def do(self, *words):
        done = subprocess.run(words, env=self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, timeout=PATIENCE_S)
        return done.stdout.decode(errors="replace")

    def keys(self, *names, pause=0.3):
        for name in names:
            self.do("xdotool", "key", name)
            time.sleep(pause)

    def type(self, text):
        self.do("xdotool", "type", "--delay", "30", text)

    def picture(self, name):
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.do("scrot", "-o", str(PICTURES / f"{name}.png"))

    def title(self):
        return self.do("xdotool", "getactivewindow", "getwindowname").strip()

    def window(self, title, name):
        """Waits for the active window to be this one, and takes a picture."""
        until(lambda: re.search(title, self.title()), PATIENCE_S, lambda: f"no window {title!r} but {self.title()!r}")
        time.sleep(0.7)  # for what is drawn after the title
        self.picture(name)

    def shell(self):
        """The text of Thonny's shell, as its reader would copy it."""
        self.keys("alt+s", "ctrl+a", "ctrl+c")
        return self.do("xclip", "-o", "-selection", "clipboard")

    def shows(self, words):
        """Waits until the shell shows this; its whole text."""
        end = time.monotonic() + PATIENCE_S
        while not re.search(words, text := self.shell(), re.MULTILINE):
            check(time.monotonic() < end, f"the shell does not show {words!r} but {text!r}")
            time.sleep(0.5)
        self.keys("ctrl+End")
        return text


def free_port():
    """A name that Thonny lists and no device has."""
    return next(path for n in random.sample(range(100, 1000), 900) if not os.path.lexists(path := f"/dev/ttyACM{n}"))


def steps_up_to(port):
    """From "Try to detect port automatically", which the list of ports has below the ports."""
    listed = run("/usr/bin/python3", "-c", "from serial.tools.list_ports import comports\n"
                 "print(*sorted(p.device for p in comports()))").split()
    check(port in listed, port, "is not among the ports", listed)
    return len(listed) - listed.index(port)


def first_start(desk):
    desk.start("thonny")
    until(lambda: desk.do("xdotool", "search", "--onlyvisible", "--class", "Thonny"), PATIENCE_S,
          "Thonny shows no window")
    desk.do("xdotool", "mousemove", "1275", "895")  # out of the menus' way
    desk.do("xdotool", "search", "--onlyvisible", "--class", "Thonny", "windowactivate")
    time.sleep(1)
    desk.picture("1-welcome")
    desk.keys("Tab", "Tab", "Tab", "space")  # past language and settings to "Let's go!"
    desk.window("^Thonny .*<untitled>", "2-first-start")
    desk.shows("^Python 3")


def configure_interpreter(desk, port):
    desk.keys("F10", "Right", "Right", "Right")
    desk.picture("3-run-menu")
    desk.keys("Return")
    desk.window("^Thonny options$", "4-options")
    desk.keys("Tab", "Tab", "Tab", "Down")  # past OK and Cancel to the kind of interpreter
    desk.picture("5-kinds")
    desk.keys(*["Down"] * KINDS_BEFORE_ESP32, "Return", "Tab", "Down")
    desk.keys(*["Up"] * steps_up_to(port))
    desk.picture("6-ports")
    desk.keys("Return")
    desk.picture("7-chosen")
    desk.keys("Return")
    text = desk.shows("^>>> $")
    check(BANNER in text, text)
    desk.picture("8-connected")


def ask_in_the_shell(desk):
    desk.keys("alt+s")
    for line in ("import gc; gc.mem_free()", "import esp; esp.flash_size()"):
        desk.type(line)
        desk.keys("Return")
        text = desk.shows(rf"^>>> {re.escape(line)}\n\d+\n>>> $")
    desk.picture("9-shell")
    free, size = (int(n) for n in re.findall(r"^(\d+)$", text, re.MULTILINE)[-2:])
    check(8_000_000 < free < 8 << 20 and size == 16 << 20, text)
    return free


def save_to_the_board_and_run(desk):
    desk.keys("alt+e")
    desk.type(LINE)
    desk.keys("ctrl+s")
    desk.window("^Where to save to", "10-where")
    desk.keys("Tab", "space")  # below "This computer"
    desk.window("^Save to MicroPython device$", "11-board-files")
    desk.type("saved.py")
    desk.keys("Return")
    desk.window(r"MicroPython device :: /saved\.py", "12-saved")
    desk.keys("F5")
    desk.shows("^ *from thonny 42$")
    desk.picture("13-run")
    desk.keys("alt+F4")
    check(desk.children[-1].wait(PATIENCE_S) == 0, "Thonny ended with", desk.children[-1].returncode)


def a_person_configures_asks_and_saves(folder):
    port = free_port()
    shutil.rmtree(PICTURES, ignore_errors=True)
    with Board(flashed(folder), tty=port).prompt() as board, Desktop(folder) as desk:
        try:
            first_start(desk)
            configure_interpreter(desk, port)
            free = ask_in_the_shell(desk)
            save_to_the_board_and_run(desk)
        except Exception:
            desk.picture("failed")
            raise
        for words in (f"{free}", "16777216", "from thonny 42"):
            check(words in board.text(), "the board's UART did not say", words)
        options = (folder / "thonny/configuration.ini").read_text()
        check("backend_name = ESP32\n" in options and f"port = {port}\n" in options, options)
        check(mpremote(port, "cat", ":saved.py").strip() == LINE, "another file is on the board")


def missing():
    if not os.access("/dev", os.W_OK):
        return "only root may put a port where Thonny lists it, into /dev"
    return needs("thonny", "Xvfb", "openbox", "xdotool", "scrot", "xclip", "mpremote")


if __name__ == "__main__":
    main([a_person_configures_asks_and_saves], missing())
