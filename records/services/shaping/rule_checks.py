"""Which records break a validation that is yet to be saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from records.exceptions import InvalidInput, problems_at
from records.field_types import FieldSpec, broken
from records.services.access import Author, Definer, check_scope, defining
from records.services.catalogue import MemberSpec, ObjectSchema, surroundings_of
from records.services.database import document, fetch, fetch_value

from .changes import get_field
from .creation import check_rule_text
from .data_types import FieldChange
from .field_validations import MAX_RULE, settle_validation

MAX_CHECKED = 100_000
BATCH = 1000
SAMPLE = 10


@dataclass(frozen=True, slots=True)
class Violations:
    """How many live records break a rule, and the keys of the first of them."""

    count: int
    sample: list[int]


def count_violations(
    author: Author, schema: ObjectSchema, fields: Sequence[FieldChange]
) -> Violations:
    """The live records that would break the validations that these changes give; without any, the
    ones that there are. Nothing is stored.

    InvalidInput for what `update_data_type` refuses of a validation, and above 100,000 records.
    """
    # What breaks a rule says something about what is stored.
    check_scope(author, "records", "read")
    rules = _checked_rules(author, fields)
    if rules:
        specs = [replace(schema.by_id[key], validation=text) for key, text in rules.items()]
    else:
        specs = list(schema.validated)
    return _found(author, schema, [spec for spec in specs if spec.validation])


@defining
def _checked_rules(author: Definer, fields: Sequence[FieldChange]) -> dict[int, str]:
    """The validations that are sent, by field; those of new fields concern no record."""
    rules = {}
    for at, change in enumerate(fields):
        if change.changes is None or "validation" not in change.changes:
            continue
        row = get_field(author, change.field_id)
        with problems_at("fields", at):
            row.validation = check_rule_text("validation", change.changes["validation"], MAX_RULE)
            settle_validation(row)
        rules[row.pk] = row.validation
    return rules


def _found(author: Author, schema: ObjectSchema, specs: Sequence[FieldSpec]) -> Violations:
    if not specs:
        return Violations(0, [])
    of_object = [schema.workspace_id, schema.id]
    held = fetch_value(
        "SELECT count(*) FROM records_record WHERE workspace_id = %s AND object_id = %s"
        " AND state = 'active'",
        of_object,
    )
    if held > MAX_CHECKED:
        raise InvalidInput(
            f"the type has {held} records, and at most {MAX_CHECKED} are checked.",
            "limit_exceeded",
            at="check",
        )
    breaking = [
        key for rows in _batches(of_object) for key in _breaking(author, schema, specs, rows)
    ]
    return Violations(len(breaking), breaking[:SAMPLE])


_Row = tuple[int, Mapping[str, Any], int | None]


def _batches(of_object: list[int]) -> Iterator[list[_Row]]:
    last = 0
    while True:
        rows = fetch(
            'SELECT id, "values", member_id FROM records_record WHERE workspace_id = %s'
            f" AND object_id = %s AND state = 'active' AND id > %s ORDER BY id LIMIT {BATCH}",
            [*of_object, last],
        )
        if not rows:
            return
        yield [(key, document(values), member) for key, values, member in rows]
        last = rows[-1][0]


def _breaking(
    author: Author, schema: ObjectSchema, specs: Sequence[FieldSpec], rows: Sequence[_Row]
) -> Iterator[int]:
    """The records among these that break one of the rules, now."""
    now = datetime.now(UTC).astimezone(author.workspace.zone)
    members: Mapping[int, MemberSpec] = author.directory.members(
        {member for _, _, member in rows if member is not None}
    )
    for key, values, member in rows:
        around = surroundings_of(members.get(member or 0), now)
        if any(broken(spec, schema.stored, values, around) is not None for spec in specs):
            yield key
