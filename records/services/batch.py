"""One batch of record writes: everything between opening the transaction and committing it.

A batch reads and locks the records it concerns in the order of their keys, resolves what values name, applies each
request to the records as the earlier ones left them, and stores the outcome with one statement per table. A single
record is a batch of one. A request that is refused changes nothing; the others of its batch are stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

from .access import Author, access_to, grant_of
from .effects import Effects
from .links import LinkChanges, kept_links
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
    check_required,
    clear_unlisted,
    is_stored,
    merged,
    parse_entries,
    replace_references,
)

_Overwritten = tuple[RecordRow, FieldSpec]


class Batch:
    """One attempt at a batch. Use once: a retry makes a new one."""

    def __init__(self, author: Author, schema: ObjectSchema, requests: Sequence[SaveRequest]) -> None:
        self.author = author
        self.schema = schema
        self.requests = requests
        self.parsed = [self._parse(request) for request in requests]
        self.referring = [
            (parsed, change) for parsed in self.parsed for change in parsed.changes.values() if change.may_refer
        ]
        self.resolved = resolve_references(author, [change for _, change in self.referring])
        self.locked = LockedRecords(schema)
        self.links = LinkChanges()
        self.effects = Effects(author, schema, self.locked, self.resolved.names)

    def run(self) -> list[Outcome]:
        """Carry the batch out. The caller holds the transaction."""
        for parsed, change in self.referring:
            self._replace_references(parsed, change)
        self.locked.load(self.requests, self.parsed)
        self.effects.load_names(self.locked.by_id.values())
        outcomes = [self._outcome(*pair) for pair in zip(self.requests, self.parsed, strict=True)]
        self.effects.store()
        self._store_links()
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
        holder, key = self.locked.holder_of_identifier(parsed), self.schema.identifier
        overwritten = self._overwritten(request.archived_conflict, parsed, row, holder, key)
        return self._finish(parsed, row, "updated", overwritten, complete=replacing)

    def _upsert(self, request: SaveRequest, parsed: Parsed) -> SaveResult:
        row = self.locked.match(request)
        if row is None or row.state != RecordState.ACTIVE:
            return self._create(request, parsed)
        access = access_to(self.author, self.schema, row.values, row.member_id)
        if not access.view:
            self._overwritten(None, parsed, None, row, request.match_field or self.schema.identifier)
            raise _refusal(parsed)
        if not access.edit:
            raise NotAllowed("You may not edit this record.")
        return self._update(request, parsed, row)

    def _create(self, request: SaveRequest, parsed: Parsed) -> SaveResult:
        if not grant_of(self.author, self.schema).create:
            raise NotAllowed("You may not create records of this object.")
        add_defaults(self.author, self.schema, parsed)
        holder, key = self.locked.holder_of_identifier(parsed), self.schema.identifier
        if request.mode == Mode.UPSERT and self.locked.match(request) is not None:
            holder, key = self.locked.match(request), request.match_field or key
        if holder is not None and holder.state == RecordState.ARCHIVED and request.on_archived == "unarchive":
            return self._bring_back(holder, parsed)
        overwritten = self._overwritten(request.on_archived, parsed, None, holder, key)
        row = RecordRow(0, str(new_uuid()), {}, created_at=self.effects.now)
        return self._finish(parsed, row, "created", overwritten, complete=True)

    def _bring_back(self, row: RecordRow, parsed: Parsed) -> SaveResult:
        if not access_to(self.author, self.schema, row.values, row.member_id).edit:
            raise NotAllowed("You may not edit the archived record.")
        # Defaults are for new records.
        parsed.changes = {key: change for key, change in parsed.changes.items() if change.position is not None}
        row.state = RecordState.ACTIVE
        try:
            return self._finish(parsed, row, "unarchived", None, complete=True)
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

    def _overwritten(
        self,
        on_archived: str | None,
        parsed: Parsed,
        row: RecordRow | None,
        holder: RecordRow | None,
        key: FieldSpec | None,
    ) -> _Overwritten | None:
        """The archived record that gives its name up to this write, if one holds it and may be overwritten."""
        if holder is None or holder is row or key is None:
            return None
        change = parsed.changes.get(key.id)
        position = change.position if change is not None else None
        label = key.display_name.lower()
        visible = access_to(self.author, self.schema, holder.values, holder.member_id).view
        if holder.state == RecordState.ACTIVE or not visible:
            parsed.refuse(key, position, "value", "unique", f"Another record has this {label}.")
            return None
        if on_archived == "overwrite":
            return holder, key
        message = f"An archived record has this {label}: {holder.uuid}."
        parsed.refuse(key, position, "value", "archived_conflict", message)
        parsed.archived_id = holder.uuid
        return None

    def _check_unique(self, parsed: Parsed, row: RecordRow, values: Mapping[str, Any]) -> None:
        for spec in self.schema.unique:
            value = values.get(str(spec.id))
            change = parsed.changes.get(spec.id)
            if change is not None and value is not None and self.locked.is_taken(row, spec, value):
                message = f"Another record has this {spec.display_name.lower()}."
                parsed.refuse(spec, change.position, "value", "unique", message)

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
            enter_stage(self.schema, row.values, values, parsed.changes, self.effects.now)
        for spec in self.schema.derived:
            computed = compute(self.schema, spec, values)
            if computed is None:
                values.pop(str(spec.id), None)
            else:
                values[str(spec.id)] = computed
        return values

    def _finish(
        self, parsed: Parsed, row: RecordRow, action: str, overwritten: _Overwritten | None, *, complete: bool
    ) -> SaveResult:
        """Refuse, or apply what there is to change; `complete`: every required field must have a value."""
        values = self._merge(parsed, row)
        if overwritten is None:
            self._check_unique(parsed, row, values)
        if complete:
            check_required(self.schema, values, parsed)
        if parsed.problems:
            raise _refusal(parsed)
        if overwritten is not None:
            self._rename_archived(*overwritten)
        changed_links = self.links.collect(self.author, self.schema, row, parsed.changes)
        result = self.effects.apply(row, values, action)
        if changed_links and result.action == "unchanged":
            return SaveResult(row, "updated", changed_links, self.schema)
        return replace(result, changed=result.changed | changed_links)

    def _rename_archived(self, row: RecordRow, key: FieldSpec) -> None:
        values = dict(row.values)
        values[str(key.id)] = archived_name(str(values.get(str(key.id), "")), row.uuid, self.effects.now)
        self.effects.apply(row, values, "updated")

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


def _refusal(parsed: Parsed) -> InvalidValues:
    entries = [entry for entry in parsed.problems if entry.position is not None or entry.field_id]
    general = [
        problem
        for entry in parsed.problems
        if entry.position is None and not entry.field_id
        for problem in entry.problems
    ]
    return InvalidValues(entries, general, size=parsed.size, archived_id=parsed.archived_id)
