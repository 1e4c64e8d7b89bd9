"""The floors of the core: others reach them by their public names, and records by their home
alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from records.services.operations.home import RecordHome

ROOT = Path(__file__).parents[2]
CORE = ROOT / "records" / "services"
FLOORS = sorted(folder.name for folder in CORE.iterdir() if (folder / "__init__.py").exists())
MODULES = sorted(path for path in CORE.rglob("*.py") if path.stem != "__init__")
MOST = 20  # modules in one folder
DENSE = 40  # branches in 100 lines of code
SMALL = 40  # lines of code, below which a few branches say nothing
INTERFACES = ("admin", "api", "management", "mcp")
OPERATIONS = frozenset(name for name in vars(RecordHome) if not name.startswith("_"))


def _imports(path: Path) -> Iterator[tuple[str, list[str]]]:
    """What a file imports from the core: the dotted name of the module, and the names."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("records.services"):
            yield node.module or "", [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            yield from (
                (alias.name, [])
                for alias in node.names
                if alias.name.startswith("records.services")
            )


def test_a_floor_is_imported_by_its_public_names() -> None:
    private = []
    for path in sorted((ROOT / "records").rglob("*.py")):
        for module, names in _imports(path):
            if module.count(".") != 2:
                private.append(f"{path.relative_to(ROOT)}: {module}")
                continue
            public = import_module(module).__all__
            private += [
                f"{path.relative_to(ROOT)}: {module}.{name}" for name in names if name not in public
            ]
    assert private == []


def test_interfaces_reach_records_through_their_home() -> None:
    past = [
        f"{path.relative_to(ROOT)}: {module}.{name}"
        for interface in INTERFACES
        for path in sorted((ROOT / "records" / interface).rglob("*.py"))
        for module, names in _imports(path)
        for name in names
        if name in OPERATIONS
    ]
    assert len(OPERATIONS) > 20
    assert past == []


@pytest.mark.parametrize("floor", FLOORS)
def test_a_floor_says_what_it_is_for(floor: str) -> None:
    package = import_module(f"records.services.{floor}")
    assert "Called by:" in (package.__doc__ or "")
    assert package.__all__


def test_no_folder_is_too_full_to_be_read() -> None:
    """Of the field types and the migrations, the files are the list."""
    full = {
        str(folder.relative_to(ROOT)): count
        for folder in (ROOT / "records").rglob("*")
        if folder.is_dir() and folder.name not in ("field_types", "migrations")
        if (count := sum(path.stem != "__init__" for path in folder.glob("*.py"))) > MOST
    }
    assert full == {}


def test_no_two_modules_of_the_core_have_one_name() -> None:
    names = [path.stem for path in MODULES]
    assert sorted(names) == sorted(set(names))


def test_every_module_of_the_core_has_its_test_module() -> None:
    tests = ROOT / "tests" / "services"
    expected = {
        path: tests / path.relative_to(CORE).with_name(f"test_{path.name}") for path in MODULES
    }
    assert [str(path.relative_to(CORE)) for path in MODULES if not expected[path].exists()] == []


def _branches(tree: ast.Module) -> int:
    """Each `if`, `elif`, loop, `except`, `case` and conditional expression, each `and` and `or`
    after the first operand, and each `for` and `if` of a comprehension."""
    kinds = (
        ast.If,
        ast.For,
        ast.AsyncFor,
        ast.While,
        ast.ExceptHandler,
        ast.IfExp,
        ast.match_case,
        ast.comprehension,
    )
    nodes = list(ast.walk(tree))
    alternatives = sum(len(node.values) - 1 for node in nodes if isinstance(node, ast.BoolOp))
    filters = sum(len(node.ifs) for node in nodes if isinstance(node, ast.comprehension))
    return sum(isinstance(node, kinds) for node in nodes) + alternatives + filters


def _lines_of_code(tree: ast.Module, source: str) -> int:
    """The lines that are not blank, and neither a comment nor part of a docstring."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = [
        node.body[0]
        for node in ast.walk(tree)
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None
    ]
    left_out = {
        line for node in docstrings for line in range(node.lineno, (node.end_lineno or 0) + 1)
    }
    return sum(
        bool(text.strip()) and not text.lstrip().startswith("#") and number not in left_out
        for number, text in enumerate(source.splitlines(), start=1)
    )


@pytest.mark.parametrize(
    ("source", "branches", "lines"),
    [
        ("x = 1", 0, 1),
        ('"""Doc.\n\nMore."""\n# why\n\nif a and b or c:\n    d()\nelif e:\n    f()', 4, 4),
        ("x = [y for y in z if y if not y.a]", 3, 1),
        ("try:\n    a()\nexcept E:\n    b()\nfor c in d:\n    e = f if g else h", 3, 6),
        ("match a:\n    case 1:\n        b()\n    case _:\n        c()", 2, 5),
        ('def a():\n    """Doc."""\n    while b:\n        c()', 1, 3),
    ],
)
def test_branches_and_lines_are_counted(source: str, branches: int, lines: int) -> None:
    tree = ast.parse(source)
    assert (_branches(tree), _lines_of_code(tree, source)) == (branches, lines)


def test_no_module_of_the_core_is_dense() -> None:
    """At most 40 branches per 100 lines of code; see `_branches` and `_lines_of_code`."""
    dense = {}
    for path in MODULES:
        source = path.read_text()
        tree = ast.parse(source)
        lines, branches = _lines_of_code(tree, source), _branches(tree)
        if lines >= SMALL and branches * 100 > DENSE * lines:
            dense[str(path.relative_to(CORE))] = round(branches * 100 / lines, 1)
    assert dense == {}
