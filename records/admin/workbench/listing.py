"""What a visitor asks of an object's records, as it stands in the address: columns, filters, order,
page."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import orjson
from django.http import QueryDict

from records.admin.object_pages import ObjectPage, page_number
from records.exceptions import InvalidInput
from records.field_types import FieldSpec, InvalidValue
from records.services.access import Author, find_field, told_field, visible_fields
from records.services.catalogue import COLUMN_FIELDS, ObjectSchema
from records.services.search import SearchRequest

from .inputs import choices_of

PAGE_SIZE = 50
FIRST_COLUMNS = 7
BLANK = "is_blank"
CONDITION_LABELS = {
    "=": "is",
    "!=": "is not",
    "<": "is less than",
    "<=": "is at most",
    ">": "is more than",
    ">=": "is at least",
    "between": "is between (low; high)",
    "is_any_of": "is any of (a; b)",
    "is_none_of": "is none of (a; b)",
    "contains": "contains",
    "!contains": "does not contain",
    "starts_with": "starts with",
    "!starts_with": "does not start with",
    "ends_with": "ends with",
    "!ends_with": "does not end with",
    "has": "has",
    "!has": "does not have",
    "has_any": "has any of (a; b)",
    "!has_any": "has none of (a; b)",
    "month_equals": "is in the month (1 to 12)",
    f"{BLANK}:true": "is blank",
    f"{BLANK}:false": "is not blank",
}


@dataclass(frozen=True, slots=True)
class AskedFilter:
    """One filter as it was asked for."""

    field_name: str
    condition: str
    text: str

    def clause(self, author: Author, schema: ObjectSchema) -> dict[str, Any]:
        """The clause of a search; InvalidInput when the value is none for this condition."""
        name, _, blank = self.condition.partition(":")
        clause = {"field": self.field_name, "condition": name}
        field = find_field(author, schema, self.field_name)
        if name == BLANK or field is None or name not in field.type.conditions:
            return {**clause, "value": blank != "false"}
        told = told_field(author, schema, field)
        return {**clause, "value": read_value(told, name, self.text)}

    def describe(self, author: Author, schema: ObjectSchema) -> str:
        """The filter in words."""
        field = find_field(author, schema, self.field_name)
        label = field.display_name if field is not None else self.field_name
        chosen = (
            dict(choices_of(author, told_field(author, schema, field))) if field is not None else {}
        )
        text = chosen.get(self.text, self.text)
        return f"{label} {CONDITION_LABELS.get(self.condition, self.condition)} {text}".strip()


def read_value(field: FieldSpec, condition: str, text: str) -> Any:
    """What a condition compares with, from text as in a CSV cell: one value, several, or a number.

    The condition itself says which of these it takes. InvalidInput carries what it said of the
    first.
    """
    parts = [part.strip() for part in text.split(";") if part.strip()]
    listed: list[Any] = []
    for part in parts:
        value = field.type.from_text(field, part)
        listed.extend(value if isinstance(value, list) else [value])
    refusals = []
    for value in (field.type.from_text(field, text), listed, _literal(text)):
        try:
            field.type.conditions[condition](field, value)
        except InvalidValue as refusal:
            refusals.append(refusal.message)
        else:
            return value
    shape_told = refusals[0].startswith("Expected a list")
    raise InvalidInput(f"{field.display_name}: {refusals[1 if shape_told else 0]}")


def _literal(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def conditions_of(field: FieldSpec) -> list[tuple[str, str]]:
    """The conditions of a field for a choice, each with its label; being blank is two of them."""
    keys = []
    for name in field.type.conditions:
        keys += [f"{BLANK}:true", f"{BLANK}:false"] if name == BLANK else [name]
    return [(key, CONDITION_LABELS.get(key, key)) for key in keys]


@dataclass(frozen=True, slots=True)
class Asked:
    """A page of records as it was asked for."""

    search: str
    filters: tuple[AskedFilter, ...]
    ordering: str
    page: int
    columns: tuple[FieldSpec, ...]

    def request(self, author: Author, schema: ObjectSchema) -> SearchRequest:
        """The search that answers it."""
        clauses = [asked.clause(author, schema) for asked in self.filters]
        return SearchRequest(
            self.columns,
            query=[{"filters": clauses}] if clauses else None,
            ordering=(self.ordering,) if self.ordering else (),
            search=self.search,
            page=self.page,
            page_size=PAGE_SIZE,
        )


def read_asked(page: ObjectPage, sent: QueryDict | None = None) -> Asked:
    """What the address, or a form, asks for; what makes no sense in it is left out or refused by
    the search."""
    sent = page.request.GET if sent is None else sent
    triples = zip_longest(sent.getlist("f"), sent.getlist("c"), sent.getlist("v"), fillvalue="")
    filters = tuple(AskedFilter(*triple) for triple in triples if triple[0] and triple[1])
    return Asked(
        sent.get("q", "").strip(),
        filters,
        sent.get("o", ""),
        page_number(sent, digits=9),
        chosen_columns(page),
    )


def chosen_columns(page: ObjectPage) -> tuple[FieldSpec, ...]:
    """The columns chosen now or before in this session, else the first of those that say
    something."""
    offered = offered_columns(page)
    key = f"columns:{page.schema.uuid}"
    if "columns" in page.request.GET:
        page.request.session[key] = page.request.GET.getlist("columns")
    names = page.request.session.get(key)
    chosen = tuple(spec for spec in offered if spec.name in names) if names else ()
    return chosen or first_columns(page.schema, offered)


def offered_columns(page: ObjectPage) -> tuple[FieldSpec, ...]:
    """Every field the visitor may see; the display name stands first in any case."""
    return tuple(
        spec for spec in visible_fields(page.author, page.schema) if spec.computed != "display_name"
    )


def first_columns(schema: ObjectSchema, offered: tuple[FieldSpec, ...]) -> tuple[FieldSpec, ...]:
    """The object's own fields before those every object has; no links seen from their far side.

    An identifier that is the display name stands in the table already.
    """
    named = schema.identifier if not schema.display_pattern else None
    shown = [
        spec
        for spec in offered
        if not spec.is_hidden and spec.mirror_of_id is None and spec is not named
    ]
    own = [spec for spec in shown if spec.computed not in COLUMN_FIELDS and spec.name != "owner"]
    rest = [spec for spec in shown if spec not in own]
    chosen = {spec.id for spec in (own + rest)[:FIRST_COLUMNS]}
    return tuple(spec for spec in offered if spec.id in chosen)


def may_sort(field: FieldSpec) -> bool:
    """Whether records can be ordered by the field."""
    in_index = field.computed in COLUMN_FIELDS or field.type.column is not None
    return in_index and not field.multiple and field.mirror_of_id is None
