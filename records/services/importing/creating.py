"""Making the object for a file: its fields are the file's columns, of the types their values have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from types import MappingProxyType

from records.exceptions import InvalidInput
from records.field_types import field_types
from records.models import ObjectType
from records.services.access import Author
from records.services.definitions import FieldDefinition, slug
from records.services.schema import create_object

from .inference import MAX_TEXT, ColumnSurvey
from .reading import CsvTable

CHUNK = 1000
NO_IDENTIFIER = "none"
# Every object has fields of these names, which are not the file's.
TAKEN = frozenset({"owner", "created", "updated", "display_name"})


@dataclass(frozen=True, slots=True)
class ObjectDraft:
    """What an object for a table would be like. `rows` is the number of the table's rows."""

    fields: Sequence[FieldDefinition]
    identifier: str | None
    rows: int


def draft_object(
    table: CsvTable, identifier: str | None = None, types: Mapping[str, str] = MappingProxyType({})
) -> ObjectDraft:
    """An object with a field for each column of the table, of the type that takes all its values.

    `identifier` is the header of the column that identifies records, or `none`. Not given, it is the first column,
    else the one called `name`, if it is text and each row has one of its own. `types` overrules what the values of
    a column suggest. InvalidInput where the column cannot identify the rows.
    """
    chosen = _find_header(table, identifier) if identifier not in (None, NO_IDENTIFIER) else None
    able = {table.header[0], _find_header(table, "name", required=False)} if identifier is None else {chosen}
    surveys, rows = _survey(table, able)
    if identifier is None:
        chosen = next((found.header for found in surveys if _identifies(found)), None)
    elif chosen is not None:
        _check_identifies(next(found for found in surveys if found.header == chosen))
    fields = [_field(found, types.get(found.header), identifies=found.header == chosen) for found in surveys]
    names = dict(zip(table.header, (field.name for field in fields), strict=True))
    return ObjectDraft(fields, names[chosen] if chosen is not None else None, rows)


def create_drafted(author: Author, name: str, draft: ObjectDraft, *, display_pattern: str = "") -> ObjectType:
    """Make the object `name` as drafted."""
    label = name.replace("_", " ").strip()
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
    """What the columns hold, over all rows that have a cell for each of them; the number of all rows."""
    surveys = [ColumnSurvey(header, header in may_identify) for header in table.header]
    rows, width, count = table.rows(), len(table.header), 0
    while chunk := list(islice(rows, CHUNK)):
        count += len(chunk)
        cells = [row.cells for row in chunk if len(row.cells) == width]
        for survey, column in zip(surveys, zip(*cells, strict=True), strict=bool(cells)):
            survey.add(column)
    return surveys, count


def _find_header(table: CsvTable, wanted: str | None, *, required: bool = True) -> str | None:
    """The header meant by a column's name, however it is cased, or the API name made of it."""
    for header in table.header:
        if wanted is not None and (header.casefold() == wanted.casefold() or slug(header) == wanted):
            return header
    if required:
        raise InvalidInput(f"The file has no column {wanted!r}. Its columns are {', '.join(table.header)}.")
    return None


def _identifies(survey: ColumnSurvey) -> bool:
    return (
        survey.may_identify
        and survey.is_unique
        and survey.longest <= MAX_TEXT
        and (survey.kind() == "dropdown" or field_types.get(survey.kind()).text_like)
    )


def _check_identifies(survey: ColumnSurvey) -> None:
    if survey.repeated:
        raise InvalidInput(
            f"The column {survey.header!r} cannot identify the records: {survey.repeated[:80]!r} occurs more than once."
        )
    if survey.longest > MAX_TEXT:
        raise InvalidInput(
            f"The column {survey.header!r} cannot identify the records: some values have over {MAX_TEXT} characters."
        )


def _field(survey: ColumnSurvey, type_name: str | None, *, identifies: bool) -> FieldDefinition:
    field = survey.infer()
    if identifies and not field_types.get(field.field_type).text_like:
        type_name = "text"
    if type_name is not None:
        field = replace(field, field_type=type_name, settings={}, options=())
    if field.name in TAKEN:
        field = replace(field, name=f"{field.name[:62]}_2")
    return field


def _singular(label: str) -> str:
    if label.endswith("ies"):
        return f"{label[:-3]}y"
    return label[:-1] if label.endswith("s") and not label.endswith("ss") else label
