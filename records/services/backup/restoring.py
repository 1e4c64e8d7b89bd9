"""Restoring a backup: proved whole first, then stored in one transaction."""

from __future__ import annotations

import signal
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

import orjson
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from records.exceptions import Conflict, InvalidInput
from records.services.database import is_postgresql
from records.services.retention import STORES
from records.services.storage import refresh_statistics

from .archiving import (
    CHUNK,
    FORMAT,
    MANIFEST,
    ROWS,
)
from .backup_tables import (
    LEFT_OUT,
    BackupTable,
    Node,
    applied_leaves,
    inward,
    migrations_as_written,
    set_last_keys,
    tables_at,
)

MAX_MANIFEST = 256 * 1024 * 1024
MAX_LINE = 256 * 1024 * 1024
STOPPING = (signal.SIGINT, signal.SIGTERM)
NOTHING_RESTORED = (
    "Stopped. Nothing was restored: the database holds what it held. Run the command again."
)
ALL_RESTORED = (
    "Stopped. Everything is restored. Run `manage.py migrate` before you start the servers."
)
# Made by migrating, so an empty database has rows in them.
MADE_BY_MIGRATING = {"django_content_type", "auth_permission"}
FOLDERS = {folder for store in STORES for folder in store.folders}
# What reading an archive raises when bytes of it are wrong.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
)


@dataclass
class RestoreSummary:
    """What was restored."""

    rows: int = 0
    files: int = 0
    missing: list[str] = field(default_factory=list)


def restore(path: Path, *, replace: bool = False) -> RestoreSummary:
    """Restore into an empty database; `replace` empties it first. A bad archive changes nothing."""
    if path.exists() and not path.is_file():  # a pipe may never begin, a device never end
        raise InvalidInput(f"{path} is not a file. Nothing was restored.")
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise InvalidInput(f"{path} does not exist.") from None
    except (zipfile.BadZipFile, OSError, ValueError) as problem:
        raise InvalidInput(
            f"{path} is not a complete backup: {problem}. Nothing was restored."
        ) from problem
    # Everything is proved before the database is looked at: a bad archive changes nothing.
    with archive:
        try:
            manifest = _proved(archive, path)
        except DAMAGED as problem:
            raise InvalidInput(f"{path} is damaged: {problem}. Nothing was restored.") from problem
        leaves = [(str(app), str(name)) for app, name in manifest["migrations"]]
        _check_known(leaves)
        with _noted_when_stopped(NOTHING_RESTORED):
            tables = _prepared(leaves, replace=replace)
            _check_columns(tables, manifest)
            summary = _restore(archive, manifest, tables)
    with _noted_when_stopped(ALL_RESTORED):
        # Blocked by `_restore` around its commit. From here on everything is restored.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
        call_command("migrate", verbosity=0)
        refresh_statistics()
    return summary


