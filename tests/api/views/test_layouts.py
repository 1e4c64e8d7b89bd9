"""The layout of an object's record pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from records.models import Layout
from tests.api.test_query_counts import statements
from tests.api_client import ApiClient
from tests.factories import Caller, make_key

from .conftest import VIEWS

LAYOUTS = f"{VIEWS}/layouts"


def ok(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    return answer.json()


def layout(api: ApiClient) -> dict[str, Any]:
    (row,) = ok(api.get(LAYOUTS))["results"]
    return dict(row)


def test_it_is_made_from_the_categories_until_it_is_replaced(
    api: ApiClient, companies: str
) -> None:
    made = layout(api)
    ids = [row["id"] for row in ok(api.get(f"{VIEWS}/categories"))]

    assert (made["name"], made["active"], made["order"]) == ("Standard View", True, 0)
    assert made["tabs"] == {"automations": False}
    (block,) = made["config"][0]["columns"][0]["items"]
    assert (block["type"], block["metadata"]["included"]) == ("fields", ids)
    assert layout(api) == made
    assert not Layout.objects.exists()
    ok(api.post(f"{VIEWS}/categories", {"name": "More"}), 201)
    (block,) = layout(api)["config"][0]["columns"][0]["items"]
    assert [each["label"] for each in block["metadata"]["chosenCategories"]][-1] == "More"


def test_it_is_kept_as_it_was_sent(api: ApiClient, companies: str) -> None:
    path = f"{LAYOUTS}/{layout(api)['id']}"
    sent = {
        "name": "Ours",
        "active": False,
        "order": 3,
        "tabs": {"automations": True},
        "config": [
            {
                "note": 1,
                "id": "row",
                "columns": [
                    {"width": 4, "id": "left", "blocks": [{"type": "timeline", "metadata": [1]}]},
                    {"width": "two-third-width", "items": [{"type": "fields", "id": "f", "x": 1}]},
                ],
            },
            {},
        ],
    }
    replaced = ok(api.put(path, sent))
    assert layout(api) == replaced
    assert {key: replaced[key] for key in ("name", "active", "order", "tabs")} == {
        key: sent[key] for key in ("name", "active", "order", "tabs")
    }
    first, second = replaced["config"]
    left, right = first["columns"]
    assert (first["note"], first["id"], second["columns"]) == (1, "row", [])
    assert (left["width"], left["id"], "blocks" in left) == (4, "left", False)
    assert left["items"][0] | {"id": ""} == {"type": "timeline", "metadata": [1], "id": ""}
    assert right["items"] == [{"type": "fields", "id": "f", "x": 1}]
    for given in (second["id"], right["id"], left["items"][0]["id"]):
        assert str(UUID(given)) == given
    # It replaces, and never merges; what is sent back stays what it is.
    assert ok(api.put(path, replaced)) == replaced
    assert ok(api.put(path, {"name": "Ours", "config": []}))["config"] == []
    assert Layout.history.count() == 3


@pytest.mark.parametrize("more", [{}, {"config": None}], ids=["absent", "null"])
def test_without_a_config_it_shows_every_category(
    api: ApiClient, companies: str, more: dict[str, Any]
) -> None:
    made = layout(api)
    path = f"{LAYOUTS}/{made['id']}"
    ok(api.put(path, {"name": "Ours", "config": []}))
    replaced = ok(api.put(path, {"name": "Ours", "active": False, **more}))
    assert replaced == layout(api)
    assert replaced == {**made, "name": "Ours", "active": False}


def block(**metadata: Any) -> dict[str, Any]:
    return {"columns": [{"items": [{"type": "fields", "metadata": metadata}]}]}


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": None}, "name"),
    ({"name": " "}, "name"),
    ({"config": {}}, "config"),
    ({"config": [7]}, "config[0]"),
    ({"config": [{"id": 7}]}, "config[0].id"),
    ({"config": [{"columns": {}}]}, "config[0].columns"),
    ({"config": [{"columns": [{"width": "wide"}]}]}, "config[0].columns[0].width"),
    ({"config": [{"columns": [{"width": 13}]}]}, "config[0].columns[0].width"),
    ({"config": [{"columns": [{"width": []}]}]}, "config[0].columns[0].width"),
    ({"config": [{"columns": [{"items": 1}]}]}, "config[0].columns[0].items"),
    ({"config": [{"columns": [{"blocks": 1}]}]}, "config[0].columns[0].blocks"),
    ({"config": [{"columns": [{"items": [{}]}]}]}, "config[0].columns[0].items[0].type"),
    ({"config": [block(included=1)]}, "config[0].columns[0].items[0].metadata.included"),
    ({"config": [block(excluded=[1])]}, "config[0].columns[0].items[0].metadata.excluded"),
    ({"config": [block(autoInclude=1)]}, "config[0].columns[0].items[0].metadata.autoInclude"),
    (
        {"config": [block(chosenCategories=["x"])]},
        "config[0].columns[0].items[0].metadata.chosenCategories[0]",
    ),
    ({"config": [{"columns": [{"items": [{"type": "x"}] * 501}]}]}, "config"),
    ({"config": [{"note": "x" * 200_000}]}, "config"),
    ({"config": [{"note": "\x00"}]}, "config"),
    ({"active": 1}, "active"),
    ({"order": -1}, "order"),
    ({"tabs": []}, "tabs"),
    ({"tabs": {"automations": 1}}, "tabs"),
    ({"dry_run": True}, "dry_run"),
]


@pytest.mark.parametrize(("change", "place"), WRONG)
def test_what_is_wrong_is_said_with_its_place(
    api: ApiClient, companies: str, change: dict[str, Any], place: str
) -> None:
    before = layout(api)
    answer = api.put(f"{LAYOUTS}/{before['id']}", {"name": "Ours", "config": [], **change})
    assert answer.status_code == 400, answer.content
    assert f"{place}:" in answer.content.decode()
    assert layout(api) == before


def test_admins_replace_it_and_members_read_it(
    api: ApiClient, hers: ApiClient, workspace: Caller
) -> None:
    made = layout(hers)
    path, sent = f"{LAYOUTS}/{made['id']}", {"name": "Ours", "config": []}
    assert made == layout(api)
    assert hers.put(path, sent).status_code == 403
    assert api.post(LAYOUTS, sent).status_code == 405
    assert api.put(path.replace(made["id"], str(workspace.workspace.uuid)), sent).status_code == 404
    _, secret = make_key(workspace.workspace, workspace.member, scopes=["datatypes:read"])
    reads = ApiClient(Caller(workspace.workspace, workspace.member, secret))
    assert (reads.get(LAYOUTS).status_code, reads.put(path, sent).status_code) == (200, 403)


def test_a_dry_run_stores_nothing(api: ApiClient, companies: str) -> None:
    before = layout(api)
    told = ok(api.put(f"{LAYOUTS}/{before['id']}?dry_run=true", {"name": "Ours", "config": []}))
    assert told["changes"]["name"] == {"old": "Standard View", "new": "Ours"}
    assert layout(api) == before


def test_it_takes_two_statements_at_most(api: ApiClient, companies: str) -> None:
    before = len(statements(lambda: api.get(LAYOUTS)))
    ok(api.post(f"{VIEWS}/categories", {"name": "More"}), 201)
    assert len(statements(lambda: api.get(LAYOUTS))) == before
    ok(api.put(f"{LAYOUTS}/{layout(api)['id']}", {"name": "Ours", "config": []}))
    assert len(statements(lambda: api.get(LAYOUTS))) == before - 1
