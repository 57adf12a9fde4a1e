#!/usr/bin/env python3
"""Compares the decoder with LLVM's disassembler.

The words: every 16-bit instruction; 24-bit ones by structure (every opcode field with
every register pattern) and at random, seeded; with ESPY_LONG all 24-bit words there are;
and, where the mask ROM is at hand, every instruction of its code.  L32R and ADDMI, which
LLVM gets wrong, are compared with binutils for another Xtensa core.

Where LLVM is known to differ, KNOWN says when and why.  The vector instructions (ee.*),
of which LLVM has none, are left out.

Environment: ESPY_TOOLS (build/tests/tools), ESPY_ROM (../shared/rom/esp32s3_rev0_rom.elf).
"""
import collections
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile

TOOLS = os.environ.get("ESPY_TOOLS", "build/tests/tools")
ROM = os.environ.get("ESPY_ROM", "../shared/rom/esp32s3_rev0_rom.elf")
LONG = bool(os.environ.get("ESPY_LONG"))
LLVM = "llvm-objdump-22"
BINUTILS = "xtensa-lx106-elf-objdump"

# What the ESP32-S3 has.  Double precision and extended L32R, which esp32 implies, it has not.
FEATURES = ",".join("+" + f for f in """
    bool clamps coprocessor dcache debug density div32 exception fp highpriinterrupts highpriinterrupts-level3
    highpriinterrupts-level4 highpriinterrupts-level5 highpriinterrupts-level6 highpriinterrupts-level7 interrupt loop
    mac16 minmax miscsr mul16 mul32 mul32high nsa prid regprotect rvector s32c1i sext threadptr timers3 windowed
    """.split()) + ",-dfpaccel,-extendedl32r"

# mnemonic (ours) -> why LLVM 22 says something else.  A mnemonic alone means that LLVM knows no such instruction.
NO_SYNC = "LLVM has no multiprocessor synchronisation option"
NO_CACHE = "LLVM has no cache instructions"
NO_EXTERNAL = "LLVM has no external registers"
KNOWN = {
    "l32ai": NO_SYNC, "s32ri": NO_SYNC, "rer": NO_EXTERNAL, "wer": NO_EXTERNAL,
    "salt": "LLVM has no SALT and SALTU", "saltu": "LLVM has no SALT and SALTU",
    "simcall": "LLVM has no SIMCALL", "ssa8b": "LLVM has no SSA8B",
    **{m: NO_CACHE for m in "dpfr dpfw dpfro dpfwo dhwb dhwbi dhi dii ipf ihi iii".split()},
}
REGISTER_NUMBER = re.compile(r"(rsr|wsr|xsr|rur|wur) a\d+, \d+$")
CRASHED = "the reference crashed"
NO_ACCESS = re.compile(r"[wx]sr a\d+, (configid[01]|prid|debugcause|interrupt)$|[rx]sr a\d+, intclear$")

BASE = 0x40080000
SLOT = 8  # an instruction, then NOPs up to here
NOP, NOP_N = b"\xf0\x20\x00", b"\x3d\xf0"

tests = []


def word_bytes(word):
    return struct.pack("<I", word)[:2 if 8 <= word & 15 < 14 else 3]


def slot_bytes(word):
    code = word_bytes(word)
    return code + (NOP_N * 3 if len(code) == 2 else NOP + NOP_N)


def elf(address, code):
    """The smallest ELF file that objdump takes: one section of code."""
    names = b"\0.text\0.shstrtab\0"
    header = b"\x7fELF" + bytes([1, 1, 1]) + bytes(9) + struct.pack(
        "<HHIIIIIHHHHHH", 2, 94, 1, address, 0, 52 + len(code) + len(names), 0, 52, 0, 0, 40, 3, 2)
    section = struct.Struct("<10I")
    return header + code + names + section.pack(*[0] * 10) + \
        section.pack(1, 1, 6, address, 52, len(code), 0, 0, 4, 0) + \
        section.pack(7, 3, 0, 0, 52 + len(code), len(names), 0, 0, 1, 0)


