"""Who may call, with which headers, and what is said to those who may not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from records.models import ApiKey, Member
from records.services.people.workspaces import revoke_api_key
from tests.api_client import ApiClient
from tests.factories import Caller, make_key, make_member, make_record

from .reading import sent

UNKNOWN = "01900000-0000-7000-8000-000000000000"
TWO = f"{UNKNOWN},{UNKNOWN[:-1]}1"


def refusal(answer: Any) -> tuple[int, str]:
    assert set(answer.json()) == {"detail", "code"}
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        ("X-API-KEY", "missing_credentials"),
        ("X-BUSINESS-ID", "missing_business_context"),
        ("X-USER-ID", "missing_business_context"),
    ],
)
@pytest.mark.parametrize("blank", [None, "", "  "])
def test_all_three_headers_are_required(
    api: ApiClient, company: str, missing: str, code: str, blank: str | None
) -> None:
    del api.headers[missing]
    if blank is not None:
        api.headers[missing] = blank

    answer = api.get(company)

    assert refusal(answer) == (401, code)
    assert answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_nobody_acts_for_another_member_here(
    api: ApiClient, workspace: Caller, company: str, method: str
) -> None:
    acting = {"X-Acting-Member": str(workspace.member.uuid)}
    session = Client()
    session.force_login(workspace.member.user)
    business = {"X-BUSINESS-ID": api.headers["X-BUSINESS-ID"]}

    for answer in (
        Client().generic(method, company, headers=api.headers | acting),
        session.generic(method, company, headers=business | acting),
    ):
        assert refusal(answer) == (403, "permission_required")
        assert "X-Acting-Member" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-BUSINESS-ID", "not-a-uuid"),
        ("X-BUSINESS-ID", TWO),
        ("X-BUSINESS-ID", "0" * 32),
        ("X-USER-ID", f"{{{UNKNOWN}}}"),
        ("X-USER-ID", TWO.replace(",", ", ")),
        ("X-API-KEY", "a b"),
        ("X-API-KEY", "a,b"),
        ("X-API-KEY", "k" * 256),
        ("X-API-KEY", "clé"),
    ],
)
def test_a_malformed_header_is_a_bad_request(
    api: ApiClient, company: str, name: str, value: str
) -> None:
    api.headers[name] = value

    assert refusal(api.get(company)) == (400, "invalid")


def test_a_header_sent_twice_with_one_value_is_that_value(api: ApiClient, company: str) -> None:
    for name, value in api.headers.items():
        api.headers[name] = f"{value}, {value}"

    assert api.get(company).status_code == 200


def test_ids_in_headers_may_be_in_upper_case(api: ApiClient, company: str) -> None:
    for name in ("X-BUSINESS-ID", "X-USER-ID"):
        api.headers[name] = api.headers[name].upper()

    assert api.get(company).status_code == 200


def test_unknown_revoked_and_expired_keys_get_one_answer(
    api: ApiClient, workspace: Caller, company: str
) -> None:
    revoked, revoked_secret = make_key(workspace.workspace, None)
    revoke_api_key(revoked)
    _, expired = make_key(
        workspace.workspace, None, expires_at=datetime.now(UTC) - timedelta(seconds=1)
    )
    answers = []
    for secret in ("unknown", revoked_secret, expired):
        api.headers["X-API-KEY"] = secret
        answers.append(api.get(company))

    assert {answer.status_code for answer in answers} == {401}
    assert {answer.json()["code"] for answer in answers} == {"invalid_api_key"}
    assert len({answer.content for answer in answers}) == 1


def test_a_revoked_key_stops_with_the_next_request(api: ApiClient, company: str) -> None:
    assert api.get(company).status_code == 200

    revoke_api_key(ApiKey.objects.get())

    assert api.get(company).status_code == 401


def test_unknown_and_foreign_contexts_get_one_answer(
    api: ApiClient, workspace: Caller, elsewhere: Caller, company: str
) -> None:
    inactive = make_member(workspace, "gone@example.com")
    Member.objects.filter(id=inactive.member.id).update(is_active=False)
    wrong = [
        {"X-BUSINESS-ID": UNKNOWN},
        {"X-BUSINESS-ID": str(elsewhere.workspace.uuid)},
        {"X-USER-ID": UNKNOWN},
        {"X-USER-ID": str(elsewhere.member.uuid)},
        {"X-USER-ID": str(inactive.member.uuid)},
        {"X-API-KEY": elsewhere.secret},
    ]
    answers = []
    for headers in wrong:
        client = ApiClient(workspace)
        client.headers.update(headers)
        answers.append(client.get(company))

    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.content for answer in answers}) == 1


def test_a_key_bound_to_a_member_speaks_for_that_member_only(
    api: ApiClient, workspace: Caller, company: str
) -> None:
    colleague = make_member(workspace, "colleague@example.com", {"companies": {"view": "all"}})
    api.headers["X-USER-ID"] = str(colleague.member.uuid)

    assert refusal(api.get(company)) == (403, "permission_required")


def test_a_key_of_the_workspace_speaks_for_any_active_member(
    workspace: Caller, api: ApiClient, company: str
) -> None:
    _, api.headers["X-API-KEY"] = make_key(workspace.workspace, None)
    colleague = make_member(workspace, "colleague@example.com", {"companies": {"view": "all"}})

    as_admin = api.patch(company, sent(note="x"))
    api.headers["X-USER-ID"] = str(colleague.member.uuid)
    as_colleague = api.patch(company, sent(note="y"))

    assert as_admin.status_code == 200
    assert refusal(as_colleague) == (403, "permission_required")
    assert api.get(company).json()["access"] == {"view": True, "edit": False, "remove": False}


@pytest.mark.parametrize(
    ("scopes", "read", "write"),
    [
        ([], 200, 200),
        (["records:read"], 200, 403),
        (["records:write"], 200, 200),
        (["records:admin"], 200, 200),
        (["metadata:write"], 403, 403),
    ],
)
def test_a_key_with_scopes_reaches_as_far_as_they_do(
    workspace: Caller,
    api: ApiClient,
    companies: str,
    company: str,
    scopes: list[str],
    read: int,
    write: int,
) -> None:
    _, api.headers["X-API-KEY"] = make_key(workspace.workspace, None, scopes=scopes)

    assert api.get(company).status_code == read
    assert api.post(f"{companies}/search", {}).status_code == read
    assert api.patch(company, sent(note="x")).status_code == write
    assert api.delete(company).status_code in (204, write)


def test_use_of_a_key_is_noted(api: ApiClient, company: str) -> None:
    api.get(company)

    used = ApiKey.objects.get().last_used_at

    assert used is not None
    api.get(company)
    assert ApiKey.objects.get().last_used_at == used


# ---------------------------------------------------------------- sessions


@pytest.fixture
def browser(workspace: Caller) -> Client:
    """A staff member's browser, which sends and expects CSRF tokens."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(workspace.member.user)
    return client


