"""Restoring a backup: proved whole first, then stored in one transaction."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

import orjson
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from records.exceptions import Conflict, InvalidInput
from records.services.sql import is_postgresql
from records.services.storage import refresh_statistics
from records.services.stores import STORES

from .tables import LEFT_OUT, BackupTable, Node, applied_leaves, inward, set_last_keys, tables_at
from .writing import CHUNK, FORMAT, MANIFEST, ROWS

MAX_MANIFEST = 256 * 1024 * 1024
MAX_LINE = 256 * 1024 * 1024
# Made by migrating, so an empty database has rows in them.
MADE_BY_MIGRATING = {"django_content_type", "auth_permission"}
FOLDERS = {folder for store in STORES for folder in store.folders}
# What reading an archive raises when bytes of it are wrong.
DAMAGED = (
    zipfile.BadZipFile, zlib.error, struct.error, KeyError, ValueError, TypeError, AttributeError, EOFError,
    NotImplementedError, RuntimeError, OSError,
)  # fmt: skip


@dataclass
class RestoreSummary:
    """What was restored."""

    rows: int = 0
    files: int = 0
    missing: list[str] = field(default_factory=list)


def restore(path: Path, *, replace: bool = False) -> RestoreSummary:
    """Restore into an empty database; `replace` removes what is there first. Nothing is changed by a bad archive."""
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise InvalidInput(f"{path} does not exist.") from None
    except (zipfile.BadZipFile, OSError, ValueError) as problem:
        raise InvalidInput(f"{path} is not a complete backup: {problem}. Nothing was restored.") from problem
    with archive:
        try:
            manifest = _proved(archive, path)
        except DAMAGED as problem:
            raise InvalidInput(f"{path} is damaged: {problem}. Nothing was restored.") from problem
        leaves = [(str(app), str(name)) for app, name in manifest["migrations"]]
        _check_known(leaves)
        tables = _prepared(leaves, replace=replace)
        _check_columns(tables, manifest)
        summary = _restore(archive, manifest, tables)
    call_command("migrate", verbosity=0)
    refresh_statistics()
    return summary


# ---------------------------------------------------------------- proving the archive


def _proved(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    """The manifest, once every member is what it says; nothing is unpacked beyond the size it gives."""
    info = archive.getinfo(MANIFEST)
    if info.file_size > MAX_MANIFEST:
        raise ValueError("its manifest is too large")
    manifest: dict[str, Any] = orjson.loads(archive.read(MANIFEST))
    if manifest["format"] != FORMAT:
        raise ValueError(f"format {manifest['format']!r} is not known to this release")
    members = manifest["members"]
    listed = archive.infolist()
    if sorted(item.filename for item in listed) != sorted([MANIFEST, *members]):
        raise ValueError("its members are not those of its manifest")
    if sum(item.compress_size for item in listed) > path.stat().st_size:
        raise ValueError("its members overlap")
    if set(members) != {f"tables/{name}.jsonl" for name in manifest["tables"]} | set(manifest["files"]):
        raise ValueError("its manifest contradicts itself")
    for name in manifest["files"].values():
        _check_name(name)
    for name, said in members.items():
        _prove_member(archive, name, said)
    return manifest


def _check_name(name: str) -> None:
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or "\\" in name or ".." in parts or parts[0] not in FOLDERS:
        raise ValueError(f"{name!r} is not the name of a stored file")


def _prove_member(archive: zipfile.ZipFile, name: str, said: dict[str, Any]) -> None:
    if archive.getinfo(name).file_size != said["size"]:
        raise ValueError(f"{name} does not have the size in the manifest")
    digest, size = sha256(), 0
    with archive.open(name) as source:
        while chunk := source.read(CHUNK):
            size += len(chunk)
            digest.update(chunk)
            if size > said["size"]:
                break
    if size != said["size"] or digest.hexdigest() != said["sha256"]:
        raise ValueError(f"{name} does not have the digest in the manifest")


# ---------------------------------------------------------------- preparing the database


def _check_known(leaves: list[Node]) -> None:
    nodes = MigrationLoader(connection).graph.nodes
    unknown = [f"{app}.{name}" for app, name in leaves if (app, name) not in nodes]
    if unknown:
        raise InvalidInput(f"The backup was made by a newer release ({', '.join(unknown)}). Restore it with that one.")


def _prepared(leaves: list[Node], *, replace: bool) -> list[BackupTable]:
    """The tables of the backup's schema, in a database that has it and, unless it is replaced, no data."""
    applied = applied_leaves()
    filled = [table.name for table in tables_at(applied) if table.name not in MADE_BY_MIGRATING and _has_rows(table)]
    if filled and not replace:
        raise Conflict(
            f"The database is not empty ({filled[0]} has rows). Restore into an empty one, or use --replace to delete"
            " what it holds."
        )
    if applied != sorted(leaves):
        executor = MigrationExecutor(connection)
        if filled or set(executor.loader.applied_migrations) - _up_to(executor.loader, leaves):
            raise Conflict(
                "The backup has another schema than this database. Restore it into a new, empty database, which is then"
                " migrated."
            )
        executor.migrate(leaves)
    return tables_at(leaves)


