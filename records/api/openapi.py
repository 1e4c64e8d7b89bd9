"""The OpenAPI document: written down beside the views, word for word, and put together by drf-spectacular."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import OpenApiParameter, extend_schema

from records.registry import Registry

from .answers import JSON
from .authentication import WorkspaceScheme

Schema = dict[str, Any]
View = TypeVar("View", bound=Callable[..., Any])
_required_bodies: set[str] = set()
_examples: dict[str, Any] = {}


# ---------------------------------------------------------------- documents


@dataclass(frozen=True)
class Document:
    """An OpenAPI document: which paths it describes, and in what they are described and called."""

    title: str
    description: str
    holds: Callable[[str], bool]
    security: list[dict[str, list[Any]]]
    components: Registry[Schema] = field(default_factory=lambda: Registry("schema component"))


WORKSPACE_PATHS = "/api/v2/"
RECORDS = Document(
    "Records API",
    "Objects with typed fields, and their records. Every call sends `X-API-KEY`, `X-BUSINESS-ID` (the workspace) and"
    " `X-USER-ID` (the member): Authorize asks for them. With an admin session, `X-BUSINESS-ID` alone is enough.",
    lambda path: not path.startswith(WORKSPACE_PATHS),
    [{scheme: [] for scheme in WorkspaceScheme.headers}],
)
WORKSPACE = Document(
    "Workspace API",
    "The same objects and records as in the Records API: objects are data types, ids are integers, values are plain."
    " Every call sends `Authorization: Bearer <api key>`. With an admin session, the UUID in the path is enough.",
    lambda path: path.startswith(WORKSPACE_PATHS),
    [{"apiKey": []}],
)


class RecordsGenerator(SchemaGenerator):
    """Makes a document of the paths that are its own."""

    document = RECORDS

    def _initialise_endpoints(self) -> None:
        super()._initialise_endpoints()  # type: ignore[no-untyped-call]
        self.endpoints = [endpoint for endpoint in self.endpoints or () if self.document.holds(endpoint[0])]


class WorkspaceGenerator(RecordsGenerator):
    """Makes the Workspace API's document."""

    document = WORKSPACE


# ---------------------------------------------------------------- components


def component(name: str, schema: Schema, document: Document = RECORDS) -> None:
    """Give a schema a name, by which operations and other components refer to it."""
    document.components.register(name, schema)


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def obj(required: Mapping[str, Schema], /, **optional: Schema) -> Schema:
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


class Decorator(Protocol):
    """Says of a view what the document is to say of it."""

    def __call__(self, view: View, /) -> View: ...


def operation(
    operation_id: str,
    tag: str,
    summary: str,
    parameters: Sequence[OpenApiParameter],
    responses: Mapping[int, Schema | None],
    body: tuple[Schema, bool] | None = None,
    media_type: str = JSON,
    example: Any = None,
) -> Decorator:
    """What the document is to say of a view. `example` is a body that can be sent as it is."""
    if example is not None:
        _examples[operation_id] = example
    if body is not None and body[1]:
        _required_bodies.add(operation_id)
    described: Callable[[View], View] = extend_schema(
        operation_id=operation_id,
        tags=[tag],
        summary=summary,
        parameters=list(parameters),
        request={media_type: body[0]} if body is not None else None,
        responses={(status, JSON): schema for status, schema in responses.items()},
    )
    return described


def complete(result: Schema, generator: RecordsGenerator, **_: Any) -> Schema:
    """Add what drf-spectacular is not told by the views: title, components, the security that all share."""
    document = generator.document
    result["info"].update(title=document.title, description=document.description)
    schemas = result["components"].setdefault("schemas", {})
    schemas.update(zip(document.components, document.components.values(), strict=True))
    result["security"] = document.security
    for methods in result["paths"].values():
        for described in methods.values():
            if described["operationId"] in _required_bodies:
                described["requestBody"]["required"] = True
            if described["operationId"] in _examples:
                described["requestBody"]["content"][JSON]["example"] = _examples[described["operationId"]]
    return result
