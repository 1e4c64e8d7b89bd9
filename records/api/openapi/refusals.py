"""What operations refuse, in the form that they share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from records.api.answers import JSON

from .components import ref
from .documents import Document, Schema
from .headers import OF_401, OF_405, OF_ALL, OF_RECORDS, WAIT


@dataclass(frozen=True)
class Refusal:
    """A response that operations share: its name among the components, what the document says of
    it, and which of its components is the body."""

    name: str
    description: str
    headers: Mapping[str, Schema] = field(default_factory=dict)
    body: str = "refusal"

    @property
    def reference(self) -> Schema:
        return {"$ref": f"#/components/responses/{self.name}"}

    def response(self, document: Document) -> Schema:
        """The response, in the form of the API that the document describes."""
        return {
            "description": self.description,
            "headers": {**OF_ALL, **self.headers},
            "content": {JSON: {"schema": ref(getattr(document, self.body))}},
        }


REFUSALS = {
    400: Refusal("BadRequest", "The request is invalid: correct it."),
    401: Refusal(
        "Unauthorized",
        "Credentials are missing or invalid.",
        OF_401,
    ),
    403: Refusal("Forbidden", "The caller does not have the permission."),
    404: Refusal("NotFound", "It does not exist, is archived, or is not visible to the caller."),
    405: Refusal(
        "MethodNotAllowed",
        "The method is not allowed here.",
        OF_405,
    ),
    408: Refusal("RequestTimeout", "The body took too long to arrive. Nothing was changed."),
    409: Refusal(
        "Conflict",
        "The change conflicts with the current state, or a request with the same "
        "`Idempotency-Key` is in progress.",
        WAIT,
    ),
    410: Refusal(
        "Gone",
        "`cursor_expired`: the database was restored or moved since the cursor was made."
        " `rights_changed`: what the caller may see has changed. Start again without a cursor.",
    ),
    412: Refusal(
        "PreconditionFailed",
        "The record is not at the version in `If-Match`, or in `if_version`: read it again.",
        OF_RECORDS,
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
        WAIT,
        "upstream",
    ),
    429: Refusal(
        "TooManyRequests",
        "`rate_limited`: a limit of the address, the user, the API key or the workspace is "
        "reached, or too many wrong keys came from the address. Nothing was changed.",
        WAIT,
    ),
    503: Refusal(
        "ServiceUnavailable",
        "`unavailable`: the database is unreachable, busy or too slow. Nothing was changed; "
        "send the request again."
        " `outcome_unknown`: the change may have been made. Read the data before sending it "
        "again, or repeat the request with its `Idempotency-Key`.",
        WAIT,
    ),
    507: Refusal(
        "InsufficientStorage",
        "`storage_full`: the server's storage is full. Nothing was changed.",
        WAIT,
    ),
}
# Of any operation; of those that want a key; at paths with parameters; of those with a body, which
# every change may have; of changes; of those that change a record which the caller has read.
_OF_ALL, _OF_KEYS, _OF_PLACES, _OF_BODIES, _OF_CHANGES, _OF_VERSIONS = (
    (400, 403, 429, 503, 507),
    (401,),
    (404,),
    (408, 413, 415),
    (409, 422),
    (412,),
)
# An object's records may live in an external source, which may fail; files never do.
_OF_EXTERNAL = {"records": (422, 424), "files": (422,), "changes": (410,)}


def refusals_of(
    path: str, described: Schema, *, sends: bool, changes: bool, checks: bool
) -> set[int]:
    """The refusals that an operation can answer because of what it is: whether it takes a body,
    changes something, and has conditions."""
    return {
        *_OF_ALL,
        *(_OF_KEYS if any(described["security"]) else ()),
        *(_OF_PLACES if "{" in path else ()),
        *(_OF_BODIES if sends else ()),
        *(_OF_CHANGES if changes else ()),
        *(_OF_VERSIONS if checks else ()),
        *(status for tag in described["tags"] for status in _OF_EXTERNAL.get(tag, ())),
    }


def add_refusals(responses: dict[str, Schema], statuses: set[int], document: Document) -> None:
    """List these refusals, and refer to the shared response wherever a refusal has no form of its
    own."""
    for status in statuses:
        responses.setdefault(str(status), REFUSALS[status].reference)
    shared = {JSON: {"schema": ref(document.refusal)}}
    for status, refusal in REFUSALS.items():
        if responses.get(str(status), {}).get("content") == shared:
            responses[str(status)] = refusal.reference
