"""Which column of a file fills which field, and which rows are records that exist already."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from records.exceptions import InvalidInput
from records.field_types import FieldSpec
from records.services.access import Author, may_write, told_field, visible_fields
from records.services.catalogue import CONTACTS, ObjectSchema

from .address_books import BOTH_NAMES, NAME_FIELDS, suggested
from .header_names import ID, HeaderNames
from .record_columns import NAMING


class ImportMode(StrEnum):
    """What a row may do: make a record, change the one it is matched to, or either."""

    CREATE_ONLY = "create_only"
    CREATE_OR_UPDATE = "create_or_update"
    UPDATE_ONLY = "update_only"


class CellResolution(StrEnum):
    """What a cell does to the value that a record has."""

    OVERWRITE = "overwrite"  # a blank cell clears it
    EXCEPT_NULL = "overwrite_except_null"
    UPDATE_IF_BLANK = "update_if_blank"
    ADD_ONLY = "add_only"  # to the values of a list


# The documented API's own names in its imports.
SYNONYMS = {
    "only_update_blank": CellResolution.UPDATE_IF_BLANK,
    "only_add_options": CellResolution.ADD_ONLY,
}


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """How the rows of a file become records.

    `match` is the unique field rows are matched by, instead of the object's identifier. `mapping`
    says of headers which field they are, None for a column that is left out; other headers are
    matched by name. The cells of the columns in `kept` fill blanks only. `forms` says of headers
    how their cells write numbers (`numbers`), dates (`dates`) and blanks (`blanks`), and what they
    do to values that are there (`conflict_resolution`).

    `beside` says of headers what they tell of a record beside its values, by the names of
    `record_columns.Beside`; with it, even empty, rows are matched by these columns and by `match`
    alone. None is for files that have no such columns.
    """

    match: str | None = None
    mapping: Mapping[str, str | None] = field(default_factory=dict)
    mode: ImportMode = ImportMode.CREATE_OR_UPDATE
    kept: frozenset[str] = frozenset()
    forms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    beside: Mapping[str, str] | None = None

    def resolution(self, header: str) -> CellResolution:
        """What the cells of a column do to values that are there."""
        if header in self.kept:
            return CellResolution.UPDATE_IF_BLANK
        said = self.forms.get(header, {}).get("conflict_resolution") or CellResolution.EXCEPT_NULL
        return CellResolution(SYNONYMS.get(said, said))

    @property
    def fingerprint(self) -> str:
        """Distinguishes two plans for one file; empty for the default plan."""
        # The default plan adds nothing: the run is known by the file alone.
        if self == ImportPlan(self.match):
            return ""
        chosen: list[object] = [sorted(self.mapping.items()), self.mode.value, sorted(self.kept)]
        if self.forms:
            chosen.append(sorted((name, sorted(said.items())) for name, said in self.forms.items()))
        if self.beside is not None:
            chosen.append(sorted(self.beside.items()))
        return hashlib.sha256(repr(chosen).encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file, and the field its cells are values of."""

    position: int
    header: str
    spec: FieldSpec
    told: FieldSpec  # with the options that the author of the import may be told of
    part: int | None = None  # of a full name in the cells: 0 the first, 1 the last


def by_header(
    header: Sequence[str], mapping: Mapping[str, Any], at: str = "mapping"
) -> dict[str, Any]:
    """A mapping of columns, which are named by their headers or their positions from 1, by header;
    InvalidInput names columns that are not there, or there twice."""
    found: dict[str, Any] = {}
    strangers: list[str] = []
    for key, value in mapping.items():
        name = column_of(header, key)
        if name is None:
            strangers.append(key)
        elif name in found:
            raise InvalidInput(f"the column {name!r} is there by name and by position.", at=at)
        else:
            found[name] = value
    if strangers:
        raise InvalidInput(f"the file has no column {', '.join(map(repr, strangers[:10]))}.", at=at)
    return found


