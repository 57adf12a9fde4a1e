#!/bin/sh
# The stub's image is what its source gives, byte by byte.
cd "$(dirname "$0")/../.." || exit 1
echo 1..1
if ! command -v xtensa-lx106-elf-gcc >/dev/null; then
    echo "ok 1 # SKIP no xtensa-lx106-elf-gcc (package gcc-xtensa-lx106)"
    exit 0
fi
case $(xtensa-lx106-elf-gcc -dumpfullversion) in
12.2.*) ;;
*)
    echo "ok 1 # SKIP the image was made by xtensa-lx106-elf-gcc 12.2"
    exit 0
    ;;
esac
made=$(mktemp)
if tools/stub-image >"$made" && cmp "$made" src/flasher/stub_image.inc; then
    echo "ok 1 - the stub's image is what its source gives"
else
    echo "not ok 1 - the stub's image is what its source gives: run tools/stub-image"
fi
rm -f "$made"
