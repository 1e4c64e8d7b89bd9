"""A member who may look at companies, and what is saved of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api_client import ApiClient
from tests.factories import Caller, make_member

VIEWS = "/api/custom-objects/companies"
NAMED = {"field": "name", "condition": "contains", "value": "a"}


def saved_filter(*clauses: dict[str, Any]) -> dict[str, Any]:
    """A filter in the saved form."""
    return {"and": True, "query": [{"id": "query-0", "and": True, "filters": list(clauses)}]}


def clause(field: str, condition: str, value: Any) -> dict[str, Any]:
    return {"field": field, "condition": condition, "value": value}


@pytest.fixture
def ada(workspace: Caller, companies: str) -> Caller:
    """A member who sees all companies."""
    return make_member(workspace, "ada@example.com", {"companies": {"view": "all"}})


@pytest.fixture
def hers(ada: Caller) -> ApiClient:
    return ApiClient(ada)


@pytest.fixture
def bob(workspace: Caller, companies: str) -> Caller:
    """A member who sees all companies but not how many employees they have."""
    return make_member(
        workspace,
        "bob@example.com",
        {"companies": {"view": "all"}},
        hidden=[("companies", "employees")],
    )


@pytest.fixture
def his(bob: Caller) -> ApiClient:
    return ApiClient(bob)
