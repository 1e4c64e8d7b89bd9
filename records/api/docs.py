"""The APIs' documentation: the OpenAPI document, and two ways to browse it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView

from .answers import JSON
from .openapi import RecordsGenerator


@functools.cache
def schema_document(generator: Callable[[], Any] = RecordsGenerator) -> dict[str, Any]:
    """A document, made once: it is the same for every caller."""
    document: dict[str, Any] = generator().get_schema(public=True)
    return document


@require_safe
def schema(request: HttpRequest, generator: Callable[[], Any] = RecordsGenerator) -> HttpResponse:
    """Answer an OpenAPI document as JSON, to anyone; its server is the one that was asked, which
    clients that are generated from it call."""
    servers = [{"url": request.build_absolute_uri("/").rstrip("/")}]
    content = orjson.dumps({**schema_document(generator), "servers": servers})
    return HttpResponse(content, content_type=JSON)


_swagger_ui = SpectacularSwaggerSplitView.as_view(url_name="api-schema")

urlpatterns = [
    path("docs", _swagger_ui),
    path("docs/", _swagger_ui, name="api-docs"),
    path("docs/schema", schema, name="api-schema"),
    path("docs/public/schema", schema),  # as the documented API has it too
    path("docs/redoc", SpectacularRedocView.as_view(url_name="api-schema")),
]
