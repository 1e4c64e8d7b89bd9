"""Carrying a merge out: in one transaction, as one operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from records.exceptions import (
    Conflict,
    InvalidInput,
    InvalidValues,
    NotAllowed,
    NotFound,
    PreconditionFailed,
    RecordsError,
    located,
    quoted,
)
from records.models import Extent, RecordState
from records.rehearsal import notes
from records.services.access import (
    Author,
    access_to,
    check_writes,
    get_schema,
    grant_of,
    renewed,
)
from records.services.catalogue import ObjectSchema, check_kept_here
from records.services.database import canonical_uuid, in_one_transaction, in_uuids
from records.services.storage import ExternalKey, RecordRow, load_summary, lock_with_definition
from records.services.writing import (
    NO_ATTRIBUTES,
    UNSET,
    Attributes,
    Mode,
    Refused,
    SaveRequest,
    SaveResult,
    save_all_records,
)

from .companions import move_companions
from .relinking import relink
from .rules import Faults, ReadRules

MAX_MERGED = 100
SURVIVOR, MERGED, VERSIONS = "into", "from", "if_version"


@dataclass(frozen=True, slots=True)
class Merge:
    """What is merged into what, by UUIDs; `rules` by the field's API name or UUID, as callers send
    them; `versions` are those that some of the records must have."""

    into: str
    merged: Sequence[str]
    rules: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, int] = field(default_factory=dict)


def merge_records(author: Author, schema: ObjectSchema, asked: Merge) -> SaveResult:
    """Make one record of several: the survivor gets their values by the rules, and their links,
    files and external id; they are archived, and their ids lead to it.

    Editing the survivor and archiving the others takes the rights to that. InvalidValues names
    everything that is wrong with the request, NotFound, NotAllowed and Conflict every record they
    are about; then nothing is changed.
    """
    check_kept_here(schema, "merging records")
    check_writes(author)
    uuids = _checked_uuids(asked)
    versions = _checked_versions(asked, uuids)

    def work() -> SaveResult:
        return _Merging(author, schema, uuids, asked.rules, versions).run()

    result = in_one_transaction(work)
    result.record.summary = load_summary(result.schema, result.record.id)
    if (taken := notes()) is not None:
        taken.named = result.record.uuid
    return result


def _checked_uuids(asked: Merge) -> list[str]:
    """The UUIDs of the records, the survivor's first."""
    if not asked.merged:
        raise InvalidInput("name at least one record.", "required", at=MERGED)
    if len(asked.merged) > MAX_MERGED:
        raise InvalidInput(f"at most {MAX_MERGED} records.", "limit_exceeded", at=MERGED)
    faults = Faults()
    uuids = [canonical_uuid(sent) or sent for sent in (asked.into, *asked.merged)]
    for at, uuid in enumerate(uuids[1:]):
        if uuid == uuids[0]:
            faults.add("a record cannot be merged into itself.", "invalid", MERGED, at)
        elif uuid in uuids[1 : at + 1]:
            faults.add("the record is listed twice.", "invalid", MERGED, at)
    _raise(faults)
    return uuids


def _checked_versions(asked: Merge, uuids: Sequence[str]) -> dict[str, int]:
    faults = Faults()
    versions = {canonical_uuid(sent) or sent: number for sent, number in asked.versions.items()}
    for sent, number in asked.versions.items():
        if (canonical_uuid(sent) or sent) not in uuids:
            faults.add("it is none of the records to merge.", "invalid", VERSIONS, sent[:80])
        elif type(number) is not int:
            faults.add("expected the number of a version.", "invalid", VERSIONS, sent[:80])
    _raise(faults)
    return versions


def _raise(faults: Faults) -> None:
    if faults.problems:
        raise InvalidValues([], faults.problems)


