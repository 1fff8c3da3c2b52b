"""What is refused, how, and that nothing changes by it."""

import asyncio
import gzip
import logging
import re
import ssl

import pytest

from certs.tls import sep2_client_context
from server.sep2.routes import BY_NAME, ROUTES, Who, href

METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE")
each_route = pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)


SCOPED = [route for route in ROUTES if "{e}" in route.path]


def is_error(answer, status: int, reason: str) -> bool:
    found = (answer.status, answer.tag, answer.text("reasonCode"))
    assert found == (status, "Error", reason), answer.headers
    assert answer.headers["Content-Type"] == "application/sep+xml"
    assert answer.headers["Content-Length"] == str(len(answer.body))
    return True


@pytest.fixture
def places(world):
    """Path variables that lead to things which exist, for a device."""

    def of(device: str) -> dict[str, str]:
        return {
            "e": device,
            "g": world.everyone,
            "p": world.common,
            "c": "00",
            "d": "1",
            "r": "1",
            "v": "v1",
        }

    return of


@each_route
async def test_a_method_that_is_not_offered_is_405_with_allow(route, house, world, places):
    alpha = house.peer("alpha")
    path = href(route.name, **places(world.alpha))
    for method in METHODS:
        if method not in route.methods:
            answer = await alpha.ask(method, path)
            assert is_error(answer, 405, "0")
            assert answer.headers["Allow"] == ", ".join(route.methods)


@pytest.mark.parametrize("route", SCOPED, ids=lambda route: route.name)
async def test_what_is_another_clients_does_not_exist(*, route, house, world, state, places):
    event = await state(world.common, 10)
    alpha = house.peer("alpha")
    before = house.desk.book.head
    for victim in (world.bravo, world.one, world.aggregator, "d999"):
        path = href(route.name, **places(victim) | {"c": event.intervals[0].mrid})
        read = await alpha.get(path)
        assert is_error(read, 404, "0")
        assert read.headers["X-Error-Detail"] == "there is no such resource"
        for method in set(route.methods) - {"GET", "HEAD"}:
            body = DOCUMENTS.get(route.gives.wire_tag, RESPONSE.format("AB" * 20, "CD" * 16))
            assert is_error(await alpha.ask(method, path, body.encode()), 403, "1")
        assert await house.desk.store.documents(victim) == ()
    assert house.desk.book.head == before
    assert await house.desk.store.responses() == ()


@pytest.mark.parametrize("route", SCOPED[1:], ids=lambda route: route.name)
async def test_an_aggregators_own_entry_has_nothing_below(route, house, world, places):
    boss = house.peer("boss")
    assert (await boss.get(href(route.name, **places(world.aggregator)))).status == 404


@each_route
async def test_ids_that_lead_nowhere_are_404(route, house, world, places):
    alpha = house.peer("alpha")
    for name in "gpcdrv":
        if f"{{{name}}}" not in route.path:
            continue
        for strange in ("zz", "%2e%2e", "..", "0", "-1", "1%00", world.alpha, "9" * 30):
            path = href(route.name, **places(world.alpha) | {name: strange})
            assert is_error(await alpha.get(path), 404, "0"), path
            for method in set(route.methods) - {"GET", "HEAD"}:
                assert (await alpha.ask(method, path, b"<x/>")).status == 404, path


@pytest.mark.parametrize(
    "path",
    [
        "//dcap",
        "/dcap/",
        "/edev/../dcap",
        "/%64cap",
        "/edev/%64{n}/derp",
        "/edev/{e}%2Fderp",
        "/edev/{e}/../{b}/derp",
        "/edev//{e}/derp",
        "/edev/{e}//derp",
        "/edev/{e}/./derp",
        "/edev/{e}/derp/{p}/../{s}/derc",
        "/edev/{b}/..%2f{e}/derp",
        "/" + "x" * 7000,
    ],
)
async def test_tricks_with_paths_lead_nowhere(path, house, world):
    names = {
        "e": world.alpha,
        "n": world.alpha[1:],
        "b": world.bravo,
        "p": world.common,
        "s": world.special,
    }
    assert is_error(await house.peer("alpha").get(path.format(**names)), 404, "0")


ACCEPTED = [
    None,
    "",
    "*/*",
    "application/*",
    "application/sep+xml",
    "application/sep+xml; level=-S1",
    "APPLICATION/SEP+XML",
    "text/html, application/sep+xml;q=0.1",
    "application/sep-exi, */*;q=0.5",
    "application/sep+xml;q=1.000",
]
NOT_ACCEPTED = [
    "application/sep-exi",
    "text/html",
    "application/json, text/*",
    "application/sep+xml;q=0",
    "application/sep+xml; q=0.000, */*",
    "*/*;q=0",
]


