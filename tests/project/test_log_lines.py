"""No line of the log carries what a driver says of rows, nor a secret, whatever went wrong."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError, IntegrityError, connection, transaction

from records.models import Workspace
from records_project.log_lines import LineFormatter

SECRET = "canary-4711"
URL = f"postgres://records:{SECRET}@127.0.0.1:1/records"


def unique_violation() -> None:
    """PostgreSQL says: DETAIL: Key (slug)=(…) already exists."""
    with transaction.atomic():
        for _ in range(2):
            Workspace.objects.create(name=SECRET, slug=SECRET)


def bad_value() -> None:
    """PostgreSQL quotes the value; SQLite the identifier that it takes it for."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT \"{SECRET}\".x + CAST('{SECRET}' AS integer)")


def failing_row() -> None:
    """PostgreSQL says: DETAIL: Failing row contains (…)."""
    with transaction.atomic():
        Workspace.objects.create(name=SECRET, slug=None)  # type: ignore[misc]


def no_connection() -> None:
    import psycopg

    psycopg.connect(f"{URL}?connect_timeout=1&nonsense={SECRET}")


def told_on() -> None:
    """Somebody else makes a driver's text their own."""
    try:
        unique_violation()
    except DatabaseError as error:
        raise RuntimeError(
            f"{type(error).__name__}\nDETAIL:  Key (slug)=({SECRET}) already exists."
        ) from error


def in_a_connection_string() -> None:
    raise ValueError(f"cannot parse {URL}")


def in_a_group() -> None:
    try:
        unique_violation()
    except DatabaseError as error:
        raise ExceptionGroup("several", [error]) from None


FAULTS = [
    unique_violation,
    bad_value,
    failing_row,
    no_connection,
    told_on,
    in_a_connection_string,
    in_a_group,
]
LOGGED: list[Callable[[logging.Logger, Exception], None]] = [
    lambda log, error: log.error("It failed", exc_info=error),
    lambda log, error: log.error("It failed: %s", error),
    lambda log, error: log.error(error),
]


@pytest.mark.django_db
@pytest.mark.parametrize("log", LOGGED, ids=["traceback", "argument", "message"])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_an_error_is_logged_without_what_it_was_about(
    fault: Callable[[], None], log: Callable[[logging.Logger, Exception], None]
) -> None:
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler = Kept()
    handler.setFormatter(LineFormatter("{levelname} {message}", style="{"))
    logger = logging.getLogger("a logger of this test")
    logger.propagate = False
    logger.addHandler(handler)
    with pytest.raises(Exception) as raised:  # noqa: PT011 - whatever it is
        fault()

    try:
        log(logger, raised.value)
    finally:
        logger.removeHandler(handler)

    assert len(lines) == 1
    assert lines[0].startswith("ERROR ")
    assert SECRET not in lines[0]


@pytest.mark.django_db
def test_a_traceback_still_says_where_and_by_which_code() -> None:
    with pytest.raises(IntegrityError) as raised:
        unique_violation()

    text = LineFormatter().formatException(
        (IntegrityError, raised.value, raised.value.__traceback__)
    )

    assert "in unique_violation" in text
    code = "SQLITE_CONSTRAINT_UNIQUE" if connection.vendor == "sqlite" else "23505"
    assert f"django.db.utils.IntegrityError: {code}" in text
    assert "The above exception was the direct cause of the following exception:" in text


def test_a_name_in_the_log_is_not_taken_for_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "PASSWORD", "records")
    record = logging.LogRecord(
        "records.somewhere", logging.ERROR, "", 0, "password records", (), None
    )

    assert (
        LineFormatter("{name}: {message}", style="{").format(record)
        == "records.somewhere: password ***"
    )


def test_every_handler_writes_such_lines() -> None:
    kinds = {each.get("()") for each in settings.LOGGING["formatters"].values()}

    assert kinds == {"records_project.log_lines.LineFormatter"}
    assert {each["formatter"] for each in settings.LOGGING["handlers"].values()} == {"line"}


@pytest.mark.parametrize("options", [[], ["--all"], ["--output", "unified"]])
def test_a_list_of_settings_shows_no_secret(tmp_path: Path, options: list[str]) -> None:
    word = "another-canary-4712-which-is-long-enough-to-sign-with-it"
    environment = {
        "PATH": "/usr/bin:/bin",
        "RECORDS_ENV": "demo",
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": word,
        "EXTERNAL_SECRET_KEYS": f"{word}-first,{word}-second",
        "DATABASE_URL": URL,
    }
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "diffsettings", *options]

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)

    assert "SECRET_KEY = '***'" in done.stdout
    assert "'NAME': 'records'" in done.stdout
    assert word not in done.stdout
    assert SECRET not in done.stdout
