"""Running a batch with the definitions that are current when it is stored."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from records.exceptions import Conflict, NotFound, ObjectGone, RecordsError
from records.field_types import FieldSpec
from records.services.access import Author, get_schema, renewed
from records.services.catalogue import ObjectSchema
from records.services.database import ATTEMPTS
from records.services.storage import OutdatedSchema

from .batch import Batch
from .save_requests import Outcome, SaveRequest
from .values import Change

_CHANGED = "The object's definition has changed in the meantime; try again."


def run_batch(
    author: Author,
    schema: ObjectSchema,
    requests: Sequence[SaveRequest],
    refused: Mapping[int, RecordsError] | None = None,
) -> tuple[list[Outcome], bool]:
    """Carry a batch out in the open transaction: the outcomes, and whether it made tags.

    Requests are read with a compiled definition. If it is outdated when their records are locked,
    they are read again with the current one, which stays the same until the transaction ends, apart
    from new tags. ObjectGone when the object, or every right to its records, is gone.
    """
    for _ in range(ATTEMPTS):
        batch = Batch(author, schema, requests, refused)
        try:
            return batch.run(), batch.made_tags
        except OutdatedSchema:
            # Roles are part of the definitions: the caller's rights are read again too.
            author = renewed(author)
            try:
                schema = get_schema(author, schema.uuid)
            except NotFound:
                raise ObjectGone from None
            # Parsed changes refer to fields of the outdated schema.
            requests = [_rebased(request, schema) for request in requests]
    raise Conflict(_CHANGED)


def _rebased(request: SaveRequest, schema: ObjectSchema) -> SaveRequest:
    """The request, updated to the current definition; Conflict when that is impossible."""
    key = None if request.match_field is None else _current(schema, request.match_field)
    changes = [replace(change, field=_current(schema, change.field)) for change in request.changes]
    # A field that is no longer unique could match several records.
    no_longer_unique = key is not None and key not in schema.unique
    if no_longer_unique or any(_names_lost_option(change) for change in changes):
        raise Conflict(_CHANGED)
    return replace(request, match_field=key, changes=changes)


def _current(schema: ObjectSchema, spec: FieldSpec) -> FieldSpec:
    found = schema.by_id.get(spec.id)
    if found is None:
        raise Conflict(_CHANGED)
    return found


def _names_lost_option(change: Change) -> bool:
    """Whether the change gives an option that was deleted; changes of parsed values name options by
    key."""
    if not change.field.type.has_options:
        return False
    live: Collection[int] = {
        key for key, option in change.field.options.items() if not option.deleted
    }
    # Only keys are compared: an option that does not exist yet is a reference.
    return any(type(item) is int and item not in live for item in (*change.given, *change.add))