@pytest.mark.parametrize("accept", ACCEPTED)
async def test_a_reader_who_takes_our_media_type_is_served(accept, house, world):
    headers = {} if accept is None else {"Accept": accept}
    assert (await house.peer("alpha").get("/dcap", **headers)).status == 200


@pytest.mark.parametrize("accept", NOT_ACCEPTED)
async def test_a_reader_who_takes_nothing_of_ours_is_told(accept, house, world):
    assert is_error(await house.peer("alpha").get("/dcap", Accept=accept), 406, "0")


NS = 'xmlns="urn:ieee:std:2030.5:ns"'
STATUS = f"<DERStatus {NS}><readingTime>1</readingTime></DERStatus>"
POWER = "<multiplier>0</multiplier><value>1</value>"
DOCUMENTS = {
    "DERStatus": STATUS,
    "DERAvailability": f"<DERAvailability {NS}><readingTime>1</readingTime></DERAvailability>",
    "DERSettings": f"<DERSettings {NS}><setGradW>1</setGradW><setMaxW>{POWER}</setMaxW>"
    "<updatedTime>1</updatedTime></DERSettings>",
    "DERCapability": f"<DERCapability {NS}><modesSupported>01</modesSupported>"
    f"<rtgMaxW>{POWER}</rtgMaxW><type>4</type></DERCapability>",
    "EndDeviceList": f"<EndDevice {NS}><sFDI>0</sFDI><changedTime>0</changedTime></EndDevice>",
}
RESPONSE = (
    f"<DERControlResponse {NS}><endDeviceLFDI>{{}}</endDeviceLFDI><status>1</status>"
    "<subject>{}</subject></DERControlResponse>"
)
BROKEN = {
    "nothing": b"",
    "no XML": b"hello",
    "cut off": STATUS.encode()[:-5],
    "two roots": STATUS.encode() * 2,
    "not UTF-8": STATUS.encode("utf-16"),
    "another encoding": b'<?xml version="1.0" encoding="latin-1"?><x>\xff</x>',
    "a NUL": STATUS.replace("1", "\0").encode(),
    "DOCTYPE": b"<!DOCTYPE x [<!ENTITY e 'x'>]>" + STATUS.encode(),
    "external entity": b"<!DOCTYPE x SYSTEM 'file:///etc/hostname'>" + STATUS.encode(),
    "too deep": b"<a>" * 100 + b"</a>" * 100,
    "another root": f"<DERProgram {NS}/>".encode(),
    "another namespace": b"<DERStatus><readingTime>1</readingTime></DERStatus>",
    "a list of it": f"<DERList {NS} all='0' results='0'/>".encode(),
}
WRITABLE = [
    (route, method) for route in ROUTES for method in route.methods if method in {"PUT", "POST"}
]
each_write = pytest.mark.parametrize(
    ("route", "method"), WRITABLE, ids=lambda part: getattr(part, "name", part)
)


@each_write
async def test_a_broken_body_is_400_and_changes_nothing(route, method, house, world, places):
    alpha = house.peer("alpha")
    path = href(route.name, **places(world.alpha))
    before = house.desk.book.head
    for kind, body in BROKEN.items():
        assert is_error(await alpha.ask(method, path, body), 400, "0"), kind
    assert house.desk.book.head == before
    assert await house.desk.store.documents(world.alpha) == ()
    assert await house.desk.store.responses() == ()


@each_write
async def test_a_body_beyond_the_limit_is_413(route, method, house, world, places):
    alpha = house.peer("alpha")
    path = href(route.name, **places(world.alpha))
    fitting = b" " * 65_536
    assert is_error(await alpha.ask(method, path, fitting), 400, "0")
    assert is_error(await alpha.ask(method, path, fitting + b" "), 413, "2")


async def test_a_body_that_hides_its_size_is_bounded_too(house, world):
    path = f"/edev/{world.alpha}/der/1/ders"

    async def chunks():
        for _ in range(200):
            yield b" " * 1024

    answer = await house.peer("alpha").ask("PUT", path, chunks())
    assert is_error(answer, 413, "2")
    bomb = gzip.compress(b" " * 10_000_000)
    assert len(bomb) < 65_536
    bombed = await house.peer("alpha").put(path, bomb, Content_Encoding="gzip")
    assert is_error(bombed, 413, "2")


