"""Figures of groups, worked out the slow way from the oracle's things: plain Python over what the test
wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import product
from typing import Any

from .oracle import DAYS, LINKS, MOMENTS, NUMBERS, PARIS, TEXTS, Thing, fold, moment

PLACES = 10


def held(things: Mapping[str, Thing], thing: Thing, path: str) -> list[Any]:
    """The values of a thing, or of the things and places that it is linked to, each once."""
    link, dot, name = path.partition(".")
    if not dot:
        return _values(thing, path)
    found = []
    for linked in _values(thing, link):
        # A place has nothing but its name.
        values = _values(things[linked], name) if linked in things else [fold(linked)]
        found += [value for value in values if value not in found]
    return found


def _values(thing: Thing, name: str) -> list[Any]:
    value = thing.values.get(name)
    if value is None:
        return []
    return [_comparable(name, item) for item in (value if isinstance(value, list) else [value])]


def _comparable(name: str, value: Any) -> Any:
    if name in TEXTS:
        return fold(value)
    if name in NUMBERS:
        return Fraction(str(value))
    if name in MOMENTS:
        return value if isinstance(value, datetime) else moment(value)
    return value


def first_day(name: str, value: Any, unit: str) -> str:
    """The first day of a period, by Paris's clocks; days are in no time zone."""
    day = date.fromisoformat(value) if name in DAYS else value.astimezone(PARIS).date()
    if unit == "week":
        day -= timedelta(days=day.weekday())
    months = {"month": 1, "quarter": 3, "year": 12}.get(unit)
    if months:
        day = date(day.year, (day.month - 1) // months * months + 1, 1)
    return day.isoformat()


def groups_of(
    things: Mapping[str, Thing], found: Iterable[Thing], by: Sequence[tuple[str, str]]
) -> dict[tuple[Any, ...], list[Thing]]:
    """The things of each group; a thing is once in each of its groups. What is asked of one link is
    asked of the same linked record."""
    groups: dict[tuple[Any, ...], list[Thing]] = {} if by else {(): []}
    links = list(dict.fromkeys(link for path, _ in by if (link := path.partition(".")[0]) in LINKS))
    for thing in found:
        keys: dict[tuple[Any, ...], None] = {}
        for chosen in product(*(_values(thing, link) or [None] for link in links)):
            bound = dict(zip(links, chosen, strict=True))
            parts = [_group_values(things, thing, path, unit, bound) for path, unit in by]
            keys |= dict.fromkeys(product(*parts))
        for key in keys:
            groups.setdefault(key, []).append(thing)
    return groups


def _group_values(
    things: Mapping[str, Thing], thing: Thing, path: str, unit: str, bound: Mapping[str, Any]
) -> list[Any]:
    link, dot, name = path.partition(".")
    if link not in bound:
        values = _values(thing, path)
    elif not dot or bound[link] is None:
        return [bound[link]]
    else:
        linked = bound[link]
        values = _values(things[linked], name) if linked in things else [fold(linked)]
    return [first_day(name or path, value, unit) if unit else value for value in values] or [None]


def figure(things: Mapping[str, Thing], group: Sequence[Thing], function: str, path: str) -> Any:
    if not path:
        return len(group)
    lists = [held(things, thing, path) for thing in group]
    values = [value for entries in lists for value in entries]
    if function == "count":
        return sum(1 for entries in lists if entries)
    if function == "distinct":
        return len(set(values))
    if not values:
        return None
    computed: dict[str, Callable[[], Any]] = {
        "sum": lambda: sum(values),
        "avg": lambda: round(Fraction(sum(values)) / len(values), PLACES),
        "min": lambda: min(values),
        "max": lambda: max(values),
    }
    return computed[function]()


def told(ids: Mapping[str, str], path: str, value: Any) -> Any:
    """What the product told, in the oracle's terms; `ids` are its names, by id."""
    name = path.rpartition(".")[2]
    if value is None:
        return None
    if name in LINKS or name in ("owner", "keeper"):
        return ids[value["id"]]
    if isinstance(value, dict):
        value = value["amount"] if "amount" in value else value["name"]
    if name in NUMBERS:
        return Fraction(str(value))
    if name in MOMENTS:
        return datetime.fromisoformat(value).astimezone(UTC)
    return fold(value) if name in TEXTS or name == "name" else value