def test_a_staff_session_needs_the_business_alone(
    browser: Client, workspace: Caller, company: str
) -> None:
    answer = browser.get(company, headers={"X-BUSINESS-ID": str(workspace.workspace.uuid)})

    assert answer.status_code == 200
    assert refusal(browser.get(company)) == (401, "missing_business_context")


def test_a_session_may_not_name_another_user(
    browser: Client, workspace: Caller, company: str
) -> None:
    headers = {
        "X-BUSINESS-ID": str(workspace.workspace.uuid),
        "X-USER-ID": str(workspace.member.uuid),
    }
    other = {**headers, "X-USER-ID": UNKNOWN}

    assert browser.get(company, headers=headers).status_code == 200
    assert refusal(browser.get(company, headers=other)) == (403, "permission_required")


def test_a_session_is_good_in_its_own_workspaces_only(
    browser: Client, elsewhere: Caller, company: str
) -> None:
    foreign = browser.get(company, headers={"X-BUSINESS-ID": str(elsewhere.workspace.uuid)})
    unknown = browser.get(company, headers={"X-BUSINESS-ID": UNKNOWN})

    assert foreign.status_code == unknown.status_code == 403
    assert foreign.content == unknown.content


def test_an_unsafe_call_of_a_session_needs_a_csrf_token(
    browser: Client, workspace: Caller, company: str
) -> None:
    headers = {"X-BUSINESS-ID": str(workspace.workspace.uuid)}
    body = sent(note="x")

    refused = browser.patch(company, body, content_type="application/json", headers=headers)
    browser.get("/api/docs/?script=")
    headers["X-CSRFTOKEN"] = browser.cookies["csrftoken"].value
    allowed = browser.patch(company, body, content_type="application/json", headers=headers)

    assert refusal(refused) == (403, "permission_required")
    assert allowed.status_code == 200


def test_users_who_are_not_staff_have_no_session_here(workspace: Caller, company: str) -> None:
    member = make_member(workspace, "member@example.com", {"companies": {"view": "all"}})
    client = Client()
    client.force_login(member.member.user)

    answer = client.get(company, headers={"X-BUSINESS-ID": str(workspace.workspace.uuid)})

    assert refusal(answer) == (401, "missing_credentials")


def test_a_cookie_beside_a_key_counts_for_nothing(workspace: Caller, company: str) -> None:
    record = make_record(workspace, "companies", name="Other").record
    client = Client()
    client.force_login(workspace.member.user)

    answer = client.get(f"/api/records/companies/{record.uuid}", headers={"X-API-KEY": "wrong"})

    assert refusal(answer) == (401, "missing_business_context")
