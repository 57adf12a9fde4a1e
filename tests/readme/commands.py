#!/usr/bin/env python3
"""Runs every command of the README, as a new user would, in a scratch folder, and
compares the session in it with what the program prints.

The images come from a local server instead of micropython.org, the ROM from
ESPY_ROM_DIR, and HOME is the scratch folder.  The command that runs the tests is
the one that runs this.  Prints TAP.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/release"))
sys.dont_write_bytecode = True
import fetch  # noqa: E402: the local server

TEST_COMMAND = "make test"


def commands():
    text = (ROOT / "README.md").read_text()
    for block in re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S):
        yield from (line for line in block.splitlines() if line.strip())


def session():
    """The command of the README's session, and what it printed."""
    block = re.search(r"^```\n\$ (.*?)\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    return block[1], block[2]


def timeless(text):
    return re.sub(r"\d+\.\d( s|,|;)", r"T\1", text)


def scratch(folder):
    """The checkout, seen from a folder where commands may leave files."""
    for entry in ROOT.iterdir():
        if entry.name != ".git":
            (folder / entry.name).symlink_to(entry)


def run(command, folder, url):
    env = {k: v for k, v in os.environ.items() if k not in ("XDG_CACHE_HOME", "ESPY_PORT", "MAKEFLAGS", "MAKELEVEL")}
    env.update(HOME=str(folder), ESPY_ROM=str(fetch.ROM), ESPY_FIRMWARE="none", ESPY_FIRMWARE_URL=url, no_proxy="127.0.0.1")
    return subprocess.run(command, shell=True, cwd=folder, env=env, text=True, timeout=300,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def check_session(number, folder, url):
    """The session is what the program prints, but for the times."""
    command, printed = session()
    image = fetch.FIRMWARE / command.split()[-1]
    if not fetch.ROM.is_file() or not image.is_file():
        print(f"ok {number} # SKIP no ROM at {fetch.ROM} or no {image}")
        return
    (folder / image.name).symlink_to(image)
    said = run(command.replace("espy", "build/espy", 1), folder, url).stdout
    print(f"{'ok' if timeless(said) == timeless(printed) else 'not ok'} {number} - the session")
    if timeless(said) != timeless(printed):
        print("".join(f"# {line}\n" for line in said.splitlines()), end="")


def main():
    todo = list(commands())
    print(f"1..{len(todo) + 1}")
    with tempfile.TemporaryDirectory() as name, fetch.server() as (_, url):
        scratch(pathlib.Path(name))
        for n, command in enumerate(todo, 1):
            if TEST_COMMAND in command:
                print(f"ok {n} - {command}, which runs this")
            elif not fetch.ROM.is_file() or not fetch.FIRMWARE.is_dir():
                print(f"ok {n} # SKIP no ROM at {fetch.ROM} or no images at {fetch.FIRMWARE}")
            else:
                done = run(command, pathlib.Path(name), url)
                print(f"{'ok' if done.returncode == 0 else 'not ok'} {n} - {command}")
                if done.returncode:
                    print("".join(f"# {line}\n" for line in done.stdout.splitlines()[-20:]), end="")
        check_session(len(todo) + 1, pathlib.Path(name), url)


if __name__ == "__main__":
    main()
