/* SPDX-License-Identifier: MIT
 *
 * A driver for the fuzz harnesses where libFuzzer is not at hand: runs the
 * harness over the files named, then over seeded mutations of them and of random
 * bytes, for the number of rounds that ESPY_FUZZ_ROUNDS gives.  A crash is found
 * by the sanitizers; the input that was running is kept in the file "crash-SEED".
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
void __asan_set_death_callback(void (*callback)(void));

enum { MAX_SIZE = 1 << 20, MAX_CORPUS = 256 };

static uint8_t *corpus[MAX_CORPUS];
static size_t sizes[MAX_CORPUS];
static unsigned count;
static uint8_t input[MAX_SIZE];
static size_t input_size;
static uint64_t state;

static uint32_t next_random(void)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33);
}

static void keep_crash(void)
{
    char name[64];
    snprintf(name, sizeof name, "crash-%016llx", (unsigned long long)state);
    FILE *file = fopen(name, "wb");
    if (file == NULL)
        return;
    fwrite(input, 1, input_size, file);
    fclose(file);
    fprintf(stderr, "the input is in %s\n", name);
}

static void load(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || count == MAX_CORPUS)
        return;
    corpus[count] = malloc(MAX_SIZE);
    if (corpus[count] != NULL) {
        sizes[count] = fread(corpus[count], 1, MAX_SIZE, file);
        count++;
    }
    fclose(file);
}

/* Flips, overwrites, cuts or repeats a few pieces of a corpus entry. */
static void mutate(void)
{
    unsigned pick = count > 0 ? next_random() % (count + 1) : 0;
    if (pick == count) {
        input_size = next_random() % 512;
        for (size_t i = 0; i < input_size; i++)
            input[i] = (uint8_t)next_random();
        return;
    }
    input_size = sizes[pick];
    memcpy(input, corpus[pick], input_size);
    for (unsigned n = next_random() % 8; n > 0 && input_size > 0; n--) {
        size_t at = next_random() % input_size;
        switch (next_random() % 4) {
        case 0: input[at] ^= (uint8_t)(1u << next_random() % 8); break;
        case 1: input[at] = (uint8_t)next_random(); break;
        case 2: input_size = at; break;
        case 3: memset(input + at, next_random() % 2 ? 0xff : 0, (input_size - at) % 64); break;
        }
    }
}

static void run(void)
{
    /* An exact-sized copy lets the sanitizer see one byte too far. */
    uint8_t *copy = malloc(input_size > 0 ? input_size : 1);
    if (copy == NULL)
        return;
    memcpy(copy, input, input_size);
    LLVMFuzzerTestOneInput(copy, input_size);
    free(copy);
}

int main(int argc, char **argv)
{
    const char *rounds = getenv("ESPY_FUZZ_ROUNDS");
    const char *seed = getenv("ESPY_FUZZ_SEED");
    unsigned long n = rounds != NULL ? strtoul(rounds, NULL, 0) : 1000;
    state = seed != NULL ? strtoull(seed, NULL, 0) : 1;
    __asan_set_death_callback(keep_crash);
    for (int i = 1; i < argc; i++)
        load(argv[i]);
    for (unsigned i = 0; i < count; i++) {
        input_size = sizes[i];
        memcpy(input, corpus[i], input_size);
        run();
    }
    for (unsigned long i = 0; i < n; i++) {
        mutate();
        run();
    }
    for (unsigned i = 0; i < count; i++)
        free(corpus[i]);
    printf("%s: %u files and %lu mutations\n", argv[0], count, n);
    return 0;
}
