"""What the answer to a write says: the record as it is now, or that something else came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from records.exceptions import ExternalError
from records.field_types import FieldSpec
from records.models import ExternalOperation
from records.services.access import Author
from records.services.catalogue import ObjectSchema
from records.services.storage import RecordRow

from .calls import APPLIED, UNKNOWN, Reply
from .error_reports import reports_error
from .json_mapping import id_in, made_row, row_of, told_fields


def ended_row(
    author: Author,
    schema: ObjectSchema,
    external_id: str,
    reply: Reply,
    operation: ExternalOperation,
) -> RecordRow:
    """A record that was cancelled, with its values where the answer has them, or one that is
    gone."""
    # A deleted record has no values to show.
    if operation != ExternalOperation.CANCEL:
        return made_row(schema, external_id, {})
    known = id_in(schema, reply.item) is not None
    row = (
        row_of(author, schema, external_id, reply.item, APPLIED)
        if known
        else made_row(schema, external_id, {})
    )
    # The moment of the answer: no mapped field says when the upstream cancelled it.
    row.cancelled_at = datetime.now(UTC)
    return row


def written_row(
    author: Author,
    schema: ObjectSchema,
    operation: ExternalOperation,
    external_id: str,
    reply: Reply,
    values: Mapping[FieldSpec, Any],
) -> RecordRow:
    """The record as the upstream says it is now; where it says nothing, what was sent."""
    known = check_done(schema, "" if operation == ExternalOperation.CREATE else external_id, reply)
    # Many upstreams answer 204 to a write, or with the id alone.
    if known is not None or (reply.content is None and external_id):
        told = set() if known is None else told_fields(schema, reply.item)
        stored = {
            str(spec.id): value
            for spec, value in values.items()
            if value is not None and spec.id not in told
        }
        if known is not None:
            stored |= row_of(author, schema, known, reply.item, APPLIED).values
        return made_row(schema, known or external_id, stored)
    problem = "without the record's id" if not external_id else "with no record"
    raise ExternalError(
        f"The upstream of {schema.name!r} accepted the request, but answered {problem}. {APPLIED}",
        status=reply.status,
        outcome="applied",
    )


def check_done(schema: ObjectSchema, external_id: str, reply: Reply) -> str | None:
    """The id of the record in the answer to a write, None for none; ExternalError for a report of
    an error, and for another record than the one with `external_id`."""
    found = id_in(schema, reply.item)
    if found in (None, external_id or found) and reports_error(schema, reply.content, reply.item):
        what = "answered with an error"
    elif external_id and found not in (None, external_id):
        what = "answered with another record"
    else:
        return found
    raise ExternalError(
        f"The upstream of {schema.name!r} {what}. {UNKNOWN}", status=reply.status, outcome="unknown"
    )


def tells_only(schema: ObjectSchema, reply: Reply, sent: Iterable[FieldSpec]) -> bool:
    """Whether the answer to a write says nothing of the record but what was sent: the rest of it is
    unknown then, not blank."""
    return told_fields(schema, reply.item) <= {spec.id for spec in sent}
