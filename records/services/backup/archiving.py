"""Writing a backup: tables and stored files of one moment, while others write."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
from django.core.files.storage import default_storage
from django.db import connection, transaction

from records.exceptions import Conflict
from records.services.database import is_postgresql
from records.services.storage import hold_files

from .backup_tables import (
    BackupTable,
    applied_leaves,
    last_keys,
    outward,
    selected,
    tables_at,
)

FORMAT = 1
MANIFEST = "manifest.json"
ROWS = 1000
CHUNK = 1024 * 1024


@dataclass
class BackupSummary:
    """What a backup holds."""

    rows: int = 0
    files: int = 0
    missing: list[str] = field(default_factory=list)


def write_backup(path: Path) -> BackupSummary:
    """Write everything to `path`, which must not exist; it appears when it is whole, readable by
    its owner alone."""
    if path.exists():
        raise Conflict(f"{path} already exists. Name a new file.")
    if not applied_leaves():
        raise Conflict("The database is empty. Run `manage.py migrate` first.")
    # In the same folder, since a hard link cannot cross file systems.
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        summary = _write_archive(partial)
        # Not a rename, which would overwrite such a file.
        os.link(partial, path)  # fails if the file has been created in the meantime
        # Without it a power failure can lose the new name.
        _sync_folder(path.parent)
    except OSError as problem:
        if problem.filename in (None, os.fspath(partial)):  # the name that the operator knows
            problem.filename = os.fspath(path)
        raise
    finally:
        # Leaving the partial file must not hide the reason why the backup failed.
        with suppress(OSError):
            partial.unlink(missing_ok=True)
    return summary


def _write_archive(partial: Path) -> BackupSummary:
    # Private from the first byte: the archive holds every value and password hash.
    handle = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    with os.fdopen(handle, "w+b") as file:
        with (
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
            # Before the moment of the database: no file that its rows name is removed from then on.
            hold_files(),
            one_moment(),
        ):
            summary = _write(archive)
        file.flush()
        os.fsync(file.fileno())
    return summary


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def one_moment() -> Iterator[None]:
    """A read transaction that sees the database as it is when it begins, and that no writer waits
    for."""
    if is_postgresql():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    connection.ensure_connection()
    connection.connection.execute("BEGIN")  # not Django's, which would lock writers out
    try:
        yield
    finally:
        # The connection may be what failed.
        with suppress(Exception):
            connection.connection.execute("ROLLBACK")


def _write(archive: zipfile.ZipFile) -> BackupSummary:
    summary, members = BackupSummary(), {}
    # The schema the database has, not the one of this release: backups are made before upgrades.
    leaves = applied_leaves()
    tables = tables_at(leaves)
    names: list[str] = []
    manifest: dict[str, Any] = {"format": FORMAT, "migrations": leaves, "tables": {}, "files": {}}
    for table in tables:
        member = f"tables/{table.name}.jsonl"
        count, members[member] = _write_table(archive, member, table, names)
        manifest["tables"][table.name] = {
            "columns": table.columns,
            "kinds": table.kinds,
            "rows": count,
        }
        summary.rows += count
    # Several rows can name one file; its own name could be unsafe inside an archive.
    for at, name in enumerate(dict.fromkeys(filter(None, names))):
        stored = _write_file(archive, f"files/{at}", name)
        if stored is None:
            summary.missing.append(name)
            continue
        members[f"files/{at}"] = stored
        manifest["files"][f"files/{at}"] = name
        summary.files += 1
    manifest |= {"members": members, "last_keys": last_keys(tables), "missing": summary.missing}
    archive.writestr(MANIFEST, json.dumps(manifest))
    return summary


def _write_table(
    archive: zipfile.ZipFile, member: str, table: BackupTable, names: list[str]
) -> tuple[int, dict[str, Any]]:
    """Write the rows, and note the names of the files they have; how many, and their size and
    digest."""
    digest, size, count = sha256(), 0, 0
    convert = outward(table)
    with archive.open(member, "w", force_zip64=True) as target:
        for rows in _rows(selected(table)):
            converted = [convert(row) for row in rows]
            for row in converted:
                names.extend(_file_names(table, row))
            block = b"".join(
                orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in converted
            )
            target.write(block)
            digest.update(block)
            size += len(block)
            count += len(rows)
    return count, {"size": size, "sha256": digest.hexdigest()}


def _file_names(table: BackupTable, row: list[Any]) -> Iterator[str]:
    for column in table.file_columns:
        yield row[table.columns.index(column)] or ""
    # Its report is named inside a document, which no file column shows.
    if table.name == "records_job":  # an import's report of refused rows
        result = orjson.loads(row[table.columns.index("result")] or "{}")
        yield (isinstance(result, dict) and result.get("report")) or ""


def _rows(statement: str) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a table, a thousand at a time, never all in memory."""
    raw: Any = connection.connection
    # A named cursor stays on PostgreSQL's side; an ordinary one would fetch the whole table.
    with raw.cursor(name="records_backup") if is_postgresql() else _plain_cursor(raw) as cursor:
        cursor.execute(statement)
        while rows := cursor.fetchmany(ROWS):
            yield rows


@contextmanager
def _plain_cursor(raw: Any) -> Iterator[Any]:
    import sqlite3

    # Django's cursor would convert values; the archive takes them as stored.
    cursor = sqlite3.Cursor(raw)
    cursor.row_factory = None
    try:
        yield cursor
    finally:
        cursor.close()


def _write_file(archive: zipfile.ZipFile, member: str, name: str) -> dict[str, Any] | None:
    """Copy a stored file; None where it has been removed since the moment of the backup."""
    try:
        source = default_storage.open(name, "rb")
    except FileNotFoundError:
        return None
    digest, size = sha256(), 0
    with source, archive.open(zipfile.ZipInfo(member), "w", force_zip64=True) as target:
        while chunk := source.read(CHUNK):
            target.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    return {"size": size, "sha256": digest.hexdigest()}
