/* SPDX-License-Identifier: MIT
 *
 * The SHA accelerator with the vectors of NIST's "Cryptographic Standards and
 * Guidelines, Examples with Intermediate Values", fed through its registers and,
 * for long messages, through the DMA controller as mbedTLS' port does.
 */
#include "gdma.h"
#include "sha.h"

#include "../core/bench.h"

#include <stdlib.h>
#include <string.h>

#include "../../base/bytes.h"

enum {
    BASE = 0x6003b000,
    MODE = BASE + 0x00,
    T_STRING = BASE + 0x04,
    T_LENGTH = BASE + 0x08,
    BLOCK_NUM = BASE + 0x0c,
    START = BASE + 0x10,
    CONTINUE = BASE + 0x14,
    BUSY = BASE + 0x18,
    DMA_START = BASE + 0x1c,
    DMA_CONTINUE = BASE + 0x20,
    CLEAR_IRQ = BASE + 0x24,
    INT_ENA = BASE + 0x28,
    H = BASE + 0x40,
    M = BASE + 0x80,
    GDMA_OUT = 0x6003f000 + 0x60
};

enum { SHA1, SHA2_224, SHA2_256, SHA2_384, SHA2_512, SHA2_512224, SHA2_512256, SHA2_512T };

#define RAM 0x3fc88000u
#define RAM_SIZE 0x10000u

typedef struct board {
    bench f;
    probe irq;
    espy_mem mem;
    uint8_t ram[RAM_SIZE];
    espy_gdma gdma;
    espy_sha sha;
} board;

