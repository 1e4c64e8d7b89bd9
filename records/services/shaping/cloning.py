"""Copying a definition: an object as it is defined, without its records and its history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model
from simple_history.utils import bulk_create_with_history

from records.exceptions import NotAllowed
from records.models import Field, FieldCategory, FieldOption, ObjectType
from records.services.access import Definer, defining
from records.services.catalogue import check_label, free_name, slug, touch, type_name

from .creation import check_room, free_object_name
from .data_types import check_type_slug

OWN = ("id", "uuid", "created_at")  # columns that a copy has values of its own for


@dataclass(slots=True)
class Clone:
    """A copied object, and its fields and those of others that were made with it, by the keys of
    those that they are like."""

    id: int
    fields: dict[int, int] = field(default_factory=dict)


@defining
def clone_object(author: Definer, object_id: int, name: str = "", spelled: str = "") -> Clone:
    """Copy an object with its categories, fields, options and rules; an archived one too.

    `name` defaults to "Copy of …", `spelled`, the slug, to a free one made of the name. A
    relationship leads to the object that the original's leads to, and has a mirror of its own
    there; one with the original itself leads to the copy. NotAllowed for a standard object.
    """
    source = ObjectType.objects.get(workspace_id=author.workspace.id, id=object_id)
    if not source.is_custom:
        raise NotAllowed("Standard objects are part of every workspace: they cannot be cloned.")
    made = _copied_object(source, name, spelled)
    clone = Clone(made.pk)
    _Fields(source, made, clone).copy()
    if source.identifier_field_id is not None:
        made.identifier_field_id = clone.fields[source.identifier_field_id]
        made.save()
    related = Field.objects.filter(workspace_id=source.workspace_id, object=made)
    linked = set(related.exclude(related_object=None).values_list("related_object_id", flat=True))
    touch(source.workspace_id, {made.pk, *linked})
    return clone


def _copied_object(source: ObjectType, name: str, spelled: str) -> ObjectType:
    check_type_slug(spelled)
    label = name or f"Copy of {source.object_name}"[:255]
    wanted = type_name(spelled)
    if not spelled:
        taken = ObjectType.objects.filter(workspace_id=source.workspace_id)
        wanted = free_name(set(taken.values_list("name", flat=True)), slug(label))
    wanted = free_object_name(source.workspace_id, wanted)
    made = ObjectType(
        **_columns(
            source,
            name=wanted,
            slug="" if spelled == wanted else spelled,
            object_name=check_label("object_name", label),
            entity_name=name or f"Copy of {source.entity_name}"[:255],
            identifier_field_id=None,
            schema_version=1,
            archived_at=None,
        )
    )
    made.save()
    return made


def _columns(row: Model, **changed: Any) -> dict[str, Any]:
    """The columns of a copy of a row, of which some are changed."""
    kept = {column.attname: getattr(row, column.attname) for column in row._meta.concrete_fields}
    return {name: value for name, value in kept.items() if name not in OWN} | changed


@dataclass(slots=True)
class _Fields:
    """The fields of an object on their way into its copy."""

    source: ObjectType
    made: ObjectType
    clone: Clone
    categories: dict[int | None, int | None] = field(default_factory=lambda: {None: None})

    def copy(self) -> None:
        self._copy_categories()
        rows = Field.objects.filter(
            workspace_id=self.source.workspace_id, object=self.source, deleted_at=None
        )
        fields = list(rows.order_by("order", "id").select_related("mirror_of__object"))
        plain = [row for row in fields if row.related_object_id is None]
        self._store(plain, [self._copied(row) for row in plain])
        for row in fields:
            # Of a relationship with the object itself, the near side makes the far one.
            if row.related_object_id is not None and row.pk not in self.clone.fields:
                self._copy_link(row)
        self._copy_options(row for row in fields)

    def _copy_categories(self) -> None:
        for row in FieldCategory.objects.filter(
            workspace_id=self.source.workspace_id, object=self.source
        ):
            made = FieldCategory.objects.create(**_columns(row, object_id=self.made.pk))
            self.categories[row.pk] = made.pk

    def _copied(self, row: Field, **changed: Any) -> Field:
        """A field of the copy, not stored yet."""
        category = self.categories[row.category_id]
        return Field(**_columns(row, object_id=self.made.pk, category_id=category, **changed))

    def _store(self, originals: Iterable[Field], made: list[Field]) -> None:
        bulk_create_with_history(made, Field)
        self.clone.fields |= {row.pk: new.pk for row, new in zip(originals, made, strict=True)}

    def _copy_link(self, row: Field) -> None:
        """One side of a relationship and the other; links are stored on the near side."""
        near = row if row.mirror_of is None else row.mirror_of
        far = Field.objects.get(workspace_id=row.workspace_id, mirror_of=near)
        within = near.object_id == far.object_id
        if within:
            here = {"related_object_id": self.made.pk}
            sides = self._copied(near, **here), self._copied(far, **here)
        elif near is row:
            sides = self._copied(near), self._beside(far)
        else:
            sides = self._beside(near), self._copied(far)
        for original, made in zip((near, far), sides, strict=True):
            made.mirror_of = None if original is near else sides[0]
            made.save()
            self.clone.fields[original.pk] = made.pk

    def _beside(self, row: Field) -> Field:
        """The other side of a relationship, beside the one that the original has."""
        names = Field.objects.filter(
            workspace_id=row.workspace_id, object_id=row.object_id, deleted_at=None
        )
        orders = dict(names.values_list("name", "order"))
        check_room(orders)
        label = self.made.object_name
        return Field(
            **_columns(
                row,
                name=free_name(orders, slug(label)),
                display_name=label,
                related_object_id=self.made.pk,
                order=max(orders.values(), default=0) + 1,
                # Records that are there already have no value.
                is_required=False,
                default_value=None,
            )
        )

    def _copy_options(self, fields: Iterable[Field]) -> None:
        """Options of the definition, and defaults that name them by their UUIDs."""
        rows = list(
            FieldOption.objects.filter(
                workspace_id=self.source.workspace_id,
                field_id__in=[row.pk for row in fields],
                deleted_at=None,
                by_hand=True,
            )
        )
        made = [
            FieldOption(**_columns(row, field_id=self.clone.fields[row.field_id])) for row in rows
        ]
        bulk_create_with_history(made, FieldOption)
        uuids = {str(row.uuid): str(new.uuid) for row, new in zip(rows, made, strict=True)}
        for row in Field.objects.filter(
            workspace_id=self.source.workspace_id,
            object=self.made,
            default_value__isnull=False,
        ):
            renamed = _renamed(row.default_value, uuids)
            if renamed != row.default_value:
                row.default_value = renamed
                row.save()


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """JSON in which each of these texts is another."""
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    if isinstance(value, dict):
        return {key: _renamed(item, names) for key, item in value.items()}
    return names.get(value, value) if isinstance(value, str) else value
