/* SPDX-License-Identifier: MIT
 *
 * What a flash chip's RDID (0x9F) answer says: manufacturers by JEDEC JEP106, the
 * capacity code by the data sheets.  From 0x12 on the code is the size's power of two;
 * parts with 0x2n and 0x3n (1.8 V and octal ones among them) count on in their own way.
 */
#include "flash_id.h"

enum { ADESTO = 0x1F };

static uint32_t power(unsigned exponent)
{
    return exponent <= 28 ? (uint32_t)1 << exponent : 0;
}

uint32_t espy_flash_size_of_id(uint32_t id)
{
    unsigned maker = id & 0xFF, code = id >> 16 & 0xFF;
    if (maker == ADESTO) {
        /* The low five bits of the second byte are the density, 4 for 512 KiB. */
        unsigned density = id >> 8 & 0x1F;
        return density >= 4 && density <= 9 ? power(density + 15) : 0;
    }
    if (code >= 0x12 && code <= 0x1C)
        return power(code);
    if (code >= 0x20 && code <= 0x22)
        return power(code - 0x20 + 26);
    if (code >= 0x32 && code <= 0x3A)
        return power(code - 0x20);
    return 0;
}

static const struct {
    uint8_t maker;
    const char *name;
} makers[] = {
    {0x0B, "XTX"},        {0x1C, "Eon"},  {0x1F, "Adesto"},  {0x20, "XMC"},     {0x5E, "Zbit"},
    {0x68, "Boya"},       {0x85, "Puya"}, {0x9D, "ISSI"},    {0xA1, "Fudan"},   {0xC2, "Macronix"},
    {0xC8, "GigaDevice"}, {0xCD, "TH"},   {0xEF, "Winbond"}, {0xF8, "Fidelix"},
};

const char *espy_flash_vendor_of_id(uint32_t id)
{
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++)
        if (makers[i].maker == (id & 0xFF))
            return makers[i].name;
    return "unknown";
}
