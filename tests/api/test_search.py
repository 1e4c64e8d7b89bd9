"""Finding records: one by its identifier, many by what they hold."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api_client import ApiClient
from tests.factories import Caller, archive, make_member, make_object, make_record

from .reading import names_of, values_of


@pytest.fixture
def five(workspace: Caller, companies: str) -> str:
    """The path of an object with five records, made in the order of their names."""
    for number, name in enumerate(["Alpha", "Beta", "Gamma", "Delta", "Epsilon"]):
        make_record(
            workspace,
            "companies",
            name=name,
            employees=number,
            industry={"name": "Air" if number % 2 else "Sea"},
        )
    return companies


def clause(field: str, condition: str, value: object, **more: str) -> dict[str, Any]:
    return {"field": field, "condition": condition, "value": value, **more}


def query(*clauses: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"query": [{"filters": list(clauses)}], **more}


# ---------------------------------------------------------------- search


def test_nothing_asked_is_every_live_record_newest_first(
    api: ApiClient, workspace: Caller, five: str
) -> None:
    archived = make_record(workspace, "companies", name="Old").record.uuid
    archive(workspace, "companies", archived)

    bodies: list[dict[str, Any] | None] = [None, {}, {"query": None}, {"query": []}]
    for body in bodies:
        answer = api.post(f"{five}/search", body)
        assert names_of(answer) == ["Epsilon", "Delta", "Gamma", "Beta", "Alpha"]
        assert answer.json()["count"] == 5


def test_a_page_has_all_its_keys_and_rows_have_no_figures(api: ApiClient, five: str) -> None:
    content = api.post(f"{five}/search", {}).json()

    assert content.keys() == {"count", "next", "previous", "results", "errors", "next_cursor"}
    assert content["errors"] is None
    assert content["results"][0].keys() == {
        "id",
        "object_type",
        "external_id",
        "external_source",
        "version",
        "cancelled",
        "member_id",
        "fields",
        "access",
        "name",
        "display_name",
    }


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (query(clause("name", "starts_with", "  al")), ["Alpha"]),
        (query(clause("employees", ">=", 3), clause("industry", "=", "Air")), ["Delta"]),
        (query(clause("name", "=", "alpha", type="fields_v2", subtype="non_custom")), ["Alpha"]),
        ({"query": [{"filters": [clause("name", "=", "beta")]}, {"filters": [clause("name", "=", "gamma")]}],
          "and": False, "ordering": "name"}, ["Beta", "Gamma"]),
        ({"query": [{"and": False, "filters": [clause("name", "=", "beta"), clause("name", "=", "gamma")]}]},
         ["Gamma", "Beta"]),
        ({"query": [{"query": [{"filters": [clause("employees", "between", [1, 2])]}]}], "and": None},
         ["Gamma", "Beta"]),
        ({"search": "ET"}, ["Beta"]),
        ({"search": "air", "search_within_field_names": ["name"]}, []),
    ],
)  # fmt: skip
def test_records_are_found_by_what_they_hold(
    api: ApiClient, five: str, body: dict[str, Any], names: list[str]
) -> None:
    answer = api.post(f"{five}/search", body)

    assert names_of(answer) == names
    assert answer.json()["count"] == len(names)


def test_fields_are_found_by_id_in_every_spelling(
    api: ApiClient, workspace: Caller, five: str
) -> None:
    uuid = workspace.schema("companies").by_name["employees"].uuid

    for key in (uuid, f'"custom"::{uuid}', f"custom::{uuid}"):
        body = query(clause(key, "=", 2, type="fields", subtype="custom"))
        assert names_of(api.post(f"{five}/search", body)) == ["Gamma"]
    within = {
        "search": "gam",
        "search_within_field_ids": [workspace.schema("companies").by_name["name"].uuid],
    }
    assert names_of(api.post(f"{five}/search", within)) == ["Gamma"]


def test_the_query_string_wins_over_the_body(api: ApiClient, five: str) -> None:
    body = {"ordering": "name", "search": "nothing", "page": 3, "page_size": 1, "count": "none"}

    answer = api.post(f"{five}/search?ordering=-name&search=a&page=1&page_size=2&count=exact", body)

    assert names_of(answer) == ["Gamma", "Delta"]
    assert answer.json()["count"] == 4
    assert names_of(
        api.post(f"{five}/search", {"ordering": ["-name"], "page_size": 2, "page": 2})
    ) == ["Delta", "Beta"]


def test_search_answers_the_fields_asked_for(api: ApiClient, workspace: Caller, five: str) -> None:
    ids = [workspace.schema("companies").by_name["industry"].uuid]

    def names(**body: object) -> set[str]:
        return set(
            values_of(api.post(f"{five}/search", {"page_size": 1, **body}).json()["results"][0])
        )

    assert (
        names()
        == names(field_ids=None)
        == names(field_names=None)
        >= {"name", "employees", "industry"}
    )
    assert names(field_names=["employees"]) == {"employees"}
    assert names(field_ids=ids, field_names=["employees"]) == {"industry"}
    assert names(field_ids=[]) == names(field_names=[]) == set()


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"query": {"filters": []}}, "query:"),
        ({"query": [[]]}, "query[0]"),
        ({"query": [{"filter": []}]}, "query[0]"),
        (query(clause("name", "=", "x"), clause("nope", "=", 1)), "query[0].filters[1].field:"),
        (query(clause("name", "~", "x")), "query[0].filters[0].condition:"),
        (query(clause("employees", "=", "x")), "query[0].filters[0].value:"),
        (query(clause("employees", "=", None)), "query[0].filters[0].value:"),
        (query(clause("name", "=", "x", type="v3")), "query[0].filters[0].type:"),
        (
            {"query": [{"query": [{"filters": [clause("nope", "=", 1)]}]}]},
            "query[0].query[0].filters[0].field:",
        ),
        ({"and": "true"}, "and:"),
        ({"and": 1}, "and:"),
        ({"field_names": "name"}, "field_names:"),
        ({"field_names": ["nope"]}, "field_names:"),
        ({"field_ids": ["name"]}, "field_ids:"),
        ({"search_within_field_names": "name"}, "search_within_field_names:"),
        ({"search_within_field_ids": [7], "search": "x"}, "search_within_field_ids[0]:"),
        ({"ordering": "nope"}, "ordering:"),
        ({"ordering": [1]}, "ordering:"),
        ({"ordering": 1}, "ordering:"),
        ({"search": 7}, "search:"),
        ({"search": "\x00"}, "search:"),
        ({"cursor": 7}, "cursor:"),
        ({"cursor": "x"}, "cursor:"),
        ({"count": "maybe"}, "count:"),
        ({"count": ["none"]}, "count:"),
        ({"page": 0}, "page:"),
        ({"page": True}, "page:"),
        ({"page": "x"}, "page:"),
        ({"page_size": 1001}, "page_size:"),
        ({"fields": []}, "Unknown keys: 'fields'"),
    ],
)
def test_a_wrong_search_is_told_where(
    api: ApiClient, five: str, body: dict[str, Any], where: str
) -> None:
    answer = api.post(f"{five}/search", body)

    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(where), answer.json()
    assert set(answer.json()) == {"detail", "code"}


# ---------------------------------------------------------------- pages


def test_pages_lead_to_one_another(api: ApiClient, five: str) -> None:
    first = api.post(f"{five}/search?page_size=2&ordering=name", {})
    second = api.post(first.json()["next"], {})
    third = api.post(second.json()["next"], {})

    assert [names_of(page) for page in (first, second, third)] == [
        ["Alpha", "Beta"],
        ["Delta", "Epsilon"],
        ["Gamma"],
    ]
    assert first.json()["next"].startswith(f"http://testserver{five}/search?")
    assert (first.json()["previous"], third.json()["next"]) == (None, None)
    assert api.post(third.json()["previous"], {}).json() == second.json()
    assert {page.json()["count"] for page in (first, second, third)} == {5}


def test_beyond_the_last_page_there_is_nothing(api: ApiClient, five: str) -> None:
    answer = api.post(f"{five}/search?page=7", {})

    assert answer.status_code == 200
    assert answer.json()["results"] == []
    assert answer.json()["count"] == 5


def test_a_page_need_not_be_counted(api: ApiClient, five: str) -> None:
    content = api.post(f"{five}/search?page_size=2&count=none", {}).json()

    assert content["count"] is None
    assert "page=2" in content["next"]


@pytest.mark.parametrize("ordering", ["", "name", "-employees", "industry,-name"])
def test_a_cursor_walks_through_everything_once(api: ApiClient, five: str, ordering: str) -> None:
    wanted = names_of(api.post(f"{five}/search", {"ordering": ordering}))
    page = api.post(f"{five}/search?page_size=2&cursor=", {"ordering": ordering})
    walked = names_of(page)
    while page.json()["next"]:
        assert page.json()["count"] is None
        assert page.json()["previous"] is None
        page = api.post(page.json()["next"], {"ordering": ordering})
        walked += names_of(page)

    assert walked == wanted
    assert page.json()["next_cursor"] is None


def test_a_cursor_of_one_order_is_none_of_another(api: ApiClient, five: str) -> None:
    cursor = api.post(f"{five}/search?page_size=2&ordering=name", {}).json()["next_cursor"]

    assert api.post(f"{five}/search?ordering=-name", {"cursor": cursor}).status_code == 400
    assert len(names_of(api.post(f"{five}/search?ordering=name", {"cursor": cursor}))) == 3


# ---------------------------------------------------------------- permissions


def test_a_search_finds_only_what_the_caller_may_see(
    api: ApiClient, workspace: Caller, five: str
) -> None:
    caller = make_member(workspace, "m@example.com", {"companies": {"view": "own", "create": True}})
    member = ApiClient(caller)
    make_record(caller, "companies", name="Mine")
    blind = ApiClient(make_member(workspace, "b@example.com", {"companies": {"create": True}}))
    nobody = ApiClient(make_member(workspace, "n@example.com"))

    found = member.post(f"{five}/search", {})

    assert names_of(found) == ["Mine"]
    assert found.json()["count"] == 1
    assert found.json()["results"][0]["access"] == {"view": True, "edit": False, "remove": False}
    assert blind.post(f"{five}/search", {}).json()["count"] == 0
    assert nobody.post(f"{five}/search", {}).status_code == 404


def test_a_hidden_field_cannot_be_searched_sorted_or_shown(
    api: ApiClient, workspace: Caller, five: str
) -> None:
    member = ApiClient(
        make_member(
            workspace,
            "m@example.com",
            {"companies": {"view": "all"}},
            hidden=[("companies", "employees")],
        )
    )
    unknown = [
        query(clause("qqqqqqqqq", "=", 1)),
        {"ordering": "qqqqqqqqq"},
        {"field_names": ["qqqqqqqqq"]},
    ]
    hidden = [
        query(clause("employees", "=", 1)),
        {"ordering": "employees"},
        {"field_names": ["employees"]},
    ]

    for one, other in zip(hidden, unknown, strict=True):
        answers = [member.post(f"{five}/search", body) for body in (one, other)]
        assert [answer.status_code for answer in answers] == [400, 400]
        assert (
            answers[0].json()["detail"].replace("employees", "qqqqqqqqq")
            == answers[1].json()["detail"]
        )


# ---------------------------------------------------------------- lookup


@pytest.mark.parametrize("identifier", ["Acme", "  aCMe ", "ACME%20"])
def test_a_record_is_looked_up_by_its_name(
    api: ApiClient, companies: str, company: str, identifier: str
) -> None:
    answer = api.get(f"{companies}/lookup?identifier={identifier}")

    assert answer.content == api.get(company).content
    assert answer.headers["ETag"] == '"1"'


def test_a_contact_is_looked_up_by_email(api: ApiClient, workspace: Caller) -> None:
    made = make_record(workspace, "contacts", email="Ada@Example.com").record

    assert (
        api.get("/api/records/contacts/lookup?identifier=ADA@example.com").json()["id"] == made.uuid
    )


@pytest.mark.parametrize(
    ("tail", "names"),
    [
        ("&all_fields=false", {"name", "owner", "created", "updated", "display_name"}),
        ("&all_fields=false&field_names=employees", {"employees"}),
        ("&field_names=employees", {"employees"}),
        ("&field_ids=", {"name", "owner", "created", "updated", "display_name"}),
    ],
)
def test_a_lookup_answers_the_fields_asked_for(
    api: ApiClient, companies: str, company: str, tail: str, names: set[str]
) -> None:
    assert values_of(api.get(f"{companies}/lookup?identifier=acme{tail}")).keys() == names


def test_a_lookup_needs_an_identifier(api: ApiClient, companies: str) -> None:
    for tail in ("", "?identifier="):
        answer = api.get(f"{companies}/lookup{tail}")
        assert (answer.status_code, answer.json()["code"]) == (400, "required")


def test_what_a_lookup_does_not_find_is_not_there(
    api: ApiClient, workspace: Caller, elsewhere: Caller, companies: str, company: str
) -> None:
    make_object(elsewhere, "Companies")
    make_record(elsewhere, "companies", name="Theirs")
    blind = ApiClient(make_member(workspace, "b@example.com", {"companies": {"view": "own"}}))
    answers = [
        api.get(f"{companies}/lookup?identifier=nobody"),
        api.get(f"{companies}/lookup?identifier=Theirs"),
        api.get(f"{companies}/lookup?identifier=%00"),
        api.get(f"{companies}/lookup?identifier=%20"),
        blind.get(f"{companies}/lookup?identifier=acme"),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
