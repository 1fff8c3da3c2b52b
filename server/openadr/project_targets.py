"""From the places of an event to the eiTarget that a VEN is told.

It must not know whom an event reaches: each VEN is told only what is for it.
"""

from schemas.openadr.targets import (
    Asset,
    EiTarget,
    Exterior,
    FeatureCollection,
    LinearRing,
    Location,
    Node,
    Polygon,
    ServiceArea,
    ServiceLocation,
    TransportInterface,
)
from server.core.for_vens import Places

Outline = tuple[tuple[float, float], ...]


def target(places: Places, ven_id: str) -> EiTarget:
    """Return whom an event is for: the recipient as a whole, or the places alone.

    One who reads several criteria takes any of them (rule 22), so that the recipient's own venID
    beside a place would mean all of it. There is at most one venID (rule 63).
    """
    if places == Places():
        return EiTarget(venID=(ven_id,))
    return EiTarget(
        aggregatedPnode=_nodes(places.aggregated_nodes),
        endDeviceAsset=_assets(places.device_classes),
        meterAsset=_assets(places.meters),
        pnode=_nodes(places.nodes),
        serviceArea=tuple(ServiceArea(FeatureCollection_=_area(one)) for one in places.areas),
        serviceDeliveryPoint=_nodes(places.delivery_points),
        serviceLocation=tuple(
            ServiceLocation(FeatureCollection_=_area(one)) for one in places.locations
        ),
        transportInterface=tuple(
            TransportInterface(pointOfReceipt=receipt, pointOfDelivery=delivery)
            for receipt, delivery in places.transports
        ),
        groupID=places.group_ids,
        groupName=places.group_names,
        resourceID=places.resources,
        partyID=places.parties,
    )


def class_target(classes: tuple[str, ...]) -> EiTarget | None:
    """Return the classes of devices that a signal is for; none at all if it says none (111)."""
    return EiTarget(endDeviceAsset=_assets(classes)) if classes else None


def _nodes(names: tuple[str, ...]) -> tuple[Node, ...]:
    return tuple(Node(node=name) for name in names)


def _assets(names: tuple[str, ...]) -> tuple[Asset, ...]:
    return tuple(Asset(mrid=name) for name in names)


def _area(outline: Outline) -> FeatureCollection:
    corners = " ".join(f"{degrees:.7f}" for corner in outline for degrees in corner)
    exterior = Exterior(LinearRing_=LinearRing(posList=corners))
    return FeatureCollection(location=Location(Polygon_=Polygon(exterior=exterior)))
