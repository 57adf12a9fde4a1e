#!/usr/bin/env python3
"""Compares the core's execution with QEMU's: each instruction, random programs, register windows.

The same bytes run in qemu-system-xtensa and in the core (run_image); what they leave in
registers and memory must be equal.  lib/program.py says how a program is made.

QEMU has no ESP32-S3, but cores with the same base instructions and differing options; an
instruction is compared on those that have it, and what none has is listed.  Not compared
one by one are the helpers of division and square root, which QEMU models as a whole: their
sequences are.  NaNs are compared as NaNs, since the order in which a unit chooses among
several depends on the core.

Two faults of QEMU 7.2 are kept away from.  UTRUNC.S loses the flags of earlier instructions, so
that it is compared alone.  Booleans and MAC16 registers have several names inside QEMU, whose
values meet only where one of its blocks ends; what uses another name stands between jumps.

Environment: ESPY_TOOLS (build/tests/tools), ESPY_LONG for many times as many programs, ESPY_SEED.
"""
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from lib import program as p
from lib import system
from lib import windows
from lib.assembler import OPS, SPECIAL, USER, elf, place, register_field, to_bytes

TOOLS = os.environ.get("ESPY_TOOLS", "build/tests/tools")
LONG = bool(os.environ.get("ESPY_LONG"))
SEED = int(os.environ.get("ESPY_SEED", "20240602"))
QEMU = "qemu-system-xtensa"

# QEMU's core -> where it begins.  de212 has MAC16, de233_fpu the floating-point unit.
CORES = {"de212": 0x50000000, "de233_fpu": 0xfe000000}
CASES = 200  # in a program: all of its code must be within a jump's reach

HELPERS = {f"{name}.s" for name in "div0 recip0 sqrt0 rsqrt0 nexp01 mksadj mkdadj addexp addexpm maddn divn".split()}
BRANCHES = {name for name, (_, _, kinds) in OPS.items() if {"TARGET_8", "TARGET_12", "TARGET_6"} & set(kinds)}
LOOPS = {"loop", "loopnez", "loopgtz"}
# What ends a program, changes the machine, or is compared elsewhere.
APART = HELPERS | LOOPS | set("""
    ret retw ret.n retw.n jx j call0 call4 call8 call12 callx0 callx4 callx8 callx12 entry movsp rotw l32e s32e
    rfe rfde rfwo rfwu rfi break break.n syscall simcall rsil waiti rer wer excw
    ritlb0 ritlb1 iitlb pitlb witlb rdtlb0 rdtlb1 idtlb pdtlb wdtlb
    dpfr dpfw dpfro dpfwo dhwb dhwbi dhi dii ipf ihi iii""".split())
READS_FIRST = {"s8i", "s16i", "s32i", "s32i.n", "s32ri", "wsr", "wur", "ssr", "ssl", "ssa8l", "ssa8b"} | BRANCHES
UPDATES_BASE = {"lsip", "ssip", "lsxp", "ssxp", "ldinc", "lddec"}
# What QEMU knows under a second name: see above.
OTHER_NAMES = ("any", "all", "andb", "orb", "ldinc", "lddec", "rsr", "wsr", "xsr")
WORD_OFFSETS = {"OFFSET_8": 1, "OFFSET_16": 2, "OFFSET_32": 4}

tests = []


def is_float(name):
    return name.endswith(".s") or name in ("rfr", "wfr") or name[:3] in ("lsi", "ssi", "lsx", "ssx")


# ---- what to begin with ----

EDGES = [0, 1, 2, 3, 31, 32, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0x80000001,
         0xfffffffe, 0xffffffff, 0xffff8000, 0xffffff80, 0x55555555, 0xaaaaaaaa, 0x00010001, 0x80008000]
FLOATS = [0, 1, 0x007fffff, 0x00800000, 0x00800001, 0x33800000, 0x3f000000, 0x3f7fffff, 0x3f800000, 0x3f800001,
          0x3fc00000, 0x40000000, 0x40400000, 0x4b000001, 0x4b800000, 0x4effffff, 0x4f000000, 0x4f7fffff, 0x4f800000,
          0x7e800000, 0x7f7fffff, 0x7f800000]


def random_word(rng):
    return rng.choice(EDGES) if rng.random() < 0.4 else rng.getrandbits(rng.choice((5, 8, 16, 31, 32, 32)))


def random_float(rng, ordinary=False):
    """Any number but a NaN; `ordinary` ones are a small way from 1."""
    sign = rng.getrandbits(1) << 31
    kind = 1 if ordinary else rng.randrange(4)
    if kind == 0:
        return sign | rng.choice(FLOATS)
    if kind == 1:
        return sign | rng.randrange(0x3e000000, 0x43000000)
    return sign | rng.randrange(0x7f800001)


