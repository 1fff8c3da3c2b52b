"""Every declared type of IEEE 2030.5 against the official schema: members, validity, round trip."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from lxml import etree

from schemas import sep2
from schemas.declare import type_name
from schemas.sep2 import Profile
from schemas.sep2.device import ConnectionPoint
from schemas.sep2.pubsub import Notification
from schemas.simple import Simple
from schemas.wire import Element

pytestmark = pytest.mark.interop
INSTANCES = 200
XSD_NAMES = {"boolean": "xs:boolean", "anyURI": "xs:anyURI", "string": "xs:string"}
Draw = Callable[[type[Element], int], Iterator[Any]]
Carried = Callable[[Any, Profile], Any]


def test_a_declaration_has_the_members_of_the_schema_in_its_order(
    class_of_12: type[Element], oracle: Any, stated: Callable[[Any], Any]
) -> None:
    name = "ConnectionPointType" if class_of_12 is ConnectionPoint else class_of_12.__name__
    theirs = list(oracle.members(name))
    ours = [(stated(member), member) for member in Profile.CSIPAUS_12.ns_map.view(class_of_12)]
    for place in ("element", "attribute"):
        assert [mine for mine, _ in ours if mine.place == place] == [
            their for their, _ in theirs if their.place == place
        ]
    kinds = {their.name: kind for their, kind in theirs}
    for mine, member in ours:
        kind = member.shapes[0].type
        own = kind.name if isinstance(kind, Simple) else type_name(kind)
        assert XSD_NAMES.get(own, own) in oracle.chain(kinds[mine.name])


def test_what_is_written_is_valid_and_reads_back_equal(
    class_of_12: type[Element],
    draw: Draw,
    carried: Carried,
    sep2_xsd: etree.XMLSchema,
    csipaus_xsd: etree.XMLSchema,
) -> None:
    schema = csipaus_xsd if class_of_12 is ConnectionPoint else sep2_xsd
    for element in draw(class_of_12, INSTANCES):
        body = sep2.encode(element)
        schema.assertValid(etree.fromstring(body))
        assert sep2.decode(class_of_12, body) == carried(element, Profile.CSIPAUS_12)


def test_a_notification_carries_a_resource_of_any_kind(
    resource_class: type[Element], draw: Draw, carried: Carried, sep2_xsd: etree.XMLSchema
) -> None:
    for resource in draw(resource_class, 5):
        sent = Notification(
            subscribedResource="/x", status=0, subscriptionURI="/sub/1", Resource_=resource
        )
        body = sep2.encode(sent)
        sep2_xsd.assertValid(etree.fromstring(body))
        assert sep2.decode(Notification, body) == carried(sent, Profile.CSIPAUS_12)
