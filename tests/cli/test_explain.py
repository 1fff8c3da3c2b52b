"""`gridherald explain`: a device by its name, an LFDI that nobody knows."""

LFDI = "3E" * 20


async def test_a_device_is_explained_by_id_name_or_lfdi(told, run):
    device = await told("device", "add", "--name", "inverter", "--lfdi", LFDI)
    for who in (device["id"], "inverter", LFDI, "3e3e-" * 9 + "3e3e"):
        answer = await told("explain", who)
        assert answer["device_id"] == device["id"]
    printed = (await run("explain", "inverter")).out
    assert "! it is in no group" in printed


async def test_an_lfdi_that_nobody_knows_is_explained(told, run):
    await told("device", "add", "--name", "inverter", "--lfdi", LFDI)
    printed = (await run("explain", "4E" + "3E" * 19)).out
    assert "nobody is enrolled with it" in printed
    assert "differs in 1 digits" in printed
    later = await told("explain", "inverter", "--at", "2026-06-02T00:00:00Z")
    assert later["at"] == "2026-06-02T00:00:00Z"
