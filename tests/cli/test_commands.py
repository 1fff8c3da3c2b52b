"""Each command against a running server, and what it prints."""

import json
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from server.core.model import DeviceId, EventId
from server.core.response import Response, ResponseStatus

EVENT = ("event", "create", "--program", "limits", "--duration", "15m")


@pytest.fixture
def certificate(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    from datetime import UTC, datetime

    instant = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([]))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(instant)
        .not_valid_after(instant + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return path, made.fingerprint(hashes.SHA256()).hex().upper()


async def test_the_example_of_the_manual_reaches_everyone(told, world):
    answer = await told(
        *EVENT,
        *("--start", "+30s", "--max-limit-percent", 40, "--signal", "SIMPLE=1"),
        *("--group", "all", "--randomize-start", "60s", "--name", "peak"),
    )
    event = answer["event"]
    assert event["start"] == "2026-06-01T12:00:30Z"
    (signal,) = event["signals"]
    assert (signal["name"], signal["type"], signal["unit"]) == ("SIMPLE", "level", None)
    (interval,) = event["intervals"]
    assert (interval["duration_s"], interval["values"]) == (900, [1])
    assert interval["controls"] == {"max_limit_percent": 40}
    assert event["randomize_start_s"] == 60
    assert event["targets"]["groups"] == [world.group]
    assert answer["targeted"] == {"sep2": 1, "openadr": 1, "modbus": 1}
    assert answer["unsaid"] == []


async def test_all_that_can_be_asked_can_be_typed(told, world):
    limits = ("--export-limit-w", 1, "--import-limit-w", 2, "--generation-limit-w", 3)
    answer = await told(
        *EVENT,
        *("--start", "2026-06-02T00:00:00+02:00", "--device", "old", "--priority", 2),
        *("--target-w", -500, "--target-var", 5, *limits, "--load-limit-w", 4, "--ramp-s", 2.5),
        *("--signal", "ELECTRICITY_PRICE:price:currencyPerKWh:USD=0.12"),
        *("--randomize-duration=-1m", "--response", "never", "--test", "--supersede"),
    )
    event = answer["event"]
    assert event["start"] == "2026-06-01T22:00:00Z"
    assert event["targets"]["devices"] == [world.modbus]
    assert event["intervals"][0]["controls"] == {
        "target_w": -500,
        "target_var": 5,
        "export_limit_w": 1,
        "import_limit_w": 2,
        "generation_limit_w": 3,
        "load_limit_w": 4,
        "ramp_s": 2.5,
    }
    assert event["signals"][0]["currency"] == "USD"
    assert event["randomize_duration_s"] == -60
    assert (event["priority"], event["is_test"], event["response_policy"]) == (2, True, "never")


@pytest.mark.parametrize(
    ("option", "controls"),
    [
        ("--connect", {"connect": True}),
        ("--disconnect", {"connect": False}),
        ("--energize", {"energize": True}),
        ("--de-energize", {"energize": False}),
        ("--fixed-w-percent=-30", {"fixed_w_percent": -30}),
    ],
)
async def test_switches_and_shares_are_told(told, world, option, controls):
    answer = await told(*EVENT, option)
    assert answer["event"]["intervals"][0]["controls"] == controls


async def test_a_dry_run_prints_whom_it_would_reach_and_changes_nothing(run, told, world, desk):
    head = desk.book.head
    result = await run(*EVENT, "--max-limit-percent", 40, "--dry-run")
    assert result.code == 0
    assert "sep2=1, openadr=1, modbus=1" in result.out
    assert world.ven in result.out
    assert "OpenADR has no word for controls" in result.out
    assert desk.book.head == head
    assert (await told(*EVENT, "--connect", "--dry-run"))["targeted"]["sep2"] == 1
    assert await told("event", "list") == []


async def test_an_event_is_followed_and_called_off(run, told, world, desk, clock):
    await run(*EVENT, "--max-limit-percent", 40, "--name", "peak", "--start", "+1h")
    (listed,) = await told("event", "list", "--program", "limits", "--phase", "far")
    clock.instant += timedelta(minutes=61)
    for status in (ResponseStatus.RECEIVED, ResponseStatus.STARTED):
        word = Response(
            device_id=DeviceId(world.sep2),
            event_id=EventId(listed["id"]),
            status=status,
            received_at=clock.now(),
        )
        await desk.store.add_response(word)
    shown = (await run("event", "show", "peak")).out
    for text in ("active", "max_limit_percent=40", "active=3", "started, received", "targeted=3"):
        assert text in shown
    assert (await told("event", "show", listed["id"]))["participation"]["started"] == 1
    cancelled = await run("event", "cancel", "peak")
    assert "cancelled" in cancelled.out
    again = await run("event", "cancel", "peak")
    assert again.code == 1
    assert again.err == [f"event {listed['id']} was cancelled before"]


async def test_an_event_is_called_off_at_random(told, world):
    await told(*EVENT, "--connect", "--randomize-start", 30)
    answer = await told("event", "cancel", "event", "--at-random")
    assert answer["is_cancelled_at_random"] is True


async def test_clients_are_enrolled_denied_and_allowed(told, certificate):
    path, sha256 = certificate
    made = await told(
        *("client", "enrol", "--kind", "aggregator", "--name", "agg", "--certificate", path),
        *("--profile", "2030.5-2013"),
    )
    assert made["profile"] == "2030.5-2013"
    assert made["lfdi"] == sha256[:40]
    ven = await told("ven", "enrol", "--name", "house", "--certificate", path, "--ven-id", "v1")
    assert (ven["fingerprint"], ven["ven_id"]) == (sha256, "v1")
    assert (await told("client", "deny", "agg"))["enabled"] is False
    assert (await told("client", "allow", made["id"]))["enabled"] is True
    fixed = await told("client", "profile", "agg", "csip-aus-1.3")
    assert (fixed["profile"], fixed["is_profile_fixed"]) == ("csip-aus-1.3", True)
    assert (await told("client", "profile", "agg"))["is_profile_fixed"] is False
    assert (await told("client", "show", "house"))["id"] == ven["id"]
    assert [one["name"] for one in await told("client", "list")] == ["agg", "house"]
    assert [one["name"] for one in await told("client", "list", "--kind", "ven")] == ["house"]


async def test_devices_are_added_listed_shown_and_removed(run, told, world):
    by_language = await told("device", "list", "--language", "modbus", "--group", "all")
    assert [one["id"] for one in by_language] == [world.modbus]
    shown = (await run("device", "show", "old")).out
    for text in ("127.0.0.1", "generic-inverter", "5000"):
        assert text in shown
    removed = await run("device", "remove", "old")
    assert (removed.code, removed.out) == (0, f"removed {world.modbus}\n")
    assert len(await told("device", "list")) == 2
    assert await told("device", "remove", world.sep2) is None


async def test_a_device_is_added_behind_an_aggregator_with_all_that_is_known(told, world):
    lfdi = ("--lfdi", "BB" * 20)
    aggregator = await told("client", "enrol", "--kind", "aggregator", "--name", "agg", *lfdi)
    device = await told(
        *("device", "add", "--name", "site", "--lfdi", "CC" * 20, "--client", "agg"),
        *("--pin", 111115, "--device-category", 2, "--rated-w", 7000, "--group", "all"),
    )
    assert device["client_id"] == aggregator["id"]
    assert (device["pin"], device["device_category"], device["rated_w"]) == (111115, 2, 7000)
    assert device["groups"] == [world.group]


async def test_members_come_and_go(told, world):
    group = await told("group", "create", "few", "--device", "inverter")
    assert group["members"] == [world.sep2]
    group = await told("group", "add", "few", "house", world.modbus)
    assert group["members"] == [world.sep2, world.ven, world.modbus]
    assert (await told("group", "remove", "few", "house"))["member_count"] == 2
    assert (await told("group", "show", "few"))["members"] == [world.sep2, world.modbus]
    assert [one["name"] for one in await told("group", "list")] == ["all", "few"]


async def test_a_program_gets_a_default_and_loses_it(told, world):
    changed = await told("program", "default", "limits", "--max-limit-percent", 80)
    assert changed["default"] == {"max_limit_percent": 80}
    assert (await told("program", "default", "limits"))["default"] == {}
    (listed,) = await told("program", "list")
    assert (listed["primacy"], listed["groups"]) == (5, [world.group])
    made = await told("program", "create", "two words", "--group", "all")
    assert made["market_context"] == "urn:gridherald:program:two%20words"


async def test_a_program_is_changed_and_removed_and_then_its_group(run, told, world):
    await told("group", "create", "few")
    changed = await told("program", "change", "limits", "--primacy", 2, "--name", "caps")
    assert (changed["primacy"], changed["name"], changed["groups"]) == (2, "caps", [world.group])
    moved = await told("program", "change", "caps", "--group", "few")
    assert (moved["version"], moved["primacy"]) == (2, 2)
    assert (await run("group", "delete", "few")).code == 1
    removed = await run("program", "remove", "caps")
    assert (removed.code, removed.out) == (0, f"removed {world.program}\n")
    assert (await run("group", "delete", "few")).out.startswith("removed g")
    assert [one["name"] for one in await told("group", "list")] == ["all"]
    assert await told("program", "list") == []


async def test_what_a_nested_event_displaces_goes_on_after_it(run, told, world):
    await told(*EVENT, "--max-limit-percent", 40, "--name", "peak", "--start", "+30s")
    nested = ("event", "create", "--program", "limits", "--duration", "5m", "--start", "+90s")
    words = ("--max-limit-percent", 20, "--supersede", "--resume-after")
    foreseen = await run(*nested, *words, "--dry-run")
    assert "rest of peak" in foreseen.out
    done = await run(*nested, *words)
    assert "What goes on after it" in done.out
    names = [one["name"] for one in await told("event", "list")]
    assert names == ["peak", "event", "rest of peak"]


async def test_a_token_is_issued_used_and_revoked(run, told, typed, server, tmp_path):
    issued = await told("token", "issue", "guest", "--role", "viewer", "--expires-in", "1h")
    assert issued["expires_at"] == "2026-06-01T13:00:00Z"
    file = tmp_path / "token"
    file.write_text(issued["secret"])
    where = ("--server", server.url, "--token-file", file)
    assert (await typed("event", "list", *where)).code == 0
    refused = await typed("token", "list", *where)
    assert (refused.code, refused.err) == (
        1,
        ["this needs the role admin; the token has the role viewer"],
    )
    await run("token", "revoke", "guest")
    assert "revoked" in (await typed("event", "list", *where)).err[0]
    assert "guest" in (await run("token", "list")).out


async def test_lists_are_plain_columns_where_no_terminal_is(run, world):
    lines = (await run("device", "list")).out.splitlines()
    assert lines[0].split()[:3] == ["id", "name", "language"]
    assert lines[1].split()[:3] == [world.sep2, "inverter", "sep2"]
    assert lines[0].index("language") == lines[1].index("sep2")
    assert not set("".join(lines)) & set("│┃━\x1b")


async def test_an_empty_list_is_its_titles(run):
    assert (await run("event", "list")).out.split() == (
        ["id", "name", "program", "phase", "start", "end", "asks"]
    )


async def test_long_lists_are_told_whole(told, desk, monkeypatch):
    monkeypatch.setattr("server.cli.connection.PAGE_SIZE", 2)
    for number in range(5):
        await told("group", "create", f"g{number}")
    assert [one["name"] for one in await told("group", "list")] == [f"g{n}" for n in range(5)]


async def test_the_openapi_document_needs_no_server(typed):
    result = await typed("openapi")
    assert json.loads(result.out)["openapi"] == "3.1.0"


async def test_the_commands_for_certificates_are_there(typed, certificate):
    path, sha256 = certificate
    result = await typed("certs", "show", path)
    assert result.code == 0
    assert sha256 in result.out
