/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: a flash of any contents, surveyed.  The input is folded, so that few bytes
 * make one: the first 512 lie at 0, the next 512 at the table's place, and the rest at
 * every 64 KB.
 */
#include "../../src/image/survey.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

typedef struct input {
    const uint8_t *bytes;
    size_t size;
} input;

static size_t fold(uint32_t addr)
{
    if (addr < ESPY_PARTITION_TABLE)
        return addr < 512 ? addr : SIZE_MAX;
    if (addr < ESPY_PARTITION_TABLE + ESPY_SECTOR)
        return addr < ESPY_PARTITION_TABLE + 512 ? 512 + addr - ESPY_PARTITION_TABLE : SIZE_MAX;
    return 1024 + (addr & 0xFFFF);
}

static espy_status read_input(void *user, uint32_t addr, uint8_t *bytes, size_t n, espy_err *err)
{
    const input *in = user;
    if (addr + n > 0x800000)
        return espy_fail(err, ESPY_E_ARG, "0x%x is beyond the flash", (unsigned)addr);
    for (size_t i = 0; i < n; i++) {
        size_t at = fold(addr + (uint32_t)i);
        bytes[i] = at < in->size ? in->bytes[at] : 0xFF;
    }
    return ESPY_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    input in = {bytes, size};
    espy_flash_reader flash = {read_input, &in, 0x800000, 0x800000};
    espy_survey *survey = malloc(sizeof *survey);
    espy_err err = {0};
    if (survey == NULL)
        return 0;
    if (espy_survey_flash(survey, &flash, &err) != ESPY_OK || (survey->boots != NULL && survey->app_count == 0))
        abort(); /* it never reads beyond the flash */
    free(survey);
    return 0;
}
