"""The codec on declarations of its own: forms, marks, order, tolerance and every refusal."""

from dataclasses import replace
from typing import Annotated

import pytest
from lxml import etree

from schemas.simple import Float, String, String6, UInt8
from schemas.wire import (
    ATTR,
    TEXT,
    AtMost,
    Attr,
    Element,
    In,
    Limits,
    NsMap,
    Opaque,
    Tag,
    WireError,
    decode,
    decode_tree,
    encode,
    encode_fragment,
)

A, B, C = "urn:a", "urn:b", "urn:c"
PLAIN = NsMap({"": A, "b": B, "c": C})
PREFIXED = NsMap({"a": A, "b": B, "c": C}, declare_all=True)
HEAD = '<?xml version="1.0"?>\n'


class Point(Element, ns=A):
    x: UInt8
    y: UInt8 | None = None


class Point3(Point, ns=B):
    z: UInt8 = 0


class Named(Element, ns=B, tag="x-named"):
    text: Annotated[String, TEXT]
    lang: Annotated[String6 | None, Attr(C)] = None


class Ref(Element, ns=A):
    href: Annotated[String, ATTR]


class Shape(Element, ns=A):
    id: Annotated[UInt8 | None, ATTR] = None
    Point_: Point | None = None
    class_: String6 | None = None
    far: Annotated[Point | None, In(C)] = None
    dashed: Annotated[Float | None, Tag("da-shed")] = None
    pick: Named | Ref | None = None
    marks: Annotated[tuple[UInt8, ...], In(B), AtMost(3)] = ()


class Path(Element, ns=A):
    Point_: tuple[Point, ...]


class Nest(Element, ns=A):
    Nest_: "Nest | None" = None
    x: UInt8 | None = None
    y: Annotated[bytes | None, Opaque()] = None


class Empty(Element):
    note: String | None = None


FULL = Shape(
    id=1,
    Point_=Point(x=1, y=2),
    class_="<&>",
    far=Point(x=3),
    dashed=0.5,
    pick=Named(text=" t ", lang='"'),
    marks=(1, 2, 3),
)


@pytest.mark.parametrize("ns_map", [PLAIN, PREFIXED])
@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    "element", [FULL, Shape(), Shape(pick=Ref(href="/")), Path(Point_=(Point(x=1), Point(x=2)))]
)
def test_what_is_written_reads_back_equal(element: Element, strict: bool, ns_map: NsMap) -> None:
    assert decode(type(element), encode(element, ns_map=ns_map), strict=strict) == element


def test_names_are_prefixed_by_the_map_and_declared_if_used() -> None:
    assert encode(FULL, ns_map=PLAIN).decode() == (
        f'{HEAD}<Shape xmlns="urn:a" xmlns:b="urn:b" xmlns:c="urn:c" id="1"><Point><x>1</x><y>2</y>'
        "</Point><class>&lt;&amp;&gt;</class><c:far><x>3</x></c:far><da-shed>0.5</da-shed>"
        '<b:x-named c:lang="&quot;"> t </b:x-named><b:marks>1</b:marks><b:marks>2</b:marks>'
        "<b:marks>3</b:marks></Shape>"
    )
    assert encode(Point(x=1), ns_map=PLAIN).decode() == (
        f'{HEAD}<Point xmlns="urn:a"><x>1</x></Point>'
    )


def test_all_prefixes_are_declared_on_demand() -> None:
    assert encode(Ref(href="/"), ns_map=PREFIXED).decode() == (
        f'{HEAD}<a:Ref xmlns:a="urn:a" xmlns:b="urn:b" xmlns:c="urn:c" href="/"/>'
    )


def test_a_namespace_without_prefix_cannot_be_written() -> None:
    with pytest.raises(KeyError):
        encode(Point(x=1), ns_map=NsMap({"b": B}))


def test_types_without_namespace_work_too() -> None:
    assert decode(Empty, encode(Empty(note="x"), ns_map=NsMap({}))) == Empty(note="x")


def test_a_list_is_joined_from_fragments() -> None:
    whole = Path(Point_=(Point(x=1), Point(x=2), Point(x=3)))
    parts = [encode_fragment(Point(x=x), ns_map=PREFIXED) for x in (2, 3)]
    assert parts[0] == b"<a:Point><a:x>2</a:x></a:Point>"
    head = Path(Point_=(Point(x=1),))
    assert encode(head, ns_map=PREFIXED, fragments=parts) == encode(whole, ns_map=PREFIXED)


