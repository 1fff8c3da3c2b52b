"""Files for devices: what is offered, and how far a device has come with it.

The content itself is no wire type; it stands at `fileURI`.
"""

from typing import Annotated

from schemas.sep2.base import Link, List, PENType, Resource
from schemas.simple import (
    AnyURI,
    HexBinary16,
    HexBinary160,
    String16,
    String32,
    TimeType,
    UInt8,
    UInt16,
    UInt32,
)
from schemas.wire import ATTR


class File(Resource):
    """A file and the devices that it is meant for."""

    activateTime: TimeType | None = None
    fileURI: AnyURI
    lFDI: HexBinary160 | None = None
    mfHwVer: String32 | None = None
    mfID: PENType
    mfModel: String32
    mfSerNum: String32 | None = None
    mfVer: String16
    size: UInt32
    type: HexBinary16


class FileList(List):
    """The files on offer."""

    pollRate: Annotated[UInt32 | None, ATTR] = None
    File_: tuple[File, ...] = ()


class FileStatus(Resource):
    """How a device gets on with a file."""

    pollRate: Annotated[UInt32 | None, ATTR] = None
    activateTime: TimeType | None = None
    FileLink: Link | None = None
    loadPercent: UInt8
    nextRequestAttempt: TimeType
    request503Count: UInt16
    requestFailCount: UInt16
    status: UInt8
    statusTime: TimeType
