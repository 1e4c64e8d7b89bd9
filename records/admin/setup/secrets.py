"""Showing what is shown once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

Secret = tuple[str, str]


def secret_page(
    site: AdminSite, request: HttpRequest, title: str, secrets: Sequence[Secret], **context: Any
) -> HttpResponse:
    """Answer a form with the secrets it made, as (label, secret).

    They stand in this answer and nowhere else: no session, message or log holds them, and no cache
    keeps it.
    """
    shown = {**site.each_context(request), "title": title, "secrets": secrets, **context}
    response = TemplateResponse(request, "admin/records/secret.html", shown)
    response.headers["Cache-Control"] = "no-store"
    return response
