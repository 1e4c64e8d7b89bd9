"""Conditions in CEL: which changes a webhook of the Workspace API tells.

A condition sees `record.data.<slug>` as the change left it, `member` (the record's) and `now`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from records.exceptions import InvalidInput, quoted
from records.field_types import (
    MAX_EXPRESSION,
    FieldSpec,
    InvalidValue,
    attributes_read,
    condition,
    names_read,
    never_boolean,
    readable,
)
from records.services.catalogue import MemberSpec

ROOTS = frozenset({"record", "member", "now"})
ATTRIBUTES = {
    "record": ("data",),
    "now": ("year", "month", "day", "hour"),
    "member": (
        *("id", "name", "first_name", "last_name", "email", "account_uuid"),
        *("phone", "external_id", "labels", "age"),
    ),
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a condition sees: stored values by field id, the record's member, the workspace's
    zone."""

    values: Mapping[str, Any]
    member: MemberSpec | None
    zone: ZoneInfo


def check_condition(expression: str, known: Collection[str]) -> str:
    """A condition that can be evaluated; `known` are the slugs that it may name."""
    text = expression.strip()
    if len(text) > MAX_EXPRESSION:
        raise InvalidInput(
            f"at most {MAX_EXPRESSION} characters.", "limit_exceeded", at="conditions"
        )
    try:
        condition(text, ROOTS)
        names = names_read(text, ROOTS)
    except InvalidValue as problem:
        raise InvalidInput(problem.message, problem.code, at="conditions") from None
    if never_boolean(text, ROOTS):
        raise InvalidInput(
            "it is never true or false; write a comparison, for instance record.data.size > 1.",
            at="conditions",
        )
    for root in ATTRIBUTES:
        _check_attributes(text, root)
    for name, column in names.items():
        if name not in known:
            raise InvalidInput(
                f"there is no field {quoted(name)} (character {column}).",
                "does_not_exist",
                at="conditions",
            )
    return text


def _check_attributes(text: str, root: str) -> None:
    known = ATTRIBUTES[root]
    try:
        found = attributes_read(text, ROOTS, root)
    except InvalidValue as problem:
        raise InvalidInput(problem.message, problem.code, at="conditions") from None
    for other in sorted(found.keys() - known):
        raise InvalidInput(
            f"{root}.{other} is not known here (character {found[other]}); known are "
            f"{', '.join(f'{root}.{each}' for each in known)}.",
            at="conditions",
        )


def holds(expression: str, fields: Sequence[FieldSpec], around: Surroundings) -> bool:
    """Whether a condition is true; one that cannot be evaluated is not."""
    try:
        result = condition(expression, ROOTS)(_activation(expression, fields, around))
        return bool(result) if type(result).__name__ == "BoolType" else False
    except Exception:  # noqa: BLE001 (whatever the library raises, it is no reason to send)
        return False


def _activation(
    expression: str, fields: Sequence[FieldSpec], around: Surroundings
) -> dict[str, Any]:
    from celpy import celtypes
    from celpy.adapter import json_to_cel

    name = celtypes.StringType
    data = {
        name(spec.name): readable(spec, stored)
        for spec in fields
        if spec.name in expression and (stored := around.values.get(str(spec.id))) is not None
    }
    now = datetime.now(around.zone)
    return {
        "record": celtypes.MapType({name("data"): celtypes.MapType(data)}),
        "member": json_to_cel(_member(around.member, now.date())),
        "now": json_to_cel({part: getattr(now, part) for part in ATTRIBUTES["now"]}),
    }


def _member(member: MemberSpec | None, today: date) -> dict[str, Any]:
    """The record's member; texts are empty, the id is 0 and the age -1 where there is none."""
    known = {} if member is None else member.json
    shown = member.name if member is not None else ""
    return {
        "id": 0 if member is None else member.id,
        "name": shown,
        "first_name": known.get("first_name") or shown.partition(" ")[0],
        "last_name": known.get("last_name") or "",
        "email": known.get("email") or "",
        "account_uuid": "" if member is None else member.uuid,
        "phone": "" if member is None else member.phone,
        "external_id": "" if member is None else member.external_id,
        "labels": [] if member is None else list(member.labels),
        "age": -1 if member is None else _age(member.date_of_birth, today),
    }


def _age(born: date | None, today: date) -> int:
    """Whole years; -1 without a date of birth."""
    if born is None:
        return -1
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
