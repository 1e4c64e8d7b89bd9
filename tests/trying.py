"""Having the writes of a test tried: its clients ask for dry runs; and all that there is, as digests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection

from records.services.database import is_postgresql

_trying: ContextVar[bool] = ContextVar("trying", default=False)


def is_trying() -> bool:
    return _trying.get()


@contextmanager
def trying() -> Iterator[None]:
    """Calls in the block are dry runs where they are writes."""
    token = _trying.set(True)
    try:
        yield
    finally:
        _trying.reset(token)


def tried(method: str, path: str) -> str:
    """The path of a call, which may be a dry run."""
    if not is_trying() or method in ("GET", "HEAD"):
        return path
    return f"{path}{'&' if '?' in path else '?'}dry_run=true"


def digests() -> dict[str, Any]:
    """A digest of each table, the state of each sequence, and the files that are stored; without
    what authentication notes, whatever becomes of the call."""
    tables = {model._meta.db_table for model in apps.get_app_config("records").get_models()}
    found: dict[str, Any] = {name: _digest(name) for name in tables - {"records_ratecount"}}
    with connection.cursor() as cursor:
        if is_postgresql():
            cursor.execute("SELECT sequencename, last_value FROM pg_sequences")
        else:
            cursor.execute("SELECT name, seq FROM sqlite_sequence")
        found["sequences"] = {name: at for name, at in cursor.fetchall() if "ratecount" not in name}
        cursor.execute("SELECT count(*) FROM django_tasks_database_dbtaskresult")
        found["tasks"] = cursor.fetchone()
    root = Path(settings.MEDIA_ROOT)
    found["files"] = sorted(str(path) for path in root.rglob("*") if path.is_file())
    return found


def _digest(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        names = [column[0] for column in cursor.description or ()]
        left_out = names.index("last_used_at") if table == "records_apikey" else len(names)
        rows = sorted(repr(row[:left_out] + row[left_out + 1 :]) for row in cursor.fetchall())
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()
