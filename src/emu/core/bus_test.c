/* SPDX-License-Identifier: MIT
 *
 * Memories under aliases, peripherals and the marks of decoded code.
 */
#include "bus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { IRAM = 0x40378000, DRAM = 0x3fc88000, SIZE = 4 * ESPY_PAGE_SIZE, DEVICE = 0x60000000 };

typedef struct fixture {
    espy_bus bus;
    espy_mem ram;
    uint8_t *bytes;
    uint32_t reg[4];
    unsigned code_changes, map_changes;
    size_t changed_at;
} fixture;

static uint32_t device_read(void *self, uint32_t offset)
{
    return ((fixture *)self)->reg[offset / 4];
}

static void device_write(void *self, uint32_t offset, uint32_t value)
{
    ((fixture *)self)->reg[offset / 4] = value;
}

static void code_changed(void *user, espy_mem *mem, size_t offset, size_t size)
{
    fixture *f = user;
    assert_ptr_equal(mem, &f->ram);
    assert_int_equal(size, 256);
    f->code_changes++;
    f->changed_at = offset;
}

static void map_changed(void *user, uint32_t addr, uint32_t size)
{
    (void)addr, (void)size;
    ((fixture *)user)->map_changes++;
}

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->bytes = calloc(1, SIZE);
    assert_int_equal(espy_bus_init(&f->bus, NULL, NULL), ESPY_OK);
    assert_int_equal(espy_mem_init(&f->ram, "RAM", f->bytes, SIZE, NULL), ESPY_OK);
    f->bus.code_changed = code_changed;
    f->bus.map_changed = map_changed;
    f->bus.code_user = f;
    espy_bus_map(&f->bus, DRAM, SIZE, &f->ram, 0, true);
    espy_bus_map(&f->bus, IRAM, SIZE, &f->ram, 0, true);
    espy_bus_attach(&f->bus, &(espy_device){"DEV", DEVICE, sizeof f->reg, f, device_read, device_write});
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    espy_mem_free(&f->ram);
    espy_bus_free(&f->bus);
    free(f->bytes);
    free(f);
    return 0;
}

static void aliases_show_the_same_bytes(void **state)
{
    fixture *f = *state;
    espy_bus_write(&f->bus, DRAM + 0x102, 0x11223344, 4); /* unaligned: hardware splits it */
    assert_int_equal(espy_bus_read(&f->bus, IRAM + 0x102, 4), 0x11223344);
    assert_int_equal(espy_bus_read(&f->bus, IRAM + 0x102, 2), 0x3344);
    assert_int_equal(espy_bus_read(&f->bus, IRAM + 0x105, 1), 0x11);
    espy_bus_write(&f->bus, IRAM + ESPY_PAGE_SIZE - 2, 0xaabbccdd, 4); /* across pages */
    assert_int_equal(espy_bus_read(&f->bus, DRAM + ESPY_PAGE_SIZE - 2, 4), 0xaabbccdd);
}

static void narrow_device_accesses_take_their_lanes(void **state)
{
    fixture *f = *state;
    f->reg[1] = 0x44332211;
    assert_int_equal(espy_bus_read(&f->bus, DEVICE + 4, 1), 0x11);
    assert_int_equal(espy_bus_read(&f->bus, DEVICE + 6, 2), 0x4433);
    espy_bus_write(&f->bus, DEVICE + 9, 0xab, 1);
    assert_int_equal(f->reg[2], 0xab00);
}

static void nothing_there_reads_zero_and_is_counted(void **state)
{
    fixture *f = *state;
    assert_int_equal(espy_bus_read(&f->bus, 0x20000000, 4), 0);
    espy_bus_write(&f->bus, DEVICE + 0x100, 1, 4);
    assert_int_equal(f->bus.unmapped, 2);
    assert_false(espy_bus_is_memory(&f->bus, DEVICE));
    assert_true(espy_bus_is_memory(&f->bus, IRAM));
}

/* Code fetched through one address is noticed when written through another. */
static void writes_to_code_are_noticed(void **state)
{
    fixture *f = *state;
    assert_non_null(f->bus.write_page[DRAM >> ESPY_PAGE_BITS]);
    espy_bus_mark_code(&f->bus, IRAM + 0x1f0, 0x20); /* lines 1 and 2 */
    assert_null(f->bus.write_page[DRAM >> ESPY_PAGE_BITS]);
    assert_null(f->bus.write_page[IRAM >> ESPY_PAGE_BITS]);
    espy_bus_write(&f->bus, DRAM + 0x300, 1, 4);
    assert_int_equal(f->code_changes, 0);
    espy_bus_write(&f->bus, DRAM + 0x204, 1, 4);
    assert_int_equal(f->code_changes, 1);
    assert_int_equal(f->changed_at, 0x200);
    assert_null(f->bus.write_page[DRAM >> ESPY_PAGE_BITS]); /* line 1 is still code */
    espy_bus_write(&f->bus, DRAM + 0x100, 1, 1);
    assert_int_equal(f->code_changes, 2);
    assert_non_null(f->bus.write_page[DRAM >> ESPY_PAGE_BITS]);
}

/* Marking again after one alias has its fast path back must protect that alias. */
static void protects_every_alias_again(void **state)
{
    fixture *f = *state;
    espy_bus_mark_code(&f->bus, IRAM, 4);
    espy_bus_write(&f->bus, DRAM, 1, 4);
    assert_non_null(f->bus.write_page[DRAM >> ESPY_PAGE_BITS]);
    espy_bus_mark_code(&f->bus, IRAM, 4);
    assert_null(f->bus.write_page[DRAM >> ESPY_PAGE_BITS]);
    espy_bus_write(&f->bus, DRAM + 2, 1, 1);
    assert_int_equal(f->code_changes, 2);
}

static void changes_from_outside_and_maps_are_told(void **state)
{
    fixture *f = *state;
    espy_bus_mark_code(&f->bus, IRAM + ESPY_PAGE_SIZE, 16);
    espy_bus_mem_changed(&f->bus, &f->ram, 0, ESPY_PAGE_SIZE);
    assert_int_equal(f->code_changes, 0);
    espy_bus_mem_changed(&f->bus, &f->ram, ESPY_PAGE_SIZE, SIZE - ESPY_PAGE_SIZE);
    assert_int_equal(f->code_changes, 1);
    unsigned before = f->map_changes;
    espy_bus_unmap(&f->bus, IRAM, SIZE);
    assert_int_equal(f->map_changes, before + 1);
    assert_false(espy_bus_is_memory(&f->bus, IRAM));
    assert_true(espy_bus_is_memory(&f->bus, DRAM));
}

/* Flash pages are memory, but stores do not reach them. */
static void read_only_memory_stays(void **state)
{
    fixture *f = *state;
    espy_bus_map(&f->bus, 0x42000000, ESPY_PAGE_SIZE, &f->ram, 0, false);
    espy_bus_write(&f->bus, 0x42000010, 0xdeadbeef, 4);
    assert_int_equal(espy_bus_read(&f->bus, 0x42000010, 4), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(aliases_show_the_same_bytes),
        TEST(narrow_device_accesses_take_their_lanes),
        TEST(nothing_there_reads_zero_and_is_counted),
        TEST(writes_to_code_are_noticed),
        TEST(protects_every_alias_again),
        TEST(changes_from_outside_and_maps_are_told),
        TEST(read_only_memory_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
