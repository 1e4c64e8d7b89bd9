"""Reading many records at once, by whatever they are called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from records.exceptions import InvalidInput
from records.field_types import FieldSpec
from records.models import RecordState
from records.services.access import Author, visible_identifier
from records.services.catalogue import ObjectSchema
from records.services.database import (
    Fragment,
    canonical_uuid,
    in_ids,
    in_texts,
    in_uuids,
    is_postgresql,
)
from records.services.storage import (
    PROBED_FROM,
    ExternalKey,
    find_external,
    find_identifiers,
    load_records,
)

from .merged_records import LIVE, survivors_of
from .record_views import RecordView, key_of_identifier, view_records


class RecordNames(NamedTuple):
    """What records are asked for by: UUIDs, identifiers as people write them, external ids."""

    uuids: Sequence[str] = ()
    identifiers: Sequence[str] = ()
    external: Sequence[ExternalKey] = ()


class FoundRecords(NamedTuple):
    """For each name that was asked for, in order, the record that has it; None for none."""

    by_uuid: list[RecordView | None]
    by_identifier: list[RecordView | None]
    by_external: list[RecordView | None]


def get_records(
    author: Author,
    schema: ObjectSchema,
    names: RecordNames,
    fields: Sequence[FieldSpec],
    *,
    states: frozenset[str] = LIVE,
) -> FoundRecords:
    """The records in these states with these names that the caller may see; for any number of them
    at most three queries, and those for what the records refer to; two more where some were
    merged, in whose places are the records that they have become. Of those that share an external
    id the live one, else the archived one created last.

    InvalidInput for identifiers where the object has none.
    """
    uuids = [canonical_uuid(name) or "" for name in names.uuids]
    keys = _keys(author, schema, names.identifiers)
    condition, params = _meant(schema, uuids, keys, names.external)
    shown = ", ".join(f"'{RecordState(state)}'" for state in sorted(states))
    known = f"(r.state IN ({shown}) OR r.merged_into IS NOT NULL) AND ({condition})"
    rows = load_records(schema, (known, params))
    ends = survivors_of(author, schema, rows, states)
    missing = set(ends.values()) - {row.id for row in rows}
    if missing:
        rows += load_records(schema, in_ids("r.id", missing))
    meant = [row for row in rows if row.state in states and row.id not in ends]
    views = {
        view.row.id: view
        for view in view_records(author, schema, meant, fields)
        if view.access.view
    }
    seen = [
        (row, view) for row in rows if (view := views.get(ends.get(row.id, row.id))) is not None
    ]
    # The live one last, and of the archived ones the newest: it is the one that is meant.
    seen.sort(key=lambda pair: (pair[0].state == RecordState.ACTIVE, pair[0].id))
    by_uuid = {row.uuid: view for row, view in seen}
    by_key = {row.identifier: view for row, view in seen}
    by_external = {
        ExternalKey(row.external_source, row.external_id or ""): view for row, view in seen
    }
    return FoundRecords(
        list(map(by_uuid.get, uuids)),
        [by_key.get(key) if key else None for key in keys],
        list(map(by_external.get, names.external)),
    )


def _keys(author: Author, schema: ObjectSchema, identifiers: Sequence[str]) -> list[str]:
    """The identifiers in the form that records are found by; empty ones find none."""
    if not identifiers:
        return []
    spec = visible_identifier(author, schema)
    if spec is None:
        raise InvalidInput(f"the object {schema.name!r} has no identifier.", at="names")
    return [key_of_identifier(spec, identifier) for identifier in identifiers]


def _meant(
    schema: ObjectSchema, uuids: Iterable[str], keys: Iterable[str], external: Iterable[ExternalKey]
) -> Fragment:
    """A condition on alias `r` that selects the records with these names."""
    ids = find_external(schema, set(external))
    sought = set(keys) - {""}
    if len(sought) >= PROBED_FROM and is_postgresql():
        # Its planner would rather scan the table than look so many up in the index.
        ids, sought = ids | find_identifiers(schema, sought), set()
    parts = [in_uuids("r.uuid", filter(None, uuids)), in_ids("r.id", ids)]
    parts.append(in_texts("r.identifier", sought))
    statements, params = zip(*parts, strict=True)
    return " OR ".join(statements), [param for given in params for param in given]
