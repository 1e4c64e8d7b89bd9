"""Fields with their options."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods
from unfold.decorators import display
from unfold.forms import PaginationInlineFormSet

from records.admin.choosing import get_visitor
from records.exceptions import RecordsError
from records.field_types import field_types
from records.models import Field, FieldCategory, FieldOption, ObjectType
from records.services.catalogue import FieldDefinition, OptionDefinition, RelationDefinition
from records.services.jobs import removal_reasons, remove_type_field
from records.services.shaping import (
    create_field,
    create_option,
    default_from_text,
    delete_option,
    has_options,
    is_link_type,
    update_field,
    update_option,
)

from .base import HistoryMixin, ScopedInline, SetupAdmin, adopt, go_on_editing
from .field_forms import NewFieldForm, form_for, formula_types, setting_names, type_choices

OPTIONS_PER_PAGE = 100
STAGE = "stage"
FLAGS = (
    *("is_required", "is_unique", "is_read_only", "is_hidden", "allows_empty"),
    *("is_admin_only", "is_external_id"),
)
RULE = ("validation", "validation_message")
RELATION = ("links_to", "link_kind", "mirror_label")
FORMULA = ("expression", "result_type")
FLAG_HELP = {
    "is_required": "Every record must have a value.",
    "is_unique": "No two records can have the same value.",
    "is_read_only": "Read-only in every interface.",
    "is_hidden": "Shown only on request.",
    "allows_empty": "A value can be cleared.",
}


class OptionInline(ScopedInline):
    """The options of a choice field, or the stages of a pipeline."""

    model = FieldOption
    formset = PaginationInlineFormSet
    per_page = OPTIONS_PER_PAGE
    ordering = ("order", "id")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return get_visitor(request).may_define

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        stages = obj is not None and obj.name == STAGE and obj.is_default
        return (
            ("name", "order", "stage_status", "percentage", "code")
            if stages
            else ("name", "order", "code")
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[FieldOption]:
        return super().get_queryset(request).filter(deleted_at=None)


class TypeFilter(admin.SimpleListFilter):
    """By type, under what people call it."""

    title = "type"
    parameter_name = "field_type__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return type_choices()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Field]) -> QuerySet[Field]:
        return queryset if self.value() is None else queryset.filter(field_type=self.value())


@admin.register(Field)
class FieldAdmin(SetupAdmin, HistoryMixin):
    """The fields of all objects."""

    list_display = (
        "display_name",
        "object",
        "name",
        "type_label",
        "is_required",
        "is_unique",
        "is_hidden",
    )
    list_select_related = ("object",)
    list_filter = (("object", admin.RelatedOnlyFieldListFilter), TypeFilter)
    search_fields = ("display_name", "name", "object__object_name")
    ordering = ("object__object_name", "order", "id")
    inlines = (OptionInline,)
    change_form_outer_after_template = "admin/records/field_links.html"
    conditional_fields = dict.fromkeys(
        RELATION, f"{[*filter(is_link_type, field_types)]}.includes(field_type)"
    ) | dict.fromkeys(FORMULA, f"{formula_types()}.includes(field_type)")

    @display(description="Type", ordering="field_type")
    def type_label(self, field: Field) -> str:
        return field_types.get(field.field_type).label

    def get_queryset(self, request: HttpRequest) -> QuerySet[Field]:
        return super().get_queryset(request).filter(deleted_at=None).select_related("object")

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj is not None and has_options(obj.field_type) else ()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            names = ("object", "display_name", "field_type", *RELATION, *FORMULA)
            return ((None, {"fields": (*names, "name", "description")}),)
        made = ("object", "name", "type_label", "leads_to", "uuid")
        settings = setting_names(obj)
        return (
            (None, {"fields": ("display_name", "description", "category", "order")}),
            ("Values", {"fields": (*FLAGS, "default_text", *settings, *RULE)}),
            ("Fixed when created", {"fields": made if obj.relation_kind else (*made[:3], "uuid")}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("object", "name", "type_label", "leads_to", "uuid")

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        kwargs["form"] = NewFieldForm if obj is None else form_for(obj)
        form = super().get_form(request, obj, change=change, **kwargs)
        live = ObjectType.objects.filter(
            workspace_id=get_visitor(request).workspace_id, archived_at=None
        )
        if obj is None:
            form.base_fields["name"].required = False
            form.base_fields[
                "name"
            ].help_text = "Name for programs. Leave blank to derive it from the label."
            form.base_fields["object"].queryset = live
            form.base_fields["links_to"].queryset = live
        elif "category" in form.base_fields:
            of_object = FieldCategory.objects.filter(
                workspace_id=obj.workspace_id, object_id=obj.object_id
            )
            form.base_fields["category"].queryset = of_object
            for name, text in FLAG_HELP.items():
                form.base_fields[name].help_text = text
        return form

    @admin.display(description="links to")
    def leads_to(self, field: Field) -> str:
        return f"{field.related_object} ({field.get_relation_kind_display()})"

    # ------------------------------------------------------------ deleting

    def get_custom_urls(self) -> tuple[Any, ...]:
        return (("<int:field_id>/remove/", "records_field_remove", self.remove),)

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def remove(self, request: HttpRequest, field_id: int, model_admin: Any = None) -> HttpResponse:
        """What a field's deletion touches, and the deletion."""
        row: Field = self.row_or_404(request, field_id)
        author = get_visitor(request).author()
        try:
            schema = author.directory.schema(row.object_id)
            if request.method != "POST":
                return self._ask_to_remove(request, row, removal_reasons(author, schema, row.pk))
            remove_type_field(author, schema, row.pk, force=True)
        except RecordsError as refusal:
            messages.error(request, refusal.detail)
            return redirect("admin:records_field_change", row.pk)
        self.log_deletions(request, Field.objects.filter(pk=row.pk))
        messages.success(
            request, f"The field {row.display_name} was deleted. A job clears its values."
        )
        return redirect("admin:records_objecttype_change", row.object_id)

    def _ask_to_remove(self, request: HttpRequest, row: Field, reasons: list[str]) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"Delete {row.display_name}?",
            "field": row,
            "reasons": [reason[:1].upper() + reason[1:] for reason in reasons],
            "opts": self.model._meta,
        }
        return TemplateResponse(request, "admin/records/remove_field.html", context)

    # ------------------------------------------------------------ saving

    def save_model(self, request: HttpRequest, obj: Field, form: Any, change: bool) -> None:
        definer = get_visitor(request).definer()
        if change:
            settings = form.settings()
            asked = {
                name: form.cleaned_data[name]
                for name in ("display_name", "description", "category", "order")
            }
            kept = (*FLAGS, *RULE)
            asked.update({name: form.cleaned_data[name] for name in kept}, settings=settings)
            if "default_text" in form.changed_data:
                text = form.cleaned_data["default_text"]
                asked["default_value"] = default_from_text(definer, obj, obj.settings, text)
            update_field(definer, obj, **asked)
            return
        asked = form.cleaned_data
        definition = FieldDefinition(
            asked["display_name"],
            asked["field_type"],
            name=asked["name"],
            description=asked["description"],
            relation=_relation(asked),
            settings=form.settings(),
        )
        adopt(obj, create_field(definer, asked["object"], definition))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Each changed option through the services; the formset keeps count of them for the log."""
        formset.save(commit=False)
        definer = get_visitor(request).definer()
        for row in formset.forms:
            if not row.has_changed():
                continue
            asked = {key: row.cleaned_data[key] for key in row.fields if key in CHANGEABLE}
            if row.instance.pk is None:
                if not formset._should_delete_form(row):
                    _create_option(definer, form.instance, asked)
            elif formset._should_delete_form(row):
                delete_option(definer, row.instance)
            else:
                update_option(definer, row.instance, **asked)

    def response_add(
        self, request: HttpRequest, obj: Field, post_url_continue: str | None = None
    ) -> Any:
        """On to its flags, settings and options."""
        if "_addanother" not in request.POST:
            go_on_editing(request)
        return super().response_add(request, obj, post_url_continue)


CHANGEABLE = ("name", "order", "stage_status", "percentage")


def _create_option(definer: Any, field: Field, asked: dict[str, Any]) -> None:
    order = asked.pop("order", 0)
    made = create_option(definer, field, OptionDefinition(**asked))
    if order:
        update_option(definer, made, order=order)


def _relation(asked: dict[str, Any]) -> RelationDefinition | None:
    related = asked.get("links_to")
    if related is None:
        return None
    return RelationDefinition(str(related.uuid), asked["link_kind"], asked["mirror_label"])
