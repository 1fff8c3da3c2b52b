"""Everything that a device can reach, asked for by those to whom it is nothing.

What is another's is refused with the very answer that a made-up path gets, at the cost of the very
same questions to the store, and nothing changes: not the book, and not a row of any table.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import product
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine, event

from certs.identity import sfdi
from server.errors import Unknown
from server.sep2.published.routes import COMBINED
from server.sep2.routes import BY_NAME, DOCUMENTS, SERVED, match

pytestmark = pytest.mark.conformance

READS = ("GET", "HEAD")
METHODS = (*READS, "PUT", "POST", "DELETE")
ANSWERED = ("responses", "response", "subscriptions", "subscription")
SAID = {*DOCUMENTS, *(BY_NAME[name] for name in ANSWERED)}
"""What a device says itself; the others here have said nothing."""
VARYING = {"Date", "X-Error-Reference"}
MRID = "{urn:ieee:std:2030.5:ns}mRID"
MIRRORED = f"{1:024d}00028547"
OWN_MIRROR = "{:024d}00028547"
SUBSCRIPTION = (
    '<Subscription xmlns="urn:ieee:std:2030.5:ns"><subscribedResource>{path}</subscribedResource>'
    "<encoding>0</encoding><level>+S1</level><limit>1</limit>"
    "<notificationURI>https://agg.example/n</notificationURI></Subscription>"
)
LONG = re.compile("[0-9A-F]{32}|[0-9A-F]{40}")


class Shown(NamedTuple):
    """What a client can tell answers apart by; `questions` is what it could guess from the time."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    questions: int


