"""Webhooks: where changes are sent, what became of each, and sending again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectMultipleWidget

from records.admin.choosing import get_visitor
from records.exceptions import RecordsError
from records.models import Field, Member, ObjectType, Webhook, WebhookDelivery, WebhookForm
from records.services.webhooks import (
    EVENTS,
    WORKSPACE_NAMES,
    WebhookSettings,
    create_webhook,
    delete_webhook,
    reason_of,
    replay_delivery,
    replay_range,
    rotate_secret,
    try_webhook,
    update_webhook,
)

from .base import HistoryMixin, SetupAdmin, SetupForm, adopt
from .secrets import secret_page

ALL = "Without a choice: all."
STATES = {
    "Active": "success",
    "Paused": "warning",
    "Off": "info",
    "Stopped": "danger",
}


class WebhookSetupForm(SetupForm):
    """What a webhook tells, to whom, and as whom."""

    told_events = forms.MultipleChoiceField(
        label="Events",
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        choices=[(event, event) for event in EVENTS],
        help_text=ALL,
    )
    told_objects = forms.MultipleChoiceField(
        label="Objects", required=False, widget=UnfoldAdminSelectMultipleWidget, help_text=ALL
    )
    told_fields = forms.MultipleChoiceField(
        label="Fields",
        required=False,
        widget=UnfoldAdminSelectMultipleWidget,
        help_text=f"Updates that change none of them are not sent. {ALL}",
    )

    inputs = {
        "events": "told_events",
        "objects": "told_objects",
        "fields": "told_fields",
        "member_id": "member",
    }

    class Meta:
        model = Webhook
        fields: Any = ("name", "url", "member", "is_active", "conditions")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = self.instance
        if row.pk:
            self.initial.update(
                told_events=row.events,
                told_objects=[str(key) for key in row.objects_told],
                told_fields=[str(key) for key in row.fields_told],
            )

    def settings(self) -> WebhookSettings:
        """What the services are to make of it."""
        cleaned = self.cleaned_data
        given = WebhookSettings(
            name=cleaned["name"],
            url=cleaned["url"],
            member_id=cleaned["member"].pk,
            is_active=cleaned["is_active"],
            events=cleaned["told_events"],
            objects=[int(key) for key in cleaned["told_objects"]],
            fields=[int(key) for key in cleaned["told_fields"]],
        )
        if "conditions" in cleaned:
            given["conditions"] = cleaned["conditions"]
        return given


@admin.register(Webhook)
class WebhookAdmin(SetupAdmin, HistoryMixin):
    """The webhooks of the workspace. A secret is shown once, when it is made."""

    form = WebhookSetupForm
    list_display = ("name", "url", "member", "state", "created_at")
    list_select_related = ("member",)
    search_fields = ("name", "url")
    ordering = ("name", "id")
    change_form_outer_before_template = "admin/records/webhook_tools.html"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return get_visitor(request).may_define

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        told = ["told_events", "told_objects", "told_fields"]
        if obj is not None and obj.form == WebhookForm.WORKSPACE:
            told.append("conditions")
        sets = [
            (None, {"fields": ("name", "url", "member", "is_active")}),
            ("What it tells", {"fields": tuple(told)}),
        ]
        if obj is not None:
            sets.append(("State", {"fields": ("why", "paused_until", "secret_set", "form")}))
        return sets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("why", "paused_until", "secret_set", "form")

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        workspace_id = get_visitor(request).workspace_id
        form.base_fields["told_objects"].choices = _object_choices(workspace_id, obj)
        form.base_fields["told_fields"].choices = _field_choices(workspace_id, obj)
        if obj is not None and obj.form == WebhookForm.WORKSPACE:
            form.base_fields["told_events"].choices = list(WORKSPACE_NAMES.items())
        return form

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        active = Member.objects.filter(
            workspace_id=get_visitor(request).workspace_id, is_active=True
        )
        return super().formfield_for_foreignkey(db_field, request, **kwargs, queryset=active)

    @display(description="state", label=STATES)
    def state(self, webhook: Webhook) -> str:
        if webhook.is_active:
            until = webhook.paused_until
            return "Paused" if until is not None and until > timezone.now() else "Active"
        return "Stopped" if webhook.stopped else "Off"

    @admin.display(description="stopped because")
    def why(self, webhook: Webhook) -> str:
        return reason_of(webhook) or "-"

    @admin.display(description="secret")
    def secret_set(self, webhook: Webhook) -> str:
        return f"Set on {webhook.secret_set_at:%Y-%m-%d %H:%M} UTC; it is shown only once"

    def save_model(self, request: HttpRequest, obj: Webhook, form: Any, change: bool) -> None:
        definer = get_visitor(request).definer()
        if change:
            update_webhook(definer, obj, **form.settings())
            return
        made, request.secret = create_webhook(  # type: ignore[attr-defined]
            definer, WebhookForm.RECORDS, **form.settings()
        )
        adopt(obj, made)

    def delete_model(self, request: HttpRequest, obj: Webhook) -> None:
        delete_webhook(get_visitor(request).definer(), obj)

    def response_add(
        self, request: HttpRequest, obj: Webhook, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._show_secret(request, obj, str(request.secret))  # type: ignore[attr-defined]

    def _show_secret(self, request: HttpRequest, webhook: Webhook, secret: str) -> HttpResponse:
        context = {"opts": self.model._meta, "back": _page(webhook)}
        title = f"The secret of {webhook.name}"
        return secret_page(self.admin_site, request, title, [("Secret", secret)], **context)

    # ------------------------------------------------------------ what can be done with one

    def get_custom_urls(self) -> tuple[Any, ...]:
        return (
            ("<int:webhook_id>/test/", "records_webhook_test", require_POST(self.test)),
            ("<int:webhook_id>/rotate/", "records_webhook_rotate", require_POST(self.rotate)),
            ("<int:webhook_id>/replay/", "records_webhook_replay", require_POST(self.replay)),
        )

    def test(self, request: HttpRequest, webhook_id: int, model_admin: Any = None) -> HttpResponse:
        """Send a sample."""

        def work(webhook: Webhook) -> None:
            sent = try_webhook(get_visitor(request).definer(), webhook)
            told = f"{sent.problem or f'It answered {sent.status}.'} ({sent.milliseconds} ms)"
            (messages.error if sent.problem else messages.success)(request, told)

        return self._done(request, webhook_id, work)

    def replay(
        self, request: HttpRequest, webhook_id: int, model_admin: Any = None
    ) -> HttpResponse:
        """Send a range of the feed again."""

        def work(webhook: Webhook) -> None:
            after, until = request.POST.get("after", ""), request.POST.get("until", "")
            replay_range(
                get_visitor(request).definer(), webhook, after.strip(), until.strip() or None
            )
            messages.success(request, "The changes are being sent again.")

        return self._done(request, webhook_id, work)

    def rotate(
        self, request: HttpRequest, webhook_id: int, model_admin: Any = None
    ) -> HttpResponse:
        """Make a new secret, and show it. The form says which secret it replaces: a page that is
        reloaded sends it again, and must not end the secret before."""
        webhook: Webhook = self.row_or_404(request, webhook_id)
        shown = request.POST.get("instead_of", "")
        try:
            changed, secret = rotate_secret(
                get_visitor(request).definer(), webhook, instead_of=shown
            )
        except RecordsError as refusal:
            messages.error(request, refusal.detail)
            return redirect(_page(webhook))
        return self._show_secret(request, changed, secret)

    def _done(
        self, request: HttpRequest, webhook_id: int, work: Callable[[Webhook], None]
    ) -> HttpResponse:
        webhook: Webhook = self.row_or_404(request, webhook_id)
        try:
            work(webhook)
        except RecordsError as refusal:
            messages.error(request, refusal.detail)
        return redirect(_page(webhook))


def _object_choices(workspace_id: int, webhook: Webhook | None) -> list[tuple[str, str]]:
    """Live objects, and those that the webhook tells already: it must not come to tell all."""
    told = [] if webhook is None else webhook.objects_told
    rows = ObjectType.objects.filter(Q(archived_at=None) | Q(id__in=told))
    return [
        (str(row.pk), row.object_name + (" (archived)" if row.archived_at else ""))
        for row in rows.filter(workspace_id=workspace_id).order_by("object_name", "id")
    ]


def _field_choices(workspace_id: int, webhook: Webhook | None) -> list[tuple[str, str]]:
    """Live fields, and those that the webhook tells already."""
    told = [] if webhook is None else webhook.fields_told
    live = Q(deleted_at=None, object__archived_at=None)
    rows = Field.objects.filter(live | Q(id__in=told), workspace_id=workspace_id)
    gone = {True: " (deleted)", False: ""}
    return [
        (
            str(row.pk),
            f"{row.object.object_name}: {row.display_name}{gone[row.deleted_at is not None]}",
        )
        for row in rows.select_related("object").order_by("object__object_name", "order", "id")
    ]


def _page(webhook: Webhook) -> str:
    return reverse("admin:records_webhook_change", args=[webhook.pk])


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(SetupAdmin):
    """What was sent, and what came of it. These rows hold no values."""

    list_display = (
        "created_at",
        "webhook",
        "event",
        "record_uuid",
        "ended",
        "attempts",
        "status",
        "milliseconds",
        "next_attempt_at",
    )
    list_select_related = ("webhook",)
    list_filter = (("webhook", admin.RelatedOnlyFieldListFilter), "state", "event")
    search_fields = ("message_id",)
    ordering = ("-id",)
    actions = ("replay_selected",)
    readonly_fields = tuple(
        field.name
        for field in WebhookDelivery._meta.fields
        if field.name not in ("id", "workspace", "source", "key", "chain", "object")
    )
    fields = readonly_fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(
        description="state",
        ordering="state",
        label={
            "delivered": "success",
            "pending": "info",
            "failed": "danger",
            "skipped": "warning",
        },
    )
    def ended(self, delivery: WebhookDelivery) -> str:
        return delivery.state

    @admin.action(description="Send the selected changes again")
    def replay_selected(self, request: HttpRequest, deliveries: QuerySet[WebhookDelivery]) -> None:
        definer = get_visitor(request).definer()
        rows = list(deliveries.select_related("webhook"))
        try:
            for row in rows:
                replay_delivery(definer, row.webhook, row.pk)
        except RecordsError as refusal:
            messages.error(request, refusal.detail)
            return
        messages.success(request, f"{len(rows)} changes are being sent again.")
