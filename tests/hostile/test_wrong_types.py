"""A wrong type in any place of any body is answered, and the same on both engines."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from tests.api_client import ApiClient

from .furnished import Asked, Ids, all_fields, requests
from .mutating import WRONG, Put, nodes
from .recorded import check_recorded
from .trying import attempt, seen

WITH_BODIES = (
    *("update", "partial update", "rename", "move", "add", "upsert", "upsert by code", "search"),
    *("related pipeline records", "merge", "duplicates", "aggregate"),
    *("save a filter group", "change a quick filter", "apply columns", "lay out"),
    "search by filter groups",
)


@pytest.mark.parametrize("name", WITH_BODIES)
def test_wrong_types_in_every_place(api: ApiClient, ours: Ids, name: str) -> None:
    (asked,) = (each for each in requests(ours) if each.name == name)

    assert seen(attempt(api, asked)) in ("200", "201")
    answers = {where: tried(api, asked, put) for where, _, put in nodes(asked.body)}
    check_recorded(f"{name}: wrong types", answers)


def test_wrong_types_in_every_field(api: ApiClient, ours: Ids) -> None:
    """In every place of a value, and as the item that a list is to gain or lose."""
    answers: dict[str, dict[str, str]] = {}
    for entry in all_fields(ours):
        asked = Asked("", "PATCH", f"/api/records/companies/{ours['company']}", writes=True)
        for where, _, put in nodes(entry["value"], entry["name"]):
            answers[where] = tried(api, asked, partial(_fields, entry, "value", put))
        for part in ("add_values", "remove_values") if isinstance(entry["value"], list) else ():
            answers[f"{entry['name']} {part}"] = tried(
                api, asked, partial(_fields, {"id": entry["id"]}, part, _listed)
            )
    check_recorded("fields: wrong types", answers)


def _fields(entry: dict[str, Any], part: str, put: Put, new: Any) -> Any:
    """A body of one entry with something in one part of it."""
    return {"fields": [{**entry, part: put(new)}]}


def _listed(new: Any) -> Any:
    return [new]


def tried(api: ApiClient, asked: Asked, body: Put) -> dict[str, str]:
    """What is answered to each wrong value in one place."""
    return {
        wrong: seen(attempt(api, replace(asked, body=body(value))))
        for wrong, value in WRONG.items()
    }


def test_every_key_may_be_missing(api: ApiClient, ours: Ids) -> None:
    answers: dict[str, dict[str, str]] = {}
    for asked in requests(ours):
        for where, value, put in nodes(asked.body) if asked.name != "every field" else ():
            if isinstance(value, dict):
                for key in value:
                    rest = {name: item for name, item in value.items() if name != key}
                    answer = attempt(api, replace(asked, body=put(rest)))
                    answers.setdefault(f"{asked.name} {where}", {})[key] = seen(answer)

    check_recorded("missing keys", answers)
