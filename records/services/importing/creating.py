"""Making the object for a file: its fields are the file's columns, of the types their values
have."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from types import MappingProxyType
from typing import Any

from records.exceptions import InvalidInput, quoted
from records.field_types import FieldSpec, FieldType, field_types, normal_text, unlisted
from records.models import ObjectType
from records.services.access import Author
from records.services.catalogue import FieldDefinition, OptionDefinition, free_name, slug
from records.services.shaping import create_object
from records.services.tables import CsvTable, Row, sure_cells

from .cell_readers import read_cells
from .column_forms import FileForms, FormSurvey, cell_kind, file_forms, form_of
from .inference import MAX_LABEL, MAX_TEXT, ColumnSurvey, DistinctValues
from .matching import Column
from .spellings import Respelt, no_names
from .written_values import CellKind

CHUNK = 1000
NO_IDENTIFIER = "none"
# Every object has fields of these names, which are not the file's.
TAKEN = frozenset({"owner", "created", "updated", "display_name"})


@dataclass(frozen=True, slots=True)
class ObjectDraft:
    """The object that would be made for a table. `rows` is the number of the table's rows, and
    `forms` what is known of its columns' numbers and dates, by header."""

    fields: Sequence[FieldDefinition]
    identifier: str | None
    rows: int
    forms: Mapping[str, FormSurvey] = field(default_factory=dict)


def draft_object(
    table: CsvTable, identifier: str | None = None, types: Mapping[str, str] = MappingProxyType({})
) -> ObjectDraft:
    """An object with a field for each column of the table, of the type that takes all its values.

    `identifier` is the header of the column that identifies records, or `none`. Not given, it is
    the first column, else the one called `name`, if it is text and each row has one of its own.
    `types` overrules what the values of a column suggest. InvalidInput where the column cannot
    identify the rows.
    """
    surveys, rows = _survey(table, _candidates(table, identifier))
    file = file_forms([found.forms for found in surveys], table.divided_by)
    chosen = _chosen(surveys, identifier, file)
    # A column that has neither a name nor a value is none.
    used = [found for at, found in enumerate(surveys) if found.count or at not in table.nameless]
    _check_types(types)
    fields = _with_free_names(
        [
            _field(found, file, types.get(found.header), identifies=found.header == chosen)
            for found in used
        ],
        [found.header for found in used],
    )
    forms = {found.header: found.forms for found in used}
    names = {found.header: made.name for found, made in zip(used, fields, strict=True)}
    return ObjectDraft(fields, names[chosen] if chosen is not None else None, rows, forms)


def _check_types(types: Mapping[str, str]) -> None:
    """InvalidInput for a type that no column can be of: links need more than a name."""
    for header, name in types.items():
        known = name in field_types and not field_types.get(name).computed
        if not known or field_types.get(name).refers_to == "record":
            raise InvalidInput(f"The column {header!r} cannot be of the type {name!r}.")


def _candidates(table: CsvTable, identifier: str | None) -> set[str | None]:
    """The headers of the columns that may identify the rows."""
    if identifier == NO_IDENTIFIER:
        return set()
    if identifier is not None:
        return {_find_header(table, identifier)}
    return {table.header[0], _find_header(table, "name", required=False)}


def _chosen(surveys: Sequence[ColumnSurvey], identifier: str | None, file: FileForms) -> str | None:
    """The header of the column that identifies the rows, None for none; InvalidInput where one
    asked for cannot."""
    if identifier is None:
        # Not asked for by name: a column that cannot identify is passed over silently.
        return next((found.header for found in surveys if _identifies(found, file)), None)
    asked = next((found for found in surveys if found.values.may_identify), None)
    if asked is None:
        return None
    _check_identifies(asked)
    return asked.header