def test_a_derived_type_is_written_and_read_by_xsi_type() -> None:
    path = Path(Point_=(Point3(x=1, z=2), Point(x=2)))
    body = encode(path, ns_map=PLAIN)
    assert b'xsi:type="b:Point3"' in body
    assert decode(Path, body) == path
    assert decode(Path, body, strict=True) == path
    part = encode_fragment(Point3(x=1, z=2), ns_map=PLAIN, declared=Point)
    assert part.startswith(b"<Point xmlns:xsi=")
    head = Path(Point_=(Point(x=2),))
    assert decode(Path, encode(head, ns_map=PLAIN, fragments=[part])).Point_[1] == path.Point_[0]


def test_a_derived_type_may_stand_in_a_choice() -> None:
    class Loud(Ref):
        """Adds nothing but a type name."""

    shape = Shape(pick=Loud(href="/"))
    assert decode(Shape, encode(shape, ns_map=PLAIN)) == shape


@pytest.mark.parametrize("kind", ["Ref", "NoSuch", ""])
def test_an_xsi_type_of_another_kind_is_refused(kind: str) -> None:
    body = (
        '<Point xmlns="urn:a" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:type="{kind}"><x>1</x></Point>'
    )
    with pytest.raises(WireError, match="no kind of Point"):
        decode(Point, body.encode())


def test_the_root_chooses_among_the_accepted_classes() -> None:
    assert decode((Ref, Point), b'<Point xmlns="urn:a"><x>1</x></Point>') == Point(x=1)


@pytest.mark.parametrize(
    "body", [b"<Point><x>1</x></Point>", b'<Point xmlns="urn:b"/>', b'<Path xmlns="urn:a"/>']
)
def test_another_root_is_refused(body: bytes) -> None:
    with pytest.raises(WireError, match="not expected"):
        decode((Ref, Point), body)


def test_the_unknown_is_skipped_or_strictly_refused() -> None:
    bodies = {
        '<Point xmlns="urn:a" more="1"><x>1</x></Point>': "/Point/@more",
        '<Point xmlns="urn:a"><x more="1">1</x></Point>': "/Point/x/@more",
        '<Point xmlns="urn:a"><x>1</x><more><x>2</x></more></Point>': "/Point/more",
        '<Point xmlns="urn:a"><x>1</x><y xmlns="urn:q">2</y></Point>': "/Point/y",
    }
    for body, path in bodies.items():
        assert decode(Point, body.encode()) == Point(x=1)
        with pytest.raises(WireError, match="is not declared here") as refused:
            decode(Point, body.encode(), strict=True)
        assert refused.value.path == path


def test_what_is_unknown_is_skipped_whole() -> None:
    inside = b"<more><Point><x>9</x></Point></more><Point><q/><x>1</x></Point>"
    assert decode(Path, b'<Path xmlns="urn:a">' + inside + b"</Path>") == Path(Point_=(Point(x=1),))


@pytest.mark.parametrize("strict", [False, True])
def test_an_instance_that_was_read_is_like_one_that_was_made(strict: bool) -> None:
    read = decode(Shape, b'<Shape xmlns="urn:a" id="1"/>', strict=strict)
    made = Shape(id=1)
    assert (read, hash(read), repr(read)) == (made, hash(made), repr(made))
    assert replace(read, class_="x") == replace(made, class_="x")
    assert encode(read, ns_map=PLAIN) == encode(made, ns_map=PLAIN)
    assert (read.marks, read.pick) == ((), None)
    with pytest.raises(AttributeError):
        read.id = 2  # type: ignore[misc]


def test_order_matters_strictly_only() -> None:
    body = b'<Point xmlns="urn:a"><y>2</y><x>1</x></Point>'
    assert decode(Point, body) == Point(x=1, y=2)
    with pytest.raises(WireError, match="out of order"):
        decode(Point, body, strict=True)


@pytest.mark.parametrize(
    "body", ['<Point xmlns="urn:a">?<x>1</x></Point>', '<Point xmlns="urn:a"><x>1</x>?</Point>']
)
def test_text_beside_elements_is_strictly_refused(body: str) -> None:
    assert decode(Point, body.encode()) == Point(x=1)
    with pytest.raises(WireError, match="text beside"):
        decode(Point, body.encode(), strict=True)