static int setup(void **state)
{
    static const espy_line none[ESPY_GDMA_CHANNELS];
    board *b = calloc(1, sizeof *b);
    assert_non_null(b);
    bench_open(&b->f);
    bench_map_ram(&b->f, &b->mem, b->ram, RAM, sizeof b->ram);
    espy_gdma_init(&b->gdma, &b->f.soc, none, none);
    espy_dma_port port = espy_gdma_port(&b->gdma, ESPY_GDMA_SHA);
    espy_sha_init(&b->sha, &b->f.soc, probe_line(&b->f, &b->irq), &port);
    b->gdma.ready[ESPY_GDMA_SHA] = (espy_line){espy_sha_dma_ready, &b->sha, 0};
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

static size_t block_size(unsigned mode)
{
    return mode <= SHA2_256 ? 64 : 128;
}

/* Pads to whole blocks in out; returns the length. */
static size_t pad(unsigned mode, const char *text, size_t n, uint8_t *out)
{
    size_t size = block_size(mode), room = size == 64 ? 8 : 16;
    size_t total = (n + 1 + room + size - 1) / size * size;
    memset(out, 0, total);
    memcpy(out, text, n);
    out[n] = 0x80;
    for (unsigned i = 0; i < 4; i++)
        out[total - 1 - i] = (uint8_t)(n * 8 >> 8 * i);
    return total;
}

/* As a driver does: words as they lie in memory, START, then CONTINUE. */
static void hash(board *b, unsigned mode, const char *text, bool started)
{
    static uint8_t padded[4096];
    size_t n = pad(mode, text, strlen(text), padded), size = block_size(mode);
    wr(&b->f, MODE, mode);
    for (size_t at = 0; at < n; at += size) {
        for (uint32_t i = 0; i < size; i += 4)
            wr(&b->f, M + i, get_le32(padded + at + i));
        wr(&b->f, at == 0 && !started ? START : CONTINUE, 1);
        assert_int_equal(rd(&b->f, BUSY), 0);
    }
}

static void expect(board *b, const char *hex)
{
    for (uint32_t i = 0; hex[2 * i] != 0; i++) {
        const char digits[3] = {hex[2 * i], hex[2 * i + 1], 0};
        uint32_t word = rd(&b->f, H + (i & ~3u));
        assert_int_equal(word >> 8 * (i & 3) & 0xff, strtoul(digits, NULL, 16));
    }
}

static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
static const char two_long[] = "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
                               "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";

static const struct {
    unsigned mode;
    const char *text, *digest;
} vectors[] = {
    {SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {SHA1, two_blocks, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
    {SHA2_224, "abc", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"},
    {SHA2_224, two_blocks, "75388b16512776cc5dba5da1fd890150b0c6455cb4f58b1952522525"},
    {SHA2_256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {SHA2_256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {SHA2_256, two_blocks, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {SHA2_384, "abc",
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"},
    {SHA2_384, two_long,
     "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712fcc7c71a557e2db966c3e9fa91746039"},
    {SHA2_512, "abc",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    {SHA2_512, two_long,
     "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
     "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909"},
    {SHA2_512224, "abc", "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa"},
    {SHA2_512224, two_long, "23fec5bb94d60b23308192640b0c453335d664734fe40e7268674af9"},
    {SHA2_512256, "abc", "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"},
    {SHA2_512256, two_long, "3928e184fb8690f840da3988121d31be65cb9d3ef83ee6146feac861e19b563a"},
};

static void test_nist_vectors(void **state)
{
    board *b = *state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        hash(b, vectors[i].mode, vectors[i].text, false);
        expect(b, vectors[i].digest);
    }
}

/* T_STRING and T_LENGTH as the ROM's ets_sha_starts makes them; t = 256 must equal SHA-512/256. */
static void test_sha512_t(void **state)
{
    board *b = *state;
    wr(&b->f, MODE, SHA2_512T);
    wr(&b->f, T_STRING, '2' << 24 | '5' << 16 | '6' << 8 | 0x80);
    wr(&b->f, T_LENGTH, 88);
    wr(&b->f, START, 1);
    hash(b, SHA2_512T, "abc", true);
    expect(b, "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23");
}

/* A driver may put a saved state back and go on with another message. */
static void test_state_can_be_saved(void **state)
{
    board *b = *state;
    uint8_t padded[128];
    assert_int_equal(pad(SHA2_256, two_blocks, strlen(two_blocks), padded), 128);
    wr(&b->f, MODE, SHA2_256);
    for (uint32_t i = 0; i < 64; i += 4)
        wr(&b->f, M + i, get_le32(padded + i));
    wr(&b->f, START, 1);
    uint32_t saved[8];
    for (uint32_t i = 0; i < 8; i++)
        saved[i] = rd(&b->f, H + 4 * i);
    hash(b, SHA1, "abc", false);
    wr(&b->f, MODE, SHA2_256);
    for (uint32_t i = 0; i < 8; i++)
        wr(&b->f, H + 4 * i, saved[i]);
    for (uint32_t i = 0; i < 64; i += 4)
        wr(&b->f, M + i, get_le32(padded + 64 + i));
    wr(&b->f, CONTINUE, 1);
    expect(b, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

/* A descriptor at `at` for n bytes. */
static void describe(board *b, uint32_t at, uint32_t buffer, uint32_t n, uint32_t next)
{
    wr(&b->f, at, 1u << 31 | (next == 0 ? 1u << 30 : 0) | n << 12 | n);
    wr(&b->f, at + 4, buffer);
    wr(&b->f, at + 8, next);
}

/* NIST's long example: a million times "a", in DMA transfers of 31 blocks. */
static void test_dma_million_a(void **state)
{
    board *b = *state;
    enum { CHUNK = 31 * 64, TOTAL = 1000000 };
    static uint8_t message[TOTAL + 128];
    static char text[TOTAL];
    memset(text, 'a', sizeof text);
    size_t n = pad(SHA2_256, text, TOTAL, message);
    wr(&b->f, MODE, SHA2_256);
    for (size_t at = 0; at < n; at += CHUNK) {
        uint32_t length = (uint32_t)(n - at < CHUNK ? n - at : CHUNK);
        memcpy(b->ram + 0x1001, message + at, length);
        /* Two descriptors that split a block. */
        describe(b, RAM + 0x100, RAM + 0x1001, length / 2 + 5, RAM + 0x200);
        describe(b, RAM + 0x200, RAM + 0x1001 + length / 2 + 5, length - length / 2 - 5, 0);
        wr(&b->f, GDMA_OUT + 0x00, 1);
        wr(&b->f, GDMA_OUT + 0x00, 0);
        wr(&b->f, GDMA_OUT + 0x48, ESPY_GDMA_SHA);
        wr(&b->f, GDMA_OUT + 0x20, 1u << 21 | ((RAM + 0x100) & 0xfffff));
        wr(&b->f, BLOCK_NUM, length / 64);
        wr(&b->f, at == 0 ? DMA_START : DMA_CONTINUE, 1);
        assert_int_equal(rd(&b->f, BUSY), 0);
    }
    expect(b, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void test_dma_waits_for_data(void **state)
{
    board *b = *state;
    assert_int_equal(pad(SHA2_512, "abc", 3, b->ram + 0x1000), 128);
    wr(&b->f, MODE, SHA2_512);
    wr(&b->f, INT_ENA, 1);
    wr(&b->f, BLOCK_NUM, 1);
    wr(&b->f, DMA_START, 1);
    assert_int_equal(rd(&b->f, BUSY), 1);
    assert_false(b->irq.level);
    describe(b, RAM + 0x100, RAM + 0x1000, 128, 0);
    wr(&b->f, GDMA_OUT + 0x48, ESPY_GDMA_SHA);
    wr(&b->f, GDMA_OUT + 0x20, 1u << 21 | ((RAM + 0x100) & 0xfffff));
    assert_int_equal(rd(&b->f, BUSY), 0);
    assert_true(b->irq.level);
    wr(&b->f, CLEAR_IRQ, 1);
    assert_false(b->irq.level);
    expect(b, "ddaf35a193617abacc417349ae204131");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nist_vectors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sha512_t, setup, teardown),
        cmocka_unit_test_setup_teardown(test_state_can_be_saved, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dma_million_a, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dma_waits_for_data, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
