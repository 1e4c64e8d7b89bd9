"""The fields of data types, as callers of the Workspace API write and read them."""

from __future__ import annotations

from typing import Any

from records.exceptions import InvalidInput
from records.services.data_type_fields import has_options, option_names, rules_of, settings_with
from records.services.data_types import FieldChange, find_type_field
from records.services.definitions import FieldDefinition, OptionDefinition
from records.services.object_schema import FieldSpec, ObjectSchema

from .requests import Body, snake

RULES = ("minimum", "maximum", "pattern", "expression")
FLAGS = {
    "required": "is_required",
    "unique": "is_unique",
    "shouldIndex": "should_index",
    "isAdminOnly": "is_admin_only",
    "isExternalId": "is_external_id",
}
FIELD_KEYS = ("id", "name", "slug", "fieldType", "description", *FLAGS, "options", *RULES)
MAX_OPTIONS = 1000
MAX_FIELDS = 500

# What this API calls types that the core knows by other names, and other names that it takes for them.
SHOWN_TYPES = {
    "longtext": "long_text",
    "phonenumber": "phone",
    "decimal": "number",
    "checkboxes": "multi_select",
    "checkbox": "boolean",
}
TAKEN_TYPES = {shown: name for name, shown in SHOWN_TYPES.items()} | {
    "string": "text",
    "textarea": "longtext",
    "phone_number": "phonenumber",
    "float": "decimal",
    "int": "integer",
    "date_time": "datetime",
    "select": "dropdown",
    "single_select": "dropdown",
    "multiselect": "checkboxes",
    "bool": "checkbox",
    "zip": "zip_code",
    "zipcode": "zip_code",
    "postal_code": "zip_code",
}


def field_row(spec: FieldSpec) -> dict[str, Any]:
    """A field as callers read it."""
    rules = rules_of(spec)
    return {
        "id": spec.id,
        "name": spec.display_name,
        "slug": spec.name,
        "fieldType": SHOWN_TYPES.get(spec.type.name, spec.type.name),
        "description": spec.description,
        **{key: getattr(spec, flag) for key, flag in FLAGS.items()},
        "readOnly": spec.is_read_only or bool(spec.computed),
        "options": option_names(spec),
        **{rule: getattr(rules, rule) for rule in RULES},
    }


def new_fields(entries: list[Any]) -> list[FieldDefinition]:
    """Fields to make, in their order."""
    return [_definition(Body(entry, FIELD_KEYS, f"fields[{at}].")) for at, entry in enumerate(entries)]


def field_changes(schema: ObjectSchema, entries: list[Any]) -> list[FieldChange]:
    """What a write of a type asks of its fields: those it has, by id or slug, are changed, others made."""
    found = []
    for at, entry in enumerate(entries):
        body = Body(entry, FIELD_KEYS, f"fields[{at}].")
        spec = _addressed(schema, body)
        if spec is None:
            found.append(FieldChange(definition=_definition(body)))
        else:
            found.append(FieldChange(field_id=spec.id, changes=_changes(body, spec), options=_new_options(body, spec)))
    return found


def _addressed(schema: ObjectSchema, body: Body) -> FieldSpec | None:
    if body.given("id"):
        spec = find_type_field(schema, body.key("id"))
        if spec is None:
            raise InvalidInput(f"{body.where}id: the type has no such field.", "does_not_exist")
        if body.given("slug") and body.text("slug") != spec.name:
            raise InvalidInput(f"{body.where}slug: the slug of a field cannot be changed.")
        return spec
    return find_type_field(schema, body.text("slug")) if body.given("slug") else None


def _field_type(body: Body) -> str:
    sent = snake(body.required("fieldType", most=64)).lstrip("_")
    return TAKEN_TYPES.get(sent, sent)


def _definition(body: Body) -> FieldDefinition:
    if body.given("id"):
        raise InvalidInput(f"{body.where}id: a new field has none yet.")
    field_type = _field_type(body)
    options = _options(body)
    if options and not has_options(field_type):
        raise body.wrong("options", "fields of this type have none")
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
        raise body.wrong("fieldType", "the type of a field cannot be changed; create another field instead")
    changes: dict[str, Any] = {flag: body.flag(key) for key, flag in FLAGS.items() if body.given(key)}
    if body.given("name"):
        changes["display_name"] = body.required("name")
    if "description" in body:
        changes["description"] = body.text("description")
    if any(rule in body for rule in RULES):
        changes["settings"] = _settings(body, spec.type.name, spec.settings)
    return changes


def _settings(body: Body, field_type: str, current: Any) -> dict[str, Any]:
    try:
        return settings_with(field_type, {rule: body.content[rule] for rule in RULES if rule in body}, current)
    except InvalidInput as error:
        raise InvalidInput(f"{body.where}{error.detail}", error.code) from None


def _options(body: Body) -> list[str]:
    """The names of options, each a text or an object with its name."""
    names = []
    for at, entry in enumerate(body.items("options", MAX_OPTIONS)):
        place = f"{body.where}options[{at}]."
        named = {"name": entry} if isinstance(entry, str) else entry
        names.append(Body(named, ("name", "id", "code"), place).required("name", most=255))
    return names


def _new_options(body: Body, spec: FieldSpec) -> tuple[str, ...]:
    """The options that the field does not have yet; none is ever taken away by leaving it out."""
    known = {name.casefold() for name in option_names(spec)}
    names = [name for name in _options(body) if name.casefold() not in known]
    if names and not has_options(spec.type.name):
        raise body.wrong("options", "fields of this type have none")
    return tuple(names)
