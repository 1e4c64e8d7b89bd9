"""The database: reachable, migrated, limited, durable, and by the same clock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import connection

from records_project.faults import of_tables, where

from .findings import Finding, failed, ok, warning

OLDEST = 13
SKEW_SECONDS = 2.0
ROWS_WORTH_STATISTICS = 1000


def database() -> Iterator[Finding]:
    """Connect, and see that the server is one that Records works with."""
    started = time.perf_counter()
    ask("SELECT 1")
    milliseconds = (time.perf_counter() - started) * 1000
    if connection.vendor == "sqlite":
        yield ok(
            f"SQLite {ask('SELECT sqlite_version()')} opens "
            f"{settings.DATABASES['default']['NAME']}."
        )
        return
    parameters = server_parameters()
    version = int(parameters["server_version_num"]) // 10_000
    if version < OLDEST:
        yield failed(f"This is PostgreSQL {version}. Upgrade it to {OLDEST} or newer.")
    if parameters["server_encoding"] != "UTF8":
        yield failed(
            f"Its encoding is {parameters['server_encoding']}. Create the database with "
            "ENCODING 'UTF8'."
        )
    if parameters["transaction_read_only"] == "on":
        yield failed("It is read-only. Connect to the primary server, not to a standby.")
    yield ok(f"PostgreSQL {version}, database {where()}, answers in {milliseconds:.0f} ms.")


def migrations() -> Iterator[Finding]:
    """Compare the tables with those of this version."""
    said = of_tables()
    yield failed(said) if said else ok("All migrations are applied.")


def time_limit() -> Iterator[Finding]:
    """See that the limit on statements that `serve` asks for reaches the database."""
    seconds = settings.STATEMENT_SECONDS
    if not seconds:
        yield warning(
            "STATEMENT_SECONDS is 0, so one slow search can hold a thread for ever. Set it to 5."
        )
        return
    if connection.vendor == "postgresql":
        given = int(server_parameters()["statement_timeout"]) / 1000
        if abs(given - seconds) > 0.001:
            said = (
                f"STATEMENT_SECONDS is {seconds:g}, but the database limits statements to "
                f"{given:g} s (0: no limit)."
            )
            yield failed(f"{said} A pooler drops it: see PgBouncer in docs/deployment.md.")
            return
    yield ok(f"`serve` stops statements after {seconds:g} s.")


def durability() -> Iterator[Finding]:
    """See that what was acknowledged outlives a power cut."""
    if connection.vendor == "sqlite":
        yield from durability_of_sqlite()
        return
    parameters = server_parameters()
    unsafe = [
        each
        for each in ("fsync", "synchronous_commit", "full_page_writes")
        if parameters[each] == "off"
    ]
    for parameter in unsafe:
        yield failed(
            f"{parameter} is off, so a crash can lose or damage records. Turn it on in "
            "postgresql.conf."
        )
    if not unsafe:
        yield ok("fsync, synchronous_commit and full_page_writes are on.")


def durability_of_sqlite() -> Iterator[Finding]:
    """See that our own settings of SQLite took hold: a network share, for one, cannot have a
    write-ahead log."""
    journal, synchronous = ask("PRAGMA journal_mode"), ask("PRAGMA synchronous")
    if journal != "wal" or synchronous != 2:
        said = (
            f"journal_mode is {journal} and synchronous {synchronous}, where wal and 2 are "
            "expected."
        )
        yield failed(f"{said} Move the database to a local disk.")
    else:
        yield ok("Each commit is written through to the disk (WAL, synchronous=FULL).")


def autovacuum() -> Iterator[Finding]:
    """See that the planner's statistics are looked after."""
    if connection.vendor == "sqlite":
        yield ok("SQLite needs none.")
        return
    parameters = server_parameters()
    off = [each for each in ("autovacuum", "track_counts") if parameters[each] == "off"]
    for parameter in off:
        yield failed(f"{parameter} is off, so searches become slow. Turn it on in postgresql.conf.")
    if tables := never_analysed():
        yield warning(f"Never analysed: {', '.join(tables)}. Run ANALYZE in the database once.")
    elif not off:
        yield ok("It is on, and no large table lacks statistics.")


def clock() -> Iterator[Finding]:
    """Compare the database's clock with ours: leases and expiries are compared between machines."""
    if connection.vendor == "sqlite":
        yield ok("The database has the clock of this machine.")
        return
    before = datetime.now(UTC)
    theirs: datetime = ask("SELECT clock_timestamp()")
    after = datetime.now(UTC)
    skew = max((before - theirs).total_seconds(), (theirs - after).total_seconds(), 0.0)
    said = f"This machine's clock and the database's differ by {skew:.1f} s."
    if skew > settings.JOB_LEASE_SECONDS / 4:
        yield failed(f"{said} Jobs will be taken from working workers. Synchronise both with NTP.")
    elif skew > SKEW_SECONDS:
        yield warning(f"{said} Synchronise both with NTP.")
    else:
        yield ok(said)


def never_analysed() -> list[str]:
    """Return the tables with many rows and no statistics."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_stat_user_tables WHERE n_live_tup >= %s AND last_analyze "
            "IS NULL AND last_autoanalyze IS NULL ORDER BY relname",
            [ROWS_WORTH_STATISTICS],
        )
        return [name for (name,) in cursor.fetchall()]


def server_parameters() -> dict[str, str]:
    """Return the settings of our session that the checks look at."""
    names = [
        "autovacuum",
        "fsync",
        "full_page_writes",
        "server_encoding",
        "server_version_num",
        "statement_timeout",
        "synchronous_commit",
        "track_counts",
        "transaction_read_only",
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [names])
        return dict(cursor.fetchall())


def ask(statement: str) -> Any:
    """Return the one value that a statement gives."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone()
    return row[0] if row else None
