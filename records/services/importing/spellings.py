"""Cells that name records, members and tags otherwise than these are called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from records.field_types import cell_text, listed, unlisted
from records.services.access import Author
from records.services.exporting import unescaped
from records.services.tables import Row
from records.services.writing import Change, Spellings, find_spellings


@dataclass(frozen=True, slots=True)
class Named:
    """A cell, and the change that it is read as."""

    cell: str
    change: Change


Respelt = Callable[[Sequence[Named]], list[tuple[str, str]]]  # as `respelt`, of an author


def no_names(named: Sequence[Named]) -> list[tuple[str, str]]:
    """Of no author, to whom nothing is called anything."""
    return []


def said_cell(row: Row, at: int) -> str:
    """A cell of a row, as a table has it; of an object of JSON what names it."""
    return row.cells[at] if row.values is None else cell_text(row.values[at])


def naming(changes: Iterable[Change]) -> Iterator[tuple[int, Change]]:
    """The changes that name something, each with the position of its column."""
    for change in changes:
        if change.position is not None and change.may_refer and any(change.references()):
            yield change.position, change


def respelt(author: Author, named: Sequence[Named]) -> list[tuple[str, str]]:
    """Of these cells those that name something otherwise than it is called, each with what it is
    called; a look into the database for each related object and kind."""
    found = find_spellings(author, [each.change for each in named])
    called = [(each.cell, _called(each, found)) for each in named]
    return [(cell, name) for cell, name in called if name]


def _called(named: Named, found: Spellings) -> str:
    """What a cell names, as it is called; empty where the cell says the same. What is known by an
    id, or not at all, is called as the cell says it."""
    change, cell = named.change, unescaped(named.cell).strip()
    items = [*change.given, *change.add]
    said = unlisted(cell) if change.field.multiple else [cell]
    if len(said) != len(items):
        said = [cell] * len(items)
    names = [
        found.get((change.field.id, item), text) for item, text in zip(items, said, strict=True)
    ]
    # Two spellings of one name are one entry.
    called = list(dict.fromkeys(names))
    if called == said:
        return ""
    return listed(called) if change.field.multiple else called[0]
