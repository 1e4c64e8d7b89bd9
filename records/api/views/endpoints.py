"""Saved views: filter groups, quick filters, columns, and making one the default of others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse

from records.api.answers import empty_answer, json_answer
from records.api.pagination import page_content, page_request
from records.api.viewsets import ApiViewSet
from records.exceptions import problems_in
from records.services.access import Author, get_schema
from records.services.catalogue import ObjectSchema
from records.services.views import (
    SavedView,
    apply_to_members,
    apply_to_roles,
    create_view,
    find_members,
    find_roles,
    get_view,
    list_views,
    remove_part,
    update_view,
)

from . import documentation
from .bases import COLUMNS, FILTER_GROUPS, QUICK_FILTERS, Base
from .requests import named_ids, parts_of, read_body, view_settings
from .responses import view_detail, view_rows

Find = Callable[..., list[int]]
Apply = Callable[[Author, ObjectSchema, str, Any, Sequence[int]], None]


class PartViewSet(ApiViewSet):
    """The views of an object that have one part, as that part."""

    area = "records"
    defines = True
    base: ClassVar[Base]

    def list(self, request: HttpRequest, object_key: str) -> HttpResponse:
        schema, page = get_schema(self.author, object_key), page_request(request)
        found = list_views(
            self.author,
            schema,
            self.base.part,
            search=request.GET.get("search", ""),
            ordering=request.GET.get("ordering", "name"),
        )
        rows = view_rows(self.author, schema, self.base, page.of(found))
        return json_answer(page_content(request, rows, page, count=len(found)))

    def create(self, request: HttpRequest, object_key: str) -> HttpResponse:
        schema, body = get_schema(self.author, object_key), read_body(request)
        with problems_in(parts_of(self.base)):
            given = view_settings(self.author, self.base, body, whole=True)
            made = create_view(self.author, schema, **given)
        return self._answer(schema, made, 201)

    def retrieve(self, request: HttpRequest, object_key: str, view_id: str) -> HttpResponse:
        schema = get_schema(self.author, object_key)
        return self._answer(schema, get_view(self.author, schema, view_id, self.base.part))

    def update(self, request: HttpRequest, object_key: str, view_id: str) -> HttpResponse:
        return self._change(request, object_key, view_id, whole=True)

    def partial_update(self, request: HttpRequest, object_key: str, view_id: str) -> HttpResponse:
        return self._change(request, object_key, view_id, whole=False)

    def destroy(self, request: HttpRequest, object_key: str, view_id: str) -> HttpResponse:
        remove_part(self.author, get_schema(self.author, object_key), view_id, self.base.part)
        return empty_answer(204)

    def apply_to_roles(self, request: HttpRequest, object_key: str, view_id: str) -> HttpResponse:
        return self._apply(request, object_key, view_id, "role_ids", find_roles, apply_to_roles)

    def apply_to_users(self, request: HttpRequest, object_key: str, view_id: str) -> HttpResponse:
        return self._apply(
            request, object_key, view_id, "team_member_ids", find_members, apply_to_members
        )

    def apply_to_groups(self, request: HttpRequest, object_key: str, view_id: str) -> HttpResponse:
        # Each role is served as a permission group too, under the same id.
        return self._apply(
            request, object_key, view_id, "permission_group_ids", find_roles, apply_to_roles
        )

    def shown(self, request: HttpRequest, path: Mapping[str, Any]) -> dict[str, Any]:
        schema = get_schema(self.author, path["object_key"])
        view = get_view(self.author, schema, path.get("view_id", ""), self.base.part)
        return view_detail(self.author, schema, self.base, view)

    def _change(
        self, request: HttpRequest, object_key: str, view_id: str, *, whole: bool
    ) -> HttpResponse:
        schema = get_schema(self.author, object_key)
        # What is not there is not there, whatever the body says.
        get_view(self.author, schema, view_id, self.base.part)
        with problems_in(parts_of(self.base)):
            given = view_settings(self.author, self.base, read_body(request), whole=whole)
            changed = update_view(self.author, schema, view_id, self.base.part, **given)
        return self._answer(schema, changed)

    def _apply(
        self,
        request: HttpRequest,
        object_key: str,
        view_id: str,
        key: str,
        find: Find,
        apply: Apply,
    ) -> HttpResponse:
        schema = get_schema(self.author, object_key)
        get_view(self.author, schema, view_id, self.base.part)
        found = find(self.author, named_ids(read_body(request), key), key)
        apply(self.author, schema, view_id, self.base.part, found)
        return empty_answer(200)

    def _answer(self, schema: ObjectSchema, view: SavedView, status: int = 200) -> HttpResponse:
        return json_answer(view_detail(self.author, schema, self.base, view), status)


@documentation.of_base(FILTER_GROUPS)
class FilterGroupViewSet(PartViewSet):
    """Saved filters."""

    base = FILTER_GROUPS


@documentation.of_base(QUICK_FILTERS)
class QuickFilterViewSet(PartViewSet):
    """Filters that are offered above a grid."""

    base = QUICK_FILTERS


@documentation.of_base(COLUMNS)
class ColumnsViewSet(PartViewSet):
    """Columns of grids."""

    base = COLUMNS
