"""What callers send to shape a workspace, read into the shapes of the core.

Keys that are not known are passed by: existing clients send settings of their own. What is known
must have its type.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from records.api.bodies import JsonBody, read_object
from records.exceptions import InvalidInput
from records.services.catalogue import FieldDefinition, OptionDefinition, RelationDefinition
from records.services.shaping import is_link_type, setting_groups

FLAGS = ("is_required", "is_read_only", "is_hidden", "is_unique", "allows_empty")
MAX_ORDER = 1_000_000
# The words of the documented client for relationships, which it reads as `cardinality`.
RELATION_SYNONYMS = {
    "many_to_one": "primary",
    "one_to_many": "primary_for",
    "many_to_many": "additional",
}


class Body(JsonBody):
    """What shapes a workspace: objects, lists of objects, whole numbers."""

    def __contains__(self, key: str) -> bool:
        return self.content.get(key) is not None

    def number(self, key: str, most: int = MAX_ORDER) -> int | None:
        """A whole number from 0, or None where there is none."""
        value = self.content.get(key)
        if value is None:
            return None
        if type(value) is not int or not 0 <= value <= most:
            raise self.wrong(f"expected a whole number from 0 to {most}", key)
        return value

    def texts(self, key: str) -> list[str]:
        """A list of texts, empty where there is none."""
        value = self.content.get(key)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong("expected a list of strings", key)
        return value

    def group(self, key: str) -> Body:
        """An object inside the object; empty where there is none."""
        value = self.content.get(key)
        if value is not None and not isinstance(value, dict):
            raise self.wrong("expected an object", key)
        return Body(value or {}, (*self.where, key))

    def groups(self, key: str) -> list[Body]:
        """A list of objects; a text stands for an object with that name."""
        value = self.content.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.wrong("expected a list", key)
        if len(value) > 1000:
            raise InvalidInput("at most 1000 entries.", "limit_exceeded", at=(*self.where, key))
        groups = []
        for at, sent in enumerate(value):
            entry = {"name": sent} if isinstance(sent, str) else sent
            if not isinstance(entry, dict):
                raise self.wrong("expected an object", key, at)
            groups.append(Body(entry, (*self.where, key, at)))
        return groups

    def given(self, **readers: Any) -> dict[str, Any]:
        """What the body says of these keys; each reader is called for a key that is there."""
        return {key: read(key) for key, read in readers.items() if key in self}


def read_body(request: HttpRequest) -> Body:
    content = read_object(request, None)
    if "dry_run" in content:  # other unknown keys are harmless; this write would be meant
        raise InvalidInput("send it in the query.", at="dry_run")
    return Body(content)


def field_definition(body: Body, category: str) -> FieldDefinition:
    """A field to make; `category` is the name of one that exists."""
    field_type = body.required("field_type")
    return FieldDefinition(
        body.required("display_name"),
        field_type,
        name=body.text("name"),
        category=category,
        description=body.text("description"),
        settings=_settings(body),
        options=option_definitions(body),
        relation=_relation(body.group("relation")) if is_link_type(field_type) else None,
        default_value=body.content.get("default_value"),
        is_required=body.flag("is_required"),
        is_read_only=body.flag("is_read_only"),
        is_hidden=body.flag("is_hidden"),
        is_unique=body.flag("is_unique"),
        allows_empty=body.flag("allows_empty", default=True),
    )


def _settings(body: Body) -> dict[str, Any]:
    return {group: body.content[group] for group in setting_groups() if group in body}


def option_definitions(body: Body, key: str = "options") -> tuple[OptionDefinition, ...]:
    """The options of a field to make, in the order they ask for."""
    entries = enumerate(body.groups(key))
    ranked = sorted(
        entries, key=lambda pair: rank if (rank := pair[1].number("order")) is not None else pair[0]
    )
    return tuple(option_definition(entry, ordered=False) for _, entry in ranked)


def stage_definitions(body: Body) -> tuple[OptionDefinition, ...]:
    """The stages of a pipeline to make: options that have a status each."""
    for entry in body.groups("stages"):
        entry.required("status")
    return option_definitions(body, "stages")


def option_definition(body: Body, *, ordered: bool = True) -> OptionDefinition:
    """An option or a stage; `ordered`: at the place it asks for, instead of the last."""
    return OptionDefinition(
        body.required("name"),
        code=body.text("code", most=255),
        stage_status=body.text("status"),
        percentage=body.number("percentage_chance_to_close", 100),
        order=body.number("order") if ordered else None,
    )


def _relation(body: Body) -> RelationDefinition:
    kind = body.required("relation_type")
    return RelationDefinition(
        body.required("related_object"),
        RELATION_SYNONYMS.get(kind, kind),
        body.text("related_name"),
        mirror_category=body.text("related_category"),
    )


def field_changes(body: Body) -> dict[str, Any]:
    """What a PATCH of a field changes; its type and API name never do."""
    changes = body.given(
        display_name=body.required,
        description=body.text,
        order=body.number,
        **dict.fromkeys(FLAGS, body.flag),
    )
    if settings := _settings(body):
        changes["settings"] = settings
    if "default_value" in body.content:
        changes["default_value"] = body.content["default_value"]
    return changes
