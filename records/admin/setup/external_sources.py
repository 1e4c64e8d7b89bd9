"""External sources: where the records of an object live, and what was asked there."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST
from unfold.decorators import display

from records.admin.choosing import get_visitor
from records.exceptions import RecordsError
from records.models import ExternalCall, ExternalSource, ObjectType
from records.services.external import (
    create_source,
    delete_source,
    try_connection,
    update_source,
)

from .base import HistoryMixin, SetupAdmin, adopt, go_on_editing
from .external_forms import NewSourceForm, form_for, source_fieldsets

LABELS = {"applied": "success", "refused": "warning", "unknown": "danger"}


@admin.register(ExternalSource)
class ExternalSourceAdmin(SetupAdmin, HistoryMixin):
    """The sources of the workspace. A secret is written here and never shown."""

    list_display = ("name", "object", "base_url", "has_secret", "declared")
    list_select_related = ("object",)
    search_fields = ("name", "object__object_name")
    ordering = ("object__object_name",)
    change_form_outer_before_template = "admin/records/source_tools.html"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return get_visitor(request).may_define

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        kwargs["form"] = NewSourceForm if obj is None else form_for(get_visitor(request), obj)
        form = super().get_form(request, obj, change=change, **kwargs)
        if "object" in form.base_fields:
            live = ObjectType.objects.filter(
                workspace_id=get_visitor(request).workspace_id, archived_at=None
            )
            form.base_fields["object"].queryset = live.filter(external_source=None)
            form.base_fields[
                "object"
            ].help_text = "An object without records: all of them will live elsewhere."
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return source_fieldsets(None if obj is None else form_for(get_visitor(request), obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("object", "stored_secret")

    @display(description="secret", boolean=True)
    def has_secret(self, source: ExternalSource) -> bool:
        return bool(source.secret)

    @admin.display(description="operations")
    def declared(self, source: ExternalSource) -> str:
        return ", ".join(source.operations) or "none"

    @admin.display(description="stored secret")
    def stored_secret(self, source: ExternalSource) -> str:
        if not source.secret or source.secret_set_at is None:
            return "No secret is stored."
        return f"Set on {source.secret_set_at:%Y-%m-%d %H:%M} UTC; it is never shown"

    def save_model(
        self, request: HttpRequest, obj: ExternalSource, form: Any, change: bool
    ) -> None:
        definer = get_visitor(request).definer()
        if change:
            before = ExternalSource.objects.get(pk=obj.pk).secret
            saved = update_source(definer, obj, **form.settings())
            if before and not saved.secret and not form.cleaned_data.get("forget_secret"):
                messages.warning(
                    request, "The secret was removed because the host has changed. Enter it again."
                )
            return
        adopt(obj, create_source(definer, form.cleaned_data["object"], **form.settings()))

    def delete_model(self, request: HttpRequest, obj: ExternalSource) -> None:
        delete_source(get_visitor(request).definer(), obj)

    def response_add(
        self, request: HttpRequest, obj: ExternalSource, post_url_continue: str | None = None
    ) -> Any:
        """On to its operations and fields."""
        go_on_editing(request)
        return super().response_add(request, obj, post_url_continue)

    # ------------------------------------------------------------ trying it out

    def get_custom_urls(self) -> tuple[Any, ...]:
        return (("<int:source_id>/test/", "records_externalsource_test", require_POST(self.test)),)

    def test(self, request: HttpRequest, source_id: int, model_admin: Any = None) -> HttpResponse:
        """Ask the source for a record, or for one of its list, as anybody would through an API."""
        source: ExternalSource = self.row_or_404(request, source_id)
        visitor = get_visitor(request)
        if visitor.member is None:
            raise Http404
        try:
            messages.success(
                request,
                try_connection(visitor.author(), source, request.POST.get("external_id", "")),
            )
        except RecordsError as refusal:
            messages.error(request, refusal.detail)
        return redirect(reverse("admin:records_externalsource_change", args=[source.pk]))


@admin.register(ExternalCall)
class ExternalCallAdmin(SetupAdmin):
    """What was asked of sources, and what came of it. These rows hold no values, and nobody changes
    them."""

    list_display = (
        "created_at",
        "object",
        "operation",
        "external_id",
        "ended",
        "status",
        "milliseconds",
        "door",
    )
    list_select_related = ("object",)
    list_filter = (("object", admin.RelatedOnlyFieldListFilter), "operation", "outcome")
    search_fields = ("external_id", "request_id")
    ordering = ("-id",)
    readonly_fields = tuple(
        field.name for field in ExternalCall._meta.fields if field.name not in ("id", "workspace")
    )
    fields = readonly_fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExternalCall]:
        rows: QuerySet[ExternalCall] = super().get_queryset(request)
        return rows

    @display(
        description="outcome",
        ordering="outcome",
        label={"applied": "success", "refused": "warning", "unknown": "danger"},
    )
    def ended(self, call: ExternalCall) -> str:
        return call.outcome
