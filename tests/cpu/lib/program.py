"""Programs that run case after case, each with its own registers and memory, and keep what came of them.

The image begins where the core does.  A case has a record: the registers to begin with, 64 bytes that it
may load and store (a1 points there), and room for the registers it ends with.  a0 points to the record and
a15 belongs to the driver; neither may be written.  An exception ends a case and is recorded.
"""
import struct

from .assembler import Code, SPECIAL, USER

# The fields of a record, in words; the results lie OUT further on.
BODY, A, SAR, BR, ACCLO, ACCHI, MR, SCOMPARE1, THREADPTR, FR, FCR, FSR = 0, 1, 14, 15, 16, 17, 18, 22, 23, 24, 40, 41
MEMORY, MEMORY_WORDS, OUT = 64, 16, 80
CAUSE, EPC, LCOUNT = OUT + 42, OUT + 43, OUT + 44
WORDS = 144
LAST_A = 14
NO_EXCEPTION = 0xffff
WOE = 0x40000
SOFTWARE_INTERRUPT = 1 << 7  # of level 1, in the ESP32-S3 and in QEMU's cores

VECTORS, DRIVER = 0x400, 0x800  # offsets in the image
STACK, STACK_SIZE = 0x6000, 0x5000  # the stack's top, and how far it reaches down; the code follows
WINDOW_VECTORS = {4: (0x00, 0x40), 8: (0x80, 0xc0), 12: (0x100, 0x140)}  # overflow, underflow

NAMES = {A + i: f"a{i + 2}" for i in range(13)} | {FR + i: f"f{i}" for i in range(16)} | {
    MR + i: f"m{i}" for i in range(4)} | {SAR: "sar", BR: "br", ACCLO: "acclo", ACCHI: "acchi", FCR: "fcr", FSR: "fsr",
                                          SCOMPARE1: "scompare1", THREADPTR: "threadptr", CAUSE - OUT: "exccause",
                                          EPC - OUT: "epc1", LCOUNT - OUT: "lcount"}

# What a core may lack -> its registers' places
OPTIONAL = {"bool": {"br": BR}, "s32c1i": {"scompare1": SCOMPARE1}, "threadptr": {"threadptr": THREADPTR},
            "mac16": {"acclo": ACCLO, "acchi": ACCHI, "m0": MR, "m1": MR + 1, "m2": MR + 2, "m3": MR + 3},
            "fp": {"fcr": FCR, "fsr": FSR}}


def field_name(word):
    """What a word of a record is called in a report."""
    if word >= OUT:
        return NAMES.get(word - OUT, f"word {word}")
    return f"memory[{4 * (word - MEMORY)}]" if word >= MEMORY else NAMES.get(word, f"word {word}")


