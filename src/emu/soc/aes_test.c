/* SPDX-License-Identifier: MIT
 *
 * The AES accelerator with the vectors of FIPS 197, appendix C, and of NIST
 * SP 800-38A, appendix F, through its registers and through the DMA controller.
 */
#include "aes.h"
#include "gdma.h"

#include "../core/bench.h"

#include <stdlib.h>
#include <string.h>

enum {
    BASE = 0x6003a000,
    KEY = BASE + 0x00,
    TEXT_IN = BASE + 0x20,
    TEXT_OUT = BASE + 0x30,
    MODE = BASE + 0x40,
    TRIGGER = BASE + 0x48,
    STATE = BASE + 0x4c,
    IV = BASE + 0x50,
    DMA_ENABLE = BASE + 0x90,
    BLOCK_MODE = BASE + 0x94,
    BLOCK_NUM = BASE + 0x98,
    INC_SEL = BASE + 0x9c,
    INT_CLR = BASE + 0xac,
    INT_ENA = BASE + 0xb0,
    DMA_EXIT = BASE + 0xb8,
    GDMA_IN = 0x6003f000,
    GDMA_OUT = 0x6003f060
};

enum { ECB, CBC, OFB, CTR, CFB8, CFB128 };
enum { ENCRYPT_128 = 0, ENCRYPT_256 = 2, DECRYPT_128 = 4, DECRYPT_256 = 6 };

#define RAM 0x3fc88000u
#define RAM_SIZE 0x10000u
#define LIST (RAM + 0x100)
#define PLAIN 0x1000
#define OUTPUT 0x2000

typedef struct board {
    bench f;
    probe irq;
    espy_mem mem;
    uint8_t ram[RAM_SIZE];
    espy_gdma gdma;
    espy_aes aes;
} board;

static int setup(void **state)
{
    static const espy_line none[ESPY_GDMA_CHANNELS];
    board *b = calloc(1, sizeof *b);
    assert_non_null(b);
    bench_open(&b->f);
    bench_map_ram(&b->f, &b->mem, b->ram, RAM, sizeof b->ram);
    espy_gdma_init(&b->gdma, &b->f.soc, none, none);
    espy_dma_port port = espy_gdma_port(&b->gdma, ESPY_GDMA_AES);
    espy_aes_init(&b->aes, &b->f.soc, probe_line(&b->f, &b->irq), &port);
    b->gdma.ready[ESPY_GDMA_AES] = (espy_line){espy_aes_dma_ready, &b->aes, 0};
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    board *b = *state;
    espy_mem_free(&b->mem);
    bench_close(&b->f);
    free(b);
    return 0;
}

