"""The form of an external source: its operations, and where each field's value stands in the
upstream's records."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from records.admin.choosing import Visitor
from records.exceptions import Place
from records.models import ExternalOperation, ExternalSource
from records.services.catalogue import may_be_mapped
from records.services.external import METHODS, USUAL_METHODS

from .base import SetupForm

PARTS = ("path", "method", "response_path")
GENERAL = ("name", "base_url", "timeout_seconds")
ANSWERS = ("id_path", "total_path")
EXAMPLES = {
    "get": "/things/{external_id}",
    "list": "/things?limit={limit}&offset={offset}&q={search}&colour={field.colour}",
    "create": "/things",
    "update": "/things/{external_id}",
    "patch": "/things/{external_id}",
    "delete": "/things/{external_id}",
    "cancel": "/things/{external_id}/cancel",
}
MEANINGS = {
    "get": "Reading one record.",
    "list": "Searching and listing. Only parameters in the path can be searched for.",
    "create": "Creating a record. The response must contain its id.",
    "update": "Replacing a whole record; also used for upserts.",
    "patch": "Changing some fields of a record.",
    "delete": "Archiving and deleting a record.",
    "cancel": "Cancelling a record, in the API for agents.",
}
RESULTS = dict.fromkeys(EXAMPLES, "Path to the record in the response, such as data.item.") | {
    "list": "Path to the list of records in the response, such as data.items."
}
HELP = {
    "base_url": "Starts with https://. Changing the host removes the secret.",
    "timeout_seconds": "Time limit for a whole call, at most 30.",
    "id_path": "Path to the id within a record, such as id or meta.key.",
    "total_path": "Path to the total count in a list response. Leave blank if there is none.",
    "auth_header": "Header that carries the secret.",
}


class SourceForm(SetupForm):
    """What new sources and those that exist have in common."""

    new_secret = forms.CharField(
        label="Secret",
        required=False,
        strip=True,
        widget=UnfoldAdminPasswordWidget(
            attrs={"autocomplete": "new-password"}, render_value=False
        ),
        help_text="The whole value of the header, such as: Bearer abc. Leave blank to keep the "
        "stored one.",
    )

    inputs = {"secret": "new_secret"}

    class Meta:
        model = ExternalSource
        fields: Any = (*GENERAL, "auth_header", *ANSWERS)
        help_texts = HELP

    def settings(self) -> dict[str, Any]:
        """What the services are to make of it."""
        given = {name: self.cleaned_data[name] for name in (*GENERAL, "auth_header", *ANSWERS)}
        if self.cleaned_data.get("new_secret"):
            given["secret"] = self.cleaned_data["new_secret"]
        return given

    def input_at(self, path: Place) -> str | None:
        """An operation has an input for its path."""
        if path[:1] == ("operations",) and len(path) > 1 and f"{path[1]}_path" in self.fields:
            return f"{path[1]}_path"
        return super().input_at(path)


class NewSourceForm(SourceForm):
    """A source that has no operations yet."""

    class Meta(SourceForm.Meta):
        fields = ("object", *GENERAL, "auth_header", *ANSWERS)


class KnownSourceForm(SourceForm):
    """A source with its operations and its mapping; `made_for` has a form with the fields of its
    object."""

    field_names: tuple[str, ...] = ()
    forget_secret = forms.BooleanField(
        required=False, widget=UnfoldBooleanSwitchWidget, label="Delete the stored secret"
    )

    def settings(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        given = super().settings()
        if cleaned.get("forget_secret"):
            given["secret"] = ""
        given["operations"] = {
            name: {part: cleaned[f"{name}_{part}"] for part in PARTS}
            for name in ExternalOperation.values
            if cleaned[f"{name}_path"].strip()
        }
        given["mapping"] = {
            name: cleaned[f"map_{name}"]
            for name in self.field_names
            if cleaned[f"map_{name}"].strip()
        }
        return given


def form_for(visitor: Visitor, source: ExternalSource) -> type[KnownSourceForm]:
    """The form of one source."""
    inputs: dict[str, Any] = {}
    for name in ExternalOperation.values:
        inputs.update(_operation_inputs(name, source.operations.get(name, {})))
    schema = visitor.definer().directory.schema(source.object_id)
    specs = [spec for spec in schema.fields if may_be_mapped(spec)]
    for spec in specs:
        mapped = spec.name if source.mapping is None else source.mapping.get(spec.name, "")
        inputs[f"map_{spec.name}"] = _text(f"{spec.display_name} ({spec.name})", mapped)
    names = tuple(spec.name for spec in specs)
    return type("MadeSourceForm", (KnownSourceForm,), {**inputs, "field_names": names})


def _operation_inputs(name: str, given: dict[str, str]) -> dict[str, forms.Field]:
    method = given.get("method", USUAL_METHODS.get(name, "POST"))
    return {
        f"{name}_method": forms.ChoiceField(
            label="Method",
            choices=[(method, method) for method in METHODS],
            initial=method,
            widget=UnfoldAdminSelectWidget,
        ),
        f"{name}_path": _text(
            "Path", given.get("path", ""), f"Like {EXAMPLES[name]}; blank: not supported."
        ),
        f"{name}_response_path": _text(
            "Path in the response",
            given.get("response_path", ""),
            f"{RESULTS[name]} Blank: the whole response.",
        ),
    }


def _text(label: str, initial: str, help_text: str = "") -> forms.CharField:
    widget = UnfoldAdminTextInputWidget
    return forms.CharField(
        label=label, required=False, initial=initial, widget=widget, help_text=help_text
    )


def source_fieldsets(form: type[KnownSourceForm] | None) -> tuple[Any, ...]:
    """How the form is laid out; one that does not exist yet has no operations."""
    if form is None:
        return (
            (None, {"fields": ("object", *GENERAL)}),
            ("Secret", {"fields": ("auth_header", "new_secret")}),
            ("Answers", {"fields": ANSWERS}),
        )
    operations = (
        (
            f"Operation: {name}",
            {"fields": tuple(f"{name}_{part}" for part in PARTS), "description": MEANINGS[name]},
        )
        for name in ExternalOperation.values
    )
    mapping = {
        "fields": tuple(f"map_{name}" for name in form.field_names),
        "description": "Path to each field's value in the upstream's records, with dots between "
        "the steps. Unmapped fields are not stored here.",
    }
    return (
        (None, {"fields": ("object", *GENERAL)}),
        ("Secret", {"fields": ("auth_header", "stored_secret", "new_secret", "forget_secret")}),
        *operations,
        ("Answers", {"fields": ANSWERS}),
        ("Fields", mapping),
    )
