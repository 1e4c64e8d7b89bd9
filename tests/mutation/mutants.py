"""The mutants of a module: each is one small change of its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from .kinds import changes

# What a module may assign to a constant: anything else could do more than give a value.
PURE = {"frozenset", "set", "dict", "tuple", "list", "timedelta", "re.compile"}
# Names of types that take others.
GENERIC = {"tuple", "list", "dict", "set", "Callable"}
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
    """A union of types, or `tuple[…]` of some, which no function looks at."""
    if isinstance(value, ast.Subscript):
        return ast.unparse(value.value) in GENERIC
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
        for change, new in changes(node, field):
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
