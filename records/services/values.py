"""From what a caller sends for a record's fields to changes of stored values: addressing, parsing, merging.

Nothing here touches the database. What only the database knows stays a reference until `references` resolves it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from records.exceptions import EntryProblems, Problem
from records.field_types import (
    AttachmentRef,
    FieldSpec,
    InvalidValue,
    MemberRef,
    NewOption,
    RecordRef,
    normal_text,
)

from .access import Author, find_field, may_write
from .object_schema import COLUMN_FIELDS, KEPT_ON_REPLACE, ObjectSchema

UNSET: Any = object()
MAX_LINKS = 10_000
Reference = RecordRef | MemberRef | AttachmentRef | NewOption
REFERENCES = (RecordRef, MemberRef, AttachmentRef, NewOption)
REFERRING = frozenset({"option", "related_record", "member", "attachment"})
PLAIN = frozenset({str, int, float, bool, type(None)})


# What is made for every cell or every record is not frozen: making a frozen one takes three times as long.


@dataclass(slots=True)
class FieldEntry:
    """What a caller sends for one field: it is named by `id` (UUID) or `name`; absent parts are UNSET."""

    id: Any = None
    name: Any = None
    value: Any = UNSET
    add_values: Any = UNSET
    remove_values: Any = UNSET


@dataclass(slots=True)
class Change:
    """A parsed change of one field: `value` replaces, else `add` and `remove` change a list.

    `position` is the entry's place in the request, None where no entry asked for it (a default, a clearing).
    """

    field: FieldSpec
    position: int | None
    value: Any = UNSET
    add: tuple[Any, ...] = ()
    remove: tuple[Any, ...] = ()

    @property
    def may_refer(self) -> bool:
        """Whether there can be references in this change: a quick look that spares most changes a closer one."""
        return type(self.value) not in PLAIN and self.field.type.column in REFERRING

    def references(self) -> Iterator[tuple[str, Reference]]:
        """Every reference in this change, with the part of the entry it stands in."""
        for part, items in (("value", self.given), ("add_values", self.add), ("remove_values", self.remove)):
            for item in items:
                if isinstance(item, REFERENCES):
                    yield part, item

    @property
    def given(self) -> Sequence[Any]:
        """What `value` holds: the items of a list, or the one value; nothing where it is UNSET."""
        if self.value is UNSET:
            return ()
        return self.value if isinstance(self.value, list) else (self.value,)

    def new_options(self) -> Iterator[tuple[int, str]]:
        """The tags this change makes, unless they exist: by field and compared name."""
        for _, reference in self.references():
            if isinstance(reference, NewOption):
                yield self.field.id, normal_text(reference.name)


@dataclass(slots=True)
class Parsed:
    """The outcome of parsing a write's entries: changes by field id, and everything that is wrong.

    `archived_id` is the archived record that holds the name the write gives, when that is the problem. `place` is
    the request's in its batch.
    """

    size: int = 0
    changes: dict[int, Change] = field(default_factory=dict)
    problems: list[EntryProblems] = field(default_factory=list)
    archived_id: str | None = None
    place: int = 0
    _noted: dict[int | str, EntryProblems] = field(default_factory=dict)

    def refuse(self, spec: FieldSpec | None, position: int | None, part: str, code: str, message: str) -> None:
        """Note one more thing that is wrong."""
        problem = Problem(part, code, message)
        place = spec.uuid if position is None and spec is not None else position
        noted = self._noted.get(place) if place is not None else None
        if noted is not None:
            noted.problems.append(problem)
            return
        known = (spec.uuid, spec.name) if spec is not None else ("", "")
        self.problems.append(EntryProblems(position, *known, [problem]))
        if place is not None:
            self._noted[place] = self.problems[-1]


def parse_entries(author: Author, schema: ObjectSchema, entries: Sequence[FieldEntry]) -> Parsed:
    """Address and parse every entry. All problems are collected; nothing is raised."""
    parsed = Parsed(len(entries))
    for position, entry in enumerate(entries):
        spec = _address(author, schema, entry, position, parsed)
        if spec is None:
            continue
        if spec.id in parsed.changes:
            parsed.refuse(spec, position, "id", "invalid", f"The field {spec.name!r} is listed twice.")
        elif not may_write(author, spec):
            code = "permission_required" if spec.id in author.role.locked_fields else "read_only"
            parsed.refuse(spec, position, "value", code, f"The field {spec.name!r} is read-only.")
        else:
            change = _parse_change(spec, entry, position, parsed)
            if change is not None:
                parsed.changes[spec.id] = change
    return parsed


def _address(
    author: Author, schema: ObjectSchema, entry: FieldEntry, position: int, parsed: Parsed
) -> FieldSpec | None:
    found = []
    for part, key in (("id", entry.id), ("name", entry.name)):
        if key is None:
            continue
        spec = _find(author, schema, part, key)
        if spec is None:
            parsed.refuse(None, position, part, "does_not_exist", f"There is no field with this {part}.")
            return None
        found.append(spec)
    if not found:
        parsed.refuse(None, position, "id", "required", "Name the field by id or name.")
        return None
    if found[0] is not found[-1]:
        parsed.refuse(None, position, "name", "invalid", "The id and the name are those of two different fields.")
        return None
    return found[0]


def _find(author: Author, schema: ObjectSchema, part: str, key: Any) -> FieldSpec | None:
    if not isinstance(key, str):
        return None
    if part == "id":
        try:
            key = str(UUID(key))
        except ValueError:
            return None
    spec = find_field(author, schema, key)
    return spec if spec is not None and (part == "id" or spec.name == key) else None


def _parse_change(spec: FieldSpec, entry: FieldEntry, position: int, parsed: Parsed) -> Change | None:
    lists = [entry.add_values, entry.remove_values]
    lists = [UNSET if part is None else part for part in lists]
    if all(part is UNSET for part in lists):
        if entry.value is UNSET:
            parsed.refuse(spec, position, "value", "required", "A value is required.")
            return None
        return _parse_value(spec, entry.value, position, parsed)
    if not spec.multiple:
        parsed.refuse(
            spec, position, "add_values", "invalid", f"The field {spec.name!r} holds one value; send `value`."
        )
        return None
    if entry.value is not UNSET and entry.value is not None:
        parsed.refuse(spec, position, "value", "invalid", "Send either `value` or `add_values` and `remove_values`.")
        return None
    parts = [
        _parse_part(spec, part, name, position, parsed)
        for part, name in zip(lists, ("add_values", "remove_values"), strict=True)
    ]
    if parts[0] is None or parts[1] is None:
        return None
    return Change(spec, position, UNSET, parts[0], parts[1])


def _parse_value(spec: FieldSpec, raw: Any, position: int, parsed: Parsed) -> Change | None:
    value = None
    if raw is not None:
        try:
            value = spec.type.parse(spec, raw)
        except InvalidValue as problem:
            parsed.refuse(spec, position, "value", problem.code, problem.message)
            return None
    blank = value is None or (isinstance(value, str) and not value.strip())
    if blank and (spec.is_required or not spec.allows_empty):
        parsed.refuse(spec, position, "value", "required", "This field may not be blank.")
        return None
    return Change(spec, position, value)


def _parse_part(spec: FieldSpec, raw: Any, part: str, position: int, parsed: Parsed) -> tuple[Any, ...] | None:
    if raw is UNSET:
        return ()
    try:
        if not isinstance(raw, list):
            raise InvalidValue("Expected a list.")
        return tuple(spec.type.parse(spec, raw) or ())
    except InvalidValue as problem:
        parsed.refuse(spec, position, part, problem.code, problem.message)
        return None


# ---------------------------------------------------------------- what no entry says


def clear_unlisted(author: Author, schema: ObjectSchema, parsed: Parsed) -> None:
    """A full update clears the writable, visible fields it does not list.

    Hidden, read-only and computed fields stay, and so do the default fields that people do not think of as
    payload, and the far sides of relationships, whose links are other records' values.
    """
    for spec in schema.stored:
        listed = spec.id in parsed.changes
        kept = spec.is_hidden or (spec.is_default and spec.name in KEPT_ON_REPLACE)
        hidden = spec.id in author.role.hidden_fields
        if not (listed or kept or hidden) and may_write(author, spec):
            parsed.changes[spec.id] = Change(spec, None, None)


def parse_defaults(schema: ObjectSchema) -> list[Change]:
    """What the fields hold in a new record unless it says otherwise; may hold references.

    A default that its field no longer takes (its option was deleted) is none.
    """
    found = []
    for spec in schema.with_default:
        try:
            found.append(Change(spec, None, spec.type.parse(spec, spec.default_value)))
        except InvalidValue:
            continue
    return found


def add_defaults(author: Author, schema: ObjectSchema, parsed: Parsed, defaults: Iterable[Change]) -> None:
    """A new record gets its fields' defaults, the caller as its owner, and the pipeline's first stage."""
    for change in defaults:
        _default(parsed, change.field, change.value)
    if schema.owner_field is not None:
        _default(parsed, schema.owner_field, author.member.id)
    if schema.stage_field is not None:
        stages = [stage for stage in schema.stage_field.options.values() if not stage.deleted]
        if stages:
            _default(parsed, schema.stage_field, min(stages, key=lambda stage: (stage.order, stage.id)).id)


def _default(parsed: Parsed, spec: FieldSpec, value: Any) -> None:
    change = parsed.changes.get(spec.id)
    if change is None or (change.position is None and change.value is None):
        parsed.changes[spec.id] = Change(spec, None, value)


def check_required(schema: ObjectSchema, values: Mapping[str, Any], parsed: Parsed) -> None:
    """Every required field has a value; the ones that were not sent are named by id and name."""
    refused = {entry.field_id for entry in parsed.problems}
    for spec in schema.required:
        if values.get(str(spec.id)) is None and spec.uuid not in refused:
            change = parsed.changes.get(spec.id)
            position = change.position if change is not None else None
            parsed.refuse(
                spec, position, "value", "required", f"The field {spec.display_name!r} ({spec.name}) is required."
            )


def check_may_be_blank(change: Change, parsed: Parsed) -> None:
    """A value may go unless its field needs one."""
    spec = change.field
    if spec.is_required or not spec.allows_empty:
        part = "remove_values" if change.value is UNSET else "value"
        message = f"The field {spec.display_name!r} ({spec.name}) may not be blank."
        parsed.refuse(spec, change.position, part, "required", message)


# ---------------------------------------------------------------- merging


def merged(change: Change, current: Any) -> Any:
    """The stored value after a change whose references are resolved; None for a blank."""
    if change.value is not UNSET:
        return change.value
    items = [item for item in (current or []) if item not in set(change.remove)]
    seen = set(items)
    for item in change.add:
        if item not in seen:
            seen.add(item)
            items.append(item)
    return items or None


def replace_references(change: Change, resolve: Callable[[Reference], Any]) -> Change:
    """The change with every reference replaced by what `resolve` makes of it; lists keep no duplicates."""

    def one(item: Any) -> Any:
        return resolve(item) if isinstance(item, REFERENCES) else item

    def many(items: Iterable[Any]) -> list[Any]:
        return list(dict.fromkeys(one(item) for item in items))

    value = change.value
    if value is not UNSET:
        value = many(value) if isinstance(value, list) else one(value)
    return Change(change.field, change.position, value, tuple(many(change.add)), tuple(many(change.remove)))


def is_stored(spec: FieldSpec) -> bool:
    """Whether the field's values are in the document."""
    return spec.computed not in COLUMN_FIELDS and spec.mirror_of_id is None
