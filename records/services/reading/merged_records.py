"""Records that were merged into others: their ids lead to the record that they have become."""

from __future__ import annotations

from collections.abc import Iterable

from records.models import RecordState
from records.services.access import Author, access_to
from records.services.catalogue import ObjectSchema
from records.services.database import fetch, in_ids
from records.services.storage import RecordRow

LIVE = frozenset({RecordState.ACTIVE.value})
REMAINING = LIVE | {RecordState.ARCHIVED.value}
# A chain has no circles, as only live records survive; UNION ends even one that had.
_ENDS = (
    "WITH RECURSIVE way(start, id) AS (SELECT r.id, r.merged_into FROM records_record r"
    " WHERE r.workspace_id = %s AND {chosen} AND r.merged_into IS NOT NULL UNION"
    " SELECT way.start, r.merged_into FROM way JOIN records_record r ON r.id = way.id"
    " WHERE r.workspace_id = %s AND r.merged_into IS NOT NULL)"
    " SELECT way.start, r.id FROM way JOIN records_record r ON r.id = way.id"
    " WHERE r.workspace_id = %s AND r.object_id = %s AND r.merged_into IS NULL"
)


def survivors_of(
    author: Author,
    schema: ObjectSchema,
    rows: Iterable[RecordRow],
    states: Iterable[str] = LIVE,
) -> dict[int, int]:
    """The keys of the records in these states that merged ones have become, by the keys of those
    that the caller may see. One query; none where no record was merged."""
    merged = [
        row.id
        for row in rows
        if row.merged_into is not None and access_to(author, schema, row.values, row.member_id).view
    ]
    return ends_of(schema, merged, states) if merged else {}


def ends_of(
    schema: ObjectSchema, merged: Iterable[int], states: Iterable[str] = LIVE
) -> dict[int, int]:
    """The records in these states that merged ones have become, by key, whoever asks. One query."""
    chosen, params = in_ids("r.id", merged)
    shown = ", ".join(f"'{RecordState(state)}'" for state in sorted(states))
    tenant = schema.workspace_id
    found = fetch(
        f"{_ENDS.format(chosen=chosen)} AND r.state IN ({shown})",
        [tenant, *params, tenant, tenant, schema.id],
    )
    return dict(found)
