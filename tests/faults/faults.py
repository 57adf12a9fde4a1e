#!/usr/bin/env python3
"""Sessions with a virtual board to which things happen: see faults.c, which is what runs.

A few by seed; with ESPY_LONG set 10,000, and every byte of a small session, lost, changed
and doubled, both ways, with the stub and with the ROM alone (three hours of a processor).
ESPY_SEEDS and ESPY_STEP say how many seeds, and every which byte, 0 for none.  Prints TAP, and how the sessions ended.  Environment: ESPY_TOOLS,
ESPY_ROM_DIR.
"""
import collections
import concurrent.futures
import itertools
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = pathlib.Path(os.environ.get("ESPY_TOOLS", ROOT / "build/tests/tools")) / "faults"
LONG = bool(os.environ.get("ESPY_LONG"))
SEEDS = int(os.environ.get("ESPY_SEEDS", 10000 if LONG else 15))
STEP = int(os.environ.get("ESPY_STEP", 1 if LONG else 0))
CHUNK, LANES = 50, 40  # seeds a run; runs that share the bytes of a session
GIVE_UP_S = 7200
WHO, WHAT, WAYS = ("stub", "rom"), ("lost", "changed", "doubled"), {"to": "to the board", "back": "from the board"}


def seeds():
    return [["--seeds", first, min(CHUNK, SEEDS + 1 - first)] for first in range(1, SEEDS + 1, CHUNK)]


def places(who, way, what):
    return [["--bytes", who, way, what, 1 + STEP * lane, STEP * LANES] for lane in range(LANES)]


def run(args):
    """The lines that tell how sessions ended, and those of what failed."""
    done = subprocess.run([str(a) for a in (TOOL, *args)], stdout=subprocess.PIPE, text=True, timeout=GIVE_UP_S)
    lines = done.stdout.splitlines()
    ends = [line.split(" ", 1) for line in lines if line[:1].isdigit()]
    wrong = [line for line in lines if not line[:1].isdigit()]
    if done.returncode not in (0, 1) or (done.returncode == 1 and not wrong):
        wrong.append(f"{' '.join(map(str, args))} ended with {done.returncode}")
    return ends, wrong


def main():
    groups = {"sessions by seed": seeds()}
    for who, way, what in itertools.product(WHO, WAYS, WHAT) if STEP else ():
        groups[f"{who}, each {STEP}. byte {WAYS[way]} {what}"] = places(who, way, what)
    print(f"1..{len(groups)}")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() if LONG else 1) as pool:
        for n, (name, runs) in enumerate(groups.items(), 1):
            ends, wrong = collections.Counter(), []
            for more, bad in pool.map(run, runs):
                for count, text in more:
                    ends[text] += int(count)
                wrong += bad
            print(f"{'not ok' if wrong else 'ok'} {n} - {name}: {sum(ends.values())}", flush=True)
            for text, count in ends.most_common():
                print(f"# {'|' if LONG else ''} {count} {text}", flush=True)
            for line in wrong:
                print(f"#   {line}", flush=True)


if __name__ == "__main__":
    main()
