"""What makes something so, however often it is typed."""

LFDI = "3E4F45AB31EDFE5B67E343E5E4562E31984E23E5"


async def test_a_device_is_ensured_and_forgotten(run, told, world):
    typed = ("device", "ensure", LFDI, "--name", "roof", "--pin", 123455, "--group", "all")
    first = await told(*typed, "--device-category", 4, "--rated-w", 5000)
    assert (first["name"], first["pin"], first["groups"]) == ("roof", 123455, [world.group])
    assert await told(*typed) == first
    assert (await run("device", "forget", LFDI)).out == f"there is no device {LFDI}\n"
    assert (await run("device", "forget", LFDI)).code == 0
    assert (await run("device", "show", "roof")).code == 1


async def test_a_client_mirrors_nothing_any_more(run, world):
    client = (await run("client", "purge-mirrors", "inverter")).out
    assert client.endswith(" mirrors nothing\n")
    assert (await run("client", "purge-mirrors", "nobody")).code == 1


async def test_all_events_are_called_off(run, told, world):
    await told("event", "create", "--program", "limits", "--duration", "15m", "--connect")
    assert len(await told("event", "cancel-all", "--program", "limits")) == 1
    await told("event", "create", "--program", "limits", "--duration", "15m", "--connect")
    assert "cancelled" in (await run("event", "cancel-all", "--device", "inverter")).out
    assert (await run("event", "cancel-all")).code == 1
