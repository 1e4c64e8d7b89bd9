"""Members of the workspace."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from records.admin.choosing import get_visitor
from records.models import ApiKey, Member
from records.services.people import add_member, default_member_role, update_member

from .base import HistoryMixin, SetupAdmin, SetupForm, adopt
from .secrets import secret_page

DETAILS = ("first_name", "last_name", "phone", "external_id", "date_of_birth", "locale")
LOG_IN_HELP = "The member can use this admin. Without it, only the APIs."


class MemberForm(SetupForm):
    """A member, and whether their user gets into the workbench."""

    may_log_in = forms.BooleanField(
        label="Can log in here",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=LOG_IN_HELP,
    )

    labels = forms.CharField(
        required=False, widget=UnfoldAdminTextInputWidget, help_text="Separated by commas."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["labels"] = ", ".join(self.instance.labels)
            self.fields["may_log_in"].initial = self.instance.user.is_staff


def labels_of(text: str) -> list[str]:
    """The labels in a text, which separates them by commas."""
    return [label.strip() for label in text.split(",") if label.strip()]


@admin.register(Member)
class MemberAdmin(SetupAdmin, HistoryMixin):
    """The workspace's people. Nobody is deleted, as what they wrote stays theirs: they are made
    inactive."""

    form = MemberForm
    history_list_display = ("key",)
    list_display = ("full_name", "email", "role", "is_active", "may_log_in", "created_at")
    list_select_related = ("role", "user")
    list_filter = (("role", admin.RelatedOnlyFieldListFilter), "is_active")
    search_fields = ("first_name", "last_name", "email", "phone", "external_id")
    ordering = ("first_name", "last_name", "email")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        names = ("email", ("first_name", "last_name"), "role", ("phone", "external_id"))
        more = (("date_of_birth", "locale"), "labels")
        known = () if obj is None else ("is_active",)
        told = () if obj is None else ("tos_accepted_at", "uuid")
        return (*names, *more, *known, "may_log_in", *told)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new member gets the workspace's default role unless another is chosen."""
        role = default_member_role(get_visitor(request).workspace_id)
        chosen = {} if role is None else {"role": role.id}
        return {**chosen, **super().get_changeform_initial_data(request)}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("email", "tos_accepted_at", "uuid")

    @admin.display(description="name", ordering="first_name")
    def full_name(self, member: Member) -> str:
        return str(member)

    def get_history_queryset(
        self, request: HttpRequest, history_manager: Any, pk_name: str, object_id: Any
    ) -> Any:
        """Versions with the name of the key that each was written with, also once it is revoked."""
        rows = super().get_history_queryset(request, history_manager, pk_name, object_id)
        keys = ApiKey.objects.filter(workspace_id=OuterRef("workspace_id"), id=OuterRef("api_key"))
        return rows.annotate(key=Coalesce(Subquery(keys.values("name")[:1]), Value("-")))

    @admin.display(description="logs in", boolean=True)
    def may_log_in(self, member: Member) -> bool:
        return member.user.is_staff

    def save_model(self, request: HttpRequest, obj: Member, form: Any, change: bool) -> None:
        definer, asked = get_visitor(request).definer(), form.cleaned_data
        details: Any = {name: asked[name] for name in DETAILS}
        details["labels"] = labels_of(asked["labels"])
        if change:
            kept = {"is_active": asked["is_active"], "may_log_in": asked["may_log_in"]}
            update_member(definer, obj, role=asked["role"], **kept, **details)
            return
        member, password = add_member(
            definer,
            asked["role"],
            email=asked["email"],
            with_password=True,
            may_log_in=asked["may_log_in"],
            **details,
        )
        adopt(obj, member)
        request.secret = password  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: Member, post_url_continue: str | None = None
    ) -> HttpResponse:
        password = str(getattr(request, "secret", ""))
        if not (password and obj.user.is_staff):
            answer: HttpResponse = super().response_add(request, obj, post_url_continue)
            return answer
        context = {
            "opts": self.model._meta,
            "back": reverse("admin:records_member_change", args=[obj.pk]),
        }
        secrets = [("Email", obj.user.get_username()), ("Password", password)]
        return secret_page(self.admin_site, request, "The new member's log-in", secrets, **context)
