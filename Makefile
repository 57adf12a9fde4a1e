# espy: `make` builds build/espy; `make help` lists the targets.
# No configure step, no network: Debian's libraries through pkg-config.

CC      ?= cc
BUILD   := build
LIBS    := libserialport zlib libdeflate libcurl libcjson
WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla
CFLAGS  ?= -O2 -g
BASE    := -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -Iinclude $(WARN) $(shell pkg-config --cflags $(LIBS))
LDLIBS  := $(shell pkg-config --libs $(LIBS)) -lmbedcrypto -lm -lpthread
SAN     := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer

SRC     := $(shell find src -name '*.c' ! -name '*_test.c' ! -path 'src/cli/*')
CLI     := $(wildcard src/cli/*.c)
TESTS   := $(shell find src tests -name '*_test.c')

LIB     := $(BUILD)/libespy.a
SANLIB  := $(BUILD)/san/libespy.a
OBJ     := $(SRC:%.c=$(BUILD)/%.o)
CLIOBJ  := $(CLI:%.c=$(BUILD)/%.o)
SANOBJ  := $(SRC:%.c=$(BUILD)/san/%.o)
TESTBIN := $(TESTS:%.c=$(BUILD)/tests/%)

## all: build the program, build/espy
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

# A unit test is one cmocka program beside the code it tests.
$(BUILD)/tests/%: %.c $(SANLIB)
	@mkdir -p $(@D)
	$(CC) $(BASE) $(SAN) -MMD -MP -MF $@.d -o $@ $< $(SANLIB) $(LDLIBS) -lcmocka

## test: run every test, quickly
test: $(BUILD)/espy $(TESTBIN)
	@for t in $(TESTBIN); do $$t || exit 1; done

## clean: remove the build
clean:
	rm -rf $(BUILD)

## help: list the targets
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

-include $(OBJ:.o=.d) $(CLIOBJ:.o=.d) $(SANOBJ:.o=.d) $(TESTBIN:=.d)

.PHONY: all test clean help
