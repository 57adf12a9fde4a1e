/* SPDX-License-Identifier: MIT
 *
 * A file of eFuses: espefuse's layout, what of the module stays, what is kept of hidden keys,
 * and what is refused.
 *
 * The words below are where espefuse 5.6.0 (`--chip esp32s3 --virt --path-efuse-file`) writes
 * them; each is that of a register, its highest byte first, 512 - 4 - offset into the file.
 */
#include "efuse_file.h"

#include "core/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PGM_DATA0 = 0x60007000,
    CONF = 0x600071cc,
    CMD = 0x600071d4,
    AT_DATA1 = 0x1c8, /* SPI_BOOT_CRYPT_CNT, KEY_PURPOSE_0 */
    AT_RD_DIS = 0x1cc,
    AT_MAC_LOW = 0x1b8,
    AT_KEY0_WORD0 = 0x160,
    AT_CONF = 0x30
};

typedef struct board {
    bench f;
    espy_efuse efuse;
    espy_efuse_file file;
} board;

static char dir[] = "/tmp/espy_efuse_XXXXXX";
static char path[64];
static uint8_t image[1024];

static int setup(void **state)
{
    (void)state;
    strcpy(dir + strlen(dir) - 6, "XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/efuse.bin", dir);
    memset(image, 0, sizeof image);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(dir);
}

static void put(size_t n)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(image, 1, n, file), n);
    fclose(file);
}

static size_t get(void)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t n = fread(image, 1, sizeof image, file);
    fclose(file);
    return n;
}

static espy_status open_board(board *b, espy_err *err)
{
    memset(b, 0, sizeof *b);
    bench_open(&b->f);
    espy_efuse_init(&b->efuse, &b->f.soc, &(espy_efuse_config){.psram_size = 8 << 20});
    return espy_efuse_file_open(&b->file, path, &b->efuse, NULL, err);
}

static void close_board(board *b)
{
    espy_efuse_file_close(&b->file);
    bench_close(&b->f);
}

static void program(board *b, unsigned block, unsigned word, uint32_t value)
{
    wr(&b->f, PGM_DATA0 + 4 * word, value);
    wr(&b->f, CONF, 0x5a5a);
    wr(&b->f, CMD, block << 2 | 2);
    wr(&b->f, PGM_DATA0 + 4 * word, 0);
}

static void a_new_file_has_the_modules_fuses(void **state)
{
    (void)state;
    static const uint8_t mac_low[4] = {0xa1, 0x00, 0x53, 0x33};
    board b;
    assert_int_equal(open_board(&b, NULL), ESPY_OK);
    close_board(&b);
    assert_int_equal(get(), 512);
    assert_memory_equal(image + AT_MAC_LOW, mac_low, 4);
    assert_int_equal(image[AT_DATA1 + 3], 0x70); /* VDD_SPI_FORCE, TIEH and XPD, for PSRAM in the package */
}

static void espefuses_file_adds_to_the_module(void **state)
{
    (void)state;
    board b;
    image[AT_DATA1 + 1] = 0x04; /* SPI_BOOT_CRYPT_CNT: 1 */
    image[AT_CONF + 2] = 0x5a;  /* what espefuse leaves in other registers */
    put(512);
    assert_int_equal(open_board(&b, NULL), ESPY_OK);
    assert_int_equal(espy_efuse_word(&b.efuse, 0, 2), 0x00040070);
    assert_int_equal(espy_efuse_word(&b.efuse, 1, 0), 0xa1005333);
    program(&b, 0, 2, 0x00080000);
    close_board(&b);
    assert_int_equal(get(), 512);
    assert_int_equal(image[AT_DATA1 + 1], 0x0c);
    assert_int_equal(image[AT_CONF + 2], 0x5a);
}

static void the_files_own_mac_counts(void **state)
{
    (void)state;
    board b;
    image[AT_MAC_LOW] = 0x12;
    put(512);
    assert_int_equal(open_board(&b, NULL), ESPY_OK);
    assert_int_equal(espy_efuse_word(&b.efuse, 1, 0), 0x12000000);
    close_board(&b);
}

static void a_hidden_key_is_kept(void **state)
{
    (void)state;
    board b;
    assert_int_equal(open_board(&b, NULL), ESPY_OK);
    program(&b, 4, 0, 0xcafef00d);
    assert_int_equal(get(), 512);
    assert_int_equal(image[AT_KEY0_WORD0], 0xca);
    program(&b, 0, 1, 1); /* RD_DIS of BLOCK_KEY0 */
    close_board(&b);
    assert_int_equal(get(), 512 + 7 * 32);
    assert_int_equal(image[AT_KEY0_WORD0], 0);
    assert_int_equal(open_board(&b, NULL), ESPY_OK);
    assert_int_equal(espy_efuse_word(&b.efuse, 4, 0), 0xcafef00d);
    assert_int_equal(rd(&b.f, 0x6000709c), 0);
    close_board(&b);
}

static void a_forgotten_key_is_told(void **state)
{
    (void)state;
    board b;
    espy_err err = {0};
    image[AT_DATA1] = 0x04;      /* KEY_PURPOSE_0: XTS_AES_128_KEY */
    image[AT_RD_DIS + 3] = 0x01; /* BLOCK_KEY0 */
    put(512);
    assert_int_equal(open_board(&b, &err), ESPY_E_ARG);
    assert_non_null(strstr(err.text, "BLOCK_KEY0 holds an encryption key"));
    close_board(&b);
    image[AT_DATA1] = 0x08; /* HMAC_UP */
    put(512);
    assert_int_equal(open_board(&b, NULL), ESPY_OK);
    close_board(&b);
}

static void other_files_are_refused_untouched(void **state)
{
    (void)state;
    board b;
    espy_err err = {0};
    put(511);
    assert_int_equal(open_board(&b, &err), ESPY_E_ARG);
    espy_efuse_file_undo(&b.file);
    bench_close(&b.f);
    assert_int_equal(get(), 511);
}

static void a_file_is_one_boards(void **state)
{
    (void)state;
    board a, b;
    espy_err err = {0};
    assert_int_equal(open_board(&a, NULL), ESPY_OK);
    assert_int_equal(open_board(&b, &err), ESPY_E_IO);
    assert_non_null(strstr(err.text, "belongs to another virtual board"));
    close_board(&b);
    close_board(&a);
}

static void a_board_that_comes_to_nothing_leaves_no_file(void **state)
{
    (void)state;
    struct stat info;
    board b;
    assert_int_equal(open_board(&b, NULL), ESPY_OK);
    espy_efuse_file_undo(&b.file);
    bench_close(&b.f);
    assert_int_not_equal(stat(path, &info), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_file_has_the_modules_fuses),
        TEST(espefuses_file_adds_to_the_module),
        TEST(the_files_own_mac_counts),
        TEST(a_hidden_key_is_kept),
        TEST(a_forgotten_key_is_told),
        TEST(other_files_are_refused_untouched),
        TEST(a_file_is_one_boards),
        TEST(a_board_that_comes_to_nothing_leaves_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
