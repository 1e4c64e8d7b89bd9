"""`manage.py reseal_secrets`: seal the secrets of external sources and webhooks with the newest
key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from records.services.external import reseal_secrets
from records.services.webhooks import reseal_webhooks


class Command(BaseCommand):
    """Seals every stored secret anew; afterwards the older keys in EXTERNAL_SECRET_KEYS are not
    needed any more."""

    help = (
        "Re-encrypt the secrets of external sources and webhooks with the first of "
        "EXTERNAL_SECRET_KEYS."
    )

    requires_system_checks = ()  # they load every page of the product

    def handle(self, *args: Any, **options: Any) -> None:
        counts = (reseal_secrets(), reseal_webhooks())
        done, lost = (sum(pair) for pair in zip(*counts, strict=True))
        self.stdout.write(f"{done} secrets re-encrypted")
        if lost:
            raise CommandError(
                f"{lost} secrets cannot be decrypted with any of the keys; set them again."
            )
