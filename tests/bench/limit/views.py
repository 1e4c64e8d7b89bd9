"""Each operation as one prepared statement, history row included, with no checks around it.

There is no authentication, no validation, no count: a floor to measure against, not a product.
"""

import functools
import os
import threading
from collections.abc import Sequence
from typing import Any

import orjson
import psycopg
from django.http import HttpRequest, HttpResponse

from tests.bench.companies import FIELD_NAMES

COLUMNS = ("id", *FIELD_NAMES)
COLUMN_LIST = ", ".join(COLUMNS)
FIELD_LIST = ", ".join(FIELD_NAMES)
PLACEHOLDERS = ", ".join(f"%({name})s" for name in FIELD_NAMES)
PAGE_SIZE = 50

RETRIEVE = f"SELECT {COLUMN_LIST} FROM company WHERE id = %s"
SEARCH = (
    f"SELECT {COLUMN_LIST} FROM company WHERE industry = %s ORDER BY revenue DESC LIMIT {PAGE_SIZE}"
)
# The sum in ORDER BY keeps the planner from walking the primary key instead of the trigram index.
FREE_TEXT = (
    f"SELECT {COLUMN_LIST} FROM company WHERE name ILIKE %s ORDER BY id + 0 LIMIT {PAGE_SIZE}"
)
ADD = f"""
    WITH added AS (INSERT INTO company ({FIELD_LIST}) VALUES ({PLACEHOLDERS}) RETURNING *)
    INSERT INTO company_history (company_id, action, new)
    SELECT added.id, 'created', to_jsonb(added) FROM added RETURNING company_id
"""
UPSERT = f"""
    WITH before AS (SELECT * FROM company WHERE email = %(email)s),
    after AS (
        INSERT INTO company ({FIELD_LIST}) VALUES ({PLACEHOLDERS})
        ON CONFLICT (email) DO UPDATE
        SET {", ".join(f"{name} = excluded.{name}" for name in FIELD_NAMES if name != "email")}
        RETURNING *
    )
    INSERT INTO company_history (company_id, action, old, new)
    SELECT after.id, 'upserted', (SELECT to_jsonb(before) FROM before), to_jsonb(after) FROM after
    RETURNING company_id
"""

_thread = threading.local()


def _execute(statement: str, parameters: Any) -> psycopg.Cursor[Any]:
    connection: psycopg.Connection[Any] | None = getattr(_thread, "connection", None)
    if connection is None:
        connection = psycopg.connect(
            os.environ["LIMIT_DATABASE_URL"], autocommit=True, prepare_threshold=1
        )
        _thread.connection = connection
    return connection.execute(statement, parameters)


def _answer(content: object, status: int = 200) -> HttpResponse:
    return HttpResponse(orjson.dumps(content), status=status, content_type="application/json")


def _as_record(row: Sequence[object]) -> dict[str, object]:
    return dict(zip(COLUMNS, row, strict=True))


def company(request: HttpRequest, company_id: int) -> HttpResponse:
    """Retrieve one company, or change the fields the body names."""
    if request.method == "PATCH":
        row = _patch_company(company_id, request.body)
    else:
        row = _execute(RETRIEVE, (company_id,)).fetchone()
    return _answer(_as_record(row)) if row else _answer({"detail": "Not found."}, 404)


def _patch_company(company_id: int, body: bytes) -> Sequence[object] | None:
    changes = orjson.loads(body)
    statement = _patch_statement(tuple(changes))
    parameters = {**changes, "id": company_id, "new": body.decode()}
    row: Sequence[object] | None = _execute(statement, parameters).fetchone()
    return row


@functools.cache
def _patch_statement(names: tuple[str, ...]) -> str:
    return f"""
        WITH before AS (SELECT id, {", ".join(names)} FROM company WHERE id = %(id)s FOR UPDATE),
        after AS (
            UPDATE company SET {", ".join(f"{name} = %({name})s" for name in names)}
            FROM before WHERE company.id = before.id
            RETURNING {", ".join(f"company.{name}" for name in COLUMNS)}
        ),
        entry AS (
            INSERT INTO company_history (company_id, action, old, new)
            SELECT before.id, 'updated', to_jsonb(before), %(new)s::jsonb FROM before
        )
        SELECT * FROM after
    """


def companies(request: HttpRequest) -> HttpResponse:
    """Add a company (POST), or list a page by industry or by a part of the name."""
    if request.method == "POST":
        added = _execute(ADD, orjson.loads(request.body)).fetchone()
        return _answer({"id": added[0] if added else None}, 201)
    if "search" in request.GET:
        rows = _execute(FREE_TEXT, (f"%{request.GET['search']}%",)).fetchall()
    else:
        rows = _execute(SEARCH, (request.GET["industry"],)).fetchall()
    return _answer([_as_record(row) for row in rows])


def upsert_company(request: HttpRequest) -> HttpResponse:
    """Add the company, or overwrite the one with its email."""
    saved = _execute(UPSERT, orjson.loads(request.body)).fetchone()
    return _answer({"id": saved[0] if saved else None})
