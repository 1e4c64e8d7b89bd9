"""CEL, as formulas, validations and conditions use it: parsed, bounded, and run.

An expression sees `record.data.<API name>`, `member` and `now`, a validation `value` as well;
`surroundings` says what those are. The work of an expression is bounded before it runs: by its
length and the size of its syntax tree, and by having no macros, so that nothing in it repeats.
`matches` runs on RE2, whose time is linear.
"""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

from .base import InvalidValue
from .expression_reads import Read, check_calls, place, roots_read

MAX_EXPRESSION = 1000
MAX_NODES = 2000  # a comparison of two fields has about 40
MAX_PARENTHESES = 20
MAX_RESULT = 10_000
ROOT = "record"
ROOTS = frozenset({ROOT, "member", "now"})
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
NO_TESTS = TYPES - {"bool"} | {"size"}  # functions that answer something else
LISTS = ("list_lit", "map_lit")
REASONS: Mapping[type, str] = {
    KeyError: "",
    IndexError: "It reads a place that the list or the text does not have.",
    TypeError: "It puts values together whose types do not go together.",
    ValueError: "A value is too large, or a text cannot be converted.",
    ZeroDivisionError: "It divides by zero.",
}
OTHER_REASON = "It cannot be computed."
_parsing = threading.Lock()  # the parser keeps the text it is at


@cache
def _environment() -> Any:
    import celpy  # takes a quarter of a second, which programs without formulas are spared

    return celpy.Environment()


@lru_cache(1000)
def _tree(expression: str, roots: frozenset[str] = ROOTS) -> Any:
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
    _check_tree(tree, roots)
    return tree


@lru_cache(1000)
def program(expression: str, roots: frozenset[str] = ROOTS) -> Callable[[Mapping[str, Any]], Any]:
    """The expression, ready to be asked with everything that it may see, by root; InvalidValue as
    for `_tree`."""
    return runnable(_tree(expression, roots))


def parsed(expression: str) -> Any:
    """The syntax tree of an expression, as the parser gives it; InvalidValue as for `_tree`."""
    return _tree(expression)


def runnable(tree: Any) -> Callable[[Mapping[str, Any]], Any]:
    """A syntax tree, or a part of one, ready to be asked as `program` is."""
    compiled = _environment().program(tree, functions=_arithmetic())
    run: Callable[[Mapping[str, Any]], Any] = compiled.evaluate
    return run


def _check_tree(tree: Any, roots: frozenset[str]) -> None:
    """Refuse an expression that is too big, that may repeat something, or that names what there
    never is."""
    nodes = list(tree.iter_subtrees())
    if len(nodes) > MAX_NODES:
        raise InvalidValue("The expression is too large.", "limit_exceeded")
    _check_macros(nodes)
    for node in nodes:
        names = _tokens(node) if node.data in ("ident", "dot_ident") else {}
        for name in names.keys() - TYPES - roots:
            raise InvalidValue(
                f"character {place(names[name])}: there is no {name[:80]}; a field is read as "
                f"{ROOT}.data.its_api_name."
            )


def _check_macros(nodes: list[Any]) -> None:
    for node in nodes:
        macros = _tokens(node).keys() & MACROS if node.data == "member_dot_arg" else ()
        if macros:
            raise InvalidValue(f"Macros ({', '.join(sorted(macros))}) are not supported.")


def _tokens(node: Any) -> dict[str, Any]:
    """The words of a part of the tree."""
    return {str(child): child for child in node.children if not hasattr(child, "children")}


def names_read(expression: str, roots: frozenset[str] = ROOTS) -> dict[str, int]:
    """The API names that an expression reads, each with the place of its first character.

    InvalidValue where it reads the record in a way that does not tell the name of the field, or
    calls what there is not: neither would ever have a result.
    """
    tree = _tree(expression, roots)
    check_calls(tree)
    return dict(map(_field_read, roots_read(tree, {ROOT})))


def _field_read(read: Read) -> tuple[str, int]:
    """The name of the field that a reading of the record is of, and its place."""
    form = f"a field is read as {ROOT}.data.its_api_name."
    names = [part.name for part in read.parts[:2]]
    if names in ([], ["data"]):
        shown = ".".join((ROOT, *("data" for _ in names)))
        raise InvalidValue(f"character {read.place}: {shown} is no value; {form}")
    data = read.parts[0]
    if data.name not in (None, "data"):
        raise InvalidValue(f"character {data.place}: there is no {ROOT}.{data.name[:80]}; {form}")
    field = data if data.name is None else read.parts[1]
    if field.name is None:
        raise InvalidValue(f"character {field.place}: a name must be written out; {form}")
    return field.name, field.place


