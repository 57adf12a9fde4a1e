#!/usr/bin/env python3
"""Fetching firmware from a local server with every fault a network has.

The server shows a download page in the style of the published one and serves the
real images under their published names.  Prints TAP.
Environment: ESPY, ESPY_TOOLS, ESPY_FIRMWARE, ESPY_ROM_DIR.
"""
import contextlib
import hashlib
import http.server
import json
import os
import pathlib
import resource
import socket
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
ESPY = os.environ.get("ESPY", str(ROOT / "build/espy"))
TOOL = pathlib.Path(os.environ.get("ESPY_TOOLS", ROOT / "build/tests/tools")) / "release_fetch"
FIRMWARE = pathlib.Path(os.environ.get("ESPY_FIRMWARE", ROOT / "../shared/firmware"))
ROM = pathlib.Path(os.environ.get("ESPY_ROM_DIR", ROOT / "../shared/rom")) / "esp32s3_rev0_rom.elf"

OCT_124 = "ESP32_GENERIC_S3-SPIRAM_OCT-20241129-v1.24.1.bin"
OCT_123 = "ESP32_GENERIC_S3-SPIRAM_OCT-20240602-v1.23.0.bin"
PLAIN_126 = "ESP32_GENERIC_S3-20250809-v1.26.0.bin"
IO, TIMEOUT, FORMAT, UNSUPPORTED = 3, 4, 7, 8  # docs: exit statuses

PAGE = """<!doctype html><html><head><title>Generic board</title>
<link rel="stylesheet" href="/static/site.css"></head><body>
<h1>ESP32-S3</h1><p>Vendor page: <a href="https://example.org/">here</a></p>
<h2>Firmware</h2><strong>Releases</strong><ul>{releases}</ul>
<strong>Preview builds</strong><ul>
<li><a href="/resources/firmware/ESP32_GENERIC_S3-20250911-v1.27.0-preview.100.gabcdef012.bin">preview</a>
<a href="/resources/firmware/ESP32_GENERIC_S3-SPIRAM_OCT-20250911-v1.27.0-preview.100.gabcdef012.bin">preview</a></li>
</ul></body></html>"""


