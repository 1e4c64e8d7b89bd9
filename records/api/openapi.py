"""The OpenAPI document: written down beside the views, word for word, and put together by
drf-spectacular."""

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
_reads: set[str] = set()
_examples: dict[str, Any] = {}


# ---------------------------------------------------------------- documents


@dataclass(frozen=True)
class Document:
    """An OpenAPI document: the paths it describes, its security, and the component that its
    refusals have as body."""

    title: str
    description: str
    holds: Callable[[str], bool]
    security: list[dict[str, list[Any]]]
    refusal: str
    components: Registry[Schema] = field(default_factory=lambda: Registry("schema component"))


WORKSPACE_PATHS = "/api/v2/"
RECORDS = Document(
    "Records API",
    "Objects with typed fields, and their records. Every call sends `X-API-KEY`, "
    "`X-BUSINESS-ID` (the workspace) and"
    " `X-USER-ID` (the member): Authorize asks for them. With an admin session, "
    "`X-BUSINESS-ID` alone is enough.",
    lambda path: not path.startswith(WORKSPACE_PATHS),
    [{scheme: [] for scheme in WorkspaceScheme.headers}],
    "Problem",
)
WORKSPACE = Document(
    "Workspace API",
    "The same objects and records as in the Records API: objects are data types, ids are "
    "integers, values are plain."
    " Every call sends `Authorization: Bearer <api key>`. With an admin session, the UUID in "
    "the path is enough.",
    lambda path: path.startswith(WORKSPACE_PATHS),
    [{"apiKey": []}],
    "ErrorResponse",
)


class RecordsGenerator(SchemaGenerator):
    """Makes a document of the paths that are its own."""

    document = RECORDS

    def _initialise_endpoints(self) -> None:
        super()._initialise_endpoints()  # type: ignore[no-untyped-call]
        self.endpoints = [
            endpoint for endpoint in self.endpoints or () if self.document.holds(endpoint[0])
        ]


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
    page = obj(
        {"count": {"type": "integer"}, "results": array(results)}, next=address, previous=address
    )
    # A list of texts, or null; OpenAPI 3.0 knows no `type: null`.
    page["properties"]["errors"] = nullable(one_of(ref("NullEnum"), array({"type": "string"})))
    page["properties"].update(more)
    return page


# ---------------------------------------------------------------- operations


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
    reads: bool = False,
) -> Decorator:
    """What the document says of a view.

    `example` is a body that can be sent as it is. `reads`: the view is a POST that changes nothing.
    """
    if reads:
        _reads.add(operation_id)
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


# ---------------------------------------------------------------- refusals

_RETRY_AFTER = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}
_RATE = {
    f"RateLimit-{name}": {"$ref": f"#/components/headers/RateLimit{name}"}
    for name in ("Limit", "Remaining", "Reset")
}
_HEADERS = {
    "RetryAfter": {
        "description": "Seconds to wait before sending the request again.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "RateLimitLimit": {
        "description": "Requests that the limit allows.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "RateLimitRemaining": {
        "description": "Requests that are left of them.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "RateLimitReset": {
        "description": "Seconds until all of them may be sent again.",
        "schema": {"type": "integer", "minimum": 0},
    },
}


@dataclass(frozen=True)
class Refusal:
    """A response that operations share: its name among the components, and what the document says
    of it."""

    name: str
    description: str
    headers: Mapping[str, Schema] = field(default_factory=dict)

    @property
    def reference(self) -> Schema:
        return {"$ref": f"#/components/responses/{self.name}"}

    def response(self, document: Document) -> Schema:
        """The response, in the form of the API that the document describes."""
        described = {
            "description": self.description,
            "content": {JSON: {"schema": ref(document.refusal)}},
        }
        return {**described, "headers": dict(self.headers)} if self.headers else described


def _header(description: str) -> Schema:
    return {"description": description, "schema": {"type": "string"}}


