/* SPDX-License-Identifier: MIT
 *
 * What the built-in mask ROM lacks stops the machine, with the name and the caller.
 */
#include "../src/emu/cpu/core.h"
#include "../src/emu/inspect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct rom_name {
    uint32_t call, code;
    const char *name;
} names[] = {
#define ROM(call, code, name) {call, code, #name},
#include "../src/emu/rom/names.inc"
#undef ROM
};
enum { NAMES = sizeof names / sizeof names[0] };

static int make_machine(void **state)
{
    espy_machine *machine;
    assert_int_equal(espy_machine_new(&machine, &(espy_machine_config){0}, NULL), ESPY_OK);
    *state = machine;
    return 0;
}

static int free_machine(void **state)
{
    espy_machine_free(*state);
    return 0;
}

/* Runs a CALLX8 of addr that stands at 0x40380000; returns the fault's sentence. */
static const char *call(espy_machine *machine, uint32_t addr)
{
    espy_cpu *cpu = espy_machine_cpu(machine, 0);
    espy_bus_write(espy_machine_bus(machine), 0x40380000, 0x0008e0, 4); /* callx8 a8 */
    espy_set_ps(cpu, PS_WOE | PS_UM);
    espy_cpu_set_a(cpu, 1, 0x3fcb0000);
    espy_cpu_set_a(cpu, 8, addr);
    espy_cpu_set_pc(cpu, 0x40380000);
    assert_int_equal(espy_machine_run(machine, 100), ESPY_STOP_FAULT);
    assert_non_null(espy_machine_fault(machine));
    assert_int_equal(espy_machine_fault(machine)->status, ESPY_E_UNSUPPORTED);
    assert_true(espy_machine_fault(machine)->advice[0] != '\0');
    return espy_machine_fault(machine)->text;
}

static const struct rom_name *find(const char *name)
{
    for (unsigned i = 0; i < NAMES; i++)
        if (strcmp(names[i].name, name) == 0)
            return &names[i];
    fail_msg("the ROM has no %s", name);
    return NULL;
}

/* newlib's files are not there, nor does any firmware use them. */
static void a_missing_function_is_named(void **state)
{
    const struct rom_name *missing = find("_fwalk");
    char expected[128];
    snprintf(expected, sizeof expected, "_fwalk (0x%08x), called from 0x40380003, is not in the built-in ROM",
             (unsigned)missing->call);
    assert_string_equal(call(*state, missing->call), expected);
}

static void a_missing_function_behind_the_table_is_named(void **state)
{
    const struct rom_name *missing = find("_fwalk");
    char expected[128];
    snprintf(expected, sizeof expected, "_fwalk (0x%08x), called from 0x40380003, is not in the built-in ROM",
             (unsigned)missing->code);
    assert_string_equal(call(*state, missing->code), expected);
}

static void the_radio_is_called_so(void **state)
{
    const struct rom_name *radio = find("ic_mac_init");
    char expected[160];
    snprintf(expected, sizeof expected,
             "the firmware started the radio: ic_mac_init (0x%08x), called from 0x40380003, is not in the built-in ROM",
             (unsigned)radio->call);
    assert_string_equal(call(*state, radio->call), expected);
}

static void the_end_of_the_radio_too(void **state)
{
    assert_non_null(strstr(call(*state, find("rom_fe_reg_init")->code), "started the radio: rom_fe_reg_init"));
}

/* Somewhere inside a function of the real ROM. */
static void unnamed_code_is_told(void **state)
{
    assert_string_equal(call(*state, find("qsort")->code + 0x40),
                        "the ROM's code at 0x4002e44c, called from 0x40380003, is not in the built-in ROM");
}

/* A power cycle mends it. */
static void a_fault_lasts_until_the_power_goes(void **state)
{
    espy_machine *machine = *state;
    call(machine, find("_fwalk")->call);
    uint64_t before = espy_machine_instructions(machine);
    espy_machine_run(machine, 1000);
    assert_int_equal(espy_machine_instructions(machine), before);
    espy_machine_power(machine, false);
    espy_machine_run(machine, 1000);
    espy_machine_power(machine, true);
    espy_machine_run(machine, 100000);
    assert_null(espy_machine_fault(machine));
    assert_true(espy_machine_instructions(machine) > before);
}

#define on_machine(test) cmocka_unit_test_setup_teardown(test, make_machine, free_machine)

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_machine(a_missing_function_is_named), on_machine(a_missing_function_behind_the_table_is_named),
        on_machine(the_radio_is_called_so),      on_machine(the_end_of_the_radio_too),
        on_machine(unnamed_code_is_told),        on_machine(a_fault_lasts_until_the_power_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
