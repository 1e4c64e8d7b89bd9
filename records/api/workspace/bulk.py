"""Many records in one request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from records.exceptions import InvalidInput, RecordsError, problems_at
from records.services.access import Author
from records.services.catalogue import ObjectSchema
from records.services.operations import home_of, matched_field, matched_upsert
from records.services.reading import check_admin_fields
from records.services.writing import (
    Attributes,
    Mode,
    Refused,
    SaveRequest,
    SaveResult,
    entries_of,
)

from .errors import error_json
from .requests import Body, attributes_of, member_of
from .responses import saved_rows

MAX_RECORDS = 1000
KEYS = ("fieldValues", "externalId", "memberId", "assignmentTaskId")


@dataclass(slots=True)
class _Rows:
    """The records of a request by place: those that could be read, and what refuses the others."""

    read: dict[int, Body] = field(default_factory=dict)
    values: dict[int, dict[str, Any]] = field(default_factory=dict)
    refused: dict[int, RecordsError] = field(default_factory=dict)

    def each(self, check: Callable[[int, Body], Any], *, partial: bool) -> dict[int, Any]:
        """What `check` makes of every row; a row that it refuses is left out if `partial`."""
        made = {}
        for at, row in list(self.read.items()):
            try:
                made[at] = check(at, row)
            except RecordsError as error:
                if not partial:
                    raise
                self.refused[at] = error
                del self.read[at]
        return made


def save_bulk(author: Author, schema: ObjectSchema, body: Body) -> dict[str, Any]:
    """Create (or with `upsert`, create or change) every record, all or none; with `partial`, those
    that can be.

    Each refusal is told by the place of its record in the request.
    """
    sent = body.items("records", MAX_RECORDS)
    if not body.given("records"):
        raise InvalidInput("this key is required.", "required", at="records")
    upsert, partial = body.flag("upsert"), body.flag("partial")
    match_field = body.text("matchField") or None
    if match_field and not upsert:
        raise InvalidInput("it is for upserts; send upsert: true, too.", at="matchField")
    rows = _read(sent, partial=partial)
    if match_field is not None:
        requests = _matched(author, schema, rows, match_field, partial=partial)
    else:
        requests = _requests(author, schema, rows, upsert=upsert, partial=partial)
    saved, refused = _save(author, schema, requests, partial=partial)
    rows.refused.update(refused)
    errors = [
        {"index": at, "error": error_json(error, tuple(rows.values.get(at, ())))}
        for at, error in sorted(rows.refused.items())
    ]
    if errors and not partial:
        raise BulkRefused(len(sent), errors)
    results = [
        {"index": at, "action": outcome.action, "record": row}
        for (at, outcome), row in zip(
            saved.items(), saved_rows(author, list(saved.values())), strict=True
        )
    ]
    return bulk_content(len(sent), results, errors)


def _read(sent: list[Any], *, partial: bool) -> _Rows:
    rows = _Rows()
    for at, item in enumerate(sent):
        try:
            rows.read[at] = Body(item, KEYS, ("records", at))
        except InvalidInput as error:
            if not partial:
                raise
            rows.refused[at] = error
    rows.values = rows.each(lambda _, row: row.values(), partial=partial)
    return rows


def _save(
    author: Author, schema: ObjectSchema, requests: dict[int, SaveRequest], *, partial: bool
) -> tuple[dict[int, SaveResult], dict[int, RecordsError]]:
    """What was stored, and what was refused, by place."""
    places, asked = list(requests), list(requests.values())
    if not partial:
        try:
            all_saved = home_of(schema).save_all_records(author, schema, asked)
            return dict(zip(places, all_saved, strict=True)), {}
        except Refused as refused:
            return {}, dict(refused.outcomes)
    outcomes = zip(places, home_of(schema).save_records(author, schema, asked), strict=True)
    stored: dict[int, SaveResult] = {}
    errors: dict[int, RecordsError] = {}
    for at, outcome in outcomes:
        if isinstance(outcome, SaveResult):
            stored[at] = outcome
        else:
            errors[at] = outcome
    return stored, errors


def bulk_content(total: int, results: list[Any], errors: list[Any]) -> dict[str, Any]:
    return {
        "totalCount": total,
        "importedCount": len(results),
        "results": results,
        "success": not errors,
        "errors": errors,
    }


class BulkRefused(InvalidInput):
    """Nothing was stored, as some of the records would not do."""

    def __init__(self, total: int, errors: list[dict[str, Any]]) -> None:
        super().__init__(
            f"Nothing was stored: {len(errors)} of {total} records were refused.", "invalid"
        )
        self.content = bulk_content(total, [], errors)


def _requests(
    author: Author, schema: ObjectSchema, rows: _Rows, *, upsert: bool, partial: bool
) -> dict[int, SaveRequest]:
    """The writes that the rows ask for."""

    def attributes(at: int, row: Body) -> Attributes:
        check_admin_fields(author, schema, rows.values[at])
        given = attributes_of(row, member_of(author, row), author.member.id)
        if upsert and given.named is None:
            raise InvalidInput("an upsert requires one.", "required", at=(*row.where, "externalId"))
        return given

    given = rows.each(attributes, partial=partial)
    entries = entries_of(author, schema, [rows.values[at] for at in given])
    mode = Mode.UPSERT if upsert else Mode.CREATE
    return {
        at: SaveRequest(
            mode, external=has.named if upsert else None, entries=listed, attributes=has
        )
        for (at, has), listed in zip(given.items(), entries, strict=True)
    }


def _matched(
    author: Author, schema: ObjectSchema, rows: _Rows, match_field: str, *, partial: bool
) -> dict[int, SaveRequest]:
    """Upserts by the value of a field."""
    match = matched_field(author, schema, match_field)

    def request(at: int, row: Body) -> SaveRequest:
        values = rows.values[at]
        check_admin_fields(author, schema, values)
        with problems_at(*row.where):
            made = matched_upsert(author, schema, match, values)
        made.attributes = attributes_of(row, member_of(author, row), author.member.id)
        return made

    return rows.each(request, partial=partial)
