"""What records that become one have together in a field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from records.field_types import FieldSpec
from records.services.access import Author
from records.services.storage import RecordRow

from .choices import CHOICES, first_of


class Combining:
    """The values of records that become one."""

    def __init__(self, author: Author, survivor: RecordRow, merged: Sequence[RecordRow]) -> None:
        self.author, self.survivor = author, survivor
        self.rows = [survivor, *merged]
        self.merged = {row.id for row in merged}
        self.uuids = {row.uuid for row in self.rows}

    def value(self, spec: FieldSpec, rule: str) -> Any:
        """What the survivor has in a field; without a rule its own value, else the first that there
        is, and of lists all entries. A rule may be the UUID of the record whose value it is."""
        held = [(row, value) for row in self.rows if (value := self._held(spec, row)) is not None]
        if rule in self.uuids:
            return next((value for row, value in held if row.uuid == rule), None)
        if not rule:
            rule = "union" if spec.multiple else ""
        return CHOICES.get(rule, first_of)(held, self.survivor.id)

    def _held(self, spec: FieldSpec, row: RecordRow) -> Any:
        """A record's value, as far as the survivor can have it."""
        stored = row.values.get(str(spec.id))
        if stored is None:
            return None
        if not spec.multiple:
            return stored if self._may_have(spec, row, stored) else None
        return [item for item in stored if self._may_have(spec, row, item)] or None

    def _may_have(self, spec: FieldSpec, row: RecordRow, item: Any) -> bool:
        """Whether the survivor can have what a record has: no link that would lead to itself, and
        nothing that no new value may name."""
        own = row is self.survivor
        if spec.is_link:
            return item not in self.merged and (own or item != self.survivor.id)
        if own:
            return True
        if spec.type.has_options:
            return not spec.options[item].deleted
        return spec.type.refers_to != "member" or self._is_active(item)

    def _is_active(self, key: int) -> bool:
        member = self.author.directory.members([key]).get(key)
        return member is not None and member.is_active
