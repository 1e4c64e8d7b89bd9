"""The parts of views, as they are checked, shown and searched by."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import InvalidInput
from records.services.search import AllOf
from records.services.shaping import delete_field
from records.services.views import SavedView, create_view
from records.services.views.view_parts import (
    Part,
    ShownPart,
    check_content,
    content_of,
    group_conditions,
    shown_parts,
)
from records.services.views.view_sharing import Level, Sharing
from tests.factories import Caller


def clauses(*fields: str) -> dict[str, Any]:
    filters = [{"field": field, "condition": "is_blank", "value": True} for field in fields]
    return {"query": [{"filters": filters}]}


def save(caller: Caller, part: Part, content: Any, **more: Any) -> SavedView:
    schema = caller.schema("companies")
    return create_view(caller.author, schema, name=part.value, parts={part: content}, **more)


def test_the_clauses_of_a_filter_are_counted(shop: Caller) -> None:
    author, schema = shop.author, shop.schema("companies")
    assert check_content(author, schema, Part.FILTER, clauses("name", "note")) == 2
    assert check_content(author, schema, Part.QUICK_FILTER, {}) == 0
    assert check_content(author, schema, Part.COLUMNS, clauses("nowhere")) == 0


@pytest.mark.parametrize("part", Part)
@pytest.mark.parametrize("content", [None, [], "x", {"a": "\x00"}, {"a": "x" * 100_000}])
def test_what_is_no_content(shop: Caller, part: Part, content: Any) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_content(shop.author, shop.schema("companies"), part, content)
    assert refusal.value.path == (part.value,)


def test_a_reader_sees_what_their_role_sees(shop: Caller, bob: Caller) -> None:
    hushed, open_ = clauses("name", "employees"), clauses("name")
    columns = {"columns": ["name", "employees", "boss.salary"]}
    schema = shop.schema("companies")
    cases: list[tuple[Part, Any, ShownPart]] = [
        (Part.FILTER, hushed, ShownPart({"invalid": True}, is_invalid=True, is_whole=False)),
        (Part.QUICK_FILTER, open_, ShownPart(open_)),
        (Part.COLUMNS, columns, ShownPart({"columns": ["name"]}, is_whole=False)),
    ]
    for part, content, shown in cases:
        view = save(shop, part, content)
        assert content_of(view, part) == content
        assert shown_parts(bob.author, schema, [view], part) == [shown]
        assert shown_parts(shop.author, schema, [view], part) == [ShownPart(content)]


def test_a_filter_that_does_not_compile_is_invalid(shop: Caller) -> None:
    content = clauses("note")
    view = save(shop, Part.FILTER, content)
    delete_field(shop.author, shop.schema("companies").by_name["note"].id)
    (shown,) = shown_parts(shop.author, shop.schema("companies"), [view], Part.FILTER)
    assert shown == ShownPart({**content, "invalid": True}, is_invalid=True)


def test_conditions_are_those_of_the_groups_that_are_named(shop: Caller, bob: Caller) -> None:
    everything = save(shop, Part.FILTER, {})
    one = create_view(
        shop.author, shop.schema("companies"), name="One", parts={Part.FILTER: clauses("name")}
    )
    asked = [(("a",), str(one.uuid)), (("b",), str(everything.uuid).upper())]
    first, second = group_conditions(bob.author, bob.schema("companies"), asked)
    assert second == AllOf()
    assert first != AllOf()
    assert group_conditions(bob.author, bob.schema("companies"), []) == []


def test_groups_out_of_sight_do_not_exist(shop: Caller, bob: Caller) -> None:
    private = save(shop, Part.FILTER, {}, sharing=Sharing(team=Level.NONE))
    quick = save(shop, Part.QUICK_FILTER, {})
    hushed = create_view(
        shop.author,
        shop.schema("companies"),
        name="Hushed",
        parts={Part.FILTER: clauses("employees")},
    )
    for view, code in (
        (private, "does_not_exist"),
        (quick, "does_not_exist"),
        (hushed, "invalid"),
    ):
        with pytest.raises(InvalidInput) as refusal:
            group_conditions(bob.author, bob.schema("companies"), [(("id",), str(view.uuid))])
        assert (refusal.value.path, refusal.value.code) == (("id",), code)
        assert "employees" not in refusal.value.detail
