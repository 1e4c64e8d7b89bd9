"""What the OpenAPI document says of each operation on saved views and layouts."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from records.api.openapi import (
    Decorator,
    json_body,
    operation,
    page_parameters,
    path_parameter,
    query_parameter,
    ref,
)
from records.services.views import ORDERINGS

from . import schemas
from .bases import COLUMNS, FILTER_GROUPS, QUICK_FILTERS, Base

T = TypeVar("T", bound=type)
_OBJECT = path_parameter("object_key", schemas.STRING, "The object's id or API name.")
_VIEW = path_parameter("view_id", schemas.UUID)
_CLAUSE = {"field": "name", "condition": "contains", "value": "Air"}
_FILTER = {"and": True, "query": [{"id": "query-0", "and": True, "filters": [_CLAUSE]}]}
_EXAMPLES = {
    FILTER_GROUPS: {"name": "Airlines", "config": _FILTER},
    QUICK_FILTERS: {"name": "Airlines", "filters": _FILTER},
    COLUMNS: {"name": "Names", "configuration_json": {"columns": [{"field": "name"}]}},
}
_APPLIED = {
    "roles": ("ApplyToRolesRequest", "Make it the default view of all members with these roles"),
    "users": ("ApplyToUsersRequest", "Make it the default view of these members"),
    "groups": (
        "ApplyToPermissionGroupsRequest",
        "Make it the default view of all members of these permission groups",
    ),
}


def of_base(base: Base) -> Callable[[T], T]:
    """Says of a class of views what the document is to say of each action, in the words of its
    list. Each class gets actions of its own: the document is kept beside the function."""

    def described(viewset: T) -> T:
        for action, document in _documents(base).items():
            setattr(viewset, action, document(_own(getattr(viewset, action))))
        return viewset

    return described


def _own(action: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(action)
    def own(self: Any, *args: Any, **kwargs: Any) -> Any:
        return action(self, *args, **kwargs)

    return own


def _documents(base: Base) -> dict[str, Decorator]:
    """What the document says, by action."""

    def of(
        name: str, summary: str, parameters: list[Any], responses: dict[int, Any], **more: Any
    ) -> Decorator:
        return operation(
            f"custom_objects_{base.operation}_{name}",
            "saved-views",
            summary,
            [_OBJECT, *parameters],
            responses,
            **more,
        )

    def sent(prefix: str = "") -> Any:
        return json_body(f"{prefix}{base.component}Request", required=True)

    what, detail = base.what, ref(f"{base.component}Detail")
    documents = {
        "list": of(
            "list",
            f"The {what}s that the caller may see".replace("set of columnss", "sets of columns"),
            [
                query_parameter("search", schemas.STRING, "Part of a name."),
                query_parameter("ordering", {"type": "string", "enum": list(ORDERINGS)}),
                *page_parameters(),
            ],
            {200: ref(f"Paginated{base.component}List")},
        ),
        "create": of(
            "create", f"Save a {what}", [], {201: detail}, body=sent(), example=_EXAMPLES[base]
        ),
        "retrieve": of("retrieve", f"Read a {what}", [_VIEW], {200: detail}),
        "update": of("update", f"Replace a {what}", [_VIEW], {200: detail}, body=sent()),
        "partial_update": of(
            "partial_update", f"Change a {what}", [_VIEW], {200: detail}, body=sent("Patched")
        ),
        "destroy": of("destroy", f"Delete a {what}", [_VIEW], {204: None}),
    }
    for whom, (component, summary) in _APPLIED.items():
        documents[f"apply_to_{whom}"] = of(
            f"apply_to_{'permission_groups' if whom == 'groups' else whom}_create",
            summary,
            [_VIEW],
            {200: None},
            body=json_body(component, required=True),
        )
    return documents


list_layouts = operation(
    "custom_objects_layouts_list",
    "custom-objects",
    "The layout of an object's record pages",
    [_OBJECT, *page_parameters()],
    {200: ref("PaginatedLayoutList")},
)
replace_layout = operation(
    "custom_objects_layouts_update",
    "custom-objects",
    "Replace the layout of an object's record pages",
    [_OBJECT, path_parameter("layout_id", schemas.UUID)],
    {200: ref("Layout")},
    body=json_body("LayoutRequest", required=True),
    example={"name": "Standard View", "config": [{"columns": [{"items": []}]}]},
)
