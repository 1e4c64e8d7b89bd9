"""What a search must find, worked out the slow way: every record against every clause, in plain
Python.

A `Thing` is a record as the test wrote it: values by field name, choices and related records by
name. Nothing of the product is used, so that the two can disagree.
"""

from __future__ import annotations

import operator
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

TEXTS = {"title", "code", "mail", "phone", "zone", "display_name"}
LONG = {"remark"}
NUMBERS = {"pieces", "weight", "price", "stars"}
DAYS = {"day"}
MOMENTS = {"moment", "created", "updated"}
ONE_OF = {"colour", "agreed", "owner", "keeper"}
LISTS = {"sizes", "labels"}
LINKS = {"home", "seen", "partner", "parent", "children", "guests", "spouse_of"}
PARIS = ZoneInfo("Europe/Paris")

Compare = Callable[[Any, Any], bool]
ORDER: Mapping[str, Compare] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass
class Thing:
    """A record as it was written."""

    uuid: str
    key: int
    values: dict[str, Any] = field(default_factory=dict)


def fold(text: str) -> str:
    """Case, Unicode form and runs of white space away."""
    composed = unicodedata.normalize("NFC", text).casefold()
    return " ".join(unicodedata.normalize("NFC", composed).split())


def plain(text: str) -> str:
    """Accents away too."""
    letters = unicodedata.normalize("NFKD", fold(text)).casefold()
    found = "".join(mark for mark in letters if not unicodedata.combining(mark))
    return found.replace("ø", "o").replace("æ", "ae").replace("\u0131", "i")


def number(raw: Any) -> Fraction:
    return Fraction(str(raw))


def moment(raw: str) -> datetime:
    found = datetime.fromisoformat(raw)
    return (found if found.tzinfo else found.replace(tzinfo=PARIS)).astimezone(UTC)


def day_span(raw: str) -> tuple[datetime, datetime]:
    """The first moment of a day in Paris, and the first one after it."""
    first = date.fromisoformat(raw)
    start, end = (
        datetime.combine(first + timedelta(days=more), time(), PARIS).astimezone(UTC)
        for more in (0, 1)
    )
    return start, end


# ---------------------------------------------------------------- clauses


def _text(held: Any, condition: str, asked: Any, limit: int | None = None) -> bool:
    mine = None if held is None else fold(held)[:limit]
    if condition in ("is_any_of", "is_none_of"):
        return (mine in {fold(item) for item in asked}) == (condition == "is_any_of")
    if condition.lstrip("!") in ("contains", "starts_with", "ends_with", "="):
        tests: dict[str, Callable[[str, str], bool]] = {
            "=": operator.eq,
            "contains": operator.contains,
            "starts_with": str.startswith,
            "ends_with": str.endswith,
        }
        form = fold if condition.lstrip("!") == "=" else plain
        passes = mine is not None and tests[condition.lstrip("!")](form(held)[:limit], form(asked))
        return passes != condition.startswith("!")
    raise AssertionError(condition)


def _ordered(held: Any, condition: str, asked: Any, read: Callable[[Any], Any]) -> bool:
    mine = None if held is None else read(held)
    if condition == "!=":
        return mine is None or mine != read(asked)
    if condition == "is_none_of":
        return mine not in [read(item) for item in asked]
    if mine is None:
        return False
    if condition == "is_any_of":
        return mine in [read(item) for item in asked]
    if condition == "between":
        return bool(read(asked[0]) <= mine <= read(asked[1]))
    return ORDER[condition](mine, read(asked))


def _moment(held: Any, condition: str, asked: Any) -> bool:
    """A plain date stands for the whole day."""
    if condition == "month_equals":
        when = held if held is None or isinstance(held, datetime) else moment(held)
        return when is not None and when.astimezone(PARIS).month == int(asked)
    if condition in ("is_any_of", "is_none_of") or (condition != "between" and len(asked) > 10):
        return _ordered(
            held, condition, asked, lambda raw: raw if isinstance(raw, datetime) else moment(raw)
        )
    mine = held if held is None or isinstance(held, datetime) else moment(held)
    low, high = asked if condition == "between" else (asked, asked)
    start = day_span(low)[0] if len(low) == 10 else moment(low)
    end = day_span(high)[1] if len(high) == 10 else moment(high) + timedelta(microseconds=1)
    within = mine is not None and start <= mine < end
    if condition in ("=", "between"):
        return within
    if condition == "!=":
        return not within
    if mine is None:
        return False
    return {"<": mine < start, "<=": mine < end, ">": mine >= end, ">=": mine >= start}[condition]


