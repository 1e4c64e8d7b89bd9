"""`manage.py doctor`: check a deployment."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from records_project.doctor import Finding, examine


class Command(BaseCommand):
    """Says what is right and wrong, and what to do."""

    help = (
        "Check this deployment: settings, database, time limit, durability, clock, workers, "
        "file storage, proxy. The exit status is 1 when a check failed. No secret is printed."
    )

    requires_system_checks = ()  # they load every page of the product

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="print one JSON object and nothing else"
        )
        parser.add_argument(
            "--url",
            default=settings.PUBLIC_URL,
            help="public URL of Records, to check the proxy (PUBLIC_URL)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        findings = examine(options["url"])
        fine = all(finding.status != "failed" for finding in findings)
        if options["json"]:
            self.stdout.write(
                json.dumps({"ok": fine, "checks": [asdict(finding) for finding in findings]})
            )
        else:
            self.stdout.write("\n".join(map(line, findings)))
        if not fine:
            self.stdout.flush()
            sys.exit(1)


def line(finding: Finding) -> str:
    """Write a finding for people."""
    return f"{finding.status:8} {finding.check:12} {finding.said}"
