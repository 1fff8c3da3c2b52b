"""The content of files that the utility keeps in a folder of its own: whole, or a range of it.

A file's `fileURI` without a scheme is the name of its content there. It must not know what a file
is for.
"""

import asyncio
import re
from pathlib import Path

from aiohttp import web

from schemas.sep2.file import File
from server.core.book import Book
from server.core.model import Device
from server.errors import Unknown
from server.publications.drafts import element_of
from server.publications.kinds import KINDS
from server.sep2.call import Call, DeviceHandler
from server.sep2.published.shelf import Shelf
from server.sep2.reply import BadRange, content
from server.sep2.settings import Sep2Settings

_RANGE = re.compile(r"bytes=(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))")


class FileContents:
    """The handler of the content of files."""

    def __init__(self, book: Book, settings: Sep2Settings) -> None:
        self._shelf = Shelf(book)
        self._folder = settings.files
        self._limit = settings.file_limit
        self.reads: dict[str, DeviceHandler] = {"file_content": self._read}
        self.writes: dict[str, DeviceHandler] = {}

    async def _read(self, call: Call, device: Device) -> web.Response:
        publication = self._shelf.find(device, "file", call.variables[1:])
        said = element_of(KINDS["file"], publication.document)
        if not isinstance(said, File) or self._folder is None or "/" in said.fileURI:
            raise Unknown("there is no such resource")
        path = self._folder / said.fileURI
        if await asyncio.to_thread(_size, path) != said.size or said.size > self._limit:
            raise Unknown("the file is not here as it was published")
        first, last = _part(call.request.headers.get("Range", ""), said.size)
        part = await asyncio.to_thread(_bytes, path, first, last)
        return content(part, first=first, size=said.size)


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def _bytes(path: Path, first: int, last: int) -> bytes:
    with path.open("rb") as file:
        file.seek(first)
        return file.read(last + 1 - first)


def _part(wanted: str, size: int) -> tuple[int, int]:
    """Return the first and the last byte that are asked for; all of them without a single range.

    Raises BadRange if none of them is there.
    """
    found = _RANGE.fullmatch(wanted.replace(" ", ""))
    if found is None:
        return 0, size - 1
    first, last, final = found.groups()
    if final is not None:
        first, last = str(max(0, size - int(final))), ""
    start = int(first)
    end = min(int(last or size), size - 1)
    if start > end or final == "0":
        raise BadRange("there are no such bytes", size=size)
    return start, end
