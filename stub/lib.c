/* SPDX-License-Identifier: MIT
 *
 * What the compiler calls and no library here has: lx106 has no divider.
 */
#include "stub.h"

void *memset(void *to, int value, size_t n);
void *memcpy(void *to, const void *from, size_t n);
uint32_t __udivsi3(uint32_t n, uint32_t d);
uint32_t __umodsi3(uint32_t n, uint32_t d);

void *memset(void *to, int value, size_t n)
{
    for (uint8_t *p = to; n > 0; n--)
        *p++ = (uint8_t)value;
    return to;
}

void *memcpy(void *to, const void *from, size_t n)
{
    const uint8_t *source = from;
    for (uint8_t *p = to; n > 0; n--)
        *p++ = *source++;
    return to;
}

uint32_t __udivsi3(uint32_t n, uint32_t d)
{
    uint32_t quotient = 0, rest = 0;
    for (int bit = 31; bit >= 0; bit--) {
        rest = rest << 1 | (n >> bit & 1);
        if (rest >= d) {
            rest -= d;
            quotient |= 1u << bit;
        }
    }
    return quotient;
}

uint32_t __umodsi3(uint32_t n, uint32_t d)
{
    return n - __udivsi3(n, d) * d;
}
