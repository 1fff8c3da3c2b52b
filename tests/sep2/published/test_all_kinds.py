"""Every kind of publication, read by the device that it is for and found by its links."""

import pytest

from server.errors import Malformed
from server.publications.drafts import from_view, from_xml, view_of
from server.publications.kinds import KINDS
from server.sep2.published.routes import LINES
from server.sep2.routes import match


async def crawl(client):
    """Return a path for each route that links lead to, with what was read there."""
    found, waiting, seen = {}, ["/dcap"], set()
    while waiting:
        path = waiting.pop()
        if path in seen or not path.startswith("/"):
            continue
        seen.add(path)
        answer = await client.get(path + "?l=255")
        if answer.status != 200:
            continue
        name = match(path)[0].name
        if name not in found or found[name][1].xml.get("all") == "0":
            found[name] = (path, answer)
        links = [node.get(key) for node in answer.xml.iter() for key in ("href", "replyTo")]
        waiting += [link for link in links if link]
    return found


async def test_every_kind_is_read_by_its_owner_and_found_by_links(alpha, bravo, publish_all, world):
    published = await publish_all(world.alpha)
    assert {one.kind for one in published} == set(KINDS)
    found = await crawl(alpha)
    for line in LINES:
        for route in line.routes:
            assert route.name in found, route.name
            path, answer = found[route.name]
            assert answer.tag == route.gives.wire_tag
            assert answer.xml.get("href") == path
            if route is not line.one:
                assert answer.xml.get("all") == answer.xml.get("results") == "1", route.name
    others = await crawl(bravo)
    shared = {"demand_response_program", "messaging_program", "tariff_profile", "file"}
    assert {kind for kind in KINDS if kind in others} >= shared
    assert {"customer_account", "prepayment", "flow_reservation_response"}.isdisjoint(others)
    assert not [path for path, _ in others.values() if path.startswith(f"/edev/{world.alpha}/")]


async def test_what_is_for_one_device_is_not_there_for_another(
    alpha, bravo, boss, publish_all, world
):
    await publish_all(world.alpha)
    for name, (path, _) in (await crawl(alpha)).items():
        if path.startswith(f"/edev/{world.alpha}/"):
            assert (await bravo.get(path)).status == 404, name
            assert (await boss.get(path)).status == 404, name
    for private in ("bill", "ppy", "frp"):
        assert (await bravo.get(f"/edev/{world.bravo}/{private}?l=9")).xml.get("all") == "0"


async def test_clients_alter_nothing_of_any_kind(alpha, publish_all, world):
    await publish_all(world.alpha)
    found = await crawl(alpha)
    for line in LINES:
        for route in line.routes:
            for method in ("PUT", "POST", "DELETE"):
                answer = await alpha.ask(method, found[route.name][0], b"")
                assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD"), route.name


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_draft_comes_back_as_it_was_given(kind, contents):
    view = contents[kind.name]
    draft = from_view(kind, view)
    shown = view_of(kind, draft.document)
    assert shown == view
    assert from_view(kind, shown) == draft
    assert from_xml(kind, draft.document.decode()) == draft
    assert (draft.window is not None) == kind.is_event


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_what_is_not_declared_is_refused(kind, contents):
    with pytest.raises(Malformed) as refused:
        from_view(kind, contents[kind.name] | {"nonsense": 1})
    assert refused.value.pointer == "/content/nonsense"
    with pytest.raises(Malformed):
        from_xml(kind, "<Time xmlns='urn:ieee:std:2030.5:ns'/>")
