#!/usr/bin/env python3
"""clock=real: a sleeping board does not wake before the wall clock says so.

That it does not wake much later either depends on the computer, and is a figure of
`make bench`, not a test.
"""
import sys
import time
from lib.board import ROMS, Board, on_boards

SPANS = {
    "time.sleep(1)": "import time\ntime.sleep(1)",
    "lightsleep(1000)": "import machine\nmachine.lightsleep(1000)",
    "deepsleep(1000)": "import machine\nmachine.deepsleep(1000)",
}


def check_real(tap, board):
    del board
    with Board("1.23.0-OCT", keys=",clock=real") as wall:
        wall.boot()
        for name, code in SPANS.items():
            began = time.monotonic()
            wall.start(code + "\nprint('done')")
            wall.expect(">>> " if "deep" in name else "done")
            tap.check(f"{name} is no shorter than it says", time.monotonic() - began, lambda s: s >= 1)
            if "deep" not in name:
                wall.finish()


if __name__ == "__main__":
    sys.exit(on_boards({("1.23.0-OCT", ROMS[0]): [check_real]}))
