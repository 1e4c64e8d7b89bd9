"""The paths by which a workspace is shaped, below `/api/`. None ends in a slash."""

from __future__ import annotations

from django.urls import path

import records.api.converters  # noqa: F401 - registers them

from .fields import CategoryViewSet, FieldViewSet, OptionViewSet
from .finding import FindingViewSet
from .limits import LimitsViewSet
from .objects import ObjectViewSet
from .people import AccessViewSet, EmployeeViewSet, TeamViewSet
from .stages import StageViewSet

OBJECT = "custom-objects/<str:object_key>"
FIELD = f"{OBJECT}/fields/<str:field_key>"
STAGES = "pipelines/<str:object_key>/stages"

urlpatterns = [
    # Before the paths of objects and fields: no API name has a hyphen.
    path("custom-objects/settings-search", FindingViewSet.as_view({"get": "objects"})),
    path(f"{OBJECT}/fields/settings-search", FindingViewSet.as_view({"get": "fields"})),
    path(
        "pipelines/<str:object_key>/fields/<str:field_key>/tags",
        FindingViewSet.as_view({"get": "tags"}),
    ),
    path(
        "client/fields/<str:field_key>/tags",
        FindingViewSet.as_view({"get": "contact_tags"}),
    ),
    path(f"{OBJECT}/detail", FindingViewSet.as_view({"get": "details"})),
    path(f"{OBJECT}/fields/search", FindingViewSet.as_view({"post": "search"})),
    path(f"{FIELD}/references", FindingViewSet.as_view({"get": "references"})),
    path("custom-objects", ObjectViewSet.as_view({"get": "list", "post": "create"})),
    path(
        OBJECT,
        ObjectViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
    ),
    path(f"{OBJECT}/unarchive", ObjectViewSet.as_view({"patch": "unarchive"})),
    path(f"{OBJECT}/schema", ObjectViewSet.as_view({"get": "json_schema"})),
    path(f"{OBJECT}/fields", FieldViewSet.as_view({"get": "list", "post": "create"})),
    path(
        FIELD,
        FieldViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
    ),
    path(f"{FIELD}/options", OptionViewSet.as_view({"get": "list", "post": "create"})),
    path(
        f"{FIELD}/options/<record_id:option_id>",
        OptionViewSet.as_view({"patch": "partial_update", "delete": "destroy"}),
    ),
    path(
        f"{FIELD}/options/<record_id:option_id>/replace", OptionViewSet.as_view({"post": "replace"})
    ),
    path(f"{OBJECT}/categories", CategoryViewSet.as_view({"get": "list", "post": "create"})),
    path(
        f"{OBJECT}/categories/<record_id:category_id>",
        CategoryViewSet.as_view({"patch": "partial_update", "delete": "destroy"}),
    ),
    path(STAGES, StageViewSet.as_view({"get": "list", "post": "create"})),
    path(f"{STAGES}/remove-stage", StageViewSet.as_view({"post": "remove"})),
    path(f"{STAGES}/<record_id:stage_id>", StageViewSet.as_view({"patch": "partial_update"})),
    path("team", TeamViewSet.as_view({"get": "list"})),
    path("team/search", TeamViewSet.as_view({"post": "search"})),
    path("team/typeahead", TeamViewSet.as_view({"get": "typeahead"})),
    path("team/<record_id:member_id>", TeamViewSet.as_view({"get": "retrieve"})),
    path("employee", EmployeeViewSet.as_view({"get": "list"})),
    path("employee/search", EmployeeViewSet.as_view({"post": "search"})),
    path("employee/typeahead", EmployeeViewSet.as_view({"get": "typeahead"})),
    path("employee/<record_id:member_id>", EmployeeViewSet.as_view({"get": "retrieve"})),
    path("auth/access", AccessViewSet.as_view({"get": "retrieve"})),
    path("limits", LimitsViewSet.as_view({"get": "retrieve"})),
]
