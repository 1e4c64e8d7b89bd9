"""`manage.py demo`: a workspace with real data, how to reach it, and the server."""

import json
import time
from argparse import ArgumentParser
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from records.management.commands.serve import check_free, port
from records.management.sample_workspace import SampleWorkspace
from records.models import ApiKey, Member, Record, Workspace
from records.services.access import key_digest
from records.services.workspaces import create_api_key, create_workspace, reset_password

NAME = "Demo"
EMAIL = "demo@example.com"


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to get into the demo; kept in a file, since the database has digests only."""

    workspace_id: str
    member_id: str
    email: str
    password: str
    api_key: str


class Command(BaseCommand):
    """Sets up the demo, or finds it, and serves it."""

    help = "Make the demo workspace if there is none yet, say how to reach it, and serve it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
        parser.add_argument("--port", type=port, default=8000, help="port to listen on (%(default)s)")
        parser.add_argument("--no-serve", action="store_true", help="only set up and print")

    def handle(self, *args: Any, **options: Any) -> None:
        host, address_port = options["host"], options["port"]
        if not options["no_serve"]:
            check_free(host, address_port)
        started = time.perf_counter()
        call_command("migrate", verbosity=0)
        found = find_or_make(settings.DATA_DIR / "demo.json")
        member = Member.objects.select_related("workspace").get(uuid=found.member_id)
        SampleWorkspace(member.workspace, member).fill(self.say)
        self.say(f"Ready after {time.perf_counter() - started:.1f} s.\n")
        self.say(instructions(found, f"http://{f'[{host}]' if ':' in host else host}:{address_port}"))
        if not options["no_serve"]:
            call_command("serve", host=host, port=address_port)

    def say(self, line: str) -> None:
        """Print at once, even into a pipe."""
        self.stdout.write(line)
        self.stdout.flush()


def find_or_make(path: Path) -> Credentials:
    """The credentials of the demo workspace, from the file if they still work; else new ones, kept in it."""
    kept = read_credentials(path)
    if kept is not None and works(kept):
        return kept
    workspace = Workspace.objects.filter(name=NAME, members__email=EMAIL).order_by("id").first()
    if workspace is None:
        workspace = create_workspace(NAME, EMAIL).workspace
    made = renew(workspace)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)  # before there is anything in it to read
    path.write_text(json.dumps(asdict(made), indent=2), encoding="utf-8")
    return made


def read_credentials(path: Path) -> Credentials | None:
    try:
        return Credentials(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def works(kept: Credentials) -> bool:
    """Whether the database is the one these credentials were made for, and they are still good."""
    key = ApiKey.objects.filter(digest=key_digest(kept.api_key), workspace__uuid=kept.workspace_id, revoked_at=None)
    member = Member.objects.filter(uuid=kept.member_id, is_active=True).select_related("user").first()
    return key.exists() and member is not None and member.user.check_password(kept.password)


def renew(workspace: Workspace) -> Credentials:
    """A new password and key for the demo's member: the ones there were cannot be read from the database."""
    member = Member.objects.get(workspace=workspace, email=EMAIL)
    password = reset_password(member)
    _, secret = create_api_key(workspace, "Demo key", member=member)
    return Credentials(str(workspace.uuid), str(member.uuid), EMAIL, password, secret)


def instructions(found: Credentials, address: str) -> str:
    """Where everything is, and three requests to paste."""
    headers = (
        f"-H 'X-API-KEY: {found.api_key}' -H 'X-BUSINESS-ID: {found.workspace_id}' -H 'X-USER-ID: {found.member_id}'"
    )
    api = f"{address}/api/records"
    search = {
        "query": [{"filters": [{"field": "wildlife_size", "condition": "=", "value": "Large"}]}],
        "ordering": "-cost_total",
        "page_size": 3,
        "field_names": ["wildlife_species", "airport", "flight_date", "cost_total"],
    }
    upsert = {
        "lookup_value": "Western Paper Example",
        "fields": [{"name": "city", "value": "Porto"}, {"name": "employees", "value": 40}],
    }
    airport = Record.objects.filter(workspace__uuid=found.workspace_id, object__name="airports", identifier="dfw").get()
    return "\n".join(
        [
            f"Workbench  {address}/admin/   API  {address}/api/docs/",
            f"Log-in     {found.email}   {found.password}",
            f"API key    {found.api_key}",
            "",
            "Find the costliest strikes of large animals:",
            curl(f"{api}/wildlife_strikes/search", headers, search),
            "Add a company, or change it if it is there:",
            curl(f"{api}/companies/upsert", headers, upsert),
            "See who changed an airport, and how:",
            curl(f"{api}/airports/{airport.uuid}/history", headers),
            "",
        ]
    )


def curl(url: str, headers: str, body: dict[str, Any] | None = None) -> str:
    """A command that asks for `url`, by POST where there is a body."""
    if body is None:
        return f"  curl -sS {headers} '{url}'"
    return f"  curl -sS {headers} -H 'Content-Type: application/json' -d '{json.dumps(body)}' '{url}'"
