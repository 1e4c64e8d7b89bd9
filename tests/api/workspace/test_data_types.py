"""Data types: made, read, changed, archived; how many records there are."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import Caller, make_member

from .calling import WorkspaceClient, ok, refused

FIELDS: list[dict[str, Any]] = [
    {"name": "Title", "fieldType": "text", "required": True, "pattern": "[A-Z].*"},
    {"name": "Body", "fieldType": "long_text"},
    {"name": "Mail", "fieldType": "email"},
    {"name": "Call", "fieldType": "phone"},
    {"name": "Price", "fieldType": "number", "minimum": 0, "maximum": 99.5},
    {"name": "Count", "fieldType": "integer", "minimum": 1, "maximum": 5},
    {"name": "Day", "fieldType": "date"},
    {"name": "Moment", "fieldType": "datetime"},
    {"name": "Hour", "fieldType": "time"},
    {"name": "Kind", "fieldType": "dropdown", "options": ["A", "B"]},
    {"name": "Tags", "fieldType": "multi_select", "options": [{"name": "X"}, "Y"]},
    {"name": "Done", "fieldType": "boolean"},
    {"name": "Zip", "fieldType": "zip_code"},
    {"name": "Double", "fieldType": "formula", "expression": "record.data.count * 2"},
    {
        "name": "Code",
        "slug": "ref",
        "fieldType": "text",
        "isExternalId": True,
        "shouldIndex": False,
    },
    {
        "name": "Hidden",
        "field_type": "text",
        "is_admin_only": True,
        "unique": True,
        "description": "For us.",
    },
]
VALUES: dict[str, Any] = {
    "title": "Tea",
    "body": "Words",
    "mail": "a@example.com",
    "call": "+12015550123",
    "price": 9.5,
    "count": 2,
    "day": "2024-05-01",
    "moment": "2024-05-01T10:00:00+02:00",
    "hour": "09:30:00",
    "kind": "B",
    "tags": ["Y"],
    "done": False,
    "zip": "90210",
    "ref": "R-1",
    "hidden": "h",
}


@pytest.fixture
def notes(client: WorkspaceClient) -> dict[str, Any]:
    """A data type with a field of every type."""
    made: dict[str, Any] = ok(client.post("/data-types", {"name": "Notes", "fields": FIELDS}), 201)
    return made


def test_a_type_is_told_as_it_was_made(client: WorkspaceClient, notes: dict[str, Any]) -> None:
    fields = {field["slug"]: field for field in notes["fields"]}

    assert (notes["name"], notes["slug"], notes["isCollection"], notes["archived"]) == (
        "Notes",
        "notes",
        True,
        False,
    )
    assert notes["recordCount"] == 0
    for sent in FIELDS:
        shown = fields[sent.get("slug") or sent["name"].lower()]
        assert shown["fieldType"] == sent.get("fieldType", "text")
        expected = {
            key: value
            for key, value in sent.items()
            if key in ("minimum", "maximum", "pattern", "expression")
        }
        assert expected.items() <= shown.items()
    assert (fields["kind"]["options"], fields["tags"]["options"]) == (["A", "B"], ["X", "Y"])
    assert (fields["ref"]["isExternalId"], fields["ref"]["shouldIndex"]) == (True, False)
    assert (
        fields["hidden"]["isAdminOnly"],
        fields["hidden"]["unique"],
        fields["body"]["shouldIndex"],
    ) == (
        True,
        True,
        True,
    )
    assert fields["double"]["readOnly"]
    assert ok(client.get(f"/data-types/{notes['id']}")) == notes
    assert ok(client.get("/data-types/slug/notes")) == notes
    refused(client.get("/data-types/slug/nothing"), 404)


def test_values_of_every_type_come_back(client: WorkspaceClient, notes: dict[str, Any]) -> None:
    made = ok(client.post(f"/data-types/{notes['id']}/records", {"fieldValues": VALUES}), 201)

    shown = {slug: made["fieldValues"][slug] for slug in VALUES}
    assert shown == VALUES
    assert (made["fieldValues"]["double"], made["externalId"]) == (4, "R-1")


@pytest.mark.parametrize(
    ("slug", "value"),
    [
        ("title", "tea"),
        ("price", -1),
        ("price", 100),
        ("count", 0),
        ("count", 6),
        ("hour", "24:00"),
        ("zip", "9021"),
    ],
)
def test_limits_and_patterns_hold(
    client: WorkspaceClient, notes: dict[str, Any], slug: str, value: Any
) -> None:
    answer = client.post(
        f"/data-types/{notes['id']}/records", {"fieldValues": {"title": "T", slug: value}}
    )

    assert set(refused(answer, 400)["details"]) == {slug}


@pytest.mark.parametrize(
    "field",
    [
        {"fieldType": "text"},
        {"name": "F"},
        {"name": "F", "fieldType": "nothing"},
        {"name": "F", "fieldType": "relationship"},
        {"name": "F", "fieldType": "text", "pattern": "(?=x)"},
        {"name": "F", "fieldType": "text", "pattern": "(a)\\1"},
        {"name": "F", "fieldType": "text", "pattern": "("},
        {"name": "F", "fieldType": "text", "pattern": 5},
        {"name": "F", "fieldType": "text", "pattern": "x" * 501},
        {"name": "F", "fieldType": "text", "pattern": "((a{1000}){1000}){1000}"},
        {"name": "F", "fieldType": "integer", "pattern": "x"},
        {"name": "F", "fieldType": "text", "minimum": 1},
        {"name": "F", "fieldType": "integer", "minimum": "few"},
        {"name": "F", "fieldType": "integer", "minimum": 5, "maximum": 1},
        {"name": "F", "fieldType": "integer", "minimum": 1e300},
        {"name": "F", "fieldType": "number", "minimum": {}},
        {"name": "F", "fieldType": "text", "options": ["A"]},
        {"name": "F", "fieldType": "dropdown", "options": ["A", "a"]},
        {"name": "F", "fieldType": "dropdown", "options": [5]},
        {"name": "F", "fieldType": "dropdown", "options": "A"},
        {"name": "F", "fieldType": "formula"},
        {"name": "F", "fieldType": "formula", "expression": "1 +"},
        {"name": "F", "fieldType": "formula", "expression": "[1].map(x, x)"},
        {"name": "F", "fieldType": "formula", "expression": "(" * 500},
        {"name": "F", "fieldType": "formula", "expression": 5},
        {"name": "F", "fieldType": "formula", "expression": "1", "required": True},
        {"name": "F", "fieldType": "formula", "expression": "1", "isExternalId": True},
        {"name": "F", "fieldType": "dropdown", "isExternalId": True},
        {"name": "F", "fieldType": "long_text", "unique": True},
        {"name": "F", "slug": "Not a slug", "fieldType": "text"},
        {"name": "F", "slug": "created", "fieldType": "text"},
        {"name": "F", "fieldType": "text", "required": "yes"},
        {"name": "F", "fieldType": "text", "surplus": 1},
        {"name": "x\x00", "fieldType": "text"},
        {"id": 5, "name": "F", "fieldType": "text"},
        "text",
        None,
    ],
    ids=lambda field: str(field)[:80].replace("\x00", "NUL"),
)
def test_a_field_that_will_not_do_makes_no_type(client: WorkspaceClient, field: Any) -> None:
    refused(client.post("/data-types", {"name": "Notes", "fields": [field]}), 400)

    assert all(item["slug"] != "notes" for item in ok(client.get("/data-types")))


TITLE = {"name": "Title", "fieldType": "text"}


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"name": "Notes", "slug": "Not a slug"}, "slug"),
        ({"name": "x" * 256}, "name"),
        ({"name": "x\x00"}, "name"),
        ({"name": "Notes", "fields": [{**TITLE, "fieldType": "nothing"}]}, "fields[0].fieldType"),
        ({"name": "Notes", "fields": [{**TITLE, "slug": "Not a slug"}]}, "fields[0].slug"),
        ({"name": "Notes", "fields": [TITLE, TITLE, {**TITLE, "slug": "title"}]}, "fields[2].slug"),
        ({"name": "Notes", "fields": [{**TITLE, "name": "x" * 256}]}, "fields[0].name"),
        ({"name": "Notes", "fields": [{**TITLE, "pattern": "("}]}, "fields[0].pattern"),
        ({"name": "Notes", "fields": [{**TITLE, "minimum": 1}]}, "fields[0].minimum"),
        (
            {
                "name": "Notes",
                "fields": [
                    TITLE,
                    {"name": "N", "fieldType": "integer", "minimum": 5, "maximum": 1},
                ],
            },
            "fields[1].minimum",
        ),
        (
            {"name": "Notes", "fields": [{"name": "N", "fieldType": "number", "maximum": "x"}]},
            "fields[0].maximum",
        ),
        (
            {
                "name": "Notes",
                "fields": [{"name": "F", "fieldType": "formula", "expression": "1 +"}],
            },
            "fields[0].expression",
        ),
        (
            {"name": "Notes", "fields": [{"name": "F", "fieldType": "formula"}]},
            "fields[0].expression",
        ),
        (
            {
                "name": "Notes",
                "fields": [
                    TITLE,
                    {"name": "F", "fieldType": "formula", "expression": "now.year > 2 ? 'a' : 1"},
                ],
            },
            "fields[1].resultType",
        ),
        (
            {
                "name": "Notes",
                "fields": [{"name": "D", "fieldType": "dropdown", "options": ["A", "a"]}],
            },
            "fields[0].options",
        ),
        (
            {
                "name": "Notes",
                "fields": [{"name": "D", "fieldType": "dropdown", "isExternalId": True}],
            },
            "fields[0].isExternalId",
        ),
        (
            {"name": "Notes", "fields": [{"name": "B", "fieldType": "long_text", "unique": True}]},
            "fields[0].unique",
        ),
    ],
    ids=lambda part: str(part)[-60:].replace("\x00", "NUL"),
)
def test_a_refusal_names_the_part_of_a_type_as_it_was_sent(
    client: WorkspaceClient, body: Any, place: str
) -> None:
    message = refused(client.post("/data-types", body), 400)["message"]

    assert message.partition(": ")[0] == place
    assert "_options" not in message
    assert "_value" not in message


def test_a_refused_change_names_its_part_too(
    client: WorkspaceClient, notes: dict[str, Any]
) -> None:
    for body, place in (
        ({"name": "x" * 256}, "name"),
        (
            {"fields": [{"slug": "body", "name": "B"}, {"slug": "count", "minimum": 100}]},
            "fields[1].minimum",
        ),
        ({"fields": [{"slug": "mail", "isExternalId": True}]}, "fields[0].isExternalId"),
    ):
        message = refused(client.put(f"/data-types/{notes['id']}", body), 400)["message"]
        assert message.partition(": ")[0] == place


def test_a_type_changes_in_parts(client: WorkspaceClient, notes: dict[str, Any]) -> None:
    path = f"/data-types/{notes['id']}"
    fields = {field["slug"]: field for field in notes["fields"]}

    changed = ok(
        client.put(
            path,
            {
                "description": "What was noted",
                "fields": [
                    {"slug": "count", "maximum": 9},
                    {"id": fields["kind"]["id"], "name": "Sort", "options": ["A", "C"]},
                    {"name": "New one", "fieldType": "boolean"},
                ],
            },
        )
    )

    after = {field["slug"]: field for field in changed["fields"]}
    assert (changed["name"], changed["description"]) == ("Notes", "What was noted")
    assert (after["count"]["minimum"], after["count"]["maximum"]) == (1, 9)
    assert (after["kind"]["name"], after["kind"]["options"]) == ("Sort", ["A", "B", "C"])
    assert after["new_one"]["fieldType"] == "boolean"
    assert len(after) == len(fields) + 1


@pytest.mark.parametrize(
    "body",
    [
        {"slug": "other"},
        {"name": ""},
        {"fields": [{"id": 987654}]},
        {"fields": [{"slug": "count", "fieldType": "text"}]},
        {"name": "Changed", "fields": [{"slug": "count", "minimum": 100}]},
        {"name": "Changed", "fields": [{"name": "X", "fieldType": "nothing"}]},
        {"fields": [{"slug": "body", "isExternalId": True}]},
        {"fields": [{"slug": "mail", "isExternalId": True}]},
        {"fields": [{"slug": "body", "options": ["A"]}]},
        {"archived": True, "name": "Changed"},
        {"surplus": 1},
    ],
    ids=str,
)
def test_a_change_that_will_not_do_changes_nothing(
    client: WorkspaceClient, notes: dict[str, Any], body: Any
) -> None:
    refused(client.put(f"/data-types/{notes['id']}", body), 400)

    assert ok(client.get(f"/data-types/{notes['id']}")) == notes


def test_a_type_with_records_is_archived_only_by_force(
    client: WorkspaceClient, notes: dict[str, Any]
) -> None:
    path = f"/data-types/{notes['id']}"
    ok(client.post(f"{path}/records", {"fieldValues": {"title": "T"}}), 201)

    assert refused(client.delete(path), 409)["code"] == "in_use"
    assert ok(client.delete(path, {"force": "true"})) == {"status": "archived"}

    assert refused(client.post(f"{path}/records", {}), 409)["code"] == "archived"
    assert ok(client.get(path))["archived"] is True
    assert "notes" not in {item["slug"] for item in ok(client.get("/data-types"))}
    assert {item["slug"] for item in ok(client.get("/data-types", {"archived": "true"}))} == {
        "notes"
    }
    assert refused(client.put(path, {"name": "Changed"}), 409)["code"] == "archived"
    assert ok(client.put(path, {"archived": False}))["archived"] is False
    assert ok(client.get(f"{path}/records"))["total"] == 1
    assert ok(client.put(path, {"archived": True}))["archived"] is True


def test_types_are_sorted(client: WorkspaceClient, notes: dict[str, Any]) -> None:
    other = ok(client.post("/data-types", {"name": "Alpha"}), 201)
    ok(client.post(f"/data-types/{notes['id']}/records", {"fieldValues": {"title": "T"}}), 201)

    def names(**query: str) -> list[str]:
        return [
            item["slug"]
            for item in ok(client.get("/data-types", query))
            if item["id"] in (other["id"], notes["id"])
        ]

    assert names() == ["notes", "alpha"]
    assert names(sortBy="name") == ["alpha", "notes"]
    assert names(sort_by="record_count", sort_order="desc") == ["notes", "alpha"]
    assert names(sortBy="createdAt", sortOrder="desc") == ["alpha", "notes"]
    assert names(sortBy="slug") == ["alpha", "notes"]
    ok(client.put(f"/data-types/{notes['id']}", {"description": "d"}))
    assert names(sort_by="updated_at", sort_order="desc") == ["notes", "alpha"]
    refused(client.get("/data-types", {"sortBy": "description"}), 400)
    refused(client.get("/data-types", {"surplus": "1"}), 400)


@pytest.mark.parametrize(
    ("slug", "expected"),
    [
        ("free", {"valid": True, "available": True, "suggestion": None}),
        ("notes", {"valid": True, "available": False, "suggestion": "notes_2"}),
        ("No slug!", {"valid": False, "available": False, "suggestion": "no_slug"}),
        ("Notes", {"valid": True, "available": False, "suggestion": "notes_2"}),
        ("intake-form", {"valid": True, "available": True, "suggestion": None}),
        ("Intake-Form_2", {"valid": True, "available": True, "suggestion": None}),
        ("-form", {"valid": False, "available": False, "suggestion": "form"}),
        ("2-form", {"valid": False, "available": False, "suggestion": "f_2_form"}),
        ("a" * 65, {"valid": False, "available": False, "suggestion": "a" * 64}),
    ],
)
def test_slugs_are_tried_first(
    client: WorkspaceClient, notes: dict[str, Any], slug: str, expected: Any
) -> None:
    assert ok(client.post("/data-types/validate-slug", {"slug": slug})) == expected


def test_counts_are_a_members_own(
    workspace: Caller, client: WorkspaceClient, notes: dict[str, Any]
) -> None:
    other = ok(client.post("/data-types", {"name": "Alpha"}), 201)
    member = make_member(workspace, "m@example.com", {"notes": {"create": True, "view": "all"}})
    records = f"/data-types/{notes['id']}/records"
    for owner in (member.member.pk, member.member.pk, workspace.member.pk):
        ok(client.post(records, {"fieldValues": {"title": "T"}, "memberId": owner}), 201)
    path = "/data-types/member-record-counts"
    keys = str(notes["id"]), str(other["id"])

    own = ok(WorkspaceClient(member).get(path))["counts"]
    assert (own[keys[0]], own[keys[1]]) == (2, 0)
    assert ok(WorkspaceClient(member).get(path, {"member_id": workspace.member.pk}))["counts"] == {
        keys[0]: 1
    }
    theirs = ok(client.get(path, {"memberId": member.member.pk}))["counts"]
    assert (theirs[keys[0]], theirs[keys[1]]) == (2, 0)
    refused(client.get(path, {"memberId": 987654}), 404)
    refused(client.get(path, {"memberId": "x"}), 400)
