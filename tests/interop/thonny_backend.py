#!/usr/bin/env python3
"""Thonny's back end for the ESP32, as Thonny's window starts it and talks to it, on the
pseudo-terminal of a board.  Prints TAP; see lib/peers.py.

A message is a line: STX, the number of lines (1), and a call of a class with keywords,
whose values are literals (thonny/common.py, serialize_message).
"""
import ast
import contextlib
import pathlib
import queue
import random
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from peers import BANNER, PATIENCE_S, Board, check, environment, flashed, main, mpremote, needs, run  # noqa: E402

PYTHON = "/usr/bin/python3"  # Debian's, which Debian's Thonny belongs to
STX = "\x02"


def literal(node):
    if isinstance(node, ast.Call):
        return {"class": node.func.id, **{k.arg: literal(k.value) for k in node.keywords}}
    return ast.literal_eval(node)


class BackEnd:
    """Thonny's options as they are after choosing "MicroPython (ESP32)" and a port."""

    def __init__(self, folder, port):
        where = run(PYTHON, "-c", "import importlib.util as u\n"
                    "print(u.find_spec('thonny').submodule_search_locations[0])")
        arguments = dict(clean=True, port=str(port), dtr=None, rts=None, submit_mode=None, interrupt_on_connect=True,
                         write_block_size=None, write_block_delay=None, proxy_class="ESP32Proxy", sync_time=True,
                         validate_time=True, local_rtc=True)
        self.process = subprocess.Popen(
            [PYTHON, "-u", "-B", pathlib.Path(where.strip()) / "plugins/esp/esp_back.py", repr(arguments)],
            env=environment(THONNY_USER_DIR=str(folder / "thonny"), THONNY_FRONTEND_SYS_PATH="[]",
                            THONNY_LANGUAGE="en_US", PYTHONIOENCODING="utf-8", PYTHONUNBUFFERED="1", HOME=str(folder)),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8")
        self.lines, self.output = queue.Queue(), ""
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.process.stdout:
            self.lines.put(line)

    def message(self, kind):
        """The next message of a class; what programs print until then is added to output."""
        while True:
            line = self.lines.get(timeout=PATIENCE_S)
            check(line.startswith(STX + "1 "), "the back end said", repr(line))
            told = literal(ast.parse(line[3:].strip(), mode="eval").body)
            if told.get("event_type") == "ProgramOutput":
                self.output += told["data"]
            elif told["class"] == kind:
                return told

    def ask(self, kind, name, **more):
        self.output = ""
        words = ", ".join(f"{k}={v!r}" for k, v in {"name": name, "id": name, **more}.items())
        self.process.stdin.write(f"{STX}1 {kind}({words})\n")
        self.process.stdin.flush()
        answer = self.message(kind.replace("Command", "Response"))
        check("error" not in answer or not answer["error"], name, answer)
        return answer

    def execute(self, source):
        """What the shell shows for a line, without the marks of its links."""
        self.ask("ToplevelCommand", "execute_source", argv=[], source=source)
        return "".join(piece.rpartition("]")[2] for piece in self.output.split("[")).replace("\r\n", "\n")


@contextlib.contextmanager
def back_end(folder):
    (folder / "thonny").mkdir()
    with Board(flashed(folder)).prompt() as board:
        thonny = BackEnd(folder, board.tty)
        try:
            thonny.ready = thonny.message("ToplevelResponse")
            yield board, thonny
        finally:
            thonny.process.kill()
            thonny.process.wait()


def it_connects_and_executes(folder):
    with back_end(folder) as (board, thonny):
        check(thonny.ready["welcome_text"].startswith(BANNER) and thonny.ready["cwd"] == "/", thonny.ready)
        check("WARNING" not in thonny.output, "about the clock:", thonny.output)
        check(int(thonny.execute("import gc; gc.mem_free()")) > 8_000_000, thonny.output)
        check(thonny.execute("import esp; esp.flash_size()") == "16777216\n", thonny.output)
        check("ZeroDivisionError: divide by zero" in thonny.execute("1/0"), thonny.output)
        thonny.ask("ToplevelCommand", "Run", argv=[], args=["-c"], tty_mode=True,
                   source="x = 41\nprint('ran', x + 1)\n")
        check("ran 42" in thonny.output, thonny.output)
        check(thonny.execute("x") == "41\n", thonny.output)
        check("ran 42\n" in board.text(), "the board's UART did not say so")


def it_writes_and_reads_files(folder):
    with back_end(folder) as (board, thonny):
        files = {"/lib/text.py": "print('grüß dich')\n".encode() * 100, "/data.bin": random.Random(3).randbytes(5000)}
        thonny.ask("InlineCommand", "mkdir", path="/lib")
        for path, data in files.items():
            thonny.ask("InlineCommand", "write_file", path=path, content_bytes=data, editor_id=1,
                       make_shebang_scripts_executable=False)
            back = thonny.ask("InlineCommand", "read_file", path=path)["content_bytes"]
            check(back == data, path, "came back changed")
        info = thonny.ask("InlineCommand", "get_dirs_children_info", node_id="", paths=["/", "/lib"],
                           include_hidden=False)["data"]
        check(set(info["/"]) == {"boot.py", "data.bin", "lib"}, info)
        check(info["/lib"]["text.py"]["size"] == len(files["/lib/text.py"]), info)
        thonny.ask("InlineCommand", "delete", paths=["/data.bin"])
        thonny.process.kill()
        thonny.process.wait()
        check("data.bin" not in mpremote(board.tty, "ls", ":"), "deleted, and there")
        read = mpremote(board.tty, "cat", ":lib/text.py").encode()
        check(read == files["/lib/text.py"], "mpremote reads", read)


if __name__ == "__main__":
    main([it_connects_and_executes, it_writes_and_reads_files], needs("thonny", "mpremote"))