static size_t unhex(const char *hex, uint8_t *bytes)
{
    size_t n = 0;
    for (; hex[2 * n] != 0; n++) {
        const char digits[3] = {hex[2 * n], hex[2 * n + 1], 0};
        bytes[n] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return n;
}

static void load(board *b, uint32_t addr, const char *hex)
{
    uint8_t bytes[64];
    size_t n = unhex(hex, bytes);
    for (uint32_t i = 0; i < n; i += 4)
        wr(&b->f, addr + i, bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 | (uint32_t)bytes[i + 3] << 24);
}

static void expect(board *b, uint32_t addr, const char *hex)
{
    uint8_t bytes[64];
    size_t n = unhex(hex, bytes);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(rd(&b->f, addr + (i & ~3u)) >> 8 * (i & 3) & 0xff, bytes[i]);
}

/* FIPS 197, C.1 and C.3. */
static void test_single_blocks(void **state)
{
    board *b = *state;
    static const struct {
        unsigned mode;
        const char *key, *in, *out;
    } vectors[] = {
        {ENCRYPT_128, "000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff",
         "69c4e0d86a7b0430d8cdb78070b4c55a"},
        {DECRYPT_128, "000102030405060708090a0b0c0d0e0f", "69c4e0d86a7b0430d8cdb78070b4c55a",
         "00112233445566778899aabbccddeeff"},
        {ENCRYPT_256, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
         "00112233445566778899aabbccddeeff", "8ea2b7ca516745bfeafc49904b496089"},
        {DECRYPT_256, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
         "8ea2b7ca516745bfeafc49904b496089", "00112233445566778899aabbccddeeff"},
    };
    for (unsigned i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        wr(&b->f, MODE, vectors[i].mode);
        load(b, KEY, vectors[i].key);
        load(b, TEXT_IN, vectors[i].in);
        wr(&b->f, TRIGGER, 1);
        assert_int_equal(rd(&b->f, STATE), 0);
        expect(b, TEXT_OUT, vectors[i].out);
        assert_int_equal(rd(&b->f, KEY), 0); /* write-only */
    }
}

static void describe(board *b, uint32_t at, uint32_t dw0, uint32_t buffer, uint32_t next)
{
    wr(&b->f, at, dw0);
    wr(&b->f, at + 4, buffer);
    wr(&b->f, at + 8, next);
}

/* As ESP-IDF's port of mbedTLS: link the buffers, start both halves, trigger, wait, leave. */
static void run_dma(board *b, unsigned mode, const char *in, const char *out)
{
    uint32_t n = (uint32_t)unhex(in, b->ram + PLAIN);
    memset(b->ram + OUTPUT, 0, n);
    describe(b, LIST, 1u << 31 | 5 << 12 | 5, RAM + PLAIN, LIST + 12); /* splits a block */
    describe(b, LIST + 12, 3u << 30 | (n - 5) << 12 | (n - 5), RAM + PLAIN + 5, 0);
    describe(b, LIST + 24, 1u << 31 | n, RAM + OUTPUT, 0);
    wr(&b->f, GDMA_OUT + 0x48, ESPY_GDMA_AES);
    wr(&b->f, GDMA_IN + 0x48, ESPY_GDMA_AES);
    wr(&b->f, BLOCK_MODE, mode);
    wr(&b->f, BLOCK_NUM, n / 16);
    wr(&b->f, DMA_ENABLE, 1);
    wr(&b->f, GDMA_IN + 0x20, 1u << 22 | ((LIST + 24) & 0xfffff));
    wr(&b->f, TRIGGER, 1);
    assert_int_equal(rd(&b->f, STATE), 1); /* nothing to read yet */
    wr(&b->f, GDMA_OUT + 0x20, 1u << 21 | (LIST & 0xfffff));
    assert_int_equal(rd(&b->f, STATE), 2);
    wr(&b->f, DMA_EXIT, 0);
    wr(&b->f, DMA_ENABLE, 0);
    assert_int_equal(rd(&b->f, STATE), 0);
    assert_int_equal(rd(&b->f, LIST + 24), 1u << 30 | n << 12 | n); /* the descriptor is the CPU's again */
    uint8_t expected[64];
    unhex(out, expected);
    assert_memory_equal(b->ram + OUTPUT, expected, n);
}

static const char key_128[] = "2b7e151628aed2a6abf7158809cf4f3c";
static const char iv[] = "000102030405060708090a0b0c0d0e0f";
static const char plain[] = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                            "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";

/* SP 800-38A, F.1.1, F.2.1, F.4.1, F.3.13, F.5.1. */
static const struct {
    unsigned mode;
    const char *iv, *cipher;
} modes[] = {
    {ECB, iv,
     "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf"
     "43b1cd7f598ece23881b00e3ed0306887b0c785e27e8ad3f8223207104725dd4"},
    {CBC, iv,
     "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
     "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7"},
    {OFB, iv,
     "3b3fd92eb72dad20333449f8e83cfb4a7789508d16918f03f53c52dac54ed825"
     "9740051e9c5fecf64344f7a82260edcc304c6528f659c77866a510d9c1d6ae5e"},
    {CFB128, iv,
     "3b3fd92eb72dad20333449f8e83cfb4ac8a64537a0b3a93fcde3cdad9f1ce58b"
     "26751f67a3cbb140b1808cf187a4f4dfc04b05357c5d1c0eeac4c66f9ff7f2e6"},
    {CTR, "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
     "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
     "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee"},
};

static void test_modes_by_dma(void **state)
{
    board *b = *state;
    load(b, KEY, key_128);
    for (unsigned i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        wr(&b->f, MODE, ENCRYPT_128);
        load(b, IV, modes[i].iv);
        run_dma(b, modes[i].mode, plain, modes[i].cipher);
        wr(&b->f, MODE, DECRYPT_128);
        load(b, IV, modes[i].iv);
        run_dma(b, modes[i].mode, modes[i].cipher, plain);
    }
}

/* F.3.7, its first 16 segments; the vector has 18. */
static void test_cfb8(void **state)
{
    board *b = *state;
    static const char cipher[] = "3b79424c9c0dd436bace9e0ed4586a4f";
    static const char text[] = "6bc1bee22e409f96e93d7e117393172a";
    load(b, KEY, key_128);
    wr(&b->f, MODE, ENCRYPT_128);
    load(b, IV, iv);
    run_dma(b, CFB8, text, cipher);
    expect(b, IV, cipher); /* the register has become the last 16 bytes */
    wr(&b->f, MODE, DECRYPT_128);
    load(b, IV, iv);
    run_dma(b, CFB8, cipher, text);
}

/* The counter's carry: out of 32 bits is lost, or goes on, by INC_SEL. */
static void test_counter_width(void **state)
{
    board *b = *state;
    static const char zeros[] = "00000000000000000000000000000000";
    load(b, KEY, key_128);
    load(b, IV, "0000000000000000ffffffffffffffff");
    wr(&b->f, BLOCK_MODE, CTR);
    wr(&b->f, MODE, ENCRYPT_128);
    load(b, TEXT_IN, "0000000000000000ffffffffffffffff");
    wr(&b->f, TRIGGER, 1);
    char stream[33];
    for (uint32_t i = 0; i < 16; i++)
        for (unsigned half = 0; half < 2; half++)
            stream[2 * i + half] =
                "0123456789abcdef"[rd(&b->f, TEXT_OUT + (i & ~3u)) >> (8 * (i & 3) + (half == 0 ? 4 : 0)) & 15];
    stream[32] = 0;
    wr(&b->f, INC_SEL, 0);
    run_dma(b, CTR, zeros, stream);
    expect(b, IV, "0000000000000000ffffffff00000000");
    load(b, IV, "0000000000000000ffffffffffffffff");
    wr(&b->f, INC_SEL, 1);
    run_dma(b, CTR, zeros, stream);
    expect(b, IV, "00000000000000010000000000000000");
}

static void test_interrupt(void **state)
{
    board *b = *state;
    wr(&b->f, INT_ENA, 1);
    load(b, KEY, key_128);
    run_dma(b, ECB, plain, modes[0].cipher);
    assert_true(b->irq.level);
    wr(&b->f, INT_CLR, 1);
    assert_false(b->irq.level);
}

/* A list that ends in itself: the guest's processor must get its turn, and find the engine busy. */
static void test_endless_list(void **state)
{
    board *b = *state;
    describe(b, LIST, 1u << 31 | 4080 << 12 | 4080, RAM + PLAIN, LIST);
    describe(b, LIST + 24, 1u << 31 | 4080, RAM + OUTPUT, LIST + 24);
    wr(&b->f, GDMA_OUT + 0x48, ESPY_GDMA_AES);
    wr(&b->f, GDMA_IN + 0x48, ESPY_GDMA_AES);
    wr(&b->f, BLOCK_NUM, 5000);
    wr(&b->f, DMA_ENABLE, 1);
    wr(&b->f, GDMA_IN + 0x20, 1u << 22 | ((LIST + 24) & 0xfffff));
    wr(&b->f, GDMA_OUT + 0x20, 1u << 21 | (LIST & 0xfffff));
    wr(&b->f, TRIGGER, 1);
    assert_int_equal(rd(&b->f, STATE), 1);
    pass(&b->f, ESPY_TICKS_PER_MS);
    assert_int_equal(rd(&b->f, STATE), 2);
    wr(&b->f, BLOCK_NUM, 0xffffffff);
    wr(&b->f, TRIGGER, 1);
    pass(&b->f, 3 * ESPY_TICKS_PER_MS);
    assert_int_equal(rd(&b->f, STATE), 1);
    wr(&b->f, DMA_EXIT, 1);
    pass(&b->f, ESPY_TICKS_PER_SECOND);
    assert_int_equal(rd(&b->f, STATE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_single_blocks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_modes_by_dma, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cfb8, setup, teardown),
        cmocka_unit_test_setup_teardown(test_counter_width, setup, teardown),
        cmocka_unit_test_setup_teardown(test_interrupt, setup, teardown),
        cmocka_unit_test_setup_teardown(test_endless_list, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
