/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: newlib's numbers, qsort, setjmp, and the mutexes that it is given.
 *
 * In the ROM's RAM: syscall_table_ptr, which firmware sets to a table of its own
 * functions, of which the first returns the task's struct _reent, errno in front.
 */
#include "native.h"

#include <stdbool.h>
#include <string.h>

enum {
    SYSCALL_TABLE_PTR = 0x3fceffd4,
    GETREENT = 0,
    MALLOC_R = 4,
    ABORT = 20,
    SBRK_R = 60,
    COMMON_MUTEX = 0x3fcef76c,           /* of newlib's locks that are not recursive */
    COMMON_RECURSIVE_MUTEX = 0x3fcef768, /* and of those that are */
    NEWLIB_ERANGE = 34,
    WINDOW_BASE = 72,
    WINDOW_START = 73
};

static void rom_init_common_mutexes(espy_rom_call *c)
{
    espy_rom_write32(c, COMMON_MUTEX, espy_rom_read32(c, espy_rom_arg(c, 0)));
    espy_rom_write32(c, COMMON_RECURSIVE_MUTEX, espy_rom_read32(c, espy_rom_arg(c, 1)));
}

/* Calls a function of the firmware's table, by its offset there. */
static void call_system(espy_rom_call *c, uint32_t step, uint32_t offset, unsigned argc, const uint32_t *args)
{
    espy_rom_guest(c, step, espy_rom_read32(c, espy_rom_read32(c, SYSCALL_TABLE_PTR) + offset), argc, args);
}

/* ---- from text to numbers ---- */

typedef struct number {
    uint32_t value, end; /* end: where it ends; 0 if there is none */
    bool out_of_range;
} number;

