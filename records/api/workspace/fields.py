"""The fields of data types, as callers of the Workspace API write and read them."""

from __future__ import annotations

from typing import Any, NamedTuple

from records.exceptions import InvalidInput, NotFound, problems_at, problems_in, quoted
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
    is_for_admins,
    is_link_type,
    live_options,
    named_type,
    option_names,
    rules_of,
    settings_with,
    workspace_type,
    workspace_types,
)

from .requests import Body

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
        "validation_message": "validationMessage",
    }
)
VALIDATION = {"validation": "validation", "validationMessage": "validation_message"}
FIELD_KEYS = (
    *("id", "name", "slug", "fieldType", "description"),
    *(*FLAGS, "options", *RULES, "formula", *VALIDATION),
)
MAX_OPTIONS = 1000
MAX_RULE = 1000  # characters
MAX_FIELDS = 500


def field_row(schema: ObjectSchema, spec: FieldSpec, *, full: bool = False) -> dict[str, Any]:
    """A field as callers read it; `full`: its options with their ids."""
    rules = rules_of(spec)
    return {
        "id": spec.id,
        "name": spec.display_name,
        "slug": spec.name,
        "fieldType": workspace_type(spec),
        "description": spec.description,
        **{key: getattr(spec, flag) for key, flag in FLAGS.items()},
        "isAdminOnly": is_for_admins(schema, spec),
        "readOnly": spec.is_read_only or bool(spec.computed),
        "options": _full_options(spec) if full else option_names(spec),
        **{key: getattr(rules, rule) for key, rule in RULES.items()},
        **{key: getattr(spec, part) or None for key, part in VALIDATION.items()},
    }


def _full_options(spec: FieldSpec) -> list[dict[str, Any]]:
    return [
        {"id": option.id, "name": option.name, "code": option.code} for option in live_options(spec)
    ]


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
            found.append(_change(schema, body, spec))
    return found


def new_field(body: Body) -> FieldChange:
    """A field to make."""
    return FieldChange(definition=_definition(body))


def field_change(schema: ObjectSchema, field_id: int, body: Body) -> FieldChange:
    """What a write of one field asks of it; NotFound where the type has no such field."""
    spec = find_type_field(schema, field_id)
    if spec is None:
        raise NotFound
    if body.given("id") and body.key("id") != field_id:
        raise body.wrong("expected the id of the path", "id")
    if body.given("slug"):
        check_kept(spec, body)
    return _change(schema, body, spec)


def check_kept(spec: FieldSpec, body: Body) -> None:
    """InvalidInput for a slug that is not the field's."""
    if _slug(body) != spec.name:
        raise InvalidInput("the slug of a field cannot be changed.", at=(*body.where, "slug"))


def _slug(body: Body) -> str:
    """The slug of a field, in which hyphens, a minus in expressions, become underscores."""
    return body.text("slug", most=64).replace("-", "_")


def _change(schema: ObjectSchema, body: Body, spec: FieldSpec) -> FieldChange:
    made, renames = _options_asked(body, spec)
    changes = _changes(body, spec)
    if changes.get("is_admin_only") and is_for_admins(schema, spec):
        # What is computed from such a field is told as one: sent back, it stays what it is.
        changes["is_admin_only"] = spec.is_admin_only
    return FieldChange(field_id=spec.id, changes=changes, options=made, renames=renames)


def _addressed(schema: ObjectSchema, body: Body) -> FieldSpec | None:
    if body.given("id"):
        spec = find_type_field(schema, body.key("id"))
        if spec is None:
            raise InvalidInput(
                "the type has no such field.", "does_not_exist", at=(*body.where, "id")
            )
        if body.given("slug"):
            check_kept(spec, body)
        return spec
    return find_type_field(schema, _slug(body)) if body.given("slug") else None


def _field_type(body: Body) -> str:
    sent = body.required("fieldType", most=64)
    found = named_type(sent)
    if found is None or is_link_type(found):
        known = ", ".join(workspace_types())
        raise body.wrong(f"{quoted(sent)} is not one of {known}", "fieldType")
    return found