def column_of(header: Sequence[str], key: str) -> str | None:
    """The header of a column that is named by it, or else by its position from 1."""
    if key in header:
        return key
    is_position = key.isdecimal() and len(key) < 6 and 0 < int(key) <= len(header)
    return header[int(key) - 1] if is_position else None


def match_columns(
    author: Author,
    schema: ObjectSchema,
    header: Sequence[str],
    mapping: Mapping[str, str | None] = MappingProxyType({}),
    nameless: Collection[int] = (),
    *,
    all_meant: bool = False,
) -> tuple[Column, ...]:
    """The field of every column that is not left out, by label or API name; InvalidInput names
    those that have none, and those that fit two fields equally.

    Left out are columns that are `nameless` where they fit no field, and those of fields that the
    author may not write, as an export has them, unless the mapping names them, or they are
    `all_meant`.
    """
    chosen = by_header(header, mapping)
    # Columns that are said, or have no name, do not say what the file is.
    named = [name for at, name in enumerate(header) if name not in chosen and at not in nameless]
    names = HeaderNames(author, schema, named)
    columns: list[Column] = []
    unknown: list[str] = []
    for at, name in enumerate(header):
        key = chosen.get(name, name)
        if key is None:  # the plan leaves the column out
            continue
        if key == BOTH_NAMES and name in chosen:
            columns.extend(_of_names(author, schema, at, name))
            continue
        spec = names.find(key, is_said=name in chosen)
        if spec is None:
            if name in chosen or not (at in nameless or names.is_of_export(name)):
                unknown.append(repr(name) if key == name else f"{key!r} (for the column {name!r})")
        elif all_meant or name in chosen or may_write(author, spec):
            columns.append(Column(at, name, spec, told_field(author, schema, spec)))
    _check_known(author, schema, unknown)
    _check_columns(author, columns)
    return tuple(columns)


def _of_names(author: Author, schema: ObjectSchema, at: int, header: str) -> Iterator[Column]:
    """The two fields that a column of full names fills; InvalidInput where the object lacks one."""
    for part, name in enumerate(NAME_FIELDS):
        spec = schema.by_name.get(name)
        if spec is None or spec not in visible_fields(author, schema):
            raise InvalidInput(f"The object {schema.name!r} has no field {name!r}.", at="mapping")
        yield Column(at, header, spec, told_field(author, schema, spec), part)


def _check_known(author: Author, schema: ObjectSchema, unknown: Sequence[str]) -> None:
    """InvalidInput names all unknown columns at once, to save the caller repeated corrections."""
    if unknown:
        fields = ", ".join(
            spec.name for spec in visible_fields(author, schema) if may_write(author, spec)
        )
        raise InvalidInput(
            f"No field of {schema.name!r} is called {', '.join(unknown)}. Its fields are {fields}."
        )


def _check_columns(author: Author, columns: Sequence[Column]) -> None:
    """InvalidInput unless the author may write each field, and no two columns fill the same one."""
    first: dict[int, Column] = {}
    for column in columns:
        if not may_write(author, column.spec):
            raise InvalidInput(
                f"The column {column.header!r} is the field {column.spec.name!r}, which is "
                "read-only."
            )
        other = first.setdefault(column.spec.id, column)
        if other is not column:
            both = f"{other.header!r} and {column.header!r}"
            raise InvalidInput(f"The columns {both} both map to the field {column.spec.name!r}.")


def suggest_fields(
    author: Author, schema: ObjectSchema, header: Sequence[str]
) -> dict[str, str | None]:
    """The API name of the field that each header names by itself, None where there is none that can
    be written, or more than one."""
    names = HeaderNames(author, schema, header)
    found = {name: names.suggest(name) for name in header}
    # What the columns of an own export are need not be suggested.
    if schema.name != CONTACTS or names.are_api_names:
        return found
    fields = [spec for spec in visible_fields(author, schema) if may_write(author, spec)]
    links = [spec.name for spec in fields if spec.is_link]
    return suggested(found, [spec.name for spec in fields], links)


