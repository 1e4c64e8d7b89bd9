"""Which column of a file fills which field, and which rows are records that exist already."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from records.exceptions import InvalidInput
from records.field_types import FieldSpec
from records.services.access import Author, may_write, visible_fields
from records.services.definitions import slug
from records.services.object_schema import ObjectSchema


class ImportMode(StrEnum):
    """What a row may do: make a record, change the one it is matched to, or either."""

    CREATE_ONLY = "create_only"
    CREATE_OR_UPDATE = "create_or_update"
    UPDATE_ONLY = "update_only"


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """How the rows of a file become records.

    `match` is the unique field rows are matched by, instead of the object's identifier. `mapping` says of headers
    which field they are, None for a column that is left out; other headers are matched by name. The cells of the
    columns in `kept` fill blanks only.
    """

    match: str | None = None
    mapping: Mapping[str, str | None] = field(default_factory=dict)
    mode: ImportMode = ImportMode.CREATE_OR_UPDATE
    kept: frozenset[str] = frozenset()

    @property
    def fingerprint(self) -> str:
        """What tells two plans for one file apart; empty for the usual one."""
        if self == ImportPlan(self.match):
            return ""
        chosen = [sorted(self.mapping.items()), self.mode.value, sorted(self.kept)]
        return hashlib.sha256(repr(chosen).encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file, and the field its cells are values of."""

    position: int
    header: str
    spec: FieldSpec


def match_columns(
    author: Author,
    schema: ObjectSchema,
    header: Sequence[str],
    mapping: Mapping[str, str | None] = MappingProxyType({}),
) -> tuple[Column, ...]:
    """The field of every column that is not left out, by API name or label; InvalidInput names those that have none."""
    known = {spec.id: _names(spec) for spec in visible_fields(author, schema)}
    strangers = [name for name in mapping if name not in header]
    if strangers:
        raise InvalidInput(f"mapping: the file has no column {', '.join(map(repr, strangers[:10]))}.")
    wanted = {name: mapping.get(name, name) for name in header}
    found = {name: None if key is None else _find(author, schema, known, key) for name, key in wanted.items()}
    unknown = [name for name, spec in found.items() if spec is None and wanted[name] is not None]
    if unknown:
        fields = ", ".join(spec.name for spec in visible_fields(author, schema) if may_write(author, spec))
        sought = [
            repr(name) if wanted[name] == name else f"{wanted[name]!r} (for the column {name!r})" for name in unknown
        ]
        raise InvalidInput(f"No field of {schema.name!r} is called {', '.join(sought)}. Its fields are {fields}.")
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


def suggest_fields(author: Author, schema: ObjectSchema, header: Sequence[str]) -> dict[str, str | None]:
    """The API name of the field that each header names by itself, None where there is none that can be written."""
    known = {spec.id: _names(spec) for spec in visible_fields(author, schema)}
    found = {name: _find(author, schema, known, name) for name in header}
    return {name: spec.name if spec is not None and may_write(author, spec) else None for name, spec in found.items()}


def _find(author: Author, schema: ObjectSchema, known: dict[int, frozenset[str]], header: str) -> FieldSpec | None:
    """The field a header names: one that can be written rather than not, an object's own rather than a default."""
    if header in schema.by_uuid and schema.by_uuid[header].id in known:
        return schema.by_uuid[header]
    wanted = {header.casefold(), slug(header)}
    matches = [schema.by_id[key] for key, names in known.items() if not names.isdisjoint(wanted)]
    matches.sort(key=lambda spec: (not may_write(author, spec), spec.is_default, spec.name not in wanted))
    return matches[0] if matches else None


def match_key(author: Author, schema: ObjectSchema, columns: Sequence[Column], match: str | None) -> Column | None:
    """The column that says which record a row is: of the field `match`, else of the object's identifier.

    None when rows are always new records. InvalidInput when the rows cannot be matched by `match`.
    """
    if match is None or schema.by_uuid.get(match) is schema.identifier is not None:
        return next((column for column in columns if column.spec is schema.identifier), None)
    (column,) = match_columns(author, schema, [match])
    spec = column.spec
    if not (spec.is_unique or spec is schema.identifier):
        raise InvalidInput(f"The values of {spec.name!r} are not unique: rows cannot be matched by them.")
    found = next((column for column in columns if column.spec is spec), None)
    if found is None:
        raise InvalidInput(f"The file has no column for {spec.name!r}, by which rows are to be matched.")
    return found
