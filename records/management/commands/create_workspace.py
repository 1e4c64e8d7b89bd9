"""`manage.py create_workspace`: create a workspace with its first member and key."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from records.exceptions import RecordsError, Unavailable
from records.services.people import NewWorkspace, create_workspace


class Command(BaseCommand):
    """Makes a workspace, an admin to log in with, and an API key."""

    help = (
        "Create a workspace with its contacts object, an admin member and an API key, which is "
        "shown once."
    )

    requires_system_checks = ()  # they load every page of the product

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="name of the workspace")
        parser.add_argument("--email", required=True, help="email of its first member, an admin")
        parser.add_argument("--time-zone", default="UTC", help="IANA name (%(default)s)")
        parser.add_argument(
            "--region",
            default="US",
            help="country whose national phone numbers are understood (%(default)s)",
        )
        parser.add_argument(
            "--language",
            default="",
            help="code of the language by whose alphabet texts are sorted, such as sv or pt-BR "
            "(an order for all languages if omitted)",
        )
        parser.add_argument(
            "--json", action="store_true", help="print one JSON object and nothing else"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            validate_email(options["email"])
            made = create_workspace(
                options["name"],
                options["email"],
                time_zone=options["time_zone"],
                region=options["region"],
                language=options["language"],
            )
        except ValidationError as problem:
            raise CommandError(f"{options['email']!r} is not an email address.") from problem
        except Unavailable:
            raise  # of the database or the disk: the command line says it
        except RecordsError as problem:
            raise CommandError(problem.detail) from problem
        self.stdout.write(json.dumps(credentials(made)) if options["json"] else self.text(made))

    def text(self, made: NewWorkspace) -> str:
        """What people read. The password and the key are not shown again."""
        password = made.password or "(unchanged: the user already has one)"
        return (
            f"Created the workspace {made.workspace.name!r} ({made.workspace.slug}).\n\n"
            f"  Workspace  {made.workspace.uuid}\n"
            f"  Member     {made.member.uuid}\n"
            f"  Email      {made.member.email}\n"
            f"  Password   {password}\n"
            f"  API key    {made.api_key}\n\n"
            "Keep the password and the key: only digests of them are stored."
        )


def credentials(made: NewWorkspace) -> dict[str, str]:
    """What a program needs to use the workspace."""
    return {
        "workspace_id": str(made.workspace.uuid),
        "member_id": str(made.member.uuid),
        "email": made.member.email,
        "password": made.password,
        "api_key": made.api_key,
    }
