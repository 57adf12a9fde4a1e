#!/usr/bin/env python3
"""Every function of the mask ROM that the shared images, and esptool's stubs, refer to
outside the radio is in the built-in ROM.

A reference is a word of an image that is an address in the ROM's table of calls.  In code
it counts when an L32R loads it; elsewhere any such word counts.  What is not there on purpose is listed below.
TAP on stdout.  Environment: ESPY_TOOLS (folder of rom_rows), ESPY_FIRMWARE.
"""
import array
import base64
import importlib.util
import json
import os
import pathlib
import re
import struct
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = pathlib.Path(os.environ.get("ESPY_TOOLS", ROOT / "build/tests/tools"))
FIRMWARE = pathlib.Path(os.environ.get("ESPY_FIRMWARE", ROOT / "../shared/firmware"))
RADIO_FROM = 0x40002a78
APPLICATION = 0x10000
BUSES = ((0x40370000, 0x403e0000), (0x42000000, 0x44000000))  # instructions

NO_USB_HOST = "USB OTG, to which no host is connected"
# What is not in the built-in ROM, and why.
EXCUSED = {
    "usb_cancel_transfer": "no reference: bytes of two instructions in v1.23.0, and of two more that look like an L32R",
    **{name: NO_USB_HOST for name in (
        "cdc_acm_fifo_fill", "cdc_acm_fifo_read", "cdc_acm_irq_callback_set", "cdc_acm_irq_rx_disable",
        "cdc_acm_irq_rx_enable", "cdc_acm_irq_state_enable", "cdc_acm_line_ctrl_get", "cdc_acm_rx_fifo_cnt",
        "usb_dc_check_poll_for_interrupts", "usb_dw_isr_handler")},
}


def names():
    rows = re.findall(r"^ROM\((0x\w+), 0x\w+, (\w+)\)", (ROOT / "src/emu/rom/names.inc").read_text(), re.M)
    return {int(call, 16): name for call, name in rows if int(call, 16) < RADIO_FROM}


def segments(binary):
    """(address, bytes) of each segment of a binary in Espressif's format."""
    at = 24
    for _ in range(binary[1]):
        address, size = struct.unpack_from("<II", binary, at)
        yield address, binary[at + 8:at + 8 + size]
        at += 8 + size


def stub_segments():
    spec = importlib.util.find_spec("esptool")
    if spec is None:
        return
    for path in sorted(pathlib.Path(spec.submodule_search_locations[0]).rglob("esp32s3.json")):
        stub = json.loads(path.read_text())
        yield f"esptool's stub {path.parent.name}", [(stub["text_start"], base64.b64decode(stub["text"])),
                                                     (stub["data_start"], base64.b64decode(stub["data"]))]


def loaded(address, code):
    """The addresses from which the L32Rs among all these bytes would load."""
    found = set()
    for match in re.finditer(rb"(?=[\x01\x11\x21\x31\x41\x51\x61\x71\x81\x91\xa1\xb1\xc1\xd1\xe1\xf1](..))", code, re.S):
        back = int.from_bytes(match.group(1), "little") - 0x10000
        found.add((address + match.start() + 3 & ~3) + 4 * back)
    return found


def references(parts, wanted):
    """{name: whether an L32R loads it} of what these segments refer to."""
    found, literals = {}, set()
    for address, data in parts:
        if any(low <= address < high for low, high in BUSES):
            literals |= loaded(address, data)
    for address, data in parts:
        words = array.array("I", data[:len(data) // 4 * 4])
        in_code = any(low <= address < high for low, high in BUSES)
        for n, word in enumerate(words):
            if word in wanted and (not in_code or address + 4 * n in literals):
                found[wanted[word]] = found.get(wanted[word], False) or in_code
    return found


def programs():
    for path in sorted(FIRMWARE.glob("*.bin")):
        image = path.read_bytes()
        yield path.stem + ", bootloader", list(segments(image))
        yield path.stem + ", application", list(segments(image[APPLICATION:]))
    yield from stub_segments()


def main():
    wanted, n = names(), 0
    rows = set(subprocess.run([TOOLS / "rom_rows"], check=True, capture_output=True, text=True).stdout.split())
    for program, parts in programs():
        n += 1
        needed = references(parts, wanted)
        missing = sorted(name for name in needed if name not in rows and name not in EXCUSED)
        print(f"{'not ok' if missing else 'ok'} {n} - {program}: {len(needed)} functions of the ROM")
        for name in missing:
            print(f"# {name} is not in the built-in ROM" + ("" if needed[name] else "; perhaps a coincidence"))
    for name in sorted(EXCUSED):
        if name in rows:
            print(f"# {name} is in the built-in ROM and need not be excused")
    if n == 0:
        print(f"ok 1 # SKIP no images in {FIRMWARE}")
        n = 1
    print(f"1..{n}")


if __name__ == "__main__":
    main()
