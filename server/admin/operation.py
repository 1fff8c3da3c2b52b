"""What an operation of the admin face is, and how a request finds its own.

A table of operations is checked as a whole: one that nobody said who may use does not start. It
must not know any one operation.
"""

import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pydantic import BaseModel

from server.admin.models import Model
from server.core.model import Role
from server.errors import Unknown, Unsupported

IDEMPOTENCY_KEY = "Idempotency-Key"

_VARIABLE = re.compile(r"\{(\w+)\}")


class Anyone(Enum):
    """Said of an operation that needs no token."""

    ANYONE = "anyone"


_ROLES: frozenset[object] = frozenset((*Role, *Anyone))


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that can be asked for."""

    name: str
    method: str
    path: str
    role: Role | Anyone
    """The least role that may."""
    handler: Callable[..., Awaitable[BaseModel | None]]
    """Takes the Call, the path's variables, and `query` and `body` where they are declared."""
    query: type[Model] | None = None
    body: type[Model] | None = None
    answers: Mapping[int, type[BaseModel] | None]
    """The model of each status that is not a refusal."""
    id_of: Callable[[Any], str] | None = None
    """Finds the id of what was made in the answer, where something is."""
    may_conflict: bool = False
    keeps_answer: bool = True
    """False where the answer holds a secret that must not lie on the disk."""

    @property
    def is_change(self) -> bool:
        """Tell whether it is there to change something."""
        return self.method != "GET"

    @property
    def may_be_repeated(self) -> bool:
        """Tell whether a key makes sure that it is done once."""
        return self.method == "POST"

    @property
    def is_validated(self) -> bool:
        """Tell whether what it shows has an ETag."""
        return self.method == "GET" and not isinstance(self.role, Anyone)

    @property
    def variables(self) -> tuple[str, ...]:
        """Return the names of the path's variables."""
        return tuple(_VARIABLE.findall(self.path))

    def status_of(self, answer: BaseModel | None) -> int:
        """Return the status that an answer has."""
        kind = None if answer is None else type(answer)
        return next(status for status, model in self.answers.items() if model is kind)

    def location_of(self, answer: BaseModel | None, variables: Mapping[str, str]) -> str | None:
        """Return the path of what was made, if the answer says that something was."""
        if self.id_of is None or self.status_of(answer) != 201:
            return None
        return f"{self.path.format_map(variables)}/{self.id_of(answer)}"


class Routes:
    """Finds the operation that a request means."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        """Raise LookupError if operations lack a role or are told apart by nothing."""
        by_path: defaultdict[str, dict[str, Operation]] = defaultdict(dict)
        names: set[str] = set()
        for operation in operations:
            methods = by_path[operation.path]
            if operation.role not in _ROLES:
                raise LookupError(f"nobody said who may {operation.name}")
            if operation.name in names or operation.method in methods:
                raise LookupError(f"{operation.name} or its place is taken")
            names.add(operation.name)
            methods[operation.method] = operation
        self._by_path = dict(by_path)
        self._routes = tuple((_pattern(path), found) for path, found in by_path.items())

    def match(self, method: str, path: str) -> tuple[Operation, dict[str, str]]:
        """Return the operation and the path's variables; Unknown or Unsupported if none."""
        for pattern, methods in self._routes:
            found = pattern.fullmatch(path)
            if found is None:
                continue
            if method not in methods:
                raise Unsupported(f"{method} is not offered here", allow=tuple(methods))
            return methods[method], found.groupdict()
        raise Unknown("there is no such resource")

    def subject_of(self, operation: Operation) -> Operation | None:
        """Return what shows the thing that an operation changes: at its path, or nearest above."""
        path = operation.path.partition(":")[0]
        while path:
            if (found := self._by_path.get(path, {}).get("GET")) is not None:
                return found
            path = path.rpartition("/")[0]
        return None


def _pattern(path: str) -> re.Pattern[str]:
    """Return what the paths of an operation look like; an id holds neither slash nor colon."""
    return re.compile(_VARIABLE.sub(r"(?P<\1>[^/:]+)", path))
