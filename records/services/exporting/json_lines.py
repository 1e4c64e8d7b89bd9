"""Records as lines of JSON: as exports write them, and as imports read them and other objects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from typing import NoReturn

import orjson

from records.field_types import cell_text
from records.field_types.base import JSON

# Of a record, as an export writes it.
KEYS = frozenset({"id", "display_name", "cancelled", "fields"})
ID, CANCELLED = "id", "cancelled"
EXACT = 15  # digits that a float keeps
MAX_DEPTH = 64  # lists and objects inside one another; a value of JSON can have half of them


class Numeral(str):
    """A number of JSON as it is written, where a float reads otherwise or is another number."""

    __slots__ = ()


class NoRow(ValueError):
    """A line that is no object; the message says why, without its number."""


def written_line(uuid: str, name: str, values: Mapping[str, JSON], *, cancelled: bool) -> bytes:
    """A record, its values as callers of the API read them."""
    found = {ID: uuid, "display_name": name, CANCELLED: cancelled, "fields": values}
    return orjson.dumps(found) + b"\n"


def read_line(line: str) -> tuple[dict[str, JSON], bool]:
    """The values of a line by name: those of a record that was exported (true), with its id, or of
    any object; NoRow where it is none."""
    try:
        # Not orjson, which reads integers beyond 64 bits as floats.
        found = json.loads(
            line, parse_float=_number, parse_constant=_refuse, object_pairs_hook=_unique
        )
    except NoRow:
        raise
    except json.JSONDecodeError as problem:
        raise NoRow(f"no JSON, at character {problem.pos + 1}: {problem.msg}.") from None
    except RecursionError:
        raise NoRow(_TOO_DEEP) from None
    except ValueError:  # an integer of thousands of digits
        raise NoRow("a number has too many digits.") from None
    if not isinstance(found, dict):
        raise NoRow('expected an object, such as {"name": "Ann"}.')
    _check_depth(found)
    _check_text(line, found)
    # Earlier releases did not say whether a record is cancelled.
    is_record = found.keys() | {CANCELLED} == KEYS and isinstance(found["fields"], dict)
    values = {ID: found[ID]} | found["fields"] if is_record else found
    return {key: _settled(value) for key, value in values.items()}, is_record


def shown_cell(value: JSON, *, in_record: bool) -> str:
    """A value as the cell of a table: lists by semicolons, what records refer to by its name, other
    objects as they are written."""
    if value is None or isinstance(value, str):
        return value or ""
    items = value if isinstance(value, list) else [value]
    is_plain = all(_is_thing(item) if in_record else not _holds(item) for item in items)
    return cell_text(value) if is_plain else json.dumps(value, ensure_ascii=False)


def _is_thing(value: JSON) -> bool:
    """Whether a value in a record is one by itself, or an option, a link, a member, a file or an
    amount."""
    return not _holds(value) or (isinstance(value, dict) and ("id" in value or "amount" in value))


def _holds(value: JSON) -> bool:
    return isinstance(value, (dict, list))


_TOO_DEEP = f"lists and objects may be nested at most {MAX_DEPTH} levels deep."


def _unique(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise NoRow("a key is there twice in one object.")
    return found


def _number(text: str) -> float | Numeral:
    """A number; a numeral where it has an exponent, or no float is it."""
    # What has few digits and no exponent need not be compared.
    if len(text) <= EXACT and "e" not in text.lower():
        return float(text)
    return Numeral(text)


def _is_float(numeral: Numeral) -> bool:
    found = float(numeral)
    try:
        return isfinite(found) and Decimal(numeral) == Decimal(repr(found))
    except ArithmeticError:  # of exponents beyond all bounds
        return False


def _settled(value: JSON, *, is_inside: bool = False) -> JSON:
    """A value without numerals inside it that a float is; its own text stays as it is written."""
    if isinstance(value, Numeral):
        is_exact = _is_float(value)
        if is_exact and (is_inside or repr(float(value)) == value):
            return float(value)
        return str(value) if is_inside else value
    if isinstance(value, list):
        return [_settled(item, is_inside=True) for item in value]
    if isinstance(value, dict):
        return {key: _settled(item, is_inside=True) for key, item in value.items()}
    return value


def _refuse(constant: str) -> NoReturn:
    raise NoRow(f"{constant} is no JSON.")


def _check_depth(value: JSON) -> None:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        inside: list[JSON] = []
        for item in level:
            if isinstance(item, dict):
                inside.extend(item.values())
            elif isinstance(item, list):
                inside.extend(item)
        if not inside:
            return
        level = inside
    raise NoRow(_TOO_DEEP)


def _check_text(line: str, values: Mapping[str, JSON]) -> None:
    """NoRow where halves of characters are spelt, as escapes can."""
    if "\\u" not in line:
        return
    try:
        json.dumps(values, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise NoRow("it contains invalid characters.") from None
