"""A value computed from the record's other values.

The expression is CEL. It sees `record.data.<API name>` and nothing else, and its work is bounded
before it runs: by its length and the size of its syntax tree, and by having no macros, so that
nothing in it repeats. `matches` runs on RE2, whose time is linear.
"""

from __future__ import annotations

import operator
import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
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
    settings_group,
)
from .checkbox import Checkbox
from .conditions import number_conditions, text_conditions
from .date_time import DateTime
from .decimal_number import DecimalNumber
from .folding import index_text
from .money import Money
from .numeric import MAX_INTEGER, MIN_INTEGER, number_term

SETTINGS = "formula_options"
RESULT = "result_type"
TEXT, NUMBER, BOOLEAN = RESULTS = ("text", "number", "boolean")
MAX_EXPRESSION = 1000
MAX_NODES = 2000  # a comparison of two fields has about 40
MAX_PARENTHESES = 20
MAX_RESULT = 10_000
ROOT = "record"
TYPES = frozenset(
    {
        "bool",
        "bytes",
        "double",
        "duration",
        "int",
        "list",
        "map",
        "string",
        "timestamp",
        "type",
        "uint",
    }
)
MACROS = frozenset({"map", "filter", "all", "exists", "exists_one", "reduce", "min"})
_parsing = threading.Lock()  # the parser keeps the text it is at


class Formula(FieldType):
    """A text, number or boolean that an expression makes of the record's values.

    Its result type says how it is found and sorted; without one, by the text it reads as.
    """

    name = "formula"
    text_like = True
    computed = "formula"
    text_settings = ("expression",)
    rules = {"expression": (SETTINGS, "expression"), "result_type": (SETTINGS, RESULT)}
    optional_settings = {SETTINGS: ("expression", RESULT)}
    required_rules = ("expression",)
    conditions = text_conditions()

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        if isinstance(raw, str):
            return check_text(raw, MAX_RESULT) or None
        if isinstance(raw, bool):
            return raw
        if isinstance(raw, int) and MIN_INTEGER <= raw <= MAX_INTEGER:
            return raw
        if isinstance(raw, float) and isfinite(raw):
            raw = _tidy(raw)
            return int(raw) if raw.is_integer() and abs(raw) < 2**53 else raw
        raise InvalidValue("Expected text, a number, true or false.")

    def index_values(self, field: FieldSpec, stored: Stored) -> tuple[str]:
        shown = str(stored).lower() if isinstance(stored, bool) else str(stored)
        return (index_text(shown),)

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        return {"type": ["string", "number", "boolean"], "readOnly": True}

    def example(self, field: FieldSpec) -> JSON:
        return "Computed"

    def check_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        group = settings_group(settings, SETTINGS)
        expression, result = group.get("expression"), group.get(RESULT)
        if result not in (None, *RESULTS):
            raise InvalidValue(f"expected one of {', '.join(RESULTS)}.", at=(SETTINGS, RESULT))
        kept = {} if result is None else {RESULT: result}
        if expression is None or expression == "":
            return {SETTINGS: {"expression": "", **kept}}
        try:
            _program(check_text(expression, MAX_EXPRESSION).strip())
        except InvalidValue as problem:
            raise InvalidValue.of(problem, SETTINGS, "expression") from None
        return {SETTINGS: {"expression": expression.strip(), **kept}}

    def typed(self, settings: Mapping[str, Any]) -> FieldType:
        return _TYPED.get((settings.get(SETTINGS) or {}).get(RESULT), self)

    def result_of(self, settings: Mapping[str, Any], fields: Iterable[FieldSpec]) -> str:
        expression = settings_group(settings, SETTINGS).get("expression")
        return _result_of(expression, list(fields)) if expression else ""

    def compute(
        self, field: FieldSpec, fields: Iterable[FieldSpec], values: Mapping[str, Stored]
    ) -> Stored:
        return evaluate(field, fields, values)

    def names_read(self, settings: Mapping[str, Any]) -> Mapping[str, int]:
        expression = settings_group(settings, SETTINGS).get("expression")
        return _names_read(expression.strip()) if expression else {}

    def may_read(self, settings: Mapping[str, Any], name: str) -> bool:
        return name in (settings.get(SETTINGS) or {}).get("expression", "")

    def reads(self, settings: Mapping[str, Any], name: str) -> bool:
        return self.may_read(settings, name) and bool(
            re.search(rf"\b{name}\b", settings[SETTINGS]["expression"])
        )


