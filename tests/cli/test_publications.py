"""Publications as they are typed."""

import json

import pytest

LINE = ("publication", "publish", "messaging_program", json.dumps({"primacy": 1, "locale": "en"}))


@pytest.fixture
def message(clock):
    start = int(clock.instant.timestamp()) + 60
    interval = {"start": start, "duration": 60}
    return json.dumps({"priority": 1, "textMessage": "Storm tonight", "interval": interval})


async def test_a_message_is_published_listed_shown_cancelled_and_withdrawn(
    run, told, world, message
):
    line = await told(*LINE, "--group", "all")
    made = await told("publication", "publish", "text_message", message, "--below", line["id"])
    assert (made["status"], made["parent"]) == ("scheduled", line["id"])
    assert [one["id"] for one in await told("publication", "list")] == [line["id"], made["id"]]
    (found,) = await told("publication", "list", "--below", line["id"])
    assert found["id"] == made["id"]
    assert "Storm tonight" in (await run("publication", "show", made["id"])).out
    refused = await run("publication", "withdraw", line["id"])
    assert (refused.code, refused.err) == (1, [f"{made['id']} is not over: cancel it first"])
    cancelled = await told("publication", "cancel", made["id"])
    assert cancelled["status"] == "cancelled"
    gone = await run("publication", "withdraw", line["id"])
    assert (gone.code, gone.out.strip()) == (0, f"withdrew {line['id']}")
    assert await told("publication", "list") == []


async def test_documents_come_from_files_too(run, told, world, tmp_path):
    line = await told(*LINE, "--group", "all")
    text = '<MessagingProgram xmlns="urn:ieee:std:2030.5:ns"><mRID>00</mRID><locale>fr</locale>'
    (tmp_path / "new.xml").write_text(f"{text}<primacy>1</primacy></MessagingProgram>")
    revised = await told("publication", "revise", line["id"], f"@{tmp_path / 'new.xml'}")
    assert (revised["content"]["locale"], revised["version"]) == ("fr", 1)
    (tmp_path / "new.json").write_text(json.dumps({"primacy": 1, "locale": "it"}))
    revised = await told("publication", "revise", line["id"], f"@{tmp_path / 'new.json'}")
    assert revised["content"]["locale"] == "it"


async def test_what_cannot_be_read_is_told(run, world, tmp_path):
    for text in ("{", f"@{tmp_path / 'none.json'}"):
        result = await run("publication", "publish", "messaging_program", text, "--group", "all")
        assert result.code == 2
        assert len(result.err) == 1


async def test_a_device_is_named_as_elsewhere(told, world):
    content = json.dumps({"prepayMode": 0})
    made = await told("publication", "publish", "prepayment", content, "--device", "inverter")
    assert made["device_id"] == world.sep2
