"""Calling the MCP server as agents do, through Django's test client."""

from __future__ import annotations

from typing import Any

import jsonschema  # type: ignore[import-untyped]
import orjson
from django.test import Client

from records.mcp.tools import tools
from tests.factories import Caller
from tests.trying import is_trying

LEGACY, MODERN = "2025-11-25", "2026-07-28"
_META = "io.modelcontextprotocol/"


class Agent:
    """A program that calls tools of the MCP server with a member's key, in one of the protocol's
    eras."""

    def __init__(self, caller: Caller, version: str = LEGACY) -> None:
        self.caller = caller
        self.version = version
        self.headers = {
            "Authorization": f"Bearer {caller.secret}",
            "Accept": "application/json, text/event-stream",
        }
        self._client = Client()

    def post(self, body: Any, **headers: str) -> Any:
        """The HTTP response to a message; header names are written with underscores, an empty one
        is not sent."""
        sent = self.headers | {"MCP-Protocol-Version": self.version}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        kept = {name: value for name, value in sent.items() if value}
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        return self._client.post("/mcp", content, content_type="application/json", headers=kept)

    def request(self, method: str, params: dict[str, Any] | None = None, **headers: str) -> Any:
        """What a request is answered with, in JSON-RPC."""
        message: dict[str, Any] = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": method,
            "params": params or {},
        }
        if self.version == MODERN:
            message["params"]["_meta"] = {
                f"{_META}protocolVersion": MODERN,
                f"{_META}clientCapabilities": {},
                f"{_META}clientInfo": {"name": "tests", "version": "1"},
            }
            headers = {
                "Mcp_Method": method,
                "Mcp_Name": message["params"].get("name", ""),
                **headers,
            }
        response = self.post(message, **headers)
        assert response.headers["Content-Type"] == "application/json", response.content
        return response.json()

    def result(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The result of a call, refused or not."""
        arguments = {"base_id": str(self.caller.workspace.uuid)} | arguments
        if is_trying() and tool in tools and not tools.get(tool).is_read(arguments):
            arguments["dry_run"] = True
        answer = self.request("tools/call", {"name": tool, "arguments": arguments})
        assert "result" in answer, answer
        result: dict[str, Any] = answer["result"]
        (text,) = result["content"]
        assert orjson.loads(text["text"]) == result["structuredContent"]
        jsonschema.validate(result["structuredContent"], tools.get(tool).output_schema)
        return result

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """What a call answers that is not refused."""
        result = self.result(tool, **arguments)
        assert not result["isError"], result
        content: dict[str, Any] = result["structuredContent"]
        return content

    def refusal(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The error of a call that is refused."""
        result = self.result(tool, **arguments)
        assert result["isError"], result
        assert set(result["structuredContent"]) == {"error"}
        error: dict[str, Any] = result["structuredContent"]["error"]
        assert set(error) == {"code", "message", "details"}
        return error
