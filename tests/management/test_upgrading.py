"""The schema grows under data and under writers, and a migration that is killed goes on when it is
run again."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from django.conf import settings
from django.db import connection

from records import migrations
from records.migrations import _locking
from tests.databases import own_database

from .old_databases import AGREED, manage, old_database, upgrading
from .schemas import schema_of
from .upgrading import RECORDS

ROUNDS = 6
KILLED_BEFORE = (1, 12, 25, 40)  # each counted from where the one before was killed


def test_a_migration_that_is_killed_goes_on_when_it_is_run_again(tmp_path: Path) -> None:
    with own_database(tmp_path) as url:
        environment, _ = old_database(url)

        ended = upgrading(environment, "kill", *map(str, KILLED_BEFORE))

        assert ended.split() == [str(-signal.SIGKILL)] * len(KILLED_BEFORE)
        counted = (
            "from records.models import Record; print(Record.objects.count(), "
            "Record.history.count())"
        )
        assert manage(
            environment,
            ["migrate", "--verbosity", "0"],
            ["migrate", "--check"],
            ["check_records"],
            ["shell", "--no-imports", "-c", counted],
        ) == ["", "", AGREED, f"{RECORDS} {RECORDS}\n"]
        with own_database(tmp_path / "new", "tables") as new:
            # New databases are made by a squashed migration, old ones by each of those it replaces.
            assert schema_of(url) == schema_of(new)


def test_migrations_and_writes_of_a_hot_record_do_not_deadlock(tmp_path: Path) -> None:
    with own_database(tmp_path) as url:
        environment, record = old_database(url)
        if (
            connection.vendor == "sqlite"
        ):  # one writes at a time there: the migrations alone must pass
            upgrading(environment, "rounds", "1")
        else:
            assert migrate_under_writers(environment, record) > 0
        assert manage(environment, ["check_records"]) == [AGREED]


def migrate_under_writers(environment: Mapping[str, str], record: int) -> int:
    """Migrate while two processes write the record; the least that one stored, and no write may
    fail."""
    command = [sys.executable, "-m", "tests.management.hot_writes", str(record)]
    writers = [
        subprocess.Popen(
            command,
            env=environment,
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    try:
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "writing\n"
        upgrading(environment, "rounds", str(ROUNDS))
    finally:
        ended = [writer.communicate() for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], ended
    return min(int(printed) for printed, _ in ended)


def test_every_migration_takes_its_locks_in_the_order_of_writes() -> None:
    names = [
        module.name for module in iter_modules(migrations.__path__) if module.name[:4] > "0001"
    ]
    numbered = [name for name in names if name[0].isdigit()]
    loaded = {name: import_module(f"records.migrations.{name}").Migration for name in numbered}

    assert [name for name, made in loaded.items() if not issubclass(made, _locking.Migration)] == []