def match_key(
    author: Author, schema: ObjectSchema, columns: Sequence[Column], match: str | None
) -> Column | None:
    """The column that says which record a row is: of the field `match`, else of the object's
    identifier.

    None when rows are always new records. InvalidInput when the rows cannot be matched by `match`.
    """
    if match == ID and ID not in schema.by_name:
        return None
    if match is None or schema.by_uuid.get(match) is schema.identifier is not None:
        return _column_of(columns, schema.identifier)
    (column,) = match_columns(author, schema, [match], all_meant=True)
    spec = column.spec
    if not (spec.is_unique or spec is schema.identifier):
        raise InvalidInput(
            f"The values of {spec.name!r} are not unique: rows cannot be matched by them."
        )
    found = _column_of(columns, spec)
    if found is None:
        raise InvalidInput(f"The file has no column for {spec.name!r}, which rows are matched by.")
    return found


def plan_key(
    author: Author, schema: ObjectSchema, columns: Sequence[Column], plan: ImportPlan
) -> Column | None:
    """As `match_key`, of a plan; where it has columns beside the values, those stand for the
    identifier."""
    if plan.beside is not None and plan.match is None:
        return None
    return match_key(author, schema, columns, plan.match)


def _column_of(columns: Sequence[Column], spec: FieldSpec | None) -> Column | None:
    """The column that fills a field."""
    return next((column for column in columns if column.spec is spec), None)


def id_column(
    schema: ObjectSchema,
    header: Sequence[str],
    plan: ImportPlan,
    columns: Sequence[Column],
    key: Column | None,
) -> int | None:
    """The position of the column with the ids of records, as an export has it, where rows are
    matched by them: where `match` is `id`, or nothing else need say which record a row is.

    InvalidInput where they are to be matched by ids, and the file has none.
    """
    if plan.beside is not None:
        return None
    is_there = ID in header and ID not in {column.header for column in columns}
    is_asked = plan.match == ID and key is None
    if is_asked and not is_there:
        raise InvalidInput("The file has no column 'id', which rows are matched by.")
    may_lack = key is None or (key.spec is schema.identifier and not key.spec.is_required)
    is_needed = is_asked or (plan.match is None and may_lack)
    return header.index(ID) if is_there and is_needed else None


def check_resolutions(columns: Sequence[Column], forms: Mapping[str, Mapping[str, Any]]) -> None:
    """InvalidInput where the caller says what a column does to values, and there is no such thing,
    or its field has no list."""
    fields = {column.header: column.spec for column in columns}
    known = {*CellResolution, *SYNONYMS}
    for header, form in forms.items():
        said = form.get("conflict_resolution")
        at = ("columns", header, "conflict_resolution")
        if said is not None and said not in known:
            raise InvalidInput(f"expected one of {', '.join([*CellResolution, *SYNONYMS])}.", at=at)
        spec = fields.get(header)
        is_added = SYNONYMS.get(said or "", said) == CellResolution.ADD_ONLY
        if is_added and spec is not None and not spec.multiple:
            raise InvalidInput(
                f"the field {spec.name!r} has one value, and no list to add to: use overwrite or "
                "update_if_blank.",
                at=at,
            )


def check_mode(
    mode: ImportMode,
    key: Column | None,
    id_at: int | None = None,
    beside: Mapping[str, str] | None = None,
) -> None:
    """InvalidInput where rows may change records, and no column says which."""
    if beside is not None:
        if mode != ImportMode.CREATE_ONLY and key is None and NAMING.isdisjoint(beside.values()):
            raise InvalidInput(
                "the file must say which records it changes: in a column externalId, or in the "
                "field of matchField.",
                at="mode",
            )
        return
    if mode == ImportMode.UPDATE_ONLY and key is None and id_at is None:
        raise InvalidInput(
            "to change existing records, name the column that identifies them in match_field.",
            at="mode",
        )
