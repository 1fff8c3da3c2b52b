"""The steps that bring a database to the schema of this version.

Run under the writer when a store is opened, in one transaction, so that a kill in the midst of it
leaves the old schema. A new step is a file in `versions`.
"""

import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from server.store.dialect import wait_for_turn
from server.store.rows import Row

# Alembic hands its state to env.py through globals.
_one_at_a_time = threading.Lock()


class SchemaMismatch(Exception):  # noqa: N818 - it names what was found
    """The database is not one that this version can bring up to date."""


def upgrade(connection: Connection) -> None:
    """Bring the database up to date; raises SchemaMismatch if it is newer or not ours."""
    wait_for_turn(connection)
    config = _config(connection)
    script = ScriptDirectory.from_config(config)
    found = set(MigrationContext.configure(connection).get_current_heads())
    if found == set(script.get_heads()):
        return
    _check(connection, found, {revision.revision for revision in script.walk_revisions()})
    with _one_at_a_time:
        command.upgrade(config, "head")


def revisions(connection: Connection) -> tuple[str, frozenset[str]]:
    """Return a database's revision, empty if it has none, and those that this version knows."""
    script = ScriptDirectory.from_config(_config(connection))
    known = frozenset(revision.revision for revision in script.walk_revisions())
    found = MigrationContext.configure(connection).get_current_heads()
    return ", ".join(found), known


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _check(connection: Connection, found: set[str], known: set[str]) -> None:
    if newer := found - known:
        raise SchemaMismatch(
            f"the database is of revision {', '.join(sorted(newer))}, unknown to this version:"
            " start the version that wrote it, or a newer one"
        )
    if found:
        return
    if taken := set(inspect(connection).get_table_names()) & set(Row.metadata.tables):
        raise SchemaMismatch(
            f"the database has tables named {', '.join(sorted(taken))} that no migration made:"
            " give the store a database of its own"
        )
