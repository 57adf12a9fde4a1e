#!/usr/bin/env python3
"""The loader of both mask ROMs in a flashing session of espy: the same words, byte for byte.

A session is what `espy up --trace wire` logs, from the reset to the prompt of MicroPython,
without its times and without its SYNCs, of which a loader may miss one while it looks at
its ports in turn.  Prints TAP.

Environment: ESPY, the program; ESPY_FIRMWARE, the images; ESPY_ROM_DIR; ESPY_LONG=1 for more.
"""
import itertools
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lib"))
import roms  # noqa: E402

ESPY = os.environ.get("ESPY", ROOT / "build/espy")
FIRMWARE = pathlib.Path(os.environ.get("ESPY_FIRMWARE", ROOT / "../shared/firmware"))
SYNCS = {">": bytes.fromhex("c0000824000000000007071220") + 32 * b"\x55" + b"\xc0",
         "<": bytes.fromhex("c0010804000707122000000000c0")}


def session(board, image):
    """The events on the wire: ["<", bytes], [">", bytes], ["baud", rate], ["lines", levels]."""
    done = subprocess.run([ESPY, "up", "-p", f"emu:{board}", "--trace", "wire", image], env=roms.without_espy(),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    events = []
    for line in done.stdout.decode(errors="replace").splitlines():
        words = line.split()
        if words[:1] != ["wire"] or words[2] == "port":
            continue
        kind, rest = words[2], "".join(words[3:])
        if kind in "<>" and events and events[-1][0] == kind:
            events[-1][1] += bytes.fromhex(rest)
        else:
            events.append([kind, bytes.fromhex(rest) if kind in "<>" else rest])
    return events


def without_syncs(events):
    kept = [[kind, rest.replace(SYNCS[kind], b"") if kind in SYNCS else rest] for kind, rest in events]
    return [event for event in kept if event[1] != b""]


def first_difference(real, builtin):
    for n, (one, other) in enumerate(zip(real, builtin)):
        if one != other:
            return f"event {n}: real {one[0]} {one[1][:80]}, built in {other[0]} {other[1][:80]}"
    return f"{len(real)} and {len(builtin)} events" if len(real) != len(builtin) else None


def main():
    lengthy = bool(os.environ.get("ESPY_LONG"))
    boards = [f"{model},timing=real" for model in (["n16r8", "n8r2", "n4r2"] if lengthy else ["n16r8"])]
    images = sorted(FIRMWARE.glob("*SPIRAM_OCT-2*.bin" if not lengthy else "*.bin"))[:4 if lengthy else 1]
    reason = roms.missing("real ROM") or (None if images else f"no images in {FIRMWARE}")
    if reason:
        print(f"1..1\nok 1 - both loaders # SKIP {reason}")
        return
    print(f"1..{len(boards) * len(images)}")
    for n, (board, image) in enumerate(itertools.product(boards, images), 1):
        logs = [without_syncs(session(board + roms.KEYS[rom], image)) for rom in ("real ROM", "built-in ROM")]
        problem = first_difference(*logs) or ("nothing was said" if len(logs[0]) < 10 else None)
        print(f"{'not ok' if problem else 'ok'} {n} - {board}, {image.name}" + (f"\n# {problem}" if problem else ""))


if __name__ == "__main__":
    main()
