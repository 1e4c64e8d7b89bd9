"""What a record is called and where it stands, as filters ask for it: its id, its external id, its
version."""

from __future__ import annotations

from collections.abc import Mapping

from records.field_types import FieldSpec, FieldType, InvalidValue
from records.field_types.base import JSON, UUID_FORM, Condition, check_text, member_ref
from records.field_types.conditions import number_conditions, single_conditions
from records.services.catalogue import COLUMN_FIELDS
from records.services.reading import MAX_KEY


def _uuid(field: FieldSpec, value: JSON) -> str:
    if isinstance(value, str) and UUID_FORM.fullmatch(value):
        return value.lower()
    raise InvalidValue("Expected the UUID of a record; your own ids are in external_id.")


def _name(field: FieldSpec, value: JSON) -> str:
    # Compared as it is: other cases are other ids.
    return check_text(value, MAX_KEY)


def _version(field: FieldSpec, value: JSON) -> int:
    if type(value) is not int or not 0 <= value < 2**31:
        raise InvalidValue("Expected a whole number.")
    return value


def _never_blank(conditions: Mapping[str, Condition]) -> dict[str, Condition]:
    return {name: condition for name, condition in conditions.items() if name != "is_blank"}


class _Id(FieldType):
    name = "id"
    column = "uuid"
    conditions = _never_blank(single_conditions(_uuid))


class _ExternalId(FieldType):
    name = "external_id"
    conditions = single_conditions(_name)


class _ExternalSource(_ExternalId):
    name = "external_source"


class _Version(FieldType):
    name = "version"
    column = "number"
    conditions = _never_blank(number_conditions(_version))


class _MemberId(FieldType):
    name = "member_id"
    column = "member"
    conditions = single_conditions(member_ref)


# By the names that APIs give them; a field of an object with the same name goes first.
OWN_FIELDS = {
    kind.name: FieldSpec(0, "", kind.name, kind.name, kind, computed=f"record_{kind.name}")
    for kind in (_Id(), _ExternalId(), _ExternalSource(), _Version(), _MemberId())
}
# Fields that are tested in columns of the record, with these columns.
OWN_COLUMNS = COLUMN_FIELDS | {
    "record_id": "uuid",
    "record_external_id": "external_id",
    "record_external_source": "external_source",
    "record_version": "version",
    "record_member_id": "member_id",
}
# Columns that hold an empty text where there is nothing.
NEVER_NULL = frozenset({"display_name", "record_external_source"})
