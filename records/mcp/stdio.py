"""The MCP server over standard input and output: one client, whose calls one key answers for."""

from __future__ import annotations

import asyncio

from django.db import close_old_connections
from mcp.server.stdio import stdio_server

from records.http import usable_id
from records.services.access import Author, Source, authenticate_bearer

from .server import AuthorOf, Context, make_server


def serve(secret: str) -> None:
    """Answer until the client closes the pipe. The key is looked up for each call, so that revoking
    it works."""

    def author_of(context: Context) -> Author:
        # no request begins or ends here, so nobody else opens broken ones anew
        close_old_connections()
        return authenticate_bearer(secret, Source.MCP, usable_id(str(context.request_id or "")))

    asyncio.run(_serve(author_of))


async def _serve(author_of: AuthorOf) -> None:
    server = make_server(author_of)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())
