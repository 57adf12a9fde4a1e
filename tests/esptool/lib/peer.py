"""The real esptool beside `espy esptool`: runs both on the same words.  What needs it says
that it skips where it is not installed (tools/bootstrap --with-peers, or pip install
esptool==5.6.0).

Environment: ESPY (default build/espy), ESPY_FIRMWARE, ESPY_PEERS (the virtual environment of
the peers, default build/interop/venv).
"""
import contextlib
import io
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[3]
ESPY = os.environ.get("ESPY", str(ROOT / "build/espy"))
FIRMWARE = pathlib.Path(os.environ.get("ESPY_FIRMWARE", ROOT / "../shared/firmware"))
VERSION = "5.6.0"

PEERS = pathlib.Path(os.environ.get("ESPY_PEERS", ROOT / "build/interop/venv"))
sys.path += map(str, PEERS.glob(f"lib/python3.{sys.version_info.minor}/site-packages"))
try:
    import esptool as peer
    from esptool import bin_image
    MISSING = None if peer.__version__ == VERSION else f"esptool {VERSION} is wanted, not {peer.__version__}"
except ImportError:
    peer = None
    MISSING = "no esptool (pip install esptool==5.6.0)"


def environment():
    """Without what changes the defaults of either program."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("ESPY_", "ESPTOOL_"))}


def espy(*words, cwd=None, program=ESPY, name="esptool", **env):
    lead = [program] if name is None else [program, name]
    return subprocess.run([*lead, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          cwd=cwd, env={**environment(), **env}, timeout=120)


def ours(*words, cwd=None):
    done = espy(*words, cwd=cwd)
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout + done.stderr


class Refused(Exception):
    """The real esptool refuses; its words are the argument."""


def theirs(*words):
    """What the real esptool says, run within this process: a start of its own takes a second."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            peer.main([str(word) for word in words])
        except (Exception, SystemExit) as problem:  # noqa: BLE001
            if not isinstance(problem, SystemExit) or problem.code:
                raise Refused(f"{said.getvalue()}{problem}") from problem
    return said.getvalue()


def elf(sections, entry=0x40378000, segments=(), machine=0x5E):
    """A linked program.  sections: (name, address, bytes, alignment, type); segments: (address, bytes)."""
    names, out, heads = b"\0", bytearray(52), [bytes(40)]
    where = []
    for address, data in segments:
        where.append((len(out), address, len(data)))
        out += data + bytes(-len(data) % 4)
    for name, address, data, align, kind in [*sections, (".shstrtab", 0, None, 1, 3)]:
        offset, at = len(names), len(out)
        names += name.encode() + b"\0"
        data = names if data is None else data
        out += data + bytes(-len(data) % 4)
        heads.append(struct.pack("<10I", offset, kind, 3, address, at, len(data), 0, 0, align, 0))
    first_head = len(out)
    for head in heads:
        out += head
    first_segment = len(out)
    for offset, address, size in where:
        out += struct.pack("<8I", 1, offset, address, address, size, size, 5, 4)
    out[:52] = struct.pack("<16sHHIIIIIHHHHHH", b"\x7fELF\1\1\1", 2, machine, 1, entry, first_segment, first_head, 0,
                           52, 32, len(where), 40, len(heads), len(heads) - 1)
    return bytes(out)


def main(tests, needs_peer=True):
    sys.dont_write_bytecode = True
    os.environ.pop("ESPTOOL_CHIP", None)
    print(f"1..{len(tests)}")
    failed = 0
    for number, test in enumerate(tests, 1):
        name = test.__name__.replace("_", " ")
        if needs_peer and MISSING:
            print(f"ok {number} {name} # SKIP {MISSING}", flush=True)
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                why = test(pathlib.Path(folder))
                print(f"ok {number} {name}" + (f" # SKIP {why}" if why else ""), flush=True)
            except Exception:  # noqa: BLE001
                failed += 1
                print(f"not ok {number} {name}")
                print("\n".join("# " + line for line in traceback.format_exc().splitlines()), flush=True)
    sys.exit(failed > 0)
