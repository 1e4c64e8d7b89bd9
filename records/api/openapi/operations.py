"""What the documents say of an operation, written down beside its view."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from drf_spectacular.utils import OpenApiParameter, extend_schema

from records.api.answers import JSON
from records.api.pagination import DEFAULT_SIZE, MAX_SIZE

from .components import PAGE, PAGE_SIZE, ref
from .documents import Schema

View = TypeVar("View", bound=Callable[..., Any])
required_bodies: set[str] = set()
examples: dict[str, Any] = {}


def path_parameter(name: str, schema: Schema, description: str = "") -> OpenApiParameter:
    return OpenApiParameter(
        name, schema, OpenApiParameter.PATH, required=True, description=description
    )


def query_parameter(
    name: str, schema: Schema, description: str = "", *, required: bool = False
) -> OpenApiParameter:
    return OpenApiParameter(
        name, schema, OpenApiParameter.QUERY, required=required, description=description
    )


def page_parameters(
    size: str = "page_size", default: int = DEFAULT_SIZE, most: int = MAX_SIZE
) -> list[OpenApiParameter]:
    """Which page of a list, and of how many results."""
    return [
        query_parameter("page", {**PAGE, "default": 1}),
        query_parameter(size, {**PAGE_SIZE, "default": default, "maximum": most}),
    ]


def json_body(name: str, *, required: bool = False) -> tuple[Schema, bool]:
    """A request body in the form of a component, and whether there must be one."""
    return ref(name), required


class Decorator(Protocol):
    """Says of a view what the document is to say of it."""

    def __call__(self, view: View, /) -> View: ...


def operation(
    operation_id: str,
    tag: str,
    summary: str,
    parameters: Sequence[OpenApiParameter],
    responses: Mapping[Any, Schema | None],
    body: tuple[Schema, bool] | None = None,
    media_type: str = JSON,
    example: Any = None,
) -> Decorator:
    """What the document says of a view: `responses` by status, or by status and media type where
    they are not JSON.

    `example` is a body that can be sent as it is.
    """
    if example is not None:
        examples[operation_id] = example
    if body is not None and body[1]:
        required_bodies.add(operation_id)
    described: Callable[[View], View] = extend_schema(
        operation_id=operation_id,
        tags=[tag],
        summary=summary,
        parameters=list(parameters),
        request={media_type: body[0]} if body is not None else None,
        responses={
            (status, JSON) if isinstance(status, int) else status: schema
            for status, schema in responses.items()
        },
    )
    return described
