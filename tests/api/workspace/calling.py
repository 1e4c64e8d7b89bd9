"""Calling the Workspace API as a program does."""

from __future__ import annotations

from typing import Any

import orjson
from django.test import Client

from tests.documents import checked
from tests.factories import Caller
from tests.trying import tried


class WorkspaceClient:
    """Sends a bearer key and JSON to paths below the caller's workspace."""

    def __init__(self, caller: Caller, *, secret: str = "", workspace: str = "") -> None:
        self.caller = caller
        self.base = f"/api/v2/w/{workspace or caller.workspace.uuid}"
        self.headers = {"Authorization": f"Bearer {secret or caller.secret}"}
        self._client = Client()

    def send(
        self, method: str, path: str, body: Any = None, *, query: Any = None, **headers: str
    ) -> Any:
        """The response; `body` is sent as JSON unless it is bytes already."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        content = b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
        path = tried(method, path)
        answer = self._client.generic(
            method,
            self.base + path,
            content,
            content_type=sent.pop("content-type", "application/json"),
            headers={**self.headers, **sent},
            query_params=query or {},
        )
        return checked(method, self.base + path, answer)

    def get(self, path: str, query: Any = None, **headers: str) -> Any:
        return self.send("GET", path, query=query, **headers)

    def post(self, path: str, body: Any = None, query: Any = None, **headers: str) -> Any:
        return self.send("POST", path, body, query=query, **headers)

    def put(self, path: str, body: Any = None, query: Any = None, **headers: str) -> Any:
        return self.send("PUT", path, body, query=query, **headers)

    def delete(self, path: str, query: Any = None, **headers: str) -> Any:
        return self.send("DELETE", path, query=query, **headers)


def ok(answer: Any, status: int = 200) -> Any:
    """The content of an answer that has this status."""
    assert answer.status_code == status, (answer.status_code, answer.content)
    return answer.json()


def refused(answer: Any, status: int) -> dict[str, Any]:
    """The error of an answer that has this status, and the form of all refusals."""
    content = ok(answer, status)
    assert set(content) == {"error"}
    error: dict[str, Any] = content["error"]
    assert set(error) == {"code", "message", "details"}
    return error
