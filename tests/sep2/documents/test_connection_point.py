"""The ConnectionPoint of CSIP-AUS and the NMI in it."""

import pytest

from schemas.sep2 import Profile
from server.errors import Invalid
from server.sep2.connection_point import check_nmi

NS = 'xmlns="https://csipaus.org/ns"'


def point(nmi: str) -> str:
    return f"<ConnectionPoint {NS}><connectionPointId>{nmi}</connectionPointId></ConnectionPoint>"


@pytest.mark.parametrize("nmi", ["41020000002", "41020000026", "4102000000", "QAAAVZZZZZ3"])
def test_an_nmi_is_taken_with_or_without_its_check_digit(nmi):
    check_nmi(nmi)


@pytest.mark.parametrize(
    "nmi",
    [
        *("NOTAVALIDID", "", "410200000", "41020000003", "410200000022", "4102000000X"),
        *("410200000O", "41020000 2", "4102000000\n", "qaaavzzzzz", "\uff14102000000"),
        "4102000000\u00b2",
    ],
)
def test_what_is_no_nmi_is_refused(nmi):
    with pytest.raises(Invalid):
        check_nmi(nmi)


async def test_a_point_is_set_and_then_changed(boss, world):
    path = f"/edev/{world.one}/cp"
    first = await boss.put(path, point("41020000002"))
    assert (first.status, first.headers["Location"]) == (201, path)
    second = await boss.put(path, point("41020000026"))
    assert (second.status, second.headers["Location"]) == (204, path)
    assert (await boss.get(path)).text("connectionPointId") == "41020000026"


async def test_a_wrong_nmi_changes_nothing(alpha, world):
    path = f"/edev/{world.alpha}/cp"
    await alpha.put(path, point("41020000002"))
    answer = await alpha.put(path, point("NOTAVALIDID"))
    assert (answer.status, answer.text("reasonCode")) == (400, "1")
    missing = await alpha.put(path, f"<ConnectionPoint {NS}/>")
    assert (missing.status, missing.text("reasonCode")) == (400, "0")
    assert (await alpha.get(path)).text("connectionPointId") == "41020000002"


async def test_without_csip_aus_there_is_no_point(serve, world, meet):
    alpha = meet(await serve(profile=Profile.PLAIN), "alpha")
    path = f"/edev/{world.alpha}/cp"
    assert (await alpha.get(f"/edev/{world.alpha}")).all("ConnectionPointLink") == []
    assert (await alpha.get(path)).status == 404
    assert (await alpha.put(path, point("41020000002"))).status == 404
