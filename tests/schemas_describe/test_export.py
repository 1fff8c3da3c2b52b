"""The schemas and pages that are written from the declarations."""

from pathlib import Path
from random import Random
from typing import Annotated

import pytest
from lxml import etree
from typer.testing import CliRunner

from schemas import sep2
from schemas.cli import app
from schemas.describe import STANDARDS, catalog, export_xsd, tables
from schemas.describe.catalog import Standard, own_members
from schemas.openadr import encode_payload
from schemas.openadr.payload import OadrPayload
from schemas.simple import String6, UInt8
from schemas.wire import Element, In
from tests.instances import random_instance

START = {"sep2": "sep2.xsd", "openadr": "openadr-oadr.xsd"}


@pytest.fixture(scope="module", params=sorted(STANDARDS))
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def schema(name: str, tmp_path_factory: pytest.TempPathFactory) -> etree.XMLSchema:
    folder = tmp_path_factory.mktemp("xsd")
    for file, text in export_xsd(name).items():
        (folder / file).write_text(text, encoding="utf-8")
    return etree.XMLSchema(etree.parse(folder / START[name]))


def test_what_we_write_is_valid_by_the_schema_that_we_export(
    name: str, schema: etree.XMLSchema
) -> None:
    if name == "openadr":
        for seed in range(100):
            payload = random_instance(OadrPayload, Random(seed), without=frozenset({"plainId"}))
            schema.assertValid(etree.fromstring(encode_payload(payload)))
        return
    for number, cls in enumerate(STANDARDS[name].types):
        for seed in range(3):
            element = random_instance(cls, Random(1000 * number + seed))
            schema.assertValid(etree.fromstring(sep2.encode(element)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<duration>900<", b"<duration>-900<"),
        (b"<duration>900<", b"<duration>+900<"),
        (b'all="1"', b'all="4294967296"'),
        (b"<mRID>00<", b"<mRID>0<"),
        (b"<mRID>00<", b"<mRID><"),
        (b"<mRID>00</mRID>", b""),
        (b"<currentStatus>0</currentStatus>", b"<other>0</other>"),
        (b"<description>peak<", b"<description>" + b"x" * 33 + b"<"),
    ],
)
def test_what_breaks_a_declaration_is_invalid_by_the_exported_schema(
    control_list: bytes, tmp_path: Path, old: bytes, new: bytes
) -> None:
    for file, text in export_xsd("sep2").items():
        (tmp_path / file).write_text(text, encoding="utf-8")
    schema = etree.XMLSchema(etree.parse(tmp_path / "sep2.xsd"))
    assert schema.validate(etree.fromstring(control_list))
    assert old in control_list
    assert not schema.validate(etree.fromstring(control_list.replace(old, new)))


@pytest.fixture
def control_list() -> bytes:
    return b"""<DERControlList xmlns="urn:ieee:std:2030.5:ns" all="1" results="1"><DERControl>
<mRID>00</mRID><description>peak</description><creationTime>1</creationTime><EventStatus>
<currentStatus>0</currentStatus><dateTime>1</dateTime>
<potentiallySuperseded>false</potentiallySuperseded></EventStatus><interval>
<duration>900</duration><start>1</start></interval><DERControlBase/></DERControl></DERControlList>
"""


def test_every_type_is_in_the_exported_schema_and_on_the_page(name: str) -> None:
    text = "".join(export_xsd(name).values())
    page = tables(name)
    for cls in STANDARDS[name].types:
        declared = cls.__name__.removesuffix("_")
        assert f'<xs:complexType name="{declared}">' in text
        assert f"\n### {declared}\n" in page


def test_the_page_tells_of_a_member_what_the_declaration_says() -> None:
    page = tables("openadr")
    assert "| `ei:reportRequestID` | element | string | 1..n |" in page
    assert "| `strm:intervals` | element | [Intervals](#intervals) | 0..1 |" in page
    assert "| `timestamp` | element | instant | 1 |" in page
    assert "| `atom:feed` | element | carried as it stands | 1 |" in page
    assert "| responseCode | token | `[0-9]{3}` |" in page
    assert "| CurveData | element" not in tables("sep2")
    assert "at most 32 characters" in tables("sep2")
    assert "at most 16 bytes" in tables("sep2")
    assert "| `CurveData` | element | [CurveData](#curvedata) | 1..10 |" in tables("sep2")


def test_types_of_an_earlier_edition_are_left_out() -> None:
    assert not any("draft" in cls.__module__ for cls in STANDARDS["sep2"].types)


NS, OTHER = "urn:ours", "urn:other"


class Inner(Element, ns=OTHER):
    """Something."""

    x: UInt8


class Outer(Element, ns=NS):
    """Something that holds something."""

    far: Annotated[Inner, In(OTHER)]
    near: Inner


class Twisted(Element, ns=NS):
    """Names the same element of another namespace as something else."""

    far: Annotated[UInt8, In(OTHER)]


class Kept(Element, ns=NS):
    """A member that an heir changes."""

    x: UInt8


class Changed(Kept):
    """Changes a member."""

    x: String6  # type: ignore[assignment]


@pytest.fixture
def standard(monkeypatch: pytest.MonkeyPatch):
    def put(*types: type[Element]) -> None:
        made = Standard("Ours", "schemas.sep2", {"ours": NS, "other": OTHER})
        object.__setattr__(made, "types", types)
        monkeypatch.setitem(catalog.STANDARDS, "ours", made)

    return put


def test_a_name_with_two_meanings_in_one_namespace_is_a_mistake_of_the_declarations(
    standard,
) -> None:
    standard(Inner, Outer)
    assert set(export_xsd("ours")) == {"ours.xsd", "ours-other.xsd"}
    standard(Inner, Outer, Twisted)
    with pytest.raises(TypeError, match="two different elements are far"):
        export_xsd("ours")


def test_a_member_declared_anew_is_a_mistake_of_the_declarations() -> None:
    assert [member.field for member in own_members(Kept)] == ["x"]
    with pytest.raises(TypeError, match="Changed declares"):
        own_members(Changed)


def test_only_types_that_are_never_a_part_may_be_the_root_of_a_message() -> None:
    assert {cls.__name__ for cls in STANDARDS["openadr"].roots} == {"OadrPayload", "ReplayProtect"}


def test_the_commands_write_files(tmp_path: Path) -> None:
    run = CliRunner().invoke
    done = run(app, ["export", str(tmp_path / "all")])
    assert done.exit_code == 0
    assert {path.name for path in (tmp_path / "all").iterdir()} >= set(START.values())
    assert str(tmp_path / "all" / "sep2.xsd") in done.output.replace("\n", "")
    assert run(app, ["export", str(tmp_path / "one"), "--standard", "sep2"]).exit_code == 0
    assert {path.name for path in (tmp_path / "one").iterdir()} == {"sep2.xsd", "sep2-csipaus.xsd"}
    assert run(app, ["export", str(tmp_path), "--standard", "sep3"]).exit_code == 2
    assert run(app, ["tables", str(tmp_path / "tables")]).exit_code == 0
    assert (tmp_path / "tables" / "openadr.md").read_text(encoding="utf-8") == tables("openadr")
