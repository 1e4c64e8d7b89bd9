"""A time zone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from .base import (
    JSON,
    FieldSpec,
    FieldType,
    InvalidValue,
    Stored,
    check_text,
    field_types,
    quoted,
)
from .conditions import text_conditions
from .folding import index_text

MAX_LENGTH = 64
NOT_ZONES = frozenset({"Factory", "localtime", "posixrules"})  # files that lie beside the zones


class TimeZone(FieldType):
    """The IANA name of a time zone."""

    name = "timezone"
    label = "Time zone"
    conditions = text_conditions()

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        text = check_text(raw, MAX_LENGTH).strip()
        if not text:
            return None
        name = _zone_names().get(text.lower())
        if name is None:
            raise InvalidValue(
                f"{quoted(text)} is not the name of a time zone, like Europe/Lisbon."
            )
        return name

    def index_values(self, field: FieldSpec, stored: Stored) -> tuple[str]:
        return (index_text(stored, field.language),)

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        return {
            "type": "string",
            "maxLength": MAX_LENGTH,
            "description": "IANA name of a time zone",
        }

    def named_choices(self) -> tuple[str, ...]:
        return tuple(sorted(_zone_names().values()))

    def example(self, field: FieldSpec) -> JSON:
        return "Europe/Lisbon"


@cache
def known_time_zones() -> frozenset[str]:
    """Every name that the operating system or the package `tzdata` has a zone for; finding them
    reads two folders of 600 files."""
    return frozenset(available_timezones())


@cache
def _zone_names() -> Mapping[str, str]:
    return {name.lower(): name for name in known_time_zones() - NOT_ZONES}


field_types.register(TimeZone.name, TimeZone())
