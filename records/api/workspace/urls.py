"""The paths of the Workspace API, below `/api/`."""

from __future__ import annotations

from django.urls import path, re_path

import records.api.converters  # noqa: F401 - registers them

from . import docs
from .changes import ChangesViewSet
from .data_types import DataTypeFieldViewSet, DataTypeViewSet
from .errors import not_found
from .imports.endpoints import ImportViewSet, JobViewSet
from .members import MemberRoleViewSet, MemberViewSet
from .records import RecordViewSet
from .signups import SignupViewSet
from .webhooks import WebhookViewSet
from .workspaces import WorkspacesViewSet

TYPES = "v2/w/<str:workspace_uuid>/data-types"
TYPE = f"{TYPES}/<key:data_type_id>"
FIELDS = f"{TYPE}/fields"
FIELD = f"{FIELDS}/<key:field_id>"
RECORDS = f"{TYPE}/records"
RECORD = f"{RECORDS}/<key:record_id>"
WORKSPACES = "v2/w"
WORKSPACE = f"{WORKSPACES}/<str:workspace_uuid>"
MEMBERS = f"{WORKSPACE}/members"
MEMBER = f"{MEMBERS}/<key:member_id>"
ROLES = f"{WORKSPACE}/member-roles"
JOB = f"{WORKSPACE}/jobs/<key:job_id>"
WEBHOOKS = "v2/w/<str:workspace_uuid>/webhooks"
WEBHOOK = f"{WEBHOOKS}/<key:webhook_id>"

urlpatterns = [
    path(WORKSPACES, WorkspacesViewSet.as_view({"get": "list"})),
    path(WORKSPACE, WorkspacesViewSet.as_view({"get": "retrieve"})),
    path(MEMBERS, MemberViewSet.as_view({"get": "list", "post": "create"})),
    path(f"{MEMBERS}/me", MemberViewSet.as_view({"get": "me"})),
    path(MEMBER, MemberViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})),
    path(f"{MEMBER}/archive", MemberViewSet.as_view({"post": "archive"})),
    path(f"{MEMBER}/unarchive", MemberViewSet.as_view({"post": "unarchive"})),
    path(ROLES, MemberRoleViewSet.as_view({"get": "list"})),
    path(f"{ROLES}/<key:role_id>", MemberRoleViewSet.as_view({"get": "retrieve"})),
    path(f"{WORKSPACE}/create-signup", SignupViewSet.as_view({"post": "create"})),
    path("v2/w/<str:workspace_uuid>/changes", ChangesViewSet.as_view({"get": "list"})),
    path(TYPES, DataTypeViewSet.as_view({"get": "list", "post": "create"})),
    path(f"{TYPES}/member-record-counts", DataTypeViewSet.as_view({"get": "member_record_counts"})),
    path(f"{TYPES}/validate-slug", DataTypeViewSet.as_view({"post": "validate_slug"})),
    path(f"{TYPES}/slug/<str:slug>", DataTypeViewSet.as_view({"get": "by_slug"})),
    path(TYPE, DataTypeViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})),
    path(f"{TYPE}/archive", DataTypeViewSet.as_view({"post": "archive"})),
    path(f"{TYPE}/unarchive", DataTypeViewSet.as_view({"post": "unarchive"})),
    path(f"{TYPE}/clone", DataTypeViewSet.as_view({"post": "clone"})),
    path(FIELDS, DataTypeFieldViewSet.as_view({"post": "create"})),
    path(FIELD, DataTypeFieldViewSet.as_view({"put": "update", "delete": "destroy"})),
    path(
        f"{FIELD}/options/<path:name>", DataTypeFieldViewSet.as_view({"delete": "destroy_option"})
    ),
    path(
        RECORDS,
        RecordViewSet.as_view({"get": "list", "post": "create", "put": "update_by_external_id"}),
    ),
    path(f"{RECORDS}/aggregate", RecordViewSet.as_view({"get": "aggregate"})),
    path(f"{RECORDS}/import", ImportViewSet.as_view({"post": "create"})),
    path(JOB, JobViewSet.as_view({"get": "retrieve"})),
    path(f"{JOB}/cancel", JobViewSet.as_view({"post": "cancel"})),
    path(f"{JOB}/report", JobViewSet.as_view({"get": "report"})),
    path(f"{RECORDS}/export", RecordViewSet.as_view({"get": "export"})),
    path(f"{RECORDS}/bulk", RecordViewSet.as_view({"post": "bulk"})),
    path(RECORD, RecordViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})),
    path(f"{RECORD}/changes", RecordViewSet.as_view({"get": "changes"})),
    path(f"{TYPE}/upsert", RecordViewSet.as_view({"post": "upsert_by_value"})),
    path(f"{TYPE}/upsert/<path:external_id>", RecordViewSet.as_view({"post": "upsert"})),
    path(WEBHOOKS, WebhookViewSet.as_view({"get": "list", "post": "create"})),
    path(
        WEBHOOK, WebhookViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})
    ),
    path(f"{WEBHOOK}/test", WebhookViewSet.as_view({"post": "test"})),
    path(f"{WEBHOOK}/rotate-secret", WebhookViewSet.as_view({"post": "rotate_secret"})),
    path(f"{WEBHOOK}/deliveries", WebhookViewSet.as_view({"get": "deliveries"})),
    *docs.urlpatterns,
    re_path(r"^v2(/|$)", not_found),
]
