"""What expressions see beside a record's values: its member, and the moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from .base import InvalidValue
from .expressions import ROOT, ROOTS, attributes_read, names_read

MEMBER, NOW = "member", "now"
NOBODY: Mapping[str, Any] = {
    "id": 0,
    "name": "",
    "first_name": "",
    "last_name": "",
    "email": "",
    "phone": "",
    "account_uuid": "",
    "external_id": "",
    "date_of_birth": "",
    "labels": [],
    "age": -1,
}
ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    MEMBER: tuple(NOBODY),
    NOW: ("year", "month", "day", "hour"),
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`now` is the moment of the write on the workspace's clocks, `member` what `NOBODY` has, of
    the record's member."""

    now: datetime
    member: Mapping[str, Any] = field(default_factory=lambda: NOBODY)


def check_reads(expression: str, roots: frozenset[str] = ROOTS) -> dict[str, int]:
    """The API names that an expression reads, as `names_read` has them; InvalidValue as well for
    what neither the member nor the moment has."""
    names = names_read(expression, roots)
    for root, known in ATTRIBUTES.items():
        found = attributes_read(expression, roots, root)
        for other in found.keys() - known:
            raise InvalidValue(
                f"character {found[other]}: {root}.{other[:80]} is not known here; known are "
                f"{', '.join(f'{root}.{each}' for each in known)}."
            )
    return names


@lru_cache(1000)
def member_read(expression: str, roots: frozenset[str] = ROOTS) -> frozenset[str]:
    """The attributes of the member that an expression reads; none where it cannot be read."""
    return _attributes(expression, roots, MEMBER)


@lru_cache(1000)
def reads_now(expression: str, roots: frozenset[str] = ROOTS) -> bool:
    """Whether the result of an expression depends on the moment."""
    return bool(_attributes(expression, roots, NOW)) or "age" in member_read(expression, roots)


def _attributes(expression: str, roots: frozenset[str], root: str) -> frozenset[str]:
    if root not in expression:  # which spares most expressions being parsed
        return frozenset()
    try:
        return frozenset(attributes_read(expression, roots, root))
    except InvalidValue:  # one of before expressions were checked
        return frozenset()


def activation(data: Mapping[str, Any], around: Surroundings) -> dict[str, Any]:
    """What a program is asked with; `data` are the record's values by API name, as `readable`
    makes them."""
    from celpy import celtypes
    from celpy.adapter import json_to_cel

    name = celtypes.StringType
    fields = celtypes.MapType({name(key): value for key, value in data.items()})
    return {
        ROOT: celtypes.MapType({name("data"): fields}),
        MEMBER: json_to_cel(dict(around.member)),
        NOW: json_to_cel({part: getattr(around.now, part) for part in ATTRIBUTES[NOW]}),
    }