class Program:
    def __init__(self, base, options, cases):
        """cases: pairs of a function that emits the body to a Code, and the record's words."""
        self.options, self.code = options, Code(base)
        code = self.code
        code.emit("j", base + DRIVER)
        self.literals(base)
        vector_exit = self.vectors()
        code.seek(DRIVER)
        done = self.driver()
        code.patch(vector_exit, "j", done)
        self.stack(base)
        self.starts = [self.body(emit, done) for emit, _ in cases]
        self.ends = [*self.starts[1:], code.pc()]
        code.align(16)
        self.records, self.size = code.pc(), 4 * WORDS * len(cases)
        for start, (_, words) in zip(self.starts, cases):
            code.raw(struct.pack(f"<{WORDS}I", start, *words[1:]))
        for name, value in (("first", self.records), ("end", code.pc()), ("size", self.size)):
            code.patch_word(self.literal[name], value)

    def literals(self, base):
        self.code.align(4)
        self.literal = {name: self.code.word(value) for name, value in {
            "first": 0, "end": 0, "size": 0, "qemu": 0, "ps": WOE, "vecbase": base + VECTORS}.items()}

    def image(self, for_qemu):
        """With for_qemu the program writes its records and exits; without, it spins at self.spin."""
        self.code.patch_word(self.literal["qemu"], 1 if for_qemu else 0)
        return bytes(self.code.bytes)

    def move_special(self, store, name, word):
        user, code = name in USER, self.code
        number = USER[name] if user else SPECIAL[name]
        if store:
            code.emit("rur" if user else "rsr", 15, number)
            code.emit("s32i", 15, 0, 4 * (OUT + word))
        else:
            code.emit("l32i", 15, 0, 4 * word)
            code.emit("wur" if user else "wsr", 15, number)

    def move_state(self, store):
        for option, registers in OPTIONAL.items():
            for name, word in registers.items() if option in self.options else ():
                self.move_special(store, name, word)
        self.move_special(store, "sar", SAR)
        for i in range(16 if "fp" in self.options else 0):
            self.code.emit("ssi" if store else "lsi", i, 0, 4 * (FR + i + (OUT if store else 0)))

    def set_special(self, name, literal):
        self.code.emit("l32r", 15, self.literal[literal])
        self.code.emit("wsr", 15, SPECIAL[name])
        self.code.emit("rsync")

    def driver(self):
        """From reset to the end; returns where a case goes when it is done."""
        code = self.code
        for name, value in (("windowbase", 0), ("windowstart", 1)):
            code.emit("movi", 15, value)
            code.emit("wsr", 15, SPECIAL[name])
            code.emit("rsync")
        self.set_special("ps", "ps")
        self.set_special("vecbase", "vecbase")
        if "s32c1i" in self.options:
            # Conditional stores inside the core, whatever the memory's cache attribute.
            code.emit("movi", 15, 0x2a)
            code.emit("wsr", 15, SPECIAL["atomctl"])
        if "fp" in self.options:
            code.emit("movi", 15, 1)
            code.emit("wsr", 15, SPECIAL["cpenable"])
            code.emit("rsync")
        code.emit("l32r", 0, self.literal["first"])
        again = code.pc()
        code.emit("movi", 15, 0)
        code.emit("wsr", 15, SPECIAL["lcount"])
        self.move_state(store=False)
        code.emit("addmi", 1, 0, 4 * MEMORY)
        for i in range(2, LAST_A + 1):
            code.emit("l32i", i, 0, 4 * (A + i - 2))
        code.emit("l32i", 15, 0, 4 * BODY)
        code.emit("jx", 15)
        done = code.pc()
        for i in range(2, LAST_A + 1):
            code.emit("s32i", i, 0, 4 * (OUT + A + i - 2))
        code.emit("rsr", 15, SPECIAL["lcount"])
        code.emit("s32i", 15, 0, 4 * LCOUNT)
        self.move_state(store=True)
        code.emit("addmi", 0, 0, 512)
        code.emit("addi", 0, 0, 4 * WORDS - 512)
        code.emit("l32r", 15, self.literal["end"])
        code.emit("beq", 0, 15, code.pc() + 6)
        code.emit("j", again)
        self.finish()
        return done

    def finish(self):
        """SIMCALL 4 is write(a3, a4, a5), 1 is exit(a3)."""
        code = self.code
        code.emit("l32r", 2, self.literal["qemu"])
        code.emit("bnez", 2, code.pc() + 6)
        self.spin = code.pc()
        code.emit("j", code.pc())
        code.emit("movi", 2, 4)
        code.emit("movi", 3, 1)
        code.emit("l32r", 4, self.literal["first"])
        code.emit("l32r", 5, self.literal["size"])
        code.emit("simcall")
        code.emit("movi", 2, 1)
        code.emit("movi", 3, 0)
        code.emit("simcall")

    def stack(self, base):
        """Room for a stack; the frame of its first procedure's caller lies at the top."""
        self.code.seek(STACK)
        for word in (0, base + STACK + 64, 0, 0):
            self.code.word(word)
        self.code.seek(STACK + 80)

    def body(self, emit, done):
        code = self.code
        code.align(4)
        start = emit(code)
        code.emit("j", done)
        return start

    def vectors(self):
        """The handlers of window exceptions, and the one that ends a case; returns its last jump."""
        for registers, (overflow, underflow) in WINDOW_VECTORS.items():
            self.code.seek(VECTORS + overflow)
            self.window_handler(registers, True)
            self.code.seek(VECTORS + underflow)
            self.window_handler(registers, False)
        self.code.seek(VECTORS + 0x300)
        return self.exception_handler()

    def exception_handler(self):
        """SYSCALL returns, MOVSP's caller is brought back, an interrupt returns and leaves its EPC1 in the record;
        any other cause is recorded and ends the case.

        Of a procedure's registers only a0 to a3 are sure to be its own while exceptions are masked."""
        code = self.code
        code.emit("wsr", 2, SPECIAL["excsave2"])
        code.emit("rsr", 2, SPECIAL["exccause"])
        branches = code.pc()
        code.emit("beqi", 2, 1, branches)
        code.emit("beqi", 2, 5, branches)
        code.emit("beqi", 2, 4, branches)
        code.emit("s32i", 2, 0, 4 * CAUSE)
        code.emit("rsr", 2, SPECIAL["epc1"])
        code.emit("s32i", 2, 0, 4 * EPC)
        code.emit("rsr", 2, SPECIAL["excsave2"])
        self.set_special("ps", "ps")
        at = code.pc()
        code.emit("j", at)
        code.patch(branches, "beqi", 2, 1, code.pc())
        code.emit("rsr", 2, SPECIAL["epc1"])
        code.emit("addi", 2, 2, 3)
        code.emit("wsr", 2, SPECIAL["epc1"])
        code.emit("rsr", 2, SPECIAL["excsave2"])
        code.emit("rfe")
        code.patch(branches + 6, "beqi", 2, 4, code.pc())
        code.emit("movi", 2, SOFTWARE_INTERRUPT)
        code.emit("wsr", 2, SPECIAL["intclear"])
        code.emit("rsr", 2, SPECIAL["epc1"])
        code.emit("s32i", 2, 0, 4 * EPC)
        code.emit("rsr", 2, SPECIAL["excsave2"])
        code.emit("rfe")
        code.patch(branches + 3, "beqi", 2, 5, code.pc())
        self.bring_back_caller()
        return at

    def bring_back_caller(self):
        """MOVSP in a frame whose caller was spilled: pretends that it underflowed, then it runs again.

        PS.OWB becomes WindowBase.  The two upper bits of the frame's return address say how far its caller's
        window lies back."""
        code = self.code
        code.emit("wsr", 3, SPECIAL["excsave3"])
        code.emit("rsr", 2, SPECIAL["ps"])
        code.emit("rsr", 3, SPECIAL["windowbase"])
        code.emit("slli", 3, 3, 8)
        code.emit("xor", 3, 3, 2)
        code.emit("extui", 3, 3, 8, 4)
        code.emit("slli", 3, 3, 8)
        code.emit("xor", 2, 2, 3)
        code.emit("wsr", 2, SPECIAL["ps"])
        code.emit("rsr", 2, SPECIAL["excsave2"])
        code.emit("rsr", 3, SPECIAL["excsave3"])
        code.emit("rsync")
        for register, bit, (_, underflow) in ((4, 31, WINDOW_VECTORS[4]), (8, 30, WINDOW_VECTORS[8])):
            code.emit("rotw", -1)
            code.emit("bbsi", register, bit, code.pc() + 6)
            code.emit("j", code.base + VECTORS + underflow)
        code.emit("rotw", -1)
        code.emit("j", code.base + VECTORS + WINDOW_VECTORS[12][1])

    def window_handler(self, registers, overflow):
        """The ABI's save areas: a0 to a3 below the callee's stack pointer, the others below the caller's own."""
        code, move = self.code, "s32e" if overflow else "l32e"
        callee, caller = registers + 1, 0 if overflow else registers - 1
        code.emit(move, 0, callee, -16)
        if registers > 4 and overflow:
            code.emit("l32e", caller, 1, -12)
        code.emit(move, 1, callee, -12)
        code.emit(move, 2, callee, -8)
        if registers > 4 and not overflow:
            code.emit("l32e", caller, 1, -12)
        code.emit(move, 3, callee, -4)
        for i in range(4, registers):
            code.emit(move, i, caller, -4 * registers + 4 * (i - 4))
        code.emit("rfwo" if overflow else "rfwu")
