"""The applications that Django loads."""

from typing import Any

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.contrib.admin import checks as admin_checks
from django.core import checks


class RecordsConfig(AppConfig):
    """Records as a Django application."""

    name = "records"
    default = True
    default_auto_field = "records.models.columns.Key"

    def ready(self) -> None:
        from django.core.signals import request_started
        from django.db import connection

        if connection.vendor == "postgresql":
            from .postgresql import prepare_driver

            prepare_driver()
        from records.services.database import drop_dead_connection

        request_started.connect(drop_dead_connection, dispatch_uid="records.drop_dead_connection")


class WorkbenchConfig(admin_apps.SimpleAdminConfig):
    """Django's admin as the staff's workbench.

    Its pages are half of all modules, so what serves none of them, such as a command or the worker,
    does not load them: `admin_site.StaffSite` does, when it is asked for its addresses.
    """

    default_site = "records.admin_site.StaffSite"

    def ready(self) -> None:
        checks.register(admin_checks.check_dependencies, checks.Tags.admin)
        checks.register(_check_pages, checks.Tags.admin)


def _check_pages(app_configs: Any, **options: Any) -> list[checks.CheckMessage]:
    """What Django finds in the pages of the admin, all of them loaded."""
    from django.contrib import admin

    admin.autodiscover()
    return admin_checks.check_admin_app(app_configs, **options)
