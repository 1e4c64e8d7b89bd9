"""Changing one place of a JSON body at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Put = Callable[[Any], Any]
WRONG: dict[str, Any] = {
    "null": None,
    "true": True,
    "0": 0,
    "-1": -1,
    "1.5": 1.5,
    "1e308": 1e308,
    "2^63": 2**63,
    "empty": "",
    "nul": "a\x00b",
    "long": "x" * 300,
    "[]": [],
    "{}": {},
    "[[]]": [[]],
    "[null]": [None],
    "object": {"a": 1},
}


def nodes(body: Any, where: str = "body") -> Iterator[tuple[str, Any, Put]]:
    """(where, value, what puts another value there) for every value in a body, the body itself
    first."""
    yield where, body, lambda new: new
    if isinstance(body, dict):
        items: list[tuple[Any, str, Any]] = [
            (key, f"{where}.{key}", item) for key, item in body.items()
        ]
    else:
        items = (
            [(at, f"{where}[{at}]", item) for at, item in enumerate(body)]
            if isinstance(body, list)
            else []
        )
    for key, there, item in items:
        for inner, value, put in nodes(item, there):
            yield inner, value, _putting(body, key, put)


def _putting(body: Any, key: Any, put: Put) -> Put:
    def changed(new: Any) -> Any:
        copied = body.copy()
        copied[key] = put(new)
        return copied

    return changed
