"""The schema grows under data and under writers, and a migration that is killed goes on when it is run again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from django.conf import settings
from django.db import connection

from records import migrations
from records.migrations import _locking
from tests.serving import MANAGE, own_database

from .upgrading import RECORDS

ROUNDS = 6
BEFORE_LEDGER_AND_RECORDS = "0003"  # the migrations after it change both tables


def run(environment: Mapping[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False, timeout=120
    )


def manage(environment: Mapping[str, str], *command: str) -> str:
    done = run(environment, *MANAGE, *command)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def old_database(url: str) -> tuple[dict[str, str], int]:
    """A database of the first schema with data in it: the environment of its commands, and the key of a record."""
    environment = {**os.environ, "RECORDS_ENV": "test", "DATABASE_URL": url}
    manage(environment, "migrate", "records", "0001", "--verbosity", "0")
    seeded = run(environment, sys.executable, "-m", "tests.management.upgrading", "seed")
    assert seeded.returncode == 0, seeded.stderr
    return environment, int(seeded.stdout)


@pytest.mark.parametrize("statement", [1, 12, 40, 75])
def test_a_migration_that_is_killed_goes_on_when_it_is_run_again(tmp_path: Path, statement: int) -> None:
    with own_database(tmp_path) as url:
        environment, _ = old_database(url)
        killed = run(environment, sys.executable, "-m", "tests.management.upgrading", "kill", str(statement))
        assert killed.returncode == -signal.SIGKILL, killed.stderr

        manage(environment, "migrate", "--verbosity", "0")

        manage(environment, "migrate", "--check")
        assert manage(environment, "check_records") == "Documents, index and ledger agree.\n"
        counted = "from records.models import Record; print(Record.objects.count(), Record.history.count())"
        assert manage(environment, "shell", "--no-imports", "-c", counted) == f"{RECORDS} {RECORDS}\n"


def test_migrations_and_writes_of_a_hot_record_do_not_deadlock(tmp_path: Path) -> None:
    with own_database(tmp_path) as url:
        environment, record = old_database(url)
        if connection.vendor == "sqlite":  # one writes at a time there: the migration alone must pass
            manage(environment, "migrate", "--verbosity", "0")
            return
        for _ in range(ROUNDS):
            manage(environment, "migrate", "records", BEFORE_LEDGER_AND_RECORDS, "--verbosity", "0")
            assert migrate_under_writers(environment, record) > 0


def migrate_under_writers(environment: Mapping[str, str], record: int) -> int:
    """Migrate while three processes write the record; how many writes were stored, none of which failed."""
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
        for _ in range(3)
    ]
    try:
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "writing\n"
        manage(environment, "migrate", "--verbosity", "0")
    finally:
        ended = [writer.communicate() for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0, 0], ended
    return min(int(printed) for printed, _ in ended)


def test_every_migration_takes_its_locks_in_the_order_of_writes() -> None:
    names = [module.name for module in iter_modules(migrations.__path__) if module.name[:4] > "0001"]
    numbered = [name for name in names if name[0].isdigit()]
    loaded = {name: import_module(f"records.migrations.{name}").Migration for name in numbered}

    assert [name for name, made in loaded.items() if not issubclass(made, _locking.Migration)] == []
