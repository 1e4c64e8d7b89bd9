"""Workspaces."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminEmailInputWidget

from records.admin.choosing import get_visitor
from records.field_types import known_languages, known_time_zones
from records.models import Workspace
from records.services.access import operator_of
from records.services.people import create_workspace, update_workspace

from .base import SetupAdmin, SetupForm, adopt
from .secrets import secret_page

SETTINGS = ("name", "time_zone", "region", "language")


class NewWorkspaceForm(SetupForm):
    """A workspace, and its first member."""

    email = forms.EmailField(
        label="First administrator",
        widget=UnfoldAdminEmailInputWidget,
        help_text="Email address. An existing user keeps their password; otherwise one is "
        "generated.",
    )


class WorkspaceForm(SetupForm):
    """A workspace's own settings."""


@admin.register(Workspace)
class WorkspaceAdmin(SetupAdmin):
    """The chosen workspace; operators see all of them and make new ones."""

    list_display = ("name", "slug", "time_zone", "region", "language", "created_at")
    search_fields = ("name", "slug")
    ordering = ("name",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return get_visitor(request).is_operator

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        visitor = get_visitor(request)
        return visitor.is_operator or visitor.may_define

    has_module_permission = has_view_permission
    has_change_permission = has_view_permission

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workspace]:
        visitor = get_visitor(request)
        rows = Workspace.objects.all()
        return rows if visitor.is_operator else rows.filter(pk=visitor.workspace_id)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        names = SETTINGS
        return (*names, "email") if obj is None else (*names, "slug", "uuid", "created_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("slug", "uuid", "created_at")

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        kwargs["form"] = NewWorkspaceForm if obj is None else WorkspaceForm
        return super().get_form(request, obj, change=change, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "time_zone":
            zones = [(name, name) for name in sorted(known_time_zones())]
            return forms.ChoiceField(
                choices=zones,
                initial="UTC",
                widget=self._select(),
                help_text="The time zone of its members.",
            )
        if db_field.name == "language":
            return forms.ChoiceField(
                choices=self._languages(request),
                required=False,
                widget=self._select(),
                help_text="The alphabet by which texts are sorted. After a change, writes wait "
                "until the texts of all records are sorted again.",
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def _languages(self, request: HttpRequest) -> list[tuple[str, str]]:
        known = {"": "One order for all languages", **known_languages()}
        # One that a command or an earlier release has set stays chosen.
        set_here = self.get_queryset(request).exclude(language__in=known)
        more = set_here.values_list("language", flat=True).distinct()
        return [*known.items(), *((code, code) for code in more)]

    def _select(self) -> forms.Select:
        from unfold.widgets import UnfoldAdminSelectWidget

        widget: forms.Select = UnfoldAdminSelectWidget()
        return widget

    def save_model(self, request: HttpRequest, obj: Workspace, form: Any, change: bool) -> None:
        asked = {name: form.cleaned_data[name] for name in SETTINGS}
        if change:
            visitor = get_visitor(request)
            definer = (
                operator_of(obj.pk, visitor.user.pk) if visitor.is_operator else visitor.definer()
            )
            update_workspace(definer, **asked)
            return
        made = create_workspace(asked.pop("name"), form.cleaned_data["email"], **asked)
        adopt(obj, made.workspace)
        request.made = made  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: Workspace, post_url_continue: str | None = None
    ) -> HttpResponse:
        made: Any = request.made  # type: ignore[attr-defined]
        secrets = [
            ("Email", made.member.email),
            ("Password", made.password),
            ("API key", made.api_key),
        ]
        context = {
            "opts": self.model._meta,
            "back": reverse("admin:records_workspace_changelist"),
            "workspace": made.workspace,
            "member": made.member,
        }
        shown = [(label, secret) for label, secret in secrets if secret]
        return secret_page(self.admin_site, request, "The new workspace", shown, **context)
