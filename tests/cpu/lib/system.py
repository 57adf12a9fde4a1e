"""Cases of what a core has to notice: code that is rewritten, loops set up by hand, a window that is moved,
interrupts."""
from .assembler import Code, SPECIAL
from .program import SOFTWARE_INTERRUPT


def one_instruction(rng):
    """An instruction of 3 bytes on a2 and a5 to a7."""
    code = Code(0)
    name = rng.choice(("addi", "xor", "addx2", "slli", "min", "mull"))
    if name == "addi":
        code.emit("addi", 2, 2, rng.randrange(-128, 128))
    elif name == "slli":
        code.emit("slli", 2, 2, rng.randrange(1, 32))
    else:
        code.emit(name, 2, rng.randrange(5, 8), 2)
    return bytes(code.bytes)


def store(code, halves):
    """a4 to where a3 points, at once or in halves."""
    if not halves:
        code.emit("s32i", 4, 3, 0)
        return
    code.emit("s16i", 4, 3, 0)
    code.emit("extui", 4, 4, 16, 16)
    code.emit("s16i", 4, 3, 2)


def patched(rng):
    """A procedure whose first instruction is rewritten between its calls, once by once or in a loop.

    The word written holds that instruction and the first byte of the NOP.N behind it."""
    words = [int.from_bytes(one_instruction(rng) + b"\x3d", "little") for _ in range(rng.randrange(1, 4))]

    def emit(code):
        code.align(4)
        target = code.pc()
        code.raw(one_instruction(rng))
        code.emit("nop.n")
        code.emit("ret")
        code.align(4)
        literals = [code.word(word) for word in words]
        address = code.word(target)
        start = code.pc()
        code.emit("wsr", 0, SPECIAL["excsave1"])
        code.emit("l32r", 3, address)
        code.emit("movi", 8, rng.randrange(1, 4))
        again = code.pc()
        code.emit("call0", target)
        for literal in literals:
            code.emit("l32r", 4, literal)
            store(code, rng.random() < 0.5)
            code.emit("memw")
            code.emit("isync")
            code.emit("call0", target)
        code.emit("addi", 8, 8, -1)
        code.emit("bnez", 8, again)
        code.emit("rsr", 0, SPECIAL["excsave1"])
        return start
    return emit


def looped(rng):
    """A loop whose registers are written, around code that may leave it, shorten it or run through its end again."""
    def emit(code):
        code.align(4)
        first, last = code.word(0), code.word(0)
        start = code.pc()
        code.emit("movi", 3, 0)
        for name, literal in (("lbeg", first), ("lend", last)):
            code.emit("l32r", 4, literal)
            code.emit("wsr", 4, SPECIAL[name])
        code.emit("movi", 4, rng.randrange(0, 6))
        code.emit("wsr", 4, SPECIAL["lcount"])
        code.emit("isync")
        code.patch_word(first, code.pc())
        code.emit("addi", 3, 3, 1)
        code.raw(one_instruction(rng))
        kind = rng.randrange(4)
        at = code.pc()
        if kind == 0:
            code.emit("beqi", 3, rng.choice((1, 2, 3)), at)
        elif kind == 1:
            code.emit("rsr", 4, SPECIAL["lcount"])
            code.emit("xor", 5, 5, 4)
        code.raw(one_instruction(rng))
        code.patch_word(last, code.pc())
        code.raw(one_instruction(rng))
        if kind == 0:
            code.patch(at, "beqi", 3, rng.choice((1, 2, 3)), code.pc())
        code.raw(one_instruction(rng))
        return start
    return emit


def rotated(rng):
    """ROTW forth and back, with work in between on the registers that a2 to a14 have become."""
    by = rng.randrange(1, 3)

    def emit(code):
        start = code.pc()
        code.emit("rotw", by)
        for _ in range(rng.randrange(1, 6)):
            r, s, t = (rng.randrange(0, 15 - 4 * by) for _ in range(3))
            code.emit(rng.choice(("add", "xor", "subx4")), r, s, t)
        code.emit("rotw", -by)
        return start
    return emit


def interrupted(rng):
    """A software interrupt that is raised, enabled and let through in some order; its EPC1 stays in the record."""
    def work(code):
        for _ in range(rng.randrange(3)):
            code.raw(one_instruction(rng))

    def emit(code):
        start = code.pc()
        code.emit("movi", 3, SOFTWARE_INTERRUPT)
        code.emit("rsil", 4, rng.randrange(3))
        steps = [("wsr", 3, SPECIAL["intenable"]), ("wsr", 3, SPECIAL["intset"]), ("rsil", 4, rng.randrange(3)),
                 ("rsil", 5, 0), ("wsr", 3, SPECIAL["intclear"])]
        for step in rng.sample(steps, rng.randrange(2, 6)):
            code.emit(*step)
            code.emit("isync")
            code.emit("rsr", rng.randrange(6, 10), SPECIAL[rng.choice(("ps", "intset", "intenable"))])
            work(code)
        code.emit("rsil", 5, 1)
        code.emit("wsr", 3, SPECIAL["intclear"])
        code.emit("movi", 3, 0)
        code.emit("wsr", 3, SPECIAL["intenable"])
        code.emit("rsil", 5, 0)
        return start
    return emit


def case(rng):
    return rng.choice((patched, looped, rotated, interrupted))(rng)
