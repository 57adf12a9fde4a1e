#!/usr/bin/env python3
"""merge-bin, elf2image and image-info: every file byte for byte the real esptool's, over tables
of programs and options; and the help of all commands.  Prints TAP; see lib/peer.py.
"""
import itertools
import os
import pathlib
import random
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from peer import peer, FIRMWARE, Refused, elf, espy, main, ours, theirs  # noqa: E402

CHIP = "--chip", "esp32s3"
OCT = FIRMWARE / "ESP32_GENERIC_S3-SPIRAM_OCT-20240602-v1.23.0.bin"
RANDOM = random.Random(4)


def some(cases):
    """Every fifth case, which goes round all that the cases are made of; all with ESPY_LONG set."""
    return itertools.islice(cases, 0, None, 1 if os.environ.get("ESPY_LONG") else 5)


def noise(size):
    return RANDOM.randbytes(size)


def same(folder, command, *words, say=()):
    """Both make the same file of these words; the sentences in `say` are in both outputs."""
    a, b = folder / "theirs.out", folder / "ours.out"
    for path in (a, b):
        path.unlink(missing_ok=True)
    said = theirs(*CHIP, command, *words, "-o", a), ours(*CHIP, command, *words, "-o", b)
    assert a.read_bytes() == b.read_bytes(), (words, a.stat().st_size, b.stat().st_size)
    for sentence in say:
        assert all(sentence in text for text in said), (sentence, said)
    return b.read_bytes()


def refused(folder, command, *words):
    """Both refuse."""
    (folder / "ours.out").unlink(missing_ok=True)
    try:
        said = theirs(*CHIP, command, *words, "-o", folder / "theirs.out")
    except Refused:
        done = espy(*CHIP, command, *words, "-o", folder / "ours.out")
        assert done.returncode != 0 and done.stderr and not (folder / "ours.out").exists(), (words, done)
        return done.stderr
    raise AssertionError(f"esptool does {words}: {said}")


def app_desc(page=0):
    """An esp_app_desc_t with room for the ELF's digest."""
    desc = bytearray(256)
    desc[0:4] = (0xABCD5432).to_bytes(4, "little")
    for at, text in ((16, b"v1.2"), (48, b"probe"), (80, b"12:34:56"), (96, b"Nov 22 2026"), (112, b"v5.4.2")):
        desc[at:at + len(text)] = text
    desc[178:180] = (199).to_bytes(2, "little")
    desc[180] = page
    return bytes(desc)


