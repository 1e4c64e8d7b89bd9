"""The layout of record pages."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import InvalidInput, NotAllowed, NotFound
from records.models import Layout
from records.services.shaping import create_category
from records.services.views.layouts import (
    check_layout_config,
    layout_categories,
    object_layout,
    replace_layout,
    shown_categories,
)
from tests.factories import Caller, make_workspace

CATEGORIES = ["a", "b", "c", "d"]


def block(kind: str = "fields", /, **metadata: Any) -> dict[str, Any]:
    return {"id": "x", "type": kind, "metadata": metadata}


def rows(*blocks: dict[str, Any]) -> list[Any]:
    return [{"columns": [{"items": [each]}]} for each in blocks]


def chosen(*categories: str) -> list[dict[str, str]]:
    return [{"label": key.upper(), "value": key} for key in categories]


SHOWN: list[tuple[list[dict[str, Any]], str]] = [
    ([], ""),
    ([block("timeline", included=["a"])], ""),
    ([block()], ""),
    ([{"type": "fields"}], ""),
    ([block(included=["c", "a"])], "ca"),
    ([block(included=["a", "gone"])], "a"),
    ([block(autoInclude=True)], "abcd"),
    ([block(autoInclude=True, excluded=["b"])], "acd"),
    ([block(autoInclude=True, included=["d"], excluded=["d"])], "abc"),
    ([block(autoInclude=True, chosenCategories=chosen("d", "b"))], "dbac"),
    ([block(chosenCategories=chosen("d"), included=["a", "d"])], "da"),
    ([block(included=["b"]), block(autoInclude=True)], "bacd"),
    ([block(autoInclude=True), block(included=["b"])], "acdb"),
    ([block(included=["a"]), block(included=["a", "b"])], "ab"),
    ([block(autoInclude=None, included=None, excluded=None, chosenCategories=None)], ""),
]


@pytest.mark.parametrize(("blocks", "shown"), SHOWN)
def test_blocks_of_fields_say_which_categories_are_shown(
    blocks: list[dict[str, Any]], shown: str
) -> None:
    config = check_layout_config(rows(*blocks))
    assert "".join(shown_categories(config, CATEGORIES)) == shown


def replace(caller: Caller, **more: Any) -> None:
    schema = caller.schema("companies")
    given: Any = {"name": "Ours", "is_active": True, "order": 0, "config": [], "tabs": {}, **more}
    replace_layout(caller.author, schema, str(object_layout(caller.author, schema).uuid), **given)


def test_it_shows_every_category_until_it_is_replaced(shop: Caller) -> None:
    schema = shop.schema("companies")

    def shown() -> list[str]:
        layout = object_layout(shop.author, schema)
        categories = [each["value"] for each in _metadata(layout.config)["chosenCategories"]]
        return shown_categories(layout.config, categories)

    before = shown()
    assert len(before) == 2
    made = create_category(shop.author, schema.id, "More")
    assert shown() == [*before, made.uuid]
    assert layout_categories(shop.author, schema, before) is None
    replace(shop, config=rows(block(included=before[:1])))
    assert layout_categories(shop.author, schema, before) == before[:1]
    replace(shop, is_active=False)
    assert layout_categories(shop.author, schema, before) is None
    assert Layout.objects.filter(workspace=shop.workspace).count() == 1
    assert Layout.history.filter(workspace=shop.workspace).count() == 2


def _metadata(config: list[Any]) -> Any:
    return config[0]["columns"][0]["items"][0]["metadata"]


def test_admins_replace_the_only_one(shop: Caller, ada: Caller) -> None:
    with pytest.raises(NotAllowed):
        replace(ada)
    with pytest.raises(InvalidInput):
        replace(shop, name=" ")
    schema, foreign = shop.schema("companies"), make_workspace("Other", "other@example.com")
    for key in (
        schema.uuid,
        "x",
        str(object_layout(foreign.author, foreign.schema("contacts")).uuid),
    ):
        with pytest.raises(NotFound):
            replace_layout(
                shop.author,
                schema,
                key,
                name="Ours",
                is_active=True,
                order=0,
                config=[],
                tabs={},
            )
    assert not Layout.objects.filter(workspace=shop.workspace).exists()
