"""Objects: what kinds of records the workspace has."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST
from unfold.widgets import UnfoldAdminSelectWidget

from records.admin.choosing import get_visitor
from records.exceptions import InvalidInput, NotAllowed
from records.field_types import field_types
from records.models import Field, ObjectKind, ObjectType
from records.services.shaping import (
    archive_object,
    count_live_records,
    create_object,
    restore_object,
    update_object,
)

from .base import HistoryMixin, ScopedInline, SetupAdmin, SetupForm, adopt, go_on_editing

BY_NAME, BY_NOTHING = "name", ""
ARCHIVED = "archived"


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
        "type_label",
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

    @admin.display(description="type")
    def type_label(self, field: Field) -> str:
        # The row of a form without a field has no type.
        return field_types.get(field.field_type).label if field.field_type else ""


class StateFilter(admin.SimpleListFilter):
    """Archived objects instead of those in use."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(ARCHIVED, "Archived")]

    def choices(self, changelist: Any) -> Any:
        in_use, *others = super().choices(changelist)
        yield {**in_use, "display": "In use"}
        yield from others

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ObjectType]
    ) -> QuerySet[ObjectType]:
        return queryset.filter(archived_at__isnull=self.value() != ARCHIVED)


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
    list_filter = (StateFilter,)
    inlines = (FieldInline,)
    change_form_outer_before_template = "admin/records/object_links.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ObjectType]:
        live = Count("fields", filter=Q(fields__deleted_at=None))
        rows: QuerySet[ObjectType] = super().get_queryset(request).annotate(live_fields=live)
        return rows

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An archived object is only looked at, until it is brought back."""
        may = super().has_change_permission(request, obj)
        return may and (obj is None or obj.archived_at is None)

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
                "prompt",
                "is_open",
                "is_collection",
                "is_pinned",
            )
        return (
            "object_name",
            "entity_name",
            "description",
            "display_pattern",
            "prompt",
            "is_open",
            "is_collection",
            "is_pinned",
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

    # ------------------------------------------------------------ archiving

    def get_custom_urls(self) -> tuple[Any, ...]:
        parts = (("archive", self.archive), ("unarchive", require_POST(self.unarchive)))
        return tuple(
            (f"<int:object_id>/{name}/", f"records_objecttype_{name}", view) for name, view in parts
        )

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def archive(
        self, request: HttpRequest, object_id: int, model_admin: Any = None
    ) -> HttpResponse:
        """What archiving an object hides, and doing it."""
        row: ObjectType = self.row_or_404(request, object_id)
        if request.method != "POST":
            context = {
                **self.admin_site.each_context(request),
                "title": f"Archive {row.object_name}?",
                "object": row,
                "count": count_live_records(row.workspace_id, row.pk),
                "opts": self.model._meta,
            }
            return TemplateResponse(request, "admin/records/archive_object.html", context)
        try:
            archive_object(get_visitor(request).definer(), row.pk)
        except NotAllowed as refusal:
            messages.error(request, refusal.detail)
            return redirect("admin:records_objecttype_change", row.pk)
        self.log_change(request, row, "Archived.")
        messages.success(request, f"{row.object_name} was archived, with its records.")
        return redirect(f"{reverse('admin:records_objecttype_changelist')}?state={ARCHIVED}")

    def unarchive(
        self, request: HttpRequest, object_id: int, model_admin: Any = None
    ) -> HttpResponse:
        """Bring an archived object back."""
        row: ObjectType = self.row_or_404(request, object_id)
        try:
            restore_object(get_visitor(request).definer(), str(row.uuid))
        except InvalidInput as refusal:
            messages.error(request, refusal.detail)
        else:
            self.log_change(request, row, "Unarchived.")
            messages.success(request, f"{row.object_name} was unarchived, with its records.")
        return redirect("admin:records_objecttype_change", row.pk)

    # ------------------------------------------------------------ saving

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