def create_drafted(
    author: Author, name: str, draft: ObjectDraft, *, display_pattern: str = ""
) -> ObjectType:
    """Make the object `name` as drafted."""
    label = name.replace("_", " ").strip()
    # `capitalize` would lower the other letters, as in "CRM contacts".
    label = label[:1].upper() + label[1:]
    return create_object(
        author,
        label,
        _singular(label),
        name=slug(name),
        fields=draft.fields,
        identifier_field=draft.identifier,
        display_pattern=display_pattern,
    )


def _survey(table: CsvTable, may_identify: set[str | None]) -> tuple[list[ColumnSurvey], int]:
    """What the columns hold, over all rows that have a cell for each of them; the number of all
    rows."""
    surveys = [
        ColumnSurvey(header, DistinctValues(header in may_identify)) for header in table.header
    ]
    rows, width, count = table.rows(), len(table.header), 0
    while chunk := list(islice(rows, CHUNK)):
        count += len(chunk)
        # The import refuses rows with too many or too few cells, so they say nothing of types.
        _look_at(surveys, [row for row in chunk if len(row.cells) == width])
    return surveys, count


def _look_at(surveys: Sequence[ColumnSurvey], rows: Sequence[Row]) -> None:
    """Add rows with a cell for each column to what is known of the columns."""
    sure = sure_cells(rows)
    cells = zip(*(row.cells for row in rows), strict=True)
    for at, (survey, column) in enumerate(zip(surveys, cells, strict=bool(rows))):
        survey.add(column, sure(at))


def preview_columns(
    header: Sequence[str],
    rows: Sequence[Row],
    delimiter: str,
    columns: Mapping[str, Column] = MappingProxyType({}),
    respelt: Respelt = no_names,
) -> list[dict[str, Any]]:
    """What the columns of a table seem to be, of its first rows: the type that a new field would
    have, how many cells have a value, and, of numbers and dates, in which form they are written.
    `columns` are those whose headers suggest fields: how many of their cells an import reads as
    other than is written is told, and as what; `respelt` finds those that name things otherwise."""
    surveys = [ColumnSurvey(name) for name in header]
    width = len(header)
    _look_at(surveys, [replace(row, cells=row.cells[:width]) for row in rows])
    file = file_forms([found.forms for found in surveys], delimiter)
    # An import goes by the columns that it reads as numbers.
    read = {name for name, column in columns.items() if cell_kind(column.spec) is not None}
    into = file_forms([found.forms for found in surveys if found.header in read], delimiter)
    return [
        _seen(found, file) | _preview(found, into, rows, columns[found.header], respelt)
        if found.header in columns
        else _preview_of_none(found, file)
        for found in surveys
    ]


def _seen(survey: ColumnSurvey, file: FileForms) -> dict[str, Any]:
    return {"type": survey.kind(file), "cells": survey.count, "blank": survey.blanks}


def _preview(
    survey: ColumnSurvey, into: FileForms, rows: Sequence[Row], column: Column, respelt: Respelt
) -> dict[str, Any]:
    """What is told of how a column is read that fills a field."""
    kind, form = cell_kind(column.spec), survey.forms.form(into)
    told: dict[str, Any] = dict(
        read_cells(column, form if kind is not None else None, rows, respelt)
    )
    if kind is None:
        return told
    marks = survey.forms.marks(form, kind)
    return told | form_of(form, kind) | ({"marks": marks} if marks else {})


def _preview_of_none(survey: ColumnSurvey, file: FileForms) -> dict[str, Any]:
    """What is told of a column that fills no field yet."""
    kind = field_types.get(survey.kind(file))
    told, form = _seen(survey, file), survey.forms.form(file)
    cells = _cells(survey, FieldSpec(0, "", "", "", kind))
    if cells is None:
        return told
    marks = survey.forms.marks(form, cells)
    told |= form_of(form, cells) | survey.forms.counts(form, cells)
    return told | {"marks": marks} if marks else told