@pytest.fixture
def questions() -> Iterator[list[str]]:
    """Every statement that any store asks its database."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield asked
    event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
def rows(tmp_path):
    """Return every row of every table."""

    def dump() -> dict[str, list]:
        with closing(sqlite3.connect(tmp_path / "store.db")) as store:
            tables = store.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            select = "SELECT * FROM {}".format
            return {name: store.execute(select(name)).fetchall() for (name,) in tables}

    return dump


@pytest.fixture
def shown(questions):
    """Ask, and return what can be told of the answer."""

    async def ask(client, method: str, path: str, body: str | bytes | None = None) -> Shown:
        before = len(questions)
        answer = await client.ask(method, path, body)
        headers = {key: value for key, value in answer.headers.items() if key not in VARYING}
        spent = len(questions) - before
        return Shown(answer.status, tuple(sorted(headers.items())), answer.body, spent)

    return ask


def strange(word: str) -> str:
    """Return an id of the same form that nothing has."""
    device, dash, mrid = word.rpartition("-")
    if dash:
        return f"{strange(device)}-{strange(mrid)}"
    return "EE" * (len(word) // 2) if LONG.fullmatch(word) else re.sub("[0-9]+", "777777", word)


def made_up(path: str, *, keep: int) -> str:
    """Return a path of the same shape whose ids nothing has, but the first few."""
    parts = path.split("/")
    for place in range(2 + 2 * keep, len(parts), 2):
        parts[place] = strange(parts[place])
    return "/".join(parts)


def is_served(path: str) -> bool:
    """Tell whether a path that somebody wrote is one of ours."""
    try:
        return bool(match(path))
    except Unknown:
        return False


def offered(path: str) -> tuple[str, ...]:
    """Return the methods of a resource where a client may set its PIN."""
    route = match(path)[0]
    return (*route.methods, "PUT") if route.name == "registration" else route.methods


def alike(path: str) -> list[str]:
    """Return paths of the same shape that lead nowhere, with the same owner and without."""
    first = path.split("/")[2]
    kept = re.sub("[0-9A-F]{32}$", lambda mrid: strange(mrid[0]), first)
    found = (made_up(path, keep=0), made_up(path, keep=1), path.replace(first, kept))
    return [one for one in dict.fromkeys(found) if one != path]


def bodies(stage, other, method: str, path: str, read: bytes | None) -> list[str | bytes | None]:
    """Return what is good for a resource: as its owner would write it, and as another would."""
    route = match(path)[0]
    if method not in offered(path):
        return [b""]
    if method not in {"PUT", "POST"}:
        return [None]
    if method == "PUT":
        mine = read or stage.body(route.name, "PUT").encode()
        theirs = mine.replace(stage.lfdi.encode(), (other.lfdi or strange(stage.lfdi)).encode())
        return [mine, theirs]
    return list(stage.posts(route.name, other.lfdi or strange(stage.lfdi)))


def allowed(method: str, path: str) -> set[int]:
    """Return how a request of one who may not is answered."""
    if method in READS:
        return {404}
    return {403, 404} if method in offered(path) else {405}


@pytest.fixture
def replay(others, shown):
    """Ask for paths of one client with every method as each of those whose they are not."""

    async def run(made, trail, paths) -> None:
        answers: dict[tuple[Any, ...], Shown] = {}
        for other, path, method in product(others(made.house), paths, METHODS):
            read = trail.read.get(path)
            for body in bodies(made, other, method, path, read and read.body):
                real = await shown(other.client, method, path, body)
                assert real.status in allowed(method, path), (other.name, method, path)
                for elsewhere in alike(path)[: 9 if method in offered(path) else 1]:
                    key = (other.name, method, elsewhere, body)
                    if key not in answers:
                        answers[key] = await shown(other.client, method, elsewhere, body)
                    assert answers[key] == real, (other.name, method, path, elsewhere)

    return run


async def test_what_a_device_reaches_is_not_there_for_others(*, stage, replay, crawled, rows, desk):
    made = await stage("newcomer")
    trail = await crawled(made.client)
    below = [path for path in sorted(trail.named) if path.count("/") > 1 and is_served(path)]
    routes = {match(path)[0] for path in below}
    assert routes >= {one for one in SERVED if "{" in one.path} - {COMBINED}
    before = (desk.book.head, rows())
    await replay(made, trail, below)
    assert (desk.book.head, rows()) == before


async def test_an_aggregators_own_entry_is_not_there_for_others(
    *, stage, replay, crawled, rows, desk
):
    made = await stage("boss")
    trail = await crawled(made.client)
    own = [path for path in sorted(trail.named) if path.startswith(f"/edev/{made.home}")]
    assert {match(path)[0].name for path in own} == {"end_device", "subscriptions", "subscription"}
    before = (desk.book.head, rows())
    await replay(made, trail, own)
    assert (desk.book.head, rows()) == before


def secrets(made, trail, book) -> set[str]:
    """Return the words by which a device, and what is for it alone, would be known."""
    device = book.devices[made.device]
    alone = book.publications_by_device[device.id]
    private = [book.publications[one] for one in alone]
    below = [one for one in book.publications.values() if book.line_of(one)[-1] in private]
    read = [trail.read[path].xml for path in trail.read if path.startswith(("/mup/", "/upt/"))]
    mirrored = {node.text for xml in read for node in xml.iter(MRID)}
    own = {f"/edev/{device.id}<", f'/edev/{device.id}"', f"/edev/{device.id}/"}
    return {*own, device.lfdi, str(sfdi(device.lfdi)), *mirrored, *(one.mrid for one in below)}


def naming(made, other, common: str) -> list[tuple[str, str, str]]:
    """Return what could be written in one's own place that names another's."""
    lfdi = made.lfdi
    (point, _), (event, _) = made.posts("mirrors", lfdi), made.posts("responses", lfdi)
    found = [("POST", "/mup", point)]
    if other.device is not None:
        at = f"/edev/{other.device}"
        found += [
            ("PUT", f"{at}/di", made.body("device_information", "PUT")),
            ("POST", f"{at}/rsps/{common}/rsp", event),
        ]
    return found


async def test_what_is_anothers_cannot_be_named_from_ones_own_place(
    *, stage, others, crawled, shown, rows, desk, world, registration_of
):
    made = await stage("newcomer")
    trail = await crawled(made.client)
    words = secrets(made, trail, desk.book)
    before = (desk.book.head, rows())
    for other in others(made.house):
        for path, answer in (await crawled(other.client)).read.items():
            assert not [word for word in words if word in answer.body.decode()], path
        for method, path, body in naming(made, other, world.common):
            real = await shown(other.client, method, path, body)
            assert real.status in {400, 403}, (other.name, path)
            made_of = body.replace(made.lfdi, strange(made.lfdi))
            assert await shown(other.client, method, path, made_of) == real, (other.name, path)
        taken = await other.client.post("/edev", registration_of(made.lfdi))
        assert taken.status == 403
    assert (desk.book.head, rows()) == before


async def test_ids_of_another_lead_nowhere_below_ones_own(*, stage, others, crawled, shown, desk):
    made = await stage("newcomer")
    trail = await crawled(made.client)
    words = secrets(made, trail, desk.book)
    start = f"/edev/{made.device}/"
    below = [path for path in sorted(trail.read) if path.startswith(start)]
    for other in others(made.house)[:2]:
        for path in below:
            mine = path.replace(start, f"/edev/{other.device}/")
            read = await shown(other.client, "GET", mine)
            assert read.status in {200, 404}
            assert not [word for word in words if word in read.body.decode()], mine
            if match(path)[0] in SAID:
                assert read.status == 404 or b'all="0"' in read.body, mine
            elsewhere = made_up(mine, keep=max(1, mine.count("/") // 2 - 1))
            if read.status == 404 and elsewhere != mine and "/der/" not in mine:
                assert await shown(other.client, "GET", elsewhere) == read, mine


async def test_nobody_subscribes_to_what_is_anothers(*, stage, others, crawled, shown, rows, desk):
    made = await stage("newcomer")
    below = [path for path in (await crawled(made.client)).named if path.count("/") > 1]
    parties = others(made.house)[:2]
    before = (desk.book.head, rows())
    for other, path in product(parties, filter(is_served, below)):
        place = f"/edev/{other.home}/sub"
        real = await shown(other.client, "POST", place, SUBSCRIPTION.format(path=path))
        assert real.status == 400, path
        for elsewhere in alike(path):
            body = SUBSCRIPTION.format(path=elsewhere)
            assert await shown(other.client, "POST", place, body) == real, elsewhere
    assert (desk.book.head, rows()) == before


async def test_who_is_unknown_finds_the_way_to_register_and_nothing_else(*, stage, others, crawled):
    made = await stage("newcomer")
    _, _, stranger = others(made.house)
    read = (await crawled(stranger.client)).read
    assert set(read) == {"/dcap", "/tm", "/sdev", "/edev", "/mup", "/upt"}
    for path in ("/edev", "/mup", "/upt"):
        assert (len(read[path].xml), read[path].xml.get("all")) == (0, "0")
    links = {node.get("href"): node.get("all") for node in read["/dcap"].xml}
    assert links == {
        "/tm": None,
        "/sdev": None,
        "/edev": "0",
        "/mup": "0",
        "/upt": "0",
    }


async def test_an_mrid_that_is_taken_is_no_way_in(*, stage, others, rows, desk):
    made = await stage("newcomer")
    for number, other in enumerate(others(made.house)[:2], 50):
        _, point = made.posts("mirrors", other.lfdi)
        own = point.replace(MIRRORED, OWN_MIRROR.format(number))
        mirror = (await other.client.post("/mup", own)).headers["Location"]
        before = (desk.book.head, rows())
        assert (await other.client.post("/mup", point)).status == 403
        assert (await other.client.post(mirror, made.body("mirror", "POST"))).status == 403
        assert (desk.book.head, rows()) == before
