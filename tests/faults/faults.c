/* SPDX-License-Identifier: MIT
 *
 * Sessions with a virtual board to which things happen (tests/support/fault_link.h): each
 * ends well, and then the flash holds what it should, every byte of it; or with a sentence
 * and an advice, and then the next plain run completes the job.  Nothing outside of what was
 * to be written ever changes.
 *
 *     faults --seeds FIRST COUNT     sessions drawn by seed
 *     faults --bytes stub|rom to|back lost|changed|doubled FIRST STEP
 *                                    one small session for each STEPth byte, from FIRST on
 *     -v                             before these: with the log of commands; -vv with the
 *                                    wire, too; -ve tells of each session that an error ends
 *
 * Prints "fail" and what repeats it for each session that breaks the rules, and at the end
 * "N CLASS" lines: how many ended how.  Exit status 1 where any failed.
 *
 * That it can fail was seen by taking away, one at a time, what a session relies on.  These
 * were caught: the host's CRC check of the stub's frames (a wrong byte read); the stub's CRC
 * check (a wrong register asked for); the tags of answers (a late one taken for the next,
 * seed 103); the ROM's MD5 at the end (wrong bytes in the flash); the digest of the rest of
 * the flash (a damaged request has erased there); the advice to hold BOOT.  Not caught, since
 * the stub compares what it writes itself: the host's look at the digest of END.
 */
#include "espy/flasher.h"

#include "../../src/base/bytes.h"
#include "../../src/emu/inspect.h"
#include "../support/fault_link.h"

#include <mbedtls/md5.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SECTOR = 4096,
    PARTS_MAX = 7,
    BYTES_MAX = 1 << 20, /* of all parts */
    FLASH_MAX = 32 << 20,
    CLASSES_MAX = 200,
    WALL_S = 120,    /* for one session to end, on this computer */
    LINK_MS = 900000 /* the same on the link's clock: 1 MB twice at 115200 baud, and digests by the ROM */
};

typedef enum job { JOB_WRITE, JOB_READ, JOB_ERASE, JOB_MD5, JOBS } job;

typedef struct scenario {
    char title[64]; /* what repeats it */
    const char *model;
    bool real_rom, real_timing;
    bool lines;
    job job;
    espy_flasher_config config;
    espy_flash_part parts[PARTS_MAX];
    size_t n;
    uint32_t read_at, read_size;
    fault_plan plan;
} scenario;

typedef struct board {
    espy_link *link;
    espy_machine *machine;
    uint8_t *flash;
    uint32_t size;
} board;

static uint8_t before[FLASH_MAX], after[FLASH_MAX]; /* what the flash holds, by size */
static uint8_t content[BYTES_MAX], back[BYTES_MAX];
static bool verbose, wire, list_errors;
static unsigned failures;
static char running[256]; /* for the alarm */

static struct {
    char text[200];
    unsigned n;
} classes[CLASSES_MAX];

/* ---- chance ------------------------------------------------------------------------------ */

static uint64_t state;

static uint64_t any(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * 0x2545F4914F6CDD1Du >> 16;
}

static uint32_t below(uint32_t n)
{
    return (uint32_t)(any() % n);
}

static bool one_in(uint32_t n)
{
    return below(n) == 0;
}

/* Small numbers as likely as large ones. */
static uint32_t up_to(uint32_t max)
{
    uint32_t bits = 1;
    while (bits < 31 && max >> bits != 0)
        bits++;
    uint32_t n = 1 + below(1u << (1 + below(bits)));
    return n < max ? n : max;
}

static void seed_with(uint64_t seed)
{
    state = (seed + 1) * 0x9E3779B97F4A7C15u;
    for (int i = 0; i < 8; i++)
        any();
}

/* ---- reports ------------------------------------------------------------------------------- */

static void count(const char *text)
{
    size_t i = 0;
    while (i < CLASSES_MAX - 1 && classes[i].n > 0 && strcmp(classes[i].text, text) != 0)
        i++;
    snprintf(classes[i].text, sizeof classes[i].text, "%s", text);
    classes[i].n++;
}

