"""The forms of fields: what a new one is, and what may change of one that exists."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from records.admin.showing import document_text
from records.field_types import RESULTS, FieldType, field_types
from records.models import Field, ObjectType, RelationKind

from .base import SetupForm

SETTING = "setting_"
KIND_LABELS = {
    RelationKind.ONE_TO_ONE: "One record, linked from one",
    RelationKind.PRIMARY: "One record, linked from many",
    RelationKind.PRIMARY_FOR: "Many records, each linked from one",
    RelationKind.ADDITIONAL: "Many records, linked from many",
    RelationKind.ADDITIONAL_FOR: "Many records, linked from many (seen from the other side)",
}


def type_choices() -> list[tuple[str, str]]:
    """The types of fields by what people call them, in that order."""
    return sorted(((kind.name, kind.label) for kind in field_types.values()), key=itemgetter(1))


def formula_types() -> list[str]:
    """The types that cannot be made without an expression."""
    kinds = field_types.values()
    return [kind.name for kind in kinds if "expression" in kind.required_rules]


class NewFieldForm(SetupForm):
    """What stays as it is made: object, type, API name and, of a relationship, where it leads."""

    field_type = forms.ChoiceField(
        label="Type",
        initial="text",
        choices=type_choices,
        widget=UnfoldAdminSelectWidget,
    )
    links_to = forms.ModelChoiceField(
        label="Links to",
        queryset=ObjectType.objects.none(),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="The object whose records it links to.",
    )
    link_kind = forms.ChoiceField(
        label="Each record links to",
        choices=list(KIND_LABELS.items()),
        required=False,
        initial=RelationKind.PRIMARY,
        widget=UnfoldAdminSelectWidget,
    )
    mirror_label = forms.CharField(
        label="Label on the other side",
        required=False,
        max_length=255,
        widget=UnfoldAdminTextInputWidget,
        help_text="Label of the field in which linked records show these records.",
    )

    expression = forms.CharField(
        label="Expression",
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="What the formula computes, such as record.data.price * 2.",
    )
    result_type = forms.ChoiceField(
        label="Results are",
        choices=[("", "As the expression tells"), *((kind, kind) for kind in RESULTS)],
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="It says how they are found and sorted, and never changes.",
    )

    inputs = {"relation": "links_to", "related_name": "mirror_label"}

    def settings(self) -> dict[str, Any]:
        """The settings that a field of this type cannot be made without."""
        made = self.cleaned_data["field_type"]
        if made not in formula_types():
            return {}
        groups = field_types.get(made).setting_keys()
        return {
            group: {key: self.cleaned_data[key] or None for key in keys}
            for group, keys in groups.items()
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        # A relationship is the one type that is made of more than its own field; the core refuses
        # it without.
        if cleaned.get("links_to") is None:
            cleaned["link_kind"] = ""
        return cleaned


class FieldForm(SetupForm):
    """What may change of a field. Its type's settings are text inputs, made for the field by
    `form_for`."""

    default_text = forms.CharField(
        label="Default",
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Value of new records that do not set the field, written as in a CSV file.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        default = self.instance.default_value
        kind = field_types.get(self.instance.field_type)
        documents = default is not None and kind.is_document
        self.fields["default_text"].initial = (
            document_text(default) if documents else default_text(kind, default)
        )
        settings = {key: SETTING + key for keys in kind.setting_keys().values() for key in keys}
        self.inputs = {"default_value": "default_text", **settings}
        for group in self.instance.settings.values():
            for key, value in group.items():
                if SETTING + key in self.fields:
                    self.fields[SETTING + key].initial = "" if value is None else value

    def settings(self) -> dict[str, Any]:
        """The settings as they were typed, in the groups of the field's type."""
        kind = field_types.get(self.instance.field_type)
        return {
            group: {key: typed(kind, key, self.cleaned_data.get(SETTING + key, "")) for key in keys}
            for group, keys in kind.setting_keys().items()
        }


def default_text(kind: FieldType, default: Any) -> str:
    """A default as it is written in a CSV file."""
    if isinstance(default, list):
        return "; ".join(default_text(kind, item) for item in default)
    if isinstance(default, Mapping):
        return str(default.get("name") or default.get("id") or default.get(kind.sent_by) or "")
    if isinstance(default, bool):
        return "yes" if default else "no"
    return "" if default is None else str(default)


def typed(kind: FieldType, key: str, text: str) -> Any:
    """What a setting typed as text means: nothing, a number or a text."""
    text = text.strip()
    if key in kind.text_settings:
        return text or None
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text or None


def form_for(field: Field) -> type[FieldForm]:
    """The form for a field's type, with an input for each of its settings."""
    inputs = {
        SETTING + key: forms.CharField(
            label=key.replace("_", " ").capitalize(),
            required=False,
            widget=UnfoldAdminTextInputWidget,
        )
        for keys in field_types.get(field.field_type).setting_keys().values()
        for key in keys
    }
    return type("FieldForm", (FieldForm,), inputs)


def setting_names(field: Field) -> tuple[str, ...]:
    """The names of those inputs."""
    return tuple(name for name in form_for(field).base_fields if name.startswith(SETTING))
