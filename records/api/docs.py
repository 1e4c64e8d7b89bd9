"""The APIs' documentation: the OpenAPI document, and two ways to browse it."""

from __future__ import annotations

import functools

import orjson
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView

from .answers import JSON


@functools.cache
def schema_document() -> bytes:
    """The document, made once: it is the same for every caller."""
    return orjson.dumps(SchemaGenerator().get_schema(public=True))  # type: ignore[no-untyped-call]


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """Answer the OpenAPI document as JSON, to anyone."""
    return HttpResponse(schema_document(), content_type=JSON)


_swagger_ui = SpectacularSwaggerSplitView.as_view(url_name="api-schema")

urlpatterns = [
    path("docs", _swagger_ui),
    path("docs/", _swagger_ui, name="api-docs"),
    path("docs/schema", schema, name="api-schema"),
    path("docs/redoc", SpectacularRedocView.as_view(url_name="api-schema")),
]
