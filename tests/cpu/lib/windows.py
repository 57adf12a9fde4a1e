"""Cases that call: random trees of procedures with CALL4 to CALL12, and recursions deep enough to spill.

On the way, procedures take exceptions and enlarge their frames, which may need a spilled caller back."""
from .assembler import OPS, SPECIAL

ALU = [n for n in "add sub xor addx2 addx4 addx8 subx8 or and min maxu mull".split() if n in OPS]
LAST = 7  # registers a2 to a7 are a procedure's own


def alu(code, rng):
    r, s, t = (rng.randrange(2, LAST + 1) for _ in range(3))
    code.emit(rng.choice(ALU), r, s, t)


def call(code, rng, target, argument):
    """A call of a random kind; its result is mixed into a2, and what it may have destroyed is made again."""
    n = rng.choice((4, 8, 12))
    code.emit("or", n + 2, argument, argument)
    if rng.random() < 0.3:
        pointer = rng.randrange(n + 3, 16)
        at = code.pc() + 3 + (-(code.pc() + 3) % 4)
        code.emit("j", at + 4)
        code.align(4)
        code.word(target)
        code.emit("l32r", pointer, at)
        code.emit(f"callx{n}", pointer)
    else:
        code.emit(f"call{n}", target)
    code.emit("xor", 2, 2, n + 2)
    for i in range(n, LAST + 1):
        code.emit("addx2", i, 2, 2)
    return n


def disturb(code, rng):
    """An exception that returns, or a larger frame, for which the caller's window may have to come back."""
    if rng.random() < 0.3:
        code.emit("syscall")
    elif rng.random() < 0.3:
        register = rng.randrange(2, LAST + 1)
        code.emit("addi", register, 1, -16 * rng.randrange(1, 5))
        code.emit("movsp", 1, register)
        code.emit("movi", register, rng.randrange(-2048, 2048))


def procedure(code, rng, callees):
    """A procedure of one argument, a2, that calls some of those emitted before it."""
    code.align(4)
    start = code.pc()
    code.emit("entry", 1, 16 * rng.randrange(3, 9))
    for i in range(3, LAST + 1):
        code.emit("addi", i, rng.randrange(2, i), rng.randrange(-128, 128))
    for _ in range(rng.randrange(3)):
        alu(code, rng)
        disturb(code, rng)
        if callees:
            call(code, rng, rng.choice(callees), rng.randrange(2, LAST + 1))
        disturb(code, rng)
        alu(code, rng)
    code.emit(rng.choice(("retw", "retw.n")))
    return start


def recursion(code, rng):
    """A procedure that calls itself a3 times; a3 is its second argument."""
    code.align(4)
    start = code.pc()
    n = rng.choice((4, 8, 12))
    code.emit("entry", 1, 64)
    at = code.pc()
    code.emit("beqz", 3, at + 4)
    code.emit("addi", n + 3, 3, -1)
    code.emit("addx4", n + 2, 2, 3)
    code.emit(f"call{n}", start)
    code.emit("xor", 2, 2, n + 2)
    disturb(code, rng)
    code.emit("addx2", 2, 3, 2) if n > 4 else code.emit("addi", 2, 2, 1)
    code.patch(at, "beqz", 3, code.pc())
    code.emit("retw")
    return start


def case(rng, stack):
    """A case that saves the record's address, makes a stack, calls, and keeps the result in a2."""
    def emit(code):
        procedures = []
        for _ in range(rng.randrange(2, 6)):
            procedures.append(procedure(code, rng, procedures))
        deep = recursion(code, rng)
        code.align(4)
        at = code.word(stack)
        start = code.pc()
        code.emit("wsr", 0, SPECIAL["excsave1"])
        code.emit("l32r", 1, at)
        n = call(code, rng, procedures[-1], rng.randrange(2, 8))
        code.emit("or", 10, 2, 2)
        code.emit("movi", 11, rng.randrange(1, 40))
        code.emit("call8", deep)
        code.emit("xor", 2, 2, 10)
        code.emit("rsr", 0, SPECIAL["excsave1"])
        for i in range(8, 15):
            code.emit("movi", i, 0)
        return start
    return emit