def random_record(rng, floats, ordinary=False):
    words = [random_word(rng) for _ in range(p.WORDS)]
    words[p.SAR] = rng.randrange(33)
    words[p.BR] &= 0xffff
    for i in range(16):
        words[p.FR + i] = random_float(rng, ordinary)
    for i in range(p.MEMORY_WORDS if floats else 0):
        words[p.MEMORY + i] = random_float(rng, ordinary)
    words[p.FCR], words[p.FSR] = rng.randrange(4), 0
    words[p.CAUSE], words[p.EPC] = p.NO_EXCEPTION, 0
    words[p.MEMORY + p.MEMORY_WORDS:p.CAUSE] = [0] * (p.CAUSE - p.MEMORY - p.MEMORY_WORDS)
    words[p.LCOUNT:] = [0] * (p.WORDS - p.LCOUNT)
    return words


# ---- instructions with random operands ----


class Emitter:
    """Emits random instructions that keep to the rules of a case."""

    def __init__(self, rng, options):
        self.rng, self.options = rng, options

    def target(self):
        return self.rng.randrange(2, p.LAST_A + 1)

    def special(self, name):
        readable = ["sar"] if name == "rsr" else []
        have = [r for option in ("bool", "s32c1i", "mac16") if option in self.options for r in p.OPTIONAL[option]]
        return SPECIAL[self.rng.choice(readable + have)] if readable + have else SPECIAL["epc1"]

    def user(self):
        return USER["threadptr"]

    def operand(self, name, kind):
        """A value for an operand that may not be just anything; None if it may."""
        if kind in WORD_OFFSETS:
            return self.rng.randrange(0, 4 * p.MEMORY_WORDS, WORD_OFFSETS[kind])
        if kind == "SR":
            return self.special(name)
        if kind in ("UR_ST", "UR_RS"):
            return self.user()
        if kind == "UIMM_T" and is_float(name):
            return 0
        if kind == "BR_S" and name[:3] in ("any", "all"):
            return self.rng.randrange(0, 16, int(name[3]))
        return None

    def instruction(self, code, name, fixed=()):
        """One instruction; `fixed` gives operands by index.  Sets up an address register if it needs one."""
        mask, match, kinds = OPS[name]
        values = dict(fixed)
        if kinds and kinds[0].startswith("AR_") and name not in READS_FIRST:
            values.setdefault(0, self.target())
        self.address(code, name, kinds, values)
        for i, kind in enumerate(kinds):
            value = self.operand(name, kind)
            if value is not None:
                values.setdefault(i, value)
        word = match | self.rng.getrandbits(24) & ~mask & 0xffffff
        for i, value in values.items():
            bits = 0xf << register_field(kinds[i]) if register_field(kinds[i]) is not None else 0xff << 8 \
                if kinds[i] in ("SR", "UR_RS") else 0xff << 4 if kinds[i] == "UR_ST" else 0xf << 4 \
                if kinds[i] == "UIMM_T" else 0xff << 16
            word = word & ~bits | place(kinds[i], value, code.pc())
        if name == "slli" and word & 0x1000f0 == 0:
            word |= 1 << 4  # a shift by 32 has no meaning
        code.raw(to_bytes(word & 0xffffff))

    def address(self, code, name, kinds, values):
        """Sees to it that a load or store hits the case's memory."""
        if name in ("lsx", "ssx", "lsxp", "ssxp"):
            index = self.target()
            code.emit("movi", index, 4 * self.rng.randrange(p.MEMORY_WORDS))
            values[kinds.index("AR_T")] = index
            values[kinds.index("AR_S")] = 1
        elif any(k in WORD_OFFSETS or k == "OFFSET_N" for k in kinds):
            values[kinds.index("AR_S")] = 1
        if name in UPDATES_BASE or "ldinc" in name or "lddec" in name:
            base = self.target()
            if name in ("lsxp", "ssxp"):
                base = self.rng.choice([i for i in range(2, p.LAST_A + 1) if i != values[kinds.index("AR_T")]])
            code.emit("addi", base, 1, 4 * self.rng.randrange(1, 8))
            values[kinds.index("AR_S")] = base
            for i, kind in enumerate(kinds):
                if kind in WORD_OFFSETS:
                    values[i] = 4 * self.rng.randrange(8)

    def in_program(self, code, name):
        """One instruction, with what it needs to have a meaning among others."""
        apart = any(part in name for part in OTHER_NAMES)
        if apart:
            code.emit("j", code.pc() + 3)
        if name in ("srl", "sra"):
            code.emit("ssr", self.rng.randrange(16))  # a shift by 32, as SSL may ask for, is undefined
        self.instruction(code, name)
        if apart:
            code.emit("j", code.pc() + 3)

    def literal(self, code):
        """L32R of a random word, which is jumped over."""
        code.emit("j", code.pc() + 3 + (-(code.pc() + 3) % 4) + 4)
        code.align(4)
        at = code.word(random_word(self.rng))
        code.emit("l32r", self.target(), at)

    def branch(self, code, name, skipped):
        """A branch over what `skipped` emits."""
        kinds = OPS[name][2]
        state, at = self.rng.getstate(), code.pc()
        self.instruction(code, name)
        after = code.pc()
        skipped(code)
        end = self.rng.getstate()
        self.rng.setstate(state)
        again = type(code)(at)
        self.instruction(again, name, {len(kinds) - 1: 0})
        self.rng.setstate(end)
        word = int.from_bytes(again.bytes, "little")
        field = {"TARGET_8": 0xff0000, "TARGET_12": 0xfff000, "TARGET_6": 0xf030}[kinds[-1]]
        word = word & ~field | place(kinds[-1], code.pc(), at)
        code.bytes[at - code.base:after - code.base] = to_bytes(word)

    def loop(self, code, inside):
        """A zero-overhead loop of a few rounds over what `inside` emits."""
        count, name = self.target(), self.rng.choice(sorted(LOOPS))
        code.emit("movi", count, self.rng.randrange({"loop": 1, "loopnez": 0, "loopgtz": -1}[name], 6))
        at = code.pc()
        code.emit(name, count, at + 4)
        inside(code)
        code.patch(at, name, count, code.pc())