/* The sentence with its numbers taken out. */
static void count_error(const espy_err *err)
{
    char text[200];
    size_t n = (size_t)snprintf(text, 40, "error %d: ", (int)err->status);
    for (const char *p = err->text; *p != '\0' && n + 1 < sizeof text; p++) {
        bool number = (*p >= '0' && *p <= '9') || (p[0] == 'x' && n > 0 && text[n - 1] == 'N') ||
                      (n > 0 && text[n - 1] == 'N' && *p >= 'a' && *p <= 'f');
        if (!number)
            text[n++] = *p;
        else if (text[n - 1] != 'N')
            text[n++] = 'N';
    }
    text[n] = '\0';
    count(text);
}

static void describe(const scenario *s)
{
    static const char *const jobs[] = {"write", "read", "erase", "md5"};
    printf("  %s, %s ROM, timing %s, %s, %s%s, %s at %u\n", s->model, s->real_rom ? "real" : "built-in",
           s->real_timing ? "real" : "fast", s->lines ? "lines" : "no lines", s->config.no_stub ? "no stub" : "stub",
           s->config.rewrite ? ", rewrite" : "", jobs[s->job], (unsigned)s->config.baud);
    for (size_t i = 0; i < s->n; i++)
        printf("  part 0x%x 0x%x%s\n", (unsigned)s->parts[i].addr, (unsigned)s->parts[i].size,
               s->parts[i].bytes == NULL ? " erase" : "");
    if (s->plan.one_in > 0)
        printf("  noise: 1 in %u above %u baud\n", (unsigned)s->plan.one_in, (unsigned)s->plan.clean_baud);
    for (int i = 0; i < FAULTS_MAX; i++) {
        const fault *f = &s->plan.faults[i];
        if (f->kind != FAULT_NONE)
            printf("  %s: byte %llu %s the board since 0x%02x no. %u, n %u, after %u us\n", fault_name(f->kind),
                   (unsigned long long)f->at, f->back ? "from" : "to", f->since, f->nth, (unsigned)f->n,
                   (unsigned)f->after_us);
    }
}

static bool fail(const scenario *s, const char *what, const espy_err *err)
{
    printf("fail %s: %s%s%s\n", s->title, what, err != NULL ? ": " : "", err != NULL ? err->text : "");
    describe(s);
    fflush(stdout);
    failures++;
    return false;
}

static void too_late(int signal_number)
{
    static const char text[] = "fail: stopped in ";
    (void)signal_number;
    if (write(STDOUT_FILENO, text, sizeof text - 1) > 0 && write(STDOUT_FILENO, running, strlen(running)) > 0)
        fsync(STDOUT_FILENO);
    _exit(3);
}

static void say(void *user, espy_channel channel, const char *line)
{
    (void)user;
    (void)channel;
    fprintf(stderr, "%s\n", line);
}

static const espy_log *the_log(void)
{
    static espy_log log = {.mask = ESPY_LOG_CMD, .sink = say};
    log.mask = wire ? ESPY_LOG_CMD | ESPY_LOG_WIRE : ESPY_LOG_CMD;
    return verbose ? &log : NULL;
}

/* ---- the board ------------------------------------------------------------------------------ */

/* An image that the ROM starts and that says nothing: of one segment, which sleeps. */
static void make_image(uint8_t *flash)
{
    static const uint8_t header[] = {0xE9, 1, 2, 0x20},
                         code[] = {0x00, 0x70, 0x00 /* waiti 0 */, 0x46, 0xFE, 0xFF /* j .-3 */, 0, 0};
    enum { ENTRY = 0x403C8700, CODE_AT = 32, CHECKSUM_AT = 47, CHIP_ID = 9 };
    memset(flash, 0, CHECKSUM_AT + 1);
    memcpy(flash, header, sizeof header);
    put_le32(flash + 4, ENTRY);
    flash[8] = 0xEE; /* no WP pin */
    flash[12] = CHIP_ID;
    put_le32(flash + 24, ENTRY);
    put_le32(flash + 28, sizeof code);
    memcpy(flash + CODE_AT, code, sizeof code);
    flash[CHECKSUM_AT] = 0xEF;
    for (size_t i = 0; i < sizeof code; i++)
        flash[CHECKSUM_AT] ^= code[i];
}

/* Nothing blank, so that an erasure and a write at a wrong place are seen. */
static void make_contents(void)
{
    for (uint32_t i = 0; i < FLASH_MAX; i += 4)
        put_le32(before + i, i * 2654435761u >> 3 | 1u << (i / 4 % 31));
    make_image(before);
    memcpy(after, before, sizeof before);
}

