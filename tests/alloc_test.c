/* SPDX-License-Identifier: MIT
 *
 * Memory runs out: the n-th allocation of a job fails, alone or with all that follow,
 * for n = 1 until the job comes through untouched.  Each time the job must succeed all
 * the same or end with ESPY_E_MEMORY and a sentence, and everything it had must be
 * given back.  Linked with --wrap, so that the library's own calls pass here; what the
 * libraries below it allocate always succeeds.
 */
#include "espy/flasher.h"
#include "espy/image.h"
#include "espy/machine.h"
#include "espy/ports.h"
#include "espy/release.h"
#include "espy/repl.h"
#include "espy/serve.h"

#include "../src/base/buf.h"
#include "../src/image/synth_test.h"
#include "support/fake_rom.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct libdeflate_compressor;
struct libdeflate_decompressor;

/* ---- the allocator ----------------------------------------------------------------------- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
char *__real_strdup(const char *text);
struct libdeflate_compressor *__real_libdeflate_alloc_compressor(int level);
struct libdeflate_decompressor *__real_libdeflate_alloc_decompressor(void);
void __real_free(void *p);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
char *__wrap_strdup(const char *text);
struct libdeflate_compressor *__wrap_libdeflate_alloc_compressor(int level);
struct libdeflate_decompressor *__wrap_libdeflate_alloc_decompressor(void);
void __wrap_free(void *p);

static unsigned long asked, fails_at; /* counted from 1; 0: none fails */
static bool fails_on;                 /* and so do all that follow */
static long live;

static bool refused(void)
{
    asked++;
    return fails_at != 0 && (asked == fails_at || (fails_on && asked > fails_at));
}

static void *born(void *p)
{
    live += p != NULL;
    return p;
}

void *__wrap_malloc(size_t size)
{
    return refused() ? NULL : born(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
    return refused() ? NULL : born(__real_calloc(n, size));
}

void *__wrap_realloc(void *old, size_t size)
{
    if (refused())
        return NULL;
    return old == NULL ? born(__real_realloc(old, size)) : __real_realloc(old, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return refused() ? NULL : born(__real_aligned_alloc(alignment, size));
}

char *__wrap_strdup(const char *text)
{
    return refused() ? NULL : born(__real_strdup(text));
}

struct libdeflate_compressor *__wrap_libdeflate_alloc_compressor(int level)
{
    return refused() ? NULL : __real_libdeflate_alloc_compressor(level);
}

struct libdeflate_decompressor *__wrap_libdeflate_alloc_decompressor(void)
{
    return refused() ? NULL : __real_libdeflate_alloc_decompressor();
}

void __wrap_free(void *p)
{
    live -= p != NULL;
    __real_free(p);
}

/* ---- the loop ---------------------------------------------------------------------------- */

typedef espy_status job(void *self, espy_err *err);

/* True where the job came to the allocation that fails. */
static bool once(job *work, void *self, espy_status expected)
{
    espy_err err = {0};
    long before = live;
    asked = 0;
    espy_status st = work(self, &err);
    bool struck = fails_at != 0 && asked >= fails_at;
    if (st != expected && !(struck && st == ESPY_E_MEMORY))
        fail_msg("allocation %lu: status %d, \"%s\"", fails_at, (int)st, err.text);
    if (live != before)
        fail_msg("allocation %lu: %ld left behind", fails_at, live - before);
    assert_int_equal(err.status, st);
    assert_true(st == ESPY_OK || strlen(err.text) > 10);
    return struck;
}

static void every(const char *what, job *work, void *self, espy_status expected)
{
    unsigned long counts[2];
    fails_at = 0;
    once(work, self, expected);
    for (int on = 0; on < 2; on++) {
        fails_on = on;
        for (fails_at = 1; once(work, self, expected);)
            fails_at++;
        counts[on] = fails_at - 1;
    }
    fails_at = 0;
    print_message("%s: %lu allocations failed alone, %lu with all that follow\n", what, counts[0], counts[1]);
    assert_true(counts[0] > 0 && counts[1] > 0);
}

/* ---- jobs -------------------------------------------------------------------------------- */

static void temporary(char *path, const void *bytes, size_t n)
{
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), (ssize_t)n);
    close(fd);
}

static espy_status use_machine(espy_machine *m, espy_err *err)
{
    uint8_t bytes[600];
    espy_status st = ESPY_OK;
    for (int i = 0; i < 8 && st == ESPY_OK; i++) {
        memset(bytes, 'x', sizeof bytes);
        st = espy_machine_uart_write(m, bytes, sizeof bytes, err);
        espy_machine_lines(m, i & 1, i & 2);
        for (int slice = 0; slice < 10; slice++)
            espy_machine_run(m, 2000);
    }
    espy_machine_uart_read(m, bytes, sizeof bytes);
    return st;
}

