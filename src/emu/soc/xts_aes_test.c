/* SPDX-License-Identifier: MIT
 *
 * XTS_AES: the cipher, what enables it, and what the cache sees.
 *
 * The ciphertexts are those of `espsecure encrypt-flash-data --aes-xts --address A` (espsecure
 * 5.6.0) for the plaintext 00 01 02 ... and a key file of the bytes 00 01 02 ..., of 32 or 64.
 */
#include "xts_aes.h"

#include "../core/bench.h"

#include <string.h>

static const uint8_t short_at_10[16] = {0x66, 0xdf, 0x73, 0xb1, 0x23, 0x80, 0x87, 0xc0,
                                        0x1a, 0xae, 0xc8, 0xe1, 0x2b, 0xec, 0xe1, 0xb0};
/* Over the end of a unit of 128 bytes. */
static const uint8_t short_at_1234560[48] = {0x99, 0x65, 0x22, 0x4e, 0x2a, 0xa1, 0x6e, 0x8b, 0x84, 0xe4, 0x4f, 0x5c,
                                             0xdf, 0xb8, 0xd4, 0x79, 0xfa, 0x80, 0x5e, 0xa6, 0x27, 0xc8, 0x12, 0x46,
                                             0xbd, 0xdb, 0x64, 0x44, 0x17, 0xf3, 0x1d, 0x3b, 0xc8, 0xf9, 0xcb, 0xcb,
                                             0xeb, 0xe7, 0x06, 0xe9, 0xaf, 0xeb, 0x7f, 0x28, 0x25, 0xdc, 0x7e, 0x1f};
static const uint8_t long_at_10070[32] = {0x75, 0xc3, 0xbc, 0x87, 0x0e, 0xfe, 0xe4, 0xd2, 0xc8, 0x3b, 0x39,
                                          0x39, 0x7b, 0x10, 0x86, 0x8f, 0x89, 0x9e, 0x35, 0x99, 0x2e, 0xb9,
                                          0xbf, 0xdb, 0x95, 0x08, 0xbf, 0x7c, 0x65, 0x2f, 0xfa, 0xe8};

enum {
    BASE = 0x600cc000,
    LINESIZE = BASE + 0x40,
    PHYSICAL_ADDRESS = BASE + 0x48,
    TRIGGER = BASE + 0x4c,
    RELEASE = BASE + 0x50,
    DESTROY = BASE + 0x54,
    STATE = BASE + 0x58,
    FLASH_SIZE = 0x20000,
    SPI_MANUAL_ENCRYPT = 1,
    DOWNLOAD_G0CB_DECRYPT = 4,
    DOWNLOAD_MANUAL_ENCRYPT = 8
};

static void count(uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)i;
}

static void check_vector(unsigned key_size, uint32_t addr, const uint8_t *want, size_t n)
{
    uint8_t key_file[64], plain[48], bytes[48];
    espy_xts_key key;
    count(key_file, key_size);
    count(plain, n);
    espy_xts_expand(&key, key_file, key_size);
    memcpy(bytes, plain, n);
    espy_xts_encrypt(&key, addr, bytes, n);
    assert_memory_equal(bytes, want, n);
    espy_xts_decrypt(&key, addr, bytes, n);
    assert_memory_equal(bytes, plain, n);
}

static void test_vectors(void **state)
{
    (void)state;
    check_vector(32, 0x10, short_at_10, sizeof short_at_10);
    check_vector(32, 0x1234560, short_at_1234560, sizeof short_at_1234560);
    check_vector(64, 0x10070, long_at_10070, sizeof long_at_10070);
}

typedef struct board {
    bench f;
    espy_flash_crypt crypt;
    espy_xts_aes xts;
    espy_mem flash, clear;
    probe decrypts;
    uint8_t bytes[FLASH_SIZE], clear_bytes[FLASH_SIZE], known[FLASH_SIZE / 0x10000];
} board;

static void setup(board *b, unsigned key_size)
{
    memset(b, 0, sizeof *b);
    bench_open(&b->f);
    assert_int_equal(espy_mem_init(&b->flash, "flash", b->bytes, FLASH_SIZE, NULL), ESPY_OK);
    assert_int_equal(espy_mem_init(&b->clear, "clear", b->clear_bytes, FLASH_SIZE, NULL), ESPY_OK);
    espy_xts_aes_init(&b->xts, &b->f.soc, &b->flash, &b->clear, b->known);
    b->xts.decrypts = probe_line(&b->f, &b->decrypts);
    count(b->crypt.key, key_size);
    b->crypt.key_size = key_size;
    espy_xts_aes_reset(&b->xts, &b->crypt);
}

static void teardown(board *b)
{
    espy_mem_free(&b->flash);
    espy_mem_free(&b->clear);
    bench_close(&b->f);
}

static void fill(board *b, unsigned at, unsigned n)
{
    for (unsigned i = 0; i < n; i += 4)
        wr(&b->f, BASE + at + i, 0x03020100 + i * 0x01010101);
}

