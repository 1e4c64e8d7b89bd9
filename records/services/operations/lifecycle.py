"""A record's life as programs ask for it: found by its id or by what another system calls it,
whatever its state.

Thin on purpose: each function makes one request of the write path, or reads. Interfaces that speak
of records by external id, or that cancel and delete them, need no more than these.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from records.models import RecordState
from records.services.access import Author
from records.services.catalogue import ObjectSchema
from records.services.reading import Address, address
from records.services.writing import (
    NO_ATTRIBUTES,
    Attributes,
    FieldEntry,
    Mode,
    SaveRequest,
    SaveResult,
)

from .home import home_of

_REMAINING = frozenset({RecordState.ACTIVE.value, RecordState.ARCHIVED.value})

# ---------------------------------------------------------------- writing


def upsert_record(
    author: Author,
    schema: ObjectSchema,
    where: Address | None,
    entries: Sequence[FieldEntry],
    *,
    replaces: bool = True,
    attributes: Attributes = NO_ATTRIBUTES,
    kept: frozenset[int] = frozenset(),
    expected_version: int | None = None,
    on_archived: str | None = "overwrite",
) -> SaveResult:
    """Write the whole record (`replaces`), or what is listed of it; create it unless it is there.
    The `kept` fields of a record that is there stay as they are.

    By its own id a record is never created: NotFound, and Conflict when it is archived or
    cancelled. By external id the live record with it, else a new one, which an archived one does
    not stop: by default one that has the new record's identifier is renamed out of its way. Without
    an address a new record. Any number of processes that write one new external id make one record.
    """
    more: dict[str, Any] = {
        "entries": entries,
        "attributes": attributes,
        "kept": kept,
        "expected_version": expected_version,
    }
    if where is None:
        request = SaveRequest(Mode.CREATE, on_archived=on_archived, **more)
    # The caller knows by its id that the record exists: archived is a Conflict, not NotFound.
    elif where.by_id:
        mode = Mode.REPLACE if replaces else Mode.UPDATE
        request = SaveRequest(mode, where.uuid, external=where.external, tell_archived=True, **more)
    else:
        # Only an upsert can create a record, so only there can an archived one hold its identifier.
        more["on_archived"] = on_archived
        request = SaveRequest(Mode.UPSERT, external=where.external, replaces=replaces, **more)
    return home_of(schema).save_record(author, schema, request)


def patch_record(
    author: Author,
    schema: ObjectSchema,
    where: Address,
    entries: Sequence[FieldEntry],
    *,
    attributes: Attributes = NO_ATTRIBUTES,
    expected_version: int | None = None,
) -> SaveResult:
    """Change what is listed; never creates. An archived record is a Conflict by its own id, else
    NotFound."""
    request = SaveRequest(
        Mode.UPDATE,
        where.uuid,
        external=where.external,
        entries=entries,
        attributes=attributes,
        expected_version=expected_version,
        tell_archived=where.by_id,
    )
    return home_of(schema).save_record(author, schema, request)


def cancel_record(
    author: Author, schema: ObjectSchema, where: Address, expected_version: int | None = None
) -> SaveResult:
    """End a record's work: from now on its values do not change. An archived one stays archived.

    A second time nothing happens: the action is `unchanged`.
    """
    return _move(author, schema, Mode.CANCEL, where, expected_version, states=_REMAINING)


def unarchive_record(author: Author, schema: ObjectSchema, where: Address) -> SaveResult:
    """Bring an archived record back; InvalidValues when it is not archived."""
    return _move(author, schema, Mode.UNARCHIVE, where, None)


def trash_record(
    author: Author, schema: ObjectSchema, where: Address, expected_version: int | None = None
) -> SaveResult:
    """Delete a live record so that staff can bring it back; Conflict for an archived one."""
    return _move(author, schema, Mode.TRASH, where, expected_version, tell_archived=True)


def restore_record(author: Author, schema: ObjectSchema, record_uuid: str | UUID) -> SaveResult:
    """Bring a record back from the trash, live; Conflict while another holds its identifier or a
    unique value."""
    return _move(author, schema, Mode.RESTORE, address(record_uuid), None)


def delete_permanently(
    author: Author,
    schema: ObjectSchema,
    where: Address,
    expected_version: int | None = None,
    *,
    states: frozenset[str] | None = None,
) -> SaveResult:
    """Remove a live record (or one in `states`) for good: values, index, links to it, history, kept
    answers, reports.

    What stays is one row of the ledger that says which record it was, when and by whom.
    """
    return _move(author, schema, Mode.DELETE_PERMANENTLY, where, expected_version, states=states)


def _move(
    author: Author,
    schema: ObjectSchema,
    mode: Mode,
    where: Address,
    expected_version: int | None,
    **more: Any,
) -> SaveResult:
    request = SaveRequest(
        mode, where.uuid, external=where.external, expected_version=expected_version, **more
    )
    return home_of(schema).save_record(author, schema, request)
