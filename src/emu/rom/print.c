/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: ets_printf and what it prints to.
 *
 * Formats are the ROM's, not C's: after "%" come "-", "0", a width, a precision that is
 * skipped and makes zeros of the padding, "l" or "ll", and one of d u x X p s c % and
 * their capitals D U S C.  Of 64 bits only those of %lld are printed.  After "%%", and
 * after "%" and a letter that means nothing, it pads to the width once more, as if a text
 * had been printed that is shorter by one with each conversion before; so a blank
 * follows.
 *
 * In the ROM's RAM: the two functions that take characters, and the two that lock.
 */
#include "native.h"

#include <stdbool.h>
#include <string.h>

enum {
    PRINTF_CHANNEL = 0x3fcef744,
    UNLOCK = 0x3fcef748,
    LOCK = 0x3fcef74c,
    PUTC2 = 0x3fcef750,
    PUTC1 = 0x3fcef754,
    WRITE_CHAR_UART = 0x40043ce8, /* where ets_write_char_uart itself is */
    UART_TX_ONE_CHAR = 0x40000648
};

/* ---- a piece of output: a literal character, or a conversion ---- */

typedef struct piece {
    uint32_t next, next_arg; /* where the format and the arguments go on */
    int32_t length;          /* what the next "%%" takes for the length of its text */
    uint32_t uncounted;      /* characters that the result leaves out */
    char lead[2];            /* printed before all padding */
    uint32_t leads, before;  /* how many of those; the padding before the text */
    char padding, sign;      /* sign: 0 if there is none */
    bool sign_first;         /* before the padding */
    uint32_t text, size;     /* the text, in the guest; or at 0, then in digits */
    uint32_t after;          /* blanks behind it */
    char digits[24];
} piece;

/* A conversion as it is read from the format. */
typedef struct spec {
    uint8_t letter;
    bool left, zeros;
    int32_t width;
    unsigned longs;
} spec;

