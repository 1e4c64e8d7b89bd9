"""Whatever is sent, the answer is below 500 and in the API's own shape."""

from __future__ import annotations

import random
from typing import Any

import orjson
import pytest
from django.test import Client

from tests.factories import Caller

from .calling import WorkspaceClient, ok, refused

VALUES: list[Any] = [
    None, True, 0, -1, 2**63, 2**64 - 1, -(2**63), 1.5, 1e308, "", " ", "a", "9" * 400, "\x00", "x" * 100_001,
    "é\u200b", [], {}, [[]], [{}], [None], {"id": 1}, {"id": 2**63}, {"id": "x"}, {"name": None}, [1, "1"],
    {"": {"": {}}}, "2024-01-01", "09:30", "true", "null", "../..", "%00", "'; --", "{}", "__proto__",
]  # fmt: skip
KEYS = [
    *(
        "fieldValues",
        "field_values",
        "memberId",
        "externalId",
        "assignmentTaskId",
        "records",
        "upsert",
        "partial",
    ),
    *(
        "name",
        "slug",
        "fields",
        "description",
        "isCollection",
        "archived",
        "surplus",
        "id",
        "fieldType",
        "options",
    ),
    *(
        "minimum",
        "maximum",
        "pattern",
        "expression",
        "required",
        "unique",
        "isExternalId",
        "isAdminOnly",
        "",
    ),
]
SLUGS = [
    *("reason", "kind", "topics", "score", "steps", "paid", "day", "at", "zip", "advisor", "note"),
    "owner",
    "x",
]
QUERY = [
    *SLUGS,
    *(
        "page",
        "pageSize",
        "sortBy",
        "sortOrder",
        "search",
        "externalId",
        "memberId",
        "cursor",
        "count",
    ),
]
OPERATORS = ["", "__gt", "__gte", "__lt", "__lte", "__contains", "__in", "__isnull", "__", "__x"]
BODIES = [
    b"", b"{", b"[]", b"null", b"1", b'"x"', b"\xff", b"\xef\xbb\xbf{}", b'{"fieldValues": NaN}', b'{"a": Infinity}',
    b'{"fieldValues": {"reason": "\\u0000"}}', b'{"fieldValues": {"reason": "\\ud800"}}', b'{"externalId": "\\ud800"}',
    b'{"fieldValues": ' + b"[" * 5000 + b"]" * 5000 + b"}", b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    b'{"fieldValues": {"steps": ' + b"9" * 5000 + b"}}", b'{"memberId": 1e400}',
    b'{"fieldValues": {}, "fieldValues": 1}', b"{}" + b" " * 10 + b"x", b"{'a': 1}",
]  # fmt: skip


def check(answer: Any) -> None:
    """Below 500, JSON, and a refusal in the shape of all refusals."""
    assert answer.status_code < 500, answer.content
    assert answer.headers["X-Request-ID"]
    content = orjson.loads(answer.content)
    if answer.status_code >= 400:
        assert set(content["error"]) == {"code", "message", "details"}
        assert content["error"]["message"]


def paths(visits: str, visit: str) -> list[tuple[str, str]]:
    kind = visits.removesuffix("/records")
    return [
        ("POST", "/data-types"),
        ("PUT", kind),
        ("POST", "/data-types/validate-slug"),
        ("POST", visits),
        ("PUT", visits),
        ("PUT", visit),
        ("DELETE", visit),
        ("POST", f"{visits}/bulk"),
        ("POST", f"{kind}/upsert/x"),
    ]


