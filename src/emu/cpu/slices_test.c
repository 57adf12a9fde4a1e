/* SPDX-License-Identifier: MIT
 *
 * How time is cut into slices must not matter: random programs, with exceptions,
 * interrupts, timers, loops, windows and code that overwrites itself, end in the
 * same state whether they run one instruction at a time, in odd pieces or in one
 * go.  One instruction at a time, blocks and chains play no part.
 */
#include "cpu_rig.h"

#include <stdlib.h>

#define SEEDS 30
#define SEEDS_LONG 3000 /* with ESPY_LONG set */
#define PIECES 100u
#define PIECE 60u /* cycles */

static uint32_t random_word(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (uint32_t)(*seed >> 16);
}

/* Handlers that let a program go on: past what faulted, and without the
 * interrupts that were taken. */
/* clang-format off */
static const uint8_t skip_faulting[] = {
    0x20, 0xd1, 0x13,  /* 0x00 wsr a2, excsave1 */
    0x22, 0xa0, 0x00,  /* 0x03 movi a2, 0 */
    0x20, 0xe4, 0x13,  /* 0x06 wsr a2, intenable */
    0x20, 0xb1, 0x03,  /* 0x09 rsr a2, epc1 */
    0x22, 0xc2, 0x03,  /* 0x0c addi a2, a2, 3 */
    0x20, 0xb1, 0x13,  /* 0x0f wsr a2, epc1 */
    0x20, 0xd1, 0x03,  /* 0x12 rsr a2, excsave1 */
    0x00, 0x30, 0x00,  /* 0x15 rfe */
};
/* clang-format on */

/* clang-format off */
static const uint8_t skip_double[] = {
    0x20, 0xd1, 0x13,  /* 0x00 wsr a2, excsave1 */
    0x20, 0xc0, 0x03,  /* 0x03 rsr a2, depc */
    0x22, 0xc2, 0x03,  /* 0x06 addi a2, a2, 3 */
    0x20, 0xc0, 0x13,  /* 0x09 wsr a2, depc */
    0x20, 0xd1, 0x03,  /* 0x0c rsr a2, excsave1 */
    0x00, 0x32, 0x00,  /* 0x0f rfde */
};
/* clang-format on */

/* clang-format off */
static const uint8_t leave_level3[] = {
    0x20, 0xd3, 0x13,  /* 0x00 wsr a2, excsave3 */
    0x22, 0xa0, 0x00,  /* 0x03 movi a2, 0 */
    0x20, 0xe4, 0x13,  /* 0x06 wsr a2, intenable */
    0x20, 0xd3, 0x03,  /* 0x09 rsr a2, excsave3 */
    0x10, 0x33, 0x00,  /* 0x0c rfi 3 */
};
/* clang-format on */

/* clang-format off */
static const uint8_t spill[] = {
    0x00, 0xc5, 0x49,  /* 0x00 s32e a0, a5, -16 */
    0x10, 0xd5, 0x49,  /* 0x03 s32e a1, a5, -12 */
    0x00, 0x34, 0x00,  /* 0x06 rfwo */
};
/* clang-format on */

/* clang-format off */
static const uint8_t fill[] = {
    0x00, 0xc5, 0x09,  /* 0x00 l32e a0, a5, -16 */
    0x10, 0xd5, 0x09,  /* 0x03 l32e a1, a5, -12 */
    0x00, 0x35, 0x00,  /* 0x06 rfwu */
};
/* clang-format on */

/* Calls and jumps stay near, so that the program does not end in nothing, and
 * loops are short. */
static uint32_t bring_near(uint32_t word, unsigned op, uint32_t distance)
{
    if (op == ESPY_OP_J || (op >= ESPY_OP_CALL0 && op <= ESPY_OP_CALL12))
        return (word & 0x3f) | ((distance % 2048 - 1024) & 0x3ffff) << 6;
    if (op >= ESPY_OP_LOOP && op <= ESPY_OP_LOOPGTZ)
        return (word & 0xffff) | (distance % 32) << 16;
    return word;
}

/* Writing VECBASE would take the handlers away. */
static bool useful(const espy_insn *in)
{
    bool writes = in->op == ESPY_OP_WSR || in->op == ESPY_OP_XSR;
    return in->op != ESPY_OP_ILLEGAL && in->op != ESPY_OP_EE && !(writes && in->imm == 231);
}

/* Every instruction is as likely as any other, but LOOP is likelier. */
static uint32_t random_instruction(uint64_t *seed)
{
    uint32_t n = random_word(seed) % (ESPY_OP_COUNT + 20), word = random_word(seed);
    const espy_opinfo *about = espy_opcode_info(n < ESPY_OP_COUNT ? (espy_opcode)n : ESPY_OP_LOOP);
    return about->match | (word & ~about->mask);
}

static void fill_with_instructions(uint8_t *bytes, uint64_t *seed)
{
    for (size_t i = 0; i + 4 <= RIG_SIZE;) {
        uint8_t word[4];
        espy_insn in;
        put_le32(word, random_instruction(seed));
        espy_decode(&in, word, RIG_CODE);
        if (!useful(&in))
            continue;
        put_le32(bytes + i, bring_near(get_le32(word), in.op, random_word(seed)));
        i += in.length;
    }
}

