"""Hostile and broken bodies end in a WireError, before they cost anything."""

import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from schemas.parse import Limits, WireError, parse


def test_a_plain_body_is_parsed() -> None:
    assert parse(b'<?xml version="1.0" encoding="UTF-8"?><a>x</a>').text == "x"


def test_a_utf8_byte_order_mark_is_skipped() -> None:
    assert parse(b"\xef\xbb\xbf<a/>").tag == "a"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "empty"),
        (b"   ", "well-formed"),
        (b"<a>", "well-formed"),
        (b"<a/><b/>", "well-formed"),
        (b"<p:a/>", "prefix"),
        (b"<a>&nosuch;</a>", "Entity"),
        (b"<a>&#0;</a>", "xmlChar"),
        (b"<a>\x01</a>", "Char"),
        (b"<a>\0</a>", "UTF-8"),
        (b"<a>\xff</a>", "encoding"),
        (b"<a>\xed\xa0\x80</a>", "encoding"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe9</a>', "encoding"),
        ("<a>\u00e9</a>".encode("utf-16"), "UTF-8"),
        ("<a/>".encode("utf-16-be"), "UTF-8"),
        ("<a/>".encode("utf-32"), "UTF-8"),
        (b"<!DOCTYPE a><a/>", "DOCTYPE"),
        (b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', "DOCTYPE"),
    ],
)
def test_a_broken_body_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(WireError, match=why):
        parse(body)


def test_entities_that_multiply_are_refused() -> None:
    levels = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12))
    with pytest.raises(WireError, match="DOCTYPE"):
        parse(f'<!DOCTYPE a [<!ENTITY e0 "ha">{levels}]><a>&e11;</a>'.encode())


def test_external_entities_are_never_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("canary")
    with socket.create_server(("127.0.0.1", 0)) as canary:
        port = canary.getsockname()[1]
        for where in (secret.as_uri(), f"http://127.0.0.1:{port}/x"):
            body = f'<!DOCTYPE a [<!ENTITY % p SYSTEM "{where}"> %p;]><a/>'.encode()
            with pytest.raises(WireError) as refused:
                parse(body)
            assert "canary" not in str(refused.value)
        canary.setblocking(False)
        with pytest.raises(BlockingIOError):
            canary.accept()


def test_schema_locations_and_xinclude_are_left_alone(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("canary")
    root = parse(
        '<a xmlns:xi="http://www.w3.org/2001/XInclude" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="u {secret}">'
        f'<xi:include parse="text" href="{secret.as_uri()}"/></a>'.encode()
    )
    assert "".join(root.itertext()) == ""


def test_comments_and_instructions_do_not_split_a_value() -> None:
    root = parse(b"<!--a--><a>12<!-- -->34<?p x?>56<![CDATA[78]]></a>")
    assert (root.text, len(root)) == ("12345678", 0)


def test_a_body_longer_than_the_limit_is_refused() -> None:
    limits = Limits(size=10)
    assert parse(b"<a>123</a>", limits).text == "123"
    with pytest.raises(WireError, match="longer than 10 bytes"):
        parse(b"<a>1234</a>", limits)


@pytest.mark.parametrize(
    "body", [b"<a>" + b"<b/>" * 100 + b"</a>", b"<a " + b'b="" ' * 100 + b"/>"]
)
def test_too_many_tags_or_attributes_are_refused(body: bytes) -> None:
    with pytest.raises(WireError, match="more than 100 tags"):
        parse(body, Limits(marks=100))


@pytest.mark.parametrize("depth", [4, 32, 257, 5000])
def test_deep_nesting_is_refused(depth: int) -> None:
    body = b"<a>" * depth + b"</a>" * depth
    with pytest.raises(WireError, match=r"nested|depth"):
        parse(body, Limits(depth=min(depth - 1, 256)))


def test_nesting_up_to_the_limit_is_read() -> None:
    assert parse(b"<a><a><a/></a></a>", Limits(depth=3)).tag == "a"


def test_each_thread_parses_with_a_parser_of_its_own() -> None:
    tags: list[object] = []
    threads = [
        threading.Thread(target=lambda: tags.append(parse(b"<a/>").tag), name=f"t{i}")
        for i in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tags == ["a"] * 4


def names(start: int, count: int) -> bytes:
    return b"<a>" + b"".join(b"<q%x/>" % number for number in range(start, start + count)) + b"</a>"


def test_a_large_body_is_read_as_a_small_one_is() -> None:
    root = parse(names(0, 5_000))
    assert [child.tag for child in root] == [f"q{number:x}" for number in range(5_000)]
    with pytest.raises(WireError, match="well-formed"):
        parse(names(0, 5_000)[:-1])


GROWTH = """
import pathlib
from schemas.parse import parse

def kilobytes():
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])

def names(start, count):
    return b"<a>" + b"".join(b"<q%x/>" % n for n in range(start, start + count)) + b"</a>"

parse(names(0, 20_000))
before = kilobytes()
for start in range(20_000, 620_000, 20_000):
    parse(names(start, 20_000))
print(kilobytes() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_the_names_of_large_bodies_are_not_kept() -> None:
    run = subprocess.run(
        [sys.executable, "-c", GROWTH], capture_output=True, text=True, check=True, timeout=100
    )
    assert int(run.stdout) < 8_000  # kept, they would take 28 MB


SMALL = """
from schemas.parse import WireError, parse

def kilobytes():
    with open("/proc/self/status") as status:
        return int(status.read().partition("VmRSS:")[2].split()[0])

def names(start, end="</a>"):
    return b"<a>" + b"".join(b"<q%x/>" % n for n in range(start, start + 800)) + end.encode()

parse(names(0))
before = kilobytes()
for start in range(800, 800_000, 1_600):
    assert len(parse(names(start))) == 800
    try:
        parse(names(start + 800, end=""))
    except WireError:
        pass
print(kilobytes() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_the_names_of_many_small_bodies_are_not_kept() -> None:
    run = subprocess.run(
        [sys.executable, "-c", SMALL], capture_output=True, text=True, check=True, timeout=100
    )
    assert int(run.stdout) < 15_000  # kept, they would take 25 MB


def test_an_error_names_its_place() -> None:
    assert str(WireError("/A/b", "is missing")) == "/A/b: is missing"
    assert str(WireError("", "not UTF-8")) == "/: not UTF-8"
