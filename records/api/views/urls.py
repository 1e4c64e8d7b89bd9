"""The paths of saved views and layouts, below `/api/`. None ends in a slash."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path

import records.api.converters  # noqa: F401 - registers them

from .endpoints import ColumnsViewSet, FilterGroupViewSet, PartViewSet, QuickFilterViewSet
from .layouts import LayoutViewSet

OBJECT = "custom-objects/<str:object_key>"
ONE: Any = {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"}
APPLICATIONS = {
    QuickFilterViewSet: ("roles", "users"),
    ColumnsViewSet: ("roles", "users", "permission-groups"),
}


def _paths(viewset: type[PartViewSet]) -> list[URLPattern]:
    base = f"{OBJECT}/{viewset.base.path}"
    one = f"{base}/<record_id:view_id>"
    return [
        path(base, viewset.as_view({"get": "list", "post": "create"})),
        path(one, viewset.as_view(ONE)),
        *(
            path(
                f"{one}/apply-to-{whom}",
                viewset.as_view({"post": f"apply_to_{whom.rpartition('-')[2]}"}),
            )
            for whom in APPLICATIONS.get(viewset, ())
        ),
    ]


urlpatterns = [
    *_paths(FilterGroupViewSet),
    *_paths(QuickFilterViewSet),
    *_paths(ColumnsViewSet),
    path(f"{OBJECT}/layouts", LayoutViewSet.as_view({"get": "list"})),
    path(f"{OBJECT}/layouts/<record_id:layout_id>", LayoutViewSet.as_view({"put": "update"})),
]