def evaluate(field: FieldSpec, fields: Iterable[FieldSpec], values: Mapping[str, Stored]) -> Stored:
    """What a formula makes of a record's stored values; None for a blank, which a formula that
    fails is too.

    `fields` are those the formula may read: other formulas and fields that live elsewhere are not
    among them.
    """
    options = field.settings.get(SETTINGS)
    expression: str = options["expression"] if options else ""
    if not expression:
        return None
    data = {}
    for spec in fields:
        stored = values.get(str(spec.id))
        if stored is not None and spec.name in expression and not spec.type.computed:
            data[spec.name] = _readable(spec, stored)
    try:
        result = _program(expression)(data)
        return field.type.parse(field, _plain(result))
    except Exception:  # noqa: BLE001 (whatever the library raises, a formula never stops a write)
        return None


def _readable(spec: FieldSpec, stored: Stored) -> JSON:
    """A stored value as an expression sees it: options by name, moments as such, decimals as
    doubles."""
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
    raise InvalidValue("The result of the expression must be a text, a number or a boolean.")


@cache
def _environment() -> Any:
    import celpy  # takes a quarter of a second, which programs without formulas are spared

    return celpy.Environment()


@lru_cache(1000)
def _tree(expression: str) -> Any:
    """The expression, parsed; InvalidValue when it is none, or is more than we run."""
    if expression.count("(") + expression.count("[") + expression.count("{") > MAX_PARENTHESES:
        raise InvalidValue(f"At most {MAX_PARENTHESES} pairs of parentheses.", "limit_exceeded")
    from celpy.celparser import CELParseError

    with _parsing:
        try:
            tree = _environment().compile(expression)
        except CELParseError as problem:
            where = (
                f" from character {problem.column} of line {problem.line} on"
                if problem.column
                else ""
            )
            raise InvalidValue(f"Not a CEL expression{where}.") from None
        except RecursionError:
            raise InvalidValue("The expression is nested too deeply.", "limit_exceeded") from None
    _check_tree(tree)
    return tree


@lru_cache(1000)
def _program(expression: str) -> Callable[[Mapping[str, Any]], Any]:
    """The expression, ready to be asked; InvalidValue as for `_tree`."""
    from celpy import celtypes

    program = _environment().program(_tree(expression), functions=_arithmetic())
    name = celtypes.StringType

    def run(data: Mapping[str, Any]) -> Any:
        fields = celtypes.MapType({name(key): value for key, value in data.items()})
        return program.evaluate({ROOT: celtypes.MapType({name("data"): fields})})

    return run


def _check_tree(tree: Any) -> None:
    """Refuse an expression that is too big, that may repeat something, or that names what there
    never is."""
    nodes = list(tree.iter_subtrees())
    if len(nodes) > MAX_NODES:
        raise InvalidValue("The expression is too large.", "limit_exceeded")
    for node in nodes:
        names = {str(child) for child in node.children if not hasattr(child, "children")}
        if node.data == "member_dot_arg" and names & MACROS:
            raise InvalidValue(f"Macros ({', '.join(sorted(names & MACROS))}) are not supported.")
        strangers = names - TYPES - {ROOT} if node.data in ("ident", "dot_ident") else ()
        if strangers:
            raise InvalidValue(
                f"There is no {', '.join(strangers)}; a field is read as {ROOT}.data.its_api_name."
            )


def _names_read(expression: str) -> dict[str, int]:
    """The API names that an expression reads, each with the place of its first character."""
    names = {}
    for node in _tree(expression).iter_subtrees():
        if node.data not in ("member_dot", "member_index") or not _is_data(node.children[0]):
            continue
        part = _alone(node.children[1])
        if not hasattr(part, "children"):
            found = str(part) if node.data == "member_dot" else str(part).strip("'\"")
            names[found] = part.column
    return names


def _is_data(node: Any) -> bool:
    """Whether a part of an expression is `record.data`."""
    node = _alone(node)
    if getattr(node, "data", "") != "member_dot" or str(node.children[1]) != "data":
        return False
    return str(_alone(node.children[0])) == ROOT


def _alone(node: Any) -> Any:
    """What a part of an expression holds, without what it is wrapped in."""
    while len(getattr(node, "children", ())) == 1:
        node = node.children[0]
    return node