static bool open_board(board *b, const scenario *s, espy_err *err)
{
    char spec[1200];
    const char *dir = getenv("ESPY_ROM_DIR");
    snprintf(spec, sizeof spec, "%s%s%s%s%s", s->model, s->real_timing ? ",timing=real" : "",
             s->real_rom ? ",rom=" : "", s->real_rom ? (dir != NULL ? dir : "../shared/rom") : "",
             s->real_rom ? "/esp32s3_rev0_rom.elf" : "");
    if (espy_emu_link_open(&b->link, spec, NULL, err) != ESPY_OK)
        return false;
    b->machine = espy_emu_link_machine(b->link);
    b->flash = espy_machine_flash(b->machine)->bytes;
    b->size = espy_model_find(s->model)->flash_size;
    memcpy(b->flash, before, b->size);
    return true;
}

/* As a person does it: BOOT held, RESET pressed and released, BOOT released. */
static void download_by_hand(const board *b)
{
    espy_machine_keys(b->machine, true, true);
    espy_link_sleep(b->link, 100, NULL);
    espy_machine_keys(b->machine, true, false);
    espy_link_sleep(b->link, 100, NULL);
    espy_machine_keys(b->machine, false, false);
}

/* The port is closed and opened again, on a board that has its supply again. */
static void mend(const board *b)
{
    espy_machine_power(b->machine, true);
    espy_link_set_lines(b->link, false, false, NULL);
    espy_link_set_baud(b->link, 115200, NULL);
    espy_link_sleep(b->link, 300, NULL);
    espy_link_drain(b->link, NULL);
}

/* ---- a session -------------------------------------------------------------------------------- */

static void apply(const scenario *s, uint8_t *flash, const uint8_t *untouched)
{
    for (size_t i = 0; i < s->n; i++) {
        const espy_flash_part *part = &s->parts[i];
        uint32_t whole = (part->size + SECTOR - 1) / SECTOR * SECTOR;
        if (untouched != NULL) {
            memcpy(flash + part->addr, untouched + part->addr, whole);
            continue;
        }
        memset(flash + part->addr, 0xFF, whole);
        if (part->bytes != NULL)
            memcpy(flash + part->addr, part->bytes, part->size);
    }
}

/* The words of the eFuses that hold the MAC, in turn: an answer to one must not be taken for
 * the other's.  ESPY_E_FORMAT, which no session ends with: it was. */
static espy_status look_twice(espy_flasher *flasher, const espy_board *found, espy_err *err)
{
    enum { RD_MAC_SPI_SYS_0 = 0x60007044 };
    const uint8_t *mac = found->mac;
    const uint32_t want[] = {(uint32_t)mac[2] << 24 | (uint32_t)mac[3] << 16 | (uint32_t)mac[4] << 8 | mac[5],
                             (uint32_t)mac[0] << 8 | mac[1]};
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t value;
        espy_status st = espy_flasher_read_word(flasher, RD_MAC_SPI_SYS_0 + 4 * (i % 2), &value, err);
        if (st != ESPY_OK)
            return st;
        if ((i % 2 == 0 ? value : value & 0xFFFF) != want[i % 2])
            return espy_fail(err, ESPY_E_FORMAT, "0x%x is no part of the MAC", (unsigned)value);
    }
    return ESPY_OK;
}

static espy_status work(const scenario *s, espy_flasher *flasher, espy_board *found, uint8_t digest[16], espy_err *err)
{
    espy_status st = espy_flasher_connect(flasher, err);
    if (st == ESPY_OK)
        st = espy_flasher_identify(flasher, found, err);
    if (st == ESPY_OK && espy_flasher_has_stub(flasher)) /* the ROM's answers have no check */
        st = look_twice(flasher, found, err);
    if (st == ESPY_OK && s->n > 0)
        st = espy_flasher_write(flasher, s->parts, s->n, err);
    if (st == ESPY_OK && s->job != JOB_MD5)
        st = espy_flasher_read(flasher, s->read_at, back, s->read_size, err);
    if (st == ESPY_OK && s->job == JOB_MD5)
        st = espy_flasher_md5(flasher, s->read_at, s->read_size, digest, err);
    if (st == ESPY_OK)
        st = espy_flasher_reset(flasher, err);
    return st;
}

/* By the ROM's log of the board's last start. */
static bool runs_flash(fault_link *f)
{
    espy_link_sleep(&f->link, 300, NULL);
    return f->boot == '8' || f->dead;
}