def programs():
    """Names and ELF files: what linker scripts make, and what they make when they go wrong."""
    iram, dram = (".iram0.text", 0x40374000, noise(0x3456), 4, 1), (".dram0.data", 0x3FC94000, noise(0x2222), 4, 1)
    rodata = ".flash.rodata", 0x3C030020, noise(0x1234), 16, 1
    text = ".flash.text", 0x42000020, noise(0x23456), 4, 1
    desc = ".flash.appdesc", 0x3C030020, app_desc(), 16, 1
    behind = ".flash.rodata", 0x3C030120, noise(0x5001), 16, 1
    yield "plain", elf([iram, dram, rodata, text])
    yield "appdesc", elf([desc, behind, iram, dram, text])
    yield "appdesc-page", elf([(".flash.appdesc", 0x3C030020, app_desc(16), 16, 1), behind, iram, text])
    yield "appdesc-ram", elf([(".flash.appdesc", 0x3FC90000, app_desc(), 16, 1), iram, text])
    yield "ram-only", elf([iram, dram])
    yield "flash-only", elf([rodata, text])
    yield "little-ram", elf([(".iram0.text", 0x40374000, noise(20), 4, 1), rodata, text])
    yield "much-ram", elf([(".iram0.text", 0x40374000, noise(0x1F000), 4, 1), dram, rodata, text])
    yield "offset-in-page", elf([iram, (".flash.text", 0x42000120, noise(0x1000), 4, 1)])
    yield "far-in-page", elf([iram, (".flash.rodata", 0x3C03FF00, noise(0x400), 4, 1), text])
    yield "odd-lengths", elf([(".a", 0x40374000, noise(5), 4, 1), (".b", 0x40374008, noise(6), 4, 1),
                              (".c", 0x40374010, noise(7), 4, 1), text])
    yield "arrays", elf([iram, (".init_array", 0x3FC90000, noise(8), 4, 14),
                         (".fini_array", 0x3FC90008, noise(8), 4, 15), (".preinit_array", 0x3FC90010, noise(4), 4, 16),
                         (".bss", 0x3FC90020, noise(64), 4, 8), text])
    yield "aligned-gap", elf([(".iram0.vectors", 0x40374000, noise(0x403), 4, 1),
                              (".iram0.text", 0x40374800, noise(0x99), 0x800, 1), text])
    yield "unsorted", elf([text, dram, rodata, iram, (".rtc.text", 0x600FE000, noise(0x40), 4, 1)])
    yield "bootdesc", elf([(".iram.text", 0x403CB700, noise(0x900), 4, 1),
                           (".dram0.bootdesc", 0x3FCD7000, noise(80), 4, 1),
                           (".dram0.data", 0x3FCD6000, noise(0x700), 4, 1)])
    yield "memories-touch", elf([(".a", 0x3FC8FFF0, noise(16), 4, 1), (".b", 0x3FC90000, noise(16), 4, 1),
                                 (".c", 0x3CFFFFF0, noise(16), 4, 1), (".d", 0x3D000000, noise(16), 4, 1)])
    yield "segments", elf([iram], segments=[(0x40374000, noise(0x30)), (0x42000020, noise(0x4000)),
                                            (0x3FC94000, noise(0x55))])
    yield "two-in-a-page", elf([iram, rodata, (".late", 0x3C038000, noise(16), 4, 1)])
    yield "too-many", elf([(f".s{i}", 0x40374000 + 0x100 * i, noise(16), 4, 1) for i in range(20)])
    yield "risc-v", elf([iram, text], machine=0xF3)
    yield "another-machine", elf([iram, text], machine=0x28)
    yield "no-elf", b"\x7fELX" + noise(100)
    yield "short", elf([iram, text])[:-30]


ELF_OPTIONS = [
    (), ("--flash-mode", "dio", "--flash-freq", "80m", "--flash-size", "16MB"), ("--flash_size", "4MB", "-ff", "26m"),
    ("--dont-append-digest",), ("--min-rev-full", "102", "--max-rev-full", "199"), ("--min-rev", "3"),
    ("--secure-pad-v2",), ("--secure-pad",), ("--ram-only-header",), ("--use-segments",),
    ("--pad-to-size", "64KB"), ("--pad-to-size", "1MB", "--secure-pad-v2"), ("--flash-mmu-page-size", "64KB"),
    ("--flash-mmu-page-size", "32KB"), ("--elf-sha256-offset", "0xb0"), ("--elf-sha256-offset", "64"),
]


def elf2image(folder):
    made = refusals = 0
    for (name, program), options in some(itertools.product(programs(), ELF_OPTIONS)):
        path = folder / f"{name}.elf"
        path.write_bytes(program)
        segmentless = options == ("--use-segments",) and name != "segments"
        if segmentless:  # esptool makes an image of nothing of it; espy says so
            done = espy(*CHIP, "elf2image", path, *options, "-o", folder / "ours.out")
            assert done.returncode != 0, name
            continue
        try:
            same(folder, "elf2image", path, *options)
            made += 1
        except Refused:
            refused(folder, "elf2image", path, *options)
            refusals += 1
        (folder / "ours.out").unlink(missing_ok=True)
    print(f"# {made} images the same, {refusals} programs refused by both")
    assert made > 40 and refusals > 20, (made, refusals)


def elf2image_pads_what_has_no_digest(folder):
    """esptool 5.6 fills from byte 2 on here, and so destroys the image."""
    path, out = folder / "a.elf", folder / "a.bin"
    path.write_bytes(dict(programs())["plain"])
    ours(*CHIP, "elf2image", path, "--dont-append-digest")
    whole = out.read_bytes()
    ours(*CHIP, "elf2image", path, "--dont-append-digest", "--pad-to-size", "64KB")
    assert out.read_bytes() == whole + b"\xff" * (-len(whole) % 0x10000)


