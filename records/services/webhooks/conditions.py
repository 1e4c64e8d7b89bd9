"""Conditions in CEL: which changes a webhook of the Workspace API tells.

A condition sees `record.data.<slug>` as the change left it, `member` (the record's) and `now`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from records.exceptions import InvalidInput, quoted
from records.field_types import (
    MAX_EXPRESSION,
    ROOTS,
    FieldSpec,
    InvalidValue,
    activation,
    check_reads,
    data_read,
    never_boolean,
    program,
)
from records.services.catalogue import MemberSpec, surroundings_of

NO_TEST = "it is never true or false; write a comparison, for instance record.data.size > 1."


@dataclass(frozen=True, slots=True)
class Told:
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
        program(text)
        if never_boolean(text, ROOTS):
            raise InvalidValue(NO_TEST)
        names = check_reads(text)
    except InvalidValue as problem:
        raise InvalidInput(problem.message, problem.code, at="conditions") from None
    for name, column in names.items():
        if name not in known:
            raise InvalidInput(
                f"there is no field {quoted(name)} (character {column}).",
                "does_not_exist",
                at="conditions",
            )
    return text


def holds(expression: str, fields: Sequence[FieldSpec], told: Told) -> bool:
    """Whether a condition is true; one that cannot be evaluated is not."""
    try:
        data = data_read(expression, fields, told.values)
        around = surroundings_of(told.member, datetime.now(told.zone))
        result = program(expression)(activation(data, around))
        return bool(result) if type(result).__name__ == "BoolType" else False
    except Exception:  # noqa: BLE001 (whatever the library raises, it is no reason to send)
        return False
