"""The parts of a view: saved filters, quick filters, columns. Content comes back as it was sent,
but for what its reader may not see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from records.exceptions import InvalidInput, Place, quoted
from records.models import SavedView
from records.services.access import Author
from records.services.catalogue import ObjectSchema, RoleSpec, check_json
from records.services.database import canonical_uuid
from records.services.search import Node, parse_saved

from .filter_uses import filter_uses
from .view_fields import FieldNames, hidden_names
from .view_sharing import Level, level_of
from .view_texts import column_texts, without

MAX_CONTENT = 100_000  # bytes of JSON
MAX_GROUP_CLAUSES = 400  # of all the filter groups of a search


class Part(StrEnum):
    """A part of a view: the name of the column that holds it."""

    FILTER = "filter"
    QUICK_FILTER = "quick_filter"
    COLUMNS = "columns"

    @property
    def is_filter(self) -> bool:
        return self is not Part.COLUMNS


@dataclass(frozen=True, slots=True)
class ShownPart:
    """A part as a reader sees it. `is_invalid`: a filter that no longer compiles, or that the
    reader may not use; `is_whole`: nothing was left out of it."""

    content: Any
    is_invalid: bool = False
    is_whole: bool = True


def content_of(view: SavedView, part: Part) -> Any:
    """What a view holds there; None without such a part."""
    return getattr(view, part.value)


def check_content(author: Author, schema: ObjectSchema, part: Part, content: Any) -> int:
    """The number of clauses of a filter that its author may use, 0 for columns; InvalidInput says
    the place of what is wrong."""
    if not isinstance(content, dict):
        raise InvalidInput("expected an object.", at=part.value)
    check_json(part.value, content)
    if len(orjson.dumps(content)) > MAX_CONTENT:
        raise InvalidInput(
            f"at most {MAX_CONTENT:,} bytes of JSON.", "limit_exceeded", at=part.value
        )
    return parse_saved(author, schema, content, part.value)[1] if part.is_filter else 0


def shown_parts(
    author: Author, schema: ObjectSchema, views: Iterable[SavedView], part: Part
) -> list[ShownPart]:
    """A part of each of the views, as the caller may see it.

    Of a filter on a field that is hidden from them nothing is told, wherever the field is: without
    its clause it would find other records. Columns are shown without the hidden ones.
    """
    hidden = hidden_names(author, schema)
    return [_shown(author, schema, hidden, part, content_of(view, part)) for view in views]


def _shown(
    author: Author, schema: ObjectSchema, hidden: FieldNames, part: Part, content: Any
) -> ShownPart:
    if part is Part.COLUMNS:
        if any(map(hidden.are_in, column_texts(content))):
            return ShownPart(without(content, hidden), is_whole=False)
        return ShownPart(content)
    if any(use.is_hidden(author) for use in filter_uses(author, schema, content)):
        return ShownPart({"invalid": True}, is_invalid=True, is_whole=False)
    if not _compiles(author, schema, content):
        return ShownPart({**content, "invalid": True}, is_invalid=True)
    return ShownPart(content)


def _compiles(author: Author, schema: ObjectSchema, content: Any) -> bool:
    """Whether the object still has what a filter names."""
    # As somebody who sees everything: what a caller sees of tags would cost a query for each field.
    everything = replace(author, role=RoleSpec(author.role.id, is_admin=True), scopes=())
    try:
        parse_saved(everything, schema, content)
    except InvalidInput:
        return False
    return True


def group_conditions(
    author: Author, schema: ObjectSchema, asked: Sequence[tuple[Place, object]]
) -> list[Node]:
    """The conditions of saved filters, each by its place in a request and its UUID.

    InvalidInput for one that the caller does not see, or cannot search by: one that no longer
    compiles, or not for their role.
    """
    if not asked:
        return []
    wanted = {uuid for _, key in asked if (uuid := canonical_uuid(key))}
    rows = SavedView.objects.filter(
        workspace_id=author.workspace.id,
        object_id=schema.id,
        uuid__in={UUID(uuid) for uuid in wanted},
        filter__isnull=False,
    )
    known = {str(row.uuid): row for row in rows if level_of(author, row) > Level.NONE}
    conditions, clauses = [], 0
    for place, key in asked:
        view = known.get(canonical_uuid(key) or "")
        if view is None:
            raise InvalidInput("there is no such filter group.", "does_not_exist", at=place)
        node, size = _compiled(author, schema, view, place)
        conditions.append(node)
        clauses += size
        if clauses > MAX_GROUP_CLAUSES:
            raise InvalidInput(
                f"at most {MAX_GROUP_CLAUSES} clauses in all filter groups.",
                "limit_exceeded",
                at=place,
            )
    return conditions


def _compiled(
    author: Author, schema: ObjectSchema, view: SavedView, place: Place
) -> tuple[Node, int]:
    try:
        return parse_saved(author, schema, view.filter)
    except InvalidInput:
        # Not why: it may name a field that is hidden from the caller's role.
        raise InvalidInput(
            f"the filter group {quoted(view.name)} can no longer be used; change its filter.",
            at=place,
        ) from None