def test_schema_locations_are_no_unknown_attributes() -> None:
    body = (
        b'<Point xmlns="urn:a" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        b'xsi:schemaLocation="urn:a a.xsd"><x>1</x></Point>'
    )
    assert decode(Point, body, strict=True) == Point(x=1)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    ("cls", "inside", "path", "why"),
    [
        (Shape, "<Point><y>1</y></Point>", "/Shape/Point/x", "is missing"),
        (Shape, "<Point><x>1_0</x></Point>", "/Shape/Point/x", "'1_0' is no UInt8"),
        (Shape, "<Point><x>\u0661</x></Point>", "/Shape/Point/x", "is no UInt8"),
        (Shape, "<Point><x/></Point>", "/Shape/Point/x", "'' is no UInt8"),
        (Shape, "<Point><x>1<q/>2</x></Point>", "/Shape/Point/x", "holds more than text"),
        (Shape, "<Point><x>1</x><x>1</x></Point>", "/Shape/Point/x", "stands twice"),
        (Shape, "<Ref href='/'/><Ref href='/'/>", "/Shape/Ref", "stands twice"),
        (Shape, "<x-named xmlns='urn:b'/><Ref href='/'/>", "/Shape/Ref", "stands twice"),
        (Shape, "<Ref/>", "/Shape/Ref/@href", "is missing"),
        (Shape, "<class>1234567</class>", "/Shape/class", "is no String6"),
        (Shape, "<x-named xmlns='urn:b'><q/></x-named>", "/Shape/x-named", "more than text"),
        (Shape, "<marks xmlns='urn:b'>1</marks>" * 4, "/Shape/marks", "more than 3 times"),
        (Path, "", "/Path/Point", "is missing"),
    ],
)
def test_what_breaks_a_declaration_is_refused_with_its_path(
    cls: type[Element], inside: str, path: str, why: str, strict: bool
) -> None:
    body = f'<{cls.__name__} xmlns="urn:a">{inside}</{cls.__name__}>'
    with pytest.raises(WireError) as refused:
        decode(cls, body.encode(), strict=strict)
    assert refused.value.path == path
    assert why in refused.value.why


@pytest.mark.parametrize(
    ("text", "is_range"),
    [("256", True), (" -1 ", True), ("9" * 5000, True), ("1.5", False), ("", False), ("x", False)],
)
@pytest.mark.parametrize(
    "body",
    [
        '<Shape xmlns="urn:a"><Point><x>{}</x></Point></Shape>',
        '<Shape xmlns="urn:a" id="{}"/>',
    ],
)
def test_a_number_out_of_bounds_is_told_from_what_is_no_number(
    text: str, is_range: bool, body: str
) -> None:
    with pytest.raises(WireError) as refused:
        decode(Shape, body.format(text).encode())
    assert refused.value.is_range is is_range


def test_text_that_is_too_long_is_no_number_out_of_bounds() -> None:
    with pytest.raises(WireError) as refused:
        decode(Shape, b'<Shape xmlns="urn:a"><class>1234567</class></Shape>')
    assert not refused.value.is_range


def test_a_bad_attribute_is_refused_with_its_path() -> None:
    with pytest.raises(WireError, match=r"/Shape/@id: '256' is no UInt8"):
        decode(Shape, b'<Shape xmlns="urn:a" id="256"/>')


@pytest.mark.parametrize(
    "body",
    [
        '<Point xmlns="urn:a"><!-- --><x>1</x></Point>',
        '<Point xmlns="urn:a"><?p?><x>1</x></Point>',
        '<Point xmlns="urn:a"><x>1<!-- -->2</x></Point>',
        '<!DOCTYPE Point [<!ENTITY e "2">]><Point xmlns="urn:a"><x>1&e;</x></Point>',
        '<!DOCTYPE Point [<!ENTITY e "<x>1</x>">]><Point xmlns="urn:a">&e;</Point>',
    ],
)
@pytest.mark.parametrize("strict", [False, True])
def test_a_tree_with_comments_or_entities_is_refused(body: str, strict: bool) -> None:
    tree = etree.fromstring(body, etree.XMLParser(resolve_entities=False))
    with pytest.raises(WireError, match=r"holds (a comment|more than text)"):
        decode_tree(Point, tree, strict=strict)


