"""Which record has what a refused write gives, as far as the caller may know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from records.exceptions import Conflict, EntryProblems, InvalidValues, RecordsError
from records.field_types import FieldSpec, InvalidValue
from records.services.access import Author, visible_condition
from records.services.catalogue import ObjectSchema, identifier_key
from records.services.database import Fragment, fetch_column, in_texts
from records.services.storage import ExternalKey, unique_keys

TAKEN = "already_exists"


def with_holders(
    author: Author,
    schema: ObjectSchema,
    error: RecordsError,
    values: Mapping[str, Any],
    external: ExternalKey | None = None,
    member_id: int | None = None,
) -> RecordsError:
    """The refusal of one record, which says by its number which record has the value, the external
    id or the member already; as it is where the caller sees no such record.

    `values` are those that were sent, by API name, in their order.
    """
    if isinstance(error, InvalidValues):
        for entry in error.entries:
            _tell_holder(author, schema, entry, values)
    elif isinstance(error, Conflict) and error.code == TAKEN and error.path:
        field = schema.external_id_field
        if external is None and field is not None and isinstance(values.get(field.name), str):
            external = ExternalKey("", values[field.name].strip())
        chosen = _chosen(error.path[-1], external, member_id)
        told = error.detail if chosen is None else _told(author, schema, chosen, error.detail)
        return Conflict(told, error.code, at=error.path)
    return error


def _chosen(
    place: str | int, external: ExternalKey | None, member_id: int | None
) -> Fragment | None:
    if place == "external_id" and external is not None:
        return "r.external_source = %s AND r.external_id = %s", [external.source, external.id]
    return ("r.member_id = %s", [member_id]) if place == "member_id" and member_id else None


def _tell_holder(
    author: Author, schema: ObjectSchema, entry: EntryProblems, values: Mapping[str, Any]
) -> None:
    names = list(values)
    place = entry.position
    name = names[place] if place is not None and place < len(names) else entry.field_name
    spec = schema.by_name.get(name)
    if spec is None or name not in values:
        return
    for at, each in enumerate(entry.problems):
        if each.code == "unique":
            chosen = _having(schema, spec, values[name])
            entry.problems[at] = replace(each, message=_told(author, schema, chosen, each.message))


def _having(schema: ObjectSchema, spec: FieldSpec, raw: Any) -> Fragment:
    """A condition: the record `r` has this value of a unique field, or of the identifier."""
    try:
        stored = spec.type.parse(spec, raw)
    except InvalidValue:
        return "FALSE", []
    if spec is schema.identifier:
        return "r.identifier = %s", [identifier_key(str(stored))]
    chosen, params = in_texts("v.unique_key", unique_keys(spec, stored))
    return (
        "r.id IN (SELECT v.record_id FROM records_fieldvalue v WHERE v.workspace_id = %s"
        f" AND v.field_id = %s AND {chosen})"
    ), [schema.workspace_id, spec.id, *params]


def _told(author: Author, schema: ObjectSchema, chosen: Fragment, said: str) -> str:
    """What is said, and the number of the live record that is meant."""
    visible, params = visible_condition(author, schema, "r")
    found = fetch_column(
        "SELECT r.id FROM records_record r WHERE r.workspace_id = %s AND r.object_id = %s"
        f" AND r.state = 'active' AND {chosen[0]} AND {visible} ORDER BY r.id LIMIT 1",
        [schema.workspace_id, schema.id, *chosen[1], *params],
    )
    return f"{said} It is record {found[0]}." if found else said
