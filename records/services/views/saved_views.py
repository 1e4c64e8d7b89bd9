"""Finding saved views and changing them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict, Unpack
from uuid import UUID

from django.db.models import QuerySet

from records.exceptions import InvalidInput, NotAllowed, NotFound, quoted
from records.field_types import FieldSpec
from records.models import Extent, Field, SavedView, ViewKind
from records.services.access import Author
from records.services.catalogue import ObjectSchema, check_label, identifier_key
from records.services.database import canonical_uuid
from records.services.search import MAX_LINKS

from .filter_uses import filter_uses
from .view_fields import FieldNames, hidden_names, names_linked, names_of
from .view_parts import Part, check_content, content_of, shown_parts
from .view_sharing import (
    EVERYBODY,
    Level,
    Sharing,
    changed,
    check_level,
    level_of,
    live_sharing,
    set_sharing,
)
from .view_texts import column_texts

MAX_VIEWS = 1000  # of an object
ORDERINGS = ("name", "-name", "created", "-created")


class ViewSettings(TypedDict, total=False):
    """What a view is made of. `parts` are those to set, `owner_id` a primary key."""

    name: str
    kind: ViewKind
    owner_id: int
    sharing: Sharing
    parts: Mapping[Part, Any]
    filter_hidden: bool
    quick_count: int


# ---------------------------------------------------------------- reading


def list_views(
    author: Author,
    schema: ObjectSchema,
    part: Part | None = None,
    *,
    search: str = "",
    ordering: str = "name",
) -> list[SavedView]:
    """The views of an object that the caller may see, all of them or those with a part. `search`
    is part of a name."""
    if ordering not in ORDERINGS:
        raise InvalidInput(
            f"{quoted(ordering)} is not one of {', '.join(ORDERINGS)}.", at="ordering"
        )
    sought = search.strip().casefold()
    found = [
        view
        for view in _rows(author, schema, part).order_by("id")
        if level_of(author, view) > Level.NONE and sought in view.name.casefold()
    ]
    if ordering.endswith("name"):
        # Not by the database: engines fold and sort differently.
        found.sort(key=lambda view: view.name.casefold())
    return found[::-1] if ordering.startswith("-") else found


def get_view(author: Author, schema: ObjectSchema, key: str, part: Part | None = None) -> SavedView:
    """A view by UUID; NotFound for one that the caller may not see, or that lacks the part."""
    uuid = canonical_uuid(key)
    found = _rows(author, schema, part).filter(uuid=UUID(uuid)).first() if uuid else None
    if found is None or level_of(author, found) == Level.NONE:
        raise NotFound
    return found


def views_naming(author: Author, schema: ObjectSchema, spec: FieldSpec) -> list[SavedView]:
    """The views that name a field of the object, of those that the caller may see: its own, and
    those of objects that lead to it."""
    if spec.id in author.role.hidden_fields:
        return []
    rows = SavedView.objects.filter(
        workspace_id=author.workspace.id, object_id__in=_leading_to(author, schema)
    )
    found = [
        view
        for view in rows.order_by("id")
        if level_of(author, view) > Level.NONE and _names(author, view, schema, spec)
    ]
    return sorted(found, key=lambda view: view.name.casefold())


def _leading_to(author: Author, schema: ObjectSchema) -> set[int]:
    """The object, and those from which a filter reaches it."""
    found = {schema.id}
    for _ in range(MAX_LINKS):
        links = Field.objects.filter(
            workspace_id=author.workspace.id, related_object_id__in=found, deleted_at=None
        )
        found |= set(links.values_list("object_id", flat=True))
    return found & author.directory.objects.keys()


def _names(author: Author, view: SavedView, schema: ObjectSchema, spec: FieldSpec) -> bool:
    """Whether a view names the field, and none that is hidden from the caller."""
    viewed = author.directory.schema(view.object_id)
    uses = [
        use
        for content in (view.filter, view.quick_filter)
        for use in filter_uses(author, viewed, content)
    ]
    texts = list(column_texts(view.columns))
    hidden, names = hidden_names(author, viewed), names_of(spec)
    if any(use.is_hidden(author) for use in uses) or any(map(hidden.are_in, texts)):
        return False
    if viewed.id != schema.id:
        names = FieldNames(names.uuids)
    return (
        any(use.field is not None and use.field.id == spec.id for use in uses)
        or any(map(names.are_in, texts))
        or any(names_linked(viewed, text, schema.id, spec) for text in texts)
    )


def _rows(author: Author, schema: ObjectSchema, part: Part | None = None) -> QuerySet[SavedView]:
    rows = SavedView.objects.filter(workspace_id=author.workspace.id, object_id=schema.id)
    return rows if part is None else rows.filter(**{f"{part.value}__isnull": False})


# ---------------------------------------------------------------- changing


def create_view(
    author: Author, schema: ObjectSchema, /, **given: Unpack[ViewSettings]
) -> SavedView:
    """A view with these parts; its owner is the caller and everybody may see it, unless it says
    otherwise."""
    if author.role.grant(schema.id).view == Extent.NONE:
        raise NotAllowed("You may not view records of this object.")
    for required in ("name", "parts"):
        if not given.get(required):
            raise InvalidInput("this key is required.", "required", at=required)

    def work() -> SavedView:
        if _rows(author, schema).count() >= MAX_VIEWS:
            raise InvalidInput(f"An object has at most {MAX_VIEWS} views.", "limit_exceeded")
        view = SavedView(workspace_id=author.workspace.id, object_id=schema.id)
        view.owner_id = given.get("owner_id", author.member.id)
        _check_owner(author, view.owner_id)
        set_sharing(view, given.get("sharing", EVERYBODY))
        _apply(author, schema, view, given)
        view.save()
        return view

    return changed(author, work)


def update_view(
    author: Author,
    schema: ObjectSchema,
    key: str,
    part: Part | None = None,
    /,
    **given: Unpack[ViewSettings],
) -> SavedView:
    """Change what is given of a view, which has the part if one is named.

    Content and name take the edit level; owner and sharing the admin level, unless they stay as
    they are.
    """

    def work() -> SavedView:
        view = get_view(author, schema, key, part)
        check_level(author, view, Level.EDIT)
        owner_id, shared = given.get("owner_id", view.owner_id), live_sharing(author, view)
        sharing = given.get("sharing", shared)
        if owner_id != view.owner_id or sharing != shared:
            check_level(author, view, Level.ADMIN)
        if owner_id != view.owner_id:
            _check_owner(author, owner_id)
        view.owner_id = owner_id
        set_sharing(view, sharing)
        _apply(author, schema, view, given)
        view.save()
        return view

    return changed(author, work)


def remove_part(author: Author, schema: ObjectSchema, key: str, part: Part) -> None:
    """Take a part away from a view, and the view once it has no other."""

    def work() -> None:
        view = get_view(author, schema, key, part)
        check_level(author, view, Level.ADMIN)
        setattr(view, part.value, None)
        if part is Part.FILTER:
            view.filter_hidden = False
        if part is Part.QUICK_FILTER:
            view.quick_count = None
        if all(content_of(view, other) is None for other in Part):
            view.delete()
        else:
            view.save()

    changed(author, work)


def _apply(author: Author, schema: ObjectSchema, view: SavedView, given: ViewSettings) -> None:
    # Names that differ in case alone were taken once: what a view has under its own name, it keeps.
    kept, former = _held(view), view.name
    if "name" in given:
        view.name = check_label("name", given["name"])
    view.kind = given.get("kind", view.kind)
    for part, content in given.get("parts", {}).items():
        clauses = check_content(author, schema, part, content)
        _check_whole(author, schema, view, part)
        setattr(view, part.value, content)
        if part is Part.QUICK_FILTER:
            view.quick_count = clauses
    view.filter_hidden = given.get("filter_hidden", view.filter_hidden)
    view.quick_count = given.get("quick_count", view.quick_count)
    _check_name(view, _held(view) - (kept if view.name == former else set()))


def _check_owner(author: Author, owner_id: int | None) -> None:
    """A new owner is an active member; one who has been archived since stays."""
    member = author.directory.members([owner_id]).get(owner_id) if owner_id else None
    if member is None or not member.is_active:
        raise InvalidInput("there is no such active member.", "does_not_exist", at="owner")


def _check_whole(author: Author, schema: ObjectSchema, view: SavedView, part: Part) -> None:
    """NotAllowed where a part would be replaced of which the caller does not see all."""
    if content_of(view, part) is None:
        return
    (shown,) = shown_parts(author, schema, [view], part)
    if not shown.is_whole:
        raise NotAllowed("The view names fields that are hidden from your role.")


def _held(view: SavedView) -> set[Part]:
    return {part for part in Part if content_of(view, part) is not None}


def _check_name(view: SavedView, parts: set[Part]) -> None:
    """InvalidInput where another view with one of the parts has this name, however it is cased and
    spaced."""
    if not parts:
        return
    others = SavedView.objects.filter(workspace_id=view.workspace_id, object_id=view.object_id)
    names = others.exclude(id=view.pk).values_list("id", "name")
    key = identifier_key(view.name)
    called = [pk for pk, name in names if identifier_key(name) == key]
    for other in others.filter(id__in=called):
        if parts & _held(other):
            message = f"the name {quoted(view.name)} is taken; choose another."
            raise InvalidInput(message, "unique", at="name")