static bool right_board(const board *b, const scenario *s, const espy_board *found)
{
    const espy_model *model = espy_model_find(s->model);
    return found->flash.size == b->size && found->psram.size == model->psram_size && found->chip_id == 9 &&
           (found->flash.width == ESPY_WIDTH_OCTAL) == (model->flash_mode == ESPY_MODE_OCTAL) &&
           !found->secure_download && !found->flash_encryption && !found->secure_boot;
}

static bool right_stats(const scenario *s, espy_flasher *flasher, uint64_t ms)
{
    const espy_flasher_stats *t = espy_flasher_get_stats(flasher);
    double parts[] = {t->connect_s, t->identify_s, t->compare_s, t->erase_s, t->write_s, t->verify_s, t->reset_s};
    uint64_t image = 0;
    double sum = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i] < 0)
            return false;
        sum += parts[i];
    }
    for (size_t i = 0; i < s->n; i++)
        image += s->parts[i].bytes != NULL ? s->parts[i].size : 0;
    return sum <= (double)ms / 1000 + 0.001 && t->bytes_image == image && t->bytes_skipped <= image &&
           t->bytes_sent > 0 && (s->config.rewrite ? t->bytes_skipped == 0 : true);
}

static bool same(const scenario *s, const char *what, const uint8_t *have, const uint8_t *want, uint32_t n,
                 uint32_t addr)
{
    char text[128];
    uint32_t i = 0, wrong = 0;
    if (memcmp(have, want, n) == 0)
        return true;
    while (have[i] == want[i])
        i++;
    for (uint32_t k = i; k < n; k++)
        wrong += have[k] != want[k];
    snprintf(text, sizeof text, "%s: %u, the first at 0x%x: 0x%02x for 0x%02x", what, (unsigned)wrong,
             (unsigned)(addr + i), have[i], want[i]);
    return fail(s, text, NULL);
}

/* What is outside of the parts after an error.  The ROM obeys damaged requests: what they
 * did there is made good by hand. */
static bool check_outside(const board *b, const scenario *s, const espy_err *err)
{
    static uint8_t copy[FLASH_MAX];
    memcpy(copy, b->flash, b->size);
    apply(s, copy, before);
    if (memcmp(copy, before, b->size) == 0)
        return true;
    if (!s->config.no_stub)
        return same(s, "wrong bytes outside of the parts", copy, before, b->size, 0);
    count(strstr(err->text, "outside") != NULL ? "(outside damaged through the ROM, and told so)"
                                               : "(outside damaged through the ROM, and another error told)");
    memcpy(copy, before, b->size);
    for (size_t i = 0; i < s->n; i++) {
        uint32_t whole = (s->parts[i].size + SECTOR - 1) / SECTOR * SECTOR;
        memcpy(copy + s->parts[i].addr, b->flash + s->parts[i].addr, whole);
    }
    memcpy(b->flash, copy, b->size);
    return true;
}

static bool check_read(const scenario *s, const uint8_t digest[16])
{
    uint8_t want[16];
    if (s->job != JOB_MD5)
        return same(s, "wrong bytes read", back, after + s->read_at, s->read_size, s->read_at);
    mbedtls_md5_ret(after + s->read_at, s->read_size, want);
    return same(s, "wrong bytes in the MD5", digest, want, sizeof want, 0);
}

