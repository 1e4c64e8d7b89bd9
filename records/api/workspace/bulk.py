"""Many records in one request."""

from __future__ import annotations

from typing import Any

from records.exceptions import InvalidInput, RecordsError
from records.services.access import Author
from records.services.integer_ids import entries_of
from records.services.object_schema import ObjectSchema
from records.services.self_access import check_admin_fields, check_may_write_for
from records.services.write import Mode, Refused, SaveRequest, SaveResult, save_all_records, save_records

from .errors import error_json
from .requests import Body, attributes_of, members_of
from .responses import saved_rows

MAX_RECORDS = 1000
KEYS = ("fieldValues", "externalId", "memberId", "assignmentTaskId")


def save_bulk(author: Author, schema: ObjectSchema, body: Body) -> dict[str, Any]:
    """Create (or with `upsert`, create or change) every record, all or none; with `partial`, those that can be.

    Each refusal is told by the place of its record in the request.
    """
    sent = [Body(item, KEYS, f"records[{at}].") for at, item in enumerate(body.items("records", MAX_RECORDS))]
    if not body.given("records"):
        raise InvalidInput("records: this key is required.", "required")
    requests = _requests(author, schema, sent, upsert=body.flag("upsert"))
    partial = body.flag("partial")
    saved, refused = _save(author, schema, requests, partial=partial)
    errors = [
        {"index": at, "error": error_json(error, tuple(sent[at].values()))} for at, error in sorted(refused.items())
    ]
    if errors and not partial:
        raise BulkRefused(len(sent), errors)
    rows = saved_rows(author, list(saved.values()))
    results = [
        {"index": at, "action": outcome.action, "record": row}
        for (at, outcome), row in zip(saved.items(), rows, strict=True)
    ]
    return bulk_content(len(sent), results, errors)


def _save(
    author: Author, schema: ObjectSchema, requests: list[SaveRequest], *, partial: bool
) -> tuple[dict[int, SaveResult], dict[int, RecordsError]]:
    """What was stored, and what was refused, by place."""
    if not partial:
        try:
            return dict(enumerate(save_all_records(author, schema, requests))), {}
        except Refused as refused:
            return {}, dict(refused.outcomes)
    outcomes = save_records(author, schema, requests)
    stored = {at: outcome for at, outcome in enumerate(outcomes) if isinstance(outcome, SaveResult)}
    return stored, {at: outcome for at, outcome in enumerate(outcomes) if isinstance(outcome, RecordsError)}


def bulk_content(total: int, results: list[Any], errors: list[Any]) -> dict[str, Any]:
    return {"totalCount": total, "importedCount": len(results), "results": results, "errors": errors}


class BulkRefused(InvalidInput):
    """Nothing was stored, as some of the records would not do."""

    def __init__(self, total: int, errors: list[dict[str, Any]]) -> None:
        super().__init__(f"Nothing was stored: {len(errors)} of {total} records were refused.", "invalid")
        self.content = bulk_content(total, [], errors)


def _requests(author: Author, schema: ObjectSchema, sent: list[Body], *, upsert: bool) -> list[SaveRequest]:
    values = [item.values() for item in sent]
    check_admin_fields(author, schema, {slug for item in values for slug in item})
    entries = entries_of(author, schema, values)
    members = members_of(author, sent)
    requests = []
    for item, given, member_id in zip(sent, entries, members, strict=True):
        check_may_write_for(author, schema, member_id)
        attributes = attributes_of(item, member_id, author.member.id)
        external = attributes.named if upsert else None
        if upsert and external is None:
            raise InvalidInput(f"{item.where}externalId: an upsert needs one.", "required")
        mode = Mode.UPSERT if upsert else Mode.CREATE
        requests.append(SaveRequest(mode, external=external, entries=given, attributes=attributes))
    return requests
