"""The application that Django loads."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """Records as a Django application."""

    name = "records"
    default_auto_field = "django.db.models.BigAutoField"
