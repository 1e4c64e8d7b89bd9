"""The SQL that SQLite and PostgreSQL spell differently, and running statements.

Statements of the core are written out, so that their plans are known; placeholders are `%s` on both
engines.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from records.exceptions import Unavailable

from .faults import Fault, fault_of, note

Row = tuple[Any, ...]
Fragment = tuple[str, list[Any]]


@cache
def is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def fetch(statement: str, params: Sequence[Any] = ()) -> list[Row]:
    """All rows of a statement."""
    database = connections[DEFAULT_DB_ALIAS]
    rows: list[Row]
    if _is_watched(database):
        with database.cursor() as cursor:
            cursor.execute(statement, params)
            rows = cursor.fetchall()
    else:
        # The driver's own cursor: see docs/decisions/the-drivers-cursor.md.
        with database.wrap_database_errors:
            rows = database.connection.execute(statement, params).fetchall()
    return rows


def fetch_value(statement: str, params: Sequence[Any] = ()) -> Any:
    """The one column of the one row that a statement returns."""
    ((value,),) = fetch(statement, params)
    return value


def fetch_column(statement: str, params: Sequence[Any] = ()) -> list[Any]:
    """The values of a statement that selects one column."""
    return [value for (value,) in fetch(statement, params)]


def fetch_keys(
    select: str, params: Sequence[Any], key: str, size: int = 1000
) -> Iterator[list[int]]:
    """The primary keys that a SELECT with a WHERE clause returns, in order, `size` at a time.

    Each batch is a statement of its own, which starts behind the last key: work on a batch may
    change what is selected.
    """
    statement = f"{select} AND {key} > %s ORDER BY {key} LIMIT {size}"
    last = 0
    while keys := fetch_column(statement, [*params, last]):
        yield keys
        last = keys[-1]


def execute(statement: str, params: Sequence[Any] = ()) -> int:
    """Run a statement; the number of rows it touched."""
    database = connections[DEFAULT_DB_ALIAS]
    if _is_watched(database):
        with database.cursor() as cursor:
            cursor.execute(statement, params)
            return int(cursor.rowcount)
    with database.wrap_database_errors:
        return int(database.connection.execute(statement, params).rowcount)


def execute_together(statements: Sequence[Fragment]) -> None:
    """Run statements that write different tables and read nothing of each other; in one round trip
    on PostgreSQL."""
    # SQLite allows no changes inside WITH.
    if not is_postgresql() or len(statements) < 2:
        for statement, params in statements:
            execute(statement, params)
        return
    *first, (last, _) = statements
    named = ", ".join(f"s{at} AS ({statement})" for at, (statement, _) in enumerate(first))
    execute(f"WITH {named} {last}", [param for _, params in statements for param in params])


def _is_watched(database: BaseDatabaseWrapper) -> bool:
    """Whether statements must go through Django's cursor; if not, makes the connection ready for
    them.

    That cursor translates placeholders for SQLite, and calls whatever counts or logs statements.
    Where neither is needed, skipping it saves half of what a small response costs to build.
    """
    if not is_postgresql() or database.queries_logged or database.execute_wrappers:
        return True
    # What Django's cursor would check first.
    if database.in_atomic_block:
        database.validate_no_broken_transaction()
    else:
        database.close_if_health_check_failed()
        database.ensure_connection()
    return False


def update_each(
    table: str,
    keys: Mapping[str, str],
    texts: Sequence[str],
    workspace_id: int,
    rows: Sequence[Sequence[Any]],
) -> None:
    """Set the text columns `texts` of many rows of a table, each to its own values.

    `keys` are the columns that find a row, with their PostgreSQL types; each of `rows` holds keys,
    then texts.
    """
    if not rows:
        return
    # One document for any number of rows, so the statement's text stays the same.
    if is_postgresql():
        found = " AND ".join(
            f"t.{name} = (e->>{at})::{kind}" for at, (name, kind) in enumerate(keys.items())
        )
        new = ", ".join(f"{name} = e->>{at}" for at, name in enumerate(texts, len(keys)))
        source = "jsonb_array_elements(%s::jsonb) e"
        statement = (
            f"UPDATE {table} t SET {new} FROM {source} WHERE t.workspace_id = %s AND {found}"
        )
        execute(statement, [orjson.dumps(rows).decode(), workspace_id])
        return
    new = ", ".join(f"{name} = %s" for name in texts)
    found = " AND ".join(f"{name} = %s" for name in keys)
    statement = f"UPDATE {table} SET {new} WHERE workspace_id = %s AND {found}"
    with connection.cursor() as cursor:
        cursor.executemany(
            statement, [(*row[len(keys) :], workspace_id, *row[: len(keys)]) for row in rows]
        )


def in_ids(column: str, ids: Iterable[int]) -> Fragment:
    """`column` is one of these primary keys; one statement text for one, and one for any other
    number."""
    ids = list(ids)
    if len(ids) == 1:
        return f"{column} = %s", ids
    if is_postgresql():
        return f"{column} = ANY(%s::bigint[])", [ids]
    # One parameter for any number: SQLite limits the number of placeholders.
    return f"{column} IN (SELECT value FROM json_each(%s))", [orjson.dumps(ids).decode()]


def in_uuids(column: str, uuids: Iterable[str]) -> Fragment:
    """`column` is one of these UUIDs (any spelling `UUID` takes)."""
    parsed = [UUID(value) for value in uuids]
    if len(parsed) == 1:
        return f"{column} = %s", list(map(uuid_param, parsed))
    if is_postgresql():
        return f"{column} = ANY(%s::uuid[])", [parsed]
    # Django keeps UUIDs on SQLite as 32 hexadecimal digits.
    return f"{column} IN (SELECT value FROM json_each(%s))", [
        orjson.dumps([uuid.hex for uuid in parsed]).decode()
    ]


def in_set(key: str, keys: str, *, negated: bool = False) -> str:
    """`key` is, or is not, among the `id`s of a SELECT, which runs once for any number of keys.

    PostgreSQL would turn a bare IN into a join, and scans the list when it estimates it too big to
    hash. The second condition is always true and lowers that estimate.
    """
    if is_postgresql():
        keys = f"SELECT k.id FROM ({keys}) k WHERE k.id + 0 = k.id"
    # IS TRUE: a NULL counts as not among them.
    return f"({key} IN ({keys})) IS {'NOT ' if negated else ''}TRUE"


def one_of_few(column: str, keys: str) -> str:
    """`column` is one of the few keys that a SELECT returns; each is looked up in the column's
    index."""
    return f"{column} = ANY(ARRAY({keys}))" if is_postgresql() else f"{column} IN ({keys})"


def by_key(table: str, alias: str, condition: str, *, optional: bool = False) -> str:
    """A join that fetches, for each row so far, the one row of a table that has its key; nothing is
    scanned.

    An `optional` one may be missing.
    """
    if is_postgresql():
        # LIMIT keeps the planner from replacing the look-ups by a scan.
        kind, on = ("LEFT", " ON TRUE") if optional else ("CROSS", "")
        return (
            f" {kind} JOIN LATERAL (SELECT * FROM {table} {alias} WHERE {condition} LIMIT 1) "
            f"{alias}{on}"
        )
    # SQLite keeps the order of CROSS and LEFT joins.
    return f" {'LEFT' if optional else 'CROSS'} JOIN {table} {alias} ON {condition}"


def in_texts(column: str, texts: Iterable[str]) -> Fragment:
    """`column` is one of these texts."""
    texts = list(texts)
    if len(texts) == 1:
        return f"{column} = %s", texts
    if is_postgresql():
        return f"{column} = ANY(%s::text[])", [texts]
    return f"{column} IN (SELECT value FROM json_each(%s))", [orjson.dumps(texts).decode()]


def uuid_param(value: UUID | str) -> Any:
    """A UUID as the engine's column holds it."""
    value = value if isinstance(value, UUID) else UUID(value)
    return value if is_postgresql() else value.hex