def _cells(survey: ColumnSurvey, made: FieldSpec) -> CellKind | None:
    """What the cells of a column are read as by the field that would be made of it, or by another
    that they are meant for; a few odd cells make most columns texts."""
    if (kind := cell_kind(made)) is not None:
        return kind
    if survey.forms.numbers * 2 > survey.forms.values:
        return CellKind.AMOUNT
    return CellKind.DATE if survey.forms.dates * 2 > survey.forms.values else None


def _find_header(table: CsvTable, wanted: str | None, *, required: bool = True) -> str | None:
    """The header meant by a column's name, however it is cased, or the API name made of it."""
    for header in table.header:
        if wanted is not None and (
            header.casefold() == wanted.casefold() or slug(header) == wanted
        ):
            return header
    if required:
        raise InvalidInput(
            f"The file has no column {wanted!r}. Its columns are {', '.join(table.header)}."
        )
    return None


def _identifies(survey: ColumnSurvey, file: FileForms) -> bool:
    kind = field_types.get(survey.kind(file))
    return (
        survey.values.may_identify
        and survey.is_unique
        and survey.longest <= MAX_TEXT
        and (kind.has_options or kind.text_like)
    )


def _check_identifies(survey: ColumnSurvey) -> None:
    if survey.values.repeated:
        raise InvalidInput(
            f"The column {survey.header!r} cannot identify the records: "
            f"{quoted(survey.values.repeated)} occurs more than once."
        )
    if survey.longest > MAX_TEXT:
        raise InvalidInput(
            f"The column {survey.header!r} cannot identify the records: some values have "
            f"over {MAX_TEXT} characters."
        )


def _field(
    survey: ColumnSurvey, file: FileForms, type_name: str | None, *, identifies: bool
) -> FieldDefinition:
    made = survey.infer(file)
    # A column with few distinct names looks like choices, which cannot identify records.
    if identifies and not field_types.get(made.field_type).text_like:
        type_name = "text"
    if type_name is not None:
        options = _options(survey, field_types.get(type_name))
        made = replace(made, field_type=type_name, settings={}, options=options)
    return made


def _options(survey: ColumnSurvey, kind: FieldType) -> tuple[OptionDefinition, ...]:
    """The options of a field whose type was chosen: what its cells hold."""
    if not kind.has_options or kind.default_options:
        return ()
    if survey.values.too_many:
        raise InvalidInput(
            f"The column {survey.header!r} has too many different values for options."
        )
    texts = survey.values.texts.values()
    is_list = kind.is_multiple(FieldSpec(0, "", "", "", kind))
    found: dict[str, str] = {}
    for text in texts:
        for name in unlisted(text) if is_list else [text]:
            found.setdefault(normal_text(name), name)
    return tuple(map(OptionDefinition, sorted(found.values())))


def _with_free_names(
    drafted: Sequence[FieldDefinition], headers: Sequence[str]
) -> list[FieldDefinition]:
    """The fields with an API name of its own each.

    A field whose name is not that of its header has the header itself as its label, by which an
    import finds it. A header that is an API name goes before others that make the same one.
    """
    names = {header for header in headers if header == slug(header)} - TAKEN
    taken = set(TAKEN | names)
    found: list[FieldDefinition] = []
    for number, (made, header) in enumerate(zip(drafted, headers, strict=True), start=1):
        # Letters of other scripts leave nothing of a name.
        wanted = made.name if _has_ascii(header) else ""
        name = header if header in names else free_name(taken, wanted or f"column_{number}")
        taken.add(name)
        found.append(
            made if name == made.name else replace(made, name=name, display_name=header[:MAX_LABEL])
        )
    return found


def _has_ascii(header: str) -> bool:
    return any(mark.isascii() and mark.isalnum() for mark in unicodedata.normalize("NFKD", header))


def _singular(label: str) -> str:
    if label.endswith("ies"):
        return f"{label[:-3]}y"
    return label[:-1] if label.endswith("s") and not label.endswith("ss") else label
