"""What becomes of the values that records have in a field, by each rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from records.services.storage import RecordRow

_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
# A record and its value in the field: the survivor's first, the others as they were listed.
Held = tuple[RecordRow, Any]


def _into(held: Sequence[Held], survivor: int) -> Any:
    return next((value for row, value in held if row.id == survivor), None)


def first_of(held: Sequence[Held], survivor: int) -> Any:
    """The survivor's own value, else the first that there is."""
    return held[0][1] if held else None


def _from(held: Sequence[Held], survivor: int) -> Any:
    return next((value for row, value in held if row.id != survivor), first_of(held, survivor))


def _changed(pair: Held) -> datetime:
    return pair[0].updated_at or _LONG_AGO


def _newest(held: Sequence[Held], survivor: int) -> Any:
    return max(held, key=_changed)[1] if held else None


def _oldest(held: Sequence[Held], survivor: int) -> Any:
    return min(held, key=_changed)[1] if held else None


def _longest(held: Sequence[Held], survivor: int) -> Any:
    return max((value for _, value in held), key=len, default=None)


def _union(held: Sequence[Held], survivor: int) -> Any:
    return list(dict.fromkeys(item for _, value in held for item in value)) or None


def _concat(held: Sequence[Held], survivor: int) -> Any:
    return "\n".join(dict.fromkeys(value for _, value in held)) or None


CHOICES: Mapping[str, Callable[[Sequence[Held], int], Any]] = {
    "into": _into,
    "from": _from,
    "newest": _newest,
    "oldest": _oldest,
    "longest": _longest,
    "union": _union,
    "concat": _concat,
}
RULES = tuple(CHOICES)
TEXTS, LISTS = frozenset({"longest", "concat"}), frozenset({"union"})
