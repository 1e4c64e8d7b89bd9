"""What is asked of records, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from records.exceptions import RecordsError
from records.field_types import FieldSpec

from .object_schema import ObjectSchema
from .record_rows import RecordRow
from .values import Change, FieldEntry


class Mode(StrEnum):
    """What a request asks of a record."""

    CREATE = "create"
    UPDATE = "update"  # only what is listed changes
    REPLACE = "replace"  # what is not listed is cleared
    UPSERT = "upsert"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"


@dataclass(frozen=True, slots=True)
class SaveRequest:
    """One write to one record, which `uuid` or `record_id` names, or for an upsert `match_key`.

    `match_field` is the unique field an upsert matches on; None stands for the identifier. `match_value` is the key as
    the caller wrote it, which fills the field. `on_archived` (`prompt`,
    `unarchive`, `overwrite`) says what a create does about an archived record with its identifier,
    `archived_conflict` (`overwrite`) what a change of the identifier does. `changes` are parsed already.
    """

    mode: Mode
    uuid: str | None = None
    record_id: int | None = None
    entries: Sequence[FieldEntry] = ()
    changes: Sequence[Change] = ()
    match_field: FieldSpec | None = None
    match_key: str | None = None
    match_value: str | None = None
    expected_version: int | None = None
    on_archived: str | None = None
    archived_conflict: str | None = None


@dataclass(frozen=True, slots=True)
class SaveResult:
    """What became of a request.

    `changed` are the ids of the fields the request changed; `schema` is the one to read the record with, which is
    newer than the one it was written with when the write made new tags.
    """

    record: RecordRow
    action: str
    changed: frozenset[int]
    schema: ObjectSchema


Outcome = SaveResult | RecordsError
