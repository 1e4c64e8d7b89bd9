"""Objects: what kinds of records the workspace has."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminSelectWidget

from records.models import Field, ObjectKind, ObjectType
from records.services.shaping import create_object, update_object

from .base import HistoryMixin, ScopedInline, SetupAdmin, SetupForm, adopt, go_on_editing
from .choosing import get_visitor

BY_NAME, BY_NOTHING = "name", ""


class NewObjectForm(SetupForm):
    """What an object is made of; what is chosen here stays."""

    object_type = forms.ChoiceField(
        label="Kind",
        choices=[(ObjectKind.STANDARD, "Standard"), (ObjectKind.PIPELINE, "Pipeline, with stages")],
        widget=UnfoldAdminSelectWidget,
    )
    identifier = forms.ChoiceField(
        label="Records are identified by",
        required=False,
        initial=BY_NAME,
        choices=[(BY_NAME, "A unique name"), (BY_NOTHING, "Nothing; they have no name")],
        widget=UnfoldAdminSelectWidget,
    )


class FieldInline(ScopedInline):
    """The object's fields, each with a page of its own."""

    model = Field
    fk_name = "object"
    fields = (
        "label",
        "name",
        "field_type",
        "is_required",
        "is_unique",
        "is_read_only",
        "is_hidden",
    )
    readonly_fields = fields
    ordering = ("order", "id")
    can_delete = False
    verbose_name_plural = "Fields"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Field]:
        return super().get_queryset(request).filter(deleted_at=None)

    @admin.display(description="label")
    def label(self, field: Field) -> str:
        page = reverse("admin:records_field_change", args=[field.pk])
        return format_html('<a href="{}" class="records-link">{}</a>', page, field.display_name)


@admin.register(ObjectType)
class ObjectTypeAdmin(SetupAdmin, HistoryMixin):
    """The objects of the workspace."""

    list_display = (
        "object_name",
        "name",
        "object_type",
        "field_count",
        "identifier",
        "records_link",
    )
    list_select_related = ("identifier_field",)
    search_fields = ("object_name", "entity_name", "name")
    ordering = ("object_name",)
    inlines = (FieldInline,)
    change_form_outer_before_template = "admin/records/object_links.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ObjectType]:
        live = Count("fields", filter=Q(fields__deleted_at=None))
        rows: QuerySet[ObjectType] = (
            super().get_queryset(request).filter(archived_at=None).annotate(live_fields=live)
        )
        return rows

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return () if obj is None else self.inlines

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return (
                "object_name",
                "entity_name",
                "name",
                "object_type",
                "identifier",
                "description",
                "is_open",
                "is_collection",
            )
        return (
            "object_name",
            "entity_name",
            "description",
            "display_pattern",
            "is_open",
            "is_collection",
            "name",
            "object_type",
            "identifier",
            "uuid",
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("name", "object_type", "identifier", "uuid")

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs["form"] = NewObjectForm
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None and "name" in form.base_fields:
            form.base_fields["name"].required = False
            form.base_fields[
                "name"
            ].help_text = "Name for programs. Leave blank to derive it from the label."
        elif "display_pattern" in form.base_fields:
            form.base_fields["display_pattern"].help_text = (
                "Pattern for record names, with API names of fields in braces, such as "
                "{species} at {airport}. Changing it renames all records."
            )
        if "is_open" in form.base_fields:
            form.base_fields[
                "is_open"
            ].help_text = "An unknown property that an agent writes becomes a new field."
        return form

    @admin.display(description="fields", ordering="live_fields")
    def field_count(self, row: ObjectType) -> int:
        count: int = row.live_fields  # type: ignore[attr-defined]
        return count

    @admin.display(description="identifier")
    def identifier(self, row: ObjectType) -> str:
        return str(row.identifier_field) if row.identifier_field is not None else "none"

    @admin.display(description="records")
    def records_link(self, row: ObjectType) -> str:
        return format_html(
            '<a href="{}" class="records-link">Open</a>', reverse("admin:records", args=[row.uuid])
        )

    def save_model(self, request: HttpRequest, obj: ObjectType, form: Any, change: bool) -> None:
        definer, asked = get_visitor(request).definer(), dict(form.cleaned_data)
        if change:
            update_object(definer, obj, **asked)
            return
        labels = asked.pop("object_name"), asked.pop("entity_name")
        identifier = asked.pop("identifier") or None
        adopt(obj, create_object(definer, *labels, identifier_field=identifier, **asked))

    def response_add(
        self, request: HttpRequest, obj: ObjectType, post_url_continue: str | None = None
    ) -> Any:
        """On to its fields."""
        go_on_editing(request)
        return super().response_add(request, obj, post_url_continue)
