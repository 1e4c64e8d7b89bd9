"""Between records and the upstream's JSON: paths, templates, and values that a field cannot
hold."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import ExternalError, NotFound
from records.models import ExternalSource
from records.services.external.json_mapping import (
    MISSING,
    body_of,
    check_external_id,
    fill,
    follow,
    id_in,
    placeholders,
    put,
    row_of,
)
from tests.factories import Caller, make_member
from tests.services.acting import refusal


def test_templates_are_filled_with_one_piece_each() -> None:
    path = "/a/{external_id}?x={search}&y=1&z={limit}"
    assert placeholders(path) == {"external_id", "search", "limit"}
    assert fill(path, {"external_id": "../é?&", "limit": "5"}) == "/a/..%2F%C3%A9%3F%26?y=1&z=5"
    assert fill("/a?x={search}", {}) == "/a"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ([], {"a": [{"b": None}, 5], "1": "one"}),
        (["a", "1"], 5),
        (["1"], "one"),
        (["a", "0", "b"], None),
        (["a", "2"], MISSING),
        (["a", "-1"], MISSING),
        (["a", "²"], MISSING),
        (["b"], MISSING),
        (["1", "0"], MISSING),
    ],
)
def test_a_path_leads_through_objects_and_lists(path: list[str], found: Any) -> None:
    assert follow({"a": [{"b": None}, 5], "1": "one"}, path) == found


def test_a_value_is_put_where_its_path_leads() -> None:
    body: dict[str, Any] = {"a": 1}
    put(body, ["b", "c"], 2)
    put(body, ["b", "d"], 3)
    put(body, ["a", "e"], 4)

    assert body == {"a": {"e": 4}, "b": {"c": 2, "d": 3}}


@pytest.mark.parametrize("text", ["", ".", "..", "a\0", "\ud800", "x" * 256])
def test_what_no_record_is_called_is_not_found(text: str) -> None:
    assert isinstance(refusal(check_external_id, text), NotFound)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"id": 5}, "5"),
        ({"id": "A/1"}, "A/1"),
        ({"id": True}, None),
        ({"id": ""}, None),
        ({"id": []}, None),
        ({"id": 1.5}, None),
    ],
)
def test_the_id_in_an_answer_is_a_text_or_a_whole_number(
    admin: Caller, source: ExternalSource, content: Any, found: str | None
) -> None:
    assert id_in(admin.schema("things"), content) == found
    assert id_in(admin.schema("things"), {}) is None


def test_values_are_sent_at_their_paths(admin: Caller, source: ExternalSource) -> None:
    schema = admin.schema("things")
    red = next(
        key for key, option in schema.by_name["colour"].options.items() if option.name == "Red"
    )

    sent = body_of(
        schema,
        {
            schema.by_name[name]: value
            for name, value in (("colour", red), ("amount", 3), ("day", None))
        },
    )

    assert sent == {"colour": "Red", "figures": {"amount": 3}, "day": None}


def test_a_value_that_a_field_cannot_hold_fails_unless_it_is_hidden(
    admin: Caller, source: ExternalSource
) -> None:
    content = {"title": 7, "figures": {"amount": "many"}}
    reader = make_member(
        admin, "reader@example.com", {"things": {"view": "all"}}, hidden=[("things", "amount")]
    )
    schema = admin.schema("things")

    error = refusal(row_of, admin.author, schema, "a", content)
    assert isinstance(error, ExternalError)
    assert "'amount'" in error.detail
    row = row_of(reader.author, reader.schema("things"), "a", content)
    assert (row.values, row.display_name, row.version) == (
        {str(schema.by_name["name"].id): "7"},
        "7",
        0,
    )
