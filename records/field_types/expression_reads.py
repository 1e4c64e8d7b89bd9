"""What an expression reads of what it is shown, and what it calls, over the whole of its tree."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from records.exceptions import did_you_mean

from .base import InvalidValue

CALLS = ("ident_arg", "dot_ident_arg", "member_dot_arg")
WITHOUT_RECEIVER = frozenset({"has", "dyn"})  # these look like functions, and are syntax
# With one child these are still more than what is in them.
OWN_VALUES = frozenset({"list_lit", "map_lit", *CALLS})
TEXTS = ("STRING_LIT", "MLSTRING_LIT")


@dataclass(frozen=True, slots=True)
class Part:
    """A name behind a root or another part; None where it is computed when the expression runs."""

    name: str | None
    place: int


@dataclass(frozen=True, slots=True)
class Read:
    """One reading of a root: where it stands, counted from 1, and the names that follow it."""

    root: str
    place: int
    parts: tuple[Part, ...]


def roots_read(tree: Any, roots: Collection[str]) -> list[Read]:
    """Every reading of these roots in a parsed expression, of whatever form, in order."""
    nodes = list(tree.iter_subtrees())
    parents = {
        id(child): node for node in nodes for child in node.children if hasattr(child, "children")
    }
    found = [
        Read(str(node.children[0]), place(node.children[0]), tuple(_parts(node, parents)))
        for node in nodes
        if node.data in ("ident", "dot_ident") and str(node.children[0]) in roots
    ]
    return sorted(found, key=lambda read: read.place)


def check_calls(tree: Any) -> None:
    """Refuse functions and methods that nobody has defined, and messages, which there are none
    of."""
    for node in tree.iter_subtrees():
        if node.data == "member_object":
            raise InvalidValue("There are no messages here; write a map, as in {'a': 1}.")
        if node.data not in CALLS:
            continue
        token = node.children[1 if node.data == "member_dot_arg" else 0]
        known = _functions() | (WITHOUT_RECEIVER if node.data == "ident_arg" else frozenset())
        if str(token) not in known:
            kind = "method" if node.data == "member_dot_arg" else "function"
            raise InvalidValue(
                f"character {place(token)}: there is no {kind} {str(token)[:80]!r}."
                f"{did_you_mean(token, known)}"
            )


def place(token: Any) -> int:
    """Where a token stands in the expression, counted from 1, over all lines."""
    return int(token.start_pos) + 1


def _parts(node: Any, parents: dict[int, Any]) -> Iterator[Part]:
    """The names that follow a root, as far as they are selected one by one."""
    while (parent := parents.get(id(node))) is not None:
        if parent.data == "member_dot":
            yield Part(str(parent.children[1]), place(parent.children[1]))
        elif parent.data == "member_index" and parent.children[0] is node:
            yield _index(parent.children[1])
        elif len(parent.children) != 1 or parent.data in OWN_VALUES:
            return
        node = parent


def _index(node: Any) -> Part:
    """What an index selects: a name, where it is written out without escapes."""
    first = next(node.scan_values(lambda _: True))
    while len(getattr(node, "children", ())) == 1 and node.data not in OWN_VALUES:
        node = node.children[0]
    if getattr(node, "type", "") not in TEXTS or "\\" in node:
        return Part(None, place(first))
    from celpy.evaluation import celstr

    return Part(str(celstr(node)), place(first))


@cache
def _functions() -> frozenset[str]:
    from celpy.evaluation import base_functions

    return frozenset(name for name in base_functions if name.isidentifier())
