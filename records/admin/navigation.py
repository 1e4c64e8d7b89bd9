"""What the workbench shows around its pages: the sidebar, the workspace's name, the start page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import escape

from records.models import ObjectKind, ObjectType

from .choosing import Visitor, get_visitor

ICONS = {
    ObjectKind.STANDARD: "table_rows",
    ObjectKind.PIPELINE: "view_kanban",
    ObjectKind.CONTACT: "contacts",
}
WORK = (
    ("Changes", "admin:operations", "history"),
    ("Jobs", "admin:jobs", "pending_actions"),
)
SET_UP = (
    ("Objects", "admin:records_objecttype_changelist", "category"),
    ("Fields", "admin:records_field_changelist", "tune"),
    ("External sources", "admin:records_externalsource_changelist", "cloud_sync"),
    ("Webhooks", "admin:records_webhook_changelist", "webhook"),
    ("Workspace", "admin:records_workspace_changelist", "domain"),
)
PEOPLE = (
    ("Members", "admin:records_member_changelist", "group"),
    ("Roles", "admin:records_role_changelist", "shield_person"),
    ("API keys", "admin:records_apikey_changelist", "key"),
)
OPERATORS = (("Users", "admin:auth_user_changelist", "manage_accounts"),)


def list_objects(request: HttpRequest) -> list[ObjectType]:
    """The objects whose records the visitor may do something with, by label."""
    visitor = get_visitor(request)
    if visitor.member is None:
        return []
    author = visitor.author()
    granted = [row.id for row in author.directory.objects.values() if author.role.grant(row.id).any]
    rows = ObjectType.objects.filter(workspace_id=visitor.workspace_id, id__in=granted)
    return sorted(rows, key=lambda row: (row.object_name.casefold(), row.pk))


def object_link(row: ObjectType) -> dict[str, Any]:
    """A link to an object's records. The theme prints titles as they are, so what people wrote is
    escaped here."""
    return {
        "title": escape(row.object_name),
        "icon": ICONS[ObjectKind(row.object_type)],
        "link": reverse("admin:records", args=[row.uuid]),
        "grid": reverse("admin:grid", args=[row.uuid]),
    }


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of links at the left: records per object, and for those who may define the
    set-up."""
    visitor = get_visitor(request)
    groups: list[dict[str, Any]] = [
        {"title": "Data", "items": [object_link(row) for row in list_objects(request)]}
    ]
    if visitor.member is not None:
        groups[0]["items"] += _links(WORK)
    if visitor.may_define:
        groups.append({"title": "Set-up", "separator": True, "items": _links(SET_UP)})
        groups.append({"title": "People", "separator": True, "items": _links(_people(visitor))})
    return [group for group in groups if group["items"]]


def list_pages(request: HttpRequest) -> list[dict[str, Any]]:
    """The pages that the visitor may open, beside those of records, as links."""
    visitor = get_visitor(request)
    pages = list(WORK) if visitor.member is not None else []
    if visitor.may_define:
        pages += [*SET_UP, *_people(visitor)]
    return _links(pages)


def list_set_up(request: HttpRequest) -> list[dict[str, Any]]:
    """The set-up pages, for those who may use them."""
    return _links(SET_UP + PEOPLE) if get_visitor(request).may_define else []


def _people(visitor: Visitor) -> tuple[tuple[str, str, str], ...]:
    """The pages about people, for those who may define the set-up."""
    return PEOPLE + (OPERATORS if visitor.is_operator else ())


def _links(entries: Iterable[tuple[str, str, str]]) -> list[dict[str, Any]]:
    return [{"title": title, "link": reverse(name), "icon": icon} for title, name, icon in entries]


def workspace_name(request: HttpRequest) -> str:
    """What stands under the site's name."""
    workspace = get_visitor(request).workspace
    return workspace.name if workspace is not None else ""
