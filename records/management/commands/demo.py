"""`manage.py demo`: set up a demo workspace with real data, and serve it."""

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
from records.models import ApiKey, Member, Workspace
from records.services.access import key_digest
from records.services.people import (
    create_api_key,
    create_workspace,
    reset_password,
    revoke_api_key,
)

NAME = "Demo"
KEY_NAME = "Demo key"
EMAIL = "demo@example.com"
# The README shows these lines, and their answers.
TOUR = """
# The most expensive collisions with large animals
curl -sS "${AUTH[@]}" "$API/wildlife_strikes/search?ordering=-cost_total&page_size=3" -d '{"query": [{"filters": [
  {"field": "wildlife_size", "condition": "=", "value": "Large"}]}],
  "field_names": ["wildlife_species", "airport", "flight_date", "cost_total"]}'

# Create a company, or change it if it exists
curl -sS "${AUTH[@]}" $API/companies/upsert -d '{"lookup_value": "Western Paper Example",
  "fields": [{"name": "city", "value": "Porto"}, {"name": "employees", "value": 40}]}'

# Find an airport by its code
curl -sS "${AUTH[@]}" "$API/airports/lookup?identifier=dfw&field_names=name,city"
"""  # noqa: E501 - one line of a shell


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

    help = "Create the demo workspace if it does not exist, print how to reach it, and serve it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--host", default="127.0.0.1", help="address to listen on (%(default)s)"
        )
        parser.add_argument(
            "--port", type=port, default=8000, help="port to listen on (%(default)s)"
        )
        parser.add_argument("--no-serve", action="store_true", help="only set up and print")

    def handle(self, *args: Any, **options: Any) -> None:
        host, address_port = options["host"], options["port"]
        if not options["no_serve"]:
            check_free(host, address_port)
        started = time.perf_counter()
        call_command("migrate", verbosity=0)
        found = find_or_make(settings.DATA_DIR)
        member = Member.objects.select_related("workspace").get(uuid=found.member_id)
        SampleWorkspace(member.workspace, member).fill(self.say)
        self.say(f"Ready after {time.perf_counter() - started:.1f} s.\n")
        self.say(
            instructions(found, f"http://{f'[{host}]' if ':' in host else host}:{address_port}")
        )
        if not options["no_serve"]:
            call_command("serve", host=host, port=address_port)

    def say(self, line: str) -> None:
        """Print at once, even into a pipe."""
        self.stdout.write(line)
        self.stdout.flush()


def find_or_make(folder: Path) -> Credentials:
    """The credentials of this database's demo workspace, made where there are none that work, and
    kept in `folder`."""
    workspace = Workspace.objects.filter(name=NAME, members__email=EMAIL).order_by("id").first()
    if workspace is None:
        workspace = create_workspace(NAME, EMAIL).workspace
    # One file for each workspace: demos on several databases leave each other alone.
    path = folder / f"demo-{workspace.uuid}.json"
    kept = read_credentials(path) or read_credentials(
        folder / "demo.json"
    )  # where it was up to 0.1
    found = working(workspace, kept if kept and kept.workspace_id == str(workspace.uuid) else None)
    if found != read_credentials(path):
        keep(found, path)
    return found


def read_credentials(path: Path) -> Credentials | None:
    try:
        return Credentials(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def working(workspace: Workspace, kept: Credentials | None) -> Credentials:
    """What was kept, with a new password or key in place of one that no longer works."""
    member = Member.objects.select_related("user").get(workspace=workspace, email=EMAIL)
    password = (
        kept.password
        if kept and member.user.check_password(kept.password)
        else reset_password(member)
    )
    keys = ApiKey.objects.filter(workspace=workspace, member=member, name=KEY_NAME, revoked_at=None)
    if kept and keys.filter(digest=key_digest(kept.api_key)).exists():
        secret = kept.api_key
    else:
        # Nobody can read the secrets of the older ones any more.
        for key in keys:
            revoke_api_key(key)
        _, secret = create_api_key(workspace, KEY_NAME, member=member)
    return Credentials(str(workspace.uuid), str(member.uuid), EMAIL, password, secret)


def keep(found: Credentials, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)  # before there is anything in it to read
    path.write_text(json.dumps(asdict(found), indent=2), encoding="utf-8")


def instructions(found: Credentials, address: str) -> str:
    """Where everything is, and requests to paste."""
    return f"""\
Workspace  {NAME}
Admin      {address}/admin/
API docs   {address}/api/docs/
Log-in     {found.email}   {found.password}

Paste this into another terminal:

AUTH=(-H 'X-API-KEY: {found.api_key}'
  -H 'X-BUSINESS-ID: {found.workspace_id}'
  -H 'X-USER-ID: {found.member_id}'
  -H 'Content-Type: application/json')
API={address}/api/records
{TOUR}"""