def attributes_read(expression: str, roots: frozenset[str], root: str) -> dict[str, int]:
    """The attributes of a root that an expression reads, each with its place; InvalidValue where
    it reads the root in another way."""
    found = {}
    for read in roots_read(_tree(expression, roots), {root}):
        if not read.parts or read.parts[0].name is None:
            place = read.parts[0].place if read.parts else read.place
            raise InvalidValue(f"character {place}: read one of its attributes, as {root}.name.")
        found[read.parts[0].name] = read.parts[0].place
    return found


def never_boolean(expression: str, roots: frozenset[str]) -> bool:
    """Whether an expression cannot be true or false, by its form; the types of what it reads are
    not known."""
    return _is_never_boolean(_tree(expression, roots))


def _is_never_boolean(node: Any) -> bool:
    while getattr(node, "data", "") not in LISTS and len(getattr(node, "children", ())) == 1:
        node = node.children[0]
    kind = getattr(node, "data", None)
    if kind is None:
        return bool(getattr(node, "type", "BOOL_LIT") != "BOOL_LIT")
    if kind == "expr":  # a ? b : c
        return all(map(_is_never_boolean, node.children[1:]))
    if kind == "unary":
        return str(getattr(node.children[0], "data", "")) == "unary_neg"
    if kind == "ident_arg":
        return str(node.children[0]) in NO_TESTS
    return kind in (*LISTS, "mapinits", "addition", "multiplication")


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
    passing = ("_?_:_", "_[_]", "_&&_", "_||_")
    return {name: _promoting(work) for name, work in operators.items()} | {
        name: _passing_on(base_functions[name]) for name in passing
    }


def _passing_on(work: Any) -> Callable[..., Any]:
    """An operation that says why its operands have failed, where it cannot do without them: the
    library speaks of their types."""
    from celpy import celtypes
    from celpy.evaluation import CELEvalError

    enough = celtypes.BoolType if work in (celtypes.logical_and, celtypes.logical_or) else ()

    def passed(*operands: Any) -> Any:
        failed = [operand for operand in operands if isinstance(operand, CELEvalError)]
        # `true || x` is true, whatever x is.
        if failed and not any(isinstance(operand, enough) for operand in operands):
            return failed[0]
        return work(*operands)

    passed.__name__ = str(getattr(work, "__name__", "passed"))  # the library logs it
    return passed


def _blank_or(operand: Any) -> Any:
    """An operand of a comparison with null: a field that is blank, which no record holds, is
    null."""
    from celpy.evaluation import CELEvalError

    if isinstance(operand, CELEvalError):
        if operand.args[1:2] == (KeyError,):
            return None
        raise operand
    return operand


def tidied(number: float) -> float:
    """A number without what binary fractions add to it: 3 * 1.1 is 3.3."""
    return float(f"{number:.15g}")


def _promoting(work: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    from celpy import celtypes
    from celpy.evaluation import CELEvalError, base_functions

    def both(left: Any, right: Any) -> Any:
        if left is None or right is None:
            left, right = _blank_or(left), _blank_or(right)
            if work in (base_functions["_==_"], base_functions["_!=_"]):
                same = left is None and right is None
                return celtypes.BoolType(same == (work is base_functions["_==_"]))
        for operand in (left, right):
            if isinstance(operand, CELEvalError):
                return operand  # of what is blank or has failed, nothing can be computed
        if isinstance(left, float) and isinstance(right, celtypes.IntType):
            right = celtypes.DoubleType(right)
        elif isinstance(right, float) and isinstance(left, celtypes.IntType):
            left = celtypes.DoubleType(left)
        result = work(left, right)
        if isinstance(result, str) and len(result) > MAX_RESULT:
            raise ValueError("too long")
        return celtypes.DoubleType(tidied(result)) if isinstance(result, float) else result

    return both


def reason(problem: Exception) -> str:
    """Why an expression has no result, in a sentence that shows no value; empty where it read a
    blank, whose result is blank too."""
    from celpy.evaluation import CELEvalError

    if isinstance(problem, InvalidValue):
        return problem.message
    if not isinstance(problem, CELEvalError):  # what the library does not catch
        return REASONS.get(type(problem)) or OTHER_REASON
    cause = problem.args[1] if len(problem.args) > 1 else None
    return REASONS.get(cause, OTHER_REASON) if isinstance(cause, type) else OTHER_REASON
