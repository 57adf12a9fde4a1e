#!/bin/sh
# Every fuzz harness over its kept inputs and the same few thousand mutations of them.
# Prints TAP.  `make fuzz` goes on with new seeds for as long as one likes.
cd "$(dirname "$0")/../.." || exit 1
rounds=5000
[ -n "${ESPY_LONG:-}" ] && rounds=100000
n=0
failed=0
for source in tests/fuzz/fuzz_*.c; do
    name=$(basename "$source" .c)
    n=$((n + 1))
    if said=$(ESPY_FUZZ_SEED=1 ESPY_FUZZ_ROUNDS=$rounds "build/fuzz/$name" tests/fuzz/corpus/"$name"/* 2>&1); then
        echo "ok $n - $name"
    else
        echo "not ok $n - $name"
        echo "$said" | tail -n 40 | sed 's/^/#   /'
        failed=1
    fi
done
echo "1..$n"
exit $failed
