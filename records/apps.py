"""The application that Django loads."""

import importlib.util

import orjson
from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """Records as a Django application."""

    name = "records"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        if importlib.util.find_spec("psycopg") is not None:
            from psycopg.types.json import set_json_loads

            set_json_loads(orjson.loads)  # documents are read at every request