def normal(text):
    """One spelling: single blanks, no symbols, ILL for what is no instruction."""
    if "<unknown>" in text:
        return "ill"
    text = re.sub(r"\s+", " ", re.sub(r"\s*<[^>]*>$", "", text)).strip()
    return "ill" if text == "ill.n" else text


def llvm(path):
    """(address, code, text) of every line that llvm-objdump prints."""
    for attempts_left in (2, 1, 0):  # LLVM 22 now and then crashes over words of op0 = 4
        done = subprocess.run([LLVM, "-d", "--triple=xtensa", "--mcpu=esp32", f"--mattr={FEATURES}", path],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=attempts_left == 0)
        if done.returncode == 0:
            break
    for line in done.stdout.decode().splitlines():
        match = re.match(r"\s*([0-9a-f]+): ((?:[0-9a-f]{2} )+)\s*(.*)$", line)
        if match:
            yield int(match.group(1), 16), bytes.fromhex(match.group(2)), normal(match.group(3))


def binutils(path):
    done = subprocess.run([BINUTILS, "-d", path], stdout=subprocess.PIPE, check=True)
    for line in done.stdout.decode().splitlines():
        match = re.match(r"\s*([0-9a-f]+):\s+([0-9a-f]{6})\s+(\S+\s+[^<(]*)", line)
        if match:
            yield int(match.group(1), 16), bytes.fromhex(match.group(2))[::-1], normal(match.group(3))


def ours(cases):
    """The texts of (address, code) pairs."""
    records = b"".join(struct.pack("<I", address) + (code + bytes(4))[:4] for address, code in cases)
    done = subprocess.run([os.path.join(TOOLS, "disassemble")], input=records, stdout=subprocess.PIPE, check=True)
    return [(int(line[0]), normal(line[2:])) for line in done.stdout.decode().splitlines()]


def numbers_unsigned(text):
    """A decimal or hexadecimal last operand as 32 bits, since assemblers differ in how they write one."""
    head, _, last = text.rpartition(" ")
    return f"{head} {int(last, 0) & 0xffffffff:#x}" if re.fullmatch(r"-?(0x)?[0-9a-f]+", last) else text


def judge(mine, theirs, code):
    """None when they agree or we leave the word to LLVM's gaps; else the reason or ''."""
    if mine == theirs:
        return None
    if theirs == CRASHED:
        return "LLVM crashes"
    mnemonic = mine.split()[0]
    if mnemonic in ("l32r", "addmi") and theirs.startswith(mnemonic):
        return "LLVM gets this immediate wrong; compared with binutils instead"
    if theirs == "ill" and mnemonic in KNOWN:
        return KNOWN[mnemonic]
    if theirs == "ill" and REGISTER_NUMBER.match(mine):
        return "a register that LLVM has no name for"
    if theirs == "ill" and NO_ACCESS.match(mine):
        return "a register that LLVM does not let be read or written so"
    if mine == "ill" and theirs.split()[0] in ("lddr32.p", "sddr32.p"):
        return "an instruction of the on-chip debugger"
    return ""


def compare(lines, name, judgement=judge):
    """One test over (address, code, text) from a reference."""
    lines = list(lines)
    reasons, wrong = collections.Counter(), []
    for (address, code, theirs), (length, mine) in zip(lines, ours([line[:2] for line in lines])):
        if mine == "ee":
            reasons["the vector unit's, left out"] += 1
            continue
        reason = judgement(mine, theirs, code)
        if reason is None and theirs != "ill" and length != len(code):
            reason = ""
        if reason == "":
            wrong.append(f"{address:08x}: {code.hex(' ')}: {mine!r}, the reference says {theirs!r}")
        elif reason:
            reasons[reason] += 1
    return len(lines), reasons, wrong


def result(name, count, reasons, wrong):
    tests.append(not wrong and count > 0)
    print(f"{'ok' if tests[-1] else 'not ok'} {len(tests)} - {name}: {count} words")
    for line in wrong[:20]:
        print("#", line)
    if wrong:
        print(f"# {len(wrong)} in all")
    for reason, n in reasons.most_common():
        print(f"# {n} words differ: {reason}")
    sys.stdout.flush()