REFUSALS = {
    400: Refusal("BadRequest", "The request is invalid: correct it."),
    401: Refusal(
        "Unauthorized",
        "Credentials are missing or invalid.",
        {"WWW-Authenticate": _header("The authentication scheme.")},
    ),
    403: Refusal("Forbidden", "The caller does not have the permission."),
    404: Refusal("NotFound", "It does not exist, is archived, or is not visible to the caller."),
    405: Refusal(
        "MethodNotAllowed",
        "The method is not allowed here.",
        {"Allow": _header("The allowed methods.")},
    ),
    408: Refusal("RequestTimeout", "The body took too long to arrive. Nothing was changed."),
    409: Refusal(
        "Conflict",
        "The change conflicts with the current state, or a request with the same "
        "`Idempotency-Key` is in progress.",
        _RETRY_AFTER,
    ),
    412: Refusal(
        "PreconditionFailed",
        "The record is not at the version in `If-Match`: read it again.",
        {"ETag": _header("The current version.")},
    ),
    413: Refusal("ContentTooLarge", "The body is too large."),
    415: Refusal("UnsupportedMediaType", "The body has an unsupported media type or encoding."),
    422: Refusal(
        "UnprocessableContent",
        "`idempotency_mismatch`: the `Idempotency-Key` was used for another request."
        " `external_config`: the object's external source does not support this.",
    ),
    424: Refusal(
        "FailedDependency",
        "The external source of the object failed. `outcome` is `refused`, `applied` or `unknown`:"
        " check it before repeating a write.",
        _RETRY_AFTER,
    ),
    429: Refusal(
        "TooManyRequests",
        "`rate_limited`: a limit of the address, the user, the API key or the workspace is "
        "reached, or too many wrong keys came from the address. Nothing was changed.",
        {**_RETRY_AFTER, **_RATE},
    ),
    503: Refusal(
        "ServiceUnavailable",
        "`unavailable`: the database is unreachable, busy or too slow. Nothing was changed; "
        "send the request again."
        " `outcome_unknown`: the change may have been made. Read the data before sending it "
        "again, or repeat the request with its `Idempotency-Key`.",
        _RETRY_AFTER,
    ),
    507: Refusal(
        "InsufficientStorage",
        "`storage_full`: the server's storage is full. Nothing was changed.",
        _RETRY_AFTER,
    ),
}
# Of any operation; at paths with parameters; of operations with a body; of POSTs, PUTs, PATCHes and
# DELETEs.
_OF_ALL, _OF_PLACES, _OF_BODIES, _OF_CHANGES = (
    (400, 401, 403, 429, 503, 507),
    (404,),
    (408, 413, 415),
    (409, 422),
)
# An object's records may live in an external source, which may fail; files never do.
_OF_EXTERNAL = {"records": (422, 424), "files": (422,)}


def _refusals_of(path: str, method: str, described: Schema) -> set[int]:
    """The refusals that an operation can answer because of what it is."""
    return {
        *_OF_ALL,
        *(_OF_PLACES if "{" in path else ()),
        *(_OF_BODIES if "requestBody" in described else ()),
        *(_OF_CHANGES if method != "get" and described["operationId"] not in _reads else ()),
        *(status for tag in described["tags"] for status in _OF_EXTERNAL.get(tag, ())),
    }


def _add_refusals(responses: Schema, statuses: set[int], document: Document) -> None:
    """List these refusals, and refer to the shared response wherever a refusal has no form of its
    own."""
    for status in statuses:
        responses.setdefault(str(status), REFUSALS[status].reference)
    shared = {JSON: {"schema": ref(document.refusal)}}
    for status, refusal in REFUSALS.items():
        if responses.get(str(status), {}).get("content") == shared:
            responses[str(status)] = refusal.reference


def complete(result: Schema, generator: RecordsGenerator, **_: Any) -> Schema:
    """Add what the views do not say: title, components, security, and the refusals that operations
    share."""
    document = generator.document
    result["info"].update(title=document.title, description=document.description)
    schemas = result["components"].setdefault("schemas", {})
    schemas.update(zip(document.components, document.components.values(), strict=True))
    result["components"]["responses"] = {
        refusal.name: refusal.response(document) for refusal in REFUSALS.values()
    }
    result["components"]["headers"] = _HEADERS
    result["security"] = document.security
    for path, methods in result["paths"].items():
        for method, described in methods.items():
            _add_refusals(described["responses"], _refusals_of(path, method, described), document)
            if described["operationId"] in _required_bodies:
                described["requestBody"]["required"] = True
            if described["operationId"] in _examples:
                described["requestBody"]["content"][JSON]["example"] = _examples[
                    described["operationId"]
                ]
    return result
