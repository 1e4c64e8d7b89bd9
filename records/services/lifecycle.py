"""A record's life as programs ask for it: found by its id or by what another system calls it, whatever its state.

Thin on purpose: each function makes one request of the write path, or reads. Interfaces that speak of records by
external id, or that cancel and delete them, need no more than these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from records.exceptions import InvalidInput, NotFound
from records.field_types import FieldSpec, InvalidValue
from records.field_types.base import check_text
from records.models import RecordState

from .access import Author
from .archive import get_record_in_any_state
from .external.forwarding import forwarded
from .object_schema import ObjectSchema
from .probing import find_external
from .read import RecordView
from .save_requests import NO_ATTRIBUTES, Attributes, ExternalKey, Mode, SaveRequest, SaveResult
from .sql import fetch, in_ids, uuid_text
from .values import FieldEntry
from .write import save_record

MAX_KEY = 255  # characters of an external id, and of its source
_REMAINING = frozenset({RecordState.ACTIVE.value, RecordState.ARCHIVED.value})


@dataclass(frozen=True, slots=True)
class Address:
    """Which record is meant: its UUID, its external id, or both, which must then mean the same one."""

    uuid: str | None = None
    external: ExternalKey | None = None

    @property
    def by_id(self) -> bool:
        """Whether the record is named by its own id."""
        return self.uuid is not None


def address(record_uuid: str | UUID | None = None, external_id: str | None = None, source: str = "") -> Address:
    """Where a record is, from what a caller sent.

    InvalidInput when it says nothing, or not in a form an external id has; NotFound when the id is no UUID.
    """
    external = None if external_id is None else external_key(external_id, source)
    if record_uuid is None:
        if external is None:
            raise InvalidInput("Name the record by record_id or external_id.", "required")
        return Address(None, external)
    try:
        return Address(str(UUID(str(record_uuid))), external)
    except ValueError:
        raise NotFound from None


def external_key(external_id: object, source: object = "") -> ExternalKey:
    """An external id that is one: not blank, at most 255 characters, compared to the letter; or InvalidInput."""
    checked = []
    for part, given in (("external_source", source), ("external_id", external_id)):
        try:
            checked.append(check_text(given, MAX_KEY))
        except InvalidValue as problem:
            raise InvalidInput(f"{part}: {problem.message}", problem.code) from None
    if not checked[1].strip():
        raise InvalidInput("external_id: expected a text that is not blank.", "required")
    return ExternalKey(checked[0], checked[1])


# ---------------------------------------------------------------- reading


@forwarded
def get_remaining(author: Author, schema: ObjectSchema, where: Address, fields: Sequence[FieldSpec]) -> RecordView:
    """A record the caller may see, live, cancelled or archived; NotFound for any other, those in the trash included.

    By external id: the live one, or else the archived one that was made last. `view.row` tells its state. NotFound too
    when both ids are given and mean different records.
    """
    uuid = where.uuid
    if where.external is not None:
        found = _find_uuid(schema, where.external)
        if found is None or uuid not in (None, found):
            raise NotFound
        uuid = found
    return get_record_in_any_state(author, schema, uuid or "", fields)


def _find_uuid(schema: ObjectSchema, key: ExternalKey) -> str | None:
    chosen, params = in_ids("id", find_external(schema, {key}))
    rows = fetch(
        f"SELECT uuid FROM records_record WHERE workspace_id = %s AND {chosen} ORDER BY state LIMIT 1",
        [schema.workspace_id, *params],  # `active` sorts before `archived`
    )
    return uuid_text(rows[0][0]) if rows else None


# ---------------------------------------------------------------- writing


def upsert_record(
    author: Author,
    schema: ObjectSchema,
    where: Address | None,
    entries: Sequence[FieldEntry],
    *,
    replaces: bool = True,
    attributes: Attributes = NO_ATTRIBUTES,
    expected_version: int | None = None,
    on_archived: str | None = "overwrite",
) -> SaveResult:
    """Write the whole record (`replaces`), or what is listed of it; create it unless it is there.

    By its own id a record is never created: NotFound, and Conflict when it is archived or cancelled. By external id the
    live record with it, else a new one, which an archived one does not stop: by default one that has the new record's
    identifier is renamed out of its way. Without an address a new record. Any number of processes that write one new
    external id make one record.
    """
    more: dict[str, Any] = {"entries": entries, "attributes": attributes, "expected_version": expected_version}
    if where is None:
        request = SaveRequest(Mode.CREATE, on_archived=on_archived, **more)
    elif where.by_id:
        mode = Mode.REPLACE if replaces else Mode.UPDATE
        request = SaveRequest(mode, where.uuid, external=where.external, tell_archived=True, **more)
    else:
        more["on_archived"] = on_archived
        request = SaveRequest(Mode.UPSERT, external=where.external, replaces=replaces, **more)
    return save_record(author, schema, request)


def patch_record(
    author: Author,
    schema: ObjectSchema,
    where: Address,
    entries: Sequence[FieldEntry],
    *,
    attributes: Attributes = NO_ATTRIBUTES,
    expected_version: int | None = None,
) -> SaveResult:
    """Change what is listed; never creates. An archived record is a Conflict by its own id, else NotFound."""
    request = SaveRequest(
        Mode.UPDATE,
        where.uuid,
        external=where.external,
        entries=entries,
        attributes=attributes,
        expected_version=expected_version,
        tell_archived=where.by_id,
    )
    return save_record(author, schema, request)


def cancel_record(
    author: Author, schema: ObjectSchema, where: Address, expected_version: int | None = None
) -> SaveResult:
    """End a record's work: from now on its values do not change. An archived one stays archived.

    A second time nothing happens: the action is `unchanged`.
    """
    return _move(author, schema, Mode.CANCEL, where, expected_version, states=_REMAINING)


def trash_record(
    author: Author, schema: ObjectSchema, where: Address, expected_version: int | None = None
) -> SaveResult:
    """Delete a live record so that staff can bring it back; Conflict for an archived one."""
    return _move(author, schema, Mode.TRASH, where, expected_version, tell_archived=True)


def restore_record(author: Author, schema: ObjectSchema, record_uuid: str | UUID) -> SaveResult:
    """Bring a record back from the trash, live; Conflict while another holds its identifier or a unique value."""
    return _move(author, schema, Mode.RESTORE, address(record_uuid), None)


def delete_permanently(
    author: Author,
    schema: ObjectSchema,
    where: Address,
    expected_version: int | None = None,
    *,
    states: frozenset[str] | None = None,
) -> SaveResult:
    """Remove a live record (or one in `states`) for good: values, index, links to it, history, kept answers, reports.

    What stays is one row of the ledger that says which record it was, when and by whom.
    """
    return _move(author, schema, Mode.DELETE_PERMANENTLY, where, expected_version, states=states)


def _move(
    author: Author, schema: ObjectSchema, mode: Mode, where: Address, expected_version: int | None, **more: Any
) -> SaveResult:
    request = SaveRequest(mode, where.uuid, external=where.external, expected_version=expected_version, **more)
    return save_record(author, schema, request)
