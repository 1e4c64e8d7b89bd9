"""Which properties a call asks for, and what is said where it asks for others."""

from __future__ import annotations

from collections.abc import Sequence

from records.exceptions import InvalidInput, SeveralProblems
from records.mcp.rendering import data_fields
from records.services.access import Author
from records.services.catalogue import FieldSpec, ObjectSchema
from records.services.reading import select_fields


def chosen_fields(
    author: Author, schema: ObjectSchema, names: Sequence[str] | None
) -> tuple[FieldSpec, ...]:
    """The fields of these names; None stands for all that make up `data`."""
    if names is None:
        return data_fields(author, schema)
    if not names:
        return ()
    try:
        return select_fields(author, schema, field_names=names, related=True)
    except InvalidInput as error:
        raise in_words(error) from None


def in_words(error: InvalidInput) -> InvalidInput:
    """What is wrong, by the names of the tools' arguments, and where to find the right ones."""
    if isinstance(error, SeveralProblems):
        return SeveralProblems([in_words(problem) for problem in error.problems])
    help_on_names = (
        " list_record_types lists the properties." if error.code == "does_not_exist" else ""
    )
    reason = f"{error.reason}{help_on_names}"
    return InvalidInput(reason, error.code, at=error.path).renamed(
        {"ordering": "sort", "field_names": "fields"}
    )
