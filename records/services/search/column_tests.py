"""From one test of one typed column to SQL, with the same outcome on both engines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import ROUND_FLOOR, Context, Decimal
from typing import Any

from records.field_types import (
    DIVIDER,
    KEY_END,
    Test,
    first_part,
    has_dotless_i,
    has_own_order,
    root_text,
)
from records.field_types.base import MAX_INDEXED
from records.field_types.numeric import DECIMAL_LIMIT, MAX_DIGITS
from records.services.database import (
    Fragment,
    after_mark,
    contains,
    ends_with,
    in_ids,
    in_texts,
    in_uuids,
    is_postgresql,
    moment_param,
    month_of,
    number_param,
    starts_with,
)

NOTHING: Fragment = ("FALSE", [])
COMPARISONS = {"eq": "=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


def tested(column: str, overflow: str | None, kind: str, test: Test) -> Fragment:
    """A test of a typed column; `overflow` is the column with the whole of texts that the index
    cuts."""
    if test.op == "any":
        return f"{column} IS NOT NULL", []
    if kind == "text":
        return _text_tested(column, overflow, test)
    if kind == "uuid":
        return in_uuids(column, test.value if test.op == "in" else [test.value])
    # PostgreSQL compares decimals exactly; SQLite compares floats, which needs its own rules.
    if kind == "number" and not is_postgresql():
        return _float_tested(column, test)
    if test.op in COMPARISONS:
        return f"{column} {COMPARISONS[test.op]} %s", [_param(test.value)]
    return _OTHERS[test.op](column, kind, test.value)


def _param(value: Any) -> Any:
    if isinstance(value, datetime):
        return moment_param(value)
    return number_param(value) if isinstance(value, (float, Decimal)) else value


def _between(column: str, _: str, values: Iterable[Any]) -> Fragment:
    return f"{column} BETWEEN %s AND %s", list(map(_param, values))


def _in_month(column: str, _: str, value: tuple[int, str]) -> Fragment:
    month, zone = value
    # The first condition is that of the partial index.
    return f"{column} IS NOT NULL AND {month_of(column)} = %s", [zone, month]


def _one_of(column: str, kind: str, values: Sequence[Any]) -> Fragment:
    if kind == "option":
        return in_ids(column, values)
    params = list(map(_param, values))
    if not is_postgresql():
        return _listed(column, params)
    if kind == "number":
        # As texts: the driver has no array type for integers mixed with decimals.
        return f"{column} = ANY(%s::numeric[])", [list(map(str, params))]
    return f"{column} = ANY(%s::timestamptz[])", [params]


def _listed(column: str, params: list[Any]) -> Fragment:
    return f"{column} IN ({', '.join(['%s'] * len(params))})", params


_OTHERS: dict[str, Callable[[str, str, Any], Fragment]] = {
    "between": _between,
    "in": _one_of,
    "month": _in_month,
}


# ---------------------------------------------------------------- numbers on SQLite

# SQLite compares binary floats. These distinguish and order integers, and numbers of fifteen
# digits, correctly, and no field holds more. The number compared with may have more digits: it is
# replaced by the greatest smaller number that a field can hold, as no field's value lies between
# the two.
_HELD = Context(prec=MAX_DIGITS, rounding=ROUND_FLOOR)
_ABOVE_HELD = {"lt": "<=", "lte": "<=", "gt": ">", "gte": ">"}


def _float_tested(column: str, test: Test) -> Fragment:
    if test.op == "in":
        # A number that no field can hold matches nothing; as a float it would match its neighbour.
        return _listed(column, [number_param(item) for item in test.value if _held(item) == item])
    if test.op == "between":
        low, high = test.value
        above, above_params = _float_compared(column, "gte", low)
        below, below_params = _float_compared(column, "lte", high)
        return f"({above} AND {below})", [*above_params, *below_params]
    return _float_compared(column, test.op, test.value)


def _float_compared(column: str, op: str, value: int | Decimal) -> Fragment:
    held = _held(value)
    if held == value:
        return f"{column} {COMPARISONS[op]} %s", [number_param(held)]
    if op not in _ABOVE_HELD:  # equal to a number that no field can hold
        return NOTHING
    return f"{column} {_ABOVE_HELD[op]} %s", [number_param(held)]


def _held(value: int | Decimal) -> int | Decimal:
    """The greatest number up to this one that a field can hold."""
    if isinstance(value, int):
        return value
    # No decimal field goes this high; integer fields do, and they hold no fractions.
    if abs(value) >= DECIMAL_LIMIT:
        return int(value.to_integral_value(ROUND_FLOOR))
    return _HELD.plus(value)


# ---------------------------------------------------------------- texts


def _text_tested(column: str, overflow: str | None, test: Test) -> Fragment:
    # The whole text, which no index has: the overflow repeats a long text from its beginning.
    full = f"COALESCE({overflow}, {column})" if overflow else column
    if has_own_order(test.language):
        found = _found_in_language(column, overflow, full, test)
        if found is not None:
            return found
    match test.op:
        case "eq":
            return _text_equals(column, full, test.value)
        case "in":
            return _either(_one_of_texts(column, full, test.value))
        case "contains":  # each column apart, so that an index can serve
            return _either([contains(name, test.value) for name in (column, overflow) if name])
        case "starts_with":
            searched = full if len(test.value) > MAX_INDEXED else column
            return _either([starts_with(searched, test.value)])
        case _:
            # What a text with accents is without them ends at the divider.
            plain = contains(full, f"{test.value}{DIVIDER}")
            return _either([ends_with(full, test.value), plain])


def _found_in_language(column: str, overflow: str | None, full: str, test: Test) -> Fragment | None:
    """The test where texts follow the keys of a language, in which no part is sought; None where
    that makes no difference."""
    text = after_mark(full, KEY_END)
    match test.op:
        case "contains":
            # First as ever, so that an index can serve.
            indexed = _either([contains(name, test.value) for name in (column, overflow) if name])
            return _both(indexed, contains(text, test.value))
        case "starts_with":
            return starts_with(text, test.value)
        case "eq" | "in" if has_dotless_i(test.language):
            # The keys of two texts may differ by capitals, which make no difference here.
            values = [test.value] if test.op == "eq" else test.value
            return in_texts(text, list(map(root_text, values)))
        case _:
            return None


def _both(one: Fragment, other: Fragment) -> Fragment:
    return f"({one[0]} AND {other[0]})", [*one[1], *other[1]]


def _either(parts: Sequence[Fragment]) -> Fragment:
    return f"({' OR '.join(sql for sql, _ in parts)})", [
        param for _, params in parts for param in params
    ]


def _one_of_texts(column: str, full: str, values: tuple[str, ...]) -> list[Fragment]:
    short = [value for value in values if len(value) < MAX_INDEXED]
    long = [value for value in values if len(value) >= MAX_INDEXED]
    return [in_texts(column, short), *(_text_equals(column, full, value) for value in long)]


def _text_equals(column: str, full: str, value: str) -> Fragment:
    """The index finds a text by its beginning; only a long one has to be compared as a whole."""
    if column == full:  # a name, which is cut
        return f"{column} = %s", [first_part(value)]
    if len(value) < MAX_INDEXED:
        return f"{column} = %s", [value]
    return f"({column} = %s AND {full} = %s)", [value[:MAX_INDEXED], value]
