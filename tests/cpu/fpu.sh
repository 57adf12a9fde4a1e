#!/bin/sh
# The floating-point unit against the host's IEEE 754 arithmetic: tests/cpu/fpu_exact.c.
# With ESPY_LONG: tens of millions of operands, every square root, the hardest divisions.
if [ -n "$ESPY_LONG" ]; then
    exec "${ESPY_TOOLS:-build/tests/tools}/fpu_exact" 5000000 all
fi
exec "${ESPY_TOOLS:-build/tests/tools}/fpu_exact" 20000
