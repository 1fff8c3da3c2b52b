"""The way to the content of a file that is kept here. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from schemas.sep2.file import File
from server.sep2.document_rules import path_of
from server.sep2.routes import BY_NAME


def located(file: File, at: Sequence[str]) -> File:
    """Return a file at a path whose variables are `at` with the way to its content."""
    if "/" in file.fileURI:
        return file
    own = {"fileURI": path_of(BY_NAME["file_content"], at)}
    return cast(File, replace(cast(Any, file), **own))
