"""A value computed from the record's other values, its member and the moment, by an expression in
CEL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date as day
from math import isfinite
from typing import Any, cast

from .base import (
    JSON,
    SUMMED,
    FieldSpec,
    FieldType,
    InvalidValue,
    References,
    Stored,
    check_text,
    field_types,
    settings_group,
)
from .checkbox import Checkbox
from .conditions import number_conditions, text_conditions
from .date import Date, read_day
from .date_time import DateTime
from .expression_values import TRIED_IN, data_read, plain
from .expressions import MAX_EXPRESSION, MAX_RESULT, program, reason, tidied
from .folding import index_text
from .formula_results import BOOLEAN, DATE, NUMBER, RESULTS, TEXT, result_type, samples_of
from .numeric import MAX_INTEGER, MIN_INTEGER, number_term
from .outcomes import never
from .surroundings import Surroundings, activation, check_reads, member_read, reads_now

SETTINGS = "formula_options"
RESULT = "result_type"
DAY_LENGTH = len("2026-05-17")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MOMENT = re.compile(rf"{DAY.pattern}T[0-9:.]+(?:Z|[-+][0-9:]+)")
EMPTY = References()


class Formula(FieldType):
    """A text, number, boolean or date that an expression makes of the record's values.

    Its result type says how it is found and sorted; without one, by the text it reads as.
    """

    name = "formula"
    label = "Formula"
    workspace_aliases = ("computed",)
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

    def to_sheet_cell(self, field: FieldSpec, shown: JSON) -> str | int | float | day:
        """Numbers and booleans as such, moments too; days unless the result type is text."""
        if not isinstance(shown, str):
            return cast(int | float, shown)
        if MOMENT.fullmatch(shown):
            return _typed_cell(DateTime(), field, shown)
        is_text = settings_group(field.settings, SETTINGS).get(RESULT) == TEXT
        return shown if is_text or not DAY.fullmatch(shown) else _typed_cell(Date(), field, shown)

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
        if not expression:
            return ""
        samples = samples_of(fields)
        if why := never(expression, samples, plain):
            raise InvalidValue(f"no record would have a result. {why}")
        return result_type(expression, samples)

    def compute(
        self,
        field: FieldSpec,
        fields: Iterable[FieldSpec],
        values: Mapping[str, Stored],
        around: Surroundings,
    ) -> Stored:
        return evaluate(field, fields, values, around)

    def member_read(self, settings: Mapping[str, Any]) -> frozenset[str]:
        return member_read(self._expression(settings))

    def reads_now(self, settings: Mapping[str, Any]) -> bool:
        return reads_now(self._expression(settings))

    def failure(
        self,
        field: FieldSpec,
        fields: Iterable[FieldSpec],
        values: Mapping[str, Stored],
        around: Surroundings,
    ) -> str:
        try:
            _result(field, fields, values, around)
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
        return check_reads(expression) if expression else {}

    def may_read(self, settings: Mapping[str, Any], name: str) -> bool:
        if name not in self._expression(settings):
            return False
        try:
            return name in self.names_read(settings)
        except InvalidValue:  # one of before expressions were checked
            return True

    def reads(self, settings: Mapping[str, Any], name: str) -> bool:
        return self.may_read(settings, name) and bool(
            re.search(rf"\b{name}\b", settings[SETTINGS]["expression"])
        )


def _typed_cell(kind: Date | DateTime, field: FieldSpec, shown: str) -> str | day:
    """The cell of a workbook that a field of days or moments would have; the text where it is
    none."""
    try:
        stored = kind.parse(field, shown)
    except InvalidValue:
        return shown
    return kind.to_sheet_cell(field, kind.to_json(field, stored, EMPTY))


def evaluate(
    field: FieldSpec,
    fields: Iterable[FieldSpec],
    values: Mapping[str, Stored],
    around: Surroundings = TRIED_IN,
) -> Stored:
    """What a formula makes of a record's stored values; None for a blank, which a formula that
    fails is too.

    `fields` are those the formula may read: other formulas and fields that live elsewhere are not
    among them.
    """
    try:
        return _result(field, fields, values, around)
    except Exception:  # noqa: BLE001 (whatever the library raises, a formula never stops a write)
        return None


def _result(
    field: FieldSpec,
    fields: Iterable[FieldSpec],
    values: Mapping[str, Stored],
    around: Surroundings,
) -> Stored:
    """As `evaluate`; a formula that fails raises what its library raises, or InvalidValue."""
    options = field.settings.get(SETTINGS)
    expression: str = options["expression"] if options else ""
    if not expression:
        return None
    readable_ones = (spec for spec in fields if not spec.type.computed)
    data = data_read(expression, readable_ones, values)
    result = program(expression)(activation(data, around))
    return field.type.parse(field, plain(result))


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


class DateFormula(Formula):
    """A formula whose results are days: texts like 2026-05-17, or moments, which count as the day
    of the workspace's clocks. Any other result is blank."""

    column = "moment"
    text_like = False
    conditions = Date.conditions
    aggregates = Date.aggregates
    groups = Date.groups

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        if isinstance(raw, str) and len(raw) > DAY_LENGTH:
            raw = DateTime().to_json(field, DateTime().parse(field, raw), EMPTY)[:DAY_LENGTH]
        return read_day(raw).isoformat() if raw != "" else None

    def to_sheet_cell(self, field: FieldSpec, shown: JSON) -> str | int | float | day:
        return _DATE.to_sheet_cell(field, shown)

    def index_values(self, field: FieldSpec, stored: Stored) -> tuple[Any]:
        return _DATE.index_values(field, stored)

    def from_index(self, field: FieldSpec, indexed: Any) -> Stored:
        return _DATE.from_index(field, indexed)

    def clock(self, field: FieldSpec) -> str:
        return _DATE.clock(field)

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        return {"type": "string", "format": "date", "readOnly": True}

    def example(self, field: FieldSpec) -> JSON:
        return _DATE.example(field)


_DATE = Date()
_TYPED: dict[Any, FieldType] = {
    NUMBER: NumberFormula(),
    BOOLEAN: BooleanFormula(),
    DATE: DateFormula(),
}


field_types.register(Formula.name, Formula())
