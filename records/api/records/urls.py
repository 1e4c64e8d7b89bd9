"""The paths of the Records API, below `/api/`. None ends in a slash."""

from __future__ import annotations

from django.urls import path

import records.api.converters  # noqa: F401 - registers them

from .batch import BatchViewSet
from .changes import ChangesViewSet
from .collection import CollectionViewSet
from .detail import RecordViewSet
from .merging import MergingViewSet
from .related import RelatedViewSet

RECORD = "records/<str:object_identifier>/<record_id:entity_id>"
OBJECT = "records/<str:object_identifier>"
BY_ID_ALONE = "records/<record_id:entity_id>"

urlpatterns = [
    path("changes", ChangesViewSet.as_view({"get": "list"})),
    path(
        RECORD,
        RecordViewSet.as_view(
            {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"}
        ),
    ),
    path(f"{RECORD}/unarchive", RecordViewSet.as_view({"patch": "unarchive"})),
    path(f"{RECORD}/move", RecordViewSet.as_view({"patch": "move"})),
    path(f"{RECORD}/restore", RecordViewSet.as_view({"patch": "restore"})),
    path(f"{RECORD}/blame", RecordViewSet.as_view({"get": "blame"})),
    path(f"{RECORD}/history", RecordViewSet.as_view({"get": "history"})),
    path(f"{OBJECT}/batch", BatchViewSet.as_view({"post": "batch"})),
    path(f"{OBJECT}/batch-get", BatchViewSet.as_view({"post": "batch_get"})),
    path(f"{OBJECT}/merge", MergingViewSet.as_view({"post": "merge"})),
    path(f"{OBJECT}/duplicates", MergingViewSet.as_view({"post": "duplicates"})),
    path(f"{OBJECT}/search", CollectionViewSet.as_view({"post": "search"})),
    path(f"{OBJECT}/aggregate", CollectionViewSet.as_view({"post": "aggregate"})),
    path(f"{OBJECT}/upsert", CollectionViewSet.as_view({"post": "upsert"})),
    path(f"{OBJECT}/add", CollectionViewSet.as_view({"post": "add"})),
    path(f"{OBJECT}/lookup", CollectionViewSet.as_view({"get": "lookup"})),
    path(
        "custom-objects/<str:object_identifier>/entity-records/lookup",
        CollectionViewSet.as_view({"get": "lookup_by_name"}),
    ),
    path(
        f"{BY_ID_ALONE}/field-values/<record_id:field_id>",
        RelatedViewSet.as_view({"get": "field_values"}),
    ),
    path(
        f"{BY_ID_ALONE}/related-pipeline-records",
        RelatedViewSet.as_view({"post": "pipeline_records"}),
    ),
]