class _Merging:
    """One attempt at a merge, in the open transaction."""

    def __init__(
        self,
        author: Author,
        schema: ObjectSchema,
        uuids: Sequence[str],
        rules: Mapping[str, Any],
        versions: Mapping[str, int],
    ) -> None:
        self.author, self.schema = author, schema
        self.uuids, self.rules, self.versions = uuids, rules, versions

    def run(self) -> SaveResult:
        survivor, *merged = self._locked()
        faults = Faults()
        rules = ReadRules(self.author, self.schema, self.rules, self.uuids, faults)
        changes = rules.changes(survivor, merged)
        _raise(faults)
        keys = [row.id for row in merged]
        # First: values of the survivor may name their files.
        move_companions(self.author, keys, survivor.id)
        requests = [SaveRequest(Mode.MERGE, row.uuid, merged_into=survivor.id) for row in merged]
        requests.append(
            SaveRequest(
                Mode.UPDATE,
                survivor.uuid,
                changes=changes,
                attributes=self._attributes(survivor, merged),
                absorbs=True,
            )
        )
        try:
            results = save_all_records(self.author, self.schema, requests)
        except Refused as refused:
            raise self._refusal(refused, rules) from None
        relink(self.author, self.schema, keys, survivor.id)
        return results[-1]

    # ------------------------------------------------------------ which records

    def _locked(self) -> list[RecordRow]:
        """The records, the survivor first, all of them ready to be merged by the caller."""
        definition, rows = lock_with_definition(
            self.schema, in_uuids("r.uuid", filter(canonical_uuid, self.uuids))
        )
        if definition.version != self.schema.version:
            self.author = renewed(self.author)
            self.schema = get_schema(self.author, self.schema.uuid)
        by_uuid = {row.uuid: row for row in rows if row.state != RecordState.DELETED}
        self._check_there(by_uuid)
        found = [by_uuid[uuid] for uuid in self.uuids]
        self._check_rights(found)
        self._check_states(found)
        for row in found:
            wanted = self.versions.get(row.uuid, row.version)
            if wanted != row.version:
                refusal = PreconditionFailed(row.version)
                refusal.detail = located((VERSIONS, row.uuid), refusal.detail)
                raise refusal
        return found

    def _place(self, at: int) -> tuple[str | int, ...]:
        return (MERGED, at - 1) if at else (SURVIVOR,)

    def _told(self, told: Mapping[int, str]) -> str:
        return " ".join(located(self._place(at), reason) for at, reason in told.items())

    def _check_there(self, by_uuid: Mapping[str, RecordRow]) -> None:
        missing = {}
        for at, uuid in enumerate(self.uuids):
            row = by_uuid.get(uuid)
            # Missing and out of sight: the same answer.
            if row is None or not self._access(row).view:
                missing[at] = f"there is no record {quoted(uuid)}."
        if missing:
            raise NotFound(self._told(missing))

    def _access(self, row: RecordRow) -> Any:
        return access_to(self.author, self.schema, row.values, row.member_id)

    def _check_rights(self, rows: Sequence[RecordRow]) -> None:
        refused = {}
        for at, row in enumerate(rows):
            access = self._access(row)
            if not (access.remove if at else access.edit):
                refused[at] = f"you may not {'archive' if at else 'edit'} this record."
        if refused:
            raise NotAllowed(self._told(refused))

    def _check_states(self, rows: Sequence[RecordRow]) -> None:
        refused = {}
        for at, row in enumerate(rows):
            if row.merged_into is not None:
                refused[at] = "the record has been merged into another one; name that."
            elif row.state != RecordState.ACTIVE:
                refused[at] = "the record is archived: unarchive it first."
            elif not at and row.cancelled_at is not None:
                refused[at] = "the record is cancelled; cancelled records cannot be changed."
        if refused:
            merged = any(row.merged_into is not None for row in rows)
            raise Conflict(self._told(refused), "merged" if merged else None)

    # ------------------------------------------------------------ what the survivor gets

    def _attributes(self, survivor: RecordRow, merged: Sequence[RecordRow]) -> Attributes:
        """The external id and the member of the first that has one, where the survivor has none."""
        given: dict[str, Any] = {}
        if survivor.external_id is None:
            first = next((row for row in merged if row.external_id is not None), None)
            if first is not None and self._may_give_external():
                given["external"] = ExternalKey(first.external_source, first.external_id or "")
        if survivor.member_id is None:
            members = (row.member_id for row in merged if self._may_give(row.member_id))
            given["member_id"] = next(members, UNSET)
        return Attributes(**given) if given else NO_ATTRIBUTES

    def _may_give_external(self) -> bool:
        """A field that holds the external id is written with it."""
        spec = self.schema.external_id_field
        if spec is None:
            return True
        role = self.author.role
        asked = {spec.name, spec.uuid} & self.rules.keys()
        return not asked and spec.id not in role.locked_fields | role.hidden_fields

    def _may_give(self, member_id: int | None) -> bool:
        """The caller may make the survivor that member's."""
        if member_id is None:
            return False
        member = self.author.directory.members([member_id]).get(member_id)
        reaches = grant_of(self.author, self.schema).edit == Extent.ALL
        return (
            member is not None
            and member.is_active
            and (reaches or member_id == self.author.member.id)
        )

    # ------------------------------------------------------------ what is refused

    def _refusal(self, refused: Refused, rules: ReadRules) -> RecordsError:
        """What refuses the merge, at the places of its request."""
        last = len(self.uuids) - 1
        error = refused.outcomes.get(last)
        if not isinstance(error, InvalidValues):
            return error or next(iter(refused.outcomes.values()))
        faults = Faults()
        for entry in error.entries:
            spec = self.schema.by_uuid.get(entry.field_id)
            name = entry.field_name if spec is None else rules.names.get(spec.id, spec.name)
            for problem in entry.problems:
                faults.add(problem.message, problem.code, "rules", name)
        return InvalidValues([], [*faults.problems, *error.general])
