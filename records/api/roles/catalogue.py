"""What can be granted, as those who draw a page of it need to know: controls, their levels, and the
fields that objects are made with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from records.services.catalogue import FieldDefinition
from records.services.people import CONTACTS_SECTION
from records.services.shaping import DEFAULT_STAGES, contact_fields, object_fields

from .requests import SETTINGS_SECTION

LEVELS = ["none", "view", "edit", "remove"]
SWITCHED = ["none", "edit"]
PIPELINE = "pipeline"  # it has all the default fields that an object can have


def _control(
    key: str, label: str, affordance: str, allowed: list[str], **more: str
) -> dict[str, Any]:
    return {
        "key": key,
        "label": label,
        "affordance": affordance,
        "allowed_access": allowed,
        "default": "none",
        **more,
    }


def _object_controls() -> list[dict[str, Any]]:
    """The controls of an object; `{0}` is what its records are called."""
    records, tools = "records", "tools"
    return [
        _control("all_records", "All {0}", "range", LEVELS, category=records),
        _control(
            "associated_records",
            "Associated {0}",
            "range",
            LEVELS,
            category=records,
            rule="At least all_records.",
        ),
        _control("create_record", "Create {0}", "checkbox", SWITCHED, category=records),
        _control(
            "unarchive_all",
            "Unarchive all {0}",
            "checkbox",
            SWITCHED,
            category=tools,
            rule="Follows all_records.remove.",
        ),
        _control(
            "unarchive_associated",
            "Unarchive associated {0}",
            "checkbox",
            SWITCHED,
            category=tools,
            rule="Follows associated_records.remove.",
        ),
        _control(
            "bulk_data_upload",
            "Upload {0} in bulk",
            "checkbox",
            SWITCHED,
            category=tools,
            rule="Follows create_record.",
        ),
    ]


def _default_fields(fields: Iterable[FieldDefinition]) -> dict[str, Any]:
    """The switches of fields, which are on as far as the object's grant goes; nobody writes what is
    computed."""
    return {
        field.name: {"allowed_access": LEVELS[:2], "default": "view"}
        if field.computed
        else {"allowed_access": LEVELS[:3], "default": "edit"}
        for field in fields
    }


CATALOGUE: dict[str, Any] = {
    "order": [SETTINGS_SECTION, "custom_object_entities", CONTACTS_SECTION],
    "sections": [
        {
            "key": SETTINGS_SECTION,
            "label": "Settings",
            "default": "none",
            "permissions": [
                _control("enabled", "Administrator", "switch", SWITCHED, rule="Grants everything.")
            ],
        }
    ],
    "custom_objects": _object_controls(),
    "contacts": _object_controls(),
    "default_contact_fields": _default_fields(contact_fields()),
    "default_custom_object_fields": _default_fields(object_fields(PIPELINE, DEFAULT_STAGES)),
}
