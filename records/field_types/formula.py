"""A value computed from the record's other values.

The expression is CEL. It sees `record.data.<API name>` and nothing else, and its work is bounded before it runs: by
its length and the size of its syntax tree, and by having no macros, so that nothing in it repeats. `matches` runs on
RE2, whose time is linear.
"""

from __future__ import annotations

import operator
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from math import isfinite
from typing import Any

from .base import (
    JSON,
    FieldSpec,
    FieldType,
    InvalidValue,
    Stored,
    check_text,
    field_types,
    normal_text,
    settings_group,
)
from .conditions import text_conditions
from .date_time import DateTime
from .decimal_number import DecimalNumber
from .money import Money
from .numeric import MAX_INTEGER, MIN_INTEGER

SETTINGS = "formula_options"
MAX_EXPRESSION = 1000
MAX_NODES = 2000  # a comparison of two fields has about 40
MAX_PARENTHESES = 20
MAX_RESULT = 10_000
ROOT = "record"
TYPES = frozenset({"bool", "bytes", "double", "duration", "int", "list", "map", "string", "timestamp", "type", "uint"})
MACROS = frozenset({"map", "filter", "all", "exists", "exists_one", "reduce", "min"})
_parsing = threading.Lock()  # the parser keeps the text it is at


class Formula(FieldType):
    """A text, number or boolean that an expression makes of the record's values; found by the text it reads as."""

    name = "formula"
    text_like = True
    computed = "formula"
    conditions = text_conditions()

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        if isinstance(raw, str):
            return check_text(raw, MAX_RESULT) or None
        if isinstance(raw, bool):
            return raw
        if isinstance(raw, int) and MIN_INTEGER <= raw <= MAX_INTEGER:
            return raw
        if isinstance(raw, float) and isfinite(raw):
            return int(raw) if raw.is_integer() and abs(raw) < 2**53 else raw
        raise InvalidValue("Expected a text, a number, true or false.")

    def index_values(self, field: FieldSpec, stored: Stored) -> tuple[str]:
        shown = str(stored).lower() if isinstance(stored, bool) else str(stored)
        return (normal_text(shown),)

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        return {"type": ["string", "number", "boolean"], "readOnly": True}

    def example(self, field: FieldSpec) -> JSON:
        return "Computed"

    def check_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        expression = settings_group(settings, SETTINGS).get("expression")
        if expression is None or expression == "":
            return {SETTINGS: {"expression": ""}}
        try:
            _program(check_text(expression, MAX_EXPRESSION).strip())
        except InvalidValue as problem:
            raise InvalidValue(f"{SETTINGS}: expression: {problem.message}", problem.code) from None
        return {SETTINGS: {"expression": expression.strip()}}


def reads(settings: Mapping[str, Any], name: str) -> bool:
    """Whether a formula with these settings may read the field of this API name."""
    return name in (settings.get(SETTINGS) or {}).get("expression", "")


def names(settings: Mapping[str, Any], name: str) -> bool:
    """Whether this API name is a word of a formula with these settings."""
    return reads(settings, name) and re.search(rf"\b{name}\b", settings[SETTINGS]["expression"]) is not None


def evaluate(field: FieldSpec, fields: Iterable[FieldSpec], values: Mapping[str, Stored]) -> Stored:
    """What a formula makes of a record's stored values; None for a blank, which a formula that fails is too.

    `fields` are those the formula may read: other formulas and fields that live elsewhere are not among them.
    """
    options = field.settings.get(SETTINGS)
    expression: str = options["expression"] if options else ""
    if not expression:
        return None
    data = {}
    for spec in fields:
        stored = values.get(str(spec.id))
        if stored is not None and spec.name in expression and spec.type.computed != Formula.computed:
            data[spec.name] = _readable(spec, stored)
    try:
        result = _program(expression)(data)
        return field.type.parse(field, _plain(result))
    except Exception:  # noqa: BLE001 (whatever the library raises, a formula never stops a write)
        return None


