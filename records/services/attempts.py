"""Running a batch with the definitions that hold when it is stored, whatever they were when it was asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from records.exceptions import Conflict, RecordsError
from records.field_types import FieldSpec

from .access import Author, get_schema, renewed
from .batch import Batch
from .object_schema import ObjectSchema
from .record_rows import OutdatedSchema
from .save_requests import Outcome, SaveRequest
from .transactions import ATTEMPTS
from .values import Change

_CHANGED = "The definition of the object changed meanwhile; try again."


def run_batch(
    author: Author,
    schema: ObjectSchema,
    requests: Sequence[SaveRequest],
    refused: Mapping[int, RecordsError] | None = None,
) -> tuple[list[Outcome], bool]:
    """Carry a batch out in the open transaction: the outcomes, and whether it made tags.

    A request was read with a compiled definition. Should that be outdated by the time its records are locked, it is
    read again with the one that holds then, which stays until the transaction ends: only new tags can come between.
    NotFound when the object, or every right to its records, is gone.
    """
    for _ in range(ATTEMPTS):
        batch = Batch(author, schema, requests, refused)
        try:
            return batch.run(), batch.made_tags
        except OutdatedSchema:
            author = renewed(author)
            schema = get_schema(author, schema.uuid)
            requests = [_rebased(request, schema) for request in requests]
    raise Conflict(_CHANGED)


def _rebased(request: SaveRequest, schema: ObjectSchema) -> SaveRequest:
    """The request, with what it knows of the definition brought up to date; Conflict when that cannot be done."""
    key = request.match_field
    if key is not None:
        key = _current(schema, key)
        if key not in schema.unique:
            raise Conflict(_CHANGED)
    changes = [replace(change, field=_current(schema, change.field)) for change in request.changes]
    if any(_names_lost_option(change) for change in changes):
        raise Conflict(_CHANGED)
    return replace(request, match_field=key, changes=changes)


def _current(schema: ObjectSchema, spec: FieldSpec) -> FieldSpec:
    found = schema.by_id.get(spec.id)
    if found is None:
        raise Conflict(_CHANGED)
    return found


def _names_lost_option(change: Change) -> bool:
    if change.field.type.column != "option":
        return False
    live: Collection[int] = {key for key, option in change.field.options.items() if not option.deleted}
    return any(type(item) is int and item not in live for item in (*change.given, *change.add))