/* Goes through the steps of spi_flash_encrypted_ll.h; 0: nothing came. */
static size_t encrypt(board *b, uint32_t addr, uint32_t linesize, const uint8_t **bytes)
{
    uint32_t taken = 0;
    wr(&b->f, LINESIZE, linesize);
    fill(b, addr % 64, 16u << linesize);
    wr(&b->f, PHYSICAL_ADDRESS, addr);
    wr(&b->f, TRIGGER, 1);
    if (rd(&b->f, STATE) != 2)
        return 0;
    assert_int_equal(espy_xts_aes_take(&b->xts, &taken, bytes), 0); /* not before it is released */
    wr(&b->f, RELEASE, 1);
    assert_int_equal(rd(&b->f, STATE), 3);
    size_t n = espy_xts_aes_take(&b->xts, &taken, bytes);
    assert_int_equal(taken, addr);
    wr(&b->f, DESTROY, 1);
    assert_int_equal(rd(&b->f, STATE), 0);
    return n;
}

static void test_manual_encryption(void **state)
{
    (void)state;
    board b;
    const uint8_t *bytes = NULL;
    setup(&b, 32);
    assert_int_equal(encrypt(&b, 0x10, 0, &bytes), 0); /* not enabled */
    espy_xts_aes_control(&b.xts, DOWNLOAD_MANUAL_ENCRYPT);
    assert_int_equal(encrypt(&b, 0x10, 0, &bytes), 16);
    assert_memory_equal(bytes, short_at_10, 16);
    assert_int_equal(encrypt(&b, 0x1234560, 1, &bytes), 32);
    assert_memory_equal(bytes, short_at_1234560, 32);
    espy_xts_aes_set_flash_boot(&b.xts, true); /* where another bit enables it */
    assert_int_equal(encrypt(&b, 0x10, 0, &bytes), 0);
    espy_xts_aes_control(&b.xts, SPI_MANUAL_ENCRYPT);
    assert_int_equal(encrypt(&b, 0x10, 0, &bytes), 16);
    teardown(&b);
}

static void test_fuse_forbids_it_in_download_mode(void **state)
{
    (void)state;
    board b;
    const uint8_t *bytes = NULL;
    setup(&b, 32);
    b.crypt.no_download_encrypt = true;
    espy_xts_aes_control(&b.xts, SPI_MANUAL_ENCRYPT | DOWNLOAD_MANUAL_ENCRYPT);
    espy_xts_aes_reset(&b.xts, &b.crypt);
    assert_int_equal(encrypt(&b, 0x10, 0, &bytes), 0);
    espy_xts_aes_set_flash_boot(&b.xts, true);
    assert_int_equal(encrypt(&b, 0x10, 0, &bytes), 16);
    teardown(&b);
}

static void test_long_key(void **state)
{
    (void)state;
    board b;
    const uint8_t *bytes = NULL;
    setup(&b, 64);
    espy_xts_aes_control(&b.xts, DOWNLOAD_MANUAL_ENCRYPT);
    assert_int_equal(encrypt(&b, 0x10060, 1, &bytes), 32);
    assert_int_equal(encrypt(&b, 0x10070, 0, &bytes), 16);
    assert_memory_equal(bytes, long_at_10070, 16);
    teardown(&b);
}

static void test_the_cache_sees_plaintext(void **state)
{
    (void)state;
    board b;
    uint8_t plain[32];
    setup(&b, 64);
    count(plain, sizeof plain);
    memcpy(b.bytes + 0x10070, long_at_10070, 32);
    b.crypt.boot_decrypts = true;
    espy_xts_aes_reset(&b.xts, &b.crypt);
    assert_ptr_equal(espy_xts_aes_page(&b.xts, 0x10000), &b.flash); /* in download mode */
    espy_xts_aes_set_flash_boot(&b.xts, true);
    assert_true(b.decrypts.level);
    assert_ptr_equal(espy_xts_aes_page(&b.xts, 0x10000), &b.clear);
    assert_memory_equal(b.clear_bytes + 0x10070, plain, 32);
    b.crypt.boot_decrypts = false;
    espy_xts_aes_reset(&b.xts, &b.crypt);
    assert_false(b.decrypts.level);
    espy_xts_aes_set_flash_boot(&b.xts, false);
    espy_xts_aes_control(&b.xts, DOWNLOAD_G0CB_DECRYPT);
    assert_true(b.decrypts.level);
    teardown(&b);
}

static void test_the_cache_sees_what_is_written(void **state)
{
    (void)state;
    board b;
    uint8_t plain[48];
    setup(&b, 32);
    count(plain, sizeof plain);
    espy_xts_aes_control(&b.xts, DOWNLOAD_G0CB_DECRYPT);
    assert_ptr_equal(espy_xts_aes_page(&b.xts, 0), &b.clear);
    memcpy(b.bytes + 0x10, short_at_10, 16);
    espy_bus_mem_changed(&b.f.bus, &b.flash, 0x10, 1); /* as a chip says that programs byte by byte */
    assert_memory_equal(b.clear_bytes + 0x10, plain, 16);
    teardown(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_manual_encryption),
        cmocka_unit_test(test_fuse_forbids_it_in_download_mode),
        cmocka_unit_test(test_long_key),
        cmocka_unit_test(test_the_cache_sees_plaintext),
        cmocka_unit_test(test_the_cache_sees_what_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
