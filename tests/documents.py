"""Answers of the APIs held against the OpenAPI documents: their status, headers and body."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs
import orjson

from records.api.docs import schema_document
from records.api.openapi import RecordsGenerator, WorkspaceGenerator

JSON = "application/json"
# Of the headers of a response, those that tell clients something about the operation.
TELLING = frozenset(
    {
        "Allow", "Content-Disposition", "ETag", "Idempotent-Replayed", "RateLimit-Limit",
        "RateLimit-Remaining", "RateLimit-Reset", "Retry-After", "WWW-Authenticate", "X-Request-ID",
    }
)  # fmt: skip
# The parameters of paths that may hold slashes.
_LONG = ("external_id", "token")


@dataclass(frozen=True)
class Operation:
    """An operation of a document: its paths as a pattern, and what it says of itself."""

    method: str
    path: str
    pattern: re.Pattern[str]
    described: dict[str, Any]
    document: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.described["operationId"])

    def resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        """What a reference refers to."""
        return resolved(self.document, node)

    def successes(self) -> set[int]:
        return {int(status) for status in self.described["responses"] if status < "300"}


def resolved(document: Mapping[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """What a reference refers to, in this document."""
    while "$ref" in node:
        kind, name = node["$ref"].split("/")[-2:]
        node = document["components"][kind][name]
    return node


@functools.cache
def document_named(name: str) -> dict[str, Any]:
    """The document of an API (`records` or `workspace`)."""
    generator = {"records": RecordsGenerator, "workspace": WorkspaceGenerator}[name]
    document: dict[str, Any] = orjson.loads(orjson.dumps(schema_document(generator)))
    return document


@functools.cache
def operations(name: str) -> list[Operation]:
    """All operations of a document, those with the most literal paths first."""
    document = document_named(name)
    found = [
        Operation(method.upper(), path, _pattern(path), described, document)
        for path, methods in document["paths"].items()
        for method, described in methods.items()
    ]
    return sorted(found, key=lambda operation: (operation.path.count("{"), operation.path))


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", path)
    written = [
        re.escape(part) if at % 2 == 0 else ".+" if part in _LONG else "[^/]+"
        for at, part in enumerate(parts)
    ]
    return re.compile("".join(written))


def operation_of(method: str, path: str) -> Operation | None:
    """The operation that a request calls; None where no operation is."""
    api = "workspace" if path.startswith("/api/v2/") else "records"
    matching = [each for each in operations(api) if each.pattern.fullmatch(path)]
    if not matching:
        return None
    # Of two paths the one with fewer parameters is meant, whatever its methods are.
    best = matching[0].path.count("{")
    asked = "GET" if method == "HEAD" else method
    return next(
        (each for each in matching if each.method == asked and each.path.count("{") == best), None
    )


# ---------------------------------------------------------------- checks


def checked(method: str, path: str, answer: Any) -> Any:
    """The answer, which its document must describe."""
    operation = operation_of(method, path.partition("?")[0])
    if operation is not None and answer.status_code != 405:
        problems = list(undocumented(operation, answer, method=method))
        assert not problems, (operation.id, answer.status_code, problems)
    return answer


def undocumented(operation: Operation, answer: Any, *, method: str = "GET") -> Iterator[str]:
    """What the document does not say of an answer, or says otherwise."""
    status = str(answer.status_code)
    listed = operation.described["responses"]
    if status not in listed:
        yield f"{status} is not listed"
        return
    response = operation.resolved(listed[status])
    yield from _wrong_headers(operation, response, answer.headers)
    if method != "HEAD":
        yield from _wrong_content(operation, response, answer)


def _wrong_headers(
    operation: Operation, response: dict[str, Any], sent: Mapping[str, str]
) -> Iterator[str]:
    described = {
        name: operation.resolved(header) for name, header in response.get("headers", {}).items()
    }
    for name in sorted((TELLING & sent.keys()) - described.keys()):
        yield f"the header {name} is not listed"
    for name, header in described.items():
        if name not in sent:
            if header.get("required"):
                yield f"the header {name} is missing"
            continue
        schema = header["schema"]
        value = int(sent[name]) if schema["type"] == "integer" else sent[name]
        yield from (f"{name}: {problem}" for problem in _problems(operation, schema, value))


def _wrong_content(operation: Operation, response: dict[str, Any], answer: Any) -> Iterator[str]:
    content = response.get("content", {})
    sent = answer.headers.get("Content-Type", "").partition(";")[0]
    if not content:
        told = orjson.loads(answer.content) if sent == JSON else {}
        if told.get("dry_run") is True:  # its write answers nothing
            yield from _problems(operation, {"$ref": "#/components/schemas/DryRunAnswer"}, told)
        elif sent or b"".join(answer):
            yield f"a body of type {sent!r} is not described"
        return
    if sent not in content and "*/*" not in content:
        yield f"the type {sent!r} is not listed"
    elif sent == JSON and JSON in content:
        yield from _problems(operation, content[JSON]["schema"], orjson.loads(answer.content))


def _problems(operation: Operation, schema: dict[str, Any], value: Any) -> Iterator[str]:
    for error in _validator(operation.document["info"]["title"], json.dumps(schema))(value):
        yield f"{'/'.join(map(str, error.instance_path))}: {error.message}"


@functools.cache
def _validator(title: str, schema: str) -> Callable[[Any], Iterator[Any]]:
    """Compiled once in a process."""
    return jsonschema_rs.Draft202012Validator(
        {**_strict(json.loads(schema)), "components": _strict_components(title)},
        validate_formats=True,
    ).iter_errors


@functools.cache
def _strict_components(title: str) -> dict[str, Any]:
    document = document_named("records" if title == "Records API" else "workspace")
    return {"schemas": _strict(document["components"]["schemas"])}


def _strict(node: Any) -> Any:
    """A schema of OpenAPI 3.0 as JSON Schema, which takes no properties but those it lists."""
    if isinstance(node, list):
        return [_strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    schema = {key: _strict(value) for key, value in node.items() if key != "nullable"}
    if node.get("nullable") is True and "type" in node:
        schema["type"] = [node["type"], "null"]
    if isinstance(node.get("properties"), dict) and "type" in node:
        schema.setdefault("additionalProperties", False)
    return schema
