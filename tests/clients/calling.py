"""Calls of operations, which may need what earlier ones answered: `<name>` in their arguments stands
for a part of an earlier answer, `<#name>` for a number."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_MARK = re.compile(r"<(#?)(\w+)>")
LINK = "link:"


@dataclass(frozen=True)
class Call:
    """One call of an operation, and the parts of its answer that later calls need: by name, where
    they are (`results.0.id`)."""

    operation: str
    status: int = 200
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    keeps: Mapping[str, str] = field(default_factory=dict)


def marks(value: Any) -> Iterator[tuple[str, bool]]:
    """What an argument takes from earlier answers, and whether it is a number."""
    if isinstance(value, str):
        if found := _MARK.fullmatch(value):
            yield found[2], bool(found[1])
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from marks(each)
    elif isinstance(value, list):
        for each in value:
            yield from marks(each)


def filled(value: Any, fill: Callable[[str, bool], Any]) -> Any:
    """An argument with each mark replaced."""
    if isinstance(value, Mapping):
        return {key: filled(each, fill) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, fill) for each in value]
    for name, is_number in marks(value):
        return fill(name, is_number)
    return value


def kept(content: Any, place: str) -> Any:
    """The part of an answer at a place; of an address (`link:…`), what comes after its last
    slash."""
    value = content
    for step in place.removeprefix(LINK).split("."):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value.rpartition("/")[2] if place.startswith(LINK) else value