def skip(name, why):
    tests.append(True)
    print(f"ok {len(tests)} - {name} # SKIP {why}")


def slots(words, disassembler):
    """What a disassembler says of each word, in a slot of its own."""
    with tempfile.NamedTemporaryFile(suffix=".elf") as file:
        file.write(elf(BASE, b"".join(map(slot_bytes, words))))
        file.flush()
        try:
            found = {address: (code, text) for address, code, text in disassembler(file.name) if address % SLOT == 0}
        except subprocess.CalledProcessError:
            # It crashed time and again: find the word.
            if len(words) > 1:
                yield from slots(words[:len(words) // 2], disassembler)
                yield from slots(words[len(words) // 2:], disassembler)
                return
            found = {BASE: (None, CRASHED)}
    for i, word in enumerate(words):
        address, code = BASE + SLOT * i, word_bytes(word)
        yield address, code, found[address][1] if address in found else "nothing at this address"


def check_words(name, chunks):
    total, reasons, wrong = 0, collections.Counter(), []
    for words in chunks:
        count, more, bad = compare(slots(words, llvm), name)
        total, wrong = total + count, wrong + bad
        reasons.update(more)
    result(name, total, reasons, wrong)


def structured():
    """Every op0, op1 and op2 with every r, and the other fields in a few patterns."""
    for op0 in range(8):
        for upper in range(256):
            for r in range(16):
                for s, t in ((0, 0), (15, 15), (1, 8), (8, 3), (4, 12), (random.getrandbits(4), random.getrandbits(4))):
                    yield upper << 16 | r << 12 | s << 8 | t << 4 | op0


def chunked(words, size=400000):
    words = list(words)
    return [words[i:i + size] for i in range(0, len(words), size)]


def all_24_bit():
    for op0 in range(8):
        for upper in range(0, 1 << 20, 1 << 18):
            yield [(upper + i) << 4 | op0 for i in range(1 << 18)]


def check_with_binutils():
    name = "L32R and ADDMI against binutils"
    if shutil.which(BINUTILS) is None:
        return skip(name, f"{BINUTILS} is not installed")
    words = [random.getrandbits(4) << 4 | imm << 8 | 1 for imm in range(0, 1 << 16, 1 if LONG else 7)]
    words += [imm << 16 | 0xd002 | random.getrandbits(4) << 4 | random.getrandbits(4) << 8 for imm in range(256)]
    same = lambda mine, theirs, code: None if numbers_unsigned(mine) == numbers_unsigned(theirs) else ""
    result(name, *compare(slots(words, binutils), name, same))


def check_rom():
    name = "all code of the mask ROM"
    if not os.path.exists(ROM):
        return skip(name, f"no {ROM}; set ESPY_ROM to a dump of the ESP32-S3's ROM")
    # Data between the functions may look like a longer instruction to one and not to the other.
    lines = [line for line in llvm(ROM) if line[2] != "ill"]
    result(name, *compare(lines, name))


def main():
    names = ["every 16-bit instruction", "24-bit instructions", "L32R and ADDMI against binutils", "the mask ROM"]
    if shutil.which(LLVM) is None:
        for name in names:
            skip(name, f"{LLVM} is not installed (Debian: llvm-22)")
    else:
        random.seed(20240602)
        check_words(names[0], [[word for word in range(0x10000) if 8 <= word & 15 < 14]])
        if LONG:
            check_words("every 24-bit instruction", all_24_bit())
        else:
            some = [word for word in (random.getrandbits(24) for _ in range(300000)) if word & 15 < 8]
            check_words("24-bit instructions, by structure and at random", chunked([*structured(), *some]))
        check_with_binutils()
        check_rom()
    print(f"1..{len(tests)}")
    return 0 if all(tests) else 1


if __name__ == "__main__":
    sys.exit(main())
