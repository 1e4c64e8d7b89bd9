"""Which column of a file fills which field, and which rows are records that exist already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from records.exceptions import InvalidInput
from records.field_types import FieldSpec
from records.services.access import Author, may_write, visible_fields
from records.services.definitions import slug
from records.services.object_schema import ObjectSchema


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file, and the field its cells are values of."""

    position: int
    header: str
    spec: FieldSpec


def match_columns(author: Author, schema: ObjectSchema, header: Sequence[str]) -> tuple[Column, ...]:
    """The field of every column, by API name or label; InvalidInput names the columns that have none."""
    known = {spec.id: _names(spec) for spec in visible_fields(author, schema)}
    found = {name: _find(author, schema, known, name) for name in header}
    unknown = [name for name, spec in found.items() if spec is None]
    if unknown:
        fields = ", ".join(spec.name for spec in visible_fields(author, schema) if may_write(author, spec))
        raise InvalidInput(
            f"No field of {schema.name!r} is called {', '.join(map(repr, unknown))}. Its fields are {fields}."
        )
    columns = [Column(at, name, spec) for at, (name, spec) in enumerate(found.items()) if spec is not None]
    for column in columns:
        if not may_write(author, column.spec):
            raise InvalidInput(f"The column {column.header!r} is the field {column.spec.name!r}, which is read-only.")
    first = {column.spec.id: column for column in reversed(columns)}
    for column in columns:
        if first[column.spec.id] is not column:
            both = f"{first[column.spec.id].header!r} and {column.header!r}"
            raise InvalidInput(f"The columns {both} are both the field {column.spec.name!r}.")
    return tuple(columns)


def _names(spec: FieldSpec) -> frozenset[str]:
    return frozenset({spec.name, spec.display_name.casefold()})


def _find(author: Author, schema: ObjectSchema, known: dict[int, frozenset[str]], header: str) -> FieldSpec | None:
    """The field a header names: one that can be written rather than not, an object's own rather than a default."""
    wanted = {header.casefold(), slug(header)}
    matches = [schema.by_id[key] for key, names in known.items() if not names.isdisjoint(wanted)]
    matches.sort(key=lambda spec: (not may_write(author, spec), spec.is_default, spec.name not in wanted))
    return matches[0] if matches else None


def match_key(author: Author, schema: ObjectSchema, columns: Sequence[Column], match: str | None) -> Column | None:
    """The column that says which record a row is: of the field `match`, else of the object's identifier.

    None when rows are always new records. InvalidInput when the rows cannot be matched by `match`.
    """
    if match is None:
        return next((column for column in columns if column.spec is schema.identifier), None)
    (column,) = match_columns(author, schema, [match])
    spec = column.spec
    if not (spec.is_unique or spec is schema.identifier):
        raise InvalidInput(f"The values of {spec.name!r} are not unique: rows cannot be matched by them.")
    found = next((column for column in columns if column.spec is spec), None)
    if found is None:
        raise InvalidInput(f"The file has no column for {spec.name!r}, by which rows are to be matched.")
    return found
