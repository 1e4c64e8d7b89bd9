"""The official SDK's client, unchanged, against a real server; and desktop clients that start one
themselves."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx2
import pytest
from django.conf import settings
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from tests.serving import Site, site

ERAS = ("legacy", "auto", "2026-07-28")
TOOLS = [
    "list_record_types",
    "list_changes",
    "list_members",
    "get_records",
    "unarchive_record",
    "manage_record",
    "query_records",
    "aggregate_records",
    "record_history",
    "manage_attachment",
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server on a database of its own."""
    with site(tmp_path_factory.mktemp("served"), "--workers", "1") as started:
        yield started


@asynccontextmanager
async def over_http(served: Site) -> AsyncIterator[Any]:
    key = dict(served.address.headers)["X-API-KEY"]
    address = f"http://{served.address.host}:{served.address.port}/mcp"
    async with (
        # A busy machine takes longer than the five seconds that are usual.
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=60) as http,
        streamable_http_client(address, http_client=http) as streams,
    ):
        yield streams


def over_pipes(served: Site) -> Any:
    headers = dict(served.address.headers)
    environment = {**served.environment, "RECORDS_KEY": headers["X-API-KEY"]}
    command = [str(settings.BASE_DIR / "manage.py"), "mcp", "--workspace", headers["X-BUSINESS-ID"]]
    arguments = [*command, "--api-key-env", "RECORDS_KEY"]
    return stdio_client(
        StdioServerParameters(command=sys.executable, args=arguments, env=environment)
    )


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("way", [over_http, over_pipes])
def test_the_official_client_works_unchanged(served: Site, way: Any, era: str) -> None:
    base = dict(served.address.headers)["X-BUSINESS-ID"]
    name = f"Through {way.__name__} in {era}"

    async def visit(connection: AbstractAsyncContextManager[Any]) -> None:
        async with Client(connection, mode=era) as client:
            assert set(TOOLS) <= {tool.name for tool in (await client.list_tools()).tools}
            about = {"base_id": base, "record_type": "companies"}
            made = await client.call_tool(
                "manage_record", {"action": "upsert", "data": {"name": name}} | about
            )
            assert not made.is_error
            uuid = made.structured_content["id"]
            got = await client.call_tool(
                "manage_record", {"action": "get", "record_id": uuid} | about
            )
            assert got.structured_content["data"]["name"] == name
            # The client checks every answer against the schema that its tool declares.
            for tool, arguments in (
                ("list_record_types", {"base_id": base}),
                ("list_record_types", about),
                ("list_members", {"base_id": base}),
                ("get_records", {"record_ids": [uuid, base]} | about),
                ("query_records", {"filter": {"field": "id", "value": uuid}} | about),
                ("aggregate_records", {"group_by": ["name"]} | about),
                ("record_history", {"record_id": uuid} | about),
                ("manage_attachment", {"action": "list", "record_id": uuid} | about),
                ("manage_record", {"action": "delete", "record_id": uuid} | about),
            ):
                assert not (await client.call_tool(tool, arguments)).is_error, tool
            refused = await client.call_tool(
                "manage_record", {"action": "get", "record_id": base} | about
            )
            assert refused.is_error
            assert refused.structured_content["error"]["code"] == "NOT_FOUND"

    asyncio.run(visit(way(served)))


def test_a_call_through_pipes_is_known_by_the_clients_id(served: Site) -> None:
    about = {"base_id": dict(served.address.headers)["X-BUSINESS-ID"], "record_type": "companies"}

    async def visit() -> None:
        async with Client(over_pipes(served)) as client:
            made = await client.call_tool(
                "manage_record", {"action": "upsert", "data": {"name": "Traced"}} | about
            )
            asked = {"record_id": made.structured_content["id"]} | about
            told = await client.call_tool("record_history", asked)
            (entry,) = told.structured_content["changes"]
            assert entry["request_id"]

    asyncio.run(visit())
