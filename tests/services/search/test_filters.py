"""Free-text search, and what a search refuses and where."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction

from records.exceptions import Unavailable, located
from records.services.database import sql
from records.services.search.filters import MAX_CLAUSES, parse_saved
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    make_member,
    make_object,
    make_record,
)
from tests.services.acting import found, invalid_at, refusal, search


@pytest.fixture
def shop(workspace: Caller) -> Caller:
    make_object(
        workspace,
        "Wares",
        FieldDefinition("Remark", "longtext"),
        FieldDefinition("Story", "wysiwyg"),
        FieldDefinition("Mail", "email"),
        FieldDefinition("Phone", "phonenumber"),
        FieldDefinition("Zone", "timezone"),
        FieldDefinition("Pieces", "integer"),
        FieldDefinition("Price", "money"),
        FieldDefinition(
            "Colour", "dropdown", options=[OptionDefinition("Dark Red"), OptionDefinition("Blue")]
        ),
        FieldDefinition("Tags", "dynamictags"),
        FieldDefinition("Day", "date"),
        FieldDefinition("Sealed", "text", is_hidden=True),
    )
    make_record(
        workspace,
        "wares",
        name="Straße",
        remark="x" * 300 + " needle",
        pieces=42,
        colour="Dark Red",
    )
    make_record(
        workspace, "wares", name="Mail", mail="needle@example.com", zone="Europe/Paris", price=42
    )
    make_record(
        workspace, "wares", name="Phone", phone="+12015550123", tags=["Needles"], day="2024-02-29"
    )
    make_record(
        workspace,
        "wares",
        name="Story",
        story="<p>A <b>nee</b>dle &amp; thread</p>",
        sealed="sesame",
    )
    return workspace


FOUND: list[tuple[str, list[str]]] = [
    ("needle", ["Mail", "Story", "Straße"]),
    ("NEEDLE  &", ["Story"]),
    ("strasse", ["Straße"]),
    ("  STRASSE ", ["Straße"]),
    ("555", ["Phone"]),
    ("example.com", ["Mail"]),
    ("paris", []),
    ("42", []),
    ("%", []),
    ("_", []),
    ("<b>", []),
    ("", ["Mail", "Phone", "Story", "Straße"]),
    (" \t", ["Mail", "Phone", "Story", "Straße"]),
    ("sesame", ["Story"]),
]


def test_a_text_is_found_in_names_and_everything_text_like(shop: Caller) -> None:
    for text, expected in FOUND:
        assert sorted(found(shop, "wares", search=text)) == expected, text
    assert found(shop, "wares", ("pieces", "=", 42), search="needle") == ["Straße"]
    assert search(shop, "wares", search="needle").count == 3


WITHIN: list[tuple[list[str], str, list[str]]] = [
    (["name"], "needle", []),
    (["remark"], "needle", ["Straße"]),
    (["remark", "mail"], "needle", ["Mail", "Straße"]),
    (["pieces", "price"], "42", ["Mail", "Straße"]),
    (["price"], "forty", []),
    (["colour"], "RED", ["Straße"]),
    (["tags"], "need", ["Phone"]),
    (["zone"], "paris", ["Mail"]),
    (["display_name"], "ss", ["Straße"]),
    (["day", "created", "owner"], "2024", []),
]


def test_a_text_is_found_within_the_fields_that_are_named(shop: Caller) -> None:
    schema = shop.schema("wares")
    for names, text, expected in WITHIN:
        ids = [schema.by_name[name].uuid for name in names]
        assert sorted(found(shop, "wares", search=text, within_names=names)) == expected, names
        assert sorted(found(shop, "wares", search=text, within_ids=ids)) == expected, names


def test_a_contact_is_found_by_name_email_and_phone(workspace: Caller) -> None:
    make_record(
        workspace,
        "contacts",
        first_name="Ann",
        last_name="Lee",
        email="al@example.com",
        mobile_phone="+12015550123",
        titles=["Captain"],
    )
    for text in ("ann", "LEE", "ann lee", "al@", "5550123"):
        assert found(workspace, "contacts", search=text) == ["Ann Lee"], text
    assert found(workspace, "contacts", search="captain") == []


def test_a_hidden_field_is_not_searched(shop: Caller) -> None:
    caller = make_member(
        shop, "blind@example.com", {"wares": {"view": "all"}}, hidden=[("wares", "remark")]
    )
    assert sorted(found(caller, "wares", search="needle")) == ["Mail", "Story"]


# ---------------------------------------------------------------- refusals


def clause(**more: Any) -> dict[str, Any]:
    return {"field": "name", "condition": "=", "value": "x", **more}


def nested(depth: int) -> list[Any]:
    groups: list[Any] = [{"filters": [clause()]}]
    for _ in range(depth - 1):
        groups = [{"query": groups}]
    return groups


BAD: list[tuple[Any, str, str]] = [
    ({"filters": []}, "query: ", "invalid"),
    ("x", "query: ", "invalid"),
    ([5], "query[0]: ", "invalid"),
    ([None], "query[0]: ", "invalid"),
    ([{"filter": []}], "query[0]: unknown 'filter'", "invalid"),
    ([{"\ud800": []}], "query[0]: unknown ", "invalid"),
    ([{"and": 1, "filters": []}], "query[0].and: ", "invalid"),
    ([{"filters": {}}], "query[0].filters: ", "invalid"),
    ([{"filters": [], "query": []}], "query[0]: ", "invalid"),
    ([{"query": [{"filters": [clause(), 7]}]}], "query[0].query[0].filters[1]: ", "invalid"),
    ([{"filters": [clause(x=1)]}], "query[0].filters[0]: unknown 'x'", "invalid"),
    ([{"filters": [clause(type="other")]}], "query[0].filters[0].type: ", "invalid"),
    ([{"filters": [clause(subtype=[])]}], "query[0].filters[0].subtype: ", "invalid"),
    ([{"filters": [clause(field=None)]}], "query[0].filters[0].field: ", "required"),
    ([{"filters": [clause(field={})]}], "query[0].filters[0].field: ", "required"),
    ([{"filters": [clause(field="nothing")]}], "query[0].filters[0].field: ", "does_not_exist"),
    ([{"filters": [clause(field="\ud800\x00")]}], "query[0].filters[0].field: ", "does_not_exist"),
    ([{"filters": [clause(field='"custom"::')]}], "query[0].filters[0].field: ", "does_not_exist"),
    ([{"filters": [clause(condition="like")]}], "query[0].filters[0].condition: ", "invalid"),
    ([{"filters": [clause(condition=None)]}], "query[0].filters[0].condition: ", "invalid"),
    ([{"filters": [clause(condition=["="])]}], "query[0].filters[0].condition: ", "invalid"),
    ([{}, {"filters": [clause(), clause(value=None)]}], "query[1].filters[1].value: ", "required"),
    ([{"filters": [clause(value=5)]}], "query[0].filters[0].value: ", "invalid"),
    ([{"filters": [clause(value="a\x00")]}], "query[0].filters[0].value: ", "invalid"),
    ([{"filters": [clause(value="\ud800")]}], "query[0].filters[0].value: ", "invalid"),
    (
        [{"filters": [clause(condition="is_blank", value="true")]}],
        "query[0].filters[0].value: ",
        "invalid",
    ),
    (
        [{"filters": [clause(condition="is_any_of", value="x")]}],
        "query[0].filters[0].value: ",
        "invalid",
    ),
    (
        [{"filters": [clause(condition="is_any_of", value=["x"] * 1001)]}],
        "query[0].filters[0].value: ",
        "limit_exceeded",
    ),
    (
        [{"filters": [clause(field="pieces", value=10**400)]}],
        "query[0].filters[0].value: ",
        "limit_exceeded",
    ),
    (
        [{"filters": [clause(field="pieces", value=float("nan"))]}],
        "query[0].filters[0].value: ",
        "invalid",
    ),
    (
        [{"filters": [clause(field="pieces", condition="between", value=[1])]}],
        "query[0].filters[0].value: ",
        "invalid",
    ),
    (
        [{"filters": [clause(field="colour", value="Pink")]}],
        "query[0].filters[0].value: ",
        "does_not_exist",
    ),
    ([{"filters": [clause(field="owner", value="me")]}], "query[0].filters[0].value: ", "invalid"),
    (
        [{"filters": [clause()] * (MAX_CLAUSES + 1)}],
        f"query[0].filters[{MAX_CLAUSES}]: ",
        "limit_exceeded",
    ),
    (nested(6), "query[0].query[0].query[0].query[0].query[0].query: ", "limit_exceeded"),
]


def test_a_bad_query_is_refused_and_the_place_is_named(shop: Caller) -> None:
    for query, place, code in BAD:
        path, found = invalid_at(search, shop, "wares", query=query)
        where = place.partition(": ")[0]
        assert (located(path, ""), found) == (f"{where}: ", code), query


def test_what_is_within_the_limits_is_answered(shop: Caller) -> None:
    assert search(shop, "wares", query=nested(5)).count == 0
    assert search(shop, "wares", query=[{"filters": [clause()] * MAX_CLAUSES}]).count == 0
    assert (
        search(shop, "wares", query=[{"and": False, "filters": [clause()] * MAX_CLAUSES}]).count
        == 0
    )
    many = clause(condition="is_none_of", value=[str(at) for at in range(1000)])
    assert search(shop, "wares", query=[{"filters": [many]}]).count == 4
    nothing: list[Any] = [None, [], [{}], [{"filters": []}], [{"query": []}], [{"query": [{}]}]]
    for query in nothing:
        assert search(shop, "wares", query=query).count == 4


def test_a_bad_text_or_field_of_a_text_search_is_refused(shop: Caller) -> None:
    for asked, place, code in (
        ({"search": "a\x00"}, ("search",), "invalid"),
        ({"search": "\ud800"}, ("search",), "invalid"),
        ({"search": "x" * 10_001}, ("search",), "limit_exceeded"),
        (
            {"search": "x", "within_names": ["nothing"]},
            ("search_within_field_names", 0),
            "does_not_exist",
        ),
        (
            {"search": "x", "within_names": ["name", 5]},
            ("search_within_field_names", 1),
            "does_not_exist",
        ),
        (
            {"search": "x", "within_ids": ["\ud800"]},
            ("search_within_field_ids", 0),
            "does_not_exist",
        ),
    ):
        assert invalid_at(search, shop, "wares", **asked) == (place, code), asked


def test_a_search_that_takes_too_long_is_stopped_and_others_are_not(
    shop: Caller, settings: Any
) -> None:
    if sql.is_postgresql():  # the server watches: the setting is one of the connection
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 1")
        slow = "SELECT count(*) FROM generate_series(1, 10000000)"
    else:
        settings.STATEMENT_SECONDS = 0.001
        slow = (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9999999) "
            "SELECT count(*) FROM n"
        )

    def work() -> None:
        with transaction.atomic(), sql.time_limit():
            sql.fetch(slow)

    assert isinstance(refusal(work), Unavailable)
    if sql.is_postgresql():
        sql.execute("SET LOCAL statement_timeout = 0")
    settings.STATEMENT_SECONDS = 5
    assert search(shop, "wares").count == 4


# ---------------------------------------------------------------- as the documented API's client writes them


def test_a_saved_filter_is_a_query_as_it_is(shop: Caller) -> None:
    of_story = {"field": "name", "condition": "=", "value": "Story"}
    of_mail = {"type": "fields", "field": "name", "condition": "=", "value": "Mail"}
    groups = [
        {"id": "query-0", "and": True, "filters": [of_story]},
        {"id": "query-1", "query": [{"id": "query-0", "filters": [of_mail]}]},
    ]

    def names(query: Any) -> set[str]:
        return {row.display_name for row in search(shop, "wares", query=query).views}

    assert names({"and": False, "query": groups, "invalid": False}) == {"Story", "Mail"}
    assert names({"and": True, "query": groups, "invalid": True}) == set()
    assert names({}) == names(None) == names({"query": []})


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ([{"id": 1, "filters": []}], ("query", 0, "id")),
        ({"query": [], "filters": []}, ("query",)),
        ({"query": {}}, ("query", "query")),
        ({"invalid": "no"}, ("query", "invalid")),
        ({"and": None}, ("query", "and")),
    ],
)
def test_a_saved_filter_of_another_shape_is_refused(
    shop: Caller, query: Any, place: tuple[str | int, ...]
) -> None:
    assert invalid_at(search, shop, "wares", query=query)[0] == place


def test_conditions_have_the_names_of_the_documented_client_too(shop: Caller) -> None:
    make_record(shop, "wares", name="Both", tags=["Needles", "Pins"])

    def with_tags(condition: str, value: Any) -> set[str]:
        return set(found(shop, "wares", ("tags", condition, value)))

    everything = with_tags("is_blank", True) | with_tags("is_blank", False)
    assert with_tags("has", ["Needles", "Pins", "Needles"]) == {"Both"}
    assert with_tags("!has", ["Needles", "Pins"]) == everything - {"Both"}
    assert with_tags("has_all", ["Needles"]) == {"Both", "Phone"}
    assert with_tags("has_none", ["Pins", "Needles"]) == everything - {"Both", "Phone"}
    assert with_tags("is_not_blank", None) == with_tags("is_blank", False)


@pytest.fixture
def people(workspace: Caller) -> Caller:
    for name, tags, status in (
        ("Ann", ["vip", "press"], {"code": "unsubscribed"}),
        ("Bob", ["vip"], {"code": "opted_in"}),
        ("Cy", None, None),
    ):
        make_record(
            workspace,
            "client_client",
            first_name=name,
            email=f"{name}@example.com",
            tags=tags,
            email_status=status,
        )
    return workspace


def people_found(people: Caller, clause: dict[str, Any]) -> set[str]:
    views = search(people, "client_client", query=[{"filters": [clause]}]).views
    return {view.display_name[:3].strip() for view in views}


@pytest.mark.parametrize(
    ("condition", "tags", "expected"),
    [
        ("has", ["vip", "press"], {"Ann"}),
        ("has_not", ["vip", "press"], {"Bob", "Cy"}),
        ("has_any", ["press", "vip"], {"Ann", "Bob"}),
        ("has_none", ["press"], {"Bob", "Cy"}),
        ("is_blank", None, {"Cy"}),
        ("is_not_blank", None, {"Ann", "Bob"}),
    ],
)
def test_tags_of_contacts_have_a_clause_of_their_own(
    people: Caller, condition: str, tags: list[str] | None, expected: set[str]
) -> None:
    held = people.schema("client_client").by_name["tags"].options.values()
    ids = {option.name: option.uuid for option in held}
    clause = {"type": "tags", "subtype": "tag", "condition": condition}

    sent = clause if tags is None else {**clause, "ids": [ids[name] for name in tags]}
    assert people_found(people, sent) == expected


@pytest.mark.parametrize(
    ("clause", "place", "code"),
    [
        ({"condition": "has"}, "ids", "required"),
        ({"condition": "has", "ids": []}, "ids", "invalid"),
        ({"condition": "has", "ids": ["nobody"]}, "ids", "does_not_exist"),
        ({"condition": "contains", "ids": ["x"]}, "condition", "invalid"),
        ({"ids": ["x"]}, "condition", "invalid"),
        ({"condition": ["has"], "ids": ["x"]}, "condition", "invalid"),
        ({"condition": "is_blank", "subtype": "custom"}, "subtype", "invalid"),
        ({"condition": "is_blank", "value": True}, None, "invalid"),
    ],
)
def test_a_clause_on_tags_says_what_is_wrong_with_it(
    people: Caller, clause: dict[str, Any], place: str | None, code: str
) -> None:
    sent = {"type": "tags", **clause}
    at = ("query", 0, "filters", 0, *([place] if place else []))

    refused = invalid_at(search, people, "client_client", query=[{"filters": [sent]}])
    assert refused == (at, code)


def test_other_objects_have_no_clause_on_tags(shop: Caller) -> None:
    clause = {"type": "tags", "condition": "has", "ids": ["Needles"]}

    refused = invalid_at(search, shop, "wares", query=[{"filters": [clause]}])
    assert refused[0][:4] == ("query", 0, "filters", 0)


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        ("=", "unsubscribed_from_all", {"Ann"}),
        ("is_any_of", ["unsubscribed_from_all", "opted_in"], {"Ann", "Bob"}),
        ("!=", "unsubscribed_from_all", {"Bob", "Cy"}),
        ("=", "opted_in", {"Bob"}),
    ],
)
def test_an_email_status_has_the_slugs_of_the_documented_client(
    people: Caller, condition: str, value: Any, expected: set[str]
) -> None:
    clause = {"field": "email_status", "condition": condition, "value": value}

    assert people_found(people, clause) == expected


def test_entries_of_a_list_count_as_clauses(shop: Caller) -> None:
    make_record(shop, "wares", name="Both", tags=[f"tag {at}" for at in range(MAX_CLAUSES + 1)])
    clause = {"field": "tags", "condition": "has"}
    value = [f"tag {at}" for at in range(MAX_CLAUSES + 1)]

    assert len(found(shop, "wares", ("tags", "has", value[:-1]))) == 1
    assert invalid_at(search, shop, "wares", query=[{"filters": [{**clause, "value": value}]}]) == (
        ("query", 0, "filters", 0),
        "limit_exceeded",
    )


def test_only_clauses_of_the_stage_carry_what_overwrites(workspace: Caller) -> None:
    make_object(workspace, "Trips", object_type="pipeline")
    stage = {"field": "stage", "condition": "is_blank", "value": False}
    name = {"field": "name", "condition": "is_blank", "value": False}
    more = {"overwrite": {"type": "stage"}}

    search(workspace, "trips", query=[{"filters": [{**stage, **more}]}])
    assert invalid_at(search, workspace, "trips", query=[{"filters": [{**name, **more}]}])[0] == (
        "query",
        0,
        "filters",
        0,
    )


# ---------------------------------------------------------------- saved filters

PIECES = {"field": "pieces", "condition": "=", "value": 42}


@pytest.mark.parametrize(
    ("content", "clauses"),
    [
        ({}, 0),
        ({"query": None, "and": False, "invalid": True}, 0),
        ({"query": [{"filters": [PIECES, PIECES]}, {"query": [{"filters": [PIECES]}]}]}, 3),
        ({"query": [{"filters": [{**PIECES, "note": 1}], "note": 2}], "note": {"query": 3}}, 1),
    ],
)
def test_the_clauses_of_a_saved_filter_are_counted(
    shop: Caller, content: Any, clauses: int
) -> None:
    assert parse_saved(shop.author, shop.schema("wares"), content, "at")[1] == clauses


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ([], ("at",)),
        (None, ("at",)),
        ({"filters": [PIECES]}, ("at",)),
        ({"invalid": 1}, ("at", "invalid")),
        ({"query": {}}, ("at", "query")),
        ({"query": [PIECES]}, ("at", "query", 0)),
        ({"query": [{"filters": [{**PIECES, "filters": []}]}]}, ("at", "query", 0, "filters", 0)),
        (
            {"query": [{"filters": [{**PIECES, "type": "surveys"}]}]},
            ("at", "query", 0, "filters", 0, "type"),
        ),
    ],
)
def test_what_a_saved_filter_may_not_hold(
    shop: Caller, content: Any, place: tuple[str | int, ...]
) -> None:
    asked = (parse_saved, shop.author, shop.schema("wares"), content, "at")
    assert invalid_at(*asked)[0] == place
