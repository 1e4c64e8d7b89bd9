"""Calls that are sent twice are carried out once."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone
from pytest_django import Settings

from records.api.idempotency import answer_once, with_secret
from records.exceptions import Conflict
from records.models import IdempotencyKey, Record
from records.services.writing.idempotency import CALLING, CALLING_AT_MOST
from tests.api_client import ApiClient
from tests.factories import Caller, make_key, make_member

from .reading import sent, uuid_of

KEY = {"Idempotency_Key": "one-call"}


def same(first: Any, second: Any) -> None:
    assert first.status_code == second.status_code
    assert first.content == second.content
    assert first.headers.get("ETag") == second.headers.get("ETag")
    assert first.headers.get("Content-Type") == second.headers.get("Content-Type")
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert first.headers["X-Request-ID"] != second.headers["X-Request-ID"]


def test_a_record_is_added_once(api: ApiClient, companies: str) -> None:
    first, second = (api.post(f"{companies}/add", sent(name="New"), **KEY) for _ in range(2))

    same(first, second)
    assert Record.objects.filter(uuid=uuid_of(first)).count() == Record.objects.count() == 1


@pytest.mark.parametrize(
    ("method", "tail", "body"),
    [
        ("PATCH", "", sent(employees=8)),
        ("PUT", "", sent(name="Acme", employees=8)),
        ("DELETE", "", None),
        ("POST", "/../upsert", {"lookup_value": "Acme", **sent(employees=8)}),
    ],
)
def test_every_write_is_carried_out_once(
    api: ApiClient, company: str, method: str, tail: str, body: object
) -> None:
    path = company.rpartition("/")[0] + "/upsert" if tail else company
    first, second = (api.send(method, path, body, **KEY) for _ in range(2))

    same(first, second)
    assert Record.objects.get().version == 2


def test_a_key_is_for_one_request(api: ApiClient, companies: str) -> None:
    api.post(f"{companies}/add", sent(name="New"), **KEY)
    others = [
        api.post(f"{companies}/add", sent(name="Other"), **KEY),
        api.post(f"{companies}/upsert", sent(name="New"), **KEY),
        api.post(f"{companies}/add?x=1", sent(name="New"), **KEY),
    ]

    assert {answer.status_code for answer in others} == {422}
    assert {answer.json()["code"] for answer in others} == {"idempotency_mismatch"}


def test_keys_of_different_callers_do_not_meet(
    api: ApiClient, workspace: Caller, companies: str
) -> None:
    first = api.post(f"{companies}/add", sent(name="New"), **KEY)
    _, api.headers["X-API-KEY"] = make_key(workspace.workspace, None)
    second = api.post(f"{companies}/add", sent(name="Other"), **KEY)

    assert first.status_code == second.status_code == 200
    assert uuid_of(first) != uuid_of(second)


def test_a_refused_call_frees_its_key(api: ApiClient, companies: str) -> None:
    refused = api.post(f"{companies}/add", sent(employees=1), **KEY)
    mended = api.post(f"{companies}/add", sent(name="New"), **KEY)

    assert refused.status_code == 400
    assert mended.status_code == 200
    assert "Idempotent-Replayed" not in mended.headers


def test_the_claim_of_a_call_that_died_is_taken_over_at_once(api: ApiClient, company: str) -> None:
    api.patch(company, sent(employees=8), **KEY)
    IdempotencyKey.objects.update(status=None)

    answers = [api.patch(company, sent(employees=8), **KEY) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert ["Idempotent-Replayed" in answer.headers for answer in answers] == [False, True]
    assert Record.objects.get().version == 2


def test_a_call_that_is_at_work_elsewhere_is_in_flight(api: ApiClient, companies: str) -> None:
    api.post(f"{companies}/add", sent(name="New"), **KEY)
    IdempotencyKey.objects.update(status=CALLING)
    busy = api.post(f"{companies}/add", sent(name="New"), **KEY)
    IdempotencyKey.objects.update(created_at=timezone.now() - CALLING_AT_MOST)
    lost = api.post(f"{companies}/add", sent(name="New"), **KEY)

    assert (busy.status_code, busy.json()["code"], busy.headers["Retry-After"]) == (
        409,
        "conflict",
        "1",
    )
    assert (lost.status_code, lost.json()["outcome"]) == (424, "unknown")
    assert Record.objects.count() == 1


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "clé", "a\tb"])
def test_an_ill_formed_key_is_refused(api: ApiClient, companies: str, key: str) -> None:
    answer = api.post(f"{companies}/add", sent(name="New"), Idempotency_Key=key)

    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("Idempotency-Key: ")
    assert not Record.objects.exists()


def test_reads_need_no_key_and_keep_none(api: ApiClient, companies: str, company: str) -> None:
    api.get(company, **KEY)
    api.post(f"{companies}/search", {}, **KEY)

    assert api.post(f"{companies}/search", {"search": "acme"}, **KEY).status_code == 200
    assert not IdempotencyKey.objects.exists()


def test_what_one_member_was_answered_is_not_for_another(workspace: Caller, companies: str) -> None:
    """A key of the workspace may act for any member; what they may do and see is not the same."""
    other = make_member(
        workspace, "other@example.com", {"companies": {"view": "all", "edit": "none"}}
    )
    secret = make_key(workspace.workspace, None)[1]
    one, another = (
        ApiClient(Caller(who.workspace, who.member, secret)) for who in (workspace, other)
    )

    assert one.post(f"{companies}/add", sent(name="New"), **KEY).status_code == 200
    refused = another.post(f"{companies}/add", sent(name="New"), **KEY)

    assert refused.status_code == 403
    assert "Idempotent-Replayed" not in refused.headers


# ---------------------------------------------------------------- secrets

SECRET = "whsec_hush"


def answered(
    caller: Caller, *, secret: bool = True, plan: str | None = None, key: str | None = "one"
) -> HttpResponse:
    """What a call is answered whose answer shows a secret, or does not."""

    def work() -> HttpResponse:
        response = HttpResponse(SECRET, status=201, headers={"X-Mark": "kept"})
        return with_secret(response) if secret else response

    headers = {} if key is None else {"Idempotency-Key": key}
    request = RequestFactory().post("/x", {}, "application/json", headers=headers)
    return answer_once(caller.author, request, work, plan=plan)


def shown(response: HttpResponse) -> tuple[int, str, str | None, bool]:
    return (
        response.status_code,
        response.content.decode(),
        response.headers.get("X-Mark"),
        "X-Sealed" in response.headers,
    )


@pytest.mark.parametrize(
    "asked",
    [{"key": "one"}, {"key": None, "plan": "plan"}, {"key": "one", "plan": "plan"}],
    ids=["key", "plan", "both"],
)
def test_an_answer_with_a_secret_is_kept_sealed_and_given_open(
    workspace: Caller, asked: dict[str, Any]
) -> None:
    answers = [answered(workspace, **asked) for _ in range(2)]
    assert [shown(answer) for answer in answers] == [(201, SECRET, "kept", False)] * 2
    rows = list(IdempotencyKey.objects.all())
    assert len(rows) == len([name for name in asked.values() if name is not None])
    assert not [row.key for row in rows if SECRET.encode() in bytes(row.body)]
    # As servers of earlier releases have kept it.
    assert [row.headers["X-Sealed"] for row in rows] == ["true"] * len(rows)


def test_an_answer_without_a_secret_is_kept_as_it_is(workspace: Caller) -> None:
    assert shown(answered(workspace, secret=False)) == (201, SECRET, "kept", False)
    row = IdempotencyKey.objects.get()
    assert (bytes(row.body), "X-Sealed" in row.headers) == (SECRET.encode(), False)


def test_an_answer_that_no_key_opens_any_more_is_a_conflict(
    workspace: Caller, settings: Settings
) -> None:
    settings.EXTERNAL_SECRET_KEYS = ["a" * 40]
    answered(workspace)
    settings.EXTERNAL_SECRET_KEYS = ["b" * 40]
    with pytest.raises(Conflict):
        answered(workspace)
