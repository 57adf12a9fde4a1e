#!/usr/bin/env python3
"""The main job on virtual boards: what `espy up` prints, keeps, and lets one do.

Each case runs on both mask ROMs.  Prints TAP.  Environment: ESPY, ESPY_TOOLS, ESPY_FIRMWARE, ESPY_ROM_DIR.
"""
import concurrent.futures
import json
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import termios
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lib"))
import roms  # noqa: E402

ESPY = os.environ.get("ESPY", str(ROOT / "build/espy"))
TOOLS = pathlib.Path(os.environ.get("ESPY_TOOLS", ROOT / "build/tests/tools"))
FIRMWARE = pathlib.Path(os.environ.get("ESPY_FIRMWARE", ROOT / "../shared/firmware"))
OCT_123 = FIRMWARE / "ESP32_GENERIC_S3-SPIRAM_OCT-20240602-v1.23.0.bin"
OCT_124 = FIRMWARE / "ESP32_GENERIC_S3-SPIRAM_OCT-20241129-v1.24.1.bin"
PLAIN_123 = FIRMWARE / "ESP32_GENERIC_S3-20240602-v1.23.0.bin"
PLAIN_126 = FIRMWARE / "ESP32_GENERIC_S3-20250809-v1.26.0.bin"
IO, CANCELLED = 3, 10
GIVE_UP_S = 120

# The keys of --json, which programs rely on.
SHAPE = {
    "port": str,
    "chip": {"name": str, "package": str, "revision": str, "mac": str, "module": (str, type(None)),
             "flash": {"size": int, "id": str, "vendor": str, "mode": str, "voltage": (str, type(None))},
             "psram": {"size": int, "mode": (str, type(None)), "vendor": (str, type(None))}},
    "image": {"file": str, "sha256": str, "version": str, "variant": (str, type(None)), "size": int, "fitted": bool},
    "bytes": {"image": int, "sent": int},
    "seconds": {key: (int, float) for key in ("connect", "erase", "write", "verify", "boot", "total")},
    "micropython": {"banner": str, "version": str, "machine": str, "mem_free": int, "flash_size": int, "fs_bytes": int},
}


def check(condition, *why):
    if not condition:
        raise AssertionError(" ".join(map(str, why)))


def fits(value, shape, where="report"):
    if not isinstance(shape, dict):
        return check(isinstance(value, shape), where, "is", repr(value))
    check(isinstance(value, dict) and list(value) == list(shape), where, "has the keys", list(value))
    for key, part in shape.items():
        fits(value[key], part, f"{where}.{key}")


class Board:
    """A virtual board whose flash outlives the runs."""

    def __init__(self, folder, rom, model="n16r8"):
        self.port = f"emu:{model}{roms.KEYS[rom]},flash={folder}/flash.bin"
        self.env = roms.without_espy() | {"HOME": str(folder)}

    def up(self, *args, keys=""):
        done = subprocess.run([ESPY, "up", "-p", self.port, *map(str, args)], env=self.env, input=keys,
                              capture_output=True, text=True, timeout=GIVE_UP_S)
        check(done.returncode == 0, done.returncode, done.stderr)
        return done

    def report(self, *args):
        return json.loads(self.up("--json", *args).stdout)


def json_has_exactly_these_keys(folder, rom):
    board = Board(folder, rom)
    report = board.report(OCT_123)
    fits(report, SHAPE)
    check(report["port"] == board.port, report["port"])
    check(re.fullmatch("([0-9a-f]{2}:){5}[0-9a-f]{2}", report["chip"]["mac"]), report["chip"])
    flash = {"size": 16 << 20, "id": "ef4018", "vendor": "Winbond", "mode": "quad", "voltage": "3.3"}
    check(report["chip"]["flash"] == flash, report["chip"])
    check(report["chip"]["psram"] == {"size": 8 << 20, "mode": "octal", "vendor": "AP_3v3"}, report["chip"])
    image = report["image"]
    check(image["file"] == str(OCT_123) and image["size"] == OCT_123.stat().st_size, image)
    check(image["sha256"] == "41a750a8f047224e3e0a7544a626338c252407df420e2b94dcb0d2dad9793212", image)
    check((image["version"], image["variant"], image["fitted"]) == ("1.23.0", "SPIRAM_OCT", True), image)
    check(0 < report["bytes"]["sent"] < report["bytes"]["image"] <= image["size"], report["bytes"])
    steps = [v for k, v in report["seconds"].items() if k != "total"]
    check(all(s >= 0 for s in steps) and sum(steps) <= report["seconds"]["total"] + 0.01, report["seconds"])
    python = report["micropython"]
    check(python["banner"].startswith("MicroPython v1.23.0 on 2024-06-02; "), python)
    check(python["banner"].endswith(python["machine"]) and python["version"] == "1.23.0", python)
    check((python["flash_size"], python["fs_bytes"]) == (16777216, 14680064), python)


