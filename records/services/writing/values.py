"""From what a caller sends for a record's fields to changes of stored values: addressing, parsing,
merging.

Nothing here touches the database. What only the database knows stays a reference until `references`
resolves it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

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
from records.services.access import Author, find_field, find_suspended, may_write
from records.services.catalogue import KEPT_ON_REPLACE, ObjectSchema
from records.services.database import canonical_uuid

UNSET: Any = object()
Reference = RecordRef | MemberRef | AttachmentRef | NewOption
REFERENCES = (RecordRef, MemberRef, AttachmentRef, NewOption)
PLAIN = frozenset({str, int, float, bool, type(None)})


# Objects made for every cell or record are not frozen: a frozen one takes three times as long to
# make.


@dataclass(slots=True)
class FieldEntry:
    """What a caller sends for one field: it is named by `id` (UUID) or `name`; absent parts are
    UNSET."""

    id: Any = None
    name: Any = None
    value: Any = UNSET
    add_values: Any = UNSET
    remove_values: Any = UNSET


@dataclass(slots=True)
class Change:
    """A parsed change of one field: `value` replaces, or else `add` and `remove` change a list.

    `position` is the entry's place in the request, None where no entry asked for it (a default, a
    clearing).
    """

    field: FieldSpec
    position: int | None
    value: Any = UNSET
    add: tuple[Any, ...] = ()
    remove: tuple[Any, ...] = ()

    @property
    def may_refer(self) -> bool:
        """Whether there can be references in this change: a cheap check that most changes fail."""
        kind = self.field.type
        return type(self.value) not in PLAIN and (kind.has_options or bool(kind.refers_to))

    def references(self) -> Iterator[tuple[str, Reference]]:
        """Every reference in this change, with its part of the entry."""
        for part, items in (
            ("value", self.given),
            ("add_values", self.add),
            ("remove_values", self.remove),
        ):
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

    `archived_id` is the archived record that holds the name the write gives, when that is the
    problem. `place` is the request's in its batch.
    """

    size: int = 0
    changes: dict[int, Change] = field(default_factory=dict)
    problems: list[EntryProblems] = field(default_factory=list)
    archived_id: str | None = None
    place: int = 0
    _noted: dict[int | str, EntryProblems] = field(default_factory=dict)

    def refuse(
        self, spec: FieldSpec | None, position: int | None, part: str, code: str, message: str
    ) -> None:
        """Add a problem."""
        problem = Problem(part, code, message)
        # Without an entry, several rules may refuse the same field.
        place = spec.uuid if position is None and spec is not None else position
        noted = None if place is None else self._noted.get(place)
        if noted is not None:
            noted.problems.append(problem)
            return
        known = ("", "") if spec is None else (spec.uuid, spec.name)
        noted = EntryProblems(position, *known, [problem])
        self.problems.append(noted)
        if place is not None:  # a problem without entry and field stands alone
            self._noted[place] = noted

    def position_of(self, spec: FieldSpec) -> int | None:
        """The place of the entry that changes the field, None where no entry does."""
        change = self.changes.get(spec.id)
        return None if change is None else change.position


def parse_entries(author: Author, schema: ObjectSchema, entries: Sequence[FieldEntry]) -> Parsed:
    """Address and parse every entry. All problems are collected; nothing is raised."""
    parsed = Parsed(len(entries))
    for position, entry in enumerate(entries):
        spec = _address(author, schema, entry, position, parsed)
        if spec is None:
            continue
        if spec.id in parsed.changes:
            parsed.refuse(
                spec, position, "id", "invalid", f"The field {spec.name!r} is listed twice."
            )
        elif not may_write(author, spec):
            # A lock depends on the caller's role; a read-only field is one for every caller.
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
            # It reads null, and what was read may be sent back: the links stay stored.
            if entry.value is None and find_suspended(author, schema, key) is not None:
                return None
            parsed.refuse(
                None, position, part, "does_not_exist", f"There is no field with this {part}."
            )
            return None
        found.append(spec)
    if not found:
        parsed.refuse(None, position, "id", "required", "Name the field by id or name.")
        return None
    if found[0] is not found[-1]:
        parsed.refuse(
            None, position, "name", "invalid", "The id and the name belong to different fields."
        )
        return None
    return found[0]


def _find(author: Author, schema: ObjectSchema, part: str, key: Any) -> FieldSpec | None:
    if not isinstance(key, str):
        return None
    if part == "id":
        return find_field(author, schema, canonical_uuid(key))
    spec = find_field(author, schema, key)
    # Fields are found by name or UUID, and a UUID is not a name.
    return spec if spec is not None and spec.name == key else None


