#!/usr/bin/env python3
"""What `espy emu` refuses: the sentence, the exit status of docs/errors.md, and that nothing
is left half made.  Prints TAP."""
import os
import pathlib
import pwd
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
sys.dont_write_bytecode = True
from board import *  # noqa: E402,F403: the tests' own words

USAGE, IO = 2, 3


def refused(folder, status, words, model, *options, **popen):
    """The board does not start, says why, and leaves the folder as it was."""
    before = sorted((p.name, p.is_symlink(), p.lstat().st_size) for p in folder.iterdir())
    done = subprocess.run([ESPY, "emu", model, *map(str, options)], capture_output=True, text=True, cwd=folder,
                          stdin=subprocess.DEVNULL, timeout=PATIENCE_S, **popen)
    check(done.returncode, status, f"the status of {options}, which said {done.stderr!r},")
    check(done.stdout, "", "stdout")
    for word in [words] if isinstance(words, str) else words:
        check(word in done.stderr, True, f"{word!r} in {done.stderr!r}")
    check(len(done.stderr.strip().splitlines()), 2, f"lines in {done.stderr!r}")
    after = sorted((p.name, p.is_symlink(), p.lstat().st_size) for p in folder.iterdir())
    check(after, before, "the folder")


def models_keys_and_options(folder):
    refused(folder, USAGE, ["no virtual board called n64", "n16r8, n16r8v"], "n64", "--flash", "f", "--pty", "p")
    refused(folder, USAGE, "no key colour", "n16r8,colour=red", "--flash", "f", "--pty", "p")
    refused(folder, USAGE, "timing=slow", "n16r8,timing=slow", "--pty", "p", "--control", "c")
    refused(folder, USAGE, ["follows the wall clock", "clock=virtual"], spec(clock="virtual"), "--pty", "p")
    refused(folder, USAGE, "n8 is a second one", "n16r8", "n8", "--pty", "p")
    refused(folder, USAGE, '"0" is not a number of seconds', "n16r8", "--for", "0")
    refused(folder, USAGE, '"1h" is not a number of seconds', "n16r8", "--for", "1h")
    refused(folder, USAGE, "--pyt", "n16r8", "--pyt", "p")


def a_pty_path_that_is_taken_or_unusable(folder):
    (folder / "file").write_text("mine")
    (folder / "dir").mkdir()
    (folder / "lost").symlink_to("/nowhere/at/all")
    (folder / "live").symlink_to("/dev/null")
    for name in ("file", "dir", "lost", "live"):
        refused(folder, IO, [f"cannot make the serial port {name}", "something is there already"], spec(), "--flash",
                "f", "--control", "c", "--pty", name)
    check((folder / "file").read_text(), "mine")
    refused(folder, IO, ["cannot make the serial port no/where: No such file"], spec(), "--pty", "ok", "--pty", "no/where")


def our_own_dead_link_and_socket_are_replaced(folder):
    (folder / "tty").symlink_to("/dev/pts/99999")
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(folder / "words"))
    dead.close()
    with Board(spec(), "--pty", folder / "tty", "--control", folder / "words"):
        check(os.readlink(folder / "tty") != "/dev/pts/99999", True)
        words = Control(folder / "words")
        check(words.say("status")[:2], "ok")
        words.close()
    check(list(folder.iterdir()), [])


def a_port_that_is_taken_or_none(folder):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        for kind in ("--tcp", "--rfc2217"):
            refused(folder, IO, [f"cannot listen on {port}", "in use", "another"], spec(), "--flash", "new", "--pty", "p",
                    "--control", "c", kind, port)
    for wrong in ("65536", "http", "1:2:", "localhost:", ":5555", "-1", ""):
        refused(folder, USAGE, [f'"{wrong}" is no place to listen on', "0.0.0.0:5555"], spec(), "--pty", "p",
                f"--tcp={wrong}")
    refused(folder, IO, "cannot listen on 192.0.2.1:5555", spec(), "--flash", "new", "--tcp", "192.0.2.1:5555")


def a_control_path_that_is_taken_or_unusable(folder):
    (folder / "file").write_text("mine")
    refused(folder, IO, "something is there already", spec(), "--pty", "p", "--control", "file")
    refused(folder, USAGE, "107 characters", spec(), "--pty", "p", "--control", "x" * 200)
    with Board(spec(), "--control", folder / "words"):
        refused(folder, IO, "something is there already", spec(), "--pty", "p", "--control", "words")


def a_flash_file_that_does_not_fit(folder):
    for size in (1000, (8 << 20), (16 << 20) + 1):
        with open(folder / "flash.bin", "wb") as file:
            file.truncate(size)
        refused(folder, USAGE, [f"flash.bin has {size} bytes", "16777216"], spec(), "--flash", "flash.bin", "--pty", "p")
        refused(folder, USAGE, [f"flash.bin has {size} bytes", "16777216"], spec(flash="flash.bin"), "--pty", "p")
    refused(folder, USAGE, "not a regular file", spec(), "--flash", "/dev/null", "--pty", "p")
    refused(folder, IO, "No such file", spec(), "--flash", "no/flash.bin", "--pty", "p")
    refused(folder, IO, "Is a directory", spec(), "--flash", ".", "--pty", "p")


def a_flash_file_without_permission(folder):
    with open(folder / "flash.bin", "wb") as file:
        file.truncate(16 << 20)
    os.chmod(folder / "flash.bin", 0)
    os.chmod(folder, 0o777)
    options = {"user": pwd.getpwnam("nobody").pw_uid} if os.getuid() == 0 else {}
    if subprocess.run([ESPY, "--version"], capture_output=True, **options).returncode != 0:
        return
    refused(folder, IO, ["cannot open the flash file flash.bin", "Permission denied"], spec(), "--flash", "flash.bin",
            "--pty", "p", **options)


def two_boards_on_one_flash(folder):
    with Board(spec(), "--flash", folder / "flash.bin"):
        refused(folder, IO, "belongs to another virtual board", spec(), "--flash", "flash.bin", "--pty", "p")


def a_rom_that_is_none(folder):
    (folder / "rom").write_bytes(b"x" * 1000)
    refused(folder, 8, "rom", f"n16r8,rom={folder}/rom", "--flash", "new", "--pty", "p", "--control", "c")


if __name__ == "__main__":
    run_all([models_keys_and_options, a_pty_path_that_is_taken_or_unusable, our_own_dead_link_and_socket_are_replaced,
             a_port_that_is_taken_or_none, a_control_path_that_is_taken_or_unusable, a_flash_file_that_does_not_fit,
             a_flash_file_without_permission, two_boards_on_one_flash, a_rom_that_is_none], needs_image=False)
