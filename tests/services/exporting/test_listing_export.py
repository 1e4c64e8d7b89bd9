"""Lists as files: the columns beside the values, the values, and what callers may know of
members."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import orjson
import pytest
from openpyxl import load_workbook

from records.exceptions import InvalidInput
from records.services.access import Author
from records.services.exporting.listing_export import export_listing
from records.services.exporting.table_export import PAGE, exported_fields
from records.services.reading import local_time, select_fields
from records.services.search.pages import SearchRequest, search_records
from records.services.storage import ExternalKey
from records.services.writing.save_requests import Attributes, Mode, SaveRequest
from tests.factories import (
    Caller,
    FieldDefinition,
    entries,
    make_member,
    make_object,
    make_relation,
)
from tests.services.acting import cost, refusal, write

BESIDE = [
    *("id", "externalId", "memberId", "memberEmail", "assignmentTaskId", "createdAt", "updatedAt")
]


@pytest.fixture
def visits(workspace: Caller) -> Caller:
    make_object(
        workspace,
        "Visits",
        FieldDefinition("Steps", "integer"),
        FieldDefinition("Note", "text"),
        FieldDefinition("Day", "date"),
        identifier_field=None,
    )
    make_relation(workspace, "visits", "Follows", "visits", "primary", "Followed by")
    return workspace


def visit(caller: Caller, external: str | None, member: int | None, **values: Any) -> Any:
    request = SaveRequest(
        Mode.CREATE,
        entries=entries(values),
        attributes=Attributes(
            external=ExternalKey("", external) if external else None,
            member_id=member,
            assignment_task_id=7 if external else None,
        ),
    )
    return write(caller, "visits", request).record


def exported(caller: Caller, form: str, author: Author | None = None, **asked: Any) -> bytes:
    author = author or caller.author
    schema = caller.schema("visits")
    fields = tuple(
        spec
        for spec in exported_fields(select_fields(author, schema))
        if spec.name in ("steps", "note", "day", "follows")
    )
    request = SearchRequest(fields, ordering=("created",), **asked)
    with export_listing(author, schema, request, form, search_records) as file:
        return file.read()


def table(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode())))


def test_a_row_has_what_the_record_has_beside_its_values(visits: Caller) -> None:
    member = visits.member
    first = visit(visits, "a-1", member.id, steps=3, note="=1+1", day="2026-05-17")
    second = visit(visits, None, None, follows={"id": first.uuid})
    zone = visits.author.workspace.zone
    times = [
        [local_time(row.created_at, zone), local_time(row.updated_at, zone)]
        for row in (first, second)
    ]

    header, one, two = table(exported(visits, "csv"))
    assert header[: len(BESIDE)] == BESIDE
    shown = dict(zip(header, one, strict=True))
    assert [shown[name] for name in BESIDE] == [
        *(str(first.id), "a-1", str(member.id), member.email, "7"),
        *times[0],
    ]
    assert (shown["steps"], shown["note"], shown["day"]) == ("3", "'=1+1", "2026-05-17")
    assert two[: len(BESIDE)] == [str(second.id), "", "", "", "", *times[1]]

    book = load_workbook(io.BytesIO(exported(visits, "xlsx")))
    rows = list(book.active.iter_rows(values_only=True))  # type: ignore[union-attr]
    assert list(rows[0]) == header
    assert rows[1][0] == first.id
    assert rows[1][header.index("day")].date().isoformat() == "2026-05-17"

    lines = [orjson.loads(line) for line in exported(visits, "jsonl").splitlines()]
    assert [line["id"] for line in lines] == [first.id, second.id]
    assert (lines[0]["note"], lines[0]["memberEmail"]) == ("=1+1", member.email)
    assert lines[1]["follows"]["id"] == first.id


def test_emails_of_others_take_the_right_to_read_members(visits: Caller) -> None:
    other = make_member(visits, "other@example.com").member
    visit(visits, "mine", visits.member.id)
    visit(visits, "theirs", other.id)
    narrow = replace(visits.author, scopes=("records:read",))
    emails = [row[3] for row in table(exported(visits, "csv", narrow))[1:]]
    assert emails == [visits.member.email, ""]
    wide = replace(narrow, scopes=("records:read", "members:read"))
    assert [row[3] for row in table(exported(visits, "csv", wide))[1:]] == [
        visits.member.email,
        "other@example.com",
    ]


def test_a_field_stands_in_the_place_of_the_column_of_its_name(workspace: Caller) -> None:
    make_object(workspace, "Visits", FieldDefinition("Id", "text"), identifier_field=None)
    schema = workspace.schema("visits")
    request = SearchRequest((schema.by_name["id"],))
    visit(workspace, None, None, id="x")
    with export_listing(workspace.author, schema, request, "csv", search_records) as file:
        header, row = table(file.read())
    assert header == [*BESIDE[1:], "id"]
    assert row[-1] == "x"


def test_an_unknown_form_is_refused(visits: Caller) -> None:
    error = refusal(exported, visits, "pdf")
    assert isinstance(error, InvalidInput)
    assert error.detail == "format: expected one of csv, jsonl, xlsx."


def test_the_cost_grows_with_pages_alone(visits: Caller) -> None:
    for at in range(2):
        visit(visits, f"a-{at}", visits.member.id, steps=at)
    exported(visits, "csv")
    before = cost(exported, visits, "csv")
    for at in range(2, 8):
        visit(visits, f"a-{at}", visits.member.id, steps=at)
    assert PAGE > 8
    assert cost(exported, visits, "csv") == before
