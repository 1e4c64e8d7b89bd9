"""The layout of an object's record pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from records.api.answers import json_answer
from records.api.metadata.viewsets import MetadataViewSet
from records.api.pagination import page_content, page_request
from records.services.views import replace_layout

from . import documentation
from .requests import layout_settings, read_body
from .responses import layout_row


class LayoutViewSet(MetadataViewSet):
    """An object has one layout."""

    @documentation.list_layouts
    def list(self, request: HttpRequest, object_key: str) -> HttpResponse:
        page, rows = page_request(request), [layout_row(self.author, self.schema_of(object_key))]
        return json_answer(page_content(request, page.of(rows), page, count=len(rows)))

    @documentation.replace_layout
    def update(self, request: HttpRequest, object_key: str, layout_id: str) -> HttpResponse:
        schema = self.schema_of(object_key)
        replace_layout(self.author, schema, layout_id, **layout_settings(read_body(request)))
        return json_answer(layout_row(self.author, schema))

    def shown(self, request: HttpRequest, path: Mapping[str, Any]) -> dict[str, Any]:
        return layout_row(self.author, self.schema_of(path["object_key"]))
