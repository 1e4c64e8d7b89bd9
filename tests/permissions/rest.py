"""The REST paths in the permission matrix."""

from __future__ import annotations

from django.test import Client

from tests.factories import Caller

from .rest_definitions import DEFINITIONS
from .rest_operations import OPERATIONS
from .rest_records import RECORDS
from .rest_roles import ROLES
from .rest_views import VIEW_OPERATIONS
from .rest_webhooks import WEBHOOKS
from .world import RoleCase


class Rest:
    """The Records API, the definitions and the bulk work."""

    name = "rest"
    operations = (
        *RECORDS,
        *DEFINITIONS,
        *OPERATIONS,
        *ROLES,
        *VIEW_OPERATIONS,
        *WEBHOOKS,
    )

    def role_of(self, role: RoleCase) -> RoleCase:
        return role

    def documented(self, caller: Caller) -> set[str]:
        """Signed links have no caller: whoever has one may follow it."""
        document = Client().get("/api/docs/schema").json()
        return {
            operation["operationId"]
            for methods in document["paths"].values()
            for operation in methods.values()
            if isinstance(operation, dict) and operation.get("security")
        }
