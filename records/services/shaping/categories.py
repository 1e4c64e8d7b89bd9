"""The headings under which an object's fields are shown."""

from __future__ import annotations

from dataclasses import dataclass

from records.exceptions import InvalidInput, NotFound, quoted
from records.models import Field, FieldCategory
from records.services.access import Definer, defining
from records.services.catalogue import check_label, taken_name, touch

MAX_CATEGORIES = 200


@dataclass(frozen=True, slots=True)
class Category:
    """A heading and its place among the others."""

    id: int
    uuid: str
    name: str
    order: int


def list_categories(workspace_id: int, object_id: int) -> list[Category]:
    """The object's categories in display order."""
    rows = FieldCategory.objects.filter(workspace_id=workspace_id, object_id=object_id).order_by(
        "order", "id"
    )
    return [_category(row) for row in rows]


def get_category(workspace_id: int, object_id: int, key: str) -> Category:
    """A category of the object by UUID or name; NotFound when there is none."""
    for category in list_categories(workspace_id, object_id):
        # Callers may know a category by either; names are unique in an object.
        if key in (category.uuid, category.name):
            return category
    raise NotFound


def _category(row: FieldCategory) -> Category:
    return Category(row.pk, str(row.uuid), row.name, row.order)


@defining
def create_category(
    author: Definer, object_id: int, name: str, order: int | None = None
) -> Category:
    """Add a category, at the end unless `order` says where."""
    rows = FieldCategory.objects.filter(workspace_id=author.workspace.id, object_id=object_id)
    if rows.count() >= MAX_CATEGORIES:
        raise InvalidInput(
            f"An object can have at most {MAX_CATEGORIES} categories.", "limit_exceeded"
        )
    row = FieldCategory(
        workspace_id=author.workspace.id,
        object_id=object_id,
        name=_free_name(author, object_id, name),
        order=rows.count() if order is None else order,
    )
    row.save()
    touch(author.workspace.id, [object_id])
    return _category(row)


@defining
def update_category(
    author: Definer,
    object_id: int,
    category_id: int,
    *,
    name: str | None = None,
    order: int | None = None,
) -> Category:
    """Rename a category, or give it another place."""
    row = FieldCategory.objects.get(
        workspace_id=author.workspace.id, object_id=object_id, id=category_id
    )
    if name is not None:
        row.name = _free_name(author, object_id, name, besides=row.pk)
    if order is not None:
        row.order = order
    row.save()
    touch(author.workspace.id, [object_id])
    return _category(row)


@defining
def delete_category(author: Definer, object_id: int, category_id: int) -> None:
    """Take a category away; its fields move to the first of the others. InvalidInput for the last
    one."""
    rows = FieldCategory.objects.filter(workspace_id=author.workspace.id, object_id=object_id)
    row = rows.get(id=category_id)
    # Every field has a category, so the fields need another one.
    heir = rows.exclude(id=category_id).order_by("order", "id").first()
    if heir is None:
        raise InvalidInput("This is the object's only category: its fields need one.", "in_use")
    for field in Field.objects.filter(
        workspace_id=author.workspace.id, object_id=object_id, category=row
    ):
        field.category = heir
        # One by one, not by update(): each field's history gets a row.
        field.save()
    row.delete()
    touch(author.workspace.id, [object_id])


def _free_name(author: Definer, object_id: int, name: str, besides: int = 0) -> str:
    name = check_label("name", name)
    rows = FieldCategory.objects.filter(workspace_id=author.workspace.id, object_id=object_id)
    taken = taken_name(name, dict(rows.values_list("id", "name")), besides)
    if taken is not None:
        raise InvalidInput(f"a category {quoted(taken)} already exists.", "unique", at="name")
    return name
