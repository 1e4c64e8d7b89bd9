"""Which column of a file fills which field, and which rows are records that exist already."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Any

from records.exceptions import InvalidInput
from records.field_types import FieldSpec
from records.services.access import Author, may_write, told_field, visible_fields
from records.services.catalogue import CONTACTS, ObjectSchema, slug

from .address_books import letters, suggested

# Signs that tell two headers of the same words apart.
SIGNS = frozenset("%#$€£¥&+°‰@")
MAX_LABEL = 255
# Columns of exports that are not fields.
ID = "id"
OF_EXPORTS = frozenset({ID, "cancelled"})


class ImportMode(StrEnum):
    """What a row may do: make a record, change the one it is matched to, or either."""

    CREATE_ONLY = "create_only"
    CREATE_OR_UPDATE = "create_or_update"
    UPDATE_ONLY = "update_only"


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """How the rows of a file become records.

    `match` is the unique field rows are matched by, instead of the object's identifier. `mapping`
    says of headers which field they are, None for a column that is left out; other headers are
    matched by name. The cells of the columns in `kept` fill blanks only. `forms` says of headers
    how their cells write numbers (`numbers`), dates (`dates`) and blanks (`blanks`).
    """

    match: str | None = None
    mapping: Mapping[str, str | None] = field(default_factory=dict)
    mode: ImportMode = ImportMode.CREATE_OR_UPDATE
    kept: frozenset[str] = frozenset()
    forms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """Distinguishes two plans for one file; empty for the default plan."""
        # The default plan adds nothing: the run is known by the file alone.
        if self == ImportPlan(self.match):
            return ""
        chosen: list[object] = [sorted(self.mapping.items()), self.mode.value, sorted(self.kept)]
        if self.forms:
            chosen.append(sorted((name, sorted(said.items())) for name, said in self.forms.items()))
        return hashlib.sha256(repr(chosen).encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file, and the field its cells are values of."""

    position: int
    header: str
    spec: FieldSpec
    told: FieldSpec  # with the options that the author of the import may be told of


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
    names = _Names(author, schema, [name for name in header if name not in chosen], nameless)
    columns: list[Column] = []
    unknown: list[str] = []
    for at, name in enumerate(header):
        key = chosen.get(name, name)
        if key is None:  # the plan leaves the column out
            continue
        spec = names.find(key, is_said=name in chosen)
        is_meant = all_meant or name in chosen
        if spec is not None and not is_meant and not may_write(author, spec):
            continue
        if spec is not None:
            columns.append(Column(at, name, spec, told_field(author, schema, spec)))
        elif names.is_of_export(key):
            continue
        elif at not in nameless or name in chosen:
            unknown.append(repr(name) if key == name else f"{key!r} (for the column {name!r})")
    _check_known(author, schema, unknown)
    _check_columns(author, columns)
    return tuple(columns)


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
    for column in columns:
        if not may_write(author, column.spec):
            raise InvalidInput(
                f"The column {column.header!r} is the field {column.spec.name!r}, which is "
                "read-only."
            )
    first: dict[int, Column] = {}
    for column in columns:
        other = first.setdefault(column.spec.id, column)
        if other is not column:
            both = f"{other.header!r} and {column.header!r}"
            raise InvalidInput(f"The columns {both} both map to the field {column.spec.name!r}.")


def suggest_fields(
    author: Author, schema: ObjectSchema, header: Sequence[str]
) -> dict[str, str | None]:
    """The API name of the field that each header names by itself, None where there is none that can
    be written, or more than one."""
    names = _Names(author, schema, header)
    found: dict[str, str | None] = {}
    for name in header:
        try:
            spec = names.find(name)
        except UnclearColumn:
            spec = None
        found[name] = spec.name if spec is not None and may_write(author, spec) else None
    # What the columns of an own export are need not be suggested.
    if schema.name != CONTACTS or names.are_api_names:
        return found
    fields = [spec for spec in visible_fields(author, schema) if may_write(author, spec)]
    links = [spec.name for spec in fields if spec.is_link]
    return suggested(found, [spec.name for spec in fields], links)


def check_clear(
    author: Author, schema: ObjectSchema, header: Sequence[str], mapping: Mapping[str, object]
) -> None:
    """UnclearColumn where a column that the mapping does not name fits two fields equally."""
    names = _Names(author, schema, [name for name in header if name not in mapping])
    for name in header:
        if name not in mapping:
            names.find(name)


class UnclearColumn(InvalidInput):
    """A header fits several fields equally."""


class _Fit(IntEnum):
    """How a header fits a field, best first."""

    LABEL = 1
    NAME = 2  # the API name, or the label in another case
    SPELLING = 3  # either, but for spaces and signs between words