static espy_status machine_job(void *self, espy_err *err)
{
    const espy_machine_config config = {.model = espy_model_find("n4r2"), .rom_path = self};
    espy_machine *m = NULL;
    espy_status st = espy_machine_new(&m, &config, err);
    if (st != ESPY_OK)
        return st;
    st = use_machine(m, err);
    espy_machine_free(m);
    return st;
}

static espy_status emu_link_job(void *self, espy_err *err)
{
    espy_link *link;
    espy_status st = espy_emu_link_open(&link, self, NULL, err);
    if (st != ESPY_OK)
        return st;
    st = espy_link_sleep(link, 20, err);
    espy_link_close(link);
    return st;
}

/* A ROM without code: the cores go from one exception to the next. */
static void a_board_with_an_empty_rom(void **state)
{
    (void)state;
    char path[] = "/tmp/espy-alloc-XXXXXX", spec[64];
    static uint8_t rom[0x60000];
    memcpy(rom + 0x8000, "esp32s3-20210327", 16);
    temporary(path, rom, sizeof rom);
    every("virtual board", machine_job, path, ESPY_OK);
    snprintf(spec, sizeof spec, "n4r2,rom=%s", path);
    every("link to a virtual board", emu_link_job, spec, ESPY_OK);
    unlink(path);
}

static void a_board_with_its_rom(void **state)
{
    (void)state;
    char path[512];
    const char *dir = getenv("ESPY_ROM_DIR");
    snprintf(path, sizeof path, "%s/esp32s3_rev0_rom.elf", dir != NULL ? dir : "../shared/rom");
    if (access(path, R_OK) != 0) {
        fprintf(stderr, "SKIP: no %s\n", path);
        skip();
    }
    every("virtual board and mask ROM", machine_job, path, ESPY_OK);
}

typedef struct served {
    char folder[64], tty[96], words[96], flash[96];
} served;

/* What a remote client says in one breath: lines, a rate, data, a question. */
static const uint8_t remote[] = {255, 251, 44,  255, 250, 44,  5,  11, 255, 240, 255, 250, 44, 1,  0, 0,   37,
                                 128, 255, 240, 'x', 255, 250, 44, 0,  255, 240, 255, 250, 44, 12, 3, 255, 240};

static int call(const char *name)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    at.sin_port = htons((uint16_t)strtoul(strrchr(name, ':') + 1, NULL, 10));
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(send(fd, remote, sizeof remote, 0), (ssize_t)sizeof remote);
    return fd;
}

static espy_status serve_job(void *self, espy_err *err)
{
    served *files = self;
    const espy_serve_port ports[] = {{ESPY_SERVE_PTY, files->tty},
                                     {ESPY_SERVE_TCP, "0"},
                                     {ESPY_SERVE_RFC2217, "0"},
                                     {ESPY_SERVE_CONTROL, files->words}};
    const espy_serve_config config = {.board = "n4r2", .flash_path = files->flash, .ports = ports, .port_count = 4};
    espy_serve *serve = NULL;
    espy_status st = espy_serve_open(&serve, &config, err);
    bool made = access(files->flash, F_OK) == 0;
    assert_int_equal(made, st == ESPY_OK);
    int clients[2] = {-1, -1};
    for (size_t i = 0; i < 2 && st == ESPY_OK; i++)
        clients[i] = call(espy_serve_name(serve, 1 + i));
    for (int turn = 0; turn < 10 && st == ESPY_OK; turn++)
        st = espy_serve_turn(serve, -1, 1, err);
    for (size_t i = 0; i < 2; i++)
        if (clients[i] >= 0)
            close(clients[i]);
    espy_serve_close(serve);
    assert_int_equal(access(files->words, F_OK), -1);
    assert_int_equal(readlink(files->tty, (char[8]){0}, 8), -1);
    unlink(files->flash);
    return st;
}

static void a_served_board(void **state)
{
    (void)state;
    served files = {.folder = "/tmp/espy-alloc-XXXXXX"};
    assert_non_null(mkdtemp(files.folder));
    snprintf(files.tty, sizeof files.tty, "%s/tty", files.folder);
    snprintf(files.words, sizeof files.words, "%s/words", files.folder);
    snprintf(files.flash, sizeof files.flash, "%s/flash", files.folder);
    every("served board", serve_job, &files, ESPY_OK);
    assert_int_equal(rmdir(files.folder), 0);
}