def merge_bin(folder):
    boot, table, app = folder / "boot.bin", folder / "table.bin", folder / "app.bin"
    path = folder / "boot.elf"
    path.write_bytes(dict(programs())["bootdesc"])
    theirs(*CHIP, "elf2image", path, "-o", boot)
    path.write_bytes(dict(programs())["appdesc"])
    theirs(*CHIP, "elf2image", path, "-o", app)
    table.write_bytes(noise(0xC01))
    cut, broken, bare = folder / "cut.bin", folder / "broken.bin", folder / "bare.bin"
    cut.write_bytes(boot.read_bytes()[:-40])
    broken.write_bytes(boot.read_bytes()[:200] + b"\1" + boot.read_bytes()[201:-7])
    theirs(*CHIP, "elf2image", folder / "boot.elf", "-o", bare, "--dont-append-digest")
    sets = [
        (0, boot, 0x8000, table, 0x10000, app), (0x10000, app, 0, boot), (0x1000, boot, 0x10004, table), (0, app),
        (0, cut), (0, broken, "0x4000", table), (0, bare), (0, table), (0x3FFF0, table, 0xA0000, boot),
        (0x1004, noise_file(folder, 0xFFC), 0x2000, table), (0xFFF8, noise_file(folder, 3)), (0x100, boot),
    ]
    settings = [(), ("--flash-mode", "dio"), ("-fm", "qout", "-ff", "20m", "-fs", "8MB"), ("--flash_freq", "80m")]
    forms = [
        (), ("--pad-to-size", "2MB"), ("--fill-flash-size", "1MB"), ("-f", "uf2"), ("-f", "hex"),
        ("-f", "uf2", "--md5-disable"), ("-f", "uf2", "--chunk-size", "256"), ("-f", "uf2", "--chunk-size", "0x1c4"),
        ("-f", "uf2", "--chunk-size", "476", "--md5-disable"), ("-t", "0x100"), ("--target-offset=4096",),
    ]
    count = 0
    for files, setting, form in some(itertools.product(sets, settings, forms)):
        try:
            same(folder, "merge-bin", *setting, *form, *files)
            count += 1
        except Refused:
            refused(folder, "merge-bin", *setting, *form, *files)
    print(f"# {count} merged files the same")
    assert count > 70, count


def noise_file(folder, size):
    path = folder / f"noise{size}.bin"
    path.write_bytes(noise(size))
    return path


def merge_bin_says_what_it_does(folder):
    boot = folder / "boot.bin"
    (folder / "a.elf").write_bytes(dict(programs())["plain"])
    theirs(*CHIP, "elf2image", folder / "a.elf", "-o", boot)
    same(folder, "merge_bin", "-fs", "4MB", 0, boot,
         say=("Flash parameters set to 0x0020.", "SHA digest in image updated.", "ready to flash to offset 0x0."))
    table = noise_file(folder, 0x100)
    same(folder, "merge-bin", "-fs", "4MB", 0, table, say=("doesn't look like an image file",))
    assert "Detected overlap at address: 0x800 " in refused(folder, "merge-bin", 0, boot, 0x800, table)
    assert "must be a number" in refused(folder, "merge-bin", "zero", boot)
    refused(folder, "merge-bin", 0, folder / "missing.bin")
    refused(folder, "merge-bin", 0, boot, 0x100000)
    refused(folder, "merge-bin", "-f", "elf", 0, boot)
    refused(folder, "merge-bin", "-ff", "60m", 0, boot)
    refused(folder, "merge-bin", "-fs", "2MB-c1", 0, boot)