static uint8_t format_at(const espy_rom_call *c, uint32_t *at)
{
    return espy_rom_read8(c, (*at)++);
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static spec parse(const espy_rom_call *c, uint32_t *at)
{
    spec s = {.letter = format_at(c, at)};
    s.left = s.letter == '-';
    if (s.left)
        s.letter = format_at(c, at);
    s.zeros = s.letter == '0';
    if (s.zeros)
        s.letter = format_at(c, at);
    uint32_t width = 0;
    for (; is_digit(s.letter); s.letter = format_at(c, at))
        width = 10 * width + s.letter - '0';
    s.width = (int32_t)width;
    if (s.letter == '.') {
        s.zeros = true;
        do
            s.letter = format_at(c, at);
        while (is_digit(s.letter));
    }
    for (; s.letter == 'l' && s.longs < 2; s.longs++)
        s.letter = format_at(c, at);
    return s;
}

static uint64_t number_arg(const espy_rom_call *c, piece *p, const spec *s)
{
    if (s->longs < 2) {
        uint32_t low = espy_rom_arg(c, p->next_arg++);
        return low | (low >> 31 != 0 ? (uint64_t)UINT32_MAX << 32 : 0);
    }
    uint32_t first = (p->next_arg + 1) & ~1u;
    p->next_arg = first + 2;
    return espy_rom_arg64(c, first);
}

static void put_number(const espy_rom_call *c, piece *p, const spec *s)
{
    bool is_signed = (s->letter & 0xdf) == 'D', decimal = is_signed || (s->letter & 0xdf) == 'U';
    uint64_t value = number_arg(c, p, s), base = decimal ? 10 : 16;
    if (!is_signed) {
        value = (uint32_t)value;
    } else if (value >> 63 != 0) {
        value = -value;
        p->sign = '-';
    }
    const char *digits = s->letter == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    size_t at = sizeof p->digits;
    do
        p->digits[--at] = digits[value % base];
    while ((value /= base) != 0);
    p->size = (uint32_t)(sizeof p->digits - at);
    memmove(p->digits, p->digits + at, p->size);
}

static void put_text(const espy_rom_call *c, piece *p)
{
    static const char null[] = "<null>";
    p->text = espy_rom_arg(c, p->next_arg++);
    if (p->text == 0) {
        p->size = sizeof null - 1;
        memcpy(p->digits, null, p->size);
        return;
    }
    while (espy_rom_read8(c, p->text + p->size) != 0)
        p->size++;
}

static void put_lead(piece *p, char first, char second)
{
    p->lead[0] = first;
    p->lead[1] = second;
    p->leads = 2;
}

/* Padding of a text with that length, which may be less than nothing. */
static void pad(piece *p, const spec *s, int32_t length)
{
    int32_t missing = (int32_t)((uint32_t)s->width - (uint32_t)length - (p->sign != 0));
    p->padding = s->zeros ? '0' : ' ';
    p->sign_first = s->zeros || s->left;
    uint32_t blanks = missing > 0 ? (uint32_t)missing : 0;
    p->before = s->left ? 0 : blanks;
    p->after = s->left ? blanks : 0;
    p->length = (length > 0 ? 0 : length) - 1;
}

static void convert(const espy_rom_call *c, piece *p)
{
    spec s = parse(c, &p->next);
    switch (s.letter) {
    case 'c':
    case 'C':
        p->lead[0] = (char)espy_rom_arg(c, p->next_arg++);
        p->leads = 1;
        return;
    case 's':
    case 'S': put_text(c, p); break;
    case 'p':
        put_lead(p, '0', 'x');
        p->uncounted = 2;
        s.width = 8;
        s.zeros = true;
        put_number(c, p, &s);
        break;
    case 'd':
    case 'D':
    case 'u':
    case 'U':
    case 'x':
    case 'X': put_number(c, p, &s); break;
    case '%':
        p->lead[0] = '%';
        p->leads = p->uncounted = 1;
        pad(p, &s, p->length);
        return;
    default:
        put_lead(p, '%', (char)s.letter);
        pad(p, &s, p->length);
        return;
    }
    pad(p, &s, (int32_t)p->size);
}

static uint32_t size_of(const piece *p)
{
    return p->leads + (p->sign != 0) + p->before + p->size + p->after;
}

/* Character k of a piece. */
static uint8_t char_of(const espy_rom_call *c, const piece *p, uint32_t k)
{
    if (k < p->leads)
        return (uint8_t)p->lead[k];
    k -= p->leads;
    uint32_t sign_at = p->sign_first ? 0 : p->before;
    if (p->sign != 0 && k == sign_at)
        return (uint8_t)p->sign;
    if (p->sign != 0 && k > sign_at)
        k--;
    if (k < p->before)
        return (uint8_t)p->padding;
    k -= p->before;
    if (k < p->size)
        return p->text != 0 ? espy_rom_read8(c, p->text + k) : (uint8_t)p->digits[k];
    return ' ';
}

/* ---- ets_printf ---- */

/* Where it is, in the guest: the piece, by where it begins, and the next of its characters. */
enum { FORMAT = 4, ARG = 8, CHAR = 12, COUNT = 16, LENGTH = 20, PRINT_LOCALS = 16 };
enum { PRINT_BEGIN, PRINT_LOCKED, PRINT_SECOND, PRINT_NEXT, PRINT_UNLOCKED };

/* Returns false at the end of the format. */
static bool load_piece(const espy_rom_call *c, piece *p)
{
    *p = (piece){.next = espy_rom_local(c, FORMAT),
                 .next_arg = espy_rom_local(c, ARG),
                 .length = (int32_t)espy_rom_local(c, LENGTH)};
    p->lead[0] = (char)format_at(c, &p->next);
    if (p->lead[0] == '\0')
        return false;
    if (p->lead[0] == '%')
        convert(c, p);
    else
        p->leads = 1;
    return true;
}

static void end_piece(const espy_rom_call *c, const piece *p)
{
    espy_rom_set_local(c, FORMAT, p->next);
    espy_rom_set_local(c, ARG, p->next_arg);
    espy_rom_set_local(c, CHAR, 0);
    espy_rom_set_local(c, COUNT, espy_rom_local(c, COUNT) + size_of(p) - p->uncounted);
    espy_rom_set_local(c, LENGTH, (uint32_t)p->length);
}

static void put_char(espy_rom_call *c, uint32_t step, uint32_t to, uint32_t character)
{
    espy_rom_guest(c, step, to, 1, &character);
}

static void end_print(espy_rom_call *c)
{
    uint32_t unlock = espy_rom_read32(c, UNLOCK);
    if (unlock != 0)
        espy_rom_guest(c, PRINT_UNLOCKED, unlock, 0, NULL);
    else
        espy_rom_return(c, espy_rom_local(c, COUNT));
}

/* Hands the character that is due to the first function, or to the second when that one
 * has had it or is none. */
static void print_on(espy_rom_call *c, bool second)
{
    piece p;
    while (load_piece(c, &p)) {
        uint32_t k = espy_rom_local(c, CHAR), putc1 = espy_rom_read32(c, PUTC1), putc2 = espy_rom_read32(c, PUTC2);
        if (k == size_of(&p)) {
            end_piece(c, &p);
            continue;
        }
        if (!second && putc1 != 0) {
            put_char(c, PRINT_SECOND, putc1, char_of(c, &p, k));
            return;
        }
        if (putc2 != 0) {
            put_char(c, PRINT_NEXT, putc2, char_of(c, &p, k));
            return;
        }
        espy_rom_set_local(c, CHAR, k + 1);
        second = false;
    }
    end_print(c);
}

static void begin_print(espy_rom_call *c)
{
    uint32_t lock = espy_rom_read32(c, LOCK);
    if (espy_rom_read32(c, PUTC1) == 0 && espy_rom_read32(c, PUTC2) == 0) {
        espy_rom_return(c, 0);
        return;
    }
    espy_rom_set_local(c, FORMAT, espy_rom_arg(c, 0));
    espy_rom_set_local(c, ARG, 1);
    espy_rom_set_local(c, CHAR, 0);
    espy_rom_set_local(c, COUNT, 0);
    espy_rom_set_local(c, LENGTH, 0);
    if (lock != 0)
        espy_rom_guest(c, PRINT_LOCKED, lock, 0, NULL);
    else
        print_on(c, false);
}

static void rom_ets_printf(espy_rom_call *c)
{
    switch (c->step) {
    case PRINT_BEGIN: begin_print(c); break;
    case PRINT_LOCKED: print_on(c, false); break;
    case PRINT_SECOND: print_on(c, true); break;
    case PRINT_NEXT:
        espy_rom_set_local(c, CHAR, espy_rom_local(c, CHAR) + 1);
        print_on(c, false);
        break;
    default: espy_rom_return(c, espy_rom_local(c, COUNT)); break;
    }
}

/* ---- where it prints to ---- */

/* A line ends with CR LF on the wire; a CR of the text is dropped. */
static void rom_ets_write_char_uart(espy_rom_call *c)
{
    uint32_t character = espy_rom_arg(c, 0) & 0xff;
    if (c->step == 0 && character == '\n')
        put_char(c, 1, UART_TX_ONE_CHAR, '\r');
    else if (c->step < 2 && character != '\r')
        put_char(c, 2, UART_TX_ONE_CHAR, character);
}

/* ---- switches ---- */

static void rom_ets_install_putc1(espy_rom_call *c)
{
    espy_rom_write32(c, PUTC1, espy_rom_arg(c, 0));
}

static void rom_ets_install_putc2(espy_rom_call *c)
{
    espy_rom_write32(c, PUTC2, espy_rom_arg(c, 0));
}

static void rom_ets_install_uart_printf(espy_rom_call *c)
{
    espy_rom_write32(c, PUTC1, WRITE_CHAR_UART);
}

static void rom_ets_install_lock(espy_rom_call *c)
{
    espy_rom_write32(c, LOCK, espy_rom_arg(c, 0));
    espy_rom_write32(c, UNLOCK, espy_rom_arg(c, 1));
}

static void rom_ets_get_printf_channel(espy_rom_call *c)
{
    espy_rom_return(c, espy_rom_read8(c, PRINTF_CHANNEL));
}

const espy_rom_function espy_rom_print_functions[] = {
    {.name = "ets_printf", .run = rom_ets_printf, .kind = ESPY_ROM_STEPS, .locals = PRINT_LOCALS},
    {.name = "ets_write_char_uart", .run = rom_ets_write_char_uart, .kind = ESPY_ROM_STEPS},
    {.name = "ets_install_putc1", .run = rom_ets_install_putc1},
    {.name = "ets_install_putc2", .run = rom_ets_install_putc2},
    {.name = "ets_install_uart_printf", .run = rom_ets_install_uart_printf},
    {.name = "ets_install_lock", .run = rom_ets_install_lock},
    {.name = "ets_get_printf_channel", .run = rom_ets_get_printf_channel},
    {0},
};
