"""Calling the APIs as a program does, which relies on what their documents say."""

from __future__ import annotations

from typing import Any

import orjson
from django.test import Client

from .documents import checked
from .factories import Caller
from .trying import tried


class ApiClient:
    """Sends the three headers and JSON; other headers are keyword arguments (`if_match='"1"'`)."""

    def __init__(self, caller: Caller, *, documented: bool = True) -> None:
        self.headers = {
            "X-API-KEY": caller.secret,
            "X-BUSINESS-ID": str(caller.workspace.uuid),
            "X-USER-ID": str(caller.member.uuid),
        }
        self._documented = documented
        self._client = Client()

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        content_type: str = "application/json",
        **headers: str,
    ) -> Any:
        """The response; `body` is sent as JSON unless it is bytes already."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        content = b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
        path = tried(method, path)
        answer = self._client.generic(
            method, path, content, content_type=content_type, headers={**self.headers, **sent}
        )
        return checked(method, path, answer) if self._documented else answer

    def get(self, path: str, **headers: str) -> Any:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("PUT", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.send("DELETE", path, **headers)
