"""What the pages of records have in common: the object they are about, and for whom they are
shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from records.exceptions import (
    Conflict,
    ExternalConfig,
    ExternalError,
    InvalidInput,
    NotAllowed,
    NotFound,
    RecordsError,
    Unavailable,
)
from records.models import FieldCategory
from records.services.access import Author, get_schema, grant_of
from records.services.catalogue import ObjectSchema
from records.services.views import layout_categories

from .choosing import get_visitor

P = ParamSpec("P")
Answer = TypeVar("Answer", bound=HttpResponse)


@dataclass(frozen=True, slots=True)
class ObjectPage:
    """A page about an object's records, for one visitor."""

    request: HttpRequest
    author: Author
    schema: ObjectSchema

    def url(self, name: str = "records", record: str | None = None) -> str:
        """The address of a page of this object, or of one of its records."""
        return reverse(
            f"admin:{name}",
            args=[self.schema.uuid] if record is None else [self.schema.uuid, record],
        )

    def render(
        self, template: str, title: str, *, status: int = 200, **context: Any
    ) -> HttpResponse:
        """The page, with everything around it."""
        shown = {
            **admin.site.each_context(self.request),
            "title": title,
            "page": self,
            "schema": self.schema,
            "may_create": grant_of(self.author, self.schema).create,
            "list_url": self.url(),
            "add_url": self.url("record_add"),
            "archived_url": self.url("archived_records"),
            "trash_url": self.url("trash")
            if grant_of(self.author, self.schema).remove != "none"
            else "",
            **context,
        }
        return TemplateResponse(self.request, f"admin/records/{template}", shown, status=status)

    def categories(self) -> dict[str, str]:
        """The names of the object's categories by UUID, in their order."""
        rows = FieldCategory.objects.filter(
            workspace_id=self.author.workspace.id, object_id=self.schema.id
        )
        return {str(row.uuid): row.name for row in rows.order_by("order", "id")}

    def laid_out(self, categories: Mapping[str, str]) -> list[str] | None:
        """Which of the categories the object's layout draws, in its order; None where it draws
        all."""
        return layout_categories(self.author, self.schema, list(categories))


def tell_unavailable(response: Answer, refusal: RecordsError | None) -> Answer:
    """The response, with the status of a server that cannot do now what was asked, if that is the
    refusal."""
    if isinstance(refusal, Unavailable):
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def page_number(sent: QueryDict, name: str = "page", *, digits: int = 8) -> int:
    """The page that is asked for; the first for what is no number of one, or has more digits."""
    text = sent.get(name, "1")
    return max(int(text), 1) if text.isascii() and text.isdigit() and len(text) <= digits else 1


def local_text(author: Author, when: datetime | None) -> str:
    """A moment in the workspace's time zone."""
    return (
        "" if when is None else when.astimezone(author.workspace.zone).strftime("%Y-%m-%d %H:%M:%S")
    )


def external_status(refusal: ExternalConfig | ExternalError) -> int:
    """The status of a page that says what could not be done where the records live."""
    return 424 if isinstance(refusal, ExternalError) else 422


View = Callable[..., HttpResponseBase]


def about_object(view: Callable[Concatenate[ObjectPage, P], HttpResponseBase]) -> View:
    """A view of the object that its address names; 404 for what the visitor may not see, 403 for
    what not do."""

    @wraps(view)
    def shown(
        request: HttpRequest, /, object_uuid: UUID, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        author = get_visitor(request).author()
        try:
            page = ObjectPage(request, author, get_schema(author, str(object_uuid)))
            try:
                return view(page, *args, **kwargs)
            except (ExternalConfig, ExternalError) as refusal:
                status = external_status(refusal)
                return page.render(
                    "external.html", page.schema.object_name, status=status, problem=refusal.detail
                )
            except (
                Conflict,
                InvalidInput,
            ) as refusal:  # of a button; forms show what they are refused themselves
                if request.method != "POST":
                    raise
                messages.error(request, refusal.detail)
                return redirect(page.url())
        except NotFound:
            raise Http404 from None
        except NotAllowed as refusal:
            raise PermissionDenied(refusal.detail) from None

    return shown