def plain_variant_and_missing_psram_are_null(folder, rom):
    report = Board(folder, rom, "n8").report(PLAIN_123)
    fits(report, SHAPE)
    check(report["image"]["variant"] is None and report["image"]["fitted"] is False, report["image"])
    check(report["chip"]["psram"] == {"size": 0, "mode": None, "vendor": None}, report["chip"])


def a_person_reads_the_report_on_stdout_and_the_steps_on_stderr(folder, rom):
    done = Board(folder, rom).up(OCT_123)
    for words in ("MicroPython 1.23.0 is running on emu:n16r8\n", "ESP32-S3 (QFN56) revision 0.2, MAC ",
                  "ESP32-S3-WROOM-1-N16R8", "16 MB quad", "8 MB octal", "14 MB on /", "fitted from 8 MB to 16 MB",
                  "MicroPython v1.23.0 on 2024-06-02; Generic ESP32S3 module with Octal-SPIRAM with ESP32S3\n", ">>>"):
        check(words in done.stdout, f"{words!r} is not in", done.stdout)
    check([line.split()[0] for line in done.stderr.split("\n") if line] == ["image", "connect", "fit", "compare", "erase", "write",
                                                                            "verify", "boot"], done.stderr)
    check("\x1b" not in done.stdout + done.stderr and "\r" not in done.stderr, "control characters without a terminal")


def quiet_is_quiet(folder, rom):
    check(Board(folder, rom).up("-q", OCT_123).stderr == "", "talk in spite of -q")


def a_result_that_cannot_be_written_is_an_error(folder, rom):
    board = Board(folder, rom)
    command = f"exec '{ESPY}' up -q -p '{board.port}' '{OCT_123}' >"
    for where in ("/dev/full", "&-"):
        done = subprocess.run(command + where, shell=True, env=board.env, stdin=subprocess.DEVNULL, text=True,
                              stderr=subprocess.PIPE, timeout=GIVE_UP_S)
        check(done.returncode == IO and "cannot write to standard output" in done.stderr, where, done)
    flash = (folder / "flash.bin").read_bytes()
    check(b"is running on" not in flash, "the report went to the flash file")


def no_fit_leaves_the_image_as_it_is(folder, rom):
    report = Board(folder, rom).report("--no-fit", OCT_123)
    check(report["image"]["fitted"] is False, report["image"])
    check(report["micropython"]["flash_size"] == 8388608, report["micropython"])
    check(report["micropython"]["fs_bytes"] == 6291456, report["micropython"])