def page():
    rows = "".join(f'<li><a href="/resources/firmware/{f.name}">{f.stem.split("-")[-1]}</a>'
                   f' <a href="/resources/firmware/{f.stem}.elf">[.elf]</a></li>\n'
                   for f in sorted(FIRMWARE.glob("ESP32*.bin"), reverse=True))
    return PAGE.format(releases=rows).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def send(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.server.seen.append((self.path, self.headers.get("Range")))
        with contextlib.suppress(OSError):
            self.answer(self.server.fault)

    def answer(self, fault):
        if self.path.startswith("/download/ESP32_GENERIC_S3/"):
            if fault == "page redirects":
                return self.send(302, b"", Location="/moved/download")
            if fault == "page is missing":
                return self.send(404, b"no such page")
            if fault == "sign-in page":
                return self.send(200, b"<html>Welcome to our cafe! <a href='/login'>Sign in</a></html>")
            if fault == "redirects for ever":
                return self.send(302, b"", Location=self.path)
            return self.send(200, page(), Content_Type="text/html")
        if self.path == "/moved/download":
            return self.send(200, page(), Content_Type="text/html")
        self.send_image(fault)

    def send_image(self, fault):
        file = FIRMWARE / pathlib.PurePosixPath(self.path).name
        if not file.is_file() or fault == "image is missing":
            return self.send(404, b"no such file")
        data, start = file.read_bytes(), 0
        if fault == "image is a page":
            return self.send(200, b"<!doctype html><p>Try again later", Content_Type="text/html")
        if fault == "corrupted":
            data = data[:700000] + b"espy" + data[700004:]
        if fault == "other version":
            data = (FIRMWARE / OCT_123).read_bytes()
        if fault == "short file":
            data = data[:1000000]
        if fault == "server error first" and len(self.server.seen) < 4:
            return self.send(503, b"busy")
        wanted = self.headers.get("Range")
        if wanted and fault not in ("cut, no ranges",):
            start = int(wanted.removeprefix("bytes=").split("-")[0])
            if start >= len(data):
                return self.send(416, b"")
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        self.send_body(data[start:], fault)

    def send_body(self, data, fault):
        first = len([1 for path, _ in self.server.seen if path.endswith(".bin")]) == 1
        if fault == "cut for ever" or (fault in ("cut", "cut, no ranges") and first):
            self.wfile.write(data[:400000])
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        if fault == "stall" or (fault == "stall once" and first):
            self.wfile.write(data[:300000])
            self.wfile.flush()
            self.server.stop.wait(20)
            self.close_connection = True
            return
        self.wfile.write(data)


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        """A client that hangs up is part of the tests."""


@contextlib.contextmanager
def server(fault=""):
    s = Server(("127.0.0.1", 0), Handler)
    s.daemon_threads = True
    s.fault, s.seen, s.stop = fault, [], threading.Event()
    thread = threading.Thread(target=s.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield s, f"http://127.0.0.1:{s.server_port}"
    finally:
        s.stop.set()
        s.shutdown()
        s.server_close()
        thread.join()


def fetch(url, cache, psram="octal", timeout=5, version=None, **more):
    """The tool's answers, as a dict with its exit status and what it said."""
    command = [TOOL, url, cache, psram, str(timeout)] + ([version] if version else [])
    done = subprocess.run(command, capture_output=True, text=True, timeout=120,
                          env={**os.environ, "no_proxy": "127.0.0.1"}, **more)
    out = dict(line.split("=", 1) for line in done.stdout.splitlines())
    return {**out, "exit": done.returncode, "said": done.stderr}


def check(condition, *why):
    if not condition:
        raise AssertionError(" ".join(map(str, why)))


def arrived(got, name):
    """The image is there, whole, under its name, and nothing else is left."""
    check(got["exit"] == 0, got)
    check(got["file"] == name, got)
    data = pathlib.Path(got["path"]).read_bytes()
    check(data == (FIRMWARE / name).read_bytes(), "the file differs")
    folder = pathlib.Path(got["path"]).parent
    check(sorted(os.listdir(folder)) == [name, name + ".sha256"], os.listdir(folder))
    check((folder / (name + ".sha256")).read_text() == f"{hashlib.sha256(data).hexdigest()}  {name}\n", "record")


def refused(got, status, *words):
    check(got["exit"] == status, got)
    for word in words:
        check(word in got["said"], f"{word!r} is not in", got["said"])
    check(len([line for line in got["said"].splitlines() if line]) == 2, "no advice:", got["said"])


def newest_for_octal_psram(cache):
    with server() as (s, url):
        got = fetch(url, cache)
    arrived(got, OCT_124)
    check(got["known"] == "1" and got["from_cache"] == "0", got)


def newest_for_quad_psram(cache):
    with server() as (s, url):
        arrived(fetch(url + "/", cache, "quad"), PLAIN_126)


def version_on_request(cache):
    with server() as (s, url):
        arrived(fetch(url, cache, version="1.23.0"), OCT_123)


def unknown_version(cache):
    with server() as (s, url):
        refused(fetch(url, cache, version="1.22.0"), UNSUPPORTED, "1.22.0", "The newest is 1.24.1")


def second_time_from_cache(cache):
    with server() as (s, url):
        fetch(url, cache)
        s.seen.clear()
        got = fetch(url, cache)
        arrived(got, OCT_124)
        check(got["from_cache"] == "1" and got["offline"] == "0", got)
        check([path for path, _ in s.seen] == ["/download/ESP32_GENERIC_S3/"], s.seen)


def cached_version_needs_no_network(cache):
    with server() as (s, url):
        fetch(url, cache, version="1.23.0")
        s.seen.clear()
        arrived(fetch(url, cache, version="1.23.0"), OCT_123)
        check(not s.seen, s.seen)


def offline_takes_the_cache(cache):
    with server() as (s, url):
        fetch(url, cache)
    got = fetch(url, cache)
    arrived(got, OCT_124)
    check(got["offline"] == "1" and url in got["note"], got)


def offline_without_cache(cache):
    with server() as (s, url):
        pass
    refused(fetch(url, cache), IO, url, "IMAGE")


def unknown_host(cache):
    refused(fetch("http://no-such-host.invalid", cache), IO, "no-such-host.invalid")


def not_an_address(cache):
    refused(fetch("ftp://127.0.0.1", cache), 2, "ftp://127.0.0.1", "--firmware-url")


def redirected(cache):
    with server("page redirects") as (s, url):
        arrived(fetch(url, cache), OCT_124)


def redirected_for_ever(cache):
    with server("redirects for ever") as (s, url):
        refused(fetch(url, cache), IO, "redirect")
        check(len(s.seen) < 12, len(s.seen))


def cut_and_resumed(cache):
    with server("cut") as (s, url):
        got = fetch(url, cache)
        arrived(got, OCT_124)
        check(got["resumed"] == "1", got)
        check([r for _, r in s.seen[1:]] == [None, "bytes=400000-"], s.seen)


def cut_without_ranges(cache):
    with server("cut, no ranges") as (s, url):
        arrived(fetch(url, cache), OCT_124)


def cut_for_ever_then_resumed_by_a_later_run(cache):
    with server("cut for ever") as (s, url):
        refused(fetch(url, cache), IO, OCT_124)
        ranges = [r for path, r in s.seen if path.endswith(".bin")]
        check(ranges == [None, "bytes=400000-", "bytes=800000-", "bytes=1200000-"], ranges)
    check(os.listdir(cache) == [OCT_124 + ".part"], os.listdir(cache))
    with server() as (s, url):
        arrived(fetch(url, cache), OCT_124)
        check(s.seen[-1][1] == "bytes=1600000-", s.seen)


def part_of_something_else(cache):
    (cache / (OCT_124 + ".part")).write_bytes(b"\xe9" + bytes(5000))
    with server() as (s, url):
        arrived(fetch(url, cache), OCT_124)


def part_that_is_whole(cache):
    (cache / (OCT_124 + ".part")).write_bytes((FIRMWARE / OCT_124).read_bytes())
    with server() as (s, url):
        arrived(fetch(url, cache), OCT_124)


def stalled_once(cache):
    with server("stall once") as (s, url):
        arrived(fetch(url, cache, timeout=1), OCT_124)


def stalled_for_ever(cache):
    with server("stall") as (s, url):
        refused(fetch(url, cache, timeout=1), TIMEOUT, OCT_124, "1 s")


def server_error_then_well(cache):
    with server("server error first") as (s, url):
        arrived(fetch(url, cache), OCT_124)


def page_missing(cache):
    with server("page is missing") as (s, url):
        refused(fetch(url, cache), IO, "404", "--firmware-url")


def image_missing(cache):
    with server("image is missing") as (s, url):
        refused(fetch(url, cache), IO, "404", OCT_124)


def sign_in_page(cache):
    with server("sign-in page") as (s, url):
        refused(fetch(url, cache), FORMAT, "links to no firmware", "sign-in")


def image_is_a_page(cache):
    with server("image is a page") as (s, url):
        refused(fetch(url, cache), FORMAT, "web page")
    check(os.listdir(cache) == [], os.listdir(cache))


def corrupted(cache):
    with server("corrupted") as (s, url):
        refused(fetch(url, cache), FORMAT, OCT_124)
    check(os.listdir(cache) == [], os.listdir(cache))


def another_version_under_this_name(cache):
    with server("other version") as (s, url):
        refused(fetch(url, cache), FORMAT, "SHA-256")


def short_file(cache):
    with server("short file") as (s, url):
        refused(fetch(url, cache), FORMAT, OCT_124)


def damaged_cache_is_replaced(cache):
    with server() as (s, url):
        path = pathlib.Path(fetch(url, cache)["path"])
        data = bytearray(path.read_bytes())
        data[500000] ^= 1
        path.write_bytes(data)
        got = fetch(url, cache)
        arrived(got, OCT_124)
        check(got["from_cache"] == "0", got)


def damaged_cache_offline(cache):
    (cache / OCT_124).write_bytes(b"\xe9 not an image")
    (cache / OCT_123).write_bytes((FIRMWARE / OCT_123).read_bytes())
    with server() as (s, url):
        pass
    got = fetch(url, cache)
    check(got["exit"] == 0 and got["file"] == OCT_123 and got["offline"] == "1", got)


def disk_full(cache):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (600000, 600000))
        import signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with server() as (s, url):
        refused(fetch(url, cache, preexec_fn=limit), IO, "cannot write", "600000", "XDG_CACHE_HOME")


def cache_not_writable(cache):
    (cache / "file").write_text("")
    with server() as (s, url):
        refused(fetch(url, cache / "file" / "cache"), IO, "cannot make the directory", "XDG_CACHE_HOME")


def two_at_once(cache):
    with server() as (s, url):
        results = []
        threads = [threading.Thread(target=lambda: results.append(fetch(url, cache))) for _ in range(3)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        for got in results:
            arrived(got, OCT_124)


def up(url, cache, spec, *options):
    env = {**os.environ, "XDG_CACHE_HOME": str(cache), "ESPY_FIRMWARE_URL": url, "no_proxy": "127.0.0.1"}
    return subprocess.run([ESPY, "up", "--json", "-p", f"emu:{spec},rom={ROM}", *options], env=env,
                          capture_output=True, text=True, timeout=300)


def up_without_image(cache):
    with server() as (s, url):
        done = up(url, cache, "n8r2")
    check(done.returncode == 0, done.stderr)
    report = json.loads(done.stdout)
    check(report["image"]["file"] == str(cache / "espy" / PLAIN_126), report["image"])
    check(report["micropython"]["version"] == "1.26.0", report["micropython"])


def up_with_a_version_offline(cache):
    with server() as (s, url):
        check(fetch(url, cache / "espy", version="1.23.0")["exit"] == 0, "fetch")
    done = up(url, cache, "n16r8", "--version", "1.23.0")
    check(done.returncode == 0, done.stderr)
    check(json.loads(done.stdout)["micropython"]["version"] == "1.23.0", done.stdout)


def up_on_octal_flash_wants_1_24(cache):
    with server() as (s, url):
        done = up(url, cache, "n16r8v", "--version", "1.23.0")
    check(done.returncode == UNSUPPORTED and "octal flash" in done.stderr, done.returncode, done.stderr)


CASES = [
    newest_for_octal_psram, newest_for_quad_psram, version_on_request, unknown_version, second_time_from_cache,
    cached_version_needs_no_network, offline_takes_the_cache, offline_without_cache, unknown_host, not_an_address,
    redirected, redirected_for_ever, cut_and_resumed, cut_without_ranges, cut_for_ever_then_resumed_by_a_later_run,
    part_of_something_else, part_that_is_whole, stalled_once, stalled_for_ever, server_error_then_well, page_missing,
    image_missing, sign_in_page, image_is_a_page, corrupted, another_version_under_this_name, short_file,
    damaged_cache_is_replaced, damaged_cache_offline, disk_full, cache_not_writable, two_at_once,
    up_without_image, up_with_a_version_offline, up_on_octal_flash_wants_1_24,
]


def skip_reason(case):
    if not (FIRMWARE / OCT_124).is_file():
        return f"no images at {FIRMWARE}"
    if case.__name__.startswith("up_") and not ROM.is_file():
        return f"no ROM at {ROM}"
    return None


def main():
    chosen = [c for c in CASES if len(sys.argv) < 2 or c.__name__ in sys.argv[1:]]
    print(f"1..{len(chosen)}")
    for n, case in enumerate(chosen, 1):
        name = case.__name__.replace("_", " ")
        skip = skip_reason(case)
        if skip:
            print(f"ok {n} - {name} # SKIP {skip}")
            continue
        try:
            with tempfile.TemporaryDirectory() as folder:
                case(pathlib.Path(folder))
            print(f"ok {n} - {name}", flush=True)
        except Exception as error:  # whatever goes wrong is this case's failure
            print(f"not ok {n} - {name}")
            for line in (f"{type(error).__name__}: {error}").splitlines():
                print(f"#   {line}", flush=True)


if __name__ == "__main__":
    main()