@pytest.mark.parametrize("seed", range(4))
def test_bodies_at_random(client: WorkspaceClient, visits: str, visit: str, seed: int) -> None:
    choose = random.Random(seed)

    def value(depth: int = 0) -> Any:
        if depth < 3 and choose.random() < 0.3:
            keys = choose.choice([KEYS, SLUGS])
            return {choose.choice(keys): value(depth + 1) for _ in range(choose.randint(0, 3))}
        if depth < 3 and choose.random() < 0.2:
            return [value(depth + 1) for _ in range(choose.randint(0, 3))]
        return choose.choice(VALUES)

    for _ in range(100):
        method, path = choose.choice(paths(visits, visit))
        body = {choose.choice(KEYS): value() for _ in range(choose.randint(0, 4))}
        if choose.random() < 0.6:
            body = {
                "fieldValues": {choose.choice(SLUGS): value(2) for _ in range(choose.randint(0, 4))}
            }
        query = {"externalId": "x"} if path == visits and method == "PUT" else None
        check(client.send(method, path, body, query=query))


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:30]).replace("\\x00", "NUL"))
def test_bodies_that_are_no_json(
    client: WorkspaceClient, visits: str, visit: str, body: bytes
) -> None:
    for method, path in paths(visits, visit):
        check(client.send(method, path, body))


def test_queries_at_random(client: WorkspaceClient, visits: str, visit: str) -> None:
    choose = random.Random(3)
    texts = [str(value)[:300] for value in VALUES]
    for _ in range(250):
        key = choose.choice(QUERY) + choose.choice(OPERATORS)
        check(
            client.get(
                choose.choice([visits, visits, "/data-types", f"{visit}/changes"]),
                {key: choose.choice(texts)},
            )
        )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v2", 404),
        ("GET", "/api/v2/", 404),
        ("GET", "/api/v2/nothing", 404),
        ("POST", "/api/v2/w/{id}", 405),
        ("POST", "/api/v2/w", 405),
        ("GET", "/api/v2/w/{id}/data-types/x", 404),
        ("GET", "/api/v2/w/{id}/data-types/99999999999999999999", 404),
        ("GET", "/api/v2/w/{id}/data-types/1/records/x", 404),
        ("PATCH", "/api/v2/w/{id}/data-types", 405),
        ("DELETE", "/api/v2/w/{id}/data-types", 405),
        ("PATCH", "/api/v2/w/{id}/data-types/1/records/1", 405),
        ("POST", "/api/v2/w/{id}/data-types/1/records/1/changes", 405),
    ],
)
@pytest.mark.django_db
def test_paths_that_lead_nowhere(workspace: Caller, method: str, path: str, status: int) -> None:
    headers = {"Authorization": f"Bearer {workspace.secret}"}

    answer = Client().generic(method, path.format(id=workspace.workspace.uuid), headers=headers)

    refused(answer, status)
    assert (status == 405) is ("Allow" in answer.headers)


def test_other_kinds_of_bodies_and_bodies_too_big(
    client: WorkspaceClient, visits: str, settings: Any
) -> None:
    refused(
        client.send("POST", visits, b"a=1", content_type="application/x-www-form-urlencoded"), 415
    )
    refused(
        client.send("POST", visits, b"{}", content_type="application/json; charset=utf-16"), 415
    )
    settings.RECORDS_MAX_BODY = 100
    refused(client.post(visits, {"fieldValues": {"reason": "x" * 200}}), 413)


def test_an_answer_tells_the_request_by_the_callers_id(
    client: WorkspaceClient, visits: str
) -> None:
    assert client.get(visits, x_request_id="mine").headers["X-Request-ID"] == "mine"
    assert ok(client.get(visits))["items"] == []


def test_a_slug_that_is_none_names_nothing(workspace: Caller) -> None:
    for nasty in ("%00", "%ED%A0%80", "x" * 300, "A"):
        refused(WorkspaceClient(workspace).get(f"/data-types/slug/{nasty}"), 404)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/api/v2/w/", "/api/v2//x/data-types", "/api/v2/w/x/nothing"])
def test_a_path_that_leads_nowhere_answers_json_to_every_method(method: str, path: str) -> None:
    answer = Client(enforce_csrf_checks=True).generic(
        method, path, b"{}", content_type="application/json"
    )
    refused(answer, 404)
