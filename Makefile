# espy: `make` builds build/espy; `make help` lists the targets.
# No configure step and no network: Debian's libraries through pkg-config.

MAKEFLAGS += -j$(shell nproc)

CC     ?= cc
CFLAGS ?= -O2 -g
BUILD  := build
LIBS   := libserialport libdeflate libcurl libcjson
WARN   := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla
BASE   := -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -Iinclude $(WARN) \
          $(shell pkg-config --cflags $(LIBS))
LDLIBS := $(shell pkg-config --libs $(LIBS)) -lmbedcrypto -lm -lpthread
SAN    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer

# FUZZER=libfuzzer: the fuzz harnesses with clang and libFuzzer, in a folder of their own.
DRIVER := tools/fuzz_main.c
ifeq ($(FUZZER),libfuzzer)
CC     := $(or $(FUZZ_CC),clang)
BUILD  := build/libfuzzer
SAN    += -fsanitize=fuzzer-no-link
DRIVER := -fsanitize=fuzzer
endif
export FUZZER

SRC    := $(shell find src -name '*.c' ! -name '*_test.c' ! -path 'src/cli/*')
CLI    := $(filter-out %_test.c,$(wildcard src/cli/*.c))
UNIT   := $(shell find src -name '*_test.c') $(wildcard tests/*_test.c)
FUZZ   := $(wildcard tests/fuzz/*.c)
DOUBLE := $(wildcard tests/support/*.c)
AIDS   := $(filter-out $(FUZZ) $(DOUBLE),$(wildcard tests/*/*.c))

LIB    := $(BUILD)/libespy.a
SANLIB := $(BUILD)/san/libespy.a
OBJ    := $(SRC:%.c=$(BUILD)/%.o)
CLIOBJ := $(CLI:%.c=$(BUILD)/%.o)
SANOBJ := $(SRC:%.c=$(BUILD)/san/%.o) $(filter-out $(BUILD)/san/src/cli/main.o,$(CLI:%.c=$(BUILD)/san/%.o))

UNITBIN := $(UNIT:%.c=$(BUILD)/tests/%)
TOOLBIN := $(patsubst %.c,$(BUILD)/tests/tools/%,$(notdir $(AIDS)))
FUZZBIN := $(FUZZ:tests/fuzz/%.c=$(BUILD)/fuzz/%)
INTEROP := $(wildcard tests/interop/*.py)
SCRIPTS := $(filter-out tests/interop/% tests/lib/%,$(wildcard tests/*/*.sh tests/*/*.py)) $(if $(ESPY_INTEROP),$(INTEROP))

## all      build the program, build/espy
all: $(BUILD)/espy

$(BUILD)/espy: $(CLIOBJ) $(LIB)
	$(CC) $(CFLAGS) -o $@ $^ $(LDLIBS)

$(LIB): $(OBJ)
	rm -f $@ && ar rcs $@ $^

$(SANLIB): $(SANOBJ)
	rm -f $@ && ar rcs $@ $^

$(BUILD)/san/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(BASE) $(SAN) -MMD -MP -c -o $@ $<

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(BASE) $(CFLAGS) -MMD -MP -c -o $@ $<

# A unit test is one cmocka program, beside the code it tests; tests/support holds doubles.
DOUBLEOBJ := $(DOUBLE:%.c=$(BUILD)/san/%.o)
$(UNITBIN): $(BUILD)/tests/%: %.c $(DOUBLEOBJ) $(SANLIB)
	@mkdir -p $(@D)
	$(CC) $(BASE) $(SAN) -MMD -MP -MF $@.d -o $@ $< $(DOUBLEOBJ) $(SANLIB) $(WRAP) $(LDLIBS) -lz -lcmocka

# This one makes the library's allocations fail.
$(BUILD)/tests/tests/alloc_test: WRAP := $(foreach f,malloc calloc realloc aligned_alloc strdup free \
                                        libdeflate_alloc_compressor libdeflate_alloc_decompressor,-Wl,--wrap=$(f))

# Programs that the test scripts and benchmarks use; the library as users get it.
VPATH := $(sort $(dir $(AIDS)))
$(BUILD)/tests/tools/%: %.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(BASE) $(CFLAGS) -MMD -MP -MF $@.d -o $@ $(filter %.c %.o,$^) $(LIB) $(LDLIBS)

$(BUILD)/tests/tools/faults: $(BUILD)/tests/support/fault_link.o

# A fuzz harness is run by tools/fuzz_main.c, or by libFuzzer.
$(FUZZBIN): $(BUILD)/fuzz/%: tests/fuzz/%.c $(SANLIB) tools/fuzz_main.c
	@mkdir -p $(@D)
	$(CC) $(BASE) $(SAN) -o $@ $< $(DRIVER) $(SANLIB) $(LDLIBS)

tools: $(TOOLBIN)

## test     run every test (under 3 minutes on 2 cores)
test: $(BUILD)/espy $(UNITBIN) $(TOOLBIN) $(FUZZBIN)
	@tests/run $(SCRIPTS) $(UNITBIN)

## unit     run the unit tests alone
unit: $(UNITBIN)
	@tests/run $(UNITBIN)

## long     run every test with its long campaigns: random programs, faults at every byte, power cuts (half an hour)
long: $(BUILD)/espy $(UNITBIN) $(TOOLBIN) $(FUZZBIN)
	@ESPY_LONG=1 tests/run $(SCRIPTS) $(UNITBIN)

## campaign  run 10,000 sessions with faults by seed, and one for each byte (three hours of a processor)
campaign: $(TOOLBIN)
	@ESPY_LONG=1 tests/run tests/faults/faults.py

## interop  run esptool, mpremote and Thonny, which it installs, against a virtual board (docs/INTEROP.md)
interop: $(BUILD)/espy
	@tools/bootstrap --with-peers
	@tests/run $(INTEROP)

## fuzz     fuzz every parser of outside bytes for FUZZ_SECONDS each (20); FUZZER=libfuzzer takes clang's fuzzer
fuzz: $(FUZZBIN)
	@tools/fuzz $(FUZZBIN)

## check    format, include arrows, symbols, headers alone, lengths
check: $(LIB)
	@clang-format --dry-run -Werror $(shell git ls-files '*.c' '*.h')
	tools/check-arrows
	tools/check-symbols $(LIB)
	tools/check-headers
	tools/check-functions

## bench    print the speeds that the README states
bench: $(BUILD)/espy $(TOOLBIN)
	@tools/bench

## bench-flash  flash a virtual board with espy and with esptool, side by side (6 minutes)
bench-flash: $(BUILD)/espy
	@tools/bench-flash

## install  copy the program and its manual below PREFIX (default /usr/local)
PREFIX ?= /usr/local
install: $(BUILD)/espy
	install -D $(BUILD)/espy $(DESTDIR)$(PREFIX)/bin/espy
	install -D -m 644 man/espy.1 $(DESTDIR)$(PREFIX)/share/man/man1/espy.1

## demo     run the main job on a virtual board
demo: $(BUILD)/espy
	@tools/demo

## clean    remove the build
clean:
	rm -rf $(BUILD)

## help     list the targets
help:
	@sed -n 's/^## //p' $(firstword $(MAKEFILE_LIST))

-include $(OBJ:.o=.d) $(CLIOBJ:.o=.d) $(SANOBJ:.o=.d) $(DOUBLEOBJ:.o=.d) $(UNITBIN:=.d) $(TOOLBIN:=.d)

.PHONY: all tools test unit long campaign interop fuzz check bench bench-flash install demo clean help
