"""A batch's requests: their values parsed, and their references looked up all at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from records.field_types import FieldSpec, InvalidValue
from records.services.access import Author
from records.services.catalogue import ObjectSchema, identifier_key
from records.services.storage import unique_keys

from .references import resolve_references
from .save_requests import Mode, SaveRequest
from .values import (
    Change,
    Parsed,
    parse_defaults,
    parse_entries,
    replace_references,
)


class ParsedRequests:
    """The changes that each request asks for, in `by_place`: by the request's place in the batch.

    `referring` are the changes that name something, as they were sent; `defaults` what new records
    get.
    """

    def __init__(
        self, author: Author, schema: ObjectSchema, requests: Mapping[int, SaveRequest]
    ) -> None:
        self.author = author
        self.schema = schema
        self.by_place = {at: self._parse(request) for at, request in requests.items()}
        creating = any(request.mode in (Mode.CREATE, Mode.UPSERT) for request in requests.values())
        # Only new records get defaults.
        self.defaults = parse_defaults(schema) if creating else []
        self.referring = [
            (at, change)
            for at, parsed in self.by_place.items()
            for change in parsed.changes.values()
            if change.may_refer
        ]
        named = [change for _, change in self.referring]
        defaults = [change for change in self.defaults if change.may_refer]
        # Once for all requests: the number of queries must not grow with the batch.
        self.resolved = resolve_references(author, [*named, *defaults])

    def resolve(self) -> None:
        """Put primary keys in the place of what the changes name."""
        for at, change in self.referring:
            self._replace_references(self.by_place[at], change)
        self.defaults = [
            change for change in map(self._resolved_default, self.defaults) if change is not None
        ]

    def _parse(self, request: SaveRequest) -> Parsed:
        # Imports, changes of options and far sides of links have parsed their values already.
        if request.changes:
            return self._checked(request.changes)
        parsed = parse_entries(self.author, self.schema, request.entries)
        key = request.match_field or self.schema.identifier
        # The lookup value fills the field it matches on, unless an entry gives that field itself.
        if request.matches_value and key is not None:
            if not _is_named(parsed, key):
                self._fill_match_field(key, request, parsed)
            elif not _agrees(parsed, key, request):
                message = "The lookup value is another one: send the same, or omit this field."
                position = parsed.position_of(key)
                parsed.refuse(key, position, "value", "conflict", message)
        return parsed

    def _checked(self, changes: Iterable[Change]) -> Parsed:
        """Changes that are parsed already; those of fields that the caller's role may not change
        are refused."""
        parsed = Parsed(0, {change.field.id: change for change in changes})
        for change in changes:
            if change.field.id in self.author.role.locked_fields:
                message = f"The field {change.field.name!r} is read-only."
                parsed.refuse(
                    change.field, change.position, "value", "permission_required", message
                )
        return parsed

    def _fill_match_field(self, key: FieldSpec, request: SaveRequest, parsed: Parsed) -> None:
        """Fill the field that an upsert matches on with its lookup value."""
        try:
            parsed.changes[key.id] = Change(
                key, None, key.type.parse(key, request.match_value or request.match_key)
            )
        except InvalidValue as problem:
            parsed.refuse(
                None, None, "lookup_value", problem.code, f"lookup_value: {problem.message}"
            )

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
            parsed.changes[key] = replace_references(
                change, partial(self.resolved.resolve, change.field)
            )

    def _resolved_default(self, change: Change) -> Change | None:
        try:
            return replace_references(change, partial(self.resolved.resolve, change.field))
        except InvalidValue:  # what it names is gone
            return None


def _agrees(parsed: Parsed, key: FieldSpec, request: SaveRequest) -> bool:
    """Whether the entry for the field that an upsert matches on gives the value that it matches.

    With another value the upsert would make one record, and be refused when it is repeated.
    """
    change, matched = parsed.changes.get(key.id), request.match_key
    if change is None or matched is None:  # refused already
        return True
    if not isinstance(change.value, str | int | float):
        return False
    if request.match_field is None:
        return identifier_key(str(change.value)) == identifier_key(matched)
    return matched in unique_keys(key, change.value)


def _is_named(parsed: Parsed, spec: FieldSpec) -> bool:
    """Whether the write names the field, even with a value that was refused."""
    return spec.id in parsed.changes or any(
        entry.field_id == spec.uuid for entry in parsed.problems
    )
