"""The fields every object is made with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from records.models import ObjectKind, StageStatus
from records.services.catalogue import FieldDefinition, OptionDefinition, slug

DEFAULT_STAGES = (
    OptionDefinition("New", stage_status=StageStatus.OPEN, percentage=10),
    OptionDefinition("In progress", stage_status=StageStatus.OPEN, percentage=50),
    OptionDefinition("Won", stage_status=StageStatus.WON, percentage=100),
    OptionDefinition("Lost", stage_status=StageStatus.LOST, percentage=0),
)


def _field(display_name: str, field_type: str, **more: Any) -> FieldDefinition:
    more.setdefault("name", slug(display_name))
    return FieldDefinition(display_name, field_type, is_default=True, **more)


def _common() -> list[FieldDefinition]:
    return [
        _field("Owner", "team_selector"),
        _field("Created", "datetime", computed="created"),
        _field("Updated", "datetime", computed="updated"),
        _field("Display name", "text", computed="display_name"),
    ]


def object_fields(object_type: str, stages: Sequence[OptionDefinition]) -> list[FieldDefinition]:
    """The default fields of a standard or pipeline object."""
    fields = [_field("Name", "text", is_required=True), *_common()]
    if object_type == ObjectKind.PIPELINE:
        fields += [
            _field("Stage", "status", options=tuple(stages), is_required=True, allows_empty=False),
            _field("Value", "money", name="entity_value"),
            _field("Estimated close date", "date"),
            _field("Actual close date", "date"),
            _field("Chance to close (%)", "integer", name="percentage_chance_to_close"),
            _field(
                "Reasons lost",
                "checkboxes",
                options=(OptionDefinition("Price"), OptionDefinition("Timing")),
            ),
        ]
    return fields


def contact_fields() -> list[FieldDefinition]:
    """The default fields of the contacts object; the email is the identifier."""
    statuses = ("Opted in", "Not opted in", "Unsubscribed", "Suppression list")
    return [
        _field("First name", "text"),
        _field("Last name", "text"),
        _field("Full name", "text", computed="full_name"),
        _field("Email", "email"),
        _field("Business phone", "phonenumber"),
        _field("Mobile phone", "phonenumber"),
        _field("Home phone", "phonenumber"),
        _field("Titles", "dynamictags"),
        _field("Tags", "dynamictags"),
        _field("Birthday", "date"),
        _field(
            "Email status",
            "dropdown",
            options=tuple(OptionDefinition(status) for status in statuses),
        ),
        _field("Timezone", "timezone"),
        *_common(),
    ]
