"""The OpenAPI document: written down beside the views, word for word, and put together by drf-spectacular."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiParameter, extend_schema

from records.registry import Registry

from .answers import JSON
from .authentication import WorkspaceScheme

Schema = dict[str, Any]
View = TypeVar("View", bound=Callable[..., Any])
_components: Registry[Schema] = Registry("schema component")
_required_bodies: set[str] = set()


# ---------------------------------------------------------------- components


def component(name: str, schema: Schema) -> None:
    """Give a schema a name, by which operations and other components refer to it."""
    _components.register(name, schema)


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def obj(required: Mapping[str, Schema], **optional: Schema) -> Schema:
    """An object whose `required` properties are always there."""
    schema: Schema = {"type": "object", "properties": {**required, **optional}}
    if required:
        schema["required"] = sorted(required)
    return schema


def array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def one_of(*choices: Schema) -> Schema:
    return {"oneOf": list(choices)}


def nullable(schema: Schema) -> Schema:
    return {**schema, "nullable": True}


def page_of(results: Schema, **more: Schema) -> Schema:
    """A page of results."""
    address = nullable({"type": "string", "format": "uri"})
    page = obj({"count": {"type": "integer"}, "results": array(results)}, next=address, previous=address)
    # A list of texts, or null; OpenAPI 3.0 knows no `type: null`.
    page["properties"]["errors"] = nullable(one_of(ref("NullEnum"), array({"type": "string"})))
    page["properties"].update(more)
    return page


# ---------------------------------------------------------------- operations


def path_parameter(name: str, schema: Schema, description: str = "") -> OpenApiParameter:
    return OpenApiParameter(name, schema, OpenApiParameter.PATH, required=True, description=description)


def query_parameter(name: str, schema: Schema, description: str = "", *, required: bool = False) -> OpenApiParameter:
    return OpenApiParameter(name, schema, OpenApiParameter.QUERY, required=required, description=description)


def json_body(name: str, *, required: bool = False) -> tuple[Schema, bool]:
    """A request body in the form of a component, and whether there must be one."""
    return ref(name), required


def operation(
    operation_id: str,
    tag: str,
    summary: str,
    parameters: Sequence[OpenApiParameter],
    responses: Mapping[int, Schema | None],
    body: tuple[Schema, bool] | None = None,
) -> Callable[[View], View]:
    """A decorator that says of a view what the document is to say of it."""
    if body is not None and body[1]:
        _required_bodies.add(operation_id)
    described: Callable[[View], View] = extend_schema(
        operation_id=operation_id,
        tags=[tag],
        summary=summary,
        parameters=list(parameters),
        request={JSON: body[0]} if body is not None else None,
        responses={(status, JSON): schema for status, schema in responses.items()},
    )
    return described


def complete(result: Schema, **_: Any) -> Schema:
    """Add what drf-spectacular is not told by the views: components, the security that all share."""
    schemas = result["components"].setdefault("schemas", {})
    schemas.update(zip(_components, _components.values(), strict=True))
    result["security"] = [{scheme: [] for scheme in WorkspaceScheme.headers}]
    for methods in result["paths"].values():
        for described in methods.values():
            if described["operationId"] in _required_bodies:
                described["requestBody"]["required"] = True
    return result