def test_a_comment_inside_a_number_does_not_cut_it() -> None:
    assert decode(Point, b'<Point xmlns="urn:a"><x>1<!-- -->2</x></Point>') == Point(x=12)


@pytest.mark.parametrize(
    ("element", "message"),
    [
        (Point(x=256), "/Point/x: '256' is no UInt8"),
        (Shape(Point_=Point(x=-1)), "/Shape/Point/x: '-1' is no UInt8"),
        (Shape(class_="\0"), r"/Shape/class: .* is no String6"),
        (Shape(id=256), "/Shape/@id: '256' is no UInt8"),
        (Shape(marks=(1, 2, 3, 4)), "/Shape/marks: stands more than 3 times"),
        (Shape(pick=Named(text="\x1f")), r"/Shape/x-named/text: .* is no string"),
        (Path(Point_=()), "/Path/Point: is missing"),
        (Point(x=None), "/Point/x: is missing"),  # type: ignore[arg-type]
        (Ref(href=None), "/Ref/@href: is missing"),  # type: ignore[arg-type]
        (Shape(Point_=Ref(href="/")), "/Shape/Point: a Ref cannot"),  # type: ignore[arg-type]
    ],
)
def test_a_value_outside_its_type_is_not_written(element: Element, message: str) -> None:
    with pytest.raises(WireError, match=message):
        encode(element, ns_map=PLAIN)
    with pytest.raises(WireError, match=message):
        encode_fragment(element, ns_map=PLAIN)


def test_instances_are_frozen_and_keyword_only() -> None:
    with pytest.raises(AttributeError):
        Point(x=1).x = 2  # type: ignore[misc]
    with pytest.raises(TypeError):
        Point(1)  # type: ignore[call-arg]


def test_a_member_without_wire_type_is_a_mistake_of_the_declaration() -> None:
    class Vague(Element, ns=A):
        x: int

    with pytest.raises(TypeError, match=r"Vague\.x"):
        encode(Vague(x=1), ns_map=PLAIN)


def test_an_attribute_of_elements_is_a_mistake_of_the_declaration() -> None:
    class Odd(Element, ns=A):
        x: Annotated[Ref, ATTR]

    with pytest.raises(TypeError, match="x cannot hold"):
        decode(Odd, b'<Odd xmlns="urn:a"/>')


def test_two_members_of_one_name_are_a_mistake_of_the_declaration() -> None:
    class Torn(Element, ns=A):
        Ref_: String
        pick: Ref | Point

    with pytest.raises(TypeError, match="twice"):
        decode(Torn, b'<Torn xmlns="urn:a"/>')


def nested(levels: int, inside: str = "") -> bytes:
    start = "<Nest>" * (levels - 1)
    return f'<Nest xmlns="{A}">{start}{inside}{"</Nest>" * levels}'.encode()


@pytest.mark.parametrize(
    ("inside", "levels"),
    [
        ("", 0),
        ("<x>1</x>", 1),
        ("<u/>", 1),
        ("<u><u/></u>", 2),
        ("<u/><u><u/><u><u/></u></u>", 3),
        ("<y/>", 1),
        ("<y><u><u/></u></y>", 3),
    ],
)
@pytest.mark.parametrize("outside", [1, 4])
def test_a_body_may_nest_up_to_the_limit(inside: str, levels: int, outside: int) -> None:
    body, depth = nested(outside, inside), outside + levels
    assert isinstance(decode(Nest, body, limits=Limits(depth=depth)), Nest)
    if depth > 1:
        with pytest.raises(WireError, match="nested"):
            decode(Nest, body, limits=Limits(depth=depth - 1))


def test_a_parsed_element_may_nest_up_to_the_usual_limit() -> None:
    assert isinstance(decode_tree(Nest, etree.fromstring(nested(32))), Nest)
    with pytest.raises(WireError, match="nested"):
        decode_tree(Nest, etree.fromstring(nested(33)))


@pytest.mark.parametrize("strict", [False, True])
def test_a_type_that_holds_itself_is_read_as_deep_as_the_parser_goes(strict: bool) -> None:
    limits = Limits(depth=1000)
    found: Nest | None = decode(Nest, nested(256), strict=strict, limits=limits)
    for _ in range(256):
        assert found is not None
        found = found.Nest_
    assert found is None
    with pytest.raises(WireError, match="depth"):
        decode(Nest, nested(257), strict=strict, limits=limits)
