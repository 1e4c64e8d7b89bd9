"""A field that stands for the external id: what is written to one of the two is written to both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from records.exceptions import InvalidInput
from records.field_types import InvalidValue, field_types
from records.models import Field, Record, RecordState

from .object_schema import ObjectSchema
from .save_requests import ExternalKey, SaveRequest
from .values import UNSET, Change, Parsed


def with_external_field(schema: ObjectSchema, request: SaveRequest, parsed: Parsed) -> SaveRequest:
    """The request, and in `parsed` its changes, with the external id in both places; of no source but the empty one."""
    spec = schema.external_id_field
    if spec is None:
        return request
    given = request.attributes.external
    if given is UNSET and request.matches_external:
        given = request.external
    change = parsed.changes.get(spec.id)
    if change is None:
        if given is None or (given is not UNSET and not given.source):
            _fill(schema, given, parsed)
        return request
    key = None if change.value is None else ExternalKey("", str(change.value))
    if given is not UNSET and given != key:
        message = "The field stands for the external id, and the two that were sent differ."
        parsed.refuse(spec, change.position, "value", "invalid", message)
        return request
    return replace(request, attributes=replace(request.attributes, external=key))


def _fill(schema: ObjectSchema, given: Any, parsed: Parsed) -> None:
    spec = schema.external_id_field
    if spec is None:
        return
    try:
        value = None if given is None else spec.type.parse(spec, given.id)
    except InvalidValue as problem:
        parsed.refuse(spec, None, "value", problem.code, problem.message)
        return
    parsed.changes[spec.id] = Change(spec, None, value)


def check_external_field(row: Field) -> None:
    """InvalidInput unless the field may stand for the external id: a short text, the only such of its object.

    A field that has values already cannot begin to: the records would have to be addressed anew.
    """
    kind = field_types.get(row.field_type)
    if not (kind.text_like and kind.may_be_unique) or row.computed or kind.computed:
        raise InvalidInput(f"is_external_id: a {row.field_type} field cannot be the external id.")
    others = Field.objects.filter(workspace_id=row.workspace_id, object_id=row.object_id, deleted_at=None)
    if others.filter(is_external_id=True).exclude(id=row.pk or 0).exists():
        raise InvalidInput("is_external_id: the object has such a field already.", "unique")
    live = Record.objects.filter(workspace_id=row.workspace_id, object_id=row.object_id, state=RecordState.ACTIVE)
    if live.exists():
        raise InvalidInput("is_external_id: the object has records already.", "in_use")
