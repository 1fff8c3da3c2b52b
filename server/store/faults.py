"""What the database's complaints mean to the one who asked.

The only place that turns them into refusals. Whatever is in no list here is a bug of ours and goes
on as it is.
"""

import sqlite3

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from server.errors import Invalid, Refusal, Unavailable

_VALUE_FAULTS = (IntegrityError, DataError, OverflowError, UnicodeEncodeError)
_UNDONE = frozenset({"40001", "40P01"})
"""PostgreSQL's: a serialization failure, a deadlock."""
_STORE_FAULTS = (DBAPIError, PoolTimeout, OSError)


def is_of_the_store(fault: BaseException) -> bool:
    """Tell whether the disk or the server failed, as against one statement or one value."""
    if isinstance(fault, (*_VALUE_FAULTS, ProgrammingError)) or _is_bad_sql(fault):
        return False
    return isinstance(fault, _STORE_FAULTS)


def _is_bad_sql(fault: BaseException) -> bool:
    # SQLite reports a wrong statement and a failing disk as the same class.
    origin = getattr(fault, "orig", None)
    return getattr(origin, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR


def was_undone(fault: Exception) -> bool:
    """Tell whether the database undid a transaction for the sake of another, to be done again."""
    return getattr(getattr(fault, "orig", None), "sqlstate", None) in _UNDONE


def refusal_of(fault: Exception) -> Refusal | None:
    """Return the refusal for a fault that came out of the database; None for a bug of ours."""
    if isinstance(fault, _VALUE_FAULTS):
        return _because(Invalid("a value cannot be stored"), fault)
    return unavailable(fault) if is_of_the_store(fault) else None


def unavailable(fault: Exception) -> Refusal:
    """Return the refusal for a store that failed; its reason tells nothing of the inside."""
    return _because(Unavailable("the store does not take or give data now"), fault)


def _because(refusal: Refusal, fault: Exception) -> Refusal:
    refusal.__cause__ = fault
    return refusal