def _up_to(loader: MigrationLoader, leaves: list[Node]) -> set[Node]:
    """The migrations that make a schema."""
    return {node for leaf in leaves for node in loader.graph.forwards_plan(leaf)}


def _has_rows(table: BackupTable) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT 1 FROM "{table.name}" LIMIT 1')
        return cursor.fetchone() is not None


def _check_columns(tables: list[BackupTable], manifest: dict[str, Any]) -> None:
    for table in tables:
        said = manifest["tables"].get(table.name, {})
        if set(said.get("columns", ())) != set(table.columns):
            raise InvalidInput(f"The backup has other columns of {table.name} than its schema. Nothing was restored.")


# ---------------------------------------------------------------- storing


def _restore(archive: zipfile.ZipFile, manifest: dict[str, Any], tables: list[BackupTable]) -> RestoreSummary:
    summary = RestoreSummary(missing=list(manifest["missing"]))
    stored: list[str] = []
    try:
        for member, name in manifest["files"].items():
            if _store_file(archive, member, name, manifest["members"][member]["sha256"]):
                stored.append(name)
            summary.files += 1
        with transaction.atomic():
            _empty(tables)
            for table in tables:
                summary.rows += _load(archive, table, manifest["tables"][table.name])
            set_last_keys(tables, manifest["last_keys"])
    except BaseException:
        for name in stored:
            with suppress(OSError):
                default_storage.delete(name)
        raise
    return summary


def _store_file(archive: zipfile.ZipFile, member: str, name: str, digest: str) -> bool:
    """Store a file under its own name; whether it was not there. Conflict where another has that name."""
    if default_storage.exists(name):
        with default_storage.open(name, "rb") as held:
            found = sha256()
            while chunk := held.read(CHUNK):
                found.update(chunk)
        if found.hexdigest() != digest:
            raise Conflict(f"The file storage holds another file as {name}; use an empty MEDIA_ROOT.")
        return False
    with archive.open(member) as source:
        given = default_storage.save(name, File(source, name=name))
    if given != name:
        default_storage.delete(given)
        raise Conflict(f"The file storage would not take {name}; use an empty MEDIA_ROOT.")
    return True


def _empty(tables: list[BackupTable]) -> None:
    with connection.cursor() as cursor:
        left_out = LEFT_OUT & set(connection.introspection.table_names(cursor))  # an old schema may lack it
        names = [f'"{name}"' for name in (*(table.name for table in tables), *sorted(left_out))]
        if is_postgresql():
            cursor.execute(f"TRUNCATE {', '.join(names)}")
        else:
            for name in names:
                cursor.execute(f"DELETE FROM {name}")


def _load(archive: zipfile.ZipFile, table: BackupTable, said: dict[str, Any]) -> int:
    """Load a table; the columns stand in the order of the archive, the kinds are this schema's."""
    kinds = dict(zip(table.columns, table.kinds, strict=True))
    columns = ", ".join(f'"{column}"' for column in said["columns"])
    convert = inward([kinds[column] for column in said["columns"]])
    count = 0
    with archive.open(f"tables/{table.name}.jsonl") as source:
        rows = (convert(orjson.loads(line)) for line in iter(lambda: source.readline(MAX_LINE), b""))
        if is_postgresql():
            with connection.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
                    count += 1
        else:
            marks = ", ".join("?" * len(said["columns"]))
            for block in _blocks(rows):
                connection.connection.executemany(f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})', block)
                count += len(block)
    if count != said["rows"]:
        raise InvalidInput(f"{table.name}: the backup says {said['rows']} rows and has {count}. Nothing was restored.")
    return count


def _blocks(rows: Iterator[list[Any]]) -> Iterator[list[list[Any]]]:
    while block := list(islice(rows, ROWS)):
        yield block
