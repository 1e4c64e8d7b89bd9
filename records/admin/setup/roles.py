"""Roles, with what they may do on each object and the fields they may not see or change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.forms import PaginationInlineFormSet

from records.admin.choosing import get_visitor
from records.models import Field, FieldPermission, ObjectPermission, ObjectType, Role
from records.services.catalogue import Grant
from records.services.people import (
    GrantChanges,
    Switch,
    change_grants,
    create_role,
    grant_history,
    update_role,
)

from .base import HistoryMixin, ScopedInline, SetupAdmin, adopt, go_on_editing

T = TypeVar("T")
OFFERED = 50  # objects that a role's page lists without being asked


class OncePerThing(PaginationInlineFormSet):
    """No object or field stands in two rows."""

    thing = ""

    def clean(self) -> None:
        super().clean()
        seen = set()
        for form in self.forms:
            thing = getattr(form, "cleaned_data", {}).get(self.thing)
            if thing is None or self._should_delete_form(form):
                continue
            if thing in seen:
                form.add_error(self.thing, f"{thing} already has a row.")
            seen.add(thing)


class OncePerObject(OncePerThing):
    """One row per object; the objects that have none are offered."""

    thing = "object"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        instance = kwargs.get("instance")
        if instance is not None and instance.pk:
            missing = missing_objects(instance)[:OFFERED]
            kwargs["initial"] = [{"object": row} for row in missing]
            self.extra = len(missing)
        super().__init__(*args, **kwargs)


class OncePerField(OncePerThing):
    """One row per field."""

    thing = "field"


def missing_objects(role: Role) -> QuerySet[ObjectType]:
    """The objects that a role has no grant on."""
    granted = ObjectPermission.objects.filter(role=role, workspace_id=role.workspace_id).values(
        "object_id"
    )
    rows = ObjectType.objects.filter(workspace_id=role.workspace_id, archived_at=None)
    return rows.exclude(id__in=granted).order_by("object_name", "id")


class RoleInline(ScopedInline):
    """Rows that others may store while the page is open, which also offers some."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        formfield = super().formfield_for_dbfield(db_field, request, **kwargs)
        if formfield is not None:
            # What was shown is sent along: against what is stored by then, a row that its sender
            # left alone would look changed.
            formfield.show_hidden_initial = True
        return formfield


class GrantInline(RoleInline):
    """What the role may do with the records of an object."""

    model = ObjectPermission
    formset = OncePerObject
    fields = ("object", "create", "view", "edit", "remove")
    verbose_name = "object"
    verbose_name_plural = (
        "What the role may do with each object's records (own: records that the member owns, "
        "belongs to or is named in)"
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return get_visitor(request).may_define

    def get_queryset(self, request: HttpRequest) -> QuerySet[ObjectPermission]:
        return super().get_queryset(request).order_by("object__object_name", "id")


class FieldSwitchInline(RoleInline):
    """The fields the role may not see, or not change."""

    model = FieldPermission
    formset = OncePerField
    fields = ("field", "view", "edit")
    autocomplete_fields = ("field",)
    verbose_name = "field"
    verbose_name_plural = "Fields that the role cannot see (view off) or cannot change (edit off)"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return get_visitor(request).may_define

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        formfield = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "edit":
            formfield.initial = False  # a field is listed here to be taken away
        return formfield

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        fields = Field.objects.filter(
            workspace_id=get_visitor(request).workspace_id, deleted_at=None
        )
        kwargs["queryset"] = fields.select_related("object")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Role)
class RoleAdmin(SetupAdmin, HistoryMixin):
    """The roles of the workspace."""

    list_display = ("name", "is_admin", "is_default", "member_count")
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("name", "is_admin", "is_default")
    inlines = (GrantInline, FieldSwitchInline)
    object_history_template = "admin/records/role_history.html"

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """The role's own changes, and those of its grants, which are rows of their own."""
        self._check(request, object_id)
        events = grant_history(get_visitor(request).definer(), int(object_id))
        return super().history_view(request, object_id, {"events": events})

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """An admin's role needs no grants, and a role that does not exist yet gets them on its next
        page."""
        return () if obj is None or obj.is_admin else self.inlines

    def get_queryset(self, request: HttpRequest) -> QuerySet[Role]:
        rows: QuerySet[Role] = (
            super().get_queryset(request).annotate(members_in_it=Count("members"))
        )
        return rows

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        formfield = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "is_admin":
            formfield.label = "Administrator"
            formfield.help_text = "Can do everything in this workspace, including its set-up."
        return formfield

    @admin.display(description="members", ordering="members_in_it")
    def member_count(self, role: Role) -> int:
        count: int = role.members_in_it  # type: ignore[attr-defined]
        return count

    def save_model(self, request: HttpRequest, obj: Role, form: Any, change: bool) -> None:
        definer, asked = get_visitor(request).definer(), form.cleaned_data
        flags = {"is_admin": asked["is_admin"], "is_default": asked["is_default"]}
        if change:
            update_role(definer, obj.pk, name=asked["name"], **flags)
        else:
            adopt(obj, create_role(definer, asked["name"], **flags))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """All changed rows of a table at once, by the service that the API's calls use; the formset
        keeps count of them for the log."""
        formset.save(commit=False)
        if formset.model is ObjectPermission:
            changes = GrantChanges(objects=_rows(formset, "object", _grant))
        else:
            changes = GrantChanges(switches=_rows(formset, "field", _switch))
        change_grants(get_visitor(request).definer(), form.instance, changes)

    def response_add(
        self, request: HttpRequest, obj: Role, post_url_continue: str | None = None
    ) -> Any:
        """On to the grants."""
        go_on_editing(request)
        return super().response_add(request, obj, post_url_continue)


def _grant(asked: Mapping[str, Any]) -> Grant:
    return Grant(asked["create"], asked["view"], asked["edit"], asked["remove"])


def _switch(asked: Mapping[str, Any]) -> Switch:
    return Switch(asked["view"], asked["edit"])


def _rows(formset: Any, subject: str, read: Callable[[Any], T]) -> dict[int, T | None]:
    """What the changed rows of a table ask for, by what they are about; None: no row any more."""
    gone: dict[int, T | None] = {}
    wanted: dict[int, T | None] = {}
    for row in formset.forms:
        if not row.has_changed():
            continue
        if row.instance.pk:  # what it was about may have been exchanged for something else
            gone[row.initial[subject]] = None
        if not formset._should_delete_form(row):
            wanted[row.cleaned_data[subject].pk] = read(row.cleaned_data)
    return {**gone, **wanted}