def uuid_column(column: str) -> str:
    """A UUID column in a SELECT, in a form `uuid_text` reads fast."""
    return f"{column}::text" if is_postgresql() else column


def uuid_text(raw: Any) -> str:
    """The canonical text of a UUID as the engine returned it."""
    if isinstance(raw, UUID):
        return str(raw)
    text: str = raw
    return (
        text
        if len(text) == 36
        else f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
    )


def canonical_uuid(sent: object) -> str:
    """The canonical text of a UUID in any spelling; empty for everything else."""
    try:
        return str(UUID(str(sent)))
    except ValueError:
        return ""


def moment_param(value: datetime | None) -> Any:
    """A datetime as the engine's column holds it."""
    if value is None or is_postgresql():
        return value
    # As Django stores moments on SQLite, where texts are compared.
    return str(value.astimezone(UTC).replace(tzinfo=None))


def moment_column(column: str) -> str:
    """A datetime column in a SELECT, in a form `moment` reads fast: Django's converter costs more
    than the query."""
    return f"{column}::text" if is_postgresql() else column


def number_param(value: int | float | Decimal) -> Any:
    """A number as the engine compares it. SQLite has binary floats, and does not convert texts to
    them exactly."""
    if is_postgresql():
        return value if isinstance(value, int) else Decimal(str(value))
    # Integers of 64 bits are exact, floats of that size are not.
    return int(value) if -(2**63) <= value < 2**63 and value == int(value) else float(value)


def moment(raw: Any) -> datetime | None:
    """A datetime, in UTC, as the engine returned it."""
    if raw is None:
        return None
    if isinstance(raw, str):  # both engines keep UTC; SQLite does not say so
        when = datetime.fromisoformat(raw)
        return when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    value: datetime = raw if raw.tzinfo else raw.replace(tzinfo=UTC)
    return value.astimezone(UTC)


