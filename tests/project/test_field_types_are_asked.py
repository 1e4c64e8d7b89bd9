"""What differs between field types is said by them: no other code knows one of them from the
rest."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from records.field_types import field_types

ROOT = Path(__file__).parents[2] / "records"
FOLDERS = ("services", "api", "mcp", "admin", "management", "models")
SHARED = {f"records.field_types{part}" for part in ("", ".base", ".conditions", ".numeric")}
REFERRING = {
    "option",
    "related_record",
    "member",
    "attachment",
}  # columns: types say has_options and refers_to
NAMES = frozenset(field_types)


def _texts(node: ast.AST) -> set[str]:
    """The texts that stand in a node: one, or those of a list, a tuple, a set, the keys of a
    dict."""
    return {
        found.value
        for found in ast.walk(node)
        if isinstance(found, ast.Constant) and isinstance(found.value, str)
    }


def _is_type_name(node: ast.AST) -> bool:
    """`field_type`, `row.field_type`, `spec.type.name`, `kind.name`."""
    shown = ast.unparse(node)
    return shown.split(".")[-1] in ("field_type", "type_name") or shown.endswith(
        ("type.name", "kind.name")
    )


def _compared(tree: ast.AST) -> Iterator[tuple[ast.Compare, list[ast.expr]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            yield node, [node.left, *node.comparators]


def names_compared(tree: ast.AST) -> Iterator[int]:
    """Lines where a type's name is compared with one that is written there."""
    for node, sides in _compared(tree):
        if any(map(_is_type_name, sides)) and NAMES & _texts(node):
            yield node.lineno


def references_by_column(tree: ast.AST) -> Iterator[int]:
    """Lines where the index column of a type tells what its values refer to."""
    for node, sides in _compared(tree):
        if any(ast.unparse(side).endswith("type.column") for side in sides) and REFERRING & _texts(
            node
        ):
            yield node.lineno


def classes_asked(tree: ast.AST) -> Iterator[int]:
    """Lines where the class of a type is asked for."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    for node in calls:
        if ast.unparse(node.func) == "isinstance" and ast.unparse(node.args[0]).split(".")[-1] in (
            "type",
            "kind",
        ):
            yield node.lineno


def tables_by_name(tree: ast.AST) -> Iterator[int]:
    """Lines of dicts whose keys are names of types."""
    tables = (node for node in ast.walk(tree) if isinstance(node, ast.Dict) and len(node.keys) > 1)
    for node in tables:
        if all(isinstance(key, ast.Constant) and key.value in NAMES for key in node.keys):
            yield node.lineno


def modules_imported(tree: ast.AST) -> Iterator[int]:
    """Lines where the module of a single type is imported."""
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    for node in imports:
        if (node.module or "").startswith("records.field_types") and node.module not in SHARED:
            yield node.lineno


CHECKS = [names_compared, references_by_column, classes_asked, tables_by_name, modules_imported]


@pytest.mark.parametrize("check", CHECKS)
def test_no_other_code_knows_a_field_type(check: Callable[[ast.AST], Iterator[int]]) -> None:
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    assert len(paths) > 100
    assert [
        f"{path.relative_to(ROOT)}:{line}"
        for path in paths
        for line in check(ast.parse(path.read_text()))
    ] == []


@pytest.mark.parametrize(
    ("check", "code"),
    [
        (names_compared, "spec.type.name == 'files'"),
        (names_compared, "row.field_type in ('text', 'email')"),
        (references_by_column, "spec.type.column not in ('option', 'member')"),
        (classes_asked, "isinstance(field.type, Money)"),
        (tables_by_name, "{'decimal': 1, 'integer': 2}"),
        (modules_imported, "from records.field_types.formula import evaluate"),
    ],
)
def test_such_code_is_found(check: Callable[[ast.AST], Iterator[int]], code: str) -> None:
    assert list(check(ast.parse(code))) == [1]