def _choice(held: Any, condition: str, asked: Any) -> bool:
    wanted = asked if isinstance(asked, list) else [asked]
    return (held in wanted) == (condition in ("=", "is_any_of"))


def _several(held: Any, condition: str, asked: Any) -> bool:
    wanted = asked if isinstance(asked, list) else [asked]
    if condition in ("has", "!has"):
        return (set(wanted) <= set(held or [])) == (condition == "has")
    return bool(set(held or []) & set(wanted)) != condition.startswith(("!", "is_none"))


def _papers(held: Any, condition: str, asked: Any) -> bool:
    return ORDER[condition](len(held or []), asked)


def _shown_name(held: Any, condition: str, asked: Any) -> bool:
    """As much of a display name as is shown is found by."""
    return _text(
        held,
        condition,
        [fold(item)[:255] for item in asked] if isinstance(asked, list) else asked,
        255,
    )


def _day(held: Any, condition: str, asked: Any) -> bool:
    if condition == "month_equals":
        return held is not None and date.fromisoformat(held).month == asked
    return _ordered(held, condition, asked, date.fromisoformat)


def _number(held: Any, condition: str, asked: Any) -> bool:
    return _ordered(held, condition, asked, number)


def _links(held: Any, condition: str, asked: Any) -> bool:
    return _several(held if isinstance(held, list) or held is None else [held], condition, asked)


FAMILIES: list[tuple[set[str], Callable[[Any, str, Any], bool]]] = [
    ({"papers"}, _papers),
    ({"ticked"}, _choice),
    ({"display_name"}, _shown_name),
    (TEXTS | LONG, _text),
    (NUMBERS, _number),
    (DAYS, _day),
    (MOMENTS, _moment),
    (LISTS, _several),
    (LINKS, _links),
    (ONE_OF, _choice),
]


def meets(thing: Thing, name: str, condition: str, asked: Any) -> bool:
    """Whether one record passes one clause."""
    held = thing.values.get(name)
    if condition == "is_blank":
        return (held is None or held in ([], "")) == bool(asked)
    return next(test for names, test in FAMILIES if name in names)(held, condition, asked)


def matches(thing: Thing, groups: Sequence[Mapping[str, Any]], match_all: bool) -> bool:
    """Whether one record passes a query; a group without anything in it asks nothing."""
    return _joined([_group(thing, group) for group in groups], match_all)


def _group(thing: Thing, group: Mapping[str, Any]) -> bool:
    if "query" in group:
        return matches(thing, group["query"], group.get("and", True))
    results = [
        meets(thing, item["field"], item["condition"], item["value"])
        for item in group.get("filters", [])
    ]
    return _joined(results, group.get("and", True))


def _joined(results: Sequence[bool], match_all: bool) -> bool:
    if not results:
        return True
    return all(results) if match_all else any(results)


# ---------------------------------------------------------------- order


def in_order(
    things: Sequence[Thing], ordering: Sequence[str], places: Mapping[str, Sequence[str]]
) -> list[Thing]:
    """Sorted: blanks last both ways, ties by age in the direction of the first key, newest first if
    nothing is asked.

    `places` has the options of choice fields in their order.
    """
    newest_first = not ordering or ordering[0].startswith("-")
    rows = sorted(things, key=lambda thing: thing.key, reverse=newest_first)
    for name in reversed(ordering):
        bare, down = name.removeprefix("-"), name.startswith("-")
        blank = [thing for thing in rows if _sort_value(thing, bare, places) is None]
        rest = [thing for thing in rows if _sort_value(thing, bare, places) is not None]
        rest.sort(key=lambda thing, bare=bare: _sort_value(thing, bare, places), reverse=down)  # type: ignore[misc]
        rows = rest + blank
    return rows


def _sort_value(thing: Thing, name: str, places: Mapping[str, Sequence[str]]) -> Any:
    held = thing.values.get(name)
    if held is None or held == "":
        return None
    if name in places:
        return places[name].index(held)
    if name in NUMBERS:
        return number(held)
    if name in MOMENTS:
        return held if isinstance(held, datetime) else moment(held)
    if isinstance(held, bool):
        return held
    # Without accents first; with them where that is the same. White space sorts after the mark.
    first, then = plain(held), fold(held)
    return (first if first == then else f"{first}\x1f{then}")[:255]
