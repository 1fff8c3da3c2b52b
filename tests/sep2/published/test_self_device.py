"""The server as a device."""


async def test_the_server_says_who_it_is(serve, meet):
    client = meet(await serve(lfdi="3E4F45AB31EDFE5B67E343E5E4562E31984E23E5"), "bravo")
    path = (await client.get("/dcap")).href("SelfDeviceLink")
    found = await client.get(path)
    assert (found.tag, found.text("sFDI")) == ("SelfDevice", "167261211391")
    assert found.xml.get("pollRate") == "300"
    assert (await client.put(path, found.body)).status == 405


async def test_without_an_identity_there_is_none(bravo):
    assert (await bravo.get("/dcap")).all("SelfDeviceLink") == []
    assert (await bravo.get("/sdev")).status == 404