def _fit(header: str, spec: FieldSpec) -> _Fit | None:
    label = spec.display_name
    # A field that was made of a long header has as much of it as a label can have.
    if label in (header, header[:MAX_LABEL]):
        return _Fit.LABEL
    if header == spec.name or header.casefold() == label.casefold():
        return _Fit.NAME
    signs = {sign for sign in header if sign in SIGNS}
    others = {sign for sign in label if sign in SIGNS}
    # "% change" is not "# change".
    if signs and others and signs != others:
        return None
    plain = letters(header)
    # An API name says nothing of letters that ASCII does not have.
    is_name = plain.isascii() and slug(header) == spec.name
    return _Fit.SPELLING if is_name or (plain and plain == letters(label)) else None


class _Names:
    """What the headers of one file name: the fields of an object, as far as the author sees them.

    A file whose headers all are API names, as those of an export are, is read by them. Columns of
    `nameless` positions say nothing of it.
    """

    def __init__(
        self,
        author: Author,
        schema: ObjectSchema,
        header: Sequence[str],
        nameless: Collection[int] = (),
    ) -> None:
        self._author = author
        self._schema = schema
        self._known = visible_fields(author, schema)
        named = [name for at, name in enumerate(header) if at not in nameless]
        self._names: frozenset[str] = (
            frozenset(named) if all(map(self._is_name, named)) else frozenset()
        )

    def _is_name(self, header: str) -> bool:
        # Exports have fields of linked records too: `company.city`.
        return header in OF_EXPORTS or self._named(header.partition(".")[0]) is not None

    @property
    def are_api_names(self) -> bool:
        """Whether all headers are API names."""
        return bool(self._names)

    def is_of_export(self, header: str) -> bool:
        """Whether a column that is no field is one of an export."""
        return header in self._names and header in OF_EXPORTS

    def _named(self, name: str) -> FieldSpec | None:
        """The field that has this API name."""
        spec = self._schema.by_name.get(name)
        return spec if spec in self._known else None

    def find(self, header: str, *, is_said: bool = False) -> FieldSpec | None:
        """The field that fits a header best: one that can be written rather than not, an object's
        own rather than a default. UnclearColumn where two fit it equally. A field that `is_said` in
        a mapping is named by its API name first."""
        # Callers of the API may map columns by the field's UUID.
        if (spec := self._schema.by_uuid.get(header)) is not None and spec in self._known:
            return spec
        named = self._named(header)
        if is_said and named is not None:
            return named
        known: Sequence[FieldSpec] = self._known
        if header in self._names:
            if (named is not None and not self._is_fixed(named)) or "." in header:
                return named
            # `created` may be the label of a field of the object's own, which has no column else.
            known = [spec for spec in known if spec is named or spec.name not in self._names]
        return self._best(header, known)

    def _is_fixed(self, spec: FieldSpec) -> bool:
        """Whether a field is one that every object has and nobody writes."""
        return spec.is_default and not may_write(self._author, spec)

    def _best(self, header: str, known: Sequence[FieldSpec]) -> FieldSpec | None:
        fits = [(fit, spec) for spec in known if (fit := _fit(header, spec)) is not None]
        if not fits:
            return None

        def rank(item: tuple[_Fit, FieldSpec]) -> tuple[bool, bool, _Fit, bool]:
            fit, spec = item
            is_spelled = fit == _Fit.SPELLING
            return (is_spelled, not may_write(self._author, spec), fit, spec.is_default)

        fits.sort(key=rank)
        best = [spec for fit, spec in fits if rank((fit, spec)) == rank(fits[0])]
        if len(best) > 1:
            names = " and ".join(repr(spec.name) for spec in best)
            raise UnclearColumn(
                f"The column {header!r} fits the fields {names} equally: say in the mapping which "
                "it is."
            )
        return best[0]


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
        return next((column for column in columns if column.spec is schema.identifier), None)
    (column,) = match_columns(author, schema, [match], all_meant=True)
    spec = column.spec
    if not (spec.is_unique or spec is schema.identifier):
        raise InvalidInput(
            f"The values of {spec.name!r} are not unique: rows cannot be matched by them."
        )
    found = next((column for column in columns if column.spec is spec), None)
    if found is None:
        raise InvalidInput(f"The file has no column for {spec.name!r}, which rows are matched by.")
    return found


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
    at = header.index(ID) if ID in header and plan.mapping.get(ID) is None else None
    if any(column.position == at for column in columns):
        at = None
    if plan.match == ID and key is None:
        if at is None:
            raise InvalidInput("The file has no column 'id', which rows are matched by.")
        return at
    is_needed = key is None or (key.spec is schema.identifier and not key.spec.is_required)
    return at if plan.match is None and is_needed else None


def check_mode(mode: ImportMode, key: Column | None, id_at: int | None = None) -> None:
    """InvalidInput where rows may only change records, and no column says which."""
    if mode == ImportMode.UPDATE_ONLY and key is None and id_at is None:
        raise InvalidInput(
            "to change existing records, name the column that identifies them in match_field.",
            at="mode",
        )
