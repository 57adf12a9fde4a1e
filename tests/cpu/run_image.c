/* SPDX-License-Identifier: MIT
 *
 * Runs bare code on one core over plain memory.
 *
 *     run_image BASE END START SIZE <IMAGE >BYTES
 *
 * The image is put at BASE, where execution begins, and runs until the program
 * counter is END; then the SIZE bytes from START on are written.  Exit status 1 if
 * it did not arrive there within a thousand million instructions.
 */
#include "../../src/base/buf.h"
#include "../../src/emu/cpu/cpu.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { LIMIT = 1000000000, SLICE = 100000 };

typedef struct bench {
    espy_bus bus;
    espy_clock clock;
    espy_mem mem;
    espy_code *code;
    espy_cpu *cpu;
    uint8_t *bytes;
    size_t size;
} bench;

static espy_status read_image(bench *b, uint32_t base, espy_err *err)
{
    b->size = 16 << 20;
    b->bytes = calloc(1, b->size);
    if (b->bytes == NULL || fread(b->bytes, 1, b->size, stdin) == 0)
        return ESPY_E_IO;
    espy_status st = espy_mem_init(&b->mem, "image", b->bytes, b->size, err);
    if (st == ESPY_OK)
        espy_bus_map(&b->bus, base, (uint32_t)b->size, &b->mem, 0, true);
    return st;
}

static espy_status set_up(bench *b, uint32_t base, espy_err *err)
{
    espy_status st = espy_bus_init(&b->bus, NULL, err);
    if (st == ESPY_OK)
        st = read_image(b, base, err);
    if (st == ESPY_OK)
        st = espy_code_new(&b->code, &b->bus, err);
    if (st == ESPY_OK)
        st = espy_cpu_new(&b->cpu, &b->bus, &b->clock, b->code, NULL, 0xcdcd, err);
    return st;
}

static bool run_to(bench *b, uint32_t base, uint32_t end)
{
    espy_cpu_reset(b->cpu);
    espy_cpu_set_pc(b->cpu, base);
    while (espy_cpu_pc(b->cpu) != end && espy_cpu_instructions(b->cpu) < LIMIT)
        espy_cpu_run(b->cpu, SLICE);
    return espy_cpu_pc(b->cpu) == end;
}

int main(int argc, char **argv)
{
    static bench b;
    espy_err err = {0};
    if (argc != 5) {
        fprintf(stderr, "usage: run_image BASE END START SIZE <IMAGE >BYTES\n");
        return 2;
    }
    uint32_t number[4];
    for (int i = 0; i < 4; i++)
        number[i] = (uint32_t)strtoul(argv[i + 1], NULL, 0);
    if (set_up(&b, number[0], &err) != ESPY_OK) {
        fprintf(stderr, "run_image: no image on standard input, or no memory\n");
        return 2;
    }
    bool arrived = run_to(&b, number[0], number[1]);
    if (!arrived)
        fprintf(stderr, "run_image: at 0x%08" PRIx32 " after %" PRIu64 " instructions, not at the end\n",
                espy_cpu_pc(b.cpu), espy_cpu_instructions(b.cpu));
    if (number[2] - number[0] + number[3] <= b.size)
        fwrite(b.bytes + (number[2] - number[0]), 1, number[3], stdout);
    espy_cpu_free(b.cpu);
    espy_code_free(b.code);
    espy_mem_free(&b.mem);
    espy_bus_free(&b.bus);
    free(b.bytes);
    return arrived ? 0 : 1;
}
