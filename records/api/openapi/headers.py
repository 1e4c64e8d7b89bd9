"""The headers of requests and responses."""

from __future__ import annotations

from typing import Any

from .documents import Schema


def header(name: str) -> Schema:
    """A response header that is among the components."""
    return {"$ref": f"#/components/headers/{name.replace('-', '')}"}


def parameter(name: str) -> Schema:
    """A request header that is among the components."""
    return {"$ref": f"#/components/parameters/{name}"}


def _headers(*names: str) -> dict[str, Schema]:
    return {name: header(name) for name in names}


def _described(description: str, schema: Schema, **more: Any) -> Schema:
    return {"description": description, "schema": schema, **more}


def _sent(name: str, description: str, schema: Schema) -> Schema:
    return {"name": name, "in": "header", **_described(description, schema)}


_COUNT: Schema = {"type": "integer", "minimum": 0}
_FROM_ONE: Schema = {"type": "integer", "minimum": 1}
_TEXT: Schema = {"type": "string"}
_TAG = r'(W/)?"[!#-~]*"'

HEADERS = {
    "XRequestID": _described(
        "The request's id: the caller's `X-Request-ID`, if it is well-formed.",
        {"type": "string", "pattern": r"^[A-Za-z0-9._-]{1,128}$"},
        required=True,
    ),
    "ETag": _described(
        "The record's version; records in an external source have none.",
        {"type": "string", "pattern": r'^"[0-9]+"$'},
    ),
    "FileETag": _described(
        "The SHA-256 of the file.",
        {"type": "string", "pattern": r'^"[0-9a-f]{64}"$'},
        required=True,
    ),
    "IdempotentReplayed": _described(
        "The answer is the one that an earlier request with this `Idempotency-Key` got.",
        {"type": "string", "enum": ["true"]},
    ),
    "XOperationID": _described(
        "The operation: what the request changed is found under it, and can be undone.",
        {"type": "string", "format": "uuid"},
    ),
    "ContentDisposition": _described("The file's name.", _TEXT),
    "RetryAfter": _described("Seconds to wait before sending the request again.", _FROM_ONE),
    "RateLimitLimit": _described("Requests that the limit allows.", _FROM_ONE),
    "RateLimitRemaining": _described("Requests that are left of them.", _COUNT),
    "RateLimitReset": _described("Seconds until all of them may be sent again.", _COUNT),
    "WWWAuthenticate": _described("The authentication scheme.", _TEXT, required=True),
    "Allow": _described("The allowed methods.", _TEXT, required=True),
}
PARAMETERS = {
    "IdempotencyKey": _sent(
        "Idempotency-Key",
        "Makes it safe to repeat the request: within 24 hours the same key gets the same answer.",
        {"type": "string", "pattern": "^[!-~]{1,255}$"},
    ),
    "Reason": _sent(
        "X-Reason",
        "Why: kept in the history with every change of the request. UTF-8, as it is or "
        "percent-encoded, at most 500 characters.",
        {"type": "string"},
    ),
    "IfMatch": _sent(
        "If-Match",
        "The `ETag` of the record as it was read: 412 if it has changed since then.",
        {"type": "string", "pattern": rf"^(\*|{_TAG}(, *{_TAG})*)$"},
    ),
    "IfNoneMatch": _sent(
        "If-None-Match", "`ETag`s that the caller has: 304 if the record is at one of them.", _TEXT
    ),
    "IfNone": _sent(
        "If-None-Match",
        "`*`: only if there is no such record yet, else 412.",
        {"type": "string", "enum": ["*"]},
    ),
    "ApplyPlan": _sent(
        "Apply-Plan",
        "The `plan` of a dry run of this request: it is carried out, once, if it still does just "
        "what was foretold; else 409 `plan_outdated`, which names what differs.",
        _TEXT,
    ),
}

OF_ALL = _headers("X-Request-ID", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
OF_RECORDS = _headers("ETag")
OF_SENT_FILES: Schema = {"ETag": {"$ref": "#/components/headers/FileETag"}}
OF_CHANGES = _headers("Idempotent-Replayed", "X-Operation-ID")
OF_FILES = _headers("Content-Disposition")
OF_401 = _headers("WWW-Authenticate")
OF_405 = _headers("Allow")
WAIT = _headers("Retry-After")
