"""The served OpenAPI documents, and calls of the operations in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.test import Client
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from tests.api_client import ApiClient
from tests.factories import Caller


@dataclass
class DocumentedApi:
    """A served document, and a client that calls what it describes."""

    document: dict[str, Any]
    headers: dict[str, str]
    names: dict[str, str]

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                yield method, path, operation

    def call(self, method: str, path: str, content: bytes = b"{}", **more: Any) -> Any:
        """Call an operation; what its path names does not exist, unless `names` has it."""
        filled = path
        for name, key in self.names.items():
            filled = filled.replace(f"{{{name}}}", key)
        number = "999999" if path.startswith("/api/v2/") else str(uuid4())
        filled = re.sub(r"\{(\w+)\}", number, filled)
        sent = {"content_type": "application/json", "headers": self.headers, **more}
        return Client().generic(method.upper(), filled, content, **sent)

    def resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            kind, name = node["$ref"].split("/")[-2:]
            node = self.document["components"][kind][name]
        return node

    def undocumented(self, operation: dict[str, Any], answer: Any) -> str:
        """What the document does not say of an answer; empty if it says everything."""
        said = f"{operation['operationId']} {answer.status_code}"
        if str(answer.status_code) not in operation["responses"]:
            return f"{said} is not listed"
        response = self.resolved(operation["responses"][str(answer.status_code)])
        schema = response["content"]["application/json"]["schema"]
        wrong = Draft202012Validator(
            {**schema, "components": self.document["components"]}
        ).iter_errors(answer.json())
        if found := next(wrong, None):
            return f"{said}: {found.message}"
        named = {"Retry-After", "Allow", "WWW-Authenticate", "RateLimit-Limit", "RateLimit-Reset"}
        sent = named & answer.headers.keys()
        missing = sent - response.get("headers", {}).keys()
        return f"{said} does not list the headers {missing}" if missing else ""


def document_of(caller: Caller, api: str, **names: str) -> DocumentedApi:
    """The document of an API (`records` or `workspace`), whose operations the caller calls."""
    if api == "records":
        return DocumentedApi(
            Client().get("/api/docs/schema").json(), ApiClient(caller).headers, names
        )
    names["workspace_uuid"] = str(caller.workspace.uuid)
    document = Client().get("/api/v2/docs/schema").json()
    return DocumentedApi(document, {"Authorization": f"Bearer {caller.secret}"}, names)
