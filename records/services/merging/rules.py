"""The rules of a merge as its caller sends them, and what becomes of the survivor by them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from records.exceptions import Place, Problem, did_you_mean, located, quoted
from records.field_types import FieldSpec
from records.services.access import Author, find_field, may_write, visible_fields
from records.services.catalogue import ObjectSchema, is_stored
from records.services.database import canonical_uuid
from records.services.storage import RecordRow
from records.services.writing import Change, FieldEntry, is_other, parse_entries

from .choices import LISTS, RULES, TEXTS
from .combining import Combining

VALUE, RECORD = "value", "record"


@dataclass(slots=True)
class Faults:
    """Everything that is wrong with a merge, each at its place."""

    problems: list[Problem] = field(default_factory=list)

    def add(self, reason: str, code: str, *place: str | int) -> None:
        path: Place = place
        self.problems.append(Problem("", code, located(path, reason)))


class ReadRules:
    """The rules of a merge of the records with these UUIDs, checked against the object. `faults`
    has what is wrong with them."""

    def __init__(
        self,
        author: Author,
        schema: ObjectSchema,
        sent: Mapping[str, Any],
        uuids: Collection[str],
        faults: Faults,
    ) -> None:
        self.author, self.schema, self.faults = author, schema, faults
        self.uuids = uuids
        self.entries: list[tuple[str, FieldEntry]] = []
        self.asked: dict[int, str] = {}
        self.names: dict[int, str] = {}
        for name, rule in sent.items():
            self._read(name, rule)

    def _read(self, name: str, rule: Any) -> None:
        spec = find_field(self.author, self.schema, name)
        if spec is None:
            known = [each.name for each in visible_fields(self.author, self.schema)]
            self._refuse(
                f"there is no such field.{did_you_mean(name, known)}", "does_not_exist", name
            )
            return
        if spec.id in self.names:
            self._refuse("the field is listed twice.", "invalid", name)
            return
        self.names[spec.id] = name
        if not is_stored(spec) or not may_write(self.author, spec):
            locked = spec.id in self.author.role.locked_fields
            code = "permission_required" if locked else "read_only"
            self._refuse(f"the field {spec.name!r} is read-only.", code, name)
        elif isinstance(rule, dict):
            self._read_value(spec, name, rule)
        else:
            self._read_word(spec, name, rule)

    def _read_value(self, spec: FieldSpec, name: str, rule: Mapping[str, Any]) -> None:
        if rule.keys() == {RECORD}:
            uuid = canonical_uuid(rule[RECORD])
            if uuid in self.uuids:
                self.asked[spec.id] = uuid
            else:
                self._refuse("expected the id of a record to merge.", "invalid", name)
            return
        if rule.keys() != {VALUE}:
            message = 'expected {"value": …}, {"record": id} or one of the rules.'
            self._refuse(message, "invalid", name)
            return
        self.entries.append((name, FieldEntry(id=spec.uuid, value=rule[VALUE])))
        self.asked[spec.id] = VALUE

    def _read_word(self, spec: FieldSpec, name: str, rule: Any) -> None:
        if not isinstance(rule, str) or rule not in RULES:
            message = f"expected one of {', '.join(RULES)}, or an object with a value"
            self._refuse(f"{message}; not {quoted(rule)}.", "invalid", name)
        elif rule in LISTS and not spec.multiple:
            self._refuse("the field holds one value; union is for lists.", "invalid", name)
        elif rule in TEXTS and not spec.type.text_like:
            self._refuse(f"{rule} is for texts.", "invalid", name)
        else:
            self.asked[spec.id] = rule

    def _refuse(self, reason: str, code: str, name: str) -> None:
        self.faults.add(reason, code, "rules", name)

    # ------------------------------------------------------------ values

    def changes(self, survivor: RecordRow, merged: Sequence[RecordRow]) -> list[Change]:
        """What the survivor's fields become; faults are noted.

        Fields that the caller may not write stay as they are.
        """
        parsed = parse_entries(self.author, self.schema, [entry for _, entry in self.entries])
        for refused in parsed.problems:
            name = self.entries[refused.position or 0][0]
            for problem in refused.problems:
                self._refuse(problem.message, problem.code, name)
        found = {key: _without_place(change) for key, change in parsed.changes.items()}
        combining = Combining(self.author, survivor, merged)
        hidden = self.author.role.hidden_fields
        for spec in self.schema.stored:
            if spec.id in self.asked and self.asked[spec.id] == VALUE:
                continue
            if not may_write(self.author, spec) or spec.id in hidden or spec.is_external_id:
                continue
            value = combining.value(spec, self.asked.get(spec.id, ""))
            if is_other(survivor.values.get(str(spec.id)), value):
                found[spec.id] = self._checked(spec, value)
        self._hold_close_date(found, survivor)
        return list(found.values())

    def _checked(self, spec: FieldSpec, value: Any) -> Change:
        """A change to a value that the records had; one that was made of several is parsed."""
        if self.asked.get(spec.id) == "concat":
            parsed = parse_entries(
                self.author, self.schema, [FieldEntry(id=spec.uuid, value=value)]
            )
            for refused in parsed.problems:
                for problem in refused.problems:
                    self._refuse(problem.message, problem.code, self.names[spec.id])
            return _without_place(parsed.changes.get(spec.id, Change(spec, None, None)))
        return Change(spec, None, value)

    def _hold_close_date(self, found: dict[int, Change], survivor: RecordRow) -> None:
        """Entering a won stage would set the date to today."""
        stage, closed = self.schema.stage_field, self.schema.by_name.get("actual_close_date")
        if stage is None or closed is None or stage.id not in found or closed.id in found:
            return
        if may_write(self.author, closed):
            found[closed.id] = Change(closed, None, survivor.values.get(str(closed.id)))


def _without_place(change: Change) -> Change:
    return Change(change.field, None, change.value, change.add, change.remove)