def _definition(body: Body) -> FieldDefinition:
    if body.given("id"):
        raise InvalidInput("omit it for a new field.", at=(*body.where, "id"))
    field_type = _field_type(body)
    options = [option for _, option in _options(body)]
    if any(option.id for option in options):
        raise body.wrong("omit the ids of new options", "options")
    if options and not has_options(field_type):
        raise body.wrong("fields of this type have none", "options")
    return FieldDefinition(
        body.required("name"),
        field_type,
        name=_slug(body),
        description=body.text("description"),
        settings=_settings(body, field_type, {}),
        options=tuple(OptionDefinition(option.name, option.code) for option in options),
        is_required=body.flag("required"),
        is_unique=body.flag("unique"),
        should_index=body.flag("shouldIndex", default=True),
        is_admin_only=body.flag("isAdminOnly"),
        is_external_id=body.flag("isExternalId"),
        validation=body.text("validation", most=MAX_RULE),
        validation_message=body.text("validationMessage"),
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
    changes |= _validation(body)
    if any(rule in body for rule in (*RULES, "formula")):
        changes["settings"] = _settings(body, spec.type.name, spec.settings)
    return changes


def _validation(body: Body) -> dict[str, str]:
    """The validation and its message, as far as they are sent; null is a blank."""
    sent = [key for key in VALIDATION if key in body]
    return {VALIDATION[key]: body.text(key, most=MAX_RULE) for key in sent}


def _rules(body: Body) -> dict[str, Any]:
    """The rules that are sent; `formula` is another name of `expression`."""
    rules = {rule: body.content[key] for key, rule in RULES.items() if key in body}
    if "formula" in body:
        told = body.content["formula"]
        if rules.setdefault("expression", told) != told:
            raise body.wrong("send the same as in expression, or omit it", "formula")
    return rules


def _settings(body: Body, field_type: str, current: Any) -> dict[str, Any]:
    rules = _rules(body)
    with problems_at(*body.where), problems_in(WORDS):
        return settings_with(field_type, rules, current)


class Option(NamedTuple):
    """An option as it is sent: by its name alone, or as an object that may say which it is."""

    name: str
    code: str = ""
    id: int | None = None


def _options(body: Body) -> list[tuple[int, Option]]:
    """The options of a field, with their places."""
    found = []
    for at, entry in enumerate(body.items("options", MAX_OPTIONS)):
        place = (*body.where, "options", at)
        named = {"name": entry} if isinstance(entry, str) else entry
        sent = Body(named, ("name", "id", "code"), place)
        name, code = sent.required("name", most=255), sent.text("code", most=255)
        found.append((at, Option(name, code, sent.key("id"))))
    return found


Renames = tuple[tuple[int, int, str], ...]


def _options_asked(body: Body, spec: FieldSpec) -> tuple[tuple[OptionDefinition, ...], Renames]:
    """The options that the field does not have yet, and new names of those that are sent with
    their ids; none is ever taken away by leaving it out."""
    known = {option.id: option for option in live_options(spec)}
    names = {option.name.casefold() for option in known.values()}
    made: list[OptionDefinition] = []
    renames: list[tuple[int, int, str]] = []
    for at, sent in _options(body):
        if sent.id is None:
            if sent.name.casefold() not in names:
                made.append(OptionDefinition(sent.name, sent.code))
            continue
        option = known.get(sent.id)
        if option is None:
            raise InvalidInput(
                "the field has no such option.",
                "does_not_exist",
                at=(*body.where, "options", at, "id"),
            )
        if sent.code not in ("", option.code):
            raise body.wrong("the code of an option cannot be changed", "options", at, "code")
        if sent.name != option.name:
            renames.append((at, sent.id, sent.name))
    if made and not has_options(spec.type.name):
        raise body.wrong("fields of this type have none", "options")
    return tuple(made), tuple(renames)