def document(raw: Any) -> dict[str, Any]:
    """A JSON column as the engine returned it."""
    value: dict[str, Any] = raw if isinstance(raw, dict) else orjson.loads(raw)
    return value


def document_column(column: str) -> str:
    """A JSON column in a SELECT, in a form `document` reads fast: the driver's own reader adds a
    call for each row."""
    return f"{column}::text" if is_postgresql() else column


def document_param(value: Any) -> str:
    """A JSON document as a parameter."""
    return orjson.dumps(value).decode()


def for_update(table: str) -> str:
    """Lock the rows of `table` (an alias) that a SELECT reads; on SQLite the whole transaction
    holds the lock.

    Does not block `for_key_share`, which only prevents deletion.
    """
    return f" FOR NO KEY UPDATE OF {table}" if is_postgresql() else ""


def for_delete(table: str) -> str:
    """Lock rows that are about to be deleted, waiting for transactions that hold them."""
    return f" FOR UPDATE OF {table}" if is_postgresql() else ""


def for_share(table: str) -> str:
    """Prevent changes to the rows of `table` that a SELECT reads."""
    return f" FOR SHARE OF {table}" if is_postgresql() else ""


def for_key_share(table: str) -> str:
    """Prevent deletion of the rows of `table` that a SELECT reads, as foreign keys do."""
    return f" FOR KEY SHARE OF {table}" if is_postgresql() else ""


def after_mark(column: str, mark: str) -> str:
    """What follows a character in a text; all of it where the character is not in it."""
    if is_postgresql():
        return f"substr({column}, strpos({column}, chr({ord(mark)})) + 1)"
    return f"substr({column}, instr({column}, char({ord(mark)})) + 1)"


def before_mark(text: str, mark: str) -> str:
    """What precedes a character in a text; all of it where the character is not in it."""
    if is_postgresql():
        return f"split_part({text}, chr({ord(mark)}), 1)"
    at = f"instr({text}, char({ord(mark)}))"
    return f"CASE WHEN {at} > 0 THEN substr({text}, 1, {at} - 1) ELSE {text} END"


def document_value(column: str, key: str) -> str:
    """A value of a JSON document as text, for comparing; `key` is a number."""
    if is_postgresql():
        return f"({column} ->> '{int(key)}')"
    return f"({column} ->> '$.\"{int(key)}\"')"


def contains(column: str, term: str) -> Fragment:
    """`term` occurs in `column`; on PostgreSQL in a form that can use a trigram index."""
    if is_postgresql():
        return f"{column} LIKE %s", [f"%{_like(term)}%"]
    return f"instr({column}, %s) > 0", [term]


def starts_with(column: str, term: str) -> Fragment:
    """`column` begins with `term`; written as a range, which can use the sorted index."""
    if not term:
        return f"{column} IS NOT NULL", []
    above = _successor(term)
    if above is None:
        return f"{column} >= %s", [term]
    return f"({column} >= %s AND {column} < %s)", [term, above]


def ends_with(column: str, term: str) -> Fragment:
    """`column` ends in `term`."""
    if not term:
        return f"{column} IS NOT NULL", []
    if is_postgresql():
        return f"{column} LIKE %s", [f"%{_like(term)}"]
    return f"substr({column}, -{len(term)}) = %s", [term]


def month_of(column: str) -> str:
    """The month, 1 to 12, of a moment in a time zone, which is the first parameter."""
    if is_postgresql():
        return f"EXTRACT(MONTH FROM {column} AT TIME ZONE %s)"
    return f"records_month({column}, %s)"  # records_project/sqlite


def _like(term: str) -> str:
    # The backslash first, because it escapes the others.
    return term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _successor(term: str) -> str | None:
    """The least text above everything that begins with `term`, by code point; None when there is
    none."""
    for end in range(len(term), 0, -1):
        code = ord(term[end - 1]) + 1
        if code == 0xD800:  # surrogates are not characters
            code = 0xE000
        if code <= 0x10FFFF:
            return term[: end - 1] + chr(code)
    return None


@contextmanager
def time_limit() -> Iterator[None]:
    """Stop statements that take longer than STATEMENT_SECONDS: Unavailable; other connections are
    not affected.

    PostgreSQL enforces the limit itself, on every statement of the connection.
    """
    seconds: float = settings.STATEMENT_SECONDS
    try:
        if is_postgresql() or not seconds:
            yield
        else:
            with _sqlite_limit(seconds):
                yield
    except Error as error:
        if fault_of(error) is Fault.TIMEOUT:
            note(error, Fault.TIMEOUT)
            raise Unavailable(f"The search took longer than {seconds:g} s; narrow it.") from error
        raise


@contextmanager
def _sqlite_limit(seconds: float) -> Iterator[None]:
    connection.ensure_connection()
    end = time.monotonic() + seconds
    raw = connection.connection
    # SQLite asks after every 100,000 of its steps; any answer but 0 stops the statement.
    raw.set_progress_handler(lambda: int(time.monotonic() > end), 100_000)
    try:
        yield
    finally:
        raw.set_progress_handler(None, 0)
