"""What the tests of the core ask of it, in few words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from records.exceptions import InvalidInput, InvalidValues, Place, RecordsError
from records.services.operations.field_values import list_field_values
from records.services.operations.home import home_of
from records.services.reading.field_selection import select_fields
from records.services.reading.history import HistoryEntry
from records.services.reading.record_views import (
    RecordView,
)
from records.services.search.pages import SearchPage, SearchRequest
from records.services.storage.integrity import check_records
from records.services.writing.save import unarchive_record
from records.services.writing.save_requests import (
    Mode,
    Outcome,
    SaveRequest,
    SaveResult,
)
from records.services.writing.values import FieldEntry
from tests.factories import Caller, entries


def save(
    caller: Caller, object_name: str, mode: Mode, uuid: str | None = None, **values: Any
) -> SaveResult:
    """One write, values by API name."""
    request = SaveRequest(mode, uuid, entries=entries(values))
    return home_of(caller.schema(object_name)).save_record(
        caller.author, caller.schema(object_name), request
    )


def write(caller: Caller, object_name: str, request: SaveRequest) -> SaveResult:
    """One write of any shape."""
    return home_of(caller.schema(object_name)).save_record(
        caller.author, caller.schema(object_name), request
    )


def write_all(caller: Caller, object_name: str, *requests: SaveRequest) -> list[Outcome]:
    """A batch."""
    return home_of(caller.schema(object_name)).save_records(
        caller.author, caller.schema(object_name), requests
    )


def upsert(
    caller: Caller,
    object_name: str,
    lookup_value: object,
    sent: dict[str, Any] | None = None,
    **more: Any,
) -> SaveResult:
    """A create-or-change by identifier, or by `match_field`."""
    return write(caller, object_name, asked_upsert(caller, object_name, lookup_value, sent, **more))


def asked_upsert(
    caller: Caller,
    object_name: str,
    lookup_value: object,
    sent: dict[str, Any] | None = None,
    **more: Any,
) -> SaveRequest:
    """What `upsert` asks for."""
    author, schema = caller.author, caller.schema(object_name)
    return home_of(schema).upsert_request(author, schema, lookup_value, entries(sent or {}), **more)


def unarchive(caller: Caller, object_name: str, uuid: str) -> SaveResult:
    return unarchive_record(caller.author, caller.schema(object_name), uuid)  # type: ignore[arg-type]


def change_list(
    caller: Caller, object_name: str, uuid: str, name: str, *, add: Any = None, remove: Any = None
) -> SaveResult:
    """Add to and remove from one list of a record."""
    entry = FieldEntry(name=name, add_values=add, remove_values=remove)
    return write(caller, object_name, SaveRequest(Mode.UPDATE, uuid, entries=[entry]))


def view(caller: Caller, object_name: str, uuid: str) -> RecordView:
    """The record with everything the caller may see of it."""
    author, schema = caller.author, caller.schema(object_name)
    return home_of(schema).get_record(
        author, schema, uuid, select_fields(author, schema, include_hidden=True)
    )


def read(caller: Caller, object_name: str, uuid: str) -> dict[str, Any]:
    """The record's values by API name, as the caller reads them."""
    return by_name(view(caller, object_name, uuid))


def by_name(found: RecordView) -> dict[str, Any]:
    return {found.schema.by_id[key].name: value for key, value in found.values.items()}


def names(value: Any) -> Any:
    """The name of what a value refers to; of a list, the names."""
    if isinstance(value, list):
        return [names(item) for item in value]
    return value.get("name", value) if isinstance(value, dict) else value


def search(caller: Caller, object_name: str, **asked: Any) -> SearchPage:
    author, schema = caller.author, caller.schema(object_name)
    fields = asked.pop("fields", None) or select_fields(author, schema)
    return home_of(schema).search_records(author, schema, SearchRequest(tuple(fields), **asked))


def found(caller: Caller, object_name: str, *clauses: Any, **asked: Any) -> list[str]:
    """The display names of what a search finds, in its order; clauses are `(field, condition,
    value)`."""
    query = [
        {
            "filters": [
                dict(zip(("field", "condition", "value"), clause, strict=True))
                for clause in clauses
            ]
        }
    ]
    return [row.display_name for row in search(caller, object_name, query=query, **asked).views]


def values_of(caller: Caller, uuid: str, field_uuid: str, search: str = "") -> list[str]:
    """The display names a page of a field's values holds."""
    count, page = list_field_values(caller.author, uuid, field_uuid, search, 0, 1000)
    assert count == len(page)
    return [item["display_name"] for item in page]


def history(caller: Caller, object_name: str, uuid: str) -> list[HistoryEntry]:
    """All writes to a record, newest first."""
    count, rows = home_of(caller.schema(object_name)).list_history(
        caller.author, caller.schema(object_name), uuid, offset=0, limit=1000
    )
    assert count == len(rows)
    return rows


def differences(caller: Caller) -> list[str]:
    """What `check_records` finds wrong in the caller's workspace."""
    return [difference.what for difference in check_records(caller.workspace)]


def refusal(work: Callable[..., object], *args: Any, **more: Any) -> RecordsError:
    """The error a piece of work is refused with."""
    try:
        done = work(*args, **more)
    except RecordsError as error:
        return error
    raise AssertionError(f"not refused: {type(done).__name__}")


def invalid_at(work: Callable[..., object], *args: Any, **more: Any) -> tuple[Place, str]:
    """Where a piece of work finds its input wrong, and the code it says so with."""
    error = refusal(work, *args, **more)
    assert type(error) is InvalidInput, error
    assert error.reason in error.detail
    error.detail.encode()
    return error.path, error.code


def problems(error: object) -> list[tuple[int | None, str, str, str]]:
    """What is wrong with a write: (position, name of a field that was not sent, part, code),
    general ones last."""
    assert isinstance(error, InvalidValues), error
    return [
        (
            entry.position,
            entry.field_name if entry.position is None else "",
            problem.part,
            problem.code,
        )
        for entry in error.entries
        for problem in entry.problems
    ] + [(None, "", problem.part, problem.code) for problem in error.general]


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that run inside, savepoints and settings apart."""
    seen: list[str] = []

    def watch(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "SET LOCAL")):
            seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield seen


def uuids_of(outcomes: list[Outcome]) -> list[str]:
    """The records of a batch none of whose requests was refused."""
    assert all(isinstance(outcome, SaveResult) for outcome in outcomes), outcomes
    return [outcome.record.uuid for outcome in outcomes if isinstance(outcome, SaveResult)]


def outcome(work: Callable[..., object], *args: Any, **more: Any) -> type[RecordsError] | None:
    """What stops a piece of work, if anything does."""
    try:
        work(*args, **more)
    except RecordsError as error:
        return type(error)
    return None


def cost(work: Callable[..., object], *args: Any, **more: Any) -> int:
    """The statements of a piece of work, once everything is compiled."""
    with statements() as seen:
        work(*args, **more)
    return len(seen)
