"""Whom or what something in OpenADR 2.0b is for, or comes from: the many kinds of targets.

The same type stands as `eiTarget`, `reportSubject`, `reportDataSource` and `oadrDeviceClass`. It
must not know which kinds a server can resolve.
"""

from typing import Annotated

from schemas.openadr.namespaces import EI, EMIX, GML, POWER
from schemas.openadr.types import Identifier, Positions
from schemas.simple import String
from schemas.wire import Attr, Element, In


class LinearRing(Element, ns=GML):
    """The corners of an area, the first one again at the end."""

    posList: Positions


class Exterior(Element, ns=GML, tag="exterior"):
    """The outline of an area."""

    LinearRing_: LinearRing


class Polygon(Element, ns=GML):
    """An area."""

    id: Annotated[Identifier, Attr(GML)] | None = None
    exterior: Exterior


class Location(Element, ns=GML, tag="location"):
    """Where something is."""

    Polygon_: Polygon


class FeatureCollection(Element, ns=GML):
    """The one geographic object that the profile uses."""

    id: Annotated[Identifier, Attr(GML)] | None = None
    location: Location


class ServiceArea(Element, ns=EMIX, tag="serviceArea"):
    """All that is within an area."""

    FeatureCollection_: Annotated[FeatureCollection, In(GML)]


class ServiceLocation(Element, ns=POWER, tag="serviceLocation"):
    """The place of a customer."""

    FeatureCollection_: Annotated[FeatureCollection, In(GML)]


class Node(Element, ns=POWER):
    """A point of the grid (`pnode`, `aggregatedPnode`, `serviceDeliveryPoint`)."""

    node: String


class Asset(Element, ns=POWER):
    """A thing or a class of things (`endDeviceAsset`, `meterAsset`)."""

    mrid: String


class TransportInterface(Element, ns=POWER, tag="transportInterface"):
    """The edge between two points of the grid."""

    pointOfReceipt: String
    pointOfDelivery: String


class EiTarget(Element, ns=EI, tag="eiTarget"):
    """All that is meant: each entry adds to the others; none at all leaves it to the receiver."""

    aggregatedPnode: Annotated[tuple[Node, ...], In(POWER)] = ()
    endDeviceAsset: Annotated[tuple[Asset, ...], In(POWER)] = ()
    meterAsset: Annotated[tuple[Asset, ...], In(POWER)] = ()
    pnode: Annotated[tuple[Node, ...], In(POWER)] = ()
    serviceArea: Annotated[tuple[ServiceArea, ...], In(EMIX)] = ()
    serviceDeliveryPoint: Annotated[tuple[Node, ...], In(POWER)] = ()
    serviceLocation: Annotated[tuple[ServiceLocation, ...], In(POWER)] = ()
    transportInterface: Annotated[tuple[TransportInterface, ...], In(POWER)] = ()
    groupID: tuple[String, ...] = ()
    groupName: tuple[String, ...] = ()
    resourceID: tuple[String, ...] = ()
    venID: tuple[String, ...] = ()
    partyID: tuple[String, ...] = ()