/* One session; false where it breaks the rules. */
static bool session(const board *b, const scenario *s, const fault_plan *plan, espy_status *st, espy_err *err,
                    unsigned *struck)
{
    fault_link f;
    espy_flasher *flasher;
    espy_board found = {0};
    uint8_t digest[16];
    uint64_t start = espy_link_now_ms(b->link);
    fault_plan limited = *plan;
    limited.last_ms = start + LINK_MS;
    fault_link_init(&f, b->link, &limited);
    espy_flasher_config config = s->config;
    config.log = the_log();
    f.link.log = wire ? the_log() : NULL;
    *err = (espy_err){0};
    if (espy_flasher_new(&flasher, &f.link, &config, err) != ESPY_OK)
        return fail(s, "no flasher", err);
    *st = work(s, flasher, &found, digest, err);
    *struck = f.struck;
    bool good = *st == err->status || fail(s, "the status is not the error's", err);
    if (*st == ESPY_E_FORMAT)
        good = fail(s, "a wrong word", err);
    if (f.late)
        good = fail(s, "it does not end", err);
    if (*st == ESPY_OK) {
        good = good && check_read(s, digest) && (right_board(b, s, &found) || fail(s, "another board", NULL)) &&
               (right_stats(s, flasher, espy_link_now_ms(b->link) - start) || fail(s, "wrong numbers", NULL)) &&
               (runs_flash(&f) || fail(s, "the board does not run its flash", NULL));
    } else if (err->text[0] == '\0' || (err->advice[0] == '\0' && !f.dead)) {
        good = fail(s, "no sentence or no advice", err);
    }
    good = (*st == ESPY_OK ? same(s, "wrong bytes in the flash", b->flash, after, b->size, 0)
                           : check_outside(b, s, err)) &&
           good;
    if (verbose)
        fprintf(stderr, "%s: %llu ms, %llu bytes to the board, %llu from it, %u faults: %s\n", s->title,
                (unsigned long long)(espy_link_now_ms(b->link) - start), (unsigned long long)f.bytes[0],
                (unsigned long long)f.bytes[1], f.struck, *st == ESPY_OK ? "ok" : err->text);
    espy_flasher_free(flasher);
    fault_link_free(&f);
    return good;
}

/* The run after one that failed.  Where nothing can reset the board a person may have to,
 * and is told so. */
static bool complete(const board *b, const scenario *s)
{
    scenario plain = *s;
    espy_status st;
    espy_err err;
    unsigned struck;
    plain.config = (espy_flasher_config){.no_stub = s->config.no_stub};
    fault_plan none = {.no_lines = !s->lines};
    mend(b);
    if (!session(b, &plain, &none, &st, &err, &struck))
        return false;
    if (st != ESPY_OK && !s->lines && strstr(err.advice, "BOOT") != NULL) {
        download_by_hand(b);
        if (!session(b, &plain, &none, &st, &err, &struck))
            return false;
    }
    return st == ESPY_OK || fail(s, "the next run fails", &err);
}

static void run(const scenario *s)
{
    board b;
    espy_status st;
    espy_err err = {0};
    unsigned struck;
    snprintf(running, sizeof running, "%s\n", s->title);
    alarm(WALL_S);
    if (!open_board(&b, s, &err)) {
        fail(s, "no board", &err);
        return;
    }
    apply(s, after, NULL);
    if (!s->lines)
        download_by_hand(&b);
    if (verbose)
        describe(s);
    bool good = session(&b, s, &s->plan, &st, &err, &struck);
    if (good && st != ESPY_OK)
        good = complete(&b, s);
    if (good && st == ESPY_OK)
        count(struck > 0 ? "verified" : "verified, not struck");
    else if (good) {
        count_error(&err);
        if (list_errors) {
            printf("error %s: %s\n", s->title, err.text);
            describe(s);
        }
    }
    apply(s, after, before);
    espy_link_close(b.link);
}

/* ---- scenarios by seed ------------------------------------------------------------------------ */

static void fill(uint8_t *bytes, uint32_t n)
{
    uint32_t mode = below(4);
    for (uint32_t i = 0; i < n; i++)
        bytes[i] = mode == 0 ? (uint8_t)any() : i % 9 < mode ? (uint8_t)any() : (uint8_t)(0x20 + (i >> 9) % 8);
    for (uint32_t at = 0; at < n; at += SECTOR)
        if (one_in(5))
            memset(bytes + at, 0xFF, n - at < SECTOR ? n - at : SECTOR);
}

/* Scattered, some of them over borders of blocks, regions and 16 MB. */
static void draw_parts(scenario *s, uint32_t flash_size)
{
    uint32_t used = 0, large = one_in(25) ? 96 : 6;
    uint32_t addr = (one_in(4) ? 0 : 1 + below(8)) * SECTOR, end = 0;
    s->n = s->job == JOB_WRITE ? 1 + below(PARTS_MAX) : s->job == JOB_ERASE ? 1 + below(3) : 0;
    for (size_t i = 0; i < s->n; i++) {
        uint32_t sectors = up_to(large), size = sectors * SECTOR;
        if (one_in(3))
            addr += below((flash_size - addr) / SECTOR / 2) * SECTOR;
        if (one_in(4) && addr < flash_size / 2)
            addr = (addr / 0x40000 + 1) * 0x40000 - below(3) * SECTOR;
        if (one_in(3) && flash_size > 16 << 20 && !s->config.no_stub && addr < (16 << 20) - 2 * SECTOR)
            addr = (16 << 20) - below(3) * SECTOR;
        if (addr < end)
            addr = end;
        if (addr + size > flash_size || used + size > BYTES_MAX) {
            s->n = i;
            break;
        }
        s->parts[i] = (espy_flash_part){.addr = addr, .size = size};
        if (s->job == JOB_WRITE && !one_in(5)) {
            s->parts[i].bytes = content + used;
            s->parts[i].size -= one_in(2) ? below(SECTOR) : 0;
            if (one_in(4))
                memcpy(content + used, before + addr, size);
            else
                fill(content + used, size);
        }
        used += size;
        end = addr + size;
        addr = end + (one_in(3) ? 0 : up_to(64) * SECTOR);
    }
}

