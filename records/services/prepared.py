"""What a batch asks, made ready: values parsed, and what they name looked up for all of its requests at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from records.field_types import FieldSpec, InvalidValue

from .access import Author
from .object_schema import ObjectSchema
from .references import resolve_references
from .save_requests import Mode, SaveRequest
from .values import Change, Parsed, parse_defaults, parse_entries, replace_references


class PreparedRequests:
    """The changes that each request asks, by the requests' places in the batch.

    `referring` are the changes that named something, as they were sent; `defaults` what new records get.
    """

    def __init__(self, author: Author, schema: ObjectSchema, requests: Mapping[int, SaveRequest]) -> None:
        self.author = author
        self.schema = schema
        self.parsed = {at: self._parse(request) for at, request in requests.items()}
        creating = any(request.mode in (Mode.CREATE, Mode.UPSERT) for request in requests.values())
        self.defaults = parse_defaults(schema) if creating else []
        self.referring = [
            (at, change) for at, parsed in self.parsed.items() for change in parsed.changes.values() if change.may_refer
        ]
        named = [change for _, change in self.referring]
        self.resolved = resolve_references(author, [*named, *(c for c in self.defaults if c.may_refer)])

    def resolve(self) -> None:
        """Put primary keys in the place of what the changes name."""
        for at, change in self.referring:
            self._replace_references(self.parsed[at], change)
        self.defaults = [change for change in map(self._resolved_default, self.defaults) if change is not None]

    def _parse(self, request: SaveRequest) -> Parsed:
        if request.changes:
            return self._checked(request.changes)
        parsed = parse_entries(self.author, self.schema, request.entries)
        identifier = self.schema.identifier
        key = request.match_field or identifier
        if request.mode != Mode.UPSERT or request.matches_external or key is None or key.id in parsed.changes:
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
