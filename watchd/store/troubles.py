"""What can be wrong with a database, in words for people."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

from watchd.errors import EXIT_CONFIG, TemporaryError, WatchdError


class DatabaseError(WatchdError):
    """The database cannot be used as it is."""

    exit_code = EXIT_CONFIG


class NoDatabase(WatchdError):
    """There is no database yet, and none is to be made."""


class NewerDatabase(DatabaseError):
    """The database was written by a newer watchd."""


def in_words(error: DBAPIError) -> WatchdError:
    """What the driver said, as an error of ours."""
    cause = str(error.orig)
    if "disk is full" in cause:
        return TemporaryError("the disk is full: nothing more can be stored until there is room")
    if "database is locked" in cause:
        return TemporaryError("another process holds the database; try again in a moment")
    if "connection failed" in cause or "could not connect" in cause:
        return TemporaryError(f"the database server cannot be reached: {cause.splitlines()[0]}")
    if "not a database" in cause or "malformed" in cause:
        return DatabaseError(f"the database file is damaged or not a database: {cause}")
    if "unable to open" in cause or "readonly" in cause:
        return DatabaseError(f"the database cannot be written: {cause}; check who owns the file")
    return DatabaseError(f"the database says: {cause}")
