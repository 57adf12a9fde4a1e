/* SPDX-License-Identifier: MIT
 *
 * The random numbers repeat with the seed and do not repeat otherwise.
 */
#include "rng.h"

#include "../core/bench.h"

#define WDEV_RND 0x6003507c

static void test_sequence_is_that_of_the_seed(void **state)
{
    (void)state;
    bench a, b;
    espy_rng ra, rb;
    bench_open(&a);
    bench_open(&b);
    espy_rng_init(&ra, &a.soc, 0);
    espy_rng_init(&rb, &b.soc, 0);
    uint32_t ones = 0, last = 0;
    for (unsigned n = 0; n < 1000; n++) {
        uint32_t word = rd(&a, WDEV_RND);
        assert_int_equal(word, rd(&b, WDEV_RND));
        assert_int_not_equal(word, last);
        last = word;
        for (; word != 0; word &= word - 1)
            ones++;
    }
    /* 32000 bits: six standard deviations are 537. */
    assert_in_range(ones, 16000 - 537, 16000 + 537);
    bench_close(&b);
    bench_open(&b);
    espy_rng_init(&rb, &b.soc, 1);
    assert_int_not_equal(espy_rng_next(&ra), espy_rng_next(&rb));
    bench_close(&a);
    bench_close(&b);
}

/* xorshift64* from state 1: 1 ^ 1 << 25 ^ (1 ^ 1 << 25) >> 27 is 0x2000001, times the multiplier. */
static void test_first_word(void **state)
{
    (void)state;
    bench b;
    espy_rng rng;
    bench_open(&b);
    espy_rng_init(&rng, &b.soc, 1);
    assert_int_equal(rd(&b, WDEV_RND), (UINT64_C(0x2000001) * UINT64_C(0x2545f4914f6cdd1d)) >> 32);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sequence_is_that_of_the_seed),
        cmocka_unit_test(test_first_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
