"""`manage.py diffsettings`: show the settings, without the secrets."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.commands import diffsettings
from django.views.debug import SafeExceptionReporterFilter

from records_project.faults import redacted


class Command(diffsettings.Command):
    """What it prints ends up in reports of bugs and in chats."""

    def output_hash(self, user_settings: Any, default_settings: Any, **options: Any) -> list[str]:
        """Write the settings that differ, or all of them."""
        return super().output_hash(without_secrets(user_settings), default_settings, **options)

    def output_unified(
        self, user_settings: Any, default_settings: Any, **options: Any
    ) -> list[str]:
        """Write them as a difference."""
        return super().output_unified(without_secrets(user_settings), default_settings, **options)


def without_secrets(shown: dict[str, str]) -> dict[str, str]:
    """Replace secrets in settings that are written out already."""
    reporter = SafeExceptionReporterFilter()
    reporter.cleansed_substitute = "***"
    cleansed = {
        name: repr(reporter.cleanse_setting(name, getattr(settings, name, None))) for name in shown
    }
    return {
        name: redacted(text) if text != "None" else shown[name] for name, text in cleansed.items()
    }