static espy_status image_job(void *self, espy_err *err)
{
    const synth *s = self;
    espy_image image;
    espy_fit fit;
    espy_status st = espy_image_parse(&image, s->bytes, s->size, err);
    if (st == ESPY_OK)
        st = espy_image_fit(&fit, &image, 16 << 20, err);
    if (st != ESPY_OK)
        return st;
    espy_image_plan plan;
    espy_image_plan_make(&plan, &fit.image, 16 << 20, NULL);
    espy_fit_free(&fit);
    return ESPY_OK;
}

static void an_image(void **state)
{
    (void)state;
    synth s = synth_default();
    every("image", image_job, &s, ESPY_OK);
    free(s.bytes);
}

static void ignore_line(void *user, espy_channel channel, const char *line)
{
    (void)user, (void)channel, (void)line;
}

static espy_status flash(espy_flasher *flasher, espy_err *err)
{
    static const uint8_t image[9000] = {0xE9, 1, 2, 3};
    const espy_flash_part parts[] = {{0x3F000, sizeof image, image}, {0x43000, 0x1000, NULL}};
    uint8_t back[300];
    espy_board board;
    espy_status st = espy_flasher_connect(flasher, err);
    if (st == ESPY_OK)
        st = espy_flasher_identify(flasher, &board, err);
    if (st == ESPY_OK)
        st = espy_flasher_write(flasher, parts, 2, err);
    if (st == ESPY_OK)
        st = espy_flasher_read(flasher, 0x3F000, back, sizeof back, err);
    return st == ESPY_OK ? espy_flasher_reset(flasher, err) : st;
}

static espy_status flasher_job(void *self, espy_err *err)
{
    static const espy_log log = {.mask = ESPY_LOG_WIRE | ESPY_LOG_CMD, .sink = ignore_line};
    const espy_flasher_config config = {.no_stub = true, .log = &log};
    fake_rom *fake = self;
    espy_flasher *flasher = NULL;
    fake_rom_restart(fake, true, NULL);
    fake_rom_link(fake)->log = &log;
    espy_status st = espy_flasher_new(&flasher, fake_rom_link(fake), &config, err);
    if (st == ESPY_OK)
        st = flash(flasher, err);
    espy_flasher_free(flasher);
    return st;
}

static void a_flasher(void **state)
{
    (void)state;
    fake_rom *fake = fake_rom_new(true, NULL);
    every("flasher", flasher_job, fake, ESPY_OK);
    fake_rom_free(fake);
}

/* A prompt that takes code in raw-paste mode and answers everything with the same. */
typedef struct prompt {
    char out[1024];
    size_t size;
    uint64_t now_ms;
    char last[2];
} prompt;

static void answer(prompt *p, const char *text, size_t n)
{
    assert_true(n <= sizeof p->out - p->size);
    memcpy(p->out + p->size, text, n);
    p->size += n;
}

static espy_status prompt_write(void *self, const uint8_t *bytes, size_t n, espy_err *err)
{
    static const char raw[] = "\r\nraw REPL; CTRL-B to exit\r\n>", paste[] = "R\1\0\x40\1",
                      friendly[] = "\r\nMicroPython v1.23.0 on 2024-06-02; a board\r\n>>> ",
                      answers[] = "\4mem_free\t100000\r\nname\tmicropython\r\nfs_bytes\t4096\r\nfs_works\t1\r\n\4\4>";
    prompt *p = self;
    (void)err;
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == 1 && p->last[0] == 5 && p->last[1] == 'A')
            answer(p, paste, sizeof paste - 1);
        else if (bytes[i] == 1)
            answer(p, raw, sizeof raw - 1);
        else if (bytes[i] == 2)
            answer(p, friendly, sizeof friendly - 1);
        else if (bytes[i] == 4)
            answer(p, answers, sizeof answers - 1);
        p->last[0] = p->last[1];
        p->last[1] = (char)bytes[i];
    }
    return ESPY_OK;
}

static espy_status prompt_read(void *self, uint8_t *bytes, size_t cap, uint32_t timeout_ms, size_t *got, espy_err *err)
{
    prompt *p = self;
    (void)err;
    *got = p->size < cap ? p->size : cap;
    p->now_ms += *got > 0 ? 1 : timeout_ms;
    memcpy(bytes, p->out, *got);
    memmove(p->out, p->out + *got, p->size - *got);
    p->size -= *got;
    return ESPY_OK;
}

static uint64_t prompt_now(void *self)
{
    return ((prompt *)self)->now_ms;
}

static espy_status prompt_sleep(void *self, uint32_t ms, espy_err *err)
{
    (void)err;
    ((prompt *)self)->now_ms += ms;
    return ESPY_OK;
}

