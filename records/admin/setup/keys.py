"""API keys: made, shown once, revoked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from records.admin.choosing import get_visitor
from records.models import ApiKey, Member
from records.services.access import AREAS, LEVELS
from records.services.people import create_api_key, revoke_api_key

from .base import SetupAdmin, SetupForm, adopt
from .secrets import secret_page

SCOPES = [
    (f"{area}:{level}", f"{area.capitalize()}: {level}") for area in AREAS for level in LEVELS
]


class KeyForm(SetupForm):
    """What a new key is for."""

    scopes = forms.MultipleChoiceField(
        choices=SCOPES,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="What the key can be used for. Without a choice: everything its member may do.",
    )

    def clean_expires_at(self) -> Any:
        expires = self.cleaned_data["expires_at"]
        if expires is not None and expires <= timezone.now():
            raise forms.ValidationError("This time is in the past.")
        return expires


@admin.register(ApiKey)
class ApiKeyAdmin(SetupAdmin):
    """The keys of the workspace. A key is not changed: it is revoked, and another one made."""

    list_display = (
        "name",
        "prefix",
        "speaks_for",
        "state",
        "last_used_at",
        "expires_at",
        "created_at",
    )
    list_select_related = ("member",)
    search_fields = ("name", "prefix")
    ordering = ("-created_at",)
    actions = ("revoke_selected",)
    change_form_outer_before_template = "admin/records/revoke_key.html"
    form = KeyForm

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ("name", "member", "scopes", "self_access", "expires_at")
        return (
            "name",
            "prefix",
            "speaks_for",
            "allowed",
            "writing",
            "state",
            "last_used_at",
            "expires_at",
            "revoked_at",
            "created_at",
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else self.get_fields(request, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        active = Member.objects.filter(
            workspace_id=get_visitor(request).workspace_id, is_active=True
        )
        field = super().formfield_for_foreignkey(db_field, request, **kwargs, queryset=active)
        field.empty_label = "Any active member"
        field.help_text = (
            "The member the key acts for. A key for any active member can act for each of them."
        )
        return field

    @admin.display(description="acts for", ordering="member")
    def speaks_for(self, key: ApiKey) -> str:
        return str(key.member) if key.member is not None else "Any active member"

    @admin.display(description="scopes")
    def allowed(self, key: ApiKey) -> str:
        return ", ".join(key.scopes) or "Everything its member may do"

    @admin.display(description="may write")
    def writing(self, key: ApiKey) -> str:
        if any(not scope.endswith(":read") for scope in key.scopes):
            return "What its write scopes name, and its member's own records"
        if key.scopes:
            return "Its member's own records" if key.self_access else "Nothing: it is read-only"
        return "Everything its member may write"

    @display(
        description="state", label={"Active": "success", "Expired": "warning", "Revoked": "danger"}
    )
    def state(self, key: ApiKey) -> str:
        if key.revoked_at is not None:
            return "Revoked"
        return (
            "Expired"
            if key.expires_at is not None and key.expires_at <= timezone.now()
            else "Active"
        )

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        visitor = get_visitor(request)
        if visitor.workspace is None:
            raise Http404
        asked = form.cleaned_data
        key, secret = create_api_key(
            visitor.workspace,
            asked["name"],
            member=asked["member"],
            scopes=asked["scopes"],
            self_access=asked["self_access"],
            expires_at=asked["expires_at"],
        )
        adopt(obj, key)
        request.secret = secret  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        made = [("API key", str(request.secret))]  # type: ignore[attr-defined]
        key_page = reverse("admin:records_apikey_change", args=[obj.pk])
        context = {
            "opts": self.model._meta,
            "back": key_page,
            "workspace": obj.workspace,
            "member": obj.member,
        }
        return secret_page(self.admin_site, request, "The new API key", made, **context)

    # ------------------------------------------------------------ revoking

    def get_custom_urls(self) -> tuple[Any, ...]:
        return (("<int:key_id>/revoke/", "records_apikey_revoke", require_POST(self.revoke)),)

    def revoke(self, request: HttpRequest, key_id: int, model_admin: Any = None) -> HttpResponse:
        """Revoke one key."""
        self._revoke(request, [self.row_or_404(request, key_id)])
        return redirect("admin:records_apikey_changelist")

    @admin.action(description="Revoke the selected keys")
    def revoke_selected(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        self._revoke(request, list(keys))

    def _revoke(self, request: HttpRequest, keys: list[ApiKey]) -> None:
        live = [key for key in keys if key.revoked_at is None]
        for key in live:
            revoke_api_key(key)
            self.log_change(request, key, "Revoked.")
        names = ", ".join(key.name for key in live)
        messages.success(request, f"Revoked: {names}." if live else "Nothing to revoke.")
