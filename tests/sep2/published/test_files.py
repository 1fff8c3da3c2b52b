"""Files: where their content is, the whole of it and parts."""

import pytest

from server.errors import Invalid
from server.publications.drafts import from_view
from server.publications.kinds import KINDS

CONTENT = bytes(range(200)) * 20


@pytest.fixture
async def client(serve, meet, tmp_path):
    (tmp_path / "image.bin").write_bytes(CONTENT)
    return meet(await serve(files=tmp_path, file_limit=len(CONTENT)), "alpha").peer


@pytest.fixture
def offer(publish, contents):
    async def make(**members):
        return await publish("file", contents["file"] | {"size": len(CONTENT)} | members)

    return make


@pytest.fixture
async def path(client, offer, world):
    made = await offer()
    found = await client.get(f"/edev/{world.alpha}/file/{made.id}")
    return found.text("fileURI")


async def test_the_whole_content_is_given_out_uncompressed(client, path):
    for accept in ("*/*", "application/octet-stream"):
        found = await client.get(path, Accept=accept, Accept_Encoding="gzip")
        assert (found.status, found.body) == (200, CONTENT)
        assert found.headers["Accept-Ranges"] == "bytes"
        assert found.headers["Content-Length"] == str(len(CONTENT))
        assert "Content-Encoding" not in found.headers
    head = await client.ask("HEAD", path)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == str(len(CONTENT))


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=3990-", 3990, 3999),
        ("bytes=-10", 3990, 3999),
        ("bytes=3990-9999", 3990, 3999),
    ],
)
async def test_a_part_is_given_out(client, path, asked, first, last):
    found = await client.get(path, Range=asked)
    assert (found.status, found.body) == (206, CONTENT[first : last + 1])
    assert found.headers["Content-Range"] == f"bytes {first}-{last}/4000"


@pytest.mark.parametrize("asked", ["bytes=4000-", "bytes=-0", "bytes=5-4"])
async def test_what_is_not_there_is_416(client, path, asked):
    found = await client.get(path, Range=asked)
    assert (found.status, found.headers["Content-Range"]) == (416, "bytes */4000")
    assert found.tag == "Error"


@pytest.mark.parametrize("asked", ["bytes=0-1,3-4", "lines=1-2", "bytes=x-", "bytes=-99999"])
async def test_other_ranges_bring_all_of_it(client, path, asked):
    assert (await client.get(path, Range=asked)).body == CONTENT


async def test_content_that_is_not_as_published_is_not_there(client, path, offer, world, tmp_path):
    others = [
        await offer(size=5),
        await offer(fileURI="missing.bin"),
        await offer(fileURI="https://vendor.example/image.bin"),
    ]
    for one in others:
        assert (await client.get(f"/edev/{world.alpha}/file/{one.id}/content")).status == 404
    shown = await client.get(f"/edev/{world.alpha}/file/{others[2].id}")
    assert shown.text("fileURI") == "https://vendor.example/image.bin"
    (tmp_path / "image.bin").write_bytes(CONTENT[:-1])
    assert (await client.get(path)).status == 404


async def test_too_much_and_another_clients_are_not_there(
    *, client, offer, tmp_path, world, house, publish, contents
):
    (tmp_path / "big.bin").write_bytes(CONTENT + b"x")
    big = await offer(fileURI="big.bin", size=len(CONTENT) + 1)
    assert (await client.get(f"/edev/{world.alpha}/file/{big.id}/content")).status == 404
    own = await publish("file", contents["file"], device=world.bravo)
    assert (await client.get(f"/edev/{world.alpha}/file/{own.id}/content")).status == 404
    bravo = house.peer("bravo")
    groups = await bravo.get(f"/edev/{world.bravo}/fsa/{world.everyone}/file?l=9")
    assert groups.xml.get("all") == "2"
    # This house keeps no files.
    assert (await bravo.get(f"/edev/{world.bravo}/file/{own.id}/content")).status == 404


@pytest.mark.parametrize("uri", ["../secret", "/etc/passwd", ".hidden", "a%20b", "", "x" * 101])
def test_names_that_lead_elsewhere_are_refused(contents, uri):
    with pytest.raises(Invalid):
        from_view(KINDS["file"], contents["file"] | {"fileURI": uri})
