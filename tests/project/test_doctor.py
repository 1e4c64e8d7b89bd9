"""The doctor names what is wrong with a deployment, and never a secret."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from pytest_django import Settings

from records.services.jobs.beats import beat, forget_beats
from records_project.doctor import Finding, examine
from records_project.doctor.settings import misspelled
from tests.databases import MANAGE
from tests.own_postgres import own_cluster
from tests.serving import free_port

WORD = "canary-word-7351"


@pytest.fixture(autouse=True)
def _storage(tmp_path: Path, settings: Settings) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.DATA_DIR = tmp_path


def found(check: str) -> list[Finding]:
    return [each for each in examine("") if each.check == check]


@pytest.mark.django_db
def test_without_a_worker_it_says_how_to_start_one() -> None:
    (finding,) = found("workers")

    assert finding.status == "failed"
    assert "manage.py worker" in finding.said


@pytest.mark.django_db
def test_a_worker_that_beats_is_alive_until_it_ends() -> None:
    beat("here:1")
    beat("here:1")
    beat("there:1")
    alive = found("workers")
    forget_beats("here:1")
    forget_beats("there:1")

    assert [(each.status, each.said) for each in alive] == [("ok", "2 worker(s) alive.")]
    assert [each.status for each in found("workers")] == ["failed"]


@pytest.mark.django_db
def test_migrations_that_are_missing_fail() -> None:
    MigrationRecorder(connection).record_unapplied("sessions", "0001_initial")

    (finding,) = found("migrations")

    assert (finding.status, "manage.py migrate" in finding.said) == ("failed", True)


@pytest.mark.django_db
def test_a_storage_that_cannot_be_written_fails(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "file").write_text("no folder")
    settings.MEDIA_ROOT = str(tmp_path / "file")

    (finding,) = found("storage")

    assert finding.status == "failed"
    assert str(tmp_path / "file") in finding.said


@pytest.mark.django_db
def test_the_storage_is_left_as_it_was(tmp_path: Path) -> None:
    (finding,) = found("storage")

    assert finding.status == "ok"
    assert [path for path in (tmp_path / "media").rglob("*") if path.is_file()] == []


@pytest.mark.django_db
def test_no_limit_on_statements_is_a_warning() -> None:
    (finding,) = found("time_limit")

    assert finding.status == "warning"
    assert "STATEMENT_SECONDS" in finding.said


@pytest.mark.django_db
def test_the_proxy_is_not_checked_without_an_address() -> None:
    (finding,) = found("proxy")

    assert finding.status == "skipped"
    assert "--url" in finding.said


@pytest.mark.django_db
def test_a_proxy_that_cannot_be_reached_fails() -> None:
    (finding,) = [
        each for each in examine(f"https://127.0.0.1:{free_port()}") if each.check == "proxy"
    ]

    assert finding.status == "failed"
    assert "cannot be reached" in finding.said


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("RECORD_ENV", "RECORDS_ENV"),
        ("ALLOWED_HOST", "ALLOWED_HOSTS"),
        ("DATABASE_URI", "DATABASE_URL"),
    ],
)
def test_a_misspelled_variable_is_named(name: str, meant: str) -> None:
    (said,) = misspelled({name: "a value"})

    assert name in said
    assert meant in said
    assert "a value" not in said


@pytest.mark.parametrize(
    "name", ["PATH", "AWS_PROFILE", "HOSTNAME", "DJANGO_SETTINGS_MODULE", "PYTHONPATH"]
)
def test_a_variable_of_others_is_left_alone(name: str) -> None:
    assert list(misspelled({name: "a value"})) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("mode", "said"), [("*", "ALLOWED_HOSTS is *"), ("x", "HTTPS_ONLY is false")]
)
def test_what_suits_a_trial_only_is_a_warning(settings: Settings, mode: str, said: str) -> None:
    settings.RECORDS_ENV = "production"
    settings.ALLOWED_HOSTS = [mode]
    settings.HTTPS_ONLY = False

    warnings = [each.said for each in found("settings") if each.status == "warning"]

    assert any(said in warning for warning in warnings)


def doctor(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MANAGE, "doctor", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_unsafe_postgres_is_named_and_no_secret_is_shown(tmp_path: Path) -> None:
    unsafe = ("-c synchronous_commit=off", "-c full_page_writes=off", "-c autovacuum=off")
    with own_cluster(*unsafe, migrated=True) as cluster:
        environment = {
            **os.environ,
            "RECORDS_ENV": "demo",
            "SECRET_KEY": WORD,
            "EXTERNAL_SECRET_KEYS": f"{WORD}-2",
            "DATABASE_URL": cluster.url.replace("postgres@", f"postgres:{WORD}@"),
            "DATA_DIR": str(tmp_path),
        }
        done, text = doctor(environment, "--json"), doctor(environment)

    checks = json.loads(done.stdout)["checks"]
    failures = {each["said"].split()[0] for each in checks if each["status"] == "failed"}
    assert {"fsync", "synchronous_commit", "full_page_writes", "autovacuum"} <= failures
    assert (done.returncode, text.returncode) == (1, 1)
    assert len(text.stdout.splitlines()) == len(checks)
    assert WORD not in done.stdout + done.stderr + text.stdout + text.stderr


def test_a_database_that_is_away_is_one_failure(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "RECORDS_ENV": "demo",
        "DATABASE_URL": f"postgres://me:{WORD}@127.0.0.1:1/records",
        "DATA_DIR": str(tmp_path),
    }

    done = doctor(environment, "--json")

    result = json.loads(done.stdout)
    status = {each["check"]: each["status"] for each in result["checks"]}
    assert (done.returncode, result["ok"], status["database"]) == (1, False, "failed")
    assert {status[name] for name in ("migrations", "time_limit", "clock", "workers")} == {
        "skipped"
    }
    assert WORD not in done.stdout + done.stderr


@pytest.mark.django_db
def test_a_limit_that_does_not_reach_the_database_fails(settings: Settings) -> None:
    # As behind a pooler that drops the option: the connection of the tests was opened without a
    # limit.
    settings.STATEMENT_SECONDS = 7.0

    (finding,) = found("time_limit")

    # SQLite has no server that could forget it.
    assert finding.status == ("ok" if connection.vendor == "sqlite" else "failed")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("seconds", "status"), [(0, "ok"), (5, "warning"), (-5, "warning"), (60, "failed")]
)
def test_clocks_that_differ_are_noticed(seconds: int, status: str) -> None:
    connection.ensure_connection()
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds)):
        (finding,) = found("clock")

    # A file has the clock of its machine.
    assert finding.status == ("ok" if connection.vendor == "sqlite" else status)
