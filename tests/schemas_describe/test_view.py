"""The JSON view: there and back, and what is refused on the way back."""

import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Annotated, Any

import pytest

from schemas.declare import Opaque
from schemas.describe import STANDARDS, from_json, to_json
from schemas.openadr.blocks import Interval
from schemas.openadr.report import OadrReportDescription
from schemas.openadr.signature import ReplayProtect
from schemas.sep2.der import DERControlList
from schemas.sep2.response import DERControlResponse, ResponseList
from schemas.simple import Boolean, DateTime, Duration, Float, String6, UInt8
from schemas.wire import ATTR, AtMost, Element, WireError
from tests.instances import random_instance

NS = "urn:ours"


class Ref(Element, ns=NS):
    href: Annotated[String6, ATTR]


class FarRef(Ref):
    """A kind of Ref."""


class Note(Element, ns=NS):
    text: String6


class All(Element, ns=NS):
    id: Annotated[UInt8 | None, ATTR] = None
    number: Float = 0.5
    truth: Boolean | None = None
    at: DateTime | None = None
    span: Duration | None = None
    carried: Annotated[bytes | None, Opaque()] = None
    class_: String6 | None = None
    Ref_: Ref | None = None
    pick: Ref | Note | None = None
    marks: Annotated[tuple[UInt8, ...], AtMost(2)] = ()


class Full(Element, ns=NS):
    Ref_: tuple[Ref, ...]


FULL = All(
    id=1,
    number=2.5,
    truth=False,
    at=datetime(2026, 6, 1, 12, tzinfo=UTC),
    span=timedelta(minutes=5),
    carried=b"<carried/>",
    class_="<&>",
    Ref_=FarRef(href="/"),
    pick=Note(text="t"),
    marks=(1, 2),
)
VIEW: dict[str, Any] = {
    "id": 1,
    "number": 2.5,
    "truth": False,
    "at": "2026-06-01T12:00:00Z",
    "span": "PT5M",
    "carried": "<carried/>",
    "class": "<&>",
    "Ref": {"@type": "FarRef", "href": "/"},
    "pick": {"@type": "Note", "text": "t"},
    "marks": [1, 2],
}


def test_a_view_shows_each_member_by_its_name() -> None:
    assert to_json(FULL) == VIEW
    assert to_json(All()) == {"number": 0.5}


def test_a_view_reads_back_as_what_it_shows() -> None:
    assert from_json(All, json.loads(json.dumps(VIEW))) == FULL
    assert from_json(All, {}) == All()
    assert from_json(All, {"@type": "All", "marks": [], "pick": None}) == All()
    assert from_json(All, {"Ref": {"href": "/"}}) == All(Ref_=Ref(href="/"))


def test_numbers_are_read_from_text_as_well() -> None:
    assert from_json(All, {"id": "7", "truth": "true", "number": 3}) == All(
        id=7, truth=True, number=3.0
    )


@pytest.mark.parametrize(
    ("cls", "view", "path"),
    [
        (All, {"id": 256}, "/id"),
        (All, {"id": 1.5}, "/id"),
        (All, {"id": [1]}, "/id"),
        (All, {"id": "x"}, "/id"),
        (All, {"truth": 5}, "/truth"),
        (All, {"number": float("nan")}, "/number"),
        (All, {"at": 5}, "/at"),
        (All, {"at": "noon"}, "/at"),
        (All, {"class": 5}, "/class"),
        (All, {"class": "1234567"}, "/class"),
        (All, {"carried": 5}, "/carried"),
        (All, {"marks": 1}, "/marks"),
        (All, {"marks": [1, 2, 3]}, "/marks"),
        (All, {"marks": [1, 256]}, "/marks"),
        (All, {"Ref": "/"}, "/Ref"),
        (All, {"Ref": {}}, "/Ref/href"),
        (All, {"Ref": {"@type": "Note", "text": "t"}}, "/Ref/@type"),
        (All, {"pick": {"href": "/"}}, "/pick/@type"),
        (All, {"pick": {"@type": 5, "href": "/"}}, "/pick/@type"),
        (All, {"more": 1}, "/more"),
        (All, {"Ref": {"href": "/", "more": 1}}, "/Ref/more"),
        (Full, {}, "/Ref"),
        (Full, {"Ref": []}, "/Ref"),
    ],
)
def test_what_breaks_a_declaration_is_refused_with_its_path(
    cls: type[Element], view: dict[str, Any], path: str
) -> None:
    with pytest.raises(WireError) as refused:
        from_json(cls, view)
    assert refused.value.path == path


@pytest.mark.parametrize("cls", [DERControlList, Interval, OadrReportDescription, ReplayProtect])
def test_random_instances_pass_through_json_unchanged(cls: type[Element]) -> None:
    for seed in range(50):
        element = random_instance(cls, Random(seed))
        assert from_json(cls, json.loads(json.dumps(to_json(element)))) == element


def test_every_declared_type_has_a_view() -> None:
    for standard in STANDARDS.values():
        for number, cls in enumerate(standard.types):
            element = random_instance(cls, Random(number))
            assert from_json(cls, json.loads(json.dumps(to_json(element)))) == element


def test_a_derived_type_in_a_list_says_its_kind() -> None:
    answer = DERControlResponse(endDeviceLFDI="00", subject="00")
    held = ResponseList(all=1, results=1, Response_=(answer,))
    assert to_json(held)["Response"][0]["@type"] == "DERControlResponse"
    assert from_json(ResponseList, to_json(held)) == held
