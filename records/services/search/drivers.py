"""The conditions by whose index rows records can be found, the cheapest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .filters import AnyOf, Leaf, Node

DEAR = 4
_COST = {
    "eq": 0,
    "in": 1,
    "between": 2,
    "starts_with": 2,
    "contains": DEAR,
    "ends_with": DEAR,
    "any": DEAR + 1,
    "matching": DEAR + 1,
}


def cost(node: Node) -> int:
    """Roughly, how much of an index a condition has to read."""
    if isinstance(node, AnyOf):
        # A union reads all of its children; the dearest decides.
        return max(map(cost, node.children))
    # Comparisons that are not listed may select a long range or a short one: in the middle.
    return _COST.get(node.test.op, 3) if isinstance(node, Leaf) else DEAR


def drivers(conditions: Iterable[Node], has_keys: Callable[[Node], bool]) -> list[Node]:
    """The conditions whose index rows can replace the records: positive and live; the best
    first."""
    fit = [node for node in conditions if has_keys(node) and not is_negated(node)]
    # Rows of a mirror belong to the linking records, so `live` says nothing about this object's.
    return sorted((node for node in fit if not _is_mirrored(node)), key=cost)


def is_negated(node: Node) -> bool:
    """Whether a test is met by the records without a value that passes it."""
    return isinstance(node, Leaf) and node.test.negated


def _is_mirrored(node: Node) -> bool:
    """Whether the index rows are those of other records, which may link to archived ones."""
    if isinstance(node, AnyOf):
        return any(map(_is_mirrored, node.children))
    return isinstance(node, Leaf) and node.field.mirror_of_id is not None
