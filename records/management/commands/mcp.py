"""`manage.py mcp`: run the MCP server on standard input and output, for desktop clients."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from records.exceptions import RecordsError, Unavailable
from records.mcp.stdio import serve
from records.services.access import Source, authenticate_bearer
from records.services.people import get_workspace


class Command(BaseCommand):
    """Serves one workspace to the agent at the other end of the pipe."""

    help = (
        "Serve a workspace's records to an AI agent over stdin and stdout (Model Context Protocol)."
    )

    requires_system_checks = ()  # they load every page of the product

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, help="its UUID, slug or name")
        parser.add_argument(
            "--api-key-env",
            required=True,
            metavar="NAME",
            help="environment variable that holds the API key",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["api_key_env"]
        secret = os.environ.get(name, "")
        if not secret:
            raise CommandError(
                f"The environment variable {name} is not set: put an API key of the "
                "workspace into it."
            )
        try:
            workspace = get_workspace(options["workspace"])
            author = authenticate_bearer(secret, Source.MCP)
        except Unavailable:
            raise  # of the database or the disk: the command line says it
        except RecordsError as problem:
            raise CommandError(problem.detail) from problem
        if author.workspace.id != workspace.id:
            raise CommandError(
                f"The API key in {name} is not one of the workspace {workspace.name!r}."
            )
        if sys.stdin.isatty():
            self.stderr.write("Waiting for an MCP client on standard input.")
        connection.close()  # the calls are carried out in a thread that has its own
        serve(secret)
