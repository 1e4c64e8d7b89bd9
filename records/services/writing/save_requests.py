"""Requests to write records, and their results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from records.exceptions import RecordsError
from records.field_types import FieldSpec
from records.models import RecordState
from records.services.catalogue import ObjectSchema
from records.services.storage import ExternalKey, RecordRow

from .values import UNSET, Change, FieldEntry


class Mode(StrEnum):
    """What a request does with a record."""

    CREATE = "create"
    UPDATE = "update"  # only what is listed changes
    REPLACE = "replace"  # what is not listed is cleared
    UPSERT = "upsert"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"
    CANCEL = "cancel"
    REOPEN = "reopen"  # it is cancelled no more
    TRASH = "trash"
    RESTORE = "restore"  # out of the trash
    DELETE_PERMANENTLY = "delete_permanently"
    ATTACH = "attach"  # a file was added or replaced
    DETACH = "detach"
    MERGE = "merge"  # archived: another record stands for it


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a write sets besides the fields; UNSET parts stay as they are.

    `external` None removes the external id. `member_id` is the primary key of the record's member,
    None for no member; setting another one than the author takes the right to edit all records.
    `new_member_id` is the member of a record that is created without one.
    """

    external: ExternalKey | None = UNSET
    member_id: int | None = UNSET
    new_member_id: int | None = None
    assignment_task_id: int | None = UNSET

    @property
    def named(self) -> ExternalKey | None:
        """The external id that is given, if any."""
        return self.external if isinstance(self.external, ExternalKey) else None


NO_ATTRIBUTES = Attributes()


@dataclass(slots=True)  # see values.FieldEntry
class SaveRequest:
    """One write to one record, which `uuid`, `record_id`, `external` or `match_key` names.

    `external` with another name: both must mean the same record (Conflict). An upsert that has
    `external` and no `match_key` matches on it, and gives it to the record it creates.

    `match_field` is the unique field that `match_key` is a value of; None stands for the
    identifier.
    `match_value` is the key as the caller wrote it, which fills the field. An upsert that
    `replaces` clears the fields it does not list of a record it finds; one that may not create is
    refused where nothing matches. `kept` fields keep the value that the record has. One that
    `must_exist`, or `must_be_new`, is PreconditionFailed otherwise.

    `on_archived` (`prompt`, `unarchive`, `overwrite`) says what a create does about an archived
    record with its identifier, `archived_conflict` (`overwrite`) what a change of the identifier
    does.

    An upsert whose match is out of the caller's sight is refused as a value that is taken; one that
    `hides_match` is NotFound.

    `changes` are parsed already. `attachment_id` is the file that DETACH takes out of the record's
    values. `states` are those in which the request finds its record, by default those its mode is
    about; an archived record in another state raises NotFound, or Conflict with `tell_archived`.
    `even_cancelled` is for changes of definitions, which reach cancelled records too; an update,
    and an upsert that `may_repeat`, may send a cancelled record as it is.

    MERGE archives a record in favour of the one whose key is `merged_into`; an update that
    `absorbs` is of that one, and leaves a ledger row whatever it changes. An UNARCHIVE that
    `unmerges` brings a merged record back, which others may not.
    """

    mode: Mode
    uuid: str | None = None
    record_id: int | None = None
    external: ExternalKey | None = None
    entries: Sequence[FieldEntry] = ()
    changes: Sequence[Change] = ()
    attributes: Attributes = NO_ATTRIBUTES
    match_field: FieldSpec | None = None
    match_key: str | None = None
    match_value: str | None = None
    expected_version: int | None = None
    on_archived: str | None = None
    archived_conflict: str | None = None
    kept: frozenset[int] = frozenset()
    may_create: bool = True
    must_exist: bool = False
    must_be_new: bool = False
    replaces: bool = False
    states: frozenset[str] | None = None
    tell_archived: bool = False
    even_cancelled: bool = False
    may_repeat: bool = False
    attachment_id: int | None = None
    merged_into: int | None = None
    absorbs: bool = False
    unmerges: bool = False
    hides_match: bool = False

    @property
    def matches_external(self) -> bool:
        """Whether this is an upsert by external id."""
        return self.mode == Mode.UPSERT and self.external is not None and self.match_key is None

    @property
    def matches_value(self) -> bool:
        """Whether this is an upsert by the value of a field."""
        return self.mode == Mode.UPSERT and not self.matches_external

    @property
    def may_send_again(self) -> bool:
        """Whether the request may say of a cancelled record what it holds already."""
        return self.may_repeat or (self.mode == Mode.UPDATE and not self.absorbs)

    @property
    def clears_unlisted(self) -> bool:
        """Whether the fields of a record that are not listed are cleared."""
        return self.mode == Mode.REPLACE or (self.mode == Mode.UPSERT and self.replaces)

    @property
    def reaches(self) -> frozenset[str]:
        """The states in which the addressed record is there for this request."""
        return self.states or _REACHED.get(self.mode, _ACTIVE)


_ACTIVE = frozenset({RecordState.ACTIVE.value})
_REACHED: dict[Mode, frozenset[Any]] = {
    Mode.UNARCHIVE: frozenset({RecordState.ARCHIVED.value}),
    Mode.RESTORE: frozenset({RecordState.DELETED.value}),
}


@dataclass(slots=True)  # see values.FieldEntry
class SaveResult:
    """What became of a request.

    `changed` are the ids of the fields the request changed; `schema` is the one to read the record
    with, which is newer than the one it was written with when the write made new tags. For a
    permanently deleted record, `record` is its last state.
    """

    record: RecordRow
    action: str
    changed: frozenset[int]
    schema: ObjectSchema


Outcome = SaveResult | RecordsError
