"""Parameters, conditions and statements that mean the same on both engines."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest

from records.models import Record
from records.services.database.sql import (
    Fragment,
    canonical_uuid,
    contains,
    ends_with,
    execute_together,
    fetch,
    fetch_column,
    fetch_keys,
    fetch_value,
    in_ids,
    in_set,
    in_texts,
    is_postgresql,
    moment,
    moment_param,
    starts_with,
    update_each,
)
from tests.factories import Caller, make_object, make_record

SIZES = [0, -1, 2**15, -(2**31), 2**31, 2**63 - 1, -(2**63)]


@pytest.mark.parametrize("number", SIZES)
def test_a_number_of_any_size_comes_back(db: None, number: int) -> None:
    assert fetch("SELECT %s, %s + 1 > %s", [number, 0, -1]) == [(number, 1)]


def test_postgresql_gets_them_all_in_the_type_of_its_columns(db: None) -> None:
    if is_postgresql():
        types = {fetch("SELECT pg_typeof(%s)::text", [number])[0][0] for number in SIZES}
        assert types == {"bigint"}
        for numbers in ([1], SIZES, [-1]):
            assert fetch("SELECT pg_typeof(%s)::text, %s", [numbers, numbers]) == [
                ("bigint[]", numbers)
            ]
        assert fetch("SELECT %s", [2**63]) == [(Decimal(2**63),)]
        assert fetch("SELECT pg_typeof(%s)::text", [True]) == [("boolean",)]
    else:
        assert fetch("SELECT typeof(%s)", [2**63 - 1]) == [("integer",)]


UUID_TEXT = "0187c6f0-0000-7000-8000-0000000000ab"
CANONICAL: list[tuple[object, str]] = [
    (UUID_TEXT, UUID_TEXT),
    (UUID_TEXT.upper(), UUID_TEXT),
    (UUID_TEXT.replace("-", ""), UUID_TEXT),
    (UUID(UUID_TEXT), UUID_TEXT),
    ("", ""),
    (None, ""),
    (7, ""),
    ("x" * 36, ""),
    (UUID_TEXT + "0", ""),
]


@pytest.mark.parametrize(("raw", "expected"), CANONICAL)
def test_a_uuid_is_read_in_every_spelling(raw: object, expected: str) -> None:
    assert canonical_uuid(raw) == expected


def holds(fragment: Fragment) -> bool:
    sql, params = fragment
    return bool(fetch_value(f"SELECT {sql}", params))


BEGINNINGS = ["", "a", "ab", "ab\U0010ffff", "\ud7ff", "\ue000", "a%", "a_", "\\"]
TEXTS = [
    "",
    "a",
    "ab",
    "abc",
    "ab\U0010ffffz",
    "b",
    "A",
    "a%b",
    "a_b",
    "axb",
    "\ud7ff!",
    "\ue000",
    "\\x",
]


def test_texts_are_tested_as_python_does(db: None) -> None:
    for text in TEXTS:
        column = "CAST('{}' AS text)".format(text.replace("%", "%%"))
        column = f'{column} COLLATE "C"' if is_postgresql() else column
        for term in BEGINNINGS:
            assert holds(contains(column, term)) is (term in text), (text, term)
            assert holds(starts_with(column, term)) is text.startswith(term), (text, term)
            assert holds(ends_with(column, term)) is text.endswith(term), (text, term)


@pytest.mark.parametrize("ids", [[], [3], [1, 2, 3], range(1000)])
def test_a_number_is_found_among_any_number_of_others(db: None, ids: list[int]) -> None:
    for number in (0, 3, 5000):
        assert holds(in_ids(str(number), ids)) is (number in ids)
        assert holds(in_texts(f"'{number}'", map(str, ids))) is (number in ids)
        keys = (
            " UNION ALL ".join(f"SELECT {at} AS id" for at in ids[:5])
            or "SELECT 0 AS id WHERE FALSE"
        )
        assert holds((in_set(str(number), keys), [])) is (number in ids[:5])
        assert holds((in_set(str(number), keys, negated=True), [])) is (number not in ids[:5])


def test_keys_come_in_order_in_batches_that_begin_behind_the_last(db: None) -> None:
    numbers = (
        "SELECT n.i FROM (SELECT 5 AS i UNION ALL SELECT 2 UNION ALL SELECT 9 UNION ALL SELECT "
        "4) n WHERE n.i < %s"
    )
    assert list(fetch_keys(numbers, [9], "n.i", 2)) == [[2, 4], [5]]
    assert list(fetch_keys(numbers, [1], "n.i")) == []


def test_moments_come_back_in_utc(db: None) -> None:
    when = datetime(2024, 3, 31, 1, 30, 0, 5, tzinfo=timezone(timedelta(hours=2)))
    kind = "CAST(%s AS timestamptz)" if is_postgresql() else "%s"
    read = moment(fetch_value(f"SELECT {kind}", [moment_param(when)]))
    assert read == when
    assert read is not None
    assert read.utcoffset() == timedelta(0)
    assert moment(None) is None


def test_each_row_gets_its_own_texts(workspace: Caller) -> None:
    make_object(workspace, "Notes")
    for name in ("a", "b", "c"):
        make_record(workspace, "notes", name=name)
    rows = list(
        Record.objects.filter(workspace=workspace.workspace)
        .order_by("id")
        .values_list("id", flat=True)
    )
    changed = [(rows[0], "A'", "1"), (rows[2], "C%", "3")]
    update_each(
        "records_record",
        {"id": "bigint"},
        ("display_name", "display_key"),
        workspace.workspace.id,
        changed,
    )
    update_each("records_record", {"id": "bigint"}, ("display_name",), workspace.workspace.id, [])
    update_each(
        "records_record",
        {"id": "bigint"},
        ("display_name",),
        workspace.workspace.id + 1,
        [(rows[1], "other")],
    )
    stored = Record.objects.filter(workspace=workspace.workspace).order_by("id")
    assert list(stored.values_list("display_name", "display_key")) == [
        ("A'", "1"),
        ("b", "b"),
        ("C%", "3"),
    ]


def test_statements_that_run_together_all_run(workspace: Caller) -> None:
    key = workspace.workspace.id
    execute_together([])
    execute_together(
        [
            ("UPDATE records_workspace SET name = %s WHERE id = %s", ["new", key]),
            ("UPDATE records_apikey SET name = %s WHERE workspace_id = %s", ["renamed", key]),
        ]
    )
    assert fetch_column("SELECT name FROM records_workspace WHERE id = %s", [key]) == ["new"]
    assert set(fetch_column("SELECT name FROM records_apikey WHERE workspace_id = %s", [key])) == {
        "renamed"
    }
