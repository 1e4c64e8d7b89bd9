"""The mutants of a module: each is one small change of its syntax tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
# What a module may assign to a constant: anything else could do more than give a value.
PURE = {"frozenset", "set", "dict", "tuple", "list", "timedelta", "re.compile"}
# A code, a key, a field: a test can know it. A sentence is for people, and may change.
WORD = re.compile(r"[.-]*\w[\w.-]*")
# The annotations of types do nothing at run time.
NOT_RUN = {"annotation", "returns", "type_comment", "decorator_list"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Mutant:
    """One change. `function` is the qualified name of what is changed, a module's constant
    included; `lines` are the lines of which one runs when the change can matter."""

    module: str
    function: str
    line: int
    lines: range
    change: str
    holder: ast.AST
    field: str
    index: int | None
    new: ast.AST
    constant: bool = False

    def apply(self) -> None:
        """Change the tree that the mutant was made from, for good."""
        if self.index is None:
            setattr(self.holder, self.field, self.new)
        else:
            getattr(self.holder, self.field)[self.index] = self.new


def mutants_of(module: str, tree: ast.Module) -> Iterator[Mutant]:
    """All of a module's mutants, in the order of its lines."""
    found: list[Mutant] = []
    for statement in tree.body:
        _of_statement(module, statement, "", found)
    read = names_in_functions(tree).keys()
    for mutant in found:
        # What other constants alone are made of has been read when the module is imported.
        if not mutant.constant or not mutant.function.startswith("_") or mutant.function in read:
            yield mutant


def names_in_functions(tree: ast.Module) -> dict[str, set[int]]:
    """The names that a module's functions use, and in which lines."""
    found: dict[str, set[int]] = {}
    for function in ast.walk(tree):
        if isinstance(function, Function):
            for part in ast.walk(function):
                if isinstance(part, ast.Name):
                    found.setdefault(part.id, set()).add(part.lineno)
    return found


def _of_statement(module: str, node: ast.stmt, prefix: str, found: list[Mutant]) -> None:
    """The mutants of functions, methods and constants; a class's own body is left alone."""
    if isinstance(node, Function):
        walk = _Walk(module, prefix + node.name, found)
        for index, part in enumerate(node.body):
            walk.visit(part, node, "body", index, range(node.lineno, node.lineno))
    elif isinstance(node, ast.ClassDef):
        for part in node.body:
            if isinstance(part, Function | ast.ClassDef):
                _of_statement(module, part, f"{prefix}{node.name}.", found)
    elif not prefix and (name := _constant(node)):
        walk = _Walk(module, name, found, constant=True)
        lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        walk.visit(node.value, node, "value", None, lines)  # type: ignore[attr-defined]


def _constant(node: ast.stmt) -> str | None:
    """The name of the constant that a module's statement sets to a plain value."""
    target: ast.expr
    if isinstance(node, ast.AnnAssign):
        target, value = node.target, node.value
    elif isinstance(node, ast.Assign) and len(node.targets) == 1:
        target, value = node.targets[0], node.value
    else:
        return None
    if not isinstance(target, ast.Name) or value is None or target.id == "__all__":
        return None
    if _is_type(value):
        return None
    calls = (ast.unparse(part.func) for part in ast.walk(value) if isinstance(part, ast.Call))
    return target.id if all(call in PURE for call in calls) else None


def _is_type(value: ast.expr) -> bool:
    """A union of types, which no function looks at."""
    if not (isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitOr)):
        return False
    return any(isinstance(part, ast.Name) and not part.id.isupper() for part in ast.walk(value))


class _Walk:
    """Goes through a function, and notes every change of each node."""

    def __init__(
        self, module: str, function: str, found: list[Mutant], *, constant: bool = False
    ) -> None:
        self.module, self.function, self.found = module, function, found
        self.constant = constant

    def visit(
        self, node: ast.AST, holder: ast.AST, field: str, index: int | None, lines: range
    ) -> None:
        """Note the changes of a node and of all in it. `lines` are those of its statement."""
        if isinstance(node, ast.Assert | ast.Import | ast.ImportFrom) or _text_alone(node):
            return
        if isinstance(node, ast.stmt | ast.ExceptHandler):
            lines = _own_lines(node)
        for change, new in _changes(node, field):
            ast.copy_location(new, node)
            ast.fix_missing_locations(new)
            line = getattr(node, "lineno", lines.start)
            self.found.append(
                Mutant(
                    self.module,
                    self.function,
                    line,
                    lines or range(line, line + 1),
                    change,
                    holder,
                    field,
                    index,
                    new,
                    self.constant,
                )
            )
        for name, value in ast.iter_fields(node):
            if name in NOT_RUN or (isinstance(node, ast.Call) and _is_cast(node)):
                continue
            if isinstance(value, ast.AST):
                self.visit(value, node, name, None, lines)
            elif isinstance(value, list):
                for place, part in enumerate(value):
                    if isinstance(part, ast.AST):
                        self.visit(part, node, name, place, lines)


def _text_alone(node: ast.AST) -> bool:
    """A docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_cast(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == "cast"


def _own_lines(node: ast.stmt | ast.ExceptHandler) -> range:
    """The lines of a statement, without those of the statements in it."""
    end = node.end_lineno or node.lineno
    body = getattr(node, "body", None)
    if isinstance(body, list) and body:
        end = max(body[0].lineno - 1, node.lineno)
    elif isinstance(node, ast.Match):
        end = max(node.cases[0].pattern.lineno - 1, node.lineno)
    return range(node.lineno, end + 1)


# ------------------------------------------------------------ the kinds of changes


def _changes(node: ast.AST, field: str) -> Iterator[tuple[str, ast.AST]]:
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
