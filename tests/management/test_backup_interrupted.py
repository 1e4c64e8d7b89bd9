"""A backup or restore that is stopped leaves nothing half done, and can be run again."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from records.exceptions import InvalidInput
from records.services.backup.restoring import restore
from tests.databases import MANAGE, own_database

from .old_databases import AGREED, manage, run_module
from .test_backup import environment_of, files_in, manifest_of, state_of, tables_in
from .upgrading import RECORDS

ALL_ROWS_STORED = (
    "DELETE FROM sqlite_sequence" if connection.vendor == "sqlite" else "SELECT setval"
)
MIGRATING = 'CREATE TABLE "records_record"'


@dataclass(frozen=True)
class Filled:
    """A database with something in each store, and a backup of it."""

    environment: dict[str, str]
    media: Path
    whole: Path

    def stored(self) -> list[Path]:
        """The files, in the order in which a backup reads them."""
        return [self.media / name for name in manifest_of(self.whole)["files"].values()]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    folder = tmp_path_factory.mktemp("filled")
    with own_database(folder, "tables") as url:
        environment = environment_of(url, folder / "media")
        run_module(environment, "tests.management.backing_up", "fill")
        manage(environment, ["backup", str(folder / "whole.zip")])
        yield Filled(environment, folder / "media", folder / "whole.zip")


@contextlib.contextmanager
def half_way(filled: Filled, file: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A backup that has written the tables and a file, and waits for what is written to the
    descriptor."""
    pipe = filled.stored()[1]
    content = pipe.read_bytes()
    pipe.unlink()
    os.mkfifo(pipe)
    try:
        with subprocess.Popen(
            [
                "env",
                "--default-signal=INT",
                *MANAGE,
                "backup",
                str(file),
            ],  # what started us may ignore Ctrl-C
            env=filled.environment,
            cwd=settings.BASE_DIR,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process, opened_by_both(pipe, process)
            finally:
                process.kill()
    finally:
        pipe.unlink()
        pipe.write_bytes(content)


def opened_by_both(pipe: Path, process: subprocess.Popen[str]) -> int:
    """A descriptor of the pipe, once the process reads it."""
    while True:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # nobody reads it
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.05)
                raise AssertionError(process.communicate()) from None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_backup_that_is_stopped_removes_what_it_wrote(
    filled: Filled, tmp_path: Path, number: signal.Signals
) -> None:
    with half_way(filled, tmp_path / "backup.zip") as (process, pipe):
        process.send_signal(number)
        assert process.wait(timeout=60) == 128 + number
        os.close(pipe)
    assert list(tmp_path.iterdir()) == []


def test_a_backup_that_is_killed_leaves_nothing_that_looks_whole(
    filled: Filled, tmp_path: Path
) -> None:
    with half_way(filled, tmp_path / "backup.zip") as (process, pipe):
        process.kill()
        process.wait(timeout=60)
        os.close(pipe)
    (left,) = tmp_path.iterdir()
    assert left.name == f".backup.zip.partial-{process.pid}"
    with pytest.raises(InvalidInput, match=r"is not a complete backup.*Nothing was restored\.$"):
        restore(left)


def test_a_file_that_vanishes_is_left_out_and_reported(filled: Filled, tmp_path: Path) -> None:
    gone = filled.stored()[2]
    content, name = gone.read_bytes(), str(gone.relative_to(filled.media))
    with half_way(filled, tmp_path / "backup.zip") as (process, pipe):
        gone.unlink()
        os.write(pipe, b"written while the backup runs")
        os.close(pipe)
        _, told = process.communicate(timeout=60)
    gone.write_bytes(content)
    assert process.returncode == 0, told
    assert told == f"1 files were no longer stored, among them {name}.\n"
    assert manifest_of(tmp_path / "backup.zip")["missing"] == [name]


def kill(environment: Mapping[str, str], start: str, *command: str) -> None:
    killed = subprocess.run(
        [sys.executable, "-m", "tests.management.backing_up", "kill", start, *command],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr


def test_a_restore_that_is_killed_leaves_the_database_as_it_was(
    filled: Filled, tmp_path: Path
) -> None:
    manage(filled.environment, ["create_workspace", "New", "--email", "new@example.com"])
    before, stored = state_of(filled.environment), files_in(filled.media)

    kill(filled.environment, ALL_ROWS_STORED, "restore", str(filled.whole), "--replace")

    assert state_of(filled.environment) == before
    assert files_in(filled.media) == stored
    again = str(tmp_path / "again.zip")
    done = manage(
        filled.environment,
        ["check_records"],
        ["restore", str(filled.whole), "--replace"],
        ["backup", again],
    )
    assert done[0] == AGREED
    assert tables_in(Path(again)) == tables_in(filled.whole)


def test_a_restore_that_is_stopped_says_what_it_has_left(filled: Filled) -> None:
    said = (
        "Stopped. Nothing was restored: the database holds what it held. Run the command again.\n"
    )
    command = ["restore", str(filled.whole), "--replace"]
    stopped = subprocess.run(
        [sys.executable, "-m", "tests.management.backing_up", "stop", ALL_ROWS_STORED, *command],
        env=filled.environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert (stopped.returncode, stopped.stderr) == (128 + signal.SIGTERM, said)
    assert manage(filled.environment, command, ["check_records"])[1] == AGREED


def test_a_backup_of_the_oldest_schema_is_restored_and_migrated(tmp_path: Path) -> None:
    new, file = tmp_path / "new", str(tmp_path / "old.zip")
    new.mkdir()
    with own_database(tmp_path) as url, own_database(new) as url_new:
        old, environment = (
            environment_of(url, tmp_path / "media"),
            environment_of(url_new, new / "media"),
        )
        run_module(old, "tests.management.upgrading", "seed")
        manage(old, ["backup", file])
        for start in (MIGRATING, ALL_ROWS_STORED):  # and again: the empty database is continued
            kill(environment, start, "restore", file)

        done = manage(environment, ["restore", file], ["migrate", "--check"], ["check_records"])

        assert done[2] == AGREED
        counted = (
            "from records.models import Record; print(Record.objects.count(), "
            "Record.history.count())"
        )
        assert manage(environment, ["shell", "--no-imports", "-c", counted]) == [
            f"{RECORDS} {RECORDS}\n"
        ]


def test_a_database_with_data_is_replaced_only_when_told(filled: Filled) -> None:
    before = state_of(filled.environment)
    refused = subprocess.run(
        [*MANAGE, "restore", str(filled.whole)],
        env=filled.environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 2
    assert "is not empty" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert state_of(filled.environment) == before
