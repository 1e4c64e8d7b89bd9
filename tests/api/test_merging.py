"""Merging records and finding duplicates over the API."""

from __future__ import annotations

from typing import Any

from tests.api_client import ApiClient

from .reading import sent, uuid_of, values_of

NOBODY = "01900000-0000-7000-8000-000000000000"


def add(api: ApiClient, companies: str, name: str) -> str:
    return uuid_of(api.post(f"{companies}/add", sent(name=name)))


def merge(api: ApiClient, companies: str, into: str, *merged: str, **headers: Any) -> Any:
    return api.post(f"{companies}/merge", {"into": into, "from": list(merged)}, **headers)


def test_a_merge_is_answered_with_the_survivor_and_undone(api: ApiClient, companies: str) -> None:
    into = add(api, companies, "A")
    loser = uuid_of(api.post(f"{companies}/add", sent(name="B", employees=5)))
    answer = merge(api, companies, into, loser, x_reason="the same company")
    assert answer.status_code == 200, answer.content
    assert (answer.json()["id"], answer.json()["action"]) == (into, "merged")
    assert values_of(answer)["employees"] == 5
    found = api.get(f"{companies}/{loser}")
    assert (found.status_code, found.json()["id"]) == (200, into)
    assert api.patch(f"{companies}/{loser}", sent(employees=6)).json()["id"] == into
    told = api.get(f"{companies}/{loser}/history").json()["results"][0]
    assert (told["action"], told["reason"]) == ("archived", "the same company")
    operation = answer.headers["X-Operation-ID"]
    undone = api.post(f"/api/operations/{operation}/undo", {})
    assert undone.status_code == 200, undone.content
    assert [left["code"] for left in undone.json()["left"]] == ["changed_since"]
    assert api.get(f"{companies}/{loser}").json()["id"] == loser


def test_a_dry_run_of_a_merge_changes_nothing(api: ApiClient, companies: str) -> None:
    into = add(api, companies, "A")
    loser = uuid_of(api.post(f"{companies}/add", sent(name="B", employees=5)))
    body = {"into": into, "from": [loser]}
    answer = api.post(f"{companies}/merge?dry_run=true", body)
    assert answer.status_code == 200, answer.content
    assert answer.json()["changes"] == {"employees": {"old": None, "new": 5}}
    assert api.get(f"{companies}/{loser}").json()["id"] == loser


def test_faults_are_told_with_their_places(api: ApiClient, companies: str) -> None:
    into, loser = add(api, companies, "A"), add(api, companies, "B")
    for body, status, words in (
        ({}, 400, ["into: this key", "from: this key"]),
        ({"into": 5, "from": [1, None], "rules": 5}, 400, ["into:", "from[0]", "from[1]", "rules"]),
        ({"into": into, "from": [loser], "if_version": {loser: "1"}}, 400, ["if_version"]),
        ({"into": into, "from": [loser], "rules": {"x": 1}}, 400, ["rules.x"]),
        ({"into": into, "from": [NOBODY]}, 404, ["from[0]"]),
        ({"into": into, "from": [loser], "if_version": {loser: 7}}, 412, [loser]),
    ):
        answer = api.post(f"{companies}/merge", body)
        assert answer.status_code == status, answer.content
        for word in words:
            assert word in answer.json()["detail"]
    merge(api, companies, into, loser)
    assert merge(api, companies, into, loser).status_code == 409


def test_duplicates_are_listed_by_groups(api: ApiClient, companies: str) -> None:
    first = uuid_of(api.post(f"{companies}/add", sent(name="A", employees=5)))
    api.post(f"{companies}/add", sent(name="B", employees=5))
    answer = api.post(f"{companies}/duplicates", {"fields": ["employees"]})
    assert answer.status_code == 200, answer.content
    (group,) = answer.json()["results"]
    assert (answer.json()["count"], group["count"], group["values"]) == (1, 2, {"employees": 5})
    assert group["records"][0]["id"] == first
    assert api.post(f"{companies}/duplicates", {}).status_code == 400
    assert api.post(f"{companies}/duplicates", {"fields": ["x", 5]}).status_code == 400
    for query in ("", "?page_size=100"):
        refused = api.post(f"{companies}/duplicates{query}", {"fields": ["name"], "page_size": 101})
        assert refused.status_code == 400
