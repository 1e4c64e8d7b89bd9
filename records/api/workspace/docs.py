"""The Workspace API's documentation: its OpenAPI document, and ways to browse it."""

from __future__ import annotations

from django.urls import path
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView

from records.api.docs import schema
from records.api.openapi import WorkspaceGenerator

_swagger_ui = SpectacularSwaggerSplitView.as_view(
    url_name="workspace-api-schema", title="Workspace API"
)

urlpatterns = [
    path("v2/docs", _swagger_ui),
    path("v2/docs/", _swagger_ui, name="workspace-api-docs"),
    path("v2/docs/schema", schema, {"generator": WorkspaceGenerator}, name="workspace-api-schema"),
    path(
        "v2/docs/redoc",
        SpectacularRedocView.as_view(url_name="workspace-api-schema", title="Workspace API"),
    ),
]