static void prepare(rig *r, uint64_t seed)
{
    static const struct {
        uint16_t vector, size;
        const uint8_t *bytes;
    } handlers[] = {
        {VEC_KERNEL, sizeof skip_faulting, skip_faulting},
        {VEC_USER, sizeof skip_faulting, skip_faulting},
        {VEC_DOUBLE, sizeof skip_double, skip_double},
        {0x1c0, sizeof leave_level3, leave_level3},
        {0x000, sizeof spill, spill},
        {0x080, sizeof spill, spill},
        {0x100, sizeof spill, spill},
        {0x040, sizeof fill, fill},
        {0x0c0, sizeof fill, fill},
        {0x140, sizeof fill, fill},
    };
    rig_init(r);
    seed = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
    fill_with_instructions(r->ram, &seed);
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++)
        rig_load(r, RIG_VECTORS + handlers[i].vector, handlers[i].bytes, handlers[i].size);
    for (unsigned i = 0; i < ESPY_AR_COUNT; i++) {
        uint32_t x = random_word(&seed), base[3] = {RIG_DATA, RIG_CODE, x};
        r->cpu->ar[i] = i % 4 == 3 ? x % 8 : base[i % 4] + x % RIG_SIZE;
    }
    r->cpu->cpenable = 1;
    r->cpu->intenable = random_word(&seed);
    r->cpu->ccompare[0] = 100;
    r->cpu->ccompare[1] = 777;
    r->cpu->ccompare[2] = 1500;
    espy_cpu_set_interrupts(r->cpu, random_word(&seed) & random_word(&seed) & ~INT_NMI);
    espy_cpu_set_pc(r->cpu, RIG_CODE + 0x400);
}

/* Lets `cycles` pass in slices of `slice`, or of changing lengths (0). */
static void pass(rig *r, uint32_t cycles, unsigned slice)
{
    uint64_t lengths = 99;
    for (uint32_t done = 0; done < cycles;) {
        uint32_t n = slice != 0 ? slice : 1 + random_word(&lengths) % 20;
        n = n < cycles - done ? n : cycles - done;
        uint32_t ran = (uint32_t)(espy_cpu_run(r->cpu, n * RIG_CYCLE) / RIG_CYCLE);
        if (ran < n && espy_cpu_waiting(r->cpu)) {
            espy_cpu_idle(r->cpu, RIG_CYCLE);
            r->clock.now += RIG_CYCLE;
            ran++;
        }
        done += ran;
    }
}

/* Starts again and again somewhere else, since random programs soon walk in
 * circles. */
static void run_pieces(rig *r, uint64_t seed, unsigned slice)
{
    for (unsigned i = 0; i < PIECES; i++) {
        pass(r, PIECE, slice);
        espy_cpu_set_pc(r->cpu, RIG_CODE + random_word(&seed) % RIG_SIZE);
        espy_set_ps(r->cpu, PS_WOE | PS_UM);
        r->cpu->window_start |= 1u << r->cpu->window_base;
        espy_window_refresh(r->cpu);
    }
    /* AR in one place, for the comparison. */
    unsigned base = r->cpu->window_base;
    espy_window_set_base(r->cpu, 0);
    r->cpu->window_base = base;
}

static void assert_same(const rig *x, const rig *y)
{
    const espy_cpu *a = x->cpu, *b = y->cpu;
    assert_int_equal(a->pc, b->pc);
    assert_int_equal(a->ps, b->ps);
    assert_int_equal(a->window_base, b->window_base);
    assert_int_equal(a->window_start, b->window_start);
    assert_memory_equal(a->ar, b->ar, sizeof *a->ar * ESPY_AR_COUNT);
    assert_memory_equal(&a->fpu, &b->fpu, sizeof a->fpu);
    assert_memory_equal(a->epc, b->epc, sizeof a->epc);
    assert_memory_equal(a->eps, b->eps, sizeof a->eps);
    assert_memory_equal(x->ram, y->ram, RIG_SIZE);
    assert_int_equal(a->lcount, b->lcount);
    assert_int_equal(a->sar, b->sar);
    assert_int_equal(a->br, b->br);
    assert_int_equal(a->acclo, b->acclo);
    assert_int_equal(a->exccause, b->exccause);
    assert_int_equal(a->excvaddr, b->excvaddr);
    assert_int_equal(a->interrupt, b->interrupt);
    assert_int_equal((uint32_t)a->cycles + a->ccount_base, (uint32_t)b->cycles + b->ccount_base);
    assert_int_equal(a->instructions, b->instructions);
}

static void test_slicing_does_not_matter(void **state)
{
    static rig single, other;
    static const unsigned slices[] = {PIECE, 0, 17};
    (void)state;
    uint64_t seeds = getenv("ESPY_LONG") != NULL ? SEEDS_LONG : SEEDS;
    for (uint64_t seed = 0; seed < seeds; seed++) {
        prepare(&single, seed);
        run_pieces(&single, seed + 1, 1);
        prepare(&other, seed);
        run_pieces(&other, seed + 1, slices[seed % 3]);
        assert_same(&single, &other);
        rig_free(&single);
        rig_free(&other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_slicing_does_not_matter)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
