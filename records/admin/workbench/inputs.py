"""The inputs of a record's form, made of what its fields' types say of themselves."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from records.admin.showing import document_text
from records.field_types import FieldSpec, shown_name
from records.models import Member
from records.services.access import Author

LONG = 1000  # characters above which a text gets a large input
YES, NO = "yes", "no"
LINKS = ("record", "attachment")
Choices = list[tuple[str, str]]


def choices_of(author: Author, field: FieldSpec) -> Choices:
    """What may be chosen for a field: its options, the active members, yes or no; nothing where it
    is typed."""
    if field.type.has_options:
        live = [option for option in field.options.values() if not option.deleted]
        return [
            (option.uuid, option.name)
            for option in sorted(live, key=lambda one: (one.order, one.id))
        ]
    if field.type.refers_to == "member":
        active = Member.objects.filter(workspace_id=author.workspace.id, is_active=True)
        return sorted(
            ((str(one.uuid), str(one)) for one in active), key=lambda pair: pair[1].casefold()
        )
    return [(YES, "Yes"), (NO, "No")] if _schema(field).get("type") == "boolean" else []


def _schema(field: FieldSpec) -> dict[str, Any]:
    return field.type.json_schema(field)


def makes_options(field: FieldSpec) -> bool:
    """Whether a value may name options that do not exist yet, so that it is typed and not
    chosen."""
    return field.type.is_typed(field)


def is_link(field: FieldSpec) -> bool:
    """Whether values are rows of their own: shown to be kept or not, with an input to add more."""
    return field.type.refers_to in LINKS


def make_inputs(author: Author, field: FieldSpec, value: Any) -> dict[str, forms.Field]:
    """The inputs for a field that holds `value`, by their names in the form."""
    if is_link(field):
        return _link_inputs(field, value)
    common: dict[str, Any] = {
        "label": field.display_name,
        "required": False,  # the write path says what is missing
        "initial": initial(field, value),
        "help_text": _help(field),
        "show_hidden_initial": True,
    }
    choices = choices_of(author, field)
    if choices and not makes_options(field):
        if field.multiple:
            widget = UnfoldAdminCheckboxSelectMultipleWidget
            return {
                field.name: forms.MultipleChoiceField(
                    choices=_with_current(choices, value), widget=widget, **common
                )
            }
        offered = [("", "–"), *_with_current(choices, value)]  # noqa: RUF001
        return {
            field.name: forms.ChoiceField(choices=offered, widget=UnfoldAdminSelectWidget, **common)
        }
    return {field.name: forms.CharField(strip=False, widget=_widget(field), **common)}


def _with_current(choices: Choices, value: Any) -> Choices:
    """The choices, with what is chosen now even where it can no longer be chosen."""
    known = {key for key, _ in choices}
    current = [
        item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)
    ]
    return [
        *choices,
        *((item["id"], shown_name(item)) for item in current if item["id"] not in known),
    ]


def _widget(field: FieldSpec) -> forms.Widget:
    schema = _schema(field)
    if schema.get("maxLength", 0) > LONG or field.type.is_document:
        large: forms.Widget = UnfoldAdminTextareaWidget()
        return large
    attrs = {"autocomplete": "off"}
    if schema.get("format") == "date":
        attrs["type"] = "date"
    elif schema.get("type") in ("number", "integer"):
        attrs["inputmode"] = "decimal"
    widget: forms.Widget = UnfoldAdminTextInputWidget(attrs)
    if "type" in attrs:
        widget.input_type = attrs.pop("type")  # type: ignore[attr-defined]
    return widget


def _help(field: FieldSpec) -> str:
    hint = "Separate values with semicolons." if makes_options(field) else field.type.hint(field)
    hints = (field.description, hint, "Required." if field.is_required else "")
    return " ".join(part for part in hints if part)


def initial(field: FieldSpec, value: Any) -> Any:
    """What an input holds to begin with: the value as it would stand in a CSV cell, or the ids of
    what is chosen."""
    if value is None:
        return [] if field.multiple and field.type.has_options and not makes_options(field) else ""
    if field.type.is_document:
        return document_text(value)
    if isinstance(value, list) and field.type.has_options:
        return (
            field.type.to_cell(field, value)
            if makes_options(field)
            else [item["id"] for item in value]
        )
    if isinstance(value, dict) and (field.type.has_options or field.type.refers_to):
        return value["id"]
    if isinstance(value, bool):
        return YES if value else NO
    text = str(field.type.to_cell(field, value))
    return text.replace("T", " ", 1) if _schema(field).get("format") == "date-time" else text


def _link_inputs(field: FieldSpec, value: Any) -> dict[str, forms.Field]:
    current = value if isinstance(value, list) else [] if value is None else [value]
    kept = forms.MultipleChoiceField(
        label=field.display_name,
        required=False,
        choices=[(item["id"], shown_name(item)) for item in current],
        initial=[item["id"] for item in current],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Untick values to remove them.",
        show_hidden_initial=True,
    )
    more = f"{field.display_name}: add" if field.multiple else f"{field.display_name}: set to"
    added = forms.CharField(
        label=more if current else field.display_name,
        required=False,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
        help_text=_help(field),
    )
    inputs: dict[str, forms.Field] = {field.name: kept} if current else {}
    return {**inputs, added_name(field): added}


def added_name(field: FieldSpec) -> str:
    """The name of the input that adds to a field of links; no API name has a hyphen."""
    return f"{field.name}-add"
