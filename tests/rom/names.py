#!/usr/bin/env python3
"""src/emu/rom/names.inc is what tools/rom-names makes of the mask ROM's ELF.

TAP on stdout.  Environment: ESPY_ROM_DIR, the folder of esp32s3_rev0_rom.elf.
"""
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
ELF = pathlib.Path(os.environ.get("ESPY_ROM_DIR", ROOT / "../shared/rom")) / "esp32s3_rev0_rom.elf"


def main():
    print("1..1")
    if not ELF.is_file():
        print(f"ok 1 # SKIP no {ELF}")
        return
    made = subprocess.run([ROOT / "tools/rom-names", ELF], check=True, capture_output=True, text=True).stdout
    same = made == (ROOT / "src/emu/rom/names.inc").read_text()
    print(f"{'ok' if same else 'not ok'} 1 - names.inc is what tools/rom-names prints")


if __name__ == "__main__":
    main()
