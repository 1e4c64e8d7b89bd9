"""The applications that Django loads."""

import importlib.util

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class RecordsConfig(AppConfig):
    """Records as a Django application."""

    name = "records"
    default = True
    default_auto_field = "records.models.columns.Key"

    def ready(self) -> None:
        if importlib.util.find_spec("psycopg") is not None:
            from .postgresql import prepare_driver

            prepare_driver()
        from django.core.signals import request_started

        from records.services.database import drop_dead_connection

        request_started.connect(drop_dead_connection, dispatch_uid="records.drop_dead_connection")


class WorkbenchConfig(admin_apps.AdminConfig):
    """Django's admin as the staff's workbench."""

    default = False
    default_site = "records.admin_site.StaffSite"
