"""The mask ROMs that boards are tested with: the built-in one, and the real one.

Environment: ESPY_ROM_DIR, the folder of esp32s3_rev0_rom.elf.  Where that is missing,
what needs it is to say that it skips.
"""
import os
import pathlib

REAL = pathlib.Path(os.environ.get("ESPY_ROM_DIR", pathlib.Path(__file__).resolve().parents[2] / "../shared/rom")) / \
    "esp32s3_rev0_rom.elf"

# What follows the model in the name of a board.  A test must not inherit ESPY_ROM.
KEYS = {"built-in ROM": "", "real ROM": f",rom={REAL}"}


def missing(rom):
    """Why boards with this ROM cannot be had, or None."""
    return f"no ROM at {REAL}" if KEYS[rom] and not REAL.is_file() else None


def without_espy():
    """The environment without what changes espy's defaults."""
    return {k: v for k, v in os.environ.items() if not k.startswith("ESPY_")}
