"""What was read can be sent back: a value that the record has is no change, whoever may set it and
whatever rules its field has by now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from records.exceptions import InvalidValues, NotFound
from records.mcp.rendering import data_fields, whole_contents
from records.services.access import Author
from records.services.catalogue import FieldSpec, ObjectSchema
from records.services.operations import home_of
from records.services.reading import Address
from records.services.writing import FieldEntry

Write = Callable[[Sequence[FieldEntry], frozenset[int]], dict[str, Any]]


def write_what_differs(
    author: Author,
    schema: ObjectSchema,
    where: Address | None,
    entries: Sequence[FieldEntry],
    write: Write,
    *,
    full: bool,
    alone: bool,
) -> dict[str, Any]:
    """What `write` answers for the entries and the fields to keep as they are.

    Only values that it refuses are compared with those of the record: where they are the same they
    are left out, and the rest is written. `full`: a property that is not sent is cleared. `alone`:
    nothing is written beside them.
    """
    try:
        return write(entries, frozenset())
    except InvalidValues as error:
        fields = data_fields(author, schema)
        held = _held(author, schema, where, fields)
        if held is None:
            raise
        known, data = {spec.name: spec for spec in fields}, held["data"]
        same = {
            at
            for at, entry in enumerate(entries)
            if entry.name in known and entry.value == data.get(entry.name)
        }
        sent = {entry.name for entry in entries}
        if alone and len(same) == len(entries) and not (full and data.keys() - sent):
            return held | {"action": "unchanged"}
        refused = {entry.position for entry in error.entries}
        if error.general or not refused <= same:
            raise
    kept = frozenset(known[entries[at].name].id for at in refused if at is not None)
    left = [at for at in range(len(entries)) if at not in refused]
    try:
        return write([entries[at] for at in left], kept if schema.external is None else frozenset())
    except InvalidValues as error:
        for entry in error.entries:
            entry.position = None if entry.position is None else left[entry.position]
        raise


def _held(
    author: Author, schema: ObjectSchema, where: Address | None, fields: Sequence[FieldSpec]
) -> dict[str, Any] | None:
    """The record as it is read; None for none."""
    if where is None:
        return None
    try:
        view = home_of(schema).get_remaining(author, schema, where, fields)
    except NotFound:
        return None
    return whole_contents(author, schema, [view], fields)[0]