def _parse_change(
    spec: FieldSpec, entry: FieldEntry, position: int, parsed: Parsed
) -> Change | None:
    if _is_sent(entry.add_values) or _is_sent(entry.remove_values):
        return _parse_list_change(spec, entry, position, parsed)
    if entry.value is UNSET:
        parsed.refuse(spec, position, "value", "required", "A value is required.")
        return None
    return _parse_value(spec, entry.value, position, parsed)


def _is_sent(part: Any) -> bool:
    """Whether a part of an entry is there: clients that know every part send null for the
    others."""
    return part is not UNSET and part is not None


def _parse_list_change(
    spec: FieldSpec, entry: FieldEntry, position: int, parsed: Parsed
) -> Change | None:
    if not spec.multiple:
        message = f"The field {spec.name!r} holds one value; send `value`."
        parsed.refuse(spec, position, "add_values", "invalid", message)
        return None
    if _is_sent(entry.value):
        parsed.refuse(
            spec,
            position,
            "value",
            "invalid",
            "Send either `value` or `add_values` and `remove_values`.",
        )
        return None
    add = _parse_part(spec, entry.add_values, "add_values", position, parsed)
    remove = _parse_part(spec, entry.remove_values, "remove_values", position, parsed)
    if add is None or remove is None:
        return None
    return Change(spec, position, UNSET, add, remove)


def _parse_value(spec: FieldSpec, raw: Any, position: int, parsed: Parsed) -> Change | None:
    value = None
    if raw is not None:
        try:
            value = spec.type.parse(spec, raw)
        except InvalidValue as problem:
            parsed.refuse(spec, position, "value", problem.code, problem.message)
            return None
    # White space alone is blank, even where the type takes it.
    blank = value is None or (isinstance(value, str) and not value.strip())
    if blank and (spec.is_required or not spec.allows_empty):
        parsed.refuse(spec, position, "value", "required", "This field may not be blank.")
        return None
    return Change(spec, position, value)


def _parse_part(
    spec: FieldSpec, raw: Any, part: str, position: int, parsed: Parsed
) -> tuple[Any, ...] | None:
    if not _is_sent(raw):
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
    """Clear the writable, visible fields that a full update does not list.

    Hidden, read-only and computed fields stay. So do the default fields that people do not think of
    as part of the record, and the far sides of relationships, whose links are other records'
    values.
    """
    for spec in schema.stored:
        if spec.id not in parsed.changes and _is_cleared(author, spec):
            parsed.changes[spec.id] = Change(spec, None, None)


def _is_cleared(author: Author, spec: FieldSpec) -> bool:
    if spec.is_hidden or spec.id in author.role.hidden_fields:
        return False
    if spec.is_default and spec.name in KEPT_ON_REPLACE:
        return False
    return may_write(author, spec)


def parse_defaults(schema: ObjectSchema) -> list[Change]:
    """What the fields hold in a new record unless it says otherwise; may hold references.

    A default that its field no longer takes, because its option was deleted, is left out.
    """
    found = []
    for spec in schema.with_default:
        try:
            found.append(Change(spec, None, spec.type.parse(spec, spec.default_value)))
        except InvalidValue:
            continue
    return found


def add_defaults(
    author: Author, schema: ObjectSchema, parsed: Parsed, defaults: Iterable[Change]
) -> None:
    """Give a new record its fields' defaults, the caller as its owner, and the pipeline's first
    stage."""
    for change in defaults:
        _default(parsed, change.field, change.value)
    if schema.owner_field is not None:
        _default(parsed, schema.owner_field, author.member.id)
    if schema.stage_field is not None:
        stages = [stage for stage in schema.stage_field.options.values() if not stage.deleted]
        if stages:
            _default(
                parsed,
                schema.stage_field,
                min(stages, key=lambda stage: (stage.order, stage.id)).id,
            )


def _default(parsed: Parsed, spec: FieldSpec, value: Any) -> None:
    change = parsed.changes.get(spec.id)
    # A field that was only cleared as unlisted gets its default, too.
    if change is None or (change.position is None and change.value is None):
        parsed.changes[spec.id] = Change(spec, None, value)


# ---------------------------------------------------------------- references


def replace_references(change: Change, resolve: Callable[[Reference], Any]) -> Change:
    """The change with every reference replaced by what `resolve` makes of it; lists keep no
    duplicates."""

    def one(item: Any) -> Any:
        return resolve(item) if isinstance(item, REFERENCES) else item

    def many(items: Iterable[Any]) -> list[Any]:
        return list(dict.fromkeys(one(item) for item in items))

    value = change.value
    if value is not UNSET:
        value = many(value) if isinstance(value, list) else one(value)
    return Change(
        change.field, change.position, value, tuple(many(change.add)), tuple(many(change.remove))
    )
