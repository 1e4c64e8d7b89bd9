"""A value computed from the record's other values, by an expression in CEL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any

from .base import (
    JSON,
    SUMMED,
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
from .expressions import MAX_EXPRESSION, MAX_RESULT, names_read, program, reason, tidied
from .folding import index_text
from .money import Money
from .numeric import MAX_INTEGER, MIN_INTEGER, NumberType, number_term

SETTINGS = "formula_options"
RESULT = "result_type"
TEXT, NUMBER, BOOLEAN = RESULTS = ("text", "number", "boolean")


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
    documented_settings = {
        SETTINGS: {
            "expression": {"type": "string"},
            RESULT: {"type": ["string", "null"], "enum": list(RESULTS)},
        }
    }
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
            raw = tidied(raw)
            return int(raw) if raw.is_integer() and abs(raw) < 2**53 else raw
        if isinstance(raw, int | float):
            raise InvalidValue("The number is too large, or it divides by zero.")
        raise InvalidValue("Expected text, a number, true or false.")

    def index_values(self, field: FieldSpec, stored: Stored) -> tuple[str]:
        shown = str(stored).lower() if isinstance(stored, bool) else str(stored)
        return (index_text(shown, field.language),)

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
            program(check_text(expression, MAX_EXPRESSION).strip())
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

    def failure(
        self, field: FieldSpec, fields: Iterable[FieldSpec], values: Mapping[str, Stored]
    ) -> str:
        try:
            _result(field, fields, values)
        except Exception as problem:  # noqa: BLE001 (as in `evaluate`)
            return reason(problem) or self._unreadable(field, fields)
        return "" if self._expression(field.settings) else "The formula has no expression."

    def _unreadable(self, field: FieldSpec, fields: Iterable[FieldSpec]) -> str:
        """Why an expression of before it was checked is always blank; empty where a blank field is
        the reason."""
        try:
            names = self.names_read(field.settings)
        except InvalidValue as problem:
            return problem.message[:1].upper() + problem.message[1:]
        known = {spec.name for spec in fields if not spec.type.computed}
        unknown = [name for name in names if name not in known]
        return f"There is no field {unknown[0][:80]!r} that it can read." if unknown else ""

    def _expression(self, settings: Mapping[str, Any]) -> str:
        return str(settings_group(settings, SETTINGS).get("expression") or "").strip()

    def names_read(self, settings: Mapping[str, Any]) -> Mapping[str, int]:
        expression = self._expression(settings)
        return names_read(expression) if expression else {}

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
    try:
        return _result(field, fields, values)
    except Exception:  # noqa: BLE001 (whatever the library raises, a formula never stops a write)
        return None


def _result(field: FieldSpec, fields: Iterable[FieldSpec], values: Mapping[str, Stored]) -> Stored:
    """As `evaluate`; a formula that fails raises what its library raises, or InvalidValue."""
    options = field.settings.get(SETTINGS)
    expression: str = options["expression"] if options else ""
    if not expression:
        return None
    data = {}
    for spec in fields:
        stored = values.get(str(spec.id))
        if stored is not None and spec.name in expression and not spec.type.computed:
            data[spec.name] = readable(spec, stored)
    return field.type.parse(field, _plain(program(expression)(data)))


def readable(spec: FieldSpec, stored: Stored) -> JSON:
    """A stored value as an expression sees it: options by name, moments as such, decimals as
    doubles, documents as maps and lists."""
    from celpy import celtypes
    from celpy.adapter import json_to_cel

    if spec.type.is_document:
        return json_to_cel(stored)
    if isinstance(stored, list):
        return celtypes.ListType([readable(spec, item) for item in stored])
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


class NumberFormula(Formula):
    """A formula whose results are numbers, found and sorted as such; any other result is blank."""

    column = "number"
    text_like = False
    is_numeric = True
    conditions = number_conditions(number_term)
    aggregates = SUMMED

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

    def from_index(self, field: FieldSpec, indexed: Any) -> Stored:
        return bool(indexed)

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        return {"type": "boolean", "readOnly": True}

    def example(self, field: FieldSpec) -> JSON:
        return True


_TYPED: dict[Any, FieldType] = {NUMBER: NumberFormula(), BOOLEAN: BooleanFormula()}
BY_KEY = ("related_record", "member", "attachment")  # columns of fields that hold keys
# What fields may hold when an expression is tried: a number, a flag and a text.
SAMPLES = ((2, True, "a"), (7, False, "2"))


def _result_of(expression: str, fields: Sequence[FieldSpec]) -> str:
    """The type of result that an expression makes of sample values; empty unless it is one."""
    found = set()
    for sample in SAMPLES:
        tried = {spec.name: _sample(spec, *sample) for spec in fields if not spec.type.computed}
        data = {name: value for name, value in tried.items() if value is not None}
        for held in (data, {}):  # some expressions are there for what is blank
            try:
                found.add(_kind(_plain(program(expression)(held))))
            except Exception:  # noqa: BLE001, S112 (as in `evaluate`)
                continue
    return found.pop() if len(found) == 1 else ""


def _kind(result: JSON) -> str:
    if isinstance(result, bool):
        return BOOLEAN
    return TEXT if isinstance(result, str) else NUMBER


def _sample(spec: FieldSpec, number: int, flag: bool, text: str) -> Any:
    """A value as `readable` makes it of the field's; None for a document, which may be anything."""
    from celpy import celtypes

    if spec.type.is_document:
        return None
    scalar: Any = celtypes.StringType(text)
    if isinstance(spec.type, DateTime):
        scalar = celtypes.TimestampType("2026-01-01T00:00:00Z")
    elif isinstance(spec.type, DecimalNumber | Money):
        scalar = celtypes.DoubleType(number)
    elif isinstance(spec.type, Checkbox):
        scalar = celtypes.BoolType(flag)
    elif spec.type.column in BY_KEY or isinstance(spec.type, NumberType):
        scalar = celtypes.IntType(number)
    return celtypes.ListType([scalar]) if spec.multiple else scalar


field_types.register(Formula.name, Formula())
