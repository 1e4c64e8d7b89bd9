"""The paths of roles and permission groups, below `/api/`. None ends in a slash."""

from __future__ import annotations

from django.urls import path

import records.api.converters  # noqa: F401 - registers them

from .endpoints import CatalogueViewSet, PermissionGroupViewSet, RoleViewSet

ROLE = "role/<record_id:role_id>"
GROUP = "permission-group/<record_id:group_id>"

urlpatterns = [
    path("role", RoleViewSet.as_view({"get": "list", "post": "create"})),
    path(
        ROLE,
        RoleViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
    ),
    path("permission-group", PermissionGroupViewSet.as_view({"get": "list", "post": "create"})),
    path(
        GROUP,
        PermissionGroupViewSet.as_view(
            {
                "get": "retrieve",
                "put": "update",
                "patch": "partial_update",
                "delete": "destroy",
            }
        ),
    ),
    path(f"{GROUP}/duplicate", PermissionGroupViewSet.as_view({"post": "duplicate"})),
    path(f"{GROUP}/object-update", PermissionGroupViewSet.as_view({"patch": "object_update"})),
    path("permissions/meta-data", CatalogueViewSet.as_view({"get": "retrieve"})),
]
