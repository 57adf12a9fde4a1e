/* SPDX-License-Identifier: MIT
 *
 * A wire log is a board: the log of a whole job, replayed as a link, lets the same job
 * run again with the same outcome, at the same times.
 */
#include "espy/flasher.h"

#include "support/fake_rom.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static uint8_t image[20000];

static void keep(void *user, espy_channel channel, const char *line)
{
    fprintf(user, "%s: %s\n", channel == ESPY_LOG_WIRE ? "wire" : "cmd", line);
}

static espy_status work(espy_link *link, const espy_log *log, uint8_t mac[6], espy_flasher_stats *stats)
{
    const espy_flasher_config config = {.no_stub = true, .log = log};
    const espy_flash_part part = {0x10000, sizeof image, image};
    espy_flasher *flasher;
    espy_board board = {0};
    espy_err err = {0};
    assert_int_equal(espy_flasher_new(&flasher, link, &config, &err), ESPY_OK);
    espy_status st = espy_flasher_connect(flasher, &err);
    if (st == ESPY_OK)
        st = espy_flasher_identify(flasher, &board, &err);
    if (st == ESPY_OK)
        st = espy_flasher_write(flasher, &part, 1, &err);
    if (st == ESPY_OK)
        st = espy_flasher_reset(flasher, &err);
    if (st != ESPY_OK)
        print_message("%s\n", err.text);
    memcpy(mac, board.mac, 6);
    *stats = *espy_flasher_get_stats(flasher);
    espy_flasher_free(flasher);
    return st;
}

static void a_job_from_its_log(void **state)
{
    (void)state;
    char name[] = "replay:/tmp/espy-wire-XXXXXX";
    char *path = name + strlen("replay:");
    FILE *file = fdopen(mkstemp(path), "w");
    assert_non_null(file);
    for (size_t i = 0; i < sizeof image; i++)
        image[i] = (uint8_t)(i * i >> 5);
    const espy_log log = {.mask = ESPY_LOG_WIRE | ESPY_LOG_CMD, .sink = keep, .user = file};
    uint8_t mac[6], again[6];
    espy_flasher_stats first, second;
    /* With a fault on the way, for a log that is not all smooth. */
    fake_rom *fake = fake_rom_new(true, &(fake_faults){.bad_page = 3});
    espy_link *link = fake_rom_link(fake);
    link->log = &log;
    assert_int_equal(work(link, &log, mac, &first), ESPY_OK);
    fake_rom_free(fake);
    fclose(file);
    espy_err err = {0};
    assert_int_equal(espy_link_open(&link, name, NULL, &err), ESPY_OK);
    assert_int_equal(work(link, NULL, again, &second), ESPY_OK);
    espy_link_close(link);
    unlink(path);
    assert_memory_equal(mac, again, sizeof mac);
    assert_int_equal(second.regions_retried, 1);
    assert_memory_equal(&first, &second, sizeof first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_from_its_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
