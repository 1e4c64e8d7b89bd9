"""What the pages have in common that are about the chosen workspace, and no single object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse

from records.admin.choosing import get_visitor
from records.exceptions import NotAllowed, NotFound

View = Callable[..., HttpResponseBase]


def for_author(view: View) -> View:
    """A view for a member of the chosen workspace; 404 for what is out of their sight, 403 for what
    they may not do."""

    @wraps(view)
    def shown(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, get_visitor(request).author(), **kwargs)
        except NotFound:
            raise Http404 from None
        except NotAllowed as refusal:
            raise PermissionDenied(refusal.detail) from None

    return shown


def render(
    request: HttpRequest, template: str, title: str, context: Mapping[str, Any]
) -> HttpResponse:
    """The page, with everything around it."""
    shown = {**admin.site.each_context(request), "title": title, **context}
    return TemplateResponse(request, f"admin/records/{template}", shown)
