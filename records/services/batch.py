"""One batch of record writes: everything between opening the transaction and committing it.

A batch reads and locks the records it concerns in the order of their keys, resolves what values name, applies each
request to the records as the earlier ones left them, and stores the outcome with one statement per table. A single
record is a batch of one. A request that is refused changes nothing; the others of its batch are stored.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
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

from .access import Author, access_to, grant_of, may_write
from .effects import Effects
from .links import LinkChanges
from .locked import LockedRecords
from .naming import archived_name, compute
from .object_schema import ObjectSchema
from .pipelines import enter_stage
from .record_rows import RecordRow
from .references import resolve_references
from .save_requests import Mode, Outcome, SaveRequest, SaveResult
from .values import (
    Change,
    Parsed,
    add_defaults,
    check_may_be_blank,
    check_required,
    clear_unlisted,
    is_stored,
    merged,
    parse_defaults,
    parse_entries,
    replace_references,
)

_Holder = tuple[RecordRow | None, FieldSpec | None]
_Overwritten = tuple[RecordRow, FieldSpec]


class Refused(Exception):
    """Requests that were refused after something was stored for them, by their places: roll back, go without them."""

    def __init__(self, outcomes: Mapping[int, RecordsError]) -> None:
        super().__init__()
        self.outcomes = outcomes


class Batch:
    """One attempt at a batch. Use once: a retry makes a new one. `refused` are not attempted any more."""

    def __init__(
        self,
        author: Author,
        schema: ObjectSchema,
        requests: Sequence[SaveRequest],
        refused: Mapping[int, RecordsError] | None = None,
    ) -> None:
        self.author = author
        self.schema = schema
        self.refused = refused or {}
        self.requests = {at: request for at, request in enumerate(requests) if at not in self.refused}
        self.parsed = {at: self._parse(request) for at, request in self.requests.items()}
        creating = any(request.mode in (Mode.CREATE, Mode.UPSERT) for request in requests)
        self.defaults = parse_defaults(schema) if creating else []
        self.referring = [
            (at, change) for at, parsed in self.parsed.items() for change in parsed.changes.values() if change.may_refer
        ]
        referring = [change for _, change in self.referring]
        self.resolved = resolve_references(author, [*referring, *(c for c in self.defaults if c.may_refer)])
        self.locked = LockedRecords(schema)
        self.links = LinkChanges(author, schema)
        alone = len(requests) == 1 and not (requests[0].on_archived or requests[0].archived_conflict)
        self.effects = Effects(author, schema, self.locked, self.resolved.names, alone=alone)

    def run(self) -> list[Outcome]:
        """Carry the batch out. The caller holds the transaction."""
        requests, writes = list(self.requests.values()), list(self.parsed.values())
        for at, change in self.referring:
            self._replace_references(self.parsed[at], change)
        self.defaults = [change for change in map(self._resolved_default, self.defaults) if change is not None]
        self.locked.load(requests, writes)
        rows = self.locked.by_id.values()
        self.links.load(rows, writes, replacing=any(request.mode == Mode.REPLACE for request in requests))
        self.effects.load_names(rows)
        outcomes = {at: self._outcome(at) for at in self.requests} | dict(self.refused)
        if len(outcomes) > 1:
            self._check_tags(outcomes)
        self.effects.store()
        self._store_links()
        return [outcomes[at] for at in sorted(outcomes)]

    @property
    def made_tags(self) -> bool:
        """Whether the batch added options, so that the schema has changed."""
        return bool(self.resolved.tags)

    # ------------------------------------------------------------ before

    def _parse(self, request: SaveRequest) -> Parsed:
        if request.changes:
            return self._checked(request.changes)
        parsed = parse_entries(self.author, self.schema, request.entries)
        identifier = self.schema.identifier
        key = request.match_field or identifier
        if request.mode != Mode.UPSERT or key is None or key.id in parsed.changes:
            return parsed
        if not any(entry.field_id == key.uuid for entry in parsed.problems):
            self._fill_match_field(key, request, parsed)
        return parsed

    def _checked(self, changes: Iterable[Change]) -> Parsed:
        """Changes that are parsed already, of fields the caller's role may change."""
        parsed = Parsed(0, {change.field.id: change for change in changes})
        for change in changes:
            if change.field.id in self.author.role.locked_fields:
                message = f"The field {change.field.name!r} is read-only."
                parsed.refuse(change.field, change.position, "value", "permission_required", message)
        return parsed

    def _fill_match_field(self, key: FieldSpec, request: SaveRequest, parsed: Parsed) -> None:
        """An upsert's lookup value fills the field it matches on, unless the fields say otherwise."""
        try:
            parsed.changes[key.id] = Change(key, None, key.type.parse(key, request.match_value or request.match_key))
        except InvalidValue as problem:
            parsed.refuse(None, None, "lookup_value", problem.code, f"lookup_value: {problem.message}")

    def _replace_references(self, parsed: Parsed, change: Change) -> None:
        """Put primary keys in the place of what the change names, or refuse it."""
        key, refused = change.field.id, False
        for part, reference in change.references():
            try:
                self.resolved.resolve(change.field, reference)
            except InvalidValue as problem:
                parsed.refuse(change.field, change.position, part, problem.code, problem.message)
                refused = True
        if refused:
            del parsed.changes[key]
        else:
            parsed.changes[key] = replace_references(change, partial(self.resolved.resolve, change.field))

    def _resolved_default(self, change: Change) -> Change | None:
        try:
            return replace_references(change, partial(self.resolved.resolve, change.field))
        except InvalidValue:  # what it names is gone
            return None

    # ------------------------------------------------------------ one request

    def _outcome(self, place: int) -> Outcome:
        request, parsed = self.requests[place], self.parsed[place]
        parsed.place = place
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
        row = self.locked.find(request)
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
        replacing = request.mode == Mode.REPLACE
        if replacing:
            clear_unlisted(self.author, self.schema, parsed)
        if request.mode == Mode.UPSERT:  # the value it matched on is no change
            parsed.changes = {key: change for key, change in parsed.changes.items() if change.position is not None}
        overwritten = self._overwritten(request.archived_conflict, parsed, row, self._holders(parsed))
        return self._finish(parsed, row, "updated", overwritten, complete=replacing)

    def _upsert(self, request: SaveRequest, parsed: Parsed) -> SaveResult:
        row = self.locked.match(request)
        if row is None or row.state != RecordState.ACTIVE:
            return self._create(request, parsed)
        access = access_to(self.author, self.schema, row.values, row.member_id)
        if not access.view:
            self._overwritten(None, parsed, None, [(row, request.match_field or self.schema.identifier)])
            raise _refusal(parsed)
        if not access.edit:
            raise NotAllowed("You may not edit this record.")
        return self._update(request, parsed, row)

    def _create(self, request: SaveRequest, parsed: Parsed) -> SaveResult:
        if not grant_of(self.author, self.schema).create:
            raise NotAllowed("You may not create records of this object.")
        holders = self._holders(parsed)
        if request.mode == Mode.UPSERT:
            matched = self.locked.match(request)
            found = (matched, request.match_field or self.schema.identifier)
            holders = [found, *(pair for pair in holders if pair != found)]
        first = next((holder for holder, _ in holders if holder is not None), None)
        if first is not None and first.state == RecordState.ARCHIVED and request.on_archived == "unarchive":
            access = access_to(self.author, self.schema, first.values, first.member_id)
            if access.edit:
                return self._bring_back(first, parsed)
            if access.view:
                raise NotAllowed("You may not edit the archived record.")
        self._check_filled(parsed)
        add_defaults(self.author, self.schema, parsed, self.defaults)
        overwritten = self._overwritten(request.on_archived, parsed, None, holders)
        row = RecordRow(0, str(new_uuid()), {}, created_at=self.effects.now)
        return self._finish(parsed, row, "created", overwritten, complete=True)

    def _check_filled(self, parsed: Parsed) -> None:
        """The field that an upsert's lookup value fills is one the caller may set."""
        for change in parsed.changes.values():
            if change.position is None and not may_write(self.author, change.field):
                message = f"You may not set the field {change.field.name!r}."
                parsed.refuse(change.field, None, "value", "permission_required", message)

    def _bring_back(self, row: RecordRow, parsed: Parsed) -> SaveResult:
        parsed.changes = {key: change for key, change in parsed.changes.items() if change.position is not None}
        self._overwritten(None, parsed, row, self._holders(parsed))
        row.state = RecordState.ACTIVE
        try:
            return self._finish(parsed, row, "unarchived", [], complete=True)
        except RecordsError:
            row.state = RecordState.ARCHIVED
            raise

    def _archive(self, request: SaveRequest) -> SaveResult:
        row = self._target(request, edit="remove")
        row.state = RecordState.ARCHIVED
        return self.effects.note(row, {}, "archived")

    def _unarchive(self, request: SaveRequest) -> SaveResult:
        row = self.locked.find(request)
        if row is not None and row.state == RecordState.ACTIVE:
            if not access_to(self.author, self.schema, row.values, row.member_id).view:
                raise NotFound
            raise InvalidValues([], [Problem("", "invalid", "The record is not archived.")])
        row = self._target(request, edit="remove", state="archived")
        row.state = RecordState.ACTIVE
        return self.effects.note(row, {}, "unarchived")

    # ------------------------------------------------------------ rules

    def _holders(self, parsed: Parsed) -> list[_Holder]:
        """The record that has the identifier a write gives, if any."""
        return [(self.locked.holder_of_identifier(parsed), self.schema.identifier)]

    def _overwritten(
        self, on_archived: str | None, parsed: Parsed, row: RecordRow | None, holders: Sequence[_Holder]
    ) -> list[_Overwritten]:
        """The archived records that give their names up to this write, if they hold them and may be overwritten."""
        found = []
        for holder, key in holders:
            if holder is None or holder is row or key is None:
                continue
            change = parsed.changes.get(key.id)
            position = change.position if change is not None else None
            label = key.display_name.lower()
            access = access_to(self.author, self.schema, holder.values, holder.member_id)
            if holder.state == RecordState.ACTIVE or not access.view:
                parsed.refuse(key, position, "value", "unique", f"Another record has this {label}.")
            elif on_archived != "overwrite":
                message = f"An archived record has this {label}: {holder.uuid}."
                parsed.refuse(key, position, "value", "archived_conflict", message)
                parsed.archived_id = holder.uuid
            elif not access.edit:
                message = f"You may not edit the archived record that has this {label}."
                parsed.refuse(key, position, "value", "permission_required", message)
            else:
                found.append((holder, key))
        return found

    def _check_unique(
        self, parsed: Parsed, row: RecordRow, values: Mapping[str, Any], settled: Collection[int]
    ) -> None:
        """No other record holds a unique value this write gives; `settled` are the fields looked at already."""
        refused = {entry.field_id for entry in parsed.problems}
        for spec in self.schema.unique:
            value = values.get(str(spec.id))
            change = parsed.changes.get(spec.id)
            if change is None or value is None or spec.uuid in refused or spec.id in settled:
                continue
            if self.locked.is_taken(row, spec, value):
                message = f"Another record has this {spec.display_name.lower()}."
                parsed.refuse(spec, change.position, "value", "unique", message)

    def _merge(self, parsed: Parsed, row: RecordRow) -> dict[str, Any]:
        """The record's values after the request's changes and the rules that follow from them."""
        values = dict(row.values)
        for change in parsed.changes.values():
            if not is_stored(change.field):
                continue
            key = str(change.field.id)
            before, after = values.get(key), merged(change, values.get(key))
            if change.field.relation_kind and change.field.multiple:
                after = self.links.kept(change, before, after, parsed)
            if after is not None:
                values[key] = after
            elif before is not None:
                check_may_be_blank(change, parsed)
                del values[key]
        if self.schema.stage_field is not None:
            enter_stage(self.schema, row.values, values, parsed.changes, self.effects.now)
        for spec in self.schema.derived:
            computed = compute(self.schema, spec, values)
            if computed is None:
                values.pop(str(spec.id), None)
            else:
                values[str(spec.id)] = computed
        return values

    def _finish(
        self, parsed: Parsed, row: RecordRow, action: str, overwritten: Sequence[_Overwritten], *, complete: bool
    ) -> SaveResult:
        """Refuse, or apply what there is to change; `complete`: every required field must have a value."""
        values = self._merge(parsed, row)
        self._check_unique(parsed, row, values, {key.id for _, key in overwritten})
        if complete:
            check_required(self.schema, values, parsed)
        if parsed.problems:
            raise _refusal(parsed)
        for holder, key in overwritten:
            self._rename_archived(holder, key)
        changed_links = self.links.collect(row, parsed, parsed.place)
        result = self.effects.apply(row, values, action)
        if changed_links and result.action == "unchanged":
            return SaveResult(row, "updated", changed_links, self.schema)
        return replace(result, changed=result.changed | changed_links)

    def _rename_archived(self, row: RecordRow, key: FieldSpec) -> None:
        """Give a name up; a value that is no text goes altogether."""
        values = dict(row.values)
        name = values.pop(str(key.id), "")
        if key.type.column == "text":
            values[str(key.id)] = archived_name(name, row.uuid, self.effects.now)
        self.effects.apply(row, values, "updated")

    # ------------------------------------------------------------ after

    def _check_tags(self, outcomes: Mapping[int, Outcome]) -> None:
        """No tag was made for refused requests alone."""
        made: dict[int, set[tuple[int, str]]] = {}
        for at, change in self.referring:
            made.setdefault(at, set()).update(change.new_options())
        used = {tag for at, tags in made.items() if isinstance(outcomes[at], SaveResult) for tag in tags}
        stray = {
            at: outcome
            for at, outcome in outcomes.items()
            if isinstance(outcome, RecordsError) and made.get(at, used) - used
        }
        if stray:
            raise Refused(stray)

    def _store_links(self) -> None:
        """Write the links of mirror fields where they are stored: in the records they name."""
        refused: dict[int, RecordsError] = {}
        for object_id, writes in self.links.writes().items():
            schema = self.author.directory.schema(object_id)
            save = [SaveRequest(Mode.UPDATE, record_id=write.record_id, changes=write.changes) for write in writes]
            for write, outcome in zip(writes, Batch(self.author, schema, save).run(), strict=True):
                if isinstance(outcome, RecordsError):
                    refused[write.asked.place] = write.asked.refusal(outcome)
                elif object_id == self.schema.id:
                    self.locked.refresh(outcome.record)
        if refused:
            raise Refused(refused)


def _refusal(parsed: Parsed) -> InvalidValues:
    entries = [entry for entry in parsed.problems if entry.position is not None or entry.field_id]
    general = [
        problem
        for entry in parsed.problems
        if entry.position is None and not entry.field_id
        for problem in entry.problems
    ]
    return InvalidValues(entries, general, size=parsed.size, archived_id=parsed.archived_id)