static void draw_read(scenario *s, uint32_t flash_size)
{
    const espy_flash_part *part = s->n > 0 ? &s->parts[below((uint32_t)s->n)] : NULL;
    uint32_t max = s->config.no_stub ? 1500 : one_in(20) ? 300000 : 20000;
    s->read_at = part != NULL ? part->addr + below(part->size) : below(flash_size);
    s->read_size = 1 + up_to(max);
    if (s->read_size > flash_size - s->read_at)
        s->read_size = flash_size - s->read_at;
}

/* A command that the session has, of the ROM's or of the stub's. */
static unsigned draw_since(const scenario *s)
{
    static const uint8_t rom[] = {0x09, 0x0A, 0x0D, 0x0F, 0x08, 0x14, 0x0B, 0x0E, 0x13};
    static const uint8_t rom_write[] = {0x02, 0x10, 0x11, 0x13, 0x02, 0x11, 0x13};
    static const uint8_t stub[] = {0x05, 0x07, 0x06, 0x08, 0x0F, 0x40, 0x54, 0x56, 0x56, 0x41, 0x42};
    static const uint8_t stub_write[] = {0x50, 0x51, 0x52, 0x52, 0x53, 0x53, 0x55, 0x55};
    if (s->lines && one_in(10))
        return FAULT_SINCE_RESET;
    if (s->n > 0 && one_in(2))
        return s->config.no_stub ? rom_write[below(sizeof rom_write)] : stub_write[below(sizeof stub_write)];
    return s->config.no_stub ? rom[below(sizeof rom)] : stub[below(sizeof stub)];
}

static fault draw_fault(const scenario *s)
{
    fault f = {.kind = (fault_kind)(1 + below(FAULT_BROWNOUT)), .back = one_in(2), .nth = 1};
    if (one_in(3)) {
        f.since = FAULT_SINCE_START;
        f.at = 1 + below(f.back ? (s->config.no_stub ? 2500 : 1200) : s->config.no_stub ? 2500 : 14000);
    } else {
        f.since = draw_since(s);
        f.at = up_to(one_in(4) ? 1500 : 50);
        f.nth = up_to(3);
    }
    switch (f.kind) {
    case FAULT_STALL: f.n = up_to(20000); break;
    case FAULT_BROWNOUT: f.n = up_to(2000); break;
    case FAULT_GARBAGE: f.n = up_to(5000); break;
    default: f.n = one_in(2) ? 1 : up_to(300); break;
    }
    f.after_us = up_to(one_in(2) ? 3000 : 1000000) - 1;
    return f;
}

static void draw_plan(scenario *s, uint64_t seed)
{
    static const uint32_t densities[] = {20000, 8000, 3000, 1000, 300}, rates[] = {0, 0, 0, 115200, 230400, 460800};
    s->plan = (fault_plan){.seed = seed, .no_lines = !s->lines};
    if (one_in(6)) {
        s->plan.one_in = densities[below(5)];
        s->plan.clean_baud = rates[below(6)];
        return;
    }
    uint32_t n = one_in(3) ? 1 + below(FAULTS_MAX) : 1;
    for (uint32_t i = 0; i < n; i++)
        s->plan.faults[i] = draw_fault(s);
}

