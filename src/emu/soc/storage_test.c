/* SPDX-License-Identifier: MIT
 *
 * Blocks that only store: the table is sound, and each block stores.
 */
#include "storage.h"

#include "../core/bench.h"

#include <string.h>

static void the_table_fits_and_does_not_overlap(void **state)
{
    (void)state;
    unsigned blocks = 0, words = 0;
    for (const espy_storage_block *a = espy_storage_blocks; a->name != NULL; a++) {
        blocks++;
        words += a->size / 4;
        assert_int_equal(a->size % 4, 0);
        for (size_t i = 0; i < a->init_count; i++)
            assert_true(a->init[i].offset < a->size && a->init[i].offset % 4 == 0);
        for (const espy_storage_block *b = espy_storage_blocks; b < a; b++)
            assert_true(a->base + a->size <= b->base || b->base + b->size <= a->base);
    }
    assert_in_range(blocks, 1, ESPY_STORAGE_BLOCKS);
    assert_in_range(words, 1, ESPY_STORAGE_WORDS);
}

static void blocks_store_and_reset(void **state)
{
    (void)state;
    bench b;
    static espy_storage storage; /* 48 KiB */
    bench_open(&b);
    espy_storage_init(&storage, &b.soc);
    for (const espy_storage_block *block = espy_storage_blocks; block->name != NULL; block++) {
        uint32_t last = block->base + block->size - 4;
        uint32_t before = rd(&b, last);
        wr(&b, last, 0xA5A55A5A);
        assert_int_equal(rd(&b, last), 0xA5A55A5A);
        espy_storage_reset(&storage, ESPY_RESET_CORE);
        assert_int_equal(rd(&b, last), block->survives ? 0xA5A55A5A : before);
        espy_storage_reset(&storage, ESPY_RESET_SYSTEM);
        assert_int_equal(rd(&b, last), before);
    }
    assert_int_equal(b.bus.unmapped, 0);
    bench_close(&b);
}

/* Some dates and reset values as ESP-IDF's *_reg.h document them. */
static void reset_values_are_the_documented_ones(void **state)
{
    (void)state;
    static const struct {
        uint32_t addr, value;
    } facts[] = {
        {0x600263FC, 0x02101150},                           /* APB_CTRL_DATE */
        {0x600C1FFC, 0x02101280},                           /* SENSITIVE_DATE */
        {0x600160CC, 0x02101181},                           /* RMT_DATE */
        {0x600190FC, 0x19040200},                           /* LEDC_DATE */
        {0x600130F8, 0x20070201},                           /* I2C0_DATE */
        {0x600270F8, 0x20070201},                           /* I2C1_DATE */
        {0x600400FC, 0x00000000}, {0x600403FC, 0x02101180}, /* APB_SARADC_APB_CTRL_DATE */
        {0x60026000, 0x00000001},                           /* APB_CTRL_SYSCLK_CONF */
        {0x6002B000, 0x00000001},                           /* TWAI: reset mode */
    };
    bench b;
    static espy_storage storage;
    bench_open(&b);
    espy_storage_init(&storage, &b.soc);
    for (unsigned i = 0; i < sizeof facts / sizeof *facts; i++)
        assert_int_equal(rd(&b, facts[i].addr), facts[i].value);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_fits_and_does_not_overlap),
        cmocka_unit_test(blocks_store_and_reset),
        cmocka_unit_test(reset_values_are_the_documented_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
