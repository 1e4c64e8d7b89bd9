"""The kinds of small changes: what a node of a syntax tree may become."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any

SWAPPED: dict[type[ast.cmpop] | type[ast.operator], type[ast.cmpop] | type[ast.operator]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
RENAMED = {"min": "max", "max": "min", "any": "all", "all": "any"}
# Calls that may be left out of a chain: `rows.order_by("id")` becomes `rows`.
CHAINED = {"order_by", "distinct", "strip", "lower", "casefold", "exclude"}
# A code, a key, a field: a test can know it. A sentence is for people, and may change.
WORD = re.compile(r"[.-]*\w[\w.-]*")


def changes(node: ast.AST, field: str) -> Iterator[tuple[str, ast.AST]]:
    """What a node may become, and how that reads."""
    old = _text(node)
    for new in _replacements(node, field):
        yield f"{old} → {_text(new)}", new


def _text(node: ast.AST) -> str:
    """A node as code, on one line; of a compound statement the first line."""
    text = ast.unparse(node).strip()
    if isinstance(node, ast.stmt) and hasattr(node, "body"):
        return text.splitlines()[0]
    if isinstance(node, ast.ExceptHandler):
        return text.splitlines()[0]
    return " ".join(line.strip() for line in text.splitlines())


def _replacements(node: ast.AST, field: str) -> Iterator[ast.AST]:
    if field == "test" and not isinstance(
        node, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Constant
    ):
        yield ast.UnaryOp(ast.Not(), node)  # type: ignore[arg-type]
    for kind, replaced in _KINDS:
        if isinstance(node, kind):
            yield from replaced(node)


def _compared(node: ast.Compare) -> Iterator[ast.AST]:
    if len(node.ops) == 1 and (swapped := SWAPPED.get(type(node.ops[0]))):
        yield ast.Compare(node.left, [swapped()], node.comparators)  # type: ignore[list-item]


def _conditions(node: ast.BoolOp) -> Iterator[ast.AST]:
    """Each condition must matter."""
    for index in range(len(node.values)):
        rest = node.values[:index] + node.values[index + 1 :]
        yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)


def _unary(node: ast.UnaryOp) -> Iterator[ast.AST]:
    if isinstance(node.op, ast.Not):
        yield node.operand


def _calculated(node: ast.BinOp) -> Iterator[ast.AST]:
    if swapped := SWAPPED.get(type(node.op)):
        yield ast.BinOp(node.left, swapped(), node.right)  # type: ignore[arg-type]


def _constants(node: ast.Constant) -> Iterator[ast.AST]:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1)
    elif isinstance(value, str) and WORD.fullmatch(value):
        yield ast.Constant(value[1:] if value.startswith("-") else value + "XX")


def _called(node: ast.Call) -> Iterator[ast.AST]:
    """Without each keyword; another function; without the call in a chain."""
    for index, keyword in enumerate(node.keywords):
        if keyword.arg is not None:
            rest = node.keywords[:index] + node.keywords[index + 1 :]
            yield ast.Call(node.func, node.args, rest)
    if isinstance(node.func, ast.Name):
        if renamed := RENAMED.get(node.func.id):
            yield ast.Call(ast.Name(renamed, ast.Load()), node.args, node.keywords)
        elif node.func.id == "sorted":
            yield ast.Call(ast.Name("list", ast.Load()), node.args, [])
        elif node.func.id == "reversed":
            yield ast.Call(ast.Name("iter", ast.Load()), node.args, [])
    elif isinstance(node.func, ast.Attribute) and node.func.attr in CHAINED:
        yield node.func.value


def _cut(node: ast.Subscript) -> Iterator[ast.AST]:
    if isinstance(node.slice, ast.Slice) and isinstance(node.ctx, ast.Load):
        yield node.value


def _left_out(node: ast.stmt) -> Iterator[ast.AST]:
    if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Call):
        return
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name | ast.Tuple):
        return
    yield ast.Pass()


def _returned(node: ast.Return) -> Iterator[ast.AST]:
    if node.value is not None and not isinstance(node.value, ast.Constant):
        yield ast.Return(ast.Constant(None))


def _filtered(node: ast.comprehension) -> Iterator[ast.AST]:
    for index in range(len(node.ifs)):
        rest = node.ifs[:index] + node.ifs[index + 1 :]
        yield ast.comprehension(node.target, node.iter, rest, node.is_async)


def _entered(node: ast.With) -> Iterator[ast.AST]:
    """Without each context that has no name."""
    for index, item in enumerate(node.items):
        if item.optional_vars is None:
            rest = node.items[:index] + node.items[index + 1 :]
            yield (ast.With(rest, node.body) if rest else ast.If(ast.Constant(True), node.body, []))


def _caught(node: ast.ExceptHandler) -> Iterator[ast.AST]:
    """Without each kind of error that is caught."""
    kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    for index in range(len(kinds)):
        rest: list[ast.expr] = [kind for kind in kinds[:index] + kinds[index + 1 :] if kind]
        yield ast.ExceptHandler(ast.Tuple(rest, ast.Load()), node.name, node.body)


_LEFT_OUT = (ast.Expr, ast.AugAssign, ast.Assign, ast.Raise, ast.Delete, ast.Continue, ast.Break)
_KINDS: list[
    tuple[type[ast.AST] | tuple[type[ast.AST], ...], Callable[[Any], Iterator[ast.AST]]]
] = [
    (ast.Compare, _compared),
    (ast.BoolOp, _conditions),
    (ast.UnaryOp, _unary),
    (ast.BinOp, _calculated),
    (ast.Constant, _constants),
    (ast.Call, _called),
    (ast.Subscript, _cut),
    (_LEFT_OUT, _left_out),
    (ast.Return, _returned),
    (ast.comprehension, _filtered),
    (ast.With, _entered),
    (ast.ExceptHandler, _caught),
]
