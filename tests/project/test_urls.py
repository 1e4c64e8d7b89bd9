"""The addresses that belong to no interface."""

import pytest
from django.test import Client
from django.urls import reverse


@pytest.mark.parametrize("address", ["/", "/admin"])
def test_visitors_are_sent_to_the_workbench(client: Client, address: str) -> None:
    assert client.get(address).headers["Location"] == reverse("admin:index")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_an_unknown_api_path_is_not_there_for_any_method(method: str) -> None:
    response = getattr(Client(enforce_csrf_checks=True), method)("/api/no-such-thing")

    assert response.status_code == 404
    assert response.json() == {"detail": "Not found.", "code": "not_found"}


def test_an_unknown_api_path_is_not_redirected(client: Client) -> None:
    response = client.get("/api/no-such-thing", headers={"X-API-KEY": "a key"})

    assert response.status_code == 404
    assert response.json() == {"detail": "Not found.", "code": "not_found"}