def _arithmetic() -> dict[str, Callable[[Any, Any], Any]]:
    """CEL's arithmetic, in which a whole number next to a double is one too, as people expect."""
    from celpy.evaluation import base_functions

    operators = {
        "_+_": operator.add,
        "_-_": operator.sub,
        "_*_": operator.mul,
        "_/_": operator.truediv,
    }
    operators |= {
        name: base_functions[name] for name in ("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_")
    }
    return {name: _promoting(work) for name, work in operators.items()}


def _blank_or(operand: Any) -> Any:
    """An operand of a comparison with null: a field that is blank, which no record holds, is
    null."""
    from celpy.evaluation import CELEvalError

    if isinstance(operand, CELEvalError):
        if operand.args[1:2] == (KeyError,):
            return None
        raise operand
    return operand


def _tidy(number: float) -> float:
    """A number without what binary fractions add to it: 3 * 1.1 is 3.3."""
    return float(f"{number:.15g}")


def _promoting(work: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    from celpy import celtypes
    from celpy.evaluation import base_functions

    def both(left: Any, right: Any) -> Any:
        if left is None or right is None:
            left, right = _blank_or(left), _blank_or(right)
            if work in (base_functions["_==_"], base_functions["_!=_"]):
                same = left is None and right is None
                return celtypes.BoolType(same == (work is base_functions["_==_"]))
        if isinstance(left, float) and isinstance(right, celtypes.IntType):
            right = celtypes.DoubleType(right)
        elif isinstance(right, float) and isinstance(left, celtypes.IntType):
            left = celtypes.DoubleType(left)
        result = work(left, right)
        if isinstance(result, str) and len(result) > MAX_RESULT:
            raise ValueError("too long")
        return celtypes.DoubleType(_tidy(result)) if isinstance(result, float) else result

    return both


class NumberFormula(Formula):
    """A formula whose results are numbers, found and sorted as such; any other result is blank."""

    column = "number"
    text_like = False
    is_numeric = True
    conditions = number_conditions(number_term)

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            raise InvalidValue("Expected a number.")
        return super().parse(field, raw)

    def index_values(self, field: FieldSpec, stored: Stored) -> tuple[Any]:
        return (stored,)

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        return {"type": "number", "readOnly": True}

    def example(self, field: FieldSpec) -> JSON:
        return 12.5


class BooleanFormula(Formula):
    """A formula whose results are true or false; any other result is blank."""

    column = "number"
    text_like = False
    conditions = Checkbox.conditions

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        if not isinstance(raw, bool):
            raise InvalidValue("Expected true or false.")
        return raw

    def index_values(self, field: FieldSpec, stored: Stored) -> tuple[Any]:
        return (int(stored),)

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        return {"type": "boolean", "readOnly": True}

    def example(self, field: FieldSpec) -> JSON:
        return True


_TYPED: dict[Any, FieldType] = {NUMBER: NumberFormula(), BOOLEAN: BooleanFormula()}
# What fields may hold when an expression is tried: a number, a flag and a text.
SAMPLES = ((2, True, "a"), (7, False, "2"))


def _result_of(expression: str, fields: Sequence[FieldSpec]) -> str:
    """The type of result that an expression makes of sample values; empty unless it is one."""
    found = set()
    for sample in SAMPLES:
        data = {spec.name: _sample(spec, *sample) for spec in fields if not spec.type.computed}
        for held in (data, {}):  # some expressions are there for what is blank
            try:
                found.add(_kind(_plain(_program(expression)(held))))
            except Exception:  # noqa: BLE001, S112 (as in `evaluate`)
                continue
    return found.pop() if len(found) == 1 else ""


def _kind(result: JSON) -> str:
    if isinstance(result, bool):
        return BOOLEAN
    return TEXT if isinstance(result, str) else NUMBER


def _sample(spec: FieldSpec, number: int, flag: bool, text: str) -> Any:
    from celpy import celtypes

    if spec.multiple:
        return celtypes.ListType([celtypes.StringType(text)])
    if isinstance(spec.type, DateTime):
        return celtypes.TimestampType("2026-01-01T00:00:00Z")
    if isinstance(spec.type, DecimalNumber | Money):
        return celtypes.DoubleType(number)
    if isinstance(spec.type, Checkbox):
        return celtypes.BoolType(flag)
    if spec.type.column == "number":
        return celtypes.IntType(number)
    return celtypes.StringType(text)


field_types.register(Formula.name, Formula())
