"""`manage.py create_api_key`: create a key for a program."""

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from records.exceptions import InvalidInput, RecordsError, Unavailable
from records.models import Member, Workspace
from records.services.access import AREAS, LEVELS
from records.services.people import create_api_key, get_workspace


class Command(BaseCommand):
    """Makes an API key of a workspace."""

    help = "Create an API key. Its secret is shown once; only a digest of it is stored."

    requires_system_checks = ()  # they load every page of the product

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, help="its UUID, slug or name")
        parser.add_argument("--name", required=True, help="what the key is for")
        parser.add_argument("--member", help="email of the member it acts for (any active member)")
        parser.add_argument(
            "--scopes",
            nargs="*",
            default=[],
            metavar="AREA:LEVEL",
            help="what it may be used for: records:read, records:write, … (everything)",
        )
        parser.add_argument(
            "--self-access",
            action="store_true",
            help="let a key with read scopes alone create and change its member's own records "
            "through the Workspace API (without it such a key is read-only: it writes nothing)",
        )
        parser.add_argument(
            "--expires", help="date or date and time, ISO 8601, UTC where it names no zone (never)"
        )
        parser.add_argument(
            "--json", action="store_true", help="print one JSON object and nothing else"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            workspace = get_workspace(options["workspace"])
            member = find_member(workspace, options["member"])
        except Unavailable:
            raise  # of the database or the disk: the command line says it
        except RecordsError as problem:
            raise CommandError(problem.detail) from problem
        check_scopes(options["scopes"])
        expires = read_expiry(options["expires"])
        key, secret = create_api_key(
            workspace,
            options["name"],
            member=member,
            scopes=options["scopes"],
            self_access=options["self_access"],
            expires_at=expires,
        )
        printed = {
            "workspace_id": str(workspace.uuid),
            "member_id": str(member.uuid) if member else None,
            "name": key.name,
            "api_key": secret,
            "expires": expires.isoformat() if expires else None,
        }
        self.stdout.write(
            json.dumps(printed) if options["json"] else f"{secret}\nIt is not shown again."
        )


def find_member(workspace: Workspace, email: str | None) -> Member | None:
    """The active member with this e-mail, None for no e-mail; InvalidInput when there is nobody."""
    if email is None:
        return None
    member = Member.objects.filter(workspace=workspace, email__iexact=email, is_active=True).first()
    if member is None:
        raise InvalidInput(f"No active member of {workspace.name!r} has the email {email!r}.")
    return member


def check_scopes(scopes: Sequence[str]) -> None:
    """Refuse what is no scope: a key that has it could do nothing."""
    for scope in scopes:
        area, _, level = scope.partition(":")
        if area not in AREAS or level not in LEVELS:
            areas, levels = (f"{', '.join(names[:-1])} or {names[-1]}" for names in (AREAS, LEVELS))
            raise CommandError(
                f"{scope!r} is not a scope; expected {areas}, a colon and {levels}, as in "
                "records:read."
            )


def read_expiry(text: str | None) -> datetime | None:
    """When the key stops working; a date means the start of that day."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as problem:
        raise CommandError(f"{text!r} is not a date or a date and time.") from problem
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment <= datetime.now(UTC):
        raise CommandError(f"{text} has passed.")
    return moment
