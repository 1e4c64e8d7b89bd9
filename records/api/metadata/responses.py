"""Objects, fields, options, categories, stages and members as callers read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from records.services.access import (
    Author,
    may_write,
    shown_pattern,
    told_fields,
    visible_fields,
)
from records.services.catalogue import FieldSpec, ObjectSchema
from records.services.reading import local_time
from records.services.shaping import Category, ObjectInfo, References, setting_groups
from records.services.views import SavedView

# How many records of this side may be linked to how many of the other.
CARDINALITIES = {
    "one_to_one": "one_to_one",
    "primary": "many_to_one",
    "primary_for": "one_to_many",
    "additional": "many_to_many",
    "additional_for": "many_to_many",
}


def object_row(author: Author, info: ObjectInfo) -> dict[str, Any]:
    """An object, and what the caller may do with it and with its records."""
    zone: ZoneInfo = author.workspace.zone
    grant = author.role.grant(info.id)
    return {
        "id": info.uuid,
        "name": info.name,
        "object_name": info.object_name,
        "entity_name": info.entity_name,
        "object_type": info.object_type,
        "description": info.description,
        "is_custom": info.is_custom,
        "is_archived": info.is_archived,
        "created": local_time(info.created, zone),
        "entity_display_name_pattern_text": _pattern(author, info),
        "default_color": info.default_color,
        "default_icon": info.default_icon,
        "access": {
            "view": True,
            "edit": author.may_define,
            "remove": author.may_define and info.is_custom,
            "records": {
                "create": grant.create,
                "view": grant.view,
                "edit": grant.edit,
                "remove": grant.remove,
            },
        },
    }


def _pattern(author: Author, info: ObjectInfo) -> str:
    """How records are named, unless that names a field that is hidden from the caller's role."""
    if author.may_define or info.id not in author.directory.objects:
        return info.display_pattern
    return shown_pattern(author, author.directory.schema(info.id))


def object_detail(author: Author, info: ObjectInfo, schema: ObjectSchema | None) -> dict[str, Any]:
    """An object with its identifier and, for a pipeline, its stages."""
    row = object_row(author, info)
    identifier = schema.identifier if schema is not None else None
    shown = identifier is not None and identifier.id not in author.role.hidden_fields
    row["identifier_field"] = identifier.name if identifier is not None and shown else None
    stage_field = schema.stage_field if schema is not None else None
    if (
        schema is not None
        and stage_field is not None
        and stage_field.id not in author.role.hidden_fields
    ):
        row["pipeline"] = {"stages": stage_rows(stage_field)}
    return row


def field_rows(author: Author, schema: ObjectSchema) -> list[dict[str, Any]]:
    """The fields the caller's role may see, in display order."""
    fields = told_fields(author, schema, visible_fields(author, schema))
    return [field_row(author, spec) for spec in fields]


def field_row(author: Author, spec: FieldSpec) -> dict[str, Any]:
    """A field, with all the options that it has."""
    return {
        "id": spec.uuid,
        "name": spec.name,
        "display_name": spec.display_name,
        "description": spec.description,
        "field_type": spec.type.name,
        "category": spec.category_uuid or None,
        "order": spec.order,
        "is_required": spec.is_required,
        "is_read_only": spec.is_read_only,
        "is_hidden": spec.is_hidden,
        "is_unique": spec.is_unique,
        "is_deletable": spec.is_deletable,
        "is_default": spec.is_default,
        "allows_empty": spec.allows_empty,
        "default_value": spec.default_value,
        "options": option_rows(spec),
        "relation": _relation(author, spec),
        "deleted": False,
        **{key: spec.settings.get(key) for key in setting_groups()},
        "meta": {"computed": spec.computed or None},
        "access": {"view": True, "edit": may_write(author, spec)},
    }


def option_rows(spec: FieldSpec) -> list[dict[str, Any]]:
    """The options that can be chosen, in order."""
    live = sorted(
        (item for item in spec.options.values() if not item.deleted),
        key=lambda item: (item.order, item.id),
    )
    return [
        {"id": item.uuid, "name": item.name, "code": item.code, "order": item.order}
        for item in live
    ]


def stage_rows(spec: FieldSpec) -> list[dict[str, Any]]:
    """The stages of a pipeline, in order and numbered from 0, however their rows are numbered."""
    stages = {item.uuid: item for item in spec.options.values()}
    return [
        {
            **row,
            "order": at,
            "status": stages[row["id"]].stage_status,
            "percentage_chance_to_close": stages[row["id"]].percentage,
        }
        for at, row in enumerate(option_rows(spec))
    ]


def _relation(author: Author, spec: FieldSpec) -> dict[str, Any] | None:
    """Where a relationship leads; what the caller may not see of it is null."""
    if not spec.is_link:
        return None
    key = spec.related_object_id or 0
    related = author.directory.objects.get(key) if author.role.grant(key).any else None
    mirror = entity_name = None
    if related is not None:
        mirror_id = spec.mirror_of_id or spec.mirror_id
        target = author.directory.schema(related.id)
        mirror, entity_name = target.by_id.get(mirror_id or 0), target.entity_name
    if mirror is not None and mirror.id in author.role.hidden_fields:
        mirror = None
    return {
        "relation_type": spec.relation_kind,
        "cardinality": CARDINALITIES[spec.relation_kind],
        "related_object": related.uuid if related is not None else None,
        "related_object_name": related.name if related is not None else None,
        "related_object_object_name": related.name if related is not None else None,
        "related_entity_name": entity_name,
        "related_field": mirror.uuid if mirror is not None else None,
        "related_name": mirror.display_name if mirror is not None else None,
        "related_category": (mirror.category_uuid or None) if mirror is not None else None,
    }


def category_row(category: Category) -> dict[str, Any]:
    return {"id": category.uuid, "name": category.name, "order": category.order, "meta": {}}


def references_row(found: References, views: Sequence[SavedView]) -> dict[str, Any]:
    """What uses a field, of which the views name it."""
    mirror = found.mirror
    return {
        "saved_views": [{"id": str(view.uuid), "name": view.name} for view in views],
        "formulas": [{"id": spec.uuid, "name": spec.display_name} for spec in found.uses.formulas],
        "display_name_pattern": found.uses.in_pattern,
        "identifier": found.uses.is_identifier,
        "mirror": {"object": mirror[0].uuid, "field": mirror[1].uuid} if mirror else None,
        "can_delete": found.can_delete,
    }
