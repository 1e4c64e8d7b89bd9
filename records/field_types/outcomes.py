"""Whether an expression can have a result at all, found by trying it on sample values.

An operation on values of the wrong types fails for all values of these types. An expression
without branches is therefore tried as it is; of `a ? b : c`, each part on its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .base import InvalidValue
from .expressions import TYPES, parsed, reason, runnable

BRANCHING = {"expr": 3, "conditionalor": 2, "conditionaland": 2}  # with that many children
TRANSPARENT = (
    *(*BRANCHING, "relation", "addition", "multiplication", "unary", "member"),
    *("primary", "paren_expr"),
)
DIVISIONS = ("multiplication_div", "multiplication_mod")
MEMBERS = ("ident", "dot_ident")
Values = Mapping[str, Any]


def never(expression: str, samples: Sequence[Values], plain: Callable[[Any], Any]) -> str:
    """Why the expression has no result for any record, in a sentence; empty where it may have one.

    `samples` hold values of the types that fields have, by API name; `plain` raises InvalidValue
    for what is no result.
    """
    tree = parsed(expression)
    if _is_constant(tree):
        return _failure(tree, {}, plain, always=True)
    return _never(tree, samples, plain)


def _never(node: Any, samples: Sequence[Values], plain: Callable[[Any], Any]) -> str:
    bare = inner(node)
    if _is(bare, "expr"):
        asked, chosen, other = bare.children
        return _never(asked, samples, _flag) or (
            _never(other, samples, plain) if _never(chosen, samples, plain) else ""
        )
    if any(_is(part, kind) for part in bare.iter_subtrees() for kind in BRANCHING):
        return ""
    found = [_failure(node, sample, plain) for sample in samples]
    return found[0] if all(found) else _zero_division(node)


def _is(node: Any, kind: str) -> bool:
    return node.data == kind and len(node.children) == BRANCHING[kind]


def chosen_ones(tree: Any) -> list[Any]:
    """The parts of which one is the result: of `a ? b : c` those of b and c; null is none."""
    node = inner(tree)
    if _is(node, "expr"):
        return [*chosen_ones(node.children[1]), *chosen_ones(node.children[2])]
    is_null = node.data == "literal" and node.children[0].type == "NULL_LIT"
    return [] if is_null else [tree]


def inner(node: Any) -> Any:
    """What is within parentheses and other nodes that do nothing."""
    while node.data in TRANSPARENT and len(node.children) == 1:
        node = node.children[0]
    return node


def _is_constant(tree: Any) -> bool:
    return not any(
        node.data in MEMBERS and str(node.children[0]) not in TYPES for node in tree.iter_subtrees()
    )


def _zero_division(tree: Any) -> str:
    """Why a division by a constant fails in every record."""
    for node in tree.iter_subtrees():
        if node.data == "multiplication" and node.children[0].data in DIVISIONS:
            divisor = node.children[1]
            if _is_constant(divisor) and not _failure(divisor, {}, _zero, always=True):
                return reason(ZeroDivisionError())
    return ""


def _failure(
    tree: Any, values: Values, plain: Callable[[Any], Any], *, always: bool = False
) -> str:
    """Why these values have no result; only for reasons that other values of their types have,
    too, unless `always`."""
    try:
        plain(runnable(tree)(values))
    except Exception as problem:  # noqa: BLE001 (whatever the library raises)
        of_types = isinstance(problem, InvalidValue) or TypeError in (
            type(problem),
            *problem.args[1:2],
        )
        return reason(problem) if always or of_types else ""
    return ""


def _flag(result: Any) -> None:
    from celpy import celtypes

    if not isinstance(result, celtypes.BoolType):
        raise TypeError


def _zero(result: Any) -> None:
    if not isinstance(result, int | float) or float(result):
        raise InvalidValue("It is not zero.")
