"""The paths of operations, below `/api/`. None ends in a slash."""

from __future__ import annotations

from django.urls import path

import records.api.converters  # noqa: F401 - registers them

from .endpoints import OperationViewSet

ONE = "operations/<record_id:operation_id>"

urlpatterns = [
    path("operations", OperationViewSet.as_view({"get": "list"})),
    path(ONE, OperationViewSet.as_view({"get": "retrieve"})),
    path(f"{ONE}/undo", OperationViewSet.as_view({"post": "undo"})),
    path(f"{ONE}/left", OperationViewSet.as_view({"get": "left"})),
]
