"""Fields to try values on, compiled without a database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from records.field_types import (
    FieldSpec,
    InvalidValue,
    OptionSpec,
    References,
    field_types,
    normal_text,
)

CHOICES = ("dropdown", "radio", "status", "choices", "selector", "yesnomaybe")
WITH_OPTIONS = (*CHOICES, "checkboxes", "dynamictags")


def uuid(number: int) -> str:
    return f"01920000-0000-7000-8000-{number:012x}"


RED, SEMI, GONE, YES, UUID_LIKE = 1, 2, 3, 4, 5
OPTIONS = [
    OptionSpec(RED, uuid(1), "Dark Red", "red", order=1),
    OptionSpec(SEMI, uuid(2), "Black; white", "b_w", order=2),
    OptionSpec(GONE, uuid(3), "Gone", "gone", order=3, deleted=True),
    OptionSpec(YES, uuid(4), "Of course", "yes", order=4),
    OptionSpec(UUID_LIKE, uuid(5), uuid(99), "dark red", order=5),
]
REFERENCES = References(
    records={1: {"id": uuid(1), "name": "A"}, 3: {"id": uuid(3), "name": "C"}},
    members={1: {"id": uuid(1), "email": "office@example.com"}},
    attachments={1: {"id": uuid(1), "name": "plan.pdf"}, 3: {"id": uuid(3), "name": "bill.pdf"}},
)


def make_field(field_type: str, **changes: Any) -> FieldSpec:
    """A field of the type: choice fields get OPTIONS, relationships are to one record."""
    found = field_types.get(field_type)
    options = OPTIONS if field_type in WITH_OPTIONS else []
    keys: dict[str, int] = {}
    for option in options:
        if not option.deleted:
            keys[option.uuid] = option.id
            keys[f"name:{normal_text(option.name)}"] = option.id
            keys[f"code:{option.code.casefold()}"] = option.id
    field = FieldSpec(
        id=7,
        uuid=uuid(7),
        name="tested",
        display_name="Tested",
        type=found,
        settings=found.check_settings({}),
        options={option.id: option for option in options},
        option_keys=keys,
        relation_kind="primary" if field_type == "relationship" else "",
    )
    return replace(field, **changes)


def outcome(work: Callable[[], Any]) -> tuple[Any, InvalidValue | None]:
    """What `work` answers, and the refusal if it refuses; any other exception is a failure."""
    try:
        return work(), None
    except InvalidValue as refusal:
        return None, refusal


def label(value: Any) -> str:
    """A short name for a row of a table of tests."""
    return value.type.name if isinstance(value, FieldSpec) else repr(value)[:40].replace("::", ":")
