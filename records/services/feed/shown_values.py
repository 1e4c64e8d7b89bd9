"""How the stored values of writes are shown to the caller: prepared once for a page, and read when
somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from records.field_types import FieldSpec, References
from records.services.access import Author
from records.services.database import document
from records.services.reading import load_values, shown_fields, value_reader
from records.services.storage import RecordRow

# What a write did: the old and the new stored value by the key of the field, or JSON of that.
Stored = Any
_Read = Callable[[Any], Any]


class Columns:
    """The fields of an object that the caller may see; what a write has of others is left out.

    `plain`: values as names and primary keys.
    """

    def __init__(
        self, fields: Collection[FieldSpec], references: References, *, plain: bool
    ) -> None:
        # By the keys of stored values: the field, its name, and what reads values that are stored
        # otherwise than callers read them.
        self._columns: dict[str, tuple[FieldSpec, str, _Read | None]] = {
            str(spec.id): (spec, spec.name, value_reader(spec, references, plain=plain))
            for spec in fields
        }
        self._stored: Stored = {}
        self._changes: dict[str, Any] = {}

    def are_all(self, stored: Stored) -> bool:
        """Whether the caller may see everything that a write changed."""
        return self._read(stored).keys() <= self._columns.keys()

    def by_name(self, stored: Stored) -> dict[str, dict[str, Any]]:
        """The old and the new values as JSON, by API name."""
        columns, found = self._columns, {}
        for key, (old, new) in self._read(stored).items():
            if (column := columns.get(key)) is not None:
                _, name, read = column
                found[name] = (
                    {"old": old, "new": new}
                    if read is None
                    else {
                        "old": None if old is None else read(old),
                        "new": None if new is None else read(new),
                    }
                )
        return found

    def by_field(self, stored: Stored) -> dict[FieldSpec, tuple[Any, Any]]:
        """As `by_name`, by field: one that was removed may have had the name of another."""
        found = {}
        for key, pair in self._read(stored).items():
            if (column := self._columns.get(key)) is not None:
                spec, _, read = column
                old, new = (None if it is None else read(it) if read else it for it in pair)
                found[spec] = old, new
        return found

    def _read(self, stored: Stored) -> dict[str, Any]:
        """What a write changed. It is asked for twice where its reason is: the last one is kept."""
        if stored is not self._stored:
            self._stored, self._changes = stored, document(stored)
        return self._changes


def load_columns(
    author: Author, writes: Sequence[tuple[int, Stored]], *, plain: bool
) -> dict[int, Columns]:
    """The columns of the objects of these writes, each with its object; at most two statements, for
    all that their values refer to."""
    directory = author.directory
    fields: dict[int, Collection[FieldSpec]] = {
        object_id: shown_fields(author, directory.schema(object_id)).values()
        for object_id in {object_id for object_id, _ in writes}
    }
    references = _references(author, fields, writes)
    return {
        object_id: Columns(specs, references, plain=plain) for object_id, specs in fields.items()
    }


def _references(
    author: Author,
    fields: Mapping[int, Collection[FieldSpec]],
    writes: Sequence[tuple[int, Stored]],
) -> References:
    """What the values of these fields refer to."""
    specs = [spec for found in fields.values() for spec in found if spec.type.refers_to]
    # Most writes touch no such field: their JSON, in which keys are quoted, is not read for them.
    quoted = {f'"{spec.id}"': str(spec.id) for spec in specs}
    keys: dict[str, set[int]] = {key: set() for key in quoted.values()}
    for _, stored in writes if specs else ():
        if isinstance(stored, str) and not any(key in stored for key in quoted):
            continue
        changes = document(stored)
        for key in keys.keys() & changes.keys():
            for value in changes[key]:
                keys[key].update(value if isinstance(value, list) else [value])
    row = RecordRow(0, "", {key: list(found - {None}) for key, found in keys.items()})
    return load_values(author, [row], specs)
