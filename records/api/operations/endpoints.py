"""Operations: listing them, looking into one, taking one back."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from records.api.answers import json_answer
from records.api.bodies import read_object
from records.api.pagination import link, page_content, page_request
from records.api.parameters import moment
from records.api.viewsets import ApiViewSet
from records.exceptions import InvalidInput, NotFound
from records.services.access import Source, get_schema, named_member
from records.services.catalogue import ObjectSchema
from records.services.jobs import start_undo
from records.services.undoing import (
    OperationKind,
    SoughtOperations,
    UndoMode,
    find_operation,
    list_changes,
    list_left,
    list_operations,
)

from . import documentation
from .responses import change_row, left_row, operation_row, undo_row

MAX_SIZE = 100
Choice = TypeVar("Choice", bound=StrEnum)


class OperationViewSet(ApiViewSet):
    """What one request, job or import changed."""

    area = "records"
    foretelling = frozenset({"undo"})

    @documentation.list_operations
    def list(self, request: HttpRequest) -> HttpResponse:
        sought = self._sought(request)
        page = page_request(request)
        found = list_operations(self.author, sought, limit=min(page.size, MAX_SIZE))
        rows = [operation_row(view, self.author.workspace.zone) for view in found.operations]
        content = page_content(request, rows, page, count=None)
        content["next"] = None if found.after is None else link(request, cursor=found.after)
        content["previous"] = None
        return json_answer({**content, "next_cursor": found.after})

    def _sought(self, request: HttpRequest) -> SoughtOperations:
        given, zone = request.GET, self.author.workspace.zone
        named, member = given.get("object"), given.get("member")
        kind, cursor = given.get("kind"), given.get("cursor")
        return SoughtOperations(
            schema=None if named is None else self._object(named),
            member_id=None if member is None else named_member(self.author, member),
            source=_source(given.get("source")),
            kind=None if kind is None else choice(OperationKind, kind, "kind"),
            since=moment(request, "since", zone),
            until=moment(request, "until", zone),
            before=None if cursor is None else _operation(cursor),
        )

    def _object(self, named: str) -> ObjectSchema:
        try:
            return get_schema(self.author, named)
        except NotFound:
            raise InvalidInput("there is no such object.", "does_not_exist", at="object") from None

    @documentation.retrieve_operation
    def retrieve(self, request: HttpRequest, operation_id: str) -> HttpResponse:
        operation, page = UUID(operation_id), page_request(request)
        view = find_operation(self.author, operation)
        if view is None:
            raise NotFound
        changes = list_changes(self.author, operation, offset=page.offset, limit=page.size)
        zone = self.author.workspace.zone
        rows = [change_row(change, zone) for change in changes]
        content = page_content(request, rows, page, count=sum(view.totals.values()))
        return json_answer({"operation": operation_row(view, zone), **content})

    def is_dry(self, request: HttpRequest) -> bool:
        in_query = super().is_dry(request)
        if self.action != "undo":
            return in_query
        in_body = _undo_sent(request).get("dry_run", False)
        if not isinstance(in_body, bool):
            raise InvalidInput("expected true or false.", at="dry_run")
        return in_query or in_body

    @documentation.undo
    def undo(self, request: HttpRequest, operation_id: str) -> HttpResponse:
        mode = choice(UndoMode, _undo_sent(request).get("mode", UndoMode.SAFE), "mode")
        dry_run = self.is_dry(request)
        view = start_undo(self.author, UUID(operation_id), mode, dry_run=dry_run)
        status = 202 if view.job.finished is None else 200
        return json_answer(undo_row(view, self.author.workspace.zone), status)

    @documentation.left
    def left(self, request: HttpRequest, operation_id: str) -> HttpResponse:
        page = page_request(request)
        count, left = list_left(
            self.author, UUID(operation_id), offset=page.offset, limit=page.size
        )
        rows = [left_row(each, self.author.workspace.zone) for each in left]
        return json_answer(page_content(request, rows, page, count=count))


def _undo_sent(request: HttpRequest) -> dict[str, Any]:
    return read_object(request, ("mode", "dry_run"))


def choice(kinds: type[Choice], sent: object, at: str) -> Choice:
    """One of a few words; InvalidInput says which there are."""
    if isinstance(sent, str) and sent in kinds.__members__.values():
        return kinds(sent)
    raise InvalidInput(f"expected one of {', '.join(kinds)}.", at=at)


def _source(sent: str | None) -> str:
    if sent is not None and sent not in Source.values:
        raise InvalidInput(f"expected one of {', '.join(Source.values)}.", at="source")
    return sent or ""


def _operation(sent: str) -> UUID:
    try:
        return UUID(sent)
    except ValueError:
        raise InvalidInput("expected the next_cursor of a page.", at="cursor") from None
