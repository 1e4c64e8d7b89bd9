"""X-Reason: why something was changed is kept with every change of a request."""

from __future__ import annotations

from typing import Any

import pytest

from records.models import ObjectType
from tests.api_client import ApiClient

from .reading import sent, uuid_of

LONGEST = "x" * 500


def reason_of(api: ApiClient, path: str) -> Any:
    """The reason of the newest change of a record."""
    return api.get(f"{path}/history").json()["results"][0]["reason"]


@pytest.mark.parametrize(
    ("header", "kept"),
    [
        ("Asked by phone, ticket 12", "Asked by phone, ticket 12"),
        ("  trimmed ", "trimmed"),
        ("50%25 off", "50% off"),
        ("M%C3%BCller, a%2Cb", "Müller, a,b"),
        ("Müller".encode().decode("latin-1"), "Müller"),
        ("e%CC%81", "é"),
        ("%20", ""),
        (LONGEST, LONGEST),
    ],
)
def test_a_reason_is_kept(api: ApiClient, company: str, header: str, kept: str) -> None:
    answer = api.patch(company, sent(employees=8), x_reason=header)
    assert answer.status_code == 200
    assert reason_of(api, company) == kept


@pytest.mark.parametrize(
    "header",
    [f"{LONGEST}x", "a%0Ab", "a%00b", "a\tb", "50% off", "%FF", "\xff", "a%E2%80%A8b", "%E2%80%AE"],
)
def test_what_is_no_reason_is_refused(api: ApiClient, company: str, header: str) -> None:
    answer = api.patch(company, sent(employees=8), x_reason=header)
    assert answer.status_code == 400
    assert "X-Reason" in answer.json()["detail"]
    assert api.get(f"{company}/history").json()["count"] == 1


@pytest.mark.parametrize(
    ("method", "end", "body"),
    [
        ("PUT", "", sent(name="Acme")),
        ("PATCH", "/restore", {"version": 1}),
        ("DELETE", "", None),
    ],
)
def test_every_write_of_a_record_keeps_it(
    api: ApiClient, company: str, method: str, end: str, body: Any
) -> None:
    api.patch(company, sent(employees=8))
    api.send(method, f"{company}{end}", body, x_reason="why")
    assert reason_of(api, company) == "why"


def test_a_bulk_job_keeps_it(api: ApiClient, company: str) -> None:
    body = {"record_ids": [company.rpartition("/")[2]]}
    answer = api.post(
        "/api/custom-objects/companies/bulk-archive-entity-record", body, x_reason="tidying"
    )
    assert answer.status_code == 200
    assert reason_of(api, company) == "tidying"


def test_a_change_of_a_definition_keeps_it(api: ApiClient, company: str) -> None:
    body = {"object_name": "Firms", "entity_name": "Firm"}
    api.patch("/api/custom-objects/companies", body, x_reason="new words")
    newest = ObjectType.history.filter(name="companies").first()
    assert newest is not None
    assert newest.history_change_reason == "new words"


def test_a_write_names_its_operation(api: ApiClient, companies: str) -> None:
    added = api.post(f"{companies}/add", sent(name="Beta"), idempotency_key="k")
    again = api.post(f"{companies}/add", sent(name="Beta"), idempotency_key="k")
    newest = api.get(f"{companies}/{uuid_of(added)}/history").json()["results"][0]
    assert added.headers["X-Operation-ID"] == newest["operation_id"]
    assert again.headers["X-Operation-ID"] == newest["operation_id"]
