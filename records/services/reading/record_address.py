"""How callers address a record: by its id, its external id, or both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from records.exceptions import InvalidInput, NotFound
from records.field_types import FieldSpec, InvalidValue
from records.field_types.base import check_text
from records.services.access import Author
from records.services.catalogue import ObjectSchema
from records.services.database import (
    canonical_uuid,
    fetch_column,
    in_ids,
    uuid_text,
)
from records.services.storage import ExternalKey, find_external

from .archive import get_record_in_any_state
from .record_views import RecordView

MAX_KEY = 255  # characters of an external id, and of its source


@dataclass(frozen=True, slots=True)
class Address:
    """A record's UUID, its external id, or both, which must then belong to the same record."""

    uuid: str | None = None
    external: ExternalKey | None = None

    @property
    def by_id(self) -> bool:
        """Whether the record's own id is given."""
        return self.uuid is not None


def address(
    record_uuid: str | UUID | None = None, external_id: str | None = None, source: str = ""
) -> Address:
    """The address in what a caller sent.

    InvalidInput when both ids are missing, or the external id is not valid; NotFound when the id is
    not a UUID.
    """
    external = None if external_id is None else external_key(external_id, source)
    if record_uuid is None:
        if external is None:
            raise InvalidInput("Name the record by record_id or external_id.", "required")
        return Address(None, external)
    uuid = canonical_uuid(record_uuid)
    if not uuid:  # no record has such an id
        raise NotFound
    return Address(uuid, external)


def external_key(external_id: object, source: object = "") -> ExternalKey:
    """A valid external id: not blank, at most 255 characters, compared exactly; InvalidInput for
    any other."""
    key = ExternalKey(_checked("external_source", source), _checked("external_id", external_id))
    if not key.id.strip():
        raise InvalidInput("expected a non-empty string.", "required", at="external_id")
    return key


def _checked(part: str, given: object) -> str:
    try:
        return check_text(given, MAX_KEY)
    except InvalidValue as problem:
        raise InvalidInput.of(problem, part) from None


def get_remaining(
    author: Author, schema: ObjectSchema, where: Address, fields: Sequence[FieldSpec]
) -> RecordView:
    """A record the caller may see, live, cancelled or archived; NotFound for any other, also for
    one in the trash.

    By external id: the live record, else the archived one created last. Of one that was merged, the
    record that it has become. `view.row` has its state.
    NotFound also when both ids are given and belong to different records.
    """
    uuid = where.uuid
    if where.external is not None:
        found = _find_uuid(schema, where.external)
        if found is None or uuid not in (None, found):
            raise NotFound
        uuid = found
    return get_record_in_any_state(author, schema, uuid or "", fields)


def find_uuid(author: Author, schema: ObjectSchema, where: Address) -> str:
    """The UUID of the record at an address. By external id it is looked up: NotFound where
    `get_remaining` finds none."""
    if where.external is None and where.uuid is not None:
        return where.uuid
    return get_remaining(author, schema, where, ()).uuid


def _find_uuid(schema: ObjectSchema, key: ExternalKey) -> str | None:
    chosen, params = in_ids("id", find_external(schema, {key}))
    found = fetch_column(
        f"SELECT uuid FROM records_record WHERE workspace_id = %s AND {chosen} ORDER BY "
        "state LIMIT 1",
        [schema.workspace_id, *params],  # `active` sorts before `archived`
    )
    return uuid_text(*found) if found else None