def _readable(spec: FieldSpec, stored: Stored) -> JSON:
    """A stored value as an expression sees it: options by name, moments as such, decimals as doubles."""
    from celpy import celtypes

    if isinstance(stored, list):
        return celtypes.ListType([_readable(spec, item) for item in stored])
    if spec.type.column == "option":
        return celtypes.StringType(spec.options[stored].name)
    if isinstance(spec.type, DateTime):
        return celtypes.TimestampType(stored)
    if isinstance(spec.type, DecimalNumber | Money):
        return celtypes.DoubleType(stored)
    if isinstance(stored, bool):
        return celtypes.BoolType(stored)
    if isinstance(stored, int):
        return celtypes.IntType(stored)
    return celtypes.DoubleType(stored) if isinstance(stored, float) else celtypes.StringType(stored)


def _plain(result: Any) -> JSON:
    """An expression's result as JSON; a list, a map or a time is none that a field holds."""
    from celpy import celtypes

    if isinstance(result, celtypes.BoolType):
        return bool(result)
    if isinstance(result, celtypes.TimestampType | celtypes.DurationType):
        return str(result)
    for kind in (str, int, float):
        if isinstance(result, kind):
            return kind(result)
    raise InvalidValue("The expression has no text, number or boolean for a result.")


@cache
def _environment() -> Any:
    import celpy  # takes a quarter of a second, which programs without formulas are spared

    return celpy.Environment()


@lru_cache(1000)
def _program(expression: str) -> Callable[[Mapping[str, Any]], Any]:
    """The expression, ready to be asked; InvalidValue when it is none, or is more than we run."""
    if expression.count("(") + expression.count("[") + expression.count("{") > MAX_PARENTHESES:
        raise InvalidValue(f"At most {MAX_PARENTHESES} pairs of parentheses.", "limit_exceeded")
    from celpy import celtypes
    from celpy.celparser import CELParseError

    environment = _environment()
    with _parsing:
        try:
            tree = environment.compile(expression)
        except CELParseError as problem:
            where = f" from character {problem.column} of line {problem.line} on" if problem.column else ""
            raise InvalidValue(f"Not a CEL expression{where}.") from None
        except RecursionError:
            raise InvalidValue("The expression is nested too deep.", "limit_exceeded") from None
    _check_tree(tree)
    program = environment.program(tree, functions=_arithmetic())
    name = celtypes.StringType

    def run(data: Mapping[str, Any]) -> Any:
        fields = celtypes.MapType({name(key): value for key, value in data.items()})
        return program.evaluate({ROOT: celtypes.MapType({name("data"): fields})})

    return run


def _check_tree(tree: Any) -> None:
    """Refuse an expression that is too big, that may repeat something, or that names what there never is."""
    nodes = list(tree.iter_subtrees())
    if len(nodes) > MAX_NODES:
        raise InvalidValue("The expression is too big.", "limit_exceeded")
    for node in nodes:
        names = {str(child) for child in node.children if not hasattr(child, "children")}
        if node.data == "member_dot_arg" and names & MACROS:
            raise InvalidValue(f"Macros ({', '.join(sorted(names & MACROS))}) are not run.")
        strangers = names - TYPES - {ROOT} if node.data in ("ident", "dot_ident") else ()
        if strangers:
            raise InvalidValue(f"There is no {', '.join(strangers)}; a field is read as {ROOT}.data.its_api_name.")


def _arithmetic() -> dict[str, Callable[[Any, Any], Any]]:
    """CEL's arithmetic, in which a whole number next to a double is one too, as people expect."""
    from celpy.evaluation import base_functions

    operators = {"_+_": operator.add, "_-_": operator.sub, "_*_": operator.mul, "_/_": operator.truediv}
    operators |= {name: base_functions[name] for name in ("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_")}
    return {name: _promoting(work) for name, work in operators.items()}


def _promoting(work: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    from celpy import celtypes

    def both(left: Any, right: Any) -> Any:
        if isinstance(left, float) and isinstance(right, celtypes.IntType):
            right = celtypes.DoubleType(right)
        elif isinstance(right, float) and isinstance(left, celtypes.IntType):
            left = celtypes.DoubleType(left)
        result = work(left, right)
        if isinstance(result, str) and len(result) > MAX_RESULT:
            raise ValueError("too long")
        return celtypes.DoubleType(result) if type(result) is float else result

    return both


field_types.register(Formula.name, Formula())