# ---- programs ----


def run_qemu(core, image):
    with tempfile.NamedTemporaryFile(suffix=".elf") as file:
        file.write(elf(CORES[core], image))
        file.flush()
        command = [QEMU, "-M", "sim", "-cpu", core, "-nographic", "-monitor", "none", "-serial", "none", "-semihosting",
                   "-kernel", file.name]
        try:
            return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  timeout=20).stdout
        except subprocess.TimeoutExpired:
            return b""


def run_ours(core, prog):
    done = subprocess.run([os.path.join(TOOLS, "run_image"), str(CORES[core]), str(prog.spin), str(prog.records),
                           str(prog.size)], input=prog.image(False), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.stdout, done.stderr.decode(errors="replace")


def is_nan(word):
    return word & 0x7fffffff > 0x7f800000


def same(word, ours, theirs, floats):
    if ours == theirs:
        return True
    may_be_float = p.OUT + p.FR <= word < p.OUT + p.FR + 16 or p.MEMORY <= word < p.MEMORY + p.MEMORY_WORDS
    return floats and may_be_float and is_nan(ours) and is_nan(theirs)


def text_of(prog, i):
    """The instructions of a case, by our own disassembler."""
    code, lines = prog.code, []
    at = prog.starts[i]
    while at < prog.ends[i]:
        record = struct.pack("<I", at) + (bytes(code.bytes[at - code.base:at - code.base + 4]) + bytes(4))[:4]
        done = subprocess.run([os.path.join(TOOLS, "disassemble")], input=record, stdout=subprocess.PIPE)
        length, _, text = done.stdout.decode().strip().partition(" ")
        lines.append(f"{at:08x} {text}")
        at += int(length)
    return lines


def differences(prog, ours, theirs, floats):
    """(case, its record by us, by QEMU, the words that differ)."""
    for i in range(len(prog.starts)):
        mine, other = (struct.unpack_from(f"<{p.WORDS}I", data, 4 * p.WORDS * i) for data in (ours, theirs))
        words = [w for w in range(p.WORDS) if not same(w, mine[w], other[w], floats)]
        if words:
            yield i, mine, other, words


def compare(core, options, cases, floats=False):
    """Runs a program both ways; returns a list of complaints."""
    prog = p.Program(CORES[core], options, cases)
    theirs = run_qemu(core, prog.image(True))
    ours, said = run_ours(core, prog)
    if len(theirs) != prog.size:
        return [f"{QEMU} -cpu {core} wrote {len(theirs)} of {prog.size} bytes"]
    if len(ours) != prog.size or said:
        return [f"run_image wrote {len(ours)} of {prog.size} bytes; {said}"]
    wrong = []
    for i, mine, other, words in differences(prog, ours, theirs, floats):
        wrong.append(f"case {i} on {core}: " + ", ".join(
            f"{p.field_name(w)} is {mine[w]:08x}, QEMU says {other[w]:08x}" for w in words[:6]))
        if len(wrong) < 6:
            wrong += ["    " + line for line in text_of(prog, i)]
            wrong += ["    from " + " ".join(f"{p.field_name(w)}={mine[w]:x}" for w in range(1, p.FSR + 1))]
    return wrong


def probe(core):
    """What a core has: the instructions that do not end in an illegal-instruction exception."""
    names = [name for name in OPS if name not in APART | BRANCHES]

    def body(name):
        def emit(code):
            at = code.pc()
            _, word, kinds = OPS[name]
            for i, kind in enumerate(kinds):
                safe = {"SR": SPECIAL["sar"], "UR_ST": USER["threadptr"], "UR_RS": USER["threadptr"], "AR_S": 1}
                target = i == 0 and name not in READS_FIRST
                if kind in safe or (target and register_field(kind) is not None):
                    word |= place(kind, 2 if target else safe[kind], at)
            code.raw(to_bytes(word))
            return at
        return emit

    rng = random.Random(SEED)
    prog = p.Program(CORES[core], set(), [(body(name), random_record(rng, False)) for name in names])
    data = run_qemu(core, prog.image(True))
    if len(data) != prog.size:
        return set()
    causes = [struct.unpack_from("<I", data, 4 * (p.WORDS * i + p.CAUSE))[0] for i in range(len(names))]
    return {name for name, cause in zip(names, causes) if cause != 0}


def options_of(have):
    return {option for option, name in {"bool": "andb", "mac16": "mul.aa.ll", "s32c1i": "s32c1i", "threadptr": "rur",
                                        "fp": "add.s"}.items() if name in have}


def report(name, wrong, count):
    tests.append(not wrong)
    print(f"{'not ok' if wrong else 'ok'} {len(tests)} - {name}: {count}")
    for line in wrong[:60]:
        print("#", line)
    if len(wrong) > 60:
        print(f"# and {len(wrong) - 60} lines more")
    sys.stdout.flush()


def in_programs(core, options, cases, floats=False):
    wrong = []
    for i in range(0, len(cases), CASES):
        wrong += compare(core, options, cases[i:i + CASES], floats)
    return wrong


def singles(rng, emitter, names, each):
    """Each instruction by itself, on its own record."""
    def body(name):
        def emit(code):
            at = code.pc()
            fixed = {2: rng.randrange(16)} if "UIMM_T" in OPS[name][2] and is_float(name) else {}
            emitter.instruction(code, name, fixed)
            return at
        return emit
    for name in names:
        for _ in range(each):
            scaled = "UIMM_T" in OPS[name][2] and is_float(name)
            yield body(name), random_record(rng, is_float(name), scaled)


def mixture(rng, emitter, names, branches):
    """A random program: straight code, branches forward, loops."""
    def some(code, most, nested=False):
        for _ in range(rng.randrange(1, most)):
            kind = rng.random()
            if kind < 0.05 and branches:
                emitter.branch(code, rng.choice(branches), lambda c: some(c, 3, True))
            elif kind < 0.08 and not nested:
                emitter.loop(code, lambda c: some(c, 5, True))
            elif kind < 0.1:
                emitter.literal(code)
            else:
                emitter.in_program(code, rng.choice(names))

    def emit(code):
        at = code.pc()
        some(code, 16)
        return at
    return emit


def divide(code):
    """The division of the chip's mask ROM, f0 = f1 / f2."""
    at = code.pc()
    for line in """div0.s 3 2;nexp01.s 4 2;const.s 5 1;maddn.s 5 4 3;mov.s 6 3;mov.s 7 2;nexp01.s 2 1;maddn.s 6 5 6
            const.s 5 1;const.s 0 0;neg.s 8 2;maddn.s 5 4 6;maddn.s 0 8 3;mkdadj.s 7 1;maddn.s 6 5 6;maddn.s 8 4 0
            const.s 3 1;maddn.s 3 4 6;maddn.s 0 8 6;neg.s 2 2;maddn.s 6 3 6;maddn.s 2 4 0;addexpm.s 0 7;addexp.s 6 7
            divn.s 0 2 6""".replace("\n", ";").split(";"):
        name, *operands = line.split()
        code.emit(name, *map(int, operands))
    for i in range(2, 9):
        code.emit("const.s", i, 0)
    return at


def root(code):
    """libgcc's square root, f0 = sqrt(f1)."""
    at = code.pc()
    for line in """sqrt0.s 2 1;const.s 3 0;maddn.s 3 2 2;nexp01.s 4 1;const.s 0 3;addexp.s 4 0;maddn.s 0 3 4
            nexp01.s 3 1;neg.s 5 3;maddn.s 2 0 2;const.s 0 0;const.s 6 0;const.s 7 0;maddn.s 0 5 2;maddn.s 6 2 4
            const.s 4 3;maddn.s 7 4 2;maddn.s 3 0 0;maddn.s 4 6 2;neg.s 2 7;maddn.s 0 3 2;maddn.s 7 4 7;mksadj.s 2 1
            nexp01.s 1 1;maddn.s 1 0 0;neg.s 3 7;addexpm.s 0 2;addexp.s 3 2
            divn.s 0 1 3""".replace("\n", ";").split(";"):
        name, *operands = line.split()
        code.emit(name, *map(int, operands))
    for i in range(1, 8):
        code.emit("const.s", i, 0)
    return at


def check_core(core, have):
    options = options_of(have)
    rng = random.Random(SEED)
    emitter = Emitter(rng, options)
    integer = sorted(n for n in have if not is_float(n) and n not in APART | {"l32r"})
    branches = sorted(n for n in BRANCHES if n not in ("bf", "bt") or "bool" in options)
    plain, stack = options - {"fp"}, CORES[core] + p.STACK + 16

    def check(name, quick, many, make):
        cases = [(make(), random_record(rng, False)) for _ in range(many if LONG else quick)]
        check_cases(core, plain, name, cases)

    check_cases(core, plain, "each integer instruction", list(singles(rng, emitter, integer, 150 if LONG else 8)))
    check("random integer programs", 1500, 40000, lambda: mixture(rng, emitter, integer, branches))
    check("procedures and register windows", 300, 5000, lambda: windows.case(rng, stack))
    check("rewritten code, loops by hand, interrupts", 400, 6000, lambda: system.case(rng))
    if "fp" in options:
        check_floats(core, have, options, rng, emitter)


def check_floats(core, have, options, rng, emitter):
    floats = sorted(n for n in have if is_float(n) and n not in APART)
    pool = [n for n in floats if n not in ("utrunc.s", "wfr", "rfr")]

    def check(name, many, make):
        cases = [(make(), random_record(rng, True)) for _ in range(many if LONG else 1000)]
        check_cases(core, options, name, cases, True)

    check_cases(core, options, "each floating-point instruction",
                list(singles(rng, emitter, floats, 400 if LONG else 20)), True)
    check("random floating-point programs", 30000, lambda: mixture(rng, emitter, pool, ["bf", "bt"]))
    check("division and square root", 30000, lambda: rng.choice((divide, root)))


def check_cases(core, options, name, cases, floats=False):
    report(f"{name} on {core}", in_programs(core, options, cases, floats), f"{len(cases)} cases")


def check_high_products():
    """MULUH and MULSH, which none of QEMU's cores has, against plain arithmetic."""
    rng, base = random.Random(SEED), CORES["de212"]
    names = ["muluh", "mulsh"] * (2000 if LONG else 200)

    def body(name):
        def emit(code):
            at = code.pc()
            code.emit(name, 4, 2, 3)
            return at
        return emit

    prog = p.Program(base, set(), [(body(name), random_record(rng, False)) for name in names])
    ours, said = run_ours("de212", prog)
    wrong = [said] if said else []
    for i, name in enumerate(names):
        words = struct.unpack_from(f"<{p.WORDS}I", ours, 4 * p.WORDS * i)
        x, y = (w - (w >> 31 << 32) if name == "mulsh" else w for w in words[p.A:p.A + 2])
        if words[p.OUT + p.A + 2] != x * y >> 32 & 0xffffffff:
            wrong.append(f"{name} of {x:#x} and {y:#x} is {words[p.OUT + p.A + 2]:#x}")
    report("MULUH and MULSH against arithmetic", wrong, f"{len(names)} cases")


def main():
    if shutil.which(QEMU) is None:
        print(f"ok 1 - execution against QEMU # SKIP {QEMU} is not installed (Debian: qemu-system-misc)")
        print("1..1")
        return 0
    have = {core: probe(core) for core in CORES}
    for core in CORES:
        check_core(core, have[core])
    missing = sorted(set(OPS) - APART - BRANCHES - set().union(*have.values()))
    check_high_products()
    print("# no core of QEMU's has:", " ".join(missing))
    print(f"1..{len(tests)}")
    return 0 if all(tests) else 1


if __name__ == "__main__":
    sys.exit(main())
