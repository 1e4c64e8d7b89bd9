"""What the OpenAPI document says of each operation on operations."""

from __future__ import annotations

from typing import Any

from records.api.openapi import (
    Decorator,
    json_body,
    operation,
    page_parameters,
    path_parameter,
    query_parameter,
    ref,
)

from .schemas import KIND, MOMENT, SOURCE, STRING, UUID

_OPERATION = path_parameter("operation_id", UUID)


def _operations(
    name: str, summary: str, parameters: list[Any], responses: dict[Any, Any], **more: Any
) -> Decorator:
    return operation(f"operations_{name}", "operations", summary, parameters, responses, **more)


list_operations = _operations(
    "list",
    "What requests, jobs and imports have changed, newest first",
    [
        query_parameter("object", STRING, "The object's id or API name."),
        query_parameter("member", STRING, "Who: a member's id, or is_me."),
        query_parameter("source", SOURCE, "Through what."),
        query_parameter("kind", KIND),
        query_parameter("since", MOMENT, "Begun at or after this time."),
        query_parameter("until", MOMENT, "Begun before this time."),
        query_parameter("cursor", UUID, "The next_cursor of a page."),
        query_parameter(
            "page_size", {"type": "integer", "minimum": 1, "default": 100}, "At most 100."
        ),
    ],
    {200: ref("OperationPage")},
)
retrieve_operation = _operations(
    "retrieve",
    "An operation and its changes",
    [_OPERATION, *page_parameters()],
    {200: ref("OperationDetail")},
)
undo = _operations(
    "undo_create",
    "Take an operation back",
    [_OPERATION],
    {200: ref("Undo"), 202: ref("Undo")},
    body=json_body("UndoRequest"),
    example={"mode": "safe", "dry_run": True},
)
left = _operations(
    "left_list",
    "What an undo has left as it was",
    [_OPERATION, *page_parameters()],
    {200: ref("PaginatedUndoLeftList")},
)
