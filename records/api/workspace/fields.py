"""The fields of data types, as callers of the Workspace API write and read them."""

from __future__ import annotations

from typing import Any

from records.exceptions import InvalidInput, problems_at, problems_in
from records.services.catalogue import (
    FieldDefinition,
    FieldSpec,
    ObjectSchema,
    OptionDefinition,
)
from records.services.shaping import (
    FieldChange,
    find_type_field,
    has_options,
    named_type,
    option_names,
    rules_of,
    settings_with,
    workspace_type,
)

from .requests import Body, snake

RULES = {key: key for key in ("minimum", "maximum", "pattern", "expression")} | {
    "resultType": "result_type"
}
FLAGS = {
    "required": "is_required",
    "unique": "is_unique",
    "shouldIndex": "should_index",
    "isAdminOnly": "is_admin_only",
    "isExternalId": "is_external_id",
}
# The core keeps settings in a group of each type; here they are keys of the field itself.
GROUPS = ("decimal_options", "integer_options", "text_options", "formula_options")
# What this API calls the parts of types and fields.
WORDS = (
    {core: key for key, core in FLAGS.items()}
    | dict.fromkeys(GROUPS, "")
    | {
        "name": "slug",
        "display_name": "name",
        "object_name": "name",
        "entity_name": "name",
        "field_type": "fieldType",
        "min_value": "minimum",
        "max_value": "maximum",
        "result_type": "resultType",
    }
)
FIELD_KEYS = ("id", "name", "slug", "fieldType", "description", *FLAGS, "options", *RULES)
MAX_OPTIONS = 1000
MAX_FIELDS = 500


def field_row(spec: FieldSpec) -> dict[str, Any]:
    """A field as callers read it."""
    rules = rules_of(spec)
    return {
        "id": spec.id,
        "name": spec.display_name,
        "slug": spec.name,
        "fieldType": workspace_type(spec),
        "description": spec.description,
        **{key: getattr(spec, flag) for key, flag in FLAGS.items()},
        "readOnly": spec.is_read_only or bool(spec.computed),
        "options": option_names(spec),
        **{key: getattr(rules, rule) for key, rule in RULES.items()},
    }


def new_fields(entries: list[Any]) -> list[FieldDefinition]:
    """Fields to make, in their order."""
    return [
        _definition(Body(entry, FIELD_KEYS, ("fields", at))) for at, entry in enumerate(entries)
    ]


def field_changes(schema: ObjectSchema, entries: list[Any]) -> list[FieldChange]:
    """What a write of a type asks of its fields: those it has, by id or slug, are changed, others
    made."""
    found = []
    for at, entry in enumerate(entries):
        body = Body(entry, FIELD_KEYS, ("fields", at))
        spec = _addressed(schema, body)
        if spec is None:
            found.append(FieldChange(definition=_definition(body)))
        else:
            found.append(
                FieldChange(
                    field_id=spec.id, changes=_changes(body, spec), options=_new_options(body, spec)
                )
            )
    return found


def _addressed(schema: ObjectSchema, body: Body) -> FieldSpec | None:
    if body.given("id"):
        spec = find_type_field(schema, body.key("id"))
        if spec is None:
            raise InvalidInput(
                "the type has no such field.", "does_not_exist", at=(*body.where, "id")
            )
        if body.given("slug") and body.text("slug") != spec.name:
            raise InvalidInput("the slug of a field cannot be changed.", at=(*body.where, "slug"))
        return spec
    return find_type_field(schema, body.text("slug")) if body.given("slug") else None


def _field_type(body: Body) -> str:
    return named_type(snake(body.required("fieldType", most=64)).lstrip("_"))


def _definition(body: Body) -> FieldDefinition:
    if body.given("id"):
        raise InvalidInput("omit it for a new field.", at=(*body.where, "id"))
    field_type = _field_type(body)
    options = _options(body)
    if options and not has_options(field_type):
        raise body.wrong("fields of this type have none", "options")
    return FieldDefinition(
        body.required("name"),
        field_type,
        name=body.text("slug", most=64),
        description=body.text("description"),
        settings=_settings(body, field_type, {}),
        options=tuple(OptionDefinition(name) for name in options),
        is_required=body.flag("required"),
        is_unique=body.flag("unique"),
        should_index=body.flag("shouldIndex", default=True),
        is_admin_only=body.flag("isAdminOnly"),
        is_external_id=body.flag("isExternalId"),
    )


def _changes(body: Body, spec: FieldSpec) -> dict[str, Any]:
    if body.given("fieldType") and _field_type(body) != spec.type.name:
        raise body.wrong(
            "the type of a field cannot be changed; create another field instead", "fieldType"
        )
    changes: dict[str, Any] = {
        flag: body.flag(key) for key, flag in FLAGS.items() if body.given(key)
    }
    if body.given("name"):
        changes["display_name"] = body.required("name")
    if "description" in body:
        changes["description"] = body.text("description")
    if any(rule in body for rule in RULES):
        changes["settings"] = _settings(body, spec.type.name, spec.settings)
    return changes


def _settings(body: Body, field_type: str, current: Any) -> dict[str, Any]:
    rules = {rule: body.content[key] for key, rule in RULES.items() if key in body}
    with problems_at(*body.where), problems_in(WORDS):
        return settings_with(field_type, rules, current)


def _options(body: Body) -> list[str]:
    """The names of options, each a text or an object with its name."""
    names = []
    for at, entry in enumerate(body.items("options", MAX_OPTIONS)):
        place = (*body.where, "options", at)
        named = {"name": entry} if isinstance(entry, str) else entry
        names.append(Body(named, ("name", "id", "code"), place).required("name", most=255))
    return names


def _new_options(body: Body, spec: FieldSpec) -> tuple[str, ...]:
    """The options that the field does not have yet; none is ever taken away by leaving it out."""
    known = {name.casefold() for name in option_names(spec)}
    names = [name for name in _options(body) if name.casefold() not in known]
    if names and not has_options(spec.type.name):
        raise body.wrong("fields of this type have none", "options")
    return tuple(names)
