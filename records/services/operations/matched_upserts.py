"""Upserts that say by the value of a field which record they mean, and values by label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from records.exceptions import InvalidInput, quoted
from records.field_types import FieldSpec, InvalidValue
from records.services.access import Author, find_field, visible_fields
from records.services.catalogue import ObjectSchema
from records.services.storage import ExternalKey
from records.services.writing import Mode, SaveRequest, entries_of

from .home import home_of


def matched_field(author: Author, schema: ObjectSchema, key: str) -> FieldSpec:
    """The unique field, the identifier, or the field of the external id, with this slug or label;
    InvalidInput for any other."""
    spec = _find_labelled(author, schema, key)
    if spec is None:
        raise InvalidInput(f"there is no field {quoted(key)}.", "does_not_exist", at="matchField")
    if not (spec.is_unique or spec in (schema.identifier, schema.external_id_field)):
        raise InvalidInput(
            f"the field {spec.name!r} is neither unique nor the external id.", at="matchField"
        )
    return spec


def values_by_slug(
    author: Author, schema: ObjectSchema, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Values by slug that were sent by slug or label; keys that are neither stay as they are."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        spec = _find_labelled(author, schema, key)
        slug = key if spec is None else spec.name
        if slug in found:
            raise InvalidInput(f"{quoted(key)} is sent by slug and by label.", at="fieldValues")
        found[slug] = value
    return found


def _find_labelled(author: Author, schema: ObjectSchema, key: str) -> FieldSpec | None:
    """The field with this slug, else the only one with this label."""
    if spec := schema.by_name.get(key):
        return find_field(author, schema, spec.name)
    labelled = [spec for spec in visible_fields(author, schema) if spec.display_name == key]
    return labelled[0] if len(labelled) == 1 else None


def matched_upsert(
    author: Author, schema: ObjectSchema, match: FieldSpec, values: Mapping[str, Any]
) -> SaveRequest:
    """The upsert of the record whose field `match` has the value that is among `values`; a record
    that the caller cannot see is NotFound."""
    sent = values.get(match.name)
    if sent is None or sent == "":
        raise InvalidInput(
            "the value to match must be among the values.",
            "required",
            at=("fieldValues", match.name),
        )
    is_external = match is schema.external_id_field
    if is_external and isinstance(sent, str):
        sent = sent.strip()
        values = {**values, match.name: sent}
    entries = entries_of(author, schema, [values])[0]
    if is_external:
        request = SaveRequest(Mode.UPSERT, external=_external(match, sent), entries=entries)
    else:
        try:
            request = home_of(schema).upsert_request(
                author, schema, sent, entries, match_field=match.name
            )
        except InvalidInput as problem:
            raise InvalidInput(
                problem.reason, problem.code, at=("fieldValues", match.name)
            ) from None
    request.hides_match = True
    return request


def _external(match: FieldSpec, sent: Any) -> ExternalKey:
    """The external id as its field keeps it; ids are told apart by case, as in every call."""
    at = ("fieldValues", match.name)
    try:
        stored = match.type.parse(match, sent) if isinstance(sent, str) else None
    except InvalidValue as problem:
        raise InvalidInput(problem.reason, problem.code, at=at) from None
    if not isinstance(stored, str) or not 0 < len(stored) <= 255:
        raise InvalidInput("expected 1 to 255 characters.", at=at)
    return ExternalKey("", stored)
