"""Things that live in an upstream on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from records.models import ExternalSource
from records.services.external.limits import limits
from records.services.external.sources import create_source
from records.services.shaping.creation import get_object
from tests.api_client import ApiClient
from tests.factories import Caller, FieldDefinition, OptionDefinition, make_object, make_workspace

from .upstream import Upstream, serving

OPERATIONS = {
    "get": {"method": "GET", "path": "/things/{external_id}", "response_path": "thing"},
    "list": {
        "method": "GET",
        "path": "/things?limit={limit}&offset={offset}&q={search}&colour={field.colour}&amount={field.amount}",
        "response_path": "things",
    },
    "create": {"method": "POST", "path": "/things", "response_path": "thing"},
    "update": {"method": "PUT", "path": "/things/{external_id}", "response_path": "thing"},
    "patch": {"method": "PATCH", "path": "/things/{external_id}", "response_path": "thing"},
    "delete": {"method": "DELETE", "path": "/things/{external_id}"},
    "cancel": {"method": "POST", "path": "/things/{external_id}/cancel"},
}
MAPPING = {
    "name": "title",
    "colour": "colour",
    "amount": "figures.amount",
    "price": "price",
    "tags": "tags",
    "day": "day",
    "done": "done",
}
SECRET = "Bearer very-secret-token"


@pytest.fixture(autouse=True)
def _nothing_known_of_upstreams() -> Iterator[None]:
    limits.forget()
    yield
    limits.forget()


@pytest.fixture
def upstream(settings: Settings) -> Iterator[Upstream]:
    """The server, opened by the operator."""
    with serving() as made:
        settings.EXTERNAL_ALLOWED_HOSTS = [made.host]
        yield made


@pytest.fixture
def admin(transactional_db: None) -> Caller:
    """The admin of a workspace; no transaction is open, as calls must not be inside one."""
    return make_workspace(time_zone="Europe/Paris")


@pytest.fixture
def source(admin: Caller, upstream: Upstream) -> ExternalSource:
    """Where the things live."""
    make_object(
        admin,
        "Things",
        FieldDefinition(
            "Colour", "dropdown", options=(OptionDefinition("Red"), OptionDefinition("Blue"))
        ),
        FieldDefinition("Amount", "integer"),
        FieldDefinition("Price", "money"),
        FieldDefinition(
            "Tags", "dynamictags", options=(OptionDefinition("vip"), OptionDefinition("new"))
        ),
        FieldDefinition("Day", "date"),
        FieldDefinition("Done", "checkbox"),
        FieldDefinition("Remark", "text"),
    )
    return make_source(admin, upstream)


def make_source(admin: Caller, upstream: Upstream, **more: Any) -> ExternalSource:
    given: dict[str, Any] = {
        "name": "Warehouse",
        "base_url": f"{upstream.origin}/v1",
        "secret": SECRET,
        "timeout_seconds": 5.0,
        "total_path": "meta.total",
        "operations": OPERATIONS,
        "mapping": MAPPING,
        **more,
    }
    return create_source(admin.author, get_object(admin.author, "things"), **given)


@pytest.fixture
def api(admin: Caller, source: ExternalSource) -> ApiClient:
    return ApiClient(admin)
