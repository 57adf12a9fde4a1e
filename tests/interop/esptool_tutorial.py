#!/usr/bin/env python3
"""The two lines of MicroPython's tutorial, by esptool, on a board that RFC 2217's DTR and RTS
reset; then what was written is verified, read back and run.  Prints TAP; see lib/peers.py.
"""
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from peers import BANNER, IMAGE, PEERS, Board, check, esptool, main, mpremote, needs, run  # noqa: E402


def erase_write_verify_read_back_and_boot(folder):
    with Board(folder / "flash.bin") as board:
        tutorial = PEERS / "esptool.py", "--chip", "esp32s3", "--port", board.rfc2217
        said = run(*tutorial, "erase_flash")
        check("Flash memory erased successfully" in said, said)
        start = len(board.said)
        said = run(*tutorial, "write_flash", "-z", "0", IMAGE)
        check(f"Wrote {IMAGE.stat().st_size} bytes" in said and "Hash of data verified." in said, said)
        board.wait("\n>>> ", start)
        check(BANNER in board.text(start), board.text(start)[-800:])
        check(mpremote(board.tty, "exec", "import esp; print(esp.flash_size())") == "8388608\n", "another flash size")

        check("Verification successful" in esptool(board.rfc2217, "verify-flash", "0", IMAGE), "no word of success")
        size, copy = IMAGE.stat().st_size, folder / "copy.bin"
        esptool(board.rfc2217, "--baud", "921600", "read-flash", "0", size, copy)
        check(copy.read_bytes() == IMAGE.read_bytes(), "what was read back is not the image")
    check((folder / "flash.bin").read_bytes()[:size] == IMAGE.read_bytes(), "the flash file does not hold the image")


if __name__ == "__main__":
    main([erase_write_verify_read_back_and_boot], needs("esptool.py", "mpremote"))