async def test_a_compressed_body_is_taken_and_a_spoilt_one_refused(house, world):
    path = f"/edev/{world.alpha}/der/1/ders"
    packed = gzip.compress(STATUS.encode())
    alpha = house.peer("alpha")
    assert (await alpha.put(path, packed, Content_Encoding="gzip")).status == 204
    spoilt = await alpha.put(path, b"not gzip at all", Content_Encoding="gzip")
    assert is_error(spoilt, 400, "0")


@pytest.mark.parametrize(
    ("media", "status"),
    [
        ("application/sep+xml", 204),
        ("application/sep+xml; level=+S1; charset=utf-8", 204),
        ("application/xml", 204),
        ("Text/XML", 204),
        ("", 204),
        ("application/sep-exi", 415),
        ("application/json", 415),
        ("application/octet-stream", 415),
    ],
)
async def test_a_body_says_what_it_is(media, status, house, world):
    path = f"/edev/{world.alpha}/der/1/ders"
    answer = await house.peer("alpha").put(path, STATUS.encode(), Content_Type=media)
    assert answer.status == status
    if status == 415:
        assert is_error(answer, 415, "0")


async def test_a_reason_cannot_smuggle_headers(house, world):
    path = f"/edev/{world.alpha}/der/1/ders"
    body = STATUS.replace(">1<", ">\r\nSet-Cookie: x=1\r\n\u00e9<").encode()
    answer = await house.peer("alpha").put(path, body)
    assert is_error(answer, 400, "0")
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["X-Error-Detail"].isascii()


async def test_a_fault_of_ours_is_logged_once_and_tells_nothing(house, world, caplog):
    await house.desk.store.put_document(
        world.alpha, "DERStatus", STATUS.encode(), at=house.desk.clock.now()
    )
    # A device that cannot be: the book would never take it.
    broken = house.desk.book.devices[world.alpha]
    house.desk.book.devices[world.alpha] = _without_lfdi(broken)
    with caplog.at_level(logging.ERROR):
        answer = await house.peer("alpha").get(f"/edev/{world.alpha}")
    assert is_error(answer, 500, "0")
    (record,) = caplog.records
    assert answer.headers["X-Error-Reference"] in record.getMessage()
    assert b"Traceback" not in answer.body


def _without_lfdi(device):
    from dataclasses import replace

    return replace(device, lfdi=None)


async def test_a_store_that_is_gone_is_503_with_the_time_to_wait(house, world, monkeypatch):
    from server.errors import Unavailable

    async def refuse(*_args, **_named):
        raise Unavailable("the store does not answer", retry_after_s=7)

    monkeypatch.setattr(house.desk.store, "put_document", refuse)
    answer = await house.peer("alpha").put(f"/edev/{world.alpha}/der/1/ders", STATUS.encode())
    assert is_error(answer, 503, "2")
    assert answer.headers["Retry-After"] == "7"


async def test_absolute_targets_and_pipelined_requests_are_answered_in_order(
    house, world, certificates
):
    files = certificates.alpha
    context: ssl.SSLContext = sep2_client_context(files.chain, files.key, certificates.trust)
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", house.listener.port, ssl=context, server_hostname="127.0.0.1"
    )
    lines = b"HTTP/1.1\r\nHost: x\r\n\r\n"
    writer.write(b"GET /dcap " + lines + b"GET /nowhere " + lines)
    writer.write(b"GET https://127.0.0.1/tm HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    text = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    assert re.findall(r"HTTP/1.1 (\d+)", text) == ["200", "404", "200"]
    assert "Transfer-Encoding" not in text
    assert "Python" not in text


def test_a_route_without_a_handler_is_noticed_at_the_start(desk, monkeypatch):
    from dataclasses import replace

    from server.sep2 import face
    from server.sep2.settings import Sep2Settings

    open_to_all = replace(BY_NAME["registration"], reads=Who.ADMITTED)
    writable = replace(BY_NAME["time"], methods=("GET", "HEAD", "PUT"))
    for wrong in (open_to_all, writable, replace(BY_NAME["time"], name="weather")):
        monkeypatch.setattr(face, "SERVED", (wrong,))
        with pytest.raises(KeyError, match=wrong.name):
            face.Sep2Face(desk, Sep2Settings())


def test_every_write_is_the_owners_or_a_registration():
    for route, _ in WRITABLE:
        assert route.writes is Who.OWNER or route.name == "end_devices"