def intel_hex_goes_in_as_it_comes_out(folder):
    a, b, out, again = (folder / name for name in ("a.bin", "b.bin", "all.hex", "again.bin"))
    a.write_bytes(noise(0x1803))
    b.write_bytes(noise(0x20001))
    same(folder, "merge-bin", "-f", "hex", 0x1000, a, 0x1F000, b)
    ours(*CHIP, "merge-bin", "-f", "hex", "-o", out, 0x1000, a, 0x1F000, b)
    same(folder, "merge-bin", 0, out)  # the address counts for nothing beside a HEX file's own
    ours(*CHIP, "merge-bin", "-o", again, 0, out)
    assert again.read_bytes() == b"\xff" * 0x1000 + a.read_bytes() + b"\xff" * (0x1E000 - 0x1803) + b.read_bytes()
    same(folder, "merge-bin", "-f", "uf2", 0, out)
    lines = out.read_text().splitlines()
    for line, change, word in ((3, ":10", "line 3"), (4, lines[3][:-1] + "x", "line 4"), (5, lines[5], "twice")):
        (folder / "bad.hex").write_text("\n".join([*lines[:line - 1], change, *lines[line:]]) + "\n")
        done = espy(*CHIP, "merge-bin", "-o", again, 0, folder / "bad.hex")
        assert done.returncode == 2 and word in done.stderr, (line, done.stderr)
    (folder / "bad.hex").write_text("\n".join(lines[:-1]))
    assert "without an end record" in espy(*CHIP, "merge-bin", "-o", again, 0, folder / "bad.hex").stderr


