"""A small assembler for the instructions of the decoder's table, src/emu/cpu/opcodes.h."""
import os
import re
import struct

TABLE = os.path.join(os.path.dirname(__file__), "../../../src/emu/cpu/opcodes.h")

SPECIAL = {"lbeg": 0, "lend": 1, "lcount": 2, "sar": 3, "br": 4, "scompare1": 12, "acclo": 16, "acchi": 17, "m0": 32,
           "m1": 33, "m2": 34, "m3": 35, "windowbase": 72, "windowstart": 73, "atomctl": 99, "epc1": 177,
           "excsave1": 209, "excsave2": 210, "excsave3": 211, "cpenable": 224, "intset": 226, "intclear": 227,
           "intenable": 228, "ps": 230, "vecbase": 231, "exccause": 232}
USER = {"threadptr": 231, "fcr": 232, "fsr": 233}


def load_table():
    """mnemonic -> (mask, match, operand kinds)."""
    text = open(TABLE).read().replace("\\\n", " ")
    rows = {}
    row = re.compile(r'X\((\w+), "([^"]+)", (0x\w+), (0x\w+), (\w+), (\w+), (\w+), (\w+)\)')
    for _, name, mask, match, *kinds in row.findall(text):
        rows[name] = (int(mask, 16), int(match, 16), [k for k in kinds if k != "NONE"])
    halves = re.compile(r'ESPY_OPS_HALVES(_LOAD)?\(X, (\w+), "([^"]+)", (?:"([^"]+)", )?(0x\w+), (0x\w+), ([^)]*)\)')
    for load, _, name, suffix, mask, match, kinds in halves.findall(text):
        kinds = [k for k in kinds.split(", ") if k != "NONE"]
        for i, half in enumerate(("ll", "hl", "lh", "hh")):
            rows[f"{name}.{half}{suffix}"] = (int(mask, 16), int(match, 16) | i << 16,
                                              ["MR_W", "AR_S", "MR_X", *kinds] if load else kinds)
    return rows


OPS = load_table()
FIELD = {"R": 12, "S": 8, "T": 4}

B4CONST = [-1, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64, 128, 256]



def in_reach(distance, bits):
    assert -1 << bits <= distance < 1 << bits
    return distance


# kind -> the bits of operand v of an instruction at pc
PLACES = {
    "OFFSET_8": lambda v, pc: v << 16, "OFFSET_16": lambda v, pc: v // 2 << 16,
    "OFFSET_32": lambda v, pc: v // 4 << 16, "OFFSET_N": lambda v, pc: v // 4 << 12,
    "OFFSET_E": lambda v, pc: (v + 64) // 4 << 12, "SIMM_8": lambda v, pc: (v & 0xff) << 16,
    "ADDMI": lambda v, pc: (v >> 8 & 0xff) << 16, "MOVI": lambda v, pc: (v & 0xff) << 16 | (v >> 8 & 15) << 8,
    "MOVI_N": lambda v, pc: (v >> 4 & 7) << 4 | (v & 15) << 12, "SR": lambda v, pc: v << 8,
    "UR_RS": lambda v, pc: v << 8, "UR_ST": lambda v, pc: v << 4, "ENTRY": lambda v, pc: v // 8 << 12,
    "B4CONST": lambda v, pc: B4CONST.index(v) << 12, "BIT": lambda v, pc: (v & 15) << 4 | v >> 4 << 12,
    "SLLI": lambda v, pc: (32 - v & 15) << 4 | (32 - v) >> 4 << 20,
    "SHIFT_S": lambda v, pc: (v & 15) << 8 | v >> 4 << 16,
    "WIDTH": lambda v, pc: v - 1 << 20, "SIMM_T": lambda v, pc: (v & 15) << 4,
    "UIMM_T": lambda v, pc: v << 4, "UIMM_S": lambda v, pc: v << 8,
    "LITERAL": lambda v, pc: (v - (pc + 3 & ~3) >> 2 & 0xffff) << 8,
    "TARGET_J": lambda v, pc: (in_reach(v - pc - 4, 17) & 0x3ffff) << 6,
    "TARGET_CALL": lambda v, pc: (v - (pc & ~3) - 4 >> 2 & 0x3ffff) << 6,
    "TARGET_12": lambda v, pc: (v - pc - 4 & 0xfff) << 12, "TARGET_8": lambda v, pc: (v - pc - 4 & 0xff) << 16,
    "TARGET_6": lambda v, pc: (v - pc - 4 & 15) << 12 | (v - pc - 4 >> 4 & 3) << 4,
    "TARGET_LOOP": lambda v, pc: (v - pc - 4 & 0xff) << 16,
}


def register_field(kind):
    """Where an address, floating-point or boolean register's number goes; None for other kinds."""
    return FIELD[kind[3]] if kind[:3] in ("AR_", "FR_", "BR_") else None


def place(kind, value, pc):
    field = register_field(kind)
    return value << field if field is not None else PLACES[kind](value, pc)


def to_bytes(word):
    return struct.pack("<I", word)[:2 if 8 <= word & 15 < 14 else 3]


class Code:
    """Machine code that grows at a known address."""

    def __init__(self, base):
        self.base, self.bytes = base, bytearray()

    def pc(self):
        return self.base + len(self.bytes)

    def raw(self, data):
        self.bytes += data

    def word(self, value):
        self.raw(struct.pack("<I", value & 0xffffffff))
        return self.pc() - 4

    def seek(self, offset):
        assert len(self.bytes) <= offset
        self.bytes += bytes(offset - len(self.bytes))

    def align(self, to):
        self.bytes += bytes(-len(self.bytes) % to)

    def emit(self, name, *operands):
        _, word, kinds = OPS[name]
        for kind, value in zip(kinds, operands, strict=True):
            word |= place(kind, value, self.pc())
        self.raw(to_bytes(word))
        return self.pc()

    def patch(self, at, name, *operands):
        """Rewrites an instruction whose target was not known yet."""
        again = Code(at)
        again.emit(name, *operands)
        self.bytes[at - self.base:at - self.base + len(again.bytes)] = again.bytes

    def patch_word(self, at, value):
        self.bytes[at - self.base:at - self.base + 4] = struct.pack("<I", value & 0xffffffff)


def elf(base, code):
    """An ELF file that loads code at base and begins there."""
    header = b"\x7fELF" + bytes([1, 1, 1]) + bytes(9) + struct.pack(
        "<HHIIIIIHHHHHH", 2, 94, 1, base, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    return header + struct.pack("<8I", 1, 84, base, base, len(code), len(code), 7, 4) + code
