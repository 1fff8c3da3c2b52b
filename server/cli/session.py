"""What all commands of the command line share: where the server is, how to print, how to fail.

A command is a function whose first parameter is a Session; the options that make one are added
to each command here. Exit codes: 1 refused, 2 wrongly used, 3 out of reach.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from server.cli.connection import (
    SERVER_VARIABLE,
    TOKEN_VARIABLE,
    Connection,
    RefusedError,
    UnreachableError,
    UsageError,
    connect,
)
from server.cli.output import Columns, Output, print_facts, print_json, print_table

REFUSED, USAGE, UNREACHABLE = 1, 2, 3
Within = Mapping[str, str] | None
"""The ids of what a thing is part of, by the variables of the path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A server to ask and a way to print."""

    connection: Connection
    output: Output

    def resolve(self, kind: str, wanted: str, within: Within = None) -> str:
        """Return the id of a thing given by id or name; RefusedError if none or several have it."""
        items = list(self.connection.items(f"list_{kind}s", within))
        if any(item["id"] == wanted for item in items):
            return wanted
        found = [item["id"] for item in items if item["name"] == wanted]
        if len(found) > 1:
            raise RefusedError(f"several {kind}s are named {wanted!r}: {', '.join(found)}")
        if not found:
            raise RefusedError(f"there is no {kind} {wanted!r}")
        return str(found[0])

    def resolve_all(self, kind: str, wanted: list[str] | None) -> list[str]:
        """Return the ids of things given by ids or names."""
        return [self.resolve(kind, one) for one in wanted or ()]

    def show(self, answer: Mapping[str, Any], columns: Columns) -> None:
        """Print one thing."""
        if self.output is Output.JSON:
            print_json(answer)
        else:
            print_facts(answer, columns)

    def show_list(
        self, columns: Columns, name: str, within: Within = None, **query: object
    ) -> None:
        """Print all items of a list."""
        items = list(self.connection.items(name, within, **query))
        if self.output is Output.JSON:
            print_json(items)
        else:
            print_table(items, columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    """What every command takes besides its own."""

    server: Annotated[
        str | None,
        typer.Option(metavar="URL", help=f"Where the server is; or {SERVER_VARIABLE}."),
    ] = None
    state: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Instead: the state folder that it runs on.")
    ] = None
    token_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help=f"File with a token; or {TOKEN_VARIABLE}.")
    ] = None
    output: Annotated[Output, typer.Option("-o", "--output", help="How to print.")] = Output.TABLE

    def session(self) -> Session:
        """Return the session that they mean."""
        connection = connect(self.server, self.state, self.token_file)
        return Session(connection=connection, output=self.output)


def command(app: typer.Typer, name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a function that takes a `session` a command of `app`.

    A parameter that is a dataclass stands for the options that its fields are.
    """

    def register(run: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(run).parameters.values())[1:]
        bundles = {one.name: one.annotation for one in own if is_dataclass(one.annotation)}

        def wrapped(**given: Any) -> None:
            with told_faults():
                session = _bundle(_Options, given).session()
                made = {name: _bundle(kind, given) for name, kind in bundles.items()}
                run(session, **made, **given)

        parameters = [
            *(one.replace(kind=_KEYWORD) for one in own if one.name not in bundles),
            *(option for kind in (*bundles.values(), _Options) for option in _options(kind)),
        ]
        _declare(wrapped, parameters, run.__doc__)
        app.command(name)(wrapped)
        return run

    return register


_KEYWORD = inspect.Parameter.KEYWORD_ONLY


def _options(bundle: Any) -> Iterator[inspect.Parameter]:
    """Yield the parameters that the fields of a dataclass stand for."""
    for field in fields(bundle):
        default = inspect.Parameter.empty if field.default is MISSING else field.default
        yield inspect.Parameter(field.name, _KEYWORD, default=default, annotation=field.type)


def _bundle(kind: Any, given: dict[str, Any]) -> Any:
    """Take the fields of a dataclass out of what was given and return it."""
    return kind(**{field.name: given.pop(field.name) for field in fields(kind)})


def _declare(
    wrapped: Callable[..., None], parameters: list[inspect.Parameter], doc: str | None
) -> None:
    """Make a function look as if it had these parameters: typer reads both of these."""
    wrapped.__dict__["__signature__"] = inspect.Signature(parameters)
    wrapped.__annotations__ = {one.name: one.annotation for one in parameters}
    wrapped.__doc__ = doc


@contextmanager
def told_faults() -> Iterator[None]:
    """Turn what goes wrong into lines on stderr and an exit code."""
    try:
        yield
    except UsageError as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(USAGE) from None
    except UnreachableError as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(UNREACHABLE) from None
    except RefusedError as refusal:
        typer.echo(refusal.detail, err=True)
        for pointer, message in refusal.faults:
            if pointer:
                typer.echo(f"{pointer}: {message}", err=True)
        raise typer.Exit(REFUSED) from None
