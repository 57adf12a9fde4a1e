/* SPDX-License-Identifier: MIT
 *
 * Times the flasher's jobs on a board: flash_bench stub|rom BAUD PORT IMAGE.  PORT is
 * "emu:..." or anything espy_link_open() takes.  Each line is a job, its seconds on the
 * link's clock, and the bytes sent; whatever the chip holds is compared with the image.
 */
#include "espy/flasher.h"
#include "espy/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { READ_SIZE = 1 << 20 };

typedef struct bench {
    espy_link *link;
    espy_flasher *flasher;
    espy_flasher_config config;
    uint64_t bytes_before;
    double began;
    espy_err err;
} bench;

static void sink(void *user, espy_channel channel, const char *text)
{
    (void)user;
    (void)channel;
    fprintf(stderr, "%s\n", text);
}

static _Noreturn void give_up(const bench *b)
{
    fprintf(stderr, "flash_bench: %s %s\n", b->err.text, b->err.advice);
    exit(b->err.status);
}

static double now(const bench *b)
{
    return (double)espy_link_now_ms(b->link) / 1000;
}

static void begin(bench *b)
{
    b->began = now(b);
    b->bytes_before = espy_flasher_get_stats(b->flasher)->bytes_sent;
}

static void end(bench *b, const char *job, espy_status st)
{
    if (st != ESPY_OK)
        give_up(b);
    printf("%s %.3f %llu\n", job, now(b) - b->began,
           (unsigned long long)(espy_flasher_get_stats(b->flasher)->bytes_sent - b->bytes_before));
    fflush(stdout);
}

static espy_status reach(bench *b)
{
    espy_board board;
    espy_status st = espy_flasher_connect(b->flasher, &b->err);
    return st == ESPY_OK ? espy_flasher_identify(b->flasher, &board, &b->err) : st;
}

/* Nobody knows what is in a flash after its write but the flash. */
static void check(bench *b, const uint8_t *image, uint32_t size)
{
    uint8_t *back = malloc(READ_SIZE);
    uint32_t n = size < READ_SIZE ? size : READ_SIZE;
    begin(b);
    espy_status st = back == NULL ? ESPY_E_MEMORY : espy_flasher_read(b->flasher, 0, back, n, &b->err);
    end(b, "read", st);
    if (memcmp(back, image, n) != 0) {
        fprintf(stderr, "flash_bench: what was read differs from the image\n");
        exit(ESPY_E_DEVICE);
    }
    free(back);
}

static void write_image(bench *b, const char *job, const uint8_t *image, uint32_t size)
{
    const espy_flash_part part = {0, size, image};
    begin(b);
    end(b, job, espy_flasher_write(b->flasher, &part, 1, &b->err));
}

static uint8_t *load(const char *path, uint32_t *size)
{
    FILE *f = fopen(path, "rb");
    uint8_t *bytes = malloc(16 << 20);
    if (f == NULL || bytes == NULL) {
        perror(path);
        exit(ESPY_E_IO);
    }
    *size = (uint32_t)fread(bytes, 1, 16 << 20, f);
    fclose(f);
    return bytes;
}

static void open_link(bench *b, const char *port)
{
    espy_status st = strncmp(port, "emu:", 4) == 0 ? espy_emu_link_open(&b->link, port + 4, b->config.log, &b->err)
                                                   : espy_link_open(&b->link, port, b->config.log, &b->err);
    if (st == ESPY_OK)
        st = espy_flasher_new(&b->flasher, b->link, &b->config, &b->err);
    if (st != ESPY_OK)
        give_up(b);
}

static void run(bench *b, uint8_t *image, uint32_t size)
{
    begin(b);
    end(b, "connect", reach(b));
    write_image(b, "write", image, size);
    write_image(b, "again", image, size);
    image[size / 2] ^= 1;
    write_image(b, "changed", image, size);
    check(b, image, size);
    begin(b);
    end(b, "reset", espy_flasher_reset(b->flasher, &b->err));
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: flash_bench stub|rom BAUD PORT IMAGE [log]\n");
        return ESPY_E_ARG;
    }
    const espy_log log = {.mask = ESPY_LOG_CMD, .sink = sink};
    bench b = {.config = {.no_stub = strcmp(argv[1], "stub") != 0, .baud = (uint32_t)atoi(argv[2])}};
    uint32_t size;
    if (argc > 5)
        b.config.log = &log;
    uint8_t *image = load(argv[4], &size);
    open_link(&b, argv[3]);
    run(&b, image, size);
    espy_flasher_free(b.flasher);
    espy_link_close(b.link);
    free(image);
    return 0;
}