static espy_status repl_job(void *self, espy_err *err)
{
    static const espy_link_ops ops = {
        .read = prompt_read, .write = prompt_write, .now_ms = prompt_now, .sleep = prompt_sleep};
    (void)self;
    prompt p = {.out = "boot\r\n>>> ", .size = 10};
    espy_link link = {.ops = &ops, .self = &p, .name = "prompt"};
    espy_repl *repl = NULL;
    espy_repl_proof proof;
    espy_status st = espy_repl_new(&repl, &link, err);
    if (st == ESPY_OK)
        st = espy_repl_wait(repl, NULL, err);
    if (st == ESPY_OK)
        st = espy_repl_prove(repl, &proof, err);
    if (st == ESPY_OK)
        assert_int_equal(proof.fs_bytes, 4096);
    espy_repl_free(repl);
    return st;
}

static void a_prompt(void **state)
{
    (void)state;
    every("prompt", repl_job, NULL, ESPY_OK);
}

static espy_status page_job(void *self, espy_err *err)
{
    espy_release *list;
    size_t count;
    espy_status st = espy_release_parse_page(&list, &count, self, strlen(self), err);
    if (st == ESPY_OK) {
        assert_int_equal(count, 200);
        free(list);
    } else {
        assert_null(list);
    }
    return st;
}

static void a_page_of_releases(void **state)
{
    (void)state;
    static char page[200 * 80];
    size_t n = 0;
    for (int i = 0; i < 200; i++)
        n += (size_t)snprintf(page + n, sizeof page - n, "<a href=\"ESP32_GENERIC_S3-20240602-v1.%d.%d.bin\">\n",
                              i / 10, i % 10);
    every("page of releases", page_job, page, ESPY_OK);
}

static espy_status file_job(void *self, espy_err *err)
{
    espy_buf buf = {0};
    espy_status st = espy_buf_read_file(&buf, self, err);
    assert_true(st != ESPY_OK || buf.size == 300000);
    espy_buf_free(&buf);
    return st;
}

static void a_file(void **state)
{
    (void)state;
    char path[] = "/tmp/espy-alloc-XXXXXX";
    static uint8_t bytes[300000];
    temporary(path, bytes, sizeof bytes);
    every("file", file_job, path, ESPY_OK);
    unlink(path);
}

static espy_status link_job(void *self, espy_err *err)
{
    static const espy_log log = {.mask = ESPY_LOG_WIRE, .sink = ignore_line};
    uint8_t bytes[64];
    espy_link *link = NULL;
    size_t got = 0;
    espy_status st = espy_link_open(&link, self, &log, err);
    if (st == ESPY_OK)
        st = espy_link_write(link, (const uint8_t *)"\r", 1, err);
    if (st == ESPY_OK)
        st = espy_link_read(link, bytes, sizeof bytes, 0, &got, err);
    espy_link_close(link);
    return st;
}

static void a_wire_log(void **state)
{
    (void)state;
    char name[] = "replay:/tmp/espy-alloc-XXXXXX", *path = strchr(name, '/');
    static char text[20000];
    size_t n = 0;
    for (int i = 0; i < 100; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "wire: %d > 0d\nwire: %d < 3e3e3e20\n", 2 * i, 2 * i + 1);
    temporary(path, text, n);
    every("wire log", link_job, name, ESPY_OK);
    unlink(path);
}

static void a_socket(void **state)
{
    (void)state;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof at;
    assert_int_equal(bind(listener, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(listener, 64), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &size), 0);
    char name[64];
    snprintf(name, sizeof name, "socket://127.0.0.1:%u", (unsigned)ntohs(at.sin_port));
    every("socket", link_job, name, ESPY_OK);
    close(listener);
}

static espy_status ports_job(void *self, espy_err *err)
{
    (void)self;
    espy_port *ports;
    size_t n;
    espy_status st = espy_ports_list(&ports, &n, err);
    if (st == ESPY_OK)
        free(ports);
    return st;
}

static void the_ports(void **state)
{
    (void)state;
    every("ports", ports_job, NULL, ESPY_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_board_with_an_empty_rom),
        cmocka_unit_test(a_board_with_its_rom),
        cmocka_unit_test(a_served_board),
        cmocka_unit_test(an_image),
        cmocka_unit_test(a_flasher),
        cmocka_unit_test(a_prompt),
        cmocka_unit_test(a_page_of_releases),
        cmocka_unit_test(a_file),
        cmocka_unit_test(a_wire_log),
        cmocka_unit_test(a_socket),
        cmocka_unit_test(the_ports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
