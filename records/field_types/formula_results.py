"""The type of a formula's results: found by trying it on sample values, and by its form where those
tell nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .base import JSON, FieldSpec, InvalidValue
from .date import read_day
from .expression_values import SAMPLES, TRIED_IN, plain, sample_data
from .expressions import parsed, runnable
from .outcomes import chosen_ones, inner
from .surroundings import activation

TEXT, NUMBER, BOOLEAN, DATE = RESULTS = ("text", "number", "boolean", "date")
BLANK = ""  # the type of an empty text, which may stand for no date
# What operations and functions make of whatever they are given.
_BY_OPERATION = {
    **dict.fromkeys(("conditionalor", "conditionaland", "relation"), BOOLEAN),
    "multiplication": NUMBER,
}
_BY_SIGN = {"unary_not": BOOLEAN, "unary_neg": NUMBER}
_BY_FUNCTION = {
    "string": TEXT,
    **dict.fromkeys(("size", "int", "uint", "double"), NUMBER),
    **dict.fromkeys(("bool", "matches", "contains", "startsWith", "endsWith"), BOOLEAN),
}
_CALLS = {"ident_arg": 0, "dot_ident_arg": 0, "member_dot_arg": 1}  # and where the name stands


def samples_of(fields: Iterable[FieldSpec]) -> list[dict[str, Any]]:
    """What an expression is tried on: values of the fields, by what they may hold."""
    readable_ones = [spec for spec in fields if not spec.type.computed]
    return [activation(sample_data(readable_ones, sample), TRIED_IN) for sample in SAMPLES]


def result_type(expression: str, samples: Sequence[Mapping[str, Any]]) -> str:
    """The one type of the expression's results, whatever the record; empty where they may be of
    several, or of any."""
    found: set[str] = set()
    for branch in chosen_ones(parsed(expression)):
        kinds = _kinds(branch, samples)
        if not kinds:
            return ""
        found |= kinds
    if found in ({BLANK}, {TEXT}) or (TEXT in found and found <= {TEXT, DATE, BLANK}):
        return TEXT
    if found == {DATE, BLANK}:
        return DATE
    return found.pop() if len(found) == 1 else ""


def _kinds(branch: Any, samples: Sequence[Mapping[str, Any]]) -> set[str]:
    """The types of result of one branch; none where neither trials nor its form tell any."""
    # Some expressions are there for what is blank.
    tried = [*samples, activation({}, TRIED_IN)]
    found = {kind for sample in tried for kind in _of(branch, sample)}
    formal = _formal(branch)
    return found or ({formal} if formal else set())


def _of(branch: Any, sample: Mapping[str, Any]) -> Iterator[str]:
    try:
        yield _kind(plain(runnable(branch)(sample)))
    except Exception:  # noqa: BLE001 (whatever the library raises)
        return


def _kind(result: JSON) -> str:
    if isinstance(result, bool):
        return BOOLEAN
    if not isinstance(result, str):
        return NUMBER
    try:
        read_day(result)
    except InvalidValue:
        return TEXT if result else BLANK
    return DATE


def _formal(branch: Any) -> str:
    """The type of result of the outermost operation; empty where it has results of several."""
    node = inner(branch)
    if node.data == "unary":
        return _BY_SIGN.get(str(node.children[0].data), "")
    if node.data in _CALLS:
        return _BY_FUNCTION.get(str(node.children[_CALLS[node.data]]), "")
    return _BY_OPERATION.get(str(node.data), "")
