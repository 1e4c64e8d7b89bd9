"""A SQLite database that is one file for the whole life of a process: never made by a connection,
never exchanged.

SQLite holds the file open, so that a file that was removed or replaced would go on taking changes,
which nobody could read afterwards; and a connection to a missing file would make an empty one.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.db.backends.sqlite3 import base

from . import Creation
from .figures import ExactAverage, ExactSum, period_of

# Pins the file without opening it, so that its number is not used again; closing another handle
# would drop our locks.
PIN = getattr(os, "O_PATH", os.O_RDONLY) | os.O_CLOEXEC


def month_in(moment: str | None, zone: str) -> int | None:
    """The month of a stored moment in a time zone; SQLite itself knows no zones."""
    if moment is None:
        return None
    # As Django stores it: in UTC, which it does not say.
    try:
        return datetime.fromisoformat(moment).replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).month
    except OverflowError:  # the first and the last day of the calendar
        return datetime.fromisoformat(moment).month


class FileMoved(sqlite3.OperationalError):
    """The database's file is not where it was, or not the one that it was."""

    sqlite_errorcode = sqlite3.SQLITE_READONLY_DBMOVED
    sqlite_errorname = "SQLITE_READONLY_DBMOVED"


class DatabaseFile:
    """The file at a path, as this process has first opened it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.identity: tuple[int, int] | None = None
        self._first = threading.Lock()

    def check(self) -> tuple[int, int]:
        """The file that the path leads to; FileMoved unless it is the one that was opened, once
        there is such a one."""
        try:
            status = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            raise FileMoved(f"the database file {self.path} is missing") from None
        found = status.st_dev, status.st_ino
        if self.identity not in (None, found):
            raise FileMoved(
                f"the database file {self.path} was replaced by another file; stop Records, "
                f"move {self.path.name}-wal"
                " and -shm of the old file away, and start it again, or put the old file back"
            )
        return found

    def keep(self) -> None:
        """Hold on to the file that has been opened, until this process ends."""
        with self._first:
            if self.identity is None:
                found = os.fstat(os.open(self.path, PIN))
                self.identity = found.st_dev, found.st_ino


FILES: dict[str, DatabaseFile] = {}


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that checks the file before a transaction, before COMMIT, and before a statement
    outside of one."""

    file: DatabaseFile | None = None

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        name = str(params["database"])
        if name != ":memory:" and not name.startswith("file:"):
            self.file = FILES.setdefault(name, DatabaseFile(Path(name)))
            mode = "rwc" if Creation.allowed else "rw"
            params["database"] = f"{Path(name).absolute().as_uri()}?mode={mode}"
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        opened = self._open(conn_params)
        opened.create_function("records_month", 2, month_in, deterministic=True)
        opened.create_function("records_period", 3, period_of, deterministic=True)
        opened.create_aggregate("records_sum", 1, ExactSum)
        opened.create_aggregate("records_avg", 1, ExactAverage)
        return opened

    def _open(self, conn_params: dict[str, Any]) -> Any:
        if self.file is None:
            return super().get_new_connection(conn_params)
        before = None if Creation.allowed else self.file.check()
        opened = super().get_new_connection(conn_params)
        try:
            self.file.keep()
            if before not in (None, self.file.check()):
                raise FileMoved(
                    f"the database file {self.file.path} was replaced while it was opened"
                )
        except BaseException:
            opened.close()
            raise
        return opened

    def create_cursor(self, name: str | None = None) -> Any:
        if self.file is not None and not self.in_atomic_block:
            self.file.check()
        return super().create_cursor(name)

    def _commit(self) -> None:
        if self.file is not None:
            with self.wrap_database_errors:
                self.file.check()
        super()._commit()  # type: ignore[misc]  # the stubs leave it out
