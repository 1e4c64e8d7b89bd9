"""What is changed in a module, and what is left alone."""

from __future__ import annotations

import ast
from textwrap import dedent, indent

import pytest

from .__main__ import ANY, EXPLAINED, explained, is_explained
from .mutants import mutants_of
from .scope import ROOT, SCOPE, modules


def changes(code: str) -> list[str]:
    return [mutant.change for mutant in mutants_of("m.py", ast.parse(dedent(code)))]


def in_function(line: str) -> list[str]:
    return changes(f"def f():\n{indent(line, '    ')}")


CHANGES = {
    "if a < b: x()": ["a < b → a <= b", "x() → pass"],
    "if a and b: x()": ["a and b → b", "a and b → a", "x() → pass"],
    "if not a: x()": ["not a → a", "x() → pass"],
    "if a: x()": ["a → not a", "x() → pass"],
    "x = y[:255]": ["y[:255] → y", "255 → 256"],
    "x = 'code'": ["'code' → 'codeXX'"],
    "x = 'A sentence.'": [],
    "x = f'No {part}.'": [],
    "x = rows.order_by('-id')": ["rows.order_by('-id') → rows", "'-id' → 'id'"],
    "x = f(a=b, c=d)": ["f(a=b, c=d) → f(c=d)", "f(a=b, c=d) → f(a=b)"],
    "x = [y for y in z if y.ok]": [
        "for y in z if y.ok → for y in z",
    ],
    "with lock(): x()": ["with lock(): → if True:", "x() → pass"],
    "with lock() as held: x()": ["x() → pass"],
    "raise Refused": ["raise Refused → pass"],
    "return x": ["return x → return None"],
    "x: int | None = y": [],
    "assert x == 1": [],
}


@pytest.mark.parametrize(("line", "expected"), CHANGES.items(), ids=CHANGES.keys())
def test_each_change_is_made_once(line: str, expected: list[str]) -> None:
    assert in_function(line) == expected


def test_an_error_is_no_longer_caught() -> None:
    found = in_function("try:\n    x = 'a b'\nexcept (A, B):\n    raise")
    assert found == [
        "except (A, B): → except (B,):",
        "except (A, B): → except (A,):",
        "raise → pass",
    ]


def test_constants_of_modules_are_changed_and_what_could_do_more_is_not() -> None:
    assert changes("MOST = 255") == ["255 → 256"]
    assert changes("KINDS = Registry('kind')\n__all__ = ['x']") == []
    assert changes("Holder = Row | None\nHolders = tuple[Row | None, int]") == []


def test_what_other_constants_alone_are_made_of_is_left_alone() -> None:
    assert changes("_MOST = 255\nTWICE = _MOST * 2") == ["_MOST * 2 → _MOST // 2", "2 → 3"]
    assert changes("_MOST = 255\ndef f(x):\n    x(_MOST)") == ["255 → 256", "x(_MOST) → pass"]


def test_classes_are_changed_in_their_methods() -> None:
    code = """
        class Rows:
            '''Rows.'''
            most = 5

            @cached(1)
            def first(self, count: int = 1):
                '''The first.'''
                self.read()
        """
    (mutant,) = mutants_of("m.py", ast.parse(dedent(code)))
    assert (mutant.function, mutant.change) == ("Rows.first", "self.read() → pass")


def test_a_mutant_changes_the_tree_and_nothing_beside_it() -> None:
    code = "def f(a, b):\n    if a < 1 and b:\n        return 5\n    return 6"
    count = len(list(mutants_of("m.py", ast.parse(code))))
    made = set()
    for number in range(count):
        tree = ast.parse(code)
        list(mutants_of("m.py", tree))[number].apply()
        made.add(ast.unparse(tree))
    assert len(made - {code}) == count == 6
    assert "def f(a, b):\n    if a <= 1 and b:\n        return 5\n    return 6" in made


def test_what_is_in_scope_exists() -> None:
    paths = [*SCOPE, *(test for tests in SCOPE.values() for test in tests)]
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_what_is_explained_is_a_mutant() -> None:
    known = {
        (mutant.module, mutant.function, mutant.change)
        for module in modules([])
        for mutant in mutants_of(module, ast.parse((ROOT / module).read_text(encoding="utf-8")))
    }
    known |= {(module, function, ANY) for module, function, _ in known}
    assert set(explained(EXPLAINED)) - known == set()


def test_an_explanation_may_be_of_a_whole_function() -> None:
    known = {("m.py", "f", "a → b"): "Why.", ("m.py", "g", ANY): "Why."}
    keys = [("m.py", "f", "a → b"), ("m.py", "f", "a → c"), ("m.py", "g", "a → c")]
    assert [is_explained(known, key) for key in keys] == [True, False, True]
