"""Documents: the newest under each name, from memory where it can be."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from server.core.model import DeviceId
from server.errors import Invalid
from server.store.cache import OVERHEAD_BYTES, DocumentCache
from server.store.store import Document, Store
from server.tasks import Tasks

NOW = datetime(2026, 7, 1, 12, 0, 0, 5, tzinfo=UTC)
ONE = DeviceId("one")
TWO = DeviceId("two")
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def document(name: str = "status", body: bytes = b"<a/>", device_id: DeviceId = ONE) -> Document:
    return Document(device_id=device_id, name=name, body=body, at=NOW)


async def put(store: Store, what: Document) -> None:
    await store.put_document(what.device_id, what.name, what.body, at=what.at)


async def test_a_document_comes_back_from_memory_and_from_disk(store: Store, url: str) -> None:
    kept = document(body=bytes(range(256)))
    await put(store, kept)
    assert await store.document(ONE, "status") == kept
    other = await Store.open(url)
    assert await other.document(ONE, "status") == kept
    assert await other.document(ONE, "status") == kept
    await other.close()


async def test_what_is_not_there_is_none_until_it_is(store: Store) -> None:
    assert await store.document(ONE, "status") is None
    await put(store, document())
    assert await store.document(ONE, "status") == document()
    assert await store.document(TWO, "status") is None


async def test_the_newest_document_replaces_the_older(store: Store) -> None:
    newer = Document(device_id=ONE, name="status", body=b"", at=NOW + timedelta(seconds=1))
    await put(store, document())
    await put(store, newer)
    assert await store.document(ONE, "status") == newer
    assert await store.documents(ONE) == (newer,)


async def test_of_many_writes_at_once_the_last_stays(store: Store) -> None:
    bodies = [str(number).encode() for number in range(100)]
    await asyncio.gather(*(put(store, document(body=body)) for body in bodies))
    assert await store.document(ONE, "status") == document(body=b"99")
    assert await store.documents(ONE) == (document(body=b"99"),)


async def test_a_device_lists_its_own_documents_by_name(store: Store) -> None:
    for what in (document("b"), document("a"), document("c", device_id=TWO)):
        await put(store, what)
    assert await store.documents(ONE) == (document("a"), document("b"))


async def test_deleting_takes_all_of_one_device_and_nothing_of_another(store: Store) -> None:
    for what in (document("a"), document("b"), document("a", device_id=TWO)):
        await put(store, what)
    await store.delete_documents(ONE)
    assert await store.documents(ONE) == ()
    assert await store.document(ONE, "a") is None
    assert await store.document(TWO, "a") is not None


async def test_one_document_is_deleted_and_listeners_are_told(store: Store) -> None:
    for what in (document("a"), document("b"), document("a", device_id=TWO)):
        await put(store, what)
    told: list[tuple[DeviceId, str]] = []
    store.listen(lambda device_id, name: told.append((device_id, name)))
    await store.delete_document(ONE, "a")
    assert told == [(ONE, "a")]
    assert await store.document(ONE, "a") is None
    assert await store.documents(ONE) == (document("b"),)
    assert await store.document(TWO, "a") is not None
    await put(store, document("a"))
    assert await store.document(ONE, "a") == document("a")


async def test_a_delete_between_two_writes_keeps_its_place(store: Store) -> None:
    await asyncio.gather(
        put(store, document("a")), store.delete_documents(ONE), put(store, document("b"))
    )
    assert await store.documents(ONE) == (document("b"),)
    assert await store.document(ONE, "a") is None


@on_sqlite
async def test_polls_do_not_go_to_the_disk_twice(
    store: Store, behind: Callable[[str], None]
) -> None:
    await put(store, document())
    assert await store.document(TWO, "status") is None
    behind("DELETE FROM document")
    behind("INSERT INTO document VALUES ('two', 'status', x'00', 0)")
    assert await store.document(ONE, "status") == document()
    assert await store.document(TWO, "status") is None


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
async def test_what_another_instance_wrote_is_read(store: Store, url: str) -> None:
    await put(store, document(body=b"ours"))
    assert await store.document(ONE, "status") == document(body=b"ours")
    assert await store.document(TWO, "status") is None
    other = await Store.open(url)
    for what in (document(body=b"theirs"), document(device_id=TWO)):
        await put(other, what)
        assert await store.document(what.device_id, "status") == what
    await other.close()


async def test_a_caller_that_gives_up_leaves_no_stale_document(store: Store) -> None:
    await put(store, document(body=b"old"))
    tasks = Tasks()
    tasks.start(put(store, document(body=b"new")), name="gives up")
    await asyncio.sleep(0)
    await tasks.stop()
    await put(store, document("other"))
    assert await store.document(ONE, "status") == document(body=b"new")
    assert await store.documents(ONE) == (document("other"), document(body=b"new"))


async def test_reads_and_writes_at_once_end_with_the_last_write(store: Store) -> None:
    for number in range(30):
        name = str(number)
        await asyncio.gather(
            store.document(ONE, name), put(store, document(name)), store.document(ONE, name)
        )
        assert await store.document(ONE, name) == document(name)


async def test_half_a_character_in_a_name_is_refused(store: Store) -> None:
    with pytest.raises(Invalid):
        await put(store, document("\ud800"))
    with pytest.raises(Invalid):
        await store.document(ONE, "\ud800")
    await put(store, document())


def test_the_cache_drops_the_least_recently_used() -> None:
    cache = DocumentCache(limit_bytes=3 * (OVERHEAD_BYTES + 10))
    for name in "abc":
        cache.keep((ONE, name), document(name, b"0123456789"))
    assert cache[ONE, "a"] == document("a", b"0123456789")
    cache.keep((ONE, "d"), document("d", b"0123456789"))
    assert [name for name in "abcd" if (ONE, name) in cache] == ["a", "c", "d"]


def test_the_cache_counts_a_replaced_document_once() -> None:
    cache = DocumentCache(limit_bytes=2 * OVERHEAD_BYTES + 20)
    cache.keep((ONE, "a"), None)
    for _ in range(50):
        cache.keep((ONE, "b"), document("b", b"0123456789"))
    assert (ONE, "a") in cache
    assert (ONE, "b") in cache


def test_a_document_larger_than_the_cache_is_not_kept() -> None:
    cache = DocumentCache(limit_bytes=1000)
    cache.keep((ONE, "a"), document("a", bytes(2000)))
    assert (ONE, "a") not in cache
    cache.keep((ONE, "b"), None)
    assert (ONE, "b") in cache


@pytest.mark.parametrize("overtake", ["keep", "forget", "forget_device"])
def test_a_read_that_a_write_overtook_is_not_kept(overtake: str) -> None:
    cache = DocumentCache(limit_bytes=10_000)
    load = cache.start_load((ONE, "a"))
    match overtake:
        case "keep":
            cache.keep((ONE, "a"), document("a", b"new"))
        case "forget":
            cache.forget((ONE, "a"))
        case _:
            cache.forget_device(ONE)
    cache.end_load((ONE, "a"), load, document("a", b"old"))
    assert (ONE, "a") not in cache or cache[ONE, "a"] == document("a", b"new")


def test_a_read_that_nothing_overtook_is_kept() -> None:
    cache = DocumentCache(limit_bytes=10_000)
    load = cache.start_load((ONE, "a"))
    cache.forget_device(TWO)
    cache.end_load((ONE, "a"), load, document("a"))
    assert cache[ONE, "a"] == document("a")
