"""What a caller sends to set fields to what they were."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest

from records.api import parameters
from records.api.bodies import read_object
from records.exceptions import InvalidInput
from records.services.access import Author
from records.services.catalogue import FieldSpec, ObjectSchema
from records.services.reading import select_fields
from records.services.undoing import Then

from .requests import id_list, text


def read_request(author: Author, request: HttpRequest) -> tuple[Then, list[str] | None]:
    """The version or the time to go back to, and the names of the fields; None for all."""
    content = read_object(request, ("version", "as_of", "fields"))
    version, moment = content.get("version"), text(content, "as_of")
    if (version is None) == (moment is None):
        raise InvalidInput("send either version or as_of.", "required", at="version")
    if version is not None and type(version) is not int:
        raise InvalidInput("expected the number of a version.", at="version")
    when = (
        None if moment is None else parameters.read_moment(moment, "as_of", author.workspace.zone)
    )
    names = id_list(content, "fields")
    if names == []:
        raise InvalidInput("name at least one field, or leave it out.", "required", at="fields")
    for at, name in enumerate(names or ()):
        if not isinstance(name, str):
            raise InvalidInput("expected a string.", at=("fields", at))
    return Then(version, when), names


def chosen_fields(
    author: Author, schema: ObjectSchema, names: Sequence[str] | None
) -> Sequence[FieldSpec] | None:
    """The fields with these API names; None for all."""
    if names is None:
        return None
    try:
        return select_fields(author, schema, field_names=names)
    except InvalidInput as problem:
        raise InvalidInput(problem.reason, problem.code, at="fields") from None
