"""Putting a mutant into modules that are already imported, in a process that ends afterwards."""

from __future__ import annotations

import ast
import functools
import gc
import importlib
import sys
from collections import defaultdict
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

from .mutants import Mutant
from .scope import ROOT

Place = tuple[str, int]  # a function's qualified name and first line

functions: dict[str, dict[Place, list[FunctionType]]] = {}
remembering: list[Any] = []  # functions that keep their results


def find_functions(modules: list[str]) -> None:
    """Import the modules, and find every function that was made from their code, decorated ones
    and closures included."""
    for module in modules:
        importlib.import_module(name_of(module))
    files = {str(ROOT / module): module for module in modules}
    found: dict[str, dict[Place, list[FunctionType]]] = defaultdict(lambda: defaultdict(list))
    gc.unfreeze()  # what the tests' session froze is not among the objects
    for function in gc.get_objects():
        # Not isinstance: it asks a weak reference for what it refers to, which may be gone.
        if type(function) is FunctionType and function.__code__.co_filename in files:
            found[files[function.__code__.co_filename]][_place(function.__code__)].append(function)
        elif type(function) is functools._lru_cache_wrapper and _is_ours(function):
            remembering.append(function)
    functions.update(found)


def _is_ours(function: Any) -> bool:
    return str(function.__wrapped__.__module__).startswith("records")


def name_of(module: str) -> str:
    """The name that a file is imported by."""
    return module.removesuffix(".py").replace("/", ".")


def put_in(mutant: Mutant, tree: ast.Module) -> None:
    """Change the running code: whoever imported a function or a constant has the changed one.

    ValueError when Python cannot exchange the function's code: it uses other outer variables.
    """
    mutant.apply()
    if mutant.constant:
        _set_constant(mutant, tree)
        return
    codes = {
        _place(code): code
        for code in _all_codes(compile(tree, str(ROOT / mutant.module), "exec", dont_inherit=True))
    }
    for place, found in functions[mutant.module].items():
        for function in found:
            if codes[place] != function.__code__:
                function.__code__ = codes[place]
    _forget_results()


def _place(code: CodeType) -> Place:
    return code.co_qualname, code.co_firstlineno


def _all_codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _all_codes(part)


def _set_constant(mutant: Mutant, tree: ast.Module) -> None:
    name, module = mutant.function, sys.modules[name_of(mutant.module)]
    old = vars(module)[name]
    new = eval(
        compile(ast.Expression(_value_of(name, tree)), mutant.module, "eval"), dict(vars(module))
    )
    for other in list(sys.modules.values()):
        if other.__name__.startswith("records") and vars(other).get(name) is old:
            setattr(other, name, new)


def _value_of(name: str, tree: ast.Module) -> ast.expr:
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
            if isinstance(target, ast.Name) and target.id == name:
                return statement.value
    raise LookupError(name)


def _forget_results() -> None:
    """What functions remember was computed by the code as it is."""
    for function in remembering:
        function.cache_clear()
