"""From one test of one typed column to SQL, with the same outcome on both engines."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_FLOOR, Context, Decimal
from typing import Any

from records.field_types import Test
from records.field_types.base import MAX_INDEXED
from records.field_types.numeric import DECIMAL_LIMIT, MAX_DIGITS

from .sql import (
    Fragment,
    contains,
    ends_with,
    in_ids,
    in_texts,
    is_postgresql,
    moment_param,
    month_of,
    number_param,
    starts_with,
)

NOTHING: Fragment = ("FALSE", [])
COMPARISONS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


def tested(column: str, overflow: str | None, kind: str, test: Test) -> Fragment:
    """A test of a typed column; `overflow` is the column of the texts that are longer than the index keeps."""
    if kind == "text":
        return _text_tested(column, overflow, test)
    if kind == "number" and not is_postgresql():
        return _float_tested(column, test)
    match test.op:
        case "any":
            return f"{column} IS NOT NULL", []
        case "eq":
            return f"{column} = %s", [_param(test.value)]
        case "in":
            return _one_of(column, kind, test.value)
        case "between":
            return f"{column} BETWEEN %s AND %s", [_param(value) for value in test.value]
        case "month":
            return f"{column} IS NOT NULL AND {month_of(column)} = %s", [test.value]
        case _:
            return f"{column} {COMPARISONS[test.op]} %s", [_param(test.value)]


def _param(value: Any) -> Any:
    if isinstance(value, datetime):
        return moment_param(value)
    return number_param(value) if isinstance(value, (float, Decimal)) else value


def _one_of(column: str, kind: str, values: tuple[Any, ...]) -> Fragment:
    if kind == "option":
        return in_ids(column, values)
    params = [_param(value) for value in values]
    if is_postgresql():
        if kind == "number":
            return f"{column} = ANY(%s::numeric[])", [[str(param) for param in params]]
        return f"{column} = ANY(%s::timestamptz[])", [params]
    return f"{column} IN ({', '.join(['%s'] * len(params))})", params


# ---------------------------------------------------------------- numbers on SQLite

# SQLite compares with binary floats. They tell integers, and numbers of fifteen digits, apart and order them rightly,
# and more no field holds. What is compared with may have more digits: then the next number below it that a field can
# hold stands for it, which is less than it and has nothing between.
_HELD = Context(prec=MAX_DIGITS, rounding=ROUND_FLOOR)
_ABOVE_HELD = {"lt": "<=", "lte": "<=", "gt": ">", "gte": ">"}


def _float_tested(column: str, test: Test) -> Fragment:
    match test.op:
        case "any":
            return f"{column} IS NOT NULL", []
        case "in":
            held = [number_param(value) for value in test.value if _held(value) == value]
            return f"{column} IN ({', '.join(['%s'] * len(held))})", held
        case "between":
            low, high = (
                _float_compared(column, op, value) for op, value in zip(("gte", "lte"), test.value, strict=True)
            )
            return f"({low[0]} AND {high[0]})", [*low[1], *high[1]]
        case op:
            return _float_compared(column, op, test.value)


def _float_compared(column: str, op: str, value: int | Decimal) -> Fragment:
    held = _held(value)
    if held == value:
        return f"{column} {COMPARISONS.get(op, '=')} %s", [number_param(held)]
    return (f"{column} {_ABOVE_HELD[op]} %s", [number_param(held)]) if op in _ABOVE_HELD else NOTHING


def _held(value: int | Decimal) -> int | Decimal:
    """The greatest number up to this one that a field can hold."""
    if isinstance(value, int):
        return value
    if abs(value) >= DECIMAL_LIMIT:
        return int(value.to_integral_value(ROUND_FLOOR))
    return _HELD.plus(value)


# ---------------------------------------------------------------- texts


def _text_tested(column: str, overflow: str | None, test: Test) -> Fragment:
    full = f"COALESCE({overflow}, {column})" if overflow else column
    match test.op:
        case "any":
            return f"{column} IS NOT NULL", []
        case "eq":
            return _text_equals(column, full, test.value)
        case "in":
            short = [value for value in test.value if len(value) < MAX_INDEXED]
            parts = [in_texts(column, short)]
            parts += [_text_equals(column, full, value) for value in test.value if len(value) >= MAX_INDEXED]
        case "contains":
            parts = [contains(name, test.value) for name in (column, overflow) if name]
        case "starts_with" if len(test.value) > MAX_INDEXED:
            parts = [starts_with(full, test.value)]
        case "starts_with":
            parts = [starts_with(column, test.value)]
        case _:
            parts = [ends_with(full, test.value)]
    return f"({' OR '.join(sql for sql, _ in parts)})", [param for _, params in parts for param in params]


def _text_equals(column: str, full: str, value: str) -> Fragment:
    if len(value) < MAX_INDEXED or column == full:
        return f"{column} = %s", [value[:MAX_INDEXED]]
    return f"({column} = %s AND {full} = %s)", [value[:MAX_INDEXED], value]