static void draw(scenario *s, uint64_t seed, bool has_real_rom)
{
    static const char *const models[] = {"n4r2", "n4r2", "n4r2", "n4r2", "n16r8", "n16r8v", "n32r8v"};
    static const uint32_t rates[] = {0, 0, 0, 115200, 460800, 2000000};
    seed_with(seed);
    *s = (scenario){.model = models[below(7)]};
    snprintf(s->title, sizeof s->title, "--seeds %llu 1", (unsigned long long)seed);
    s->real_rom = one_in(4) && has_real_rom;
    s->real_timing = one_in(4);
    s->lines = !one_in(4);
    s->job = one_in(3) ? (job)below(JOBS) : JOB_WRITE;
    s->config.no_stub = one_in(5);
    s->config.rewrite = one_in(5);
    s->config.baud = s->lines ? rates[below(6)] : 0;
    if (s->config.no_stub && (s->real_rom || !one_in(6))) /* whose MD5 takes this computer long */
        s->model = models[0];
    uint32_t flash_size = espy_model_find(s->model)->flash_size;
    if (s->config.no_stub && flash_size > 16 << 20)
        flash_size = 16 << 20;
    draw_parts(s, flash_size);
    draw_read(s, flash_size);
    draw_plan(s, seed);
}

static void seeds(uint64_t first, uint64_t n)
{
    char rom[1200];
    const char *dir = getenv("ESPY_ROM_DIR");
    snprintf(rom, sizeof rom, "%s/esp32s3_rev0_rom.elf", dir != NULL ? dir : "../shared/rom");
    bool has_real_rom = access(rom, R_OK) == 0;
    for (uint64_t seed = first; seed < first + n; seed++) {
        scenario s;
        draw(&s, seed, has_real_rom);
        run(&s);
    }
}

/* ---- byte by byte -------------------------------------------------------------------------------- */

/* Over a border of regions, with a part that is there already, an erasure and an end that
 * is not a sector's. */
static void small_session(scenario *s, bool no_stub)
{
    *s = (scenario){.model = "n4r2", .lines = true, .config.no_stub = no_stub, .n = 3};
    seed_with(1);
    for (uint32_t i = 0; i < 2 * SECTOR; i++)
        content[i] = i % 23 == 0 ? (uint8_t)any() : 0x20;
    memcpy(content + 2 * SECTOR, before + 0x50000, SECTOR);
    s->parts[0] = (espy_flash_part){0x3f000, SECTOR + 900, content};
    s->parts[1] = (espy_flash_part){0x45000, SECTOR, NULL};
    s->parts[2] = (espy_flash_part){0x50000, SECTOR, content + 2 * SECTOR};
    s->read_at = 0x3f000 + SECTOR - 100;
    s->read_size = 200;
}

static fault_kind kind_of(const char *name)
{
    return strcmp(name, "lost") == 0 ? FAULT_DROP : strcmp(name, "changed") == 0 ? FAULT_FLIP : FAULT_DOUBLE;
}

static void bytes(char **argv)
{
    scenario s;
    uint64_t at = strtoull(argv[3], NULL, 10), step = strtoull(argv[4], NULL, 10);
    small_session(&s, strcmp(argv[0], "rom") == 0);
    unsigned unstruck = 0;
    for (; unstruck == 0; at += step) {
        s.plan = (fault_plan){
            .faults = {{.kind = kind_of(argv[2]), .back = strcmp(argv[1], "back") == 0, .nth = 1, .at = at, .n = 1}}};
        snprintf(s.title, sizeof s.title, "--bytes %s %s %s %llu %llu", argv[0], argv[1], argv[2],
                 (unsigned long long)at, (unsigned long long)step);
        run(&s);
        for (size_t i = 0; i < CLASSES_MAX; i++)
            if (strcmp(classes[i].text, "verified, not struck") == 0)
                unstruck = classes[i].n;
    }
}

/* ---- all together ---------------------------------------------------------------------------------- */

int main(int argc, char **argv)
{
    int at = 1;
    for (; at < argc && argv[at][0] == '-' && argv[at][1] == 'v'; at++) {
        list_errors = argv[at][2] == 'e';
        verbose = !list_errors;
        wire = argv[at][2] == 'v';
    }
    signal(SIGALRM, too_late);
    signal(SIGSEGV, too_late);
    make_contents();
    if (argc - at == 3 && strcmp(argv[at], "--seeds") == 0)
        seeds(strtoull(argv[at + 1], NULL, 10), strtoull(argv[at + 2], NULL, 10));
    else if (argc - at == 6 && strcmp(argv[at], "--bytes") == 0)
        bytes(argv + at + 1);
    else
        return 2;
    for (size_t i = 0; i < CLASSES_MAX && classes[i].n > 0; i++)
        printf("%u %s\n", classes[i].n, classes[i].text);
    return failures > 0;
}
