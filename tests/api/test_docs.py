"""The documentation is open to everyone and asks nobody else for anything."""

from __future__ import annotations

import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from tests.api_client import ApiClient


@pytest.mark.parametrize("path", ["/api/docs/schema", "/api/docs/public/schema"])
def test_the_document_is_json(client: Client, path: str) -> None:
    answer = client.get(path)

    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["openapi"] == "3.0.3"


@pytest.mark.parametrize("path", ["/api/docs", "/api/docs/", "/api/docs/redoc"])
def test_pages_obey_their_own_policy(client: Client, path: str) -> None:
    answer = client.get(path)
    page = answer.content.decode()

    assert answer.status_code == 200
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert re.findall(r"<script(?![^>]*src=)", page) == []
    assert re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", page) == []
    assert "X-Request-ID" in answer.headers


@pytest.mark.parametrize("path", ["/api/docs/", "/api/docs/redoc"])
def test_their_assets_are_ours(client: Client, path: str) -> None:
    page = client.get(path).content.decode()
    assets = re.findall(r"""(?:src|href)="/static/([^"]+)""", page)

    assert assets
    assert all(finders.find(asset) for asset in assets)


def test_swagger_ui_gets_its_script_apart(client: Client) -> None:
    page = client.get("/api/docs/").content.decode()
    script = client.get("/api/docs/?script=")

    assert "/api/docs/?script=" in page
    assert script.headers["Content-Type"].startswith("application/javascript")
    assert "/api/docs/schema" in script.content.decode()
    assert "X-CSRFTOKEN" in script.content.decode().upper()


def test_examples_can_be_sent_as_they_are(
    client: Client, api: ApiClient, companies: str, company: str
) -> None:
    """What Swagger UI fills in is carried out, in the contract's order."""
    paths = client.get("/api/docs/schema").json()["paths"]
    record, sent = "/api/records/{object_identifier}/{entity_id}", {}
    for name, method, path in (
        ("add", "post", "/api/records/{object_identifier}/add"),
        ("upsert", "post", "/api/records/{object_identifier}/upsert"),
        ("search", "post", "/api/records/{object_identifier}/search"),
        ("put", "put", record),
        ("patch", "patch", record),
        ("object", "post", "/api/custom-objects"),
        ("field", "post", "/api/custom-objects/{object_key}/fields"),
    ):
        sent[name] = paths[path][method]["requestBody"]["content"]["application/json"]["example"]
    for name in ("add", "upsert", "search"):
        assert api.post(f"{companies}/{name}", sent[name]).status_code in (200, 201), name
    assert api.post(f"{companies}/search", sent["search"]).json()["count"] == 1
    assert api.put(company, sent["put"]).status_code == 200
    assert api.patch(company, sent["patch"]).status_code == 200
    assert api.post("/api/custom-objects", sent["object"]).status_code == 201
    assert api.post("/api/custom-objects/companies/fields", sent["field"]).status_code == 201


@pytest.mark.parametrize(
    ("path", "header"), [("/api/docs", "X-BUSINESS-ID"), ("/api/v2/docs", "Authorization")]
)
def test_the_document_says_how_to_get_in(client: Client, path: str, header: str) -> None:
    description = client.get(f"{path}/schema").json()["info"]["description"]
    assert header in description
    assert "With an admin session" in description