static bool is_space(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* 36 and more for what is no digit in any base. */
static uint32_t digit_of(uint8_t byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (byte >= 'A' && byte <= 'Z')
        return byte - 'A' + 10;
    if (byte >= 'a' && byte <= 'z')
        return byte - 'a' + 10;
    return UINT32_MAX;
}

/* The largest number of that sign. */
static uint64_t range_of(bool is_signed, bool negative)
{
    return !is_signed ? UINT32_MAX : negative ? UINT64_C(0x80000000) : 0x7fffffff;
}

static number parse_digits(const espy_rom_call *c, uint32_t at, uint32_t base, uint64_t limit)
{
    number n = {0};
    uint64_t value = 0;
    for (uint32_t digit; (digit = digit_of(espy_rom_read8(c, at))) < base; at++) {
        value = value * base + digit;
        n.out_of_range = n.out_of_range || value > limit;
        if (n.out_of_range)
            value = 0;
        n.end = at + 1;
    }
    n.value = (uint32_t)(n.out_of_range ? limit : value);
    return n;
}

/* As strtol() and strtoul() have it: "0x" may stand without a digit behind it. */
static number parse(const espy_rom_call *c, uint32_t at, uint32_t base, bool is_signed)
{
    while (is_space(espy_rom_read8(c, at)))
        at++;
    uint8_t sign = espy_rom_read8(c, at);
    if (sign == '-' || sign == '+')
        at++;
    bool zero = espy_rom_read8(c, at) == '0';
    if ((base == 0 || base == 16) && zero && (espy_rom_read8(c, at + 1) & 0xdf) == 'X') {
        at += 2;
        base = 16;
    }
    if (base == 0)
        base = zero ? 8 : 10;
    number n = parse_digits(c, at, base, range_of(is_signed, sign == '-'));
    if (sign == '-' && (is_signed || !n.out_of_range))
        n.value = -n.value;
    return n;
}

static void convert(espy_rom_call *c, uint32_t end, uint32_t base, bool is_signed)
{
    if (c->step == 0) {
        call_system(c, 1, GETREENT, 0, NULL);
        return;
    }
    number n = parse(c, espy_rom_arg(c, 0), base, is_signed);
    if (n.out_of_range)
        espy_rom_write32(c, espy_rom_result(c), NEWLIB_ERANGE);
    if (end != 0)
        espy_rom_write32(c, end, n.end != 0 ? n.end : espy_rom_arg(c, 0));
    espy_rom_return(c, n.value);
}

static void rom_atoi(espy_rom_call *c)
{
    convert(c, 0, 10, true);
}

static void rom_strtol(espy_rom_call *c)
{
    convert(c, espy_rom_arg(c, 1), espy_rom_arg(c, 2), true);
}

static void rom_strtoul(espy_rom_call *c)
{
    convert(c, espy_rom_arg(c, 1), espy_rom_arg(c, 2), false);
}

/* ---- from numbers to text ---- */

static void print_number(espy_rom_call *c, uint32_t value, bool negative)
{
    uint32_t to = espy_rom_arg(c, 1), base = espy_rom_arg(c, 2);
    char text[34];
    size_t at = sizeof text;
    text[--at] = '\0';
    if (base < 2 || base > 36) {
        espy_rom_write8(c, to, 0);
        espy_rom_return(c, 0);
        return;
    }
    do
        text[--at] = "0123456789abcdefghijklmnopqrstuvwxyz"[value % base];
    while ((value /= base) != 0);
    if (negative)
        text[--at] = '-';
    espy_rom_write(c, to, text + at, sizeof text - at);
    espy_rom_return(c, to);
}

static void rom_utoa(espy_rom_call *c)
{
    print_number(c, espy_rom_arg(c, 0), false);
}

static void rom_itoa(espy_rom_call *c)
{
    uint32_t value = espy_rom_arg(c, 0);
    bool negative = espy_rom_arg(c, 2) == 10 && (int32_t)value < 0;
    print_number(c, negative ? -value : value, negative);
}

/* ---- arithmetic ---- */

static void rom_abs(espy_rom_call *c)
{
    uint32_t value = espy_rom_arg(c, 0);
    espy_rom_return(c, (int32_t)value < 0 ? -value : value);
}

/* Quotient and remainder, in the two registers of the result. */
static void rom_div(espy_rom_call *c)
{
    int64_t a = (int32_t)espy_rom_arg(c, 0), b = (int32_t)espy_rom_arg(c, 1);
    if (b == 0)
        espy_rom_divide_by_zero(c);
    else
        espy_rom_return64(c, (uint32_t)(a / b) | (uint64_t)(uint32_t)(a % b) << 32);
}

/* Park and Miller, "Random Number Generators: Good Ones Are Hard to Find", with Schrage's
 * way to stay within 32 bits; newlib avoids the fixed point 0. */
static void rom_rand_r(espy_rom_call *c)
{
    uint32_t at = espy_rom_arg(c, 0);
    int32_t seed = (int32_t)espy_rom_read32(c, at);
    if (seed == 0)
        seed = 0x12345987;
    int32_t high = seed / 127773, low = seed % 127773;
    seed = 16807 * low - 2836 * high;
    if (seed < 0)
        seed += 2147483647;
    espy_rom_write32(c, at, (uint32_t)seed);
    espy_rom_return(c, (uint32_t)seed & 0x7fffffff);
}

/* ---- rand, and the end of the heap ---- */

/* struct _reent has a pointer to a state that is allocated when it is first wanted, with
 * what belongs to drand48() at its front. */
enum { REENT_RAND = 56, RAND_NEXT = 16, RAND_SIZE = 24, LOCAL_REENT = 4 };
enum { RAND_BEGIN, RAND_REENT, RAND_MALLOC, RAND_ALLOCATED, RAND_ABORTED };

static void init_rand(const espy_rom_call *c, uint32_t state)
{
    static const uint32_t words[] = {0xabcd330e, 0xe66d1234, 0x0005deec};
    for (uint32_t i = 0; i < 3; i++)
        espy_rom_write32(c, state + 4 * i, words[i]);
    espy_rom_put(c, state + 12, 11, 2);
    espy_rom_write32(c, state + RAND_NEXT, 1);
    espy_rom_write32(c, state + RAND_NEXT + 4, 0);
}

/* The task's state, or 0 while the guest is being asked for it. */
static uint32_t rand_state(espy_rom_call *c)
{
    uint32_t state;
    switch (c->step) {
    case RAND_BEGIN: call_system(c, RAND_REENT, GETREENT, 0, NULL); return 0;
    case RAND_REENT:
        espy_rom_set_local(c, LOCAL_REENT, espy_rom_result(c));
        state = espy_rom_read32(c, espy_rom_result(c) + REENT_RAND);
        if (state == 0)
            call_system(c, RAND_MALLOC, GETREENT, 0, NULL);
        return state;
    case RAND_MALLOC:
        call_system(c, RAND_ALLOCATED, MALLOC_R, 2, (const uint32_t[]){espy_rom_result(c), RAND_SIZE});
        return 0;
    case RAND_ALLOCATED: state = espy_rom_result(c); break;
    default: return 0;
    }
    espy_rom_write32(c, espy_rom_local(c, LOCAL_REENT) + REENT_RAND, state);
    if (state == 0)
        call_system(c, RAND_ABORTED, ABORT, 0, NULL);
    else
        init_rand(c, state);
    return state;
}

/* Knuth's generator of 64 bits, "The Art of Computer Programming", 3.3.4. */
static void rom_rand(espy_rom_call *c)
{
    uint32_t state = rand_state(c);
    if (state == 0)
        return;
    uint64_t next = espy_rom_read32(c, state + RAND_NEXT) | (uint64_t)espy_rom_read32(c, state + RAND_NEXT + 4) << 32;
    next = next * UINT64_C(6364136223846793005) + 1;
    espy_rom_write32(c, state + RAND_NEXT, (uint32_t)next);
    espy_rom_write32(c, state + RAND_NEXT + 4, (uint32_t)(next >> 32));
    espy_rom_return(c, next >> 32 & 0x7fffffff);
}

static void rom_srand(espy_rom_call *c)
{
    uint32_t state = rand_state(c);
    if (state == 0)
        return;
    espy_rom_write32(c, state + RAND_NEXT, espy_rom_arg(c, 0));
    espy_rom_write32(c, state + RAND_NEXT + 4, 0);
}

static void rom_sbrk(espy_rom_call *c)
{
    if (c->step == 0)
        call_system(c, 1, GETREENT, 0, NULL);
    else if (c->step == 1)
        call_system(c, 2, SBRK_R, 2, (const uint32_t[]){espy_rom_result(c), espy_rom_arg(c, 0)});
    else
        espy_rom_return(c, espy_rom_result(c));
}

/* ---- setjmp ---- */

/* A jmp_buf has the frame of setjmp()'s caller: its a0 to a3, up to eight registers more
 * from where its caller's frame keeps them, the base save area, and the return address. */
enum { JMP_CALLER = 4, JMP_EXTRA = 16, JMP_SAVE_AREA = 48, JMP_CALLERS_CALLER = 52, JMP_RETURN = 64, AREA = 16 };

static void copy(const espy_rom_call *c, uint32_t to, uint32_t from, uint32_t n)
{
    uint8_t bytes[2 * AREA];
    espy_rom_read(c, from, bytes, n);
    espy_rom_write(c, to, bytes, n);
}

/* The bytes of a frame beyond a0 to a3, by the size of the call that made the next. */
static uint32_t extra_of(uint32_t return_address)
{
    uint32_t size = return_address >> 30;
    return size > 1 ? (size - 1) * AREA : 0;
}

static void rom_setjmp(espy_rom_call *c)
{
    uint32_t buffer = espy_rom_arg(c, 0), sp = espy_cpu_get_a(c->cpu, 1), back = espy_cpu_get_a(c->cpu, 0);
    uint32_t save_area = sp + espy_rom_frame_size(c->function) - AREA, extra = extra_of(back);
    espy_cpu_spill(c->cpu);
    copy(c, buffer, sp - AREA, AREA);
    copy(c, buffer + JMP_EXTRA, espy_rom_read32(c, save_area + 4) - AREA - extra, extra);
    copy(c, buffer + JMP_SAVE_AREA, save_area, AREA);
    espy_rom_write32(c, buffer + JMP_RETURN, back);
    espy_rom_return(c, 0);
}

/* The frames between are forgotten; the return then fetches the one of setjmp()'s caller
 * from where it would have been spilled to. */
static void rom_longjmp(espy_rom_call *c)
{
    uint32_t buffer = espy_rom_arg(c, 0), value = espy_rom_arg(c, 1), back = espy_rom_read32(c, buffer + JMP_RETURN);
    uint32_t extra = extra_of(back);
    espy_cpu_set_sr(c->cpu, WINDOW_START, 1u << espy_cpu_get_sr(c->cpu, WINDOW_BASE));
    copy(c, espy_cpu_get_a(c->cpu, 1) - AREA, buffer, AREA);
    copy(c, espy_rom_read32(c, buffer + JMP_CALLERS_CALLER) - AREA - extra, buffer + JMP_EXTRA, extra);
    copy(c, espy_rom_read32(c, buffer + JMP_CALLER) - AREA, buffer + JMP_SAVE_AREA, AREA);
    espy_cpu_set_a(c->cpu, 0, back);
    espy_rom_return(c, value != 0 ? value : 1);
}

/* ---- qsort ---- */

/* What Bentley and McIlroy, "Engineering a Sort Function", call by these names, as newlib
 * has it, so that the guest's function is asked about the same pairs in the same order.
 * The smaller part is sorted first, so that what waits is bounded by the logarithm. */
enum { WAITING = 24, FEW = 7, MANY = 40 };

typedef enum sort_phase { SORT_INSERT, SORT_AB, SORT_BC, SORT_AC, SORT_LEFT, SORT_RIGHT } sort_phase;

typedef struct sort {
    const espy_rom_call *call;
    uint32_t size, compare;
    /* What is kept in the guest between two comparisons: */
    struct {
        uint32_t a, n, depth, phase, swapped;
        uint32_t x, y; /* to be compared next; x is 0 when all is sorted */
        uint32_t pa, pb, pc, pd, pl, pm, pn;
        uint32_t median, b, c; /* which median, and two of its three; the first is x */
        uint32_t first;
        uint32_t waiting[WAITING][2];
    } s;
} sort;

static void ask(sort *q, sort_phase phase, uint32_t x, uint32_t y)
{
    q->s.phase = phase;
    q->s.x = x;
    q->s.y = y;
}

static void swap(const sort *q, uint32_t x, uint32_t y)
{
    uint8_t a[64], b[64];
    for (uint32_t done = 0, n; done < q->size; done += n) {
        n = q->size - done < sizeof a ? q->size - done : (uint32_t)sizeof a;
        espy_rom_read(q->call, x + done, a, n);
        espy_rom_read(q->call, y + done, b, n);
        espy_rom_write(q->call, x + done, b, n);
        espy_rom_write(q->call, y + done, a, n);
    }
}

static void swap_many(const sort *q, uint32_t x, uint32_t y, uint32_t bytes)
{
    for (uint32_t done = 0; done < bytes; done += q->size)
        swap(q, x + done, y + done);
}

static uint32_t end_of(const sort *q)
{
    return q->s.a + q->s.n * q->size;
}

static void begin_part(sort *q);

static void next_part(sort *q)
{
    q->s.x = 0;
    if (q->s.depth == 0)
        return;
    q->s.depth--;
    q->s.a = q->s.waiting[q->s.depth][0];
    q->s.n = q->s.waiting[q->s.depth][1];
    begin_part(q);
}

/* Insertion: the element at pm moves down as pl. */
static void insert_next(sort *q)
{
    while (q->s.pl <= q->s.a) {
        q->s.pm += q->size;
        q->s.pl = q->s.pm;
        if (q->s.pm >= end_of(q)) {
            next_part(q);
            return;
        }
    }
    ask(q, SORT_INSERT, q->s.pl - q->size, q->s.pl);
}

static void begin_insertion(sort *q)
{
    q->s.pm = q->s.a;
    q->s.pl = q->s.a;
    insert_next(q);
}

static void on_insert(sort *q, int32_t r)
{
    if (r > 0) {
        swap(q, q->s.pl, q->s.pl - q->size);
        q->s.pl -= q->size;
    } else {
        q->s.pl = q->s.a;
    }
    insert_next(q);
}

/* Medians: 0 to 2 are of the three groups of a large part, 3 is of the three then left. */
static void ask_median(sort *q, uint32_t which, uint32_t a, uint32_t b, uint32_t c)
{
    q->s.median = which;
    q->s.first = a;
    q->s.b = b;
    q->s.c = c;
    ask(q, SORT_AB, a, b);
}

static void begin_partition(sort *q)
{
    swap(q, q->s.a, q->s.pm);
    q->s.pa = q->s.pb = q->s.a + q->size;
    q->s.pc = q->s.pd = end_of(q) - q->size;
    q->s.swapped = false;
    q->s.phase = SORT_LEFT;
}

static void scan(sort *q);

static void end_median(sort *q, uint32_t median)
{
    uint32_t d = q->s.n / 8 * q->size;
    switch (q->s.median) {
    case 0:
        q->s.pl = median;
        ask_median(q, 1, q->s.pm - d, q->s.pm, q->s.pm + d);
        break;
    case 1:
        q->s.pm = median;
        ask_median(q, 2, q->s.pn - 2 * d, q->s.pn - d, q->s.pn);
        break;
    case 2:
        q->s.pn = median;
        ask_median(q, 3, q->s.pl, q->s.pm, q->s.pn);
        break;
    default:
        q->s.pm = median;
        begin_partition(q);
        scan(q);
        break;
    }
}

/* In q->s.swapped is, meanwhile, whether the first is less than the second. */
static void on_ab(sort *q, int32_t r)
{
    q->s.swapped = r < 0;
    ask(q, SORT_BC, q->s.b, q->s.c);
}

static void on_bc(sort *q, int32_t r)
{
    if (q->s.swapped ? r < 0 : r > 0)
        end_median(q, q->s.b);
    else
        ask(q, SORT_AC, q->s.first, q->s.c);
}

static void on_ac(sort *q, int32_t r)
{
    bool less = r < 0;
    end_median(q, q->s.swapped == less ? q->s.c : q->s.first);
}

static void begin_part(sort *q)
{
    uint32_t a = q->s.a, n = q->s.n, d = n / 8 * q->size;
    if (n < FEW) {
        begin_insertion(q);
        return;
    }
    q->s.pm = a + n / 2 * q->size;
    q->s.pl = a;
    q->s.pn = a + (n - 1) * q->size;
    if (n > MANY) {
        ask_median(q, 0, a, a + d, a + 2 * d);
    } else if (n > FEW) {
        ask_median(q, 3, q->s.pl, q->s.pm, q->s.pn);
    } else {
        begin_partition(q);
        scan(q);
    }
}

static uint32_t min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* What equals the pivot goes to the middle; then the two parts beside it. */
static void end_partition(sort *q)
{
    if (!q->s.swapped) {
        begin_insertion(q);
        return;
    }
    uint32_t a = q->s.a, end = end_of(q);
    uint32_t less = q->s.pb - q->s.pa, more = q->s.pd - q->s.pc;
    uint32_t n = min_u32(q->s.pa - a, less);
    swap_many(q, a, q->s.pb - n, n);
    n = min_u32(more, end - q->s.pd - q->size);
    swap_many(q, q->s.pb, end - n, n);
    uint32_t left[2] = {a, less}, right[2] = {end - more, more};
    const uint32_t *small = less >= more ? right : left, *large = less >= more ? left : right;
    if (small[1] > q->size && q->s.depth < WAITING) {
        q->s.waiting[q->s.depth][0] = large[0];
        q->s.waiting[q->s.depth++][1] = large[1] / q->size;
        large = small;
    }
    if (large[1] <= q->size) {
        next_part(q);
        return;
    }
    q->s.a = large[0];
    q->s.n = large[1] / q->size;
    begin_part(q);
}

/* Asks about the next element from the left or from the right. */
static void scan(sort *q)
{
    if (q->s.phase == SORT_LEFT && q->s.pb <= q->s.pc)
        ask(q, SORT_LEFT, q->s.pb, q->s.a);
    else if (q->s.pb <= q->s.pc)
        ask(q, SORT_RIGHT, q->s.pc, q->s.a);
    else
        end_partition(q);
}

static void on_left(sort *q, int32_t r)
{
    if (r == 0) {
        q->s.swapped = true;
        swap(q, q->s.pa, q->s.pb);
        q->s.pa += q->size;
    }
    if (r <= 0)
        q->s.pb += q->size;
    else
        q->s.phase = SORT_RIGHT;
    scan(q);
}

static void on_right(sort *q, int32_t r)
{
    if (r == 0) {
        q->s.swapped = true;
        swap(q, q->s.pc, q->s.pd);
        q->s.pd -= q->size;
    }
    if (r >= 0) {
        q->s.pc -= q->size;
    } else {
        swap(q, q->s.pb, q->s.pc);
        q->s.swapped = true;
        q->s.pb += q->size;
        q->s.pc -= q->size;
        q->s.phase = SORT_LEFT;
    }
    scan(q);
}

static void answer(sort *q, int32_t r)
{
    switch ((sort_phase)q->s.phase) {
    case SORT_INSERT: on_insert(q, r); break;
    case SORT_AB: on_ab(q, r); break;
    case SORT_BC: on_bc(q, r); break;
    case SORT_AC: on_ac(q, r); break;
    case SORT_LEFT: on_left(q, r); break;
    case SORT_RIGHT: on_right(q, r); break;
    }
}

static void rom_qsort(espy_rom_call *c)
{
    sort q = {.call = c, .size = espy_rom_arg(c, 2), .compare = espy_rom_arg(c, 3)};
    if (c->step == 0) {
        q.s.a = espy_rom_arg(c, 0);
        q.s.n = espy_rom_arg(c, 1);
        begin_part(&q);
    } else {
        espy_rom_read(c, espy_rom_locals_addr(c), &q.s, sizeof q.s);
        answer(&q, (int32_t)espy_rom_result(c));
    }
    if (q.s.x == 0)
        return;
    espy_rom_write(c, espy_rom_locals_addr(c), &q.s, sizeof q.s);
    espy_rom_guest(c, 1, q.compare, 2, (const uint32_t[]){q.s.x, q.s.y});
}

enum { SORT_LOCALS = (sizeof(((sort *)0)->s) - 12 + 15) / 16 * 16 };

const espy_rom_function espy_rom_stdlib_functions[] = {
    {.name = "esp_rom_newlib_init_common_mutexes", .run = rom_init_common_mutexes},
    {.name = "atoi", .run = rom_atoi, .kind = ESPY_ROM_STEPS},
    {.name = "atol", .run = rom_atoi, .kind = ESPY_ROM_STEPS},
    {.name = "strtol", .run = rom_strtol, .kind = ESPY_ROM_STEPS},
    {.name = "strtoul", .run = rom_strtoul, .kind = ESPY_ROM_STEPS},
    {.name = "itoa", .run = rom_itoa},
    {.name = "utoa", .run = rom_utoa},
    {.name = "abs", .run = rom_abs},
    {.name = "labs", .run = rom_abs},
    {.name = "div", .run = rom_div},
    {.name = "ldiv", .run = rom_div},
    {.name = "rand", .run = rom_rand, .kind = ESPY_ROM_STEPS},
    {.name = "srand", .run = rom_srand, .kind = ESPY_ROM_STEPS},
    {.name = "sbrk", .run = rom_sbrk, .kind = ESPY_ROM_STEPS},
    {.name = "rand_r", .run = rom_rand_r},
    {.name = "setjmp", .run = rom_setjmp},
    {.name = "longjmp", .run = rom_longjmp},
    {.name = "qsort", .run = rom_qsort, .kind = ESPY_ROM_STEPS, .locals = SORT_LOCALS},
    {0},
};
