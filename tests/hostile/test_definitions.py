"""Whatever is sent to shape a workspace is answered, and a refusal leaves the definitions as they
were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import cycle, islice
from typing import Any

import orjson
import pytest
from django.db import transaction

from records.models import Workspace
from records.services.catalogue.directory import forget_everything
from tests.api_client import ApiClient

from .furnished import Asked, Ids
from .mutating import WRONG, nodes
from .test_bodies import BODIES
from .test_foreign_ids import MADE_ANEW, MOMENT, UUID, nobodys, positions

HUGE: dict[str, Any] = {
    "a megabyte": "x" * 1_000_000,
    "a thousand lists": [[]] * 1001,
    "2^200": 2**63 * 1.0,
    "a name": "name",
    "an api name": "a" * 65,
    "not Latin": "\u03b1\u2248 \U0001f6e9",
    "only marks": "\u0301\u200b\u202e",
    "an unknown type": "formula2",
}
FIELD = {
    "display_name": "Made",
    "name": "made",
    "description": "A field",
    "is_required": False,
    "is_read_only": False,
    "is_hidden": True,
    "is_unique": False,
    "allows_empty": True,
    "default_value": None,
    "order": 3,
}
SHAPES: dict[str, Mapping[str, Any]] = {
    "dropdown": {
        "options": [{"name": "A", "code": "a", "order": 1}, {"name": "B", "order": 0}, "C"]
    },
    "money": {"money_options": {"currency": "EUR"}, "default_value": {"amount": 1}},
    "decimal": {
        "decimal_options": {"min_value": 0, "max_value": 9.5, "decimal_places": 2},
        "default_value": 1,
    },
    "rating": {"rating": {"max_value": 10}, "default_value": 3},
    "phonenumber": {"phonenumber_options": {"region": "FR"}},
    "checkboxes": {"options": ["A"], "default_value": ["A"]},
}


def shaping(ids: Ids) -> list[Asked]:
    """Valid requests for every operation, and in them every place where an id or a name may
    stand."""
    made = {**FIELD, "category": ids["category"]}
    fields = f"/api/custom-objects/{ids['companies']}/fields"
    dropdown = f"{fields}/{ids['field dropdown']}"
    options = f"{dropdown}/options"
    categories = f"/api/custom-objects/{ids['companies']}/categories"
    stages = f"/api/pipelines/{ids['deals']}/stages"
    relation = {
        "related_object": ids["deals"],
        "related_name": "Back",
        "related_category": "General",
        "relation_type": "additional",
    }
    least = {"display_name": "Made", "category": ids["category"]}
    relationship = {**least, "field_type": "relationship", "relation": relation}
    default = {
        **FIELD,
        "name": "ignored",
        "default_value": ids["option dropdown"],
        "category": ids["category"],
    }
    stage = {
        "name": "Late",
        "code": "late",
        "order": 1,
        "status": "lost",
        "percentage_chance_to_close": 5,
    }
    return [
        Asked(
            "list objects",
            "GET",
            "/api/custom-objects?custom_only=false&search=c&ordering=-name&page=1&page_size=2",
        ),
        Asked("make an object", "POST", "/api/custom-objects", _object("Boats")),
        Asked(
            "make a pipeline",
            "POST",
            "/api/custom-objects",
            {**_object("Boats"), **_pipeline(stage)},
        ),
        Asked("read an object", "GET", f"/api/custom-objects/{ids['own object']}"),
        Asked(
            "change an object",
            "PATCH",
            f"/api/custom-objects/{ids['companies']}",
            _object("Companies"),
        ),
        Asked("archive an object", "DELETE", f"/api/custom-objects/{ids['own object']}"),
        Asked("schema", "GET", f"/api/custom-objects/{ids['companies']}/schema"),
        Asked("fields", "GET", fields),
        Asked(
            "make a field",
            "POST",
            fields,
            {**made, "field_type": "text", "is_unique": True, "default_value": "x"},
        ),
        *(
            Asked(f"make {kind}", "POST", fields, {**least, "field_type": kind, **more})
            for kind, more in SHAPES.items()
        ),
        Asked("make a link", "POST", fields, relationship),
        Asked("read a field", "GET", dropdown),
        Asked("change a field", "PATCH", dropdown, {**default, "field_type": "dropdown"}),
        Asked("delete a field", "DELETE", f"{fields}/{ids['field longtext']}"),
        Asked("options", "GET", options),
        Asked("add an option", "POST", options, {"name": "New", "code": "new", "order": 0}),
        Asked(
            "change an option",
            "PATCH",
            f"{options}/{ids['option dropdown']}",
            {"name": "Other", "order": 5},
        ),
        Asked(
            "replace an option",
            "POST",
            f"{options}/{ids['option dropdown']}/replace",
            _heir(ids["other option"]),
        ),
        Asked("delete an option", "DELETE", f"{options}/{ids['other option']}"),
        Asked("categories", "GET", categories),
        Asked("add a category", "POST", categories, {"name": "New", "order": 0}),
        Asked(
            "change a category",
            "PATCH",
            f"{categories}/{ids['category']}",
            {"name": "Newer", "order": 1},
        ),
        Asked("stages", "GET", stages),
        Asked("add a stage", "POST", stages, stage),
        Asked("change a stage", "PATCH", f"{stages}/{ids['stage']}", stage),
        Asked(
            "remove a stage",
            "POST",
            f"{stages}/remove-stage",
            {"id": ids["first stage"], "new_stage_id": ids["stage"]},
        ),
        Asked("the team", "GET", "/api/team?search=a&page=1"),
        Asked("a member", "GET", f"/api/team/{ids['second member']}"),
        Asked("typeahead", "GET", "/api/team/typeahead?search=a"),
        Asked("pages of members", "POST", "/api/team/search", {"search": "a", "page": 1}),
        Asked("access", "GET", "/api/auth/access"),
        Asked("limits", "GET", "/api/limits"),
        *_roles(ids),
    ]


def _roles(ids: Ids) -> list[Asked]:
    """Requests about a role of the workspace, and what it may do."""
    role, group = f"/api/role/{ids['role']}", f"/api/permission-group/{ids['role']}"
    rights = {"view": True, "edit": True, "remove": False}
    grant = {"all_records": rights, "associated_records": rights, "create_record": True}
    field = {"id": ids["field dropdown"], "view": True, "edit": False}
    whole = {
        "name": "Newer",
        "settings_section": {"enabled": False},
        "custom_objects": [
            {"custom_object_id": ids["companies"], **grant, "fields": [field]},
        ],
        "contacts_section": {**grant, "default_fields": {"email": {"view": True}}},
    }
    level = {"custom_object": {"id": ids["companies"]}, "permission_level": 2}
    made = {
        "name": "New",
        "permission_groups": [ids["role"]],
        "permissions": ["workspace_admin"],
        "default_for_new_users": True,
    }
    return [
        Asked("roles", "GET", "/api/role?search=m&page=1&page_size=5"),
        Asked("make a role", "POST", "/api/role", made),
        Asked("read a role", "GET", role),
        Asked("change a role", "PATCH", role, {**made, "permissions": []}),
        Asked("delete a role", "DELETE", role),
        Asked("make a group", "POST", "/api/permission-group", {**whole, "name": "New"}),
        Asked("read a group", "GET", group),
        Asked("replace a group", "PUT", group, whole),
        Asked("change a group", "PATCH", group, whole),
        Asked("delete a group", "DELETE", group),
        Asked("duplicate a group", "POST", f"{group}/duplicate", {"name": "New"}),
        Asked("grant a level", "PATCH", f"{group}/object-update", {**level, "key": "all_records"}),
        Asked(
            "switch a field",
            "PATCH",
            f"{group}/object-update",
            {**level, "field": {"id": ids["field dropdown"]}},
        ),
    ]


def _object(label: str) -> dict[str, Any]:
    return {
        "object_name": label,
        "entity_name": "One",
        "name": label.lower(),
        "object_type": "standard",
        "description": "Some text",
        "identifier_field": "name",
        "entity_display_name_pattern_text": "The {name}",
        "default_color": "red",
        "default_icon": "sailing",
    }


def _pipeline(stage: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "object_type": "pipeline",
        "pipeline": {"stages": [dict(stage), {"name": "Early", "status": "open"}]},
    }


def _heir(option: str) -> dict[str, Any]:
    return {"replacement_option_id": option}


def furthered(api: ApiClient, ids: Ids) -> Ids:
    """The ids, with those that only definitions are addressed by."""
    dropdown = api.get(f"/api/custom-objects/{ids['companies']}/fields/dropdown/options").json()
    stages = api.get(f"/api/pipelines/{ids['deals']}/stages").json()
    roles = api.get("/api/role?search=member").json()["results"]
    return {
        **ids,
        "other option": dropdown[1]["id"],
        "first stage": stages[0]["id"],
        "role": roles[0]["id"],
    }


def tried(api: ApiClient, asked: Asked) -> Any:
    """The answer to a request whose effects are undone; a refusal has a documented shape and
    changed nothing."""
    before = _version()
    with transaction.atomic():
        answer = asked.send(api)
        after = _version()
        transaction.set_rollback(True)
    if after != before:  # the version is given again, to other definitions
        forget_everything()
    assert answer.status_code < 500, (asked, answer.content)
    if answer.content:
        assert answer.headers["Content-Type"] == "application/json"
    if answer.status_code >= 400:
        content = orjson.loads(answer.content)
        assert set(content) == {"detail", "code"}
        assert content["detail"]
        assert len(content["detail"]) < 2000
        assert after == before
    return answer


def _version() -> list[int]:
    return list(Workspace.objects.order_by("id").values_list("definitions_version", flat=True))


def test_the_requests_that_shape_are_valid(api: ApiClient, ours: Ids) -> None:
    answers = {asked.name: tried(api, asked) for asked in shaping(furthered(api, ours))}

    assert {
        name: answer.content for name, answer in answers.items() if answer.status_code >= 400
    } == {}


def test_wrong_types_in_every_place_of_a_definition(api: ApiClient, ours: Ids) -> None:
    count, values = 0, cycle([*WRONG.values(), *HUGE.values()])
    for asked in shaping(furthered(api, ours)):
        for _, _, put in nodes(asked.body) if asked.body is not None else ():
            for value in islice(
                values, 8
            ):  # each in its turn: all of them in every place take half a minute
                tried(api, replace(asked, body=put(value)))
                count += 1
    assert count > 500


@pytest.mark.parametrize("name", BODIES)
def test_bodies_that_are_no_definition(api: ApiClient, ours: Ids, name: str) -> None:
    for path in ("/api/custom-objects", f"/api/custom-objects/{ours['companies']}/fields"):
        assert tried(api, Asked("", "POST", path, BODIES[name])).status_code in (400, 413, 415)


def test_an_id_of_another_workspace_never_defined_anything(
    api: ApiClient, ours: Ids, theirs: Ids
) -> None:
    nobody = nobodys(theirs)
    count = 0
    for asked in shaping(furthered(api, ours)):
        for where, kind, put in positions(asked, ours):
            foreign, unknown = (
                told(api, put(other[kind]), other[kind], ours) for other in (theirs, nobody)
            )
            assert foreign == unknown, (asked.name, where)
            count += 1
    assert count > 30


def told(api: ApiClient, asked: Asked, sent: str, ours: Ids) -> Any:
    """All that an answer says, but for the id that was sent and for what is new with every call."""
    answer = tried(api, asked)
    known = set(ours.values())
    text = answer.content.decode().replace(sent, "<sent>")
    text = UUID.sub(lambda found: found[0] if found[0] in known else "<new>", text)
    headers = {name: value for name, value in answer.headers.items() if name not in MADE_ANEW}
    return answer.status_code, headers, MOMENT.sub("<moment>", text)


NASTY = (
    "%00",
    "%ED%A0%80",
    "%FF%FE",
    "..",
    "%2e%2e%2fadmin",
    "x" * 5000,
    "-1",
    "%F0%9F%9B%A9",
    "null",
    "{}",
    "a%20b",
)


def test_nothing_is_at_an_address_that_is_none(api: ApiClient, ours: Ids) -> None:
    for nasty in NASTY:
        for path in (
            f"/api/custom-objects/{nasty}",
            f"/api/custom-objects/{nasty}/fields",
            f"/api/custom-objects/companies/fields/{nasty}",
            f"/api/custom-objects/companies/fields/dropdown/options/{nasty}",
            f"/api/custom-objects/companies/categories/{nasty}",
            f"/api/pipelines/{nasty}/stages",
            f"/api/team/{nasty}",
        ):
            for method in ("GET", "PATCH", "DELETE"):
                assert tried(api, Asked("", method, path, None)).status_code in (400, 404, 405), (
                    path
                )


@pytest.mark.parametrize(
    "query",
    [
        "ordering=nothing",
        "ordering=-",
        "page=0",
        "page=x",
        "page_size=1001",
        "custom_only=maybe",
        "archived=2",
    ],
)
def test_a_query_that_makes_no_sense_is_refused(api: ApiClient, query: str) -> None:
    assert tried(api, Asked("", "GET", f"/api/custom-objects?{query}")).status_code == 400


def test_any_search_is_a_search(api: ApiClient) -> None:
    for nasty in ("%00", "%ED%A0%80", "%25", "x" * 5000, "%F0%9F%9B%A9", "%5C", "'"):
        for path in ("/api/custom-objects", "/api/team", "/api/team/typeahead"):
            assert tried(api, Asked("", "GET", f"{path}?search={nasty}")).status_code in (200, 400)