def a_second_run_sends_nothing_and_keeps_the_files(folder, rom):
    board = Board(folder, rom)
    first = board.report(OCT_123)
    board.up("--repl", OCT_123, keys="f=open('kept.txt','w')\nf.write('still here')\nf.close()\n")
    again = board.report(OCT_123)
    check(again["bytes"]["sent"] < first["bytes"]["sent"] // 20, again["bytes"], first["bytes"])
    newer = board.up("--repl", OCT_124, keys="open('kept.txt').read()\n")
    check("'still here'" in newer.stdout, newer.stdout)
    check("MicroPython 1.24.1 is running" in newer.stdout, newer.stdout)


def another_size_of_file_system_starts_empty(folder, rom):
    board = Board(folder, rom)
    board.up("--no-fit", "--repl", OCT_123, keys="open('gone.txt','w').close()\n")
    done = board.up("--repl", OCT_123, keys="import os\nos.listdir()\n")
    check("['boot.py']" in done.stdout, done.stdout)


def a_program_that_runs_is_interrupted(folder, rom):
    board = Board(folder, rom)
    board.up("--repl", OCT_123, keys="f=open('main.py','w')\nf.write('while True: pass')\nf.close()\n")
    done = board.up(OCT_123)
    check("a running program was stopped" in done.stderr, done.stderr)


def the_port_may_come_from_the_environment(folder, rom):
    board = Board(folder, rom)
    done = subprocess.run([ESPY, "up", "-q", OCT_123], env={**board.env, "ESPY_PORT": board.port}, capture_output=True,
                          text=True, timeout=GIVE_UP_S)
    check(done.returncode == 0 and "running on emu:n16r8" in done.stdout, done.stderr)


def read_until(master, words, text=b""):
    end = time.monotonic() + GIVE_UP_S
    while words not in text:
        check(time.monotonic() < end, f"{words!r} did not come:", text)
        if select.select([master], [], [], 1)[0]:
            text += os.read(master, 4096)
    return text


def repl_on_a_terminal(folder, rom):
    board = Board(folder, rom)
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    child = subprocess.Popen([ESPY, "up", "--repl", "-p", board.port, str(OCT_123)], stdin=slave, stdout=slave,
                             stderr=slave, env={**board.env, "TERM": "xterm", "LC_ALL": "C.UTF-8"})
    try:
        text = read_until(master, b">>> ")
        check(b"Ctrl-]" in text, text)
        os.write(master, b"6*7\r")
        read_until(master, b"42\r\n>>> ")
        os.write(master, b"while True: pass\r\r")
        read_until(master, b"... ")
        time.sleep(0.2)
        os.write(master, b"\x03")
        read_until(master, b"KeyboardInterrupt")
        os.write(master, b"\x1d")
        check(child.wait(GIVE_UP_S) == 0, child.returncode)
        check(termios.tcgetattr(slave) == before, "the terminal is not as it was")
    finally:
        child.kill()
        child.wait()
        os.close(master)
        os.close(slave)


def the_prompts_protocols_hold_with_micropython_itself(folder, rom):
    for model, image in (("n16r8", OCT_123), ("n8", PLAIN_126)):
        (folder / model).mkdir()
        board = Board(folder / model, rom, model)
        board.up(image)
        done = subprocess.run([TOOLS / "repl_probe", board.port.removeprefix("emu:")], capture_output=True, text=True,
                              timeout=GIVE_UP_S)
        check(done.stdout == "ok\n", model, done.stdout, done.stderr)


def ctrl_c_stops_the_write_and_the_next_run_mends_it(folder, rom):
    board = Board(folder, rom)
    child = subprocess.Popen([ESPY, "up", "-p", board.port, str(OCT_123)], env=board.env, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said = ""
    while "fit " not in said:
        line = child.stderr.readline()
        check(line, "ended early:", said)
        said += line
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=GIVE_UP_S)
    check(child.returncode == CANCELLED and out == "", child.returncode, err)
    check("espy: " in err, err)
    check(board.report(OCT_123)["micropython"]["fs_bytes"] == 14680064, "not mended")


CASES = [
    json_has_exactly_these_keys, plain_variant_and_missing_psram_are_null,
    a_person_reads_the_report_on_stdout_and_the_steps_on_stderr, quiet_is_quiet,
    a_result_that_cannot_be_written_is_an_error, no_fit_leaves_the_image_as_it_is,
    a_second_run_sends_nothing_and_keeps_the_files, another_size_of_file_system_starts_empty,
    a_program_that_runs_is_interrupted, the_port_may_come_from_the_environment, repl_on_a_terminal,
    the_prompts_protocols_hold_with_micropython_itself,
    ctrl_c_stops_the_write_and_the_next_run_mends_it,
]


def run(chosen):
    """The outcome as TAP writes it, and what is wrong."""
    case, rom = chosen
    skip = roms.missing(rom) or (None if OCT_123.is_file() else f"no images at {FIRMWARE}")
    if skip:
        return "ok", f" # SKIP {skip}", ""
    try:
        with tempfile.TemporaryDirectory() as folder:
            case(pathlib.Path(folder), rom)
        return "ok", "", ""
    except Exception as error:  # whatever goes wrong is this case's failure
        return "not ok", "", f"{type(error).__name__}: {error}"


def main():
    chosen = [(c, rom) for rom in roms.KEYS for c in CASES if len(sys.argv) < 2 or c.__name__ in sys.argv[1:]]
    print(f"1..{len(chosen)}")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for n, ((case, rom), (outcome, skip, wrong)) in enumerate(zip(chosen, pool.map(run, chosen)), 1):
            print(f"{outcome} {n} - {case.__name__.replace('_', ' ')}, {rom}{skip}", flush=True)
            for line in wrong.splitlines():
                print(f"#   {line}", flush=True)


if __name__ == "__main__":
    main()
