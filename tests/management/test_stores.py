"""Deleting for good reaches every copy of a value: each store of the register is filled, emptied
and looked at."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, models

from records.services.retention.stores import OTHER_TABLES, STORES
from tests.databases import (
    copy_file,
    environment_on,
    folder_made_once,
    own_database,
    url_of_file,
)
from tests.management.spilling import WAYS
from tests.planting import CANARY, PLANTS

NAMES = [store.name for store in STORES]
Seen = dict[str, dict[str, list[str]]]


@pytest.fixture(scope="module")
def seen() -> Seen:
    """Where the text was found at each stage, for each store, in a database and folders of its
    own."""
    _, printed = folder_made_once("planted_stores", planted)
    seen: Seen = json.loads(printed)
    return seen


def planted(folder: Path) -> str:
    for name in ("data", "tmp"):
        (folder / name).mkdir()
    with own_database(folder, "tables") as url:
        environment = {
            **os.environ,
            "RECORDS_ENV": "test",
            "DATABASE_URL": url,
            "DATA_DIR": str(folder / "data"),
            "MEDIA_ROOT": str(folder / "media"),
            "TMPDIR": str(folder / "tmp"),
        }
        done = subprocess.run(
            [sys.executable, "-m", "tests.planting", str(folder)],
            env=environment,
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_store_is_tried() -> None:
    assert list(PLANTS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_value_leaves_the_store(seen: Seen, name: str) -> None:
    (store,) = [store for store in STORES if store.name == name]
    found = seen[name]
    expected = set(store.tables) & set(found["planted"])
    if store.tables and name != "command reports":
        assert expected, f"nothing was planted in {store.tables}, but in {found['planted']}"
    for folder in store.folders:
        assert any(f"/{folder}/" in file for file in found["planted"]), found["planted"]
    assert found["swept"] == []


def test_where_the_text_was_planted(seen: Seen) -> None:
    assert "refused.csv" in seen["command reports"]["planted"]
    assert "records_importupload" in seen["uploads"]["planted"]
    assert "records_importupload" not in seen["uploads"]["deleted"]
    if connection.vendor == "sqlite":
        assert {"records.sqlite3-wal"} <= set(seen["log of SQLite"]["planted"])
        assert seen["log of SQLite"]["deleted"] == []
    else:
        assert "pg_stats" in seen["statistics of PostgreSQL"]["deleted"]


@pytest.mark.parametrize(
    "name", ["records", "files", "answers", "refused rows", "command reports", "log of SQLite"]
)
def test_some_are_empty_at_once(seen: Seen, name: str) -> None:
    assert [where for where in seen[name]["deleted"] if where != "pg_stats"] == []


@pytest.mark.parametrize("name", [store.name for store in STORES if store.sweep is not None])
def test_time_alone_empties_the_store(seen: Seen, name: str) -> None:
    """What was planted was of no record that was deleted."""
    (store,) = [store for store in STORES if store.name == name]
    left = seen[name]["stray"]
    assert not set(store.tables) & set(left), left
    assert not [
        where for where in left if any(f"/{folder}/" in where for folder in store.folders)
    ], left


# ---------------------------------------------------------------- the register is whole

TEXTS = (models.TextField, models.CharField, models.JSONField, models.BinaryField, models.FileField)


def _may_hold_values(model: type[models.Model]) -> bool:
    """Whether rows have a column for free text, documents or bytes."""
    return any(
        isinstance(field, TEXTS) and not field.choices for field in model._meta.concrete_fields
    )


def test_every_table_with_text_is_in_the_register() -> None:
    tables = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if _may_hold_values(model)
    }
    registered = {table for store in STORES for table in store.tables}
    assert not tables - registered - set(OTHER_TABLES), (
        "say in records/services/stores.py what they hold"
    )
    assert not registered & set(OTHER_TABLES)
    existing = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    assert registered | set(OTHER_TABLES) <= existing


def _python_files() -> list[Path]:
    return [
        file
        for name in ("records", "records_project")
        for file in (settings.BASE_DIR / name).rglob("*.py")
    ]


def _calls(file: Path) -> Iterator[ast.Call]:
    yield from (
        node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)
    )


def _saved_folder(call: ast.Call) -> str | None:
    """The folder that a call stores a file in; `?` where that cannot be read off."""
    if ast.unparse(call.func) not in ("default_storage.save", "store_file"):
        return None
    name: Any = call.args[0]
    if isinstance(name, ast.JoinedStr) and isinstance(name.values[0], ast.Constant):
        return str(name.values[0].value).split("/")[0]
    return "?"


def test_every_folder_of_the_storage_is_in_the_register() -> None:
    saved = {
        (file.name, folder)
        for file in _python_files()
        for call in _calls(file)
        if (folder := _saved_folder(call))
    }
    # They store a report, and what a backup has, under the name it had; one stores for others; the
    # doctor tries the storage and cleans up.
    known = {(name, "?") for name in ("erased_copies.py", "restoring.py", "stored_files.py")}
    assert saved - known - {("storage.py", "doctor")} == {
        ("attachments.py", "attachments"),
        ("free_uploads.py", "attachments"),
        ("uploads.py", "imports"),
        ("import_jobs.py", "imports"),
        ("stored_files.py", "holds"),  # empty files
    }
    assert {folder for _, folder in saved} - {"?", "holds", "doctor"} <= {
        folder for store in STORES for folder in store.folders
    }


LOCAL = {
    "demo.py": "the demo's credentials, in DATA_DIR",
    "secret_key.py": "a key, in DATA_DIR",
    "report.py": "reports of import_records, where the command was told to",
    "erased_copies.py": "the same reports, without the rows of what was deleted",
    "settings.py": "the folder of SQLite's database",
    "reference.py": "docs/configuration.md and .env.example, when a developer asks for them",
    "archiving.py": "a backup, where the operator wants it",
    "workbooks.py": "an entry of an archive, which is a file without a name",
}


WRITES = {"write_text", "write_bytes", "mkdir", "makedirs", "touch"}
NAMED = {"NamedTemporaryFile", "TemporaryDirectory", "mkdtemp", "mkstemp"}


def _writes_locally(call: ast.Call) -> bool:
    """Whether a call writes to a path, or makes a temporary file that has a name."""
    if isinstance(call.func, ast.Name) and call.func.id != "open":
        return call.func.id in NAMED
    name = call.func.attr if isinstance(call.func, ast.Attribute) else "open"
    modes = {arg.value for arg in call.args if isinstance(arg, ast.Constant)}
    return name in WRITES | NAMED or (
        name == "open" and bool(modes & {"w", "wb", "a", "ab", "x", "xb", "r+b"})
    )


def test_nothing_else_is_written_to_a_local_path() -> None:
    """Temporary files have no names: a process that is killed leaves none."""
    found = {
        file.name for file in _python_files() for call in _calls(file) if _writes_locally(call)
    }
    assert found == set(LOCAL)


def test_the_text_is_no_word_of_ours() -> None:
    assert not [file for file in _python_files() if CANARY in file.read_text()]


@pytest.mark.parametrize("way", list(WAYS))
def test_a_process_that_is_killed_leaves_nothing_in_the_temporary_folder(
    tmp_path: Path, way: str
) -> None:
    temporary, file = tmp_path / "tmp", tmp_path / "records.sqlite3"
    temporary.mkdir()
    copy_file(file, "tables")
    environment = environment_on(url_of_file(file), TMPDIR=str(temporary))
    command = [sys.executable, "-m", "tests.management.spilling", way]
    done = subprocess.run(
        command, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
    )
    assert done.returncode == -9, done.stderr
    assert list(temporary.rglob("*")) == []