def facts(text):
    """image-info's lines from the first title on, warnings and blank lines left out."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip() and not line.startswith(("WARNING", "ERROR"))]
    first = next(i for i, line in enumerate(lines) if line.startswith(("Image size", "Merged binary")))
    return [line for line in lines[first:] if "Probably not" not in line]


def image_info(folder):
    path = folder / "a.elf"
    images = [OCT] if OCT.is_file() else []
    for name, options in (("appdesc", ()), ("appdesc-page", ("-fs", "128MB", "-fm", "dout")),
                          ("bootdesc", ("--dont-append-digest",)), ("unsorted", ("-ff", "20m",)), ("plain", ())):
        path.write_bytes(dict(programs())[name])
        images.append(folder / f"{name}.bin")
        theirs(*CHIP, "elf2image", path, *options, "-o", images[-1])
    whole = images[-1].read_bytes()
    for name, change in (("sum", {whole.index(b"\0"): 1, 60: whole[60] ^ 1}), ("header", {2: 9, 3: 0xF7}),
                         ("chip", {8: 0, 9: 0x21, 10: 0x43, 11: 0x65})):
        image = bytearray(whole)
        for at, byte in change.items():
            if at > 23 or name != "sum":
                image[at] = byte
        images.append(folder / f"{name}.bin")
        images[-1].write_bytes(image)
    for image in images:
        for words in ((), CHIP):
            a, b = facts(theirs(*words, "image-info", image)), facts(ours(*words, "image-info", image))
            assert a == b, (image, [(x, y) for x, y in zip(a, b) if x != y], len(a), len(b))
    out = folder / "all.hex"
    theirs(*CHIP, "merge-bin", "-f", "hex", "-o", out, 0, folder / "bootdesc.bin", 0x8000, noise_file(folder, 80),
           0x10000, folder / "appdesc.bin")
    a, b = facts(theirs(*CHIP, "image-info", out)), facts(ours(*CHIP, "image-info", out))
    assert a == b, [(x, y) for x, y in zip(a, b) if x != y]


def image_info_of_what_is_none(folder):
    empty, text = folder / "empty.bin", folder / "text.bin"
    empty.write_bytes(b"")
    text.write_text("hello")
    assert "Image is empty" in espy("image-info", empty).stderr
    assert "This is not a valid image (invalid magic number: 0x68)" in espy("image_info", text).stderr
    short = folder / "short.bin"
    if OCT.is_file():
        short.write_bytes(OCT.read_bytes()[:100])
        assert "End of file reading segment" in espy("image-info", short).stderr


def espy_image_merges_as_merge_bin_does(folder):
    boot, app = folder / "boot.bin", noise_file(folder, 0x4321)
    (folder / "a.elf").write_bytes(dict(programs())["bootdesc"])
    theirs(*CHIP, "elf2image", folder / "a.elf", "-o", boot)
    for form in ("raw", "uf2", "hex"):
        theirs(*CHIP, "merge-bin", "-fs", "8MB", "-f", form, "-o", folder / "theirs", 0, boot, 0x10000, app)
        done = espy("merge", f"{boot}@0", f"{app}@0x10000", "--flash", "8M", "-o", folder / f"ours.{form}",
                    name="image")
        assert done.returncode == 0, done
        assert (folder / f"ours.{form}").read_bytes() == (folder / "theirs").read_bytes(), form
    done = espy("merge", folder / "ours.hex", "-o", folder / "again.bin", name="image")
    assert done.returncode == 0 and (folder / "again.bin").read_bytes() == (folder / "ours.raw").read_bytes(), done
    for words in ((boot, "-o", "x"), (f"{boot}@0", f"{app}@0x800", "-o", "x"), (f"{boot}@0",),
                  (f"{app}@0", "--flash", "8M", "-o", "x"), (f"{boot}@0", "--format", "elf", "-o", "x")):
        done = espy("merge", *words, cwd=folder, name="image")
        assert done.returncode != 0 and done.stderr.startswith("espy: ") and not (folder / "x").exists(), done


def espy_image_splits_what_it_would_merge(folder):
    if not OCT.is_file():
        return f"no {OCT.name}"
    flash = OCT.read_bytes() + b"\xff" * (0x200000 - OCT.stat().st_size) + b"files" + b"\xff" * 0x5FFFFB
    (folder / "flash.bin").write_bytes(flash)
    done = espy("split", folder / "flash.bin", "-o", folder / "parts", name="image")
    assert done.returncode == 0, done
    parts = sorted((folder / "parts").iterdir())
    assert [part.name.split("-", 1)[1] for part in parts] == ["bootloader.bin", "partition-table.bin", "factory.bin",
                                                              "vfs.bin"], parts
    words = [word for part in parts for word in (part.name.split("-")[0], part)]
    theirs(*CHIP, "merge-bin", "--pad-to-size", "8MB", "-o", folder / "again.bin", *words)
    assert (folder / "again.bin").read_bytes() == flash
    assert "Validation hash" in theirs("image-info", parts[2]) and "(valid)" in theirs("image-info", parts[0])
    done = espy("split", parts[2], "-o", folder / "x", name="image")
    assert done.returncode == 8 and not (folder / "x").exists(), done
    return None


def help_has_every_option_and_choice(folder):
    other_chips = {("elf2image", "--version"), ("elf2image", "-e"), ("elf2image", "--secure-pad")}
    for name, command in [("", peer.cli), *peer.cli.commands.items()]:
        done = espy(*name.split(), "-h", cwd=folder)
        if command.hidden or "-sdc-" in name:  # NAND flash and the ESP32-S31: refused by name
            assert done.returncode == 2 and f"The '{name}' command is " in done.stderr, done
            continue
        words = set(done.stdout.replace(",", " ").replace("|", " ").split())
        options = [each for each in command.params if each.param_type_name == "option" and not each.hidden]
        wanted = {word for each in options for word in each.opts if (name, word) not in other_chips}
        wanted |= {word for each in options for word in getattr(each.type, "choices", []) if each.name != "chip"
                   and (name, each.opts[0]) not in other_chips}
        assert done.returncode == 0 and wanted <= words, (name, wanted - words)
        assert name or set(peer.cli.list_commands(None)) - words <= {"verify-sdc-certificate", "read-sdc-chip-info",
                                                                     "read-nand-spare", "write-nand-spare", "dump-bbm"}


if __name__ == "__main__":
    main([elf2image, elf2image_pads_what_has_no_digest, merge_bin, merge_bin_says_what_it_does,
          intel_hex_goes_in_as_it_comes_out, image_info, image_info_of_what_is_none,
          espy_image_merges_as_merge_bin_does, espy_image_splits_what_it_would_merge,
          help_has_every_option_and_choice])
