"""One batch of record writes: everything between opening the transaction and committing it.

A batch reads and locks the records it concerns in the order of their keys, resolves what values name, applies each
request to the records as the earlier ones left them, and stores the outcome with one statement per table. A single
record is a batch of one. A request that is refused changes nothing; the others of its batch are stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Any

from records.exceptions import (
    InvalidValues,
    NotAllowed,
    NotFound,
    PreconditionFailed,
    Problem,
    RecordsError,
)
from records.field_types import FieldSpec, InvalidValue
from records.models import RecordState, new_uuid

from .access import Author, access_to, grant_of
from .dependents import load_display_names, refresh_display_names
from .links import LinkChanges, kept_links
from .naming import archived_name, compute, display_name, identifier_key, identifier_of
from .object_schema import ObjectSchema
from .pipelines import enter_stage
from .record_rows import Changes, LedgerRow, RecordRow, Stamp, index_rows, lock_records
from .references import Resolved, resolve_references
from .sql import fetch, in_ids, in_texts, in_uuids
from .storage import store
from .values import (
    UNSET,
    Change,
    FieldEntry,
    Parsed,
    add_defaults,
    check_required,
    clear_unlisted,
    is_stored,
    merged,
    parse_entries,
    replace_references,
)


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

    `match_field` is the unique field an upsert matches on; None stands for the identifier. `on_archived` (`prompt`,
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


class Batch:
    """The state of one attempt at a batch. Use once: a retry makes a new one."""

    def __init__(self, author: Author, schema: ObjectSchema, requests: Sequence[SaveRequest]) -> None:
        self.author = author
        self.schema = schema
        self.requests = requests
        self.parsed = [self._parse(request) for request in requests]
        self.now = datetime.now(UTC)
        self.out = Changes()
        self.links = LinkChanges()
        self.resolved = Resolved()
        self.by_uuid: dict[str, RecordRow] = {}
        self.by_id: dict[int, RecordRow] = {}
        self.by_identifier: dict[str, RecordRow] = {}
        self.unique_holders: dict[tuple[int, str], RecordRow | int] = {}
        self.renamed: list[RecordRow] = []

    def run(self) -> list[Outcome]:
        """Carry the batch out. The caller holds the transaction."""
        self.resolved = resolve_references(
            self.author, [change for parsed in self.parsed for change in parsed.changes.values()]
        )
        for parsed in self.parsed:
            self._replace_references(parsed)
        self._load()
        outcomes = [self._outcome(*pair) for pair in zip(self.requests, self.parsed, strict=True)]
        store(self._stamp(), self.out)
        self._store_links()
        self._refresh_dependents()
        return outcomes

    @property
    def made_tags(self) -> bool:
        """Whether the batch added options, so that the schema has changed."""
        return bool(self.resolved.tags)

    # ------------------------------------------------------------ before

    def _parse(self, request: SaveRequest) -> Parsed:
        if request.changes:
            return Parsed(0, {change.field.id: change for change in request.changes})
        parsed = parse_entries(self.author, self.schema, request.entries)
        identifier = self.schema.identifier
        key = request.match_field or identifier
        if request.mode != Mode.UPSERT or key is None or key.id in parsed.changes:
            return parsed
        if not any(entry.field_id == key.uuid for entry in parsed.problems):
            self._fill_match_field(key, request, parsed)
        return parsed

    def _fill_match_field(self, key: FieldSpec, request: SaveRequest, parsed: Parsed) -> None:
        """An upsert's lookup value fills the field it matches on, unless the fields say otherwise."""
        try:
            parsed.changes[key.id] = Change(key, None, key.type.parse(key, request.match_key))
        except InvalidValue as problem:
            parsed.refuse(None, None, "lookup_value", problem.code, f"lookup_value: {problem.message}")

    def _replace_references(self, parsed: Parsed) -> None:
        for key, change in list(parsed.changes.items()):
            if next(change.references(), None) is None:
                continue
            for part, reference in change.references():
                try:
                    self.resolved.resolve(change.field, reference)
                except InvalidValue as problem:
                    parsed.refuse(change.field, change.position, part, problem.code, problem.message)
                    parsed.changes.pop(key, None)
            if key in parsed.changes:
                parsed.changes[key] = replace_references(change, partial(self.resolved.resolve, change.field))

    def _load(self) -> None:
        """Lock every record the batch concerns, in the order of their keys."""
        conditions = []
        uuids = [request.uuid for request in self.requests if request.uuid]
        ids = {request.record_id for request in self.requests if request.record_id}
        identifiers = self._identifiers()
        ids |= self._find_unique_holders()
        if uuids:
            conditions.append(in_uuids("r.uuid", uuids))
        if ids:
            conditions.append(in_ids("r.id", ids))
        if identifiers:
            conditions.append(in_texts("r.identifier", identifiers))
        if not conditions:
            return
        either = " OR ".join(sql for sql, _ in conditions)
        params = [param for _, given in conditions for param in given]
        for row in lock_records(self.schema, (either, params), summary=len(self.requests) == 1):
            self._remember(row)

    def _remember(self, row: RecordRow) -> None:
        self.by_uuid[row.uuid] = row
        if row.id:
            self.by_id[row.id] = row
        if row.identifier is not None:
            self.by_identifier[row.identifier] = row

    def _identifiers(self) -> list[str]:
        """Every identifier the batch looks for or gives."""
        identifier = self.schema.identifier
        if identifier is None:
            return []
        keys = {
            identifier_key(change.value)
            for parsed in self.parsed
            if (change := parsed.changes.get(identifier.id)) is not None and isinstance(change.value, str)
        }
        keys |= {
            identifier_key(request.match_key)
            for request in self.requests
            if request.match_key is not None and request.match_field is None
        }
        return sorted(keys - {""})

    def _find_unique_holders(self) -> set[int]:
        """Note who holds the unique values the batch gives or matches on; the keys of those it matches on."""
        wanted: dict[int, set[str]] = {}
        for spec in self.schema.unique:
            for parsed in self.parsed:
                change = parsed.changes.get(spec.id)
                if change is not None and change.value not in (UNSET, None):
                    wanted.setdefault(spec.id, set()).update(_unique_keys(spec, change.value))
        for request in self.requests:
            if request.match_field is not None and request.match_key is not None:
                wanted.setdefault(request.match_field.id, set()).add(request.match_key)
        if not wanted:
            return set()
        fields, field_params = in_ids("field_id", wanted)
        keys, key_params = in_texts("unique_key", {key for keys in wanted.values() for key in keys})
        rows = fetch(
            "SELECT field_id, unique_key, record_id FROM records_fieldvalue"
            f" WHERE workspace_id = %s AND {fields} AND {keys}",
            [self.author.workspace.id, *field_params, *key_params],
        )
        self.unique_holders.update(((row[0], row[1]), row[2]) for row in rows)
        matched = {request.match_field.id for request in self.requests if request.match_field is not None}
        return {row[2] for row in rows if row[0] in matched}

    # ------------------------------------------------------------ one request

    def _outcome(self, request: SaveRequest, parsed: Parsed) -> Outcome:
        try:
            match request.mode:
                case Mode.CREATE:
                    return self._create(request, parsed)
                case Mode.UPSERT:
                    return self._upsert(request, parsed)
                case Mode.ARCHIVE:
                    return self._archive(request)
                case Mode.UNARCHIVE:
                    return self._unarchive(request)
                case _:
                    return self._update(request, parsed, self._target(request))
        except RecordsError as error:
            return error

    def _target(self, request: SaveRequest, *, edit: str = "edit", state: str = "active") -> RecordRow:
        """The addressed record, if the caller may change it so."""
        row = self.by_uuid.get(request.uuid) if request.uuid else self.by_id.get(request.record_id or 0)
        if row is None:
            raise NotFound
        access = access_to(self.author, self.schema, row.values, row.member_id)
        if not access.view or row.state == RecordState.DELETED:
            raise NotFound
        if row.state != state:
            raise NotFound
        if not getattr(access, edit):
            raise NotAllowed(f"You may not {edit} this record.")
        if request.expected_version is not None and row.version != request.expected_version:
            raise PreconditionFailed(row.version)
        return row

    def _update(self, request: SaveRequest, parsed: Parsed, row: RecordRow) -> SaveResult:
        if request.mode == Mode.REPLACE:
            clear_unlisted(self.author, self.schema, parsed)
        if request.mode == Mode.UPSERT:
            parsed.changes = {key: change for key, change in parsed.changes.items() if change.position is not None}
        self._check_taken(request.archived_conflict, parsed, row, self._holder(parsed), self.schema.identifier)
        values = self._merge(parsed, row)
        if request.mode == Mode.REPLACE:
            check_required(self.schema, values, parsed)
        return self._finish(parsed, row, values, "updated")

    def _upsert(self, request: SaveRequest, parsed: Parsed) -> SaveResult:
        row = self._match(request)
        if row is None or row.state != RecordState.ACTIVE:
            return self._create(request, parsed)
        access = access_to(self.author, self.schema, row.values, row.member_id)
        if not access.view:
            key = self._key_field(request)
            change = parsed.changes.get(key.id) if key is not None else None
            position = change.position if change is not None else None
            parsed.refuse(key, position, "value", "unique", "Another record has this value.")
            raise _refusal(parsed)
        if not access.edit:
            raise NotAllowed("You may not edit this record.")
        return self._update(request, parsed, row)

    def _key_field(self, request: SaveRequest) -> FieldSpec | None:
        return request.match_field or self.schema.identifier

    def _match(self, request: SaveRequest) -> RecordRow | None:
        key = request.match_key or ""
        if request.match_field is None:
            return self.by_identifier.get(identifier_key(key))
        holder = self.unique_holders.get((request.match_field.id, key))
        return self.by_id.get(holder) if isinstance(holder, int) else holder

    def _create(self, request: SaveRequest, parsed: Parsed) -> SaveResult:
        if not grant_of(self.author, self.schema).create:
            raise NotAllowed("You may not create records of this object.")
        add_defaults(self.author, self.schema, parsed)
        holder, key = self._holder(parsed), self.schema.identifier
        if request.mode == Mode.UPSERT and self._match(request) is not None:
            holder, key = self._match(request), self._key_field(request)
        if holder is not None and holder.state == RecordState.ARCHIVED and request.on_archived == "unarchive":
            return self._bring_back(holder, parsed)
        self._check_taken(request.on_archived, parsed, None, holder, key)
        row = RecordRow(0, str(new_uuid()), {}, created_at=self.now)
        values = self._merge(parsed, row)
        check_required(self.schema, values, parsed)
        return self._finish(parsed, row, values, "created")

    def _bring_back(self, row: RecordRow, parsed: Parsed) -> SaveResult:
        access = access_to(self.author, self.schema, row.values, row.member_id)
        if not access.edit:
            raise NotAllowed("You may not edit the archived record.")
        row.state = RecordState.ACTIVE
        for key, change in list(parsed.changes.items()):
            if change.position is None:  # defaults are for new records
                del parsed.changes[key]
        try:
            values = self._merge(parsed, row)
            check_required(self.schema, values, parsed)
            return self._finish(parsed, row, values, "unarchived")
        except RecordsError:
            row.state = RecordState.ARCHIVED
            raise

    def _archive(self, request: SaveRequest) -> SaveResult:
        row = self._target(request, edit="remove")
        row.state = RecordState.ARCHIVED
        return self._note(row, {}, "archived")

    def _unarchive(self, request: SaveRequest) -> SaveResult:
        row = self.by_uuid.get(request.uuid or "")
        if row is not None and row.state == RecordState.ACTIVE:
            if not access_to(self.author, self.schema, row.values, row.member_id).view:
                raise NotFound
            raise InvalidValues([], [Problem("", "invalid", "The record is not archived.")])
        row = self._target(request, edit="remove", state="archived")
        row.state = RecordState.ACTIVE
        return self._note(row, {}, "unarchived")

    # ------------------------------------------------------------ rules

    def _holder(self, parsed: Parsed) -> RecordRow | None:
        """The record that has the identifier this write gives."""
        identifier = self.schema.identifier
        change = parsed.changes.get(identifier.id) if identifier is not None else None
        if change is None or not isinstance(change.value, str):
            return None
        return self.by_identifier.get(identifier_key(change.value))

    def _check_taken(
        self,
        on_archived: str | None,
        parsed: Parsed,
        row: RecordRow | None,
        holder: RecordRow | None,
        key: FieldSpec | None,
    ) -> None:
        """The name `key` gives is free, or the archived record that holds it gives it up."""
        if holder is None or holder is row or key is None:
            return
        change = parsed.changes.get(key.id)
        position = change.position if change is not None else None
        label = key.display_name.lower()
        if holder.state == RecordState.ACTIVE:
            parsed.refuse(key, position, "value", "unique", f"Another record has this {label}.")
        elif on_archived == "overwrite" and not parsed.problems:
            self._rename_archived(holder, key)
        else:
            message = f"An archived record has this {label}: {holder.uuid}."
            parsed.refuse(key, position, "value", "archived_conflict", message)
            raise _refusal(parsed, archived_id=holder.uuid)

    def _rename_archived(self, row: RecordRow, key: FieldSpec) -> None:
        values = dict(row.values)
        values[str(key.id)] = archived_name(str(values.get(str(key.id), "")), row.uuid, self.now)
        self._apply(row, values, "updated")

    def _check_unique(self, parsed: Parsed, row: RecordRow, values: Mapping[str, Any]) -> None:
        for spec in self.schema.unique:
            value = values.get(str(spec.id))
            if spec.id not in parsed.changes or value is None:
                continue
            for key in _unique_keys(spec, value):
                holder = self.unique_holders.get((spec.id, key))
                if holder is not None and holder is not row and holder != row.id:
                    position = parsed.changes[spec.id].position
                    message = f"Another record has this {spec.display_name.lower()}."
                    parsed.refuse(spec, position, "value", "unique", message)

    def _merge(self, parsed: Parsed, row: RecordRow) -> dict[str, Any]:
        """The record's values after the request's changes and the rules that follow from them."""
        values = dict(row.values)
        for change in parsed.changes.values():
            if not is_stored(change.field):
                continue
            key = str(change.field.id)
            after = merged(change, values.get(key))
            if change.field.relation_kind and isinstance(after, list):
                after = kept_links(self.author, change, values.get(key), after, parsed)
            if after is None:
                values.pop(key, None)
            else:
                values[key] = after
        if self.schema.stage_field is not None:
            enter_stage(self.schema, row.values, values, parsed.changes, self.now)
        for spec in self.schema.derived:
            computed = compute(self.schema, spec, values)
            if computed is None:
                values.pop(str(spec.id), None)
            else:
                values[str(spec.id)] = computed
        self._check_unique(parsed, row, values)
        return values

    def _finish(self, parsed: Parsed, row: RecordRow, values: dict[str, Any], action: str) -> SaveResult:
        """Refuse, or apply what is left to change."""
        if parsed.problems:
            raise _refusal(parsed)
        changed_links = self.links.collect(self.author, self.schema, row, parsed.changes)
        result = self._apply(row, values, action)
        if changed_links and result.action == "unchanged":
            return SaveResult(row, "updated", changed_links, self.schema)
        return replace(result, changed=result.changed | changed_links)

    # ------------------------------------------------------------ effect

    def _apply(self, row: RecordRow, values: dict[str, Any], action: str) -> SaveResult:
        """Give the record these values, and note what that changes."""
        before = row.values
        diff = {
            key: [before.get(key), values.get(key)]
            for key in before.keys() | values.keys()
            if before.get(key) != values.get(key)
        }
        if not diff and action == "updated":
            return SaveResult(row, "unchanged", frozenset(), self.schema)
        self._index(row, values, diff)
        row.values = values
        old_identifier = row.identifier
        row.identifier = identifier_of(self.schema, values)
        if old_identifier != row.identifier and old_identifier is not None:
            self.by_identifier.pop(old_identifier, None)
        owner = self.schema.owner_field
        row.owner_id = values.get(str(owner.id)) if owner is not None else None
        self._name(row, diff)
        return self._note(row, diff, action)

    def _index(self, row: RecordRow, values: dict[str, Any], diff: Mapping[str, Any]) -> None:
        after = copy(row)
        after.values = values
        unique = {spec.id for spec in self.schema.unique}
        for key in diff:
            field_id = int(key)
            spec = self.schema.by_id.get(field_id)
            if spec is None:
                continue
            rows = index_rows(after, spec, unique=field_id in unique)
            if row.id and key in row.values and (not rows or spec.multiple):
                self.out.unindexed.setdefault(row.id, set()).add(field_id)
            for index_row in rows:
                index_row.record = row
                if index_row.unique_key is not None:
                    self.unique_holders[(field_id, index_row.unique_key)] = row
            self.out.index[(row.uuid, field_id)] = rows
            if field_id in unique and key in row.values:
                for old in _unique_keys(spec, row.values[key]):
                    if self.unique_holders.get((field_id, old)) in (row, row.id):
                        self.unique_holders.pop((field_id, old), None)

    def _name(self, row: RecordRow, diff: Mapping[str, Any]) -> None:
        """Set the display name; a new one is news for records whose own names show it."""
        related: set[int] = set()
        members: set[int] = set()
        for spec in self.schema.pattern_fields:
            stored = row.values.get(str(spec.id))
            items = stored if isinstance(stored, list) else [] if stored is None else [stored]
            if spec.type.column == "related_record":
                related.update(items)
            elif spec.type.column == "member":
                members.update(items)
        missing = related - self.resolved.names.keys()
        if missing:
            self.resolved.names.update(load_display_names(self.author.workspace.id, missing))
        member_names = {key: spec.name for key, spec in self.author.directory.members(members).items()}
        name = display_name(self.schema, row.values, self.resolved.names, member_names)
        if name != row.display_name and row.id and self.schema.display_dependents:
            self.renamed.append(row)
        row.display_name = name

    def _note(self, row: RecordRow, diff: dict[str, list[Any]], action: str) -> SaveResult:
        """One more version: the ledger row, and the record among those to store."""
        row.version += 1
        row.updated_at = self.now
        if action in ("archived", "unarchived"):
            self.out.live_changed[action == "unarchived"].append(row.id)
        if row.id:
            self.out.updated[row.id] = row
        elif action == "created":
            self.out.created.append(row)
        self._remember(row)
        self.out.ledger.append(LedgerRow(row, copy(row), action, diff))
        return SaveResult(row, action, frozenset(map(int, diff)), self.schema)

    def _stamp(self) -> Stamp:
        author = self.author
        return Stamp(
            author.workspace.id,
            self.schema.id,
            author.operation_id,
            author.source,
            author.member.id,
            author.member.user_id,
            author.api_key_id,
            author.request_id,
            author.reason,
            self.now,
        )

    # ------------------------------------------------------------ after

    def _store_links(self) -> None:
        """Write the links of mirror fields where they are stored: in the records they name."""
        for object_id, requests in self.links.requests(self.author).items():
            schema = self.author.directory.schema(object_id)
            save = [
                SaveRequest(Mode.UPDATE, record_id=key, changes=tuple(changes))
                for key, changes in sorted(requests.items())
            ]
            outcomes = Batch(self.author, schema, save).run()
            for request, outcome in zip(save, outcomes, strict=True):
                if isinstance(outcome, RecordsError):
                    raise self.links.refusal(request.record_id or 0, outcome)

    def _refresh_dependents(self) -> None:
        if self.renamed:
            refresh_display_names(self.author.directory, self.schema, [row.id for row in self.renamed])


def _unique_keys(spec: FieldSpec, value: Any) -> list[str]:
    return [str(item) for item in spec.type.index_values(spec, value)]


def _refusal(parsed: Parsed, archived_id: str | None = None) -> InvalidValues:
    entries = [entry for entry in parsed.problems if entry.position is not None or entry.field_id]
    general = [
        problem
        for entry in parsed.problems
        if entry.position is None and not entry.field_id
        for problem in entry.problems
    ]
    return InvalidValues(entries, general, size=parsed.size, archived_id=archived_id)
