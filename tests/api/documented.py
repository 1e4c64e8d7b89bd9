"""The served OpenAPI documents, and calls of the operations in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.test import Client

from tests.api_client import ApiClient
from tests.documents import operations, resolved, undocumented
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

    def keyed(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Those that want a key, which is looked at first."""
        return (each for each in self.operations() if each[2]["security"])

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
        return resolved(self.document, node)

    def undocumented(self, operation: dict[str, Any], answer: Any) -> str:
        """What the document does not say of an answer; empty if it says everything."""
        said = f"{operation['operationId']} {answer.status_code}"
        found = next(
            each
            for name in ("records", "workspace")
            for each in operations(name)
            if each.id == operation["operationId"]
        )
        wrong = next(undocumented(found, answer), "")
        return f"{said}: {wrong}" if wrong else ""


def document_of(caller: Caller, api: str, **names: str) -> DocumentedApi:
    """The document of an API (`records` or `workspace`), whose operations the caller calls."""
    if api == "records":
        return DocumentedApi(
            Client().get("/api/docs/schema").json(), ApiClient(caller).headers, names
        )
    names["workspace_uuid"] = str(caller.workspace.uuid)
    document = Client().get("/api/v2/docs/schema").json()
    return DocumentedApi(document, {"Authorization": f"Bearer {caller.secret}"}, names)