@contextmanager
def _noted_when_stopped(said: str) -> Iterator[None]:
    """Add a note to the exception about what Ctrl-C or SIGTERM has left behind."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit) as ending:
        ending.add_note(said)
        raise


# ---------------------------------------------------------------- proving the archive


def _proved(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    """The manifest, once every member is what it says; nothing is unpacked beyond the size it
    gives."""
    manifest = _read_manifest(archive)
    members = manifest["members"]
    listed = archive.infolist()
    # Compared as lists: a name that occurs twice would be proved once and read from the other.
    if sorted(item.filename for item in listed) != sorted([MANIFEST, *members]):
        raise ValueError("its members do not match its manifest")
    # Members that share their bytes make a bomb of a small file.
    if sum(item.compress_size for item in listed) > path.stat().st_size:
        raise ValueError("its members overlap")
    # Every table and file needs a digest, and none may be left over.
    if set(members) != {f"tables/{name}.jsonl" for name in manifest["tables"]} | set(
        manifest["files"]
    ):
        raise ValueError("its manifest contradicts itself")
    if not _is_sound(manifest):
        raise ValueError("its manifest is not one that `backup` writes")
    for name in manifest["files"].values():
        # A name decides where bytes are written.
        _check_name(name)
    for name, said in members.items():
        _prove_member(archive, name, said)
    return manifest


def _read_manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    info = archive.getinfo(MANIFEST)
    # The manifest is read into memory before anything of it is proved.
    if info.file_size > MAX_MANIFEST:
        raise ValueError("its manifest is too large")
    manifest: dict[str, Any] = orjson.loads(archive.read(MANIFEST))
    if manifest["format"] != FORMAT:
        raise ValueError(f"format {manifest['format']!r} is not supported by this release")
    return manifest


def _is_sound(manifest: dict[str, Any]) -> bool:
    """Whether the parts of a manifest are of the types that restoring takes them for."""
    columns = [table["columns"] for table in manifest["tables"].values()]
    texts = [
        *manifest["migrations"],
        *columns,
        manifest["missing"],
        list(manifest["files"].values()),
    ]
    numbers = [
        *(table["rows"] for table in manifest["tables"].values()),
        *manifest["last_keys"].values(),
    ]
    return (
        all(
            isinstance(each, list) and all(isinstance(text, str) for text in each) for each in texts
        )
        and all(len(leaf) == 2 for leaf in manifest["migrations"])
        and all(len(set(each)) == len(each) for each in columns)
        and all(type(number) is int and 0 <= number < 2**63 for number in numbers)
    )


def _check_name(name: str) -> None:
    parts = PurePosixPath(name).parts
    if (
        not parts
        or name.startswith("/")
        or "\\" in name
        or ".." in parts
        or parts[0] not in FOLDERS
    ):
        raise ValueError(f"{name!r} is not the name of a stored file")


def _prove_member(archive: zipfile.ZipFile, name: str, said: dict[str, Any]) -> None:
    # What the archive's directory says; what it unpacks to is counted below.
    if archive.getinfo(name).file_size != said["size"]:
        raise ValueError(f"{name} does not have the size in the manifest")
    digest, size = sha256(), 0
    with archive.open(name) as source:
        while chunk := source.read(CHUNK):
            size += len(chunk)
            digest.update(chunk)
            # Stop early: the directory may lie about the size.
            if size > said["size"]:
                break
    if size != said["size"] or digest.hexdigest() != said["sha256"]:
        raise ValueError(f"{name} does not have the digest in the manifest")


# ---------------------------------------------------------------- preparing the database


def _check_known(leaves: list[Node]) -> None:
    nodes = migrations_as_written().graph.nodes
    unknown = [f"{app}.{name}" for app, name in leaves if (app, name) not in nodes]
    if unknown:
        raise InvalidInput(
            f"The backup was made by a newer release ({', '.join(unknown)}). Restore it with "
            "that release."
        )


def _prepared(leaves: list[Node], *, replace: bool) -> list[BackupTable]:
    """The tables of the backup's schema, in a database that has it and, unless it is replaced, no
    data."""
    applied = applied_leaves()
    filled = [
        table.name
        for table in tables_at(applied)
        if table.name not in MADE_BY_MIGRATING and _has_rows(table)
    ]
    if filled and not replace:
        raise Conflict(
            f"The database is not empty ({filled[0]} has rows). Restore into an empty one, "
            "or use --replace to delete what it holds."
        )
    # An archive of an older release is loaded at its own schema, and migrated afterwards.
    if applied != sorted(leaves):
        loader = migrations_as_written()
        # Migrating back would drop columns with data; forward over data could fail halfway.
        if filled or set(loader.applied_migrations) - _up_to(loader, leaves):
            raise Conflict(
                "The backup and this database have different schemas. Restore into a new, "
                "empty database, which is then migrated."
            )
        _migrate(loader, leaves)
    return tables_at(leaves)


def _migrate(written: MigrationLoader, leaves: list[Node]) -> None:
    """Make the schema, by a squashed migration where it is the schema of one: that is faster."""
    executor = MigrationExecutor(connection)
    squashed = {each.replaces[-1]: key for key, each in executor.loader.replacements.items()}
    nodes = executor.loader.graph.nodes
    goals = [leaf if leaf in nodes else squashed.get(leaf, leaf) for leaf in leaves]
    if not nodes.keys() >= set(goals):
        executor.loader, goals = written, leaves
    executor.migrate(goals)


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
            raise InvalidInput(
                f"The backup has other columns of {table.name} than its schema. Nothing was "
                "restored."
            )


# ---------------------------------------------------------------- storing


def _restore(
    archive: zipfile.ZipFile, manifest: dict[str, Any], tables: list[BackupTable]
) -> RestoreSummary:
    summary = RestoreSummary(missing=list(manifest["missing"]))
    stored: list[str] = []
    try:
        # Before the transaction, which is then short; they are removed again if it fails.
        for member, name in manifest["files"].items():
            if _store_file(archive, member, name, manifest["members"][member]["sha256"]):
                stored.append(name)
            summary.files += 1
        with transaction.atomic():
            _empty(tables)
            for table in tables:
                with _refused_when_unfit(table):
                    summary.rows += _load(archive, table, manifest["tables"][table.name])
            set_last_keys(tables, manifest["last_keys"])
            _check_references()
            # Between the commit and the news of it, being stopped would look like a failure, and
            # remove the files.
            signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    except BaseException:
        for name in stored:
            with suppress(OSError):
                default_storage.delete(name)
        # A signal that arrived while blocked is delivered here, after the files are gone.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
        raise
    return summary


def _check_references() -> None:
    """InvalidInput where a row refers to one that is missing, which COMMIT would find too late to
    name."""
    try:
        connection.check_constraints()
    except IntegrityError as problem:
        raise InvalidInput(
            "The backup has rows that refer to missing rows. Nothing was restored."
        ) from problem


def _store_file(archive: zipfile.ZipFile, member: str, name: str, digest: str) -> bool:
    """Store a file under its own name; whether it was not there. Conflict where another has that
    name."""
    # A restore that was killed has left files; the same bytes are kept as they are.
    if default_storage.exists(name):
        with default_storage.open(name, "rb") as held:
            found = sha256()
            while chunk := held.read(CHUNK):
                found.update(chunk)
        if found.hexdigest() != digest:
            raise Conflict(
                f"The file storage already has a different file named {name}; use an empty "
                "MEDIA_ROOT."
            )
        return False
    with archive.open(member) as source:
        given = default_storage.save(name, File(source, name=name))
    # Storages change names that they do not accept; rows would refer to a missing file.
    if given != name:
        default_storage.delete(given)
        raise Conflict(f"The file storage did not accept {name}; use an empty MEDIA_ROOT.")
    return True


def _empty(tables: list[BackupTable]) -> None:
    with connection.cursor() as cursor:
        left_out = LEFT_OUT & set(
            connection.introspection.table_names(cursor)
        )  # an old schema may lack it
        names = [f'"{name}"' for name in (*(table.name for table in tables), *sorted(left_out))]
        if is_postgresql():
            # In one statement: tables that refer to each other cannot be truncated one by one.
            cursor.execute(f"TRUNCATE {', '.join(names)}")
        else:
            for name in names:
                cursor.execute(f"DELETE FROM {name}")


@contextmanager
def _refused_when_unfit(table: BackupTable) -> Iterator[None]:
    """Say which table has rows that it cannot take; a fault of the database or the disk stays what
    it is."""
    try:
        yield
    except Exception as problem:
        unfit = isinstance(
            problem, ValueError | TypeError | IndexError | AttributeError | OverflowError
        )
        # Of whichever driver: the rows go around Django's wrappers.
        names = {kind.__name__ for kind in type(problem).__mro__}
        if not unfit and not names & {"DataError", "IntegrityError", "ProgrammingError"}:
            raise
        raise InvalidInput(
            f"The backup has rows that {table.name} cannot take. Nothing was restored."
        ) from problem


def _load(archive: zipfile.ZipFile, table: BackupTable, said: dict[str, Any]) -> int:
    """Load a table; the columns stand in the order of the archive, the kinds are this schema's."""
    # The archive's own kinds are not trusted: they decide how values are converted.
    kinds = dict(zip(table.columns, table.kinds, strict=True))
    columns = ", ".join(f'"{column}"' for column in said["columns"])
    convert = inward([kinds[column] for column in said["columns"]])
    count = 0
    with archive.open(f"tables/{table.name}.jsonl") as source:
        rows = (
            # With a limit: a line without end would be read into memory as a whole.
            convert(orjson.loads(line))
            for line in iter(lambda: source.readline(MAX_LINE), b"")
        )
        if is_postgresql():
            with (
                connection.cursor() as cursor,
                # COPY is many times faster than INSERT, and needs no parameters.
                cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as copy,
            ):
                for row in rows:
                    copy.write_row(row)
                    count += 1
        else:
            marks = ", ".join("?" * len(said["columns"]))
            for block in _blocks(rows):
                connection.connection.executemany(
                    f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})', block
                )
                count += len(block)
    # The digest proves the bytes; this proves that the writer finished the table.
    if count != said["rows"]:
        raise InvalidInput(
            f"{table.name}: the backup says {said['rows']} rows and has {count}. Nothing was "
            "restored."
        )
    return count


def _blocks(rows: Iterator[list[Any]]) -> Iterator[list[list[Any]]]:
    while block := list(islice(rows, ROWS)):
        yield block
