"""`GET /api/limits` tells what is enforced."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from records.services.access import rate_limits
from tests.api_client import ApiClient
from tests.factories import Caller

LIMITS = "/api/limits"


def test_sizes_are_those_that_are_enforced(
    api: ApiClient, companies: str, settings: Settings
) -> None:
    told = api.get(LIMITS).json()
    search = f"{companies}/search"
    most = told["page_size"]["max"]
    assert api.post(search, {"page_size": most}).status_code == 200
    assert api.post(search, {"page_size": most + 1}).status_code == 400
    items: list[object] = [{"fields": []}] * (told["batch_items"] + 1)
    refused = api.post(f"{companies}/batch", {"mode": "create", "items": items})
    assert refused.status_code == 400
    assert str(told["batch_items"]) in refused.content.decode()
    settings.RECORDS_MAX_BODY = 100
    assert api.get(LIMITS).json()["body_bytes"] == 100
    assert api.post(search, {"search": "x" * 100}).status_code == 413


@pytest.mark.parametrize(
    ("settings_", "told"),
    [
        ({}, []),
        (
            {"LIMIT_KEY": "1200/minute", "LIMIT_WORKSPACE": "10/15minutes"},
            [
                {"counts": "key", "requests": 1200, "seconds": 60},
                {"counts": "workspace", "requests": 10, "seconds": 900},
            ],
        ),
    ],
)
def test_rates_are_those_of_the_settings(
    workspace: Caller, settings: Settings, settings_: dict[str, str], told: list[object]
) -> None:
    for name, value in settings_.items():
        setattr(settings, name, value)
    try:
        assert ApiClient(workspace).get(LIMITS).json()["rate_limits"] == told
    finally:
        rate_limits.forget_counts()


@pytest.mark.django_db
def test_it_takes_a_key() -> None:
    assert Client().get(LIMITS).status_code == 401
