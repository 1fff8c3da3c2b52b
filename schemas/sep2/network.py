"""The network as a device sees it: interfaces, addresses, neighbours, routes.

Counters and identifiers only; nothing here opens a connection.
"""

from typing import Annotated

from schemas.sep2.base import List, ListLink, Resource
from schemas.sep2.names import NS
from schemas.simple import (
    Boolean,
    HexBinary8,
    HexBinary64,
    HexBinary128,
    Int64,
    String16,
    String192,
    UInt8,
    UInt16,
    UInt32,
)
from schemas.wire import ATTR, Element


class IPInterface(Resource):
    """An interface and its counters."""

    ifDescr: String192 | None = None
    ifHighSpeed: UInt32 | None = None
    ifInBroadcastPkts: UInt32 | None = None
    ifIndex: UInt32 | None = None
    ifInDiscards: UInt32 | None = None
    ifInErrors: UInt32 | None = None
    ifInMulticastPkts: UInt32 | None = None
    ifInOctets: UInt32 | None = None
    ifInUcastPkts: UInt32 | None = None
    ifInUnknownProtos: UInt32 | None = None
    ifMtu: UInt32 | None = None
    ifName: String16 | None = None
    ifOperStatus: UInt8 | None = None
    ifOutBroadcastPkts: UInt32 | None = None
    ifOutDiscards: UInt32 | None = None
    ifOutErrors: UInt32 | None = None
    ifOutMulticastPkts: UInt32 | None = None
    ifOutOctets: UInt32 | None = None
    ifOutUcastPkts: UInt32 | None = None
    ifPromiscuousMode: Boolean | None = None
    ifSpeed: UInt32 | None = None
    ifType: UInt16 | None = None
    IPAddrListLink: ListLink | None = None
    lastResetTime: Int64 | None = None
    lastUpdatedTime: Int64 | None = None
    LLInterfaceListLink: ListLink | None = None


class IPInterfaceList(List):
    """The interfaces of a device."""

    pollRate: Annotated[UInt32 | None, ATTR] = None
    IPInterface_: tuple[IPInterface, ...] = ()


class IPAddr(Resource):
    """An address of an interface."""

    address: HexBinary128
    RPLInstanceListLink: ListLink | None = None


class IPAddrList(List):
    """The addresses of an interface."""

    IPAddr_: tuple[IPAddr, ...] = ()


class RPLInstance(Resource):
    """What an address knows of one RPL network."""

    DODAGid: UInt8
    DODAGroot: Boolean
    flags: UInt8
    groundedFlag: Boolean
    MOP: UInt8
    PRF: UInt8
    rank: UInt16
    RPLInstanceID: UInt8
    RPLSourceRoutesListLink: ListLink | None = None
    versionNumber: UInt8


class RPLInstanceList(List):
    """The RPL networks of an address."""

    RPLInstance_: tuple[RPLInstance, ...] = ()


class RPLSourceRoutes(Resource):
    """A route through an RPL network."""

    DestAddress: HexBinary128
    SourceRoute: HexBinary128


class RPLSourceRoutesList(List):
    """The routes through an RPL network."""

    RPLSourceRoutes_: tuple[RPLSourceRoutes, ...] = ()


class loWPAN(Element, ns=NS):
    """Counters of 6LoWPAN."""

    octetsRx: UInt32 | None = None
    octetsTx: UInt32 | None = None
    packetsRx: UInt32
    packetsTx: UInt32
    rxFragError: UInt32


class IEEE_802_15_4(Element, ns=NS):
    """What an interface of IEEE 802.15.4 says."""

    capabilityInfo: HexBinary8
    NeighborListLink: ListLink | None = None
    shortAddress: UInt16


class LLInterface(Resource):
    """A link layer and its counters."""

    CRCerrors: UInt32
    EUI64: HexBinary64
    IEEE_802_15_4_: IEEE_802_15_4 | None = None
    linkLayerType: UInt8
    LLAckNotRx: UInt32 | None = None
    LLCSMAFail: UInt32 | None = None
    LLFramesDropRx: UInt32 | None = None
    LLFramesDropTx: UInt32 | None = None
    LLFramesRx: UInt32 | None = None
    LLFramesTx: UInt32 | None = None
    LLMediaAccessFail: UInt32 | None = None
    LLOctetsRx: UInt32 | None = None
    LLOctetsTx: UInt32 | None = None
    LLRetryCount: UInt32 | None = None
    LLSecurityErrorRx: UInt32 | None = None
    loWPAN_: loWPAN | None = None


class LLInterfaceList(List):
    """The link layers of an interface."""

    LLInterface_: tuple[LLInterface, ...] = ()


class Neighbor(Resource):
    """A node in radio reach."""

    isChild: Boolean
    linkQuality: UInt8
    shortAddress: UInt16


class NeighborList(List):
    """The nodes in radio reach."""

    Neighbor_: tuple[Neighbor, ...] = ()
