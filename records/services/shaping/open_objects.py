"""Open objects: a property that has no field yet makes one by being written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from records.exceptions import EntryProblems, InvalidValues, NotAllowed, Problem
from records.services.access import Author, find_field, grant_of
from records.services.catalogue import (
    FieldDefinition,
    ObjectSchema,
    read_uncommitted,
    slug,
)
from records.services.database import in_one_transaction
from records.services.writing import FieldEntry, SaveResult

from .creation import API_NAME, add_written_fields

MAX_TEXT = 255


Save = Callable[[Author, ObjectSchema], SaveResult]


def save_openly(
    author: Author, schema: ObjectSchema, entries: Sequence[FieldEntry], save: Save
) -> SaveResult:
    """Write one record with these entries; in an open object, undefined properties first
    become fields.

    `save` does the writing; it receives the author and schema to use. The fields are part of the
    write: one that is refused makes none. Roles that may create records of the object may add
    fields to it. A property cannot take the name of a field that the caller's role does not see.
    """
    unknown = [at for at, entry in enumerate(entries) if _is_unknown(author, schema, entry)]
    if (
        not (schema.is_open and unknown) or schema.external is not None
    ):  # whose properties are mapped by hand
        return save(author, schema)
    if not grant_of(author, schema).create:
        raise NotAllowed(
            "You may not add properties, because you may not create records of this object."
        )
    definitions = _definitions(schema, entries, unknown)

    def work() -> SaveResult:
        add_written_fields(author, schema.id, definitions)
        directory = read_uncommitted(author.workspace.id)
        # The caller's directory was compiled before the new fields existed.
        informed = replace(author, workspace=directory.workspace, directory=directory)
        return save(informed, directory.schema(schema.id))

    return in_one_transaction(work)


def _is_unknown(author: Author, schema: ObjectSchema, entry: FieldEntry) -> bool:
    return isinstance(entry.name, str) and find_field(author, schema, entry.name) is None


def _definitions(
    schema: ObjectSchema, entries: Sequence[FieldEntry], unknown: Sequence[int]
) -> list[FieldDefinition]:
    """The fields that these entries make; InvalidValues for names that no field can have."""
    problems = []
    for at in unknown:
        name = entries[at].name
        if not API_NAME.fullmatch(name):
            message = (
                "A new property needs a name of a-z, 0-9 and _ that begins with a letter, like "
                f"{slug(name)!r}."
            )
            problems.append(EntryProblems(at, problems=[Problem("name", "invalid", message)]))
        # The same answer as for a missing field, which does not reveal the hidden one.
        elif name in schema.by_name:  # hidden from the caller's role
            problem = Problem("name", "does_not_exist", "There is no field with this name.")
            problems.append(EntryProblems(at, problems=[problem]))
    if problems:
        raise InvalidValues(problems, size=len(entries))
    return [_definition(entries[at]) for at in unknown]


def _definition(entry: FieldEntry) -> FieldDefinition:
    label = entry.name.replace("_", " ").strip().capitalize()
    return FieldDefinition(label, _type_of(entry.value), name=entry.name)


def _type_of(value: Any) -> str:
    """The field type that keeps this value; what no type keeps is refused by the type."""
    match value:
        # Before int: a bool is one.
        case bool():
            return "checkbox"
        # Never integer: the next value of the same property may have decimals.
        case int() | float():
            return "decimal"
        case dict() | list():
            return "json"
        case str() if len(value) > MAX_TEXT:
            return "longtext"
        case _:
            return "text"
