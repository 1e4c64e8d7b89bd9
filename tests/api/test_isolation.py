"""Every id of another workspace, in any place of any request, is as unknown as one that never
existed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from records.models import Attachment
from records.services.views import Part, create_view, object_layout
from tests.api_client import ApiClient
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    make_object,
    make_record,
    make_relation,
)

UNKNOWN = "01900000-0000-7000-8000-000000000000"


@dataclass(frozen=True)
class Ids:
    """What a workspace has, by kind."""

    object: str
    record: str
    field: str
    category: str
    option: str
    stage: str
    member: str
    attachment: str
    person: str
    link: str
    role: str
    view: str
    layout: str


def furnish(caller: Caller) -> Ids:
    """The same things in any workspace."""
    make_object(caller, "People")
    make_object(
        caller,
        "Deals",
        FieldDefinition("Size", "dropdown", options=(OptionDefinition("Big"),)),
        FieldDefinition("Papers", "files"),
        object_type="pipeline",
    )
    link = make_relation(caller, "deals", "Buyer", "people", "primary", "Bought")
    person = make_record(caller, "people", name="Ada").record.uuid
    record = make_record(
        caller, "deals", name="Deal", size={"name": "Big"}, buyer={"id": person}
    ).record.uuid
    attachment = Attachment.objects.create(workspace=caller.workspace, name="a.txt", file="a.txt")
    schema = caller.schema("deals")
    size, stage = schema.by_name["size"], schema.by_name["stage"]
    return Ids(
        object=schema.uuid,
        record=record,
        field=size.uuid,
        category=size.category_uuid,
        option=next(option.uuid for option in size.options.values()),
        stage=next(option.uuid for option in stage.options.values()),
        member=str(caller.member.uuid),
        attachment=str(attachment.uuid),
        person=person,
        link=link,
        role=str(caller.member.role.uuid),
        view=str(
            create_view(caller.author, schema, name="All", parts={part: {} for part in Part}).uuid
        ),
        layout=str(object_layout(caller.author, schema).uuid),
    )


@pytest.fixture
def ours(workspace: Caller) -> Ids:
    return furnish(workspace)


@pytest.fixture
def theirs(elsewhere: Caller, ours: Ids) -> Ids:
    return furnish(elsewhere)


def write(name: str, value: object) -> dict[str, Any]:
    return {"fields": [{"name": name, "value": value}]}


def find(field: str, condition: str, value: object) -> dict[str, Any]:
    return {"query": [{"filters": [{"field": field, "condition": condition, "value": value}]}]}


def through(link: str, field: str, condition: str, value: object) -> dict[str, Any]:
    inner = find(field, condition, value)
    clause = {
        "type": "related_object",
        "field_id": link,
        "condition": "custom_filter",
        "value": inner,
    }
    return {"query": [{"filters": [clause]}]}


Place = tuple[str, str, Callable[[Ids], str], Callable[[str], Any]]
"""Method, path with `{id}` where the id stands, the kind of id, the body with the id."""

DEAL = "/api/records/deals/{record}"
SEARCH = "/api/records/deals/search"
VIEWS = "/api/custom-objects/deals"
PLACES: dict[str, Place] = {
    "object in the path": ("POST", "/api/records/{id}/search", lambda ids: ids.object, lambda _: {}),
    "record in the path": ("GET", "/api/records/deals/{id}", lambda ids: ids.record, lambda _: None),
    "record to change": ("PATCH", "/api/records/deals/{id}", lambda ids: ids.record, lambda _: write("name", "x")),
    "record to archive": ("DELETE", "/api/records/deals/{id}", lambda ids: ids.record, lambda _: None),
    "record to unarchive": ("PATCH", "/api/records/deals/{id}/unarchive", lambda ids: ids.record, lambda _: None),
    "record's history": ("GET", "/api/records/deals/{id}/history", lambda ids: ids.record, lambda _: None),
    "record's setters": ("GET", "/api/records/deals/{id}/blame", lambda ids: ids.record, lambda _: None),
    "record to restore": ("PATCH", "/api/records/deals/{id}/restore", lambda ids: ids.record, lambda _: {"version": 1}),
    "record's values": ("GET", "/api/records/{id}/field-values/{field}", lambda ids: ids.record, lambda _: None),
    "record pointed at": ("POST", "/api/records/{id}/related-pipeline-records", lambda ids: ids.person, lambda _: {}),
    "field in the path": ("GET", "/api/records/{record}/field-values/{id}", lambda ids: ids.field, lambda _: None),
    "field to read": ("GET", DEAL + "?field_ids={id}", lambda ids: ids.field, lambda _: None),
    "category to read": ("GET", DEAL + "?field_category={id}", lambda ids: ids.category, lambda _: None),
    "field to write": ("PATCH", DEAL, lambda ids: ids.field, lambda key: {"fields": [{"id": key, "value": None}]}),
    "option": ("PATCH", DEAL, lambda ids: ids.option, lambda key: write("size", key)),
    "stage": ("PATCH", DEAL + "/move", lambda ids: ids.stage, lambda key: {"stage_id": key}),
    "relationship of a filter": ("POST", SEARCH, lambda ids: ids.link, lambda key: through(key, "name", "=", "x")),
    "stage of a filter": (
        "POST", SEARCH, lambda ids: ids.stage,
        lambda key: {"query": [{"filters": [{
            "field": "stage", "condition": "entered_stage", "value": key,
            "comparison_condition": "=", "comparison_value": "2024-01-01",
        }]}]},
    ),
    "owner": ("PATCH", DEAL, lambda ids: ids.member, lambda key: write("owner", key)),
    "linked record": ("PATCH", DEAL, lambda ids: ids.person, lambda key: write("buyer", {"id": key})),
    "record of another object": ("PATCH", DEAL, lambda ids: ids.record, lambda key: write("buyer", key)),
    "attachment": ("PATCH", DEAL, lambda ids: ids.attachment, lambda key: write("papers", [key])),
    "field of a filter": ("POST", SEARCH, lambda ids: ids.field, lambda key: find(key, "is_blank", True)),
    "option of a filter": ("POST", SEARCH, lambda ids: ids.option, lambda key: find("size", "=", key)),
    "member of a filter": ("POST", SEARCH, lambda ids: ids.member, lambda key: find("owner", "=", key)),
    "record of a filter": ("POST", SEARCH, lambda ids: ids.person, lambda key: find("buyer", "contains", [key])),
    "record not of a filter": ("POST", SEARCH, lambda ids: ids.person, lambda key: find("buyer", "!contains", [key])),
    "fields of a search": ("POST", SEARCH, lambda ids: ids.field, lambda key: {"field_ids": [key]}),
    "where a search looks": (
        "POST", SEARCH, lambda ids: ids.field, lambda key: {"search": "x", "search_within_field_ids": [key]},
    ),
    "filter group to search by": ("POST", SEARCH, lambda ids: ids.view, lambda key: {"group_id": key}),
    "filter group to read": ("GET", VIEWS + "/filter-groups/{id}", lambda ids: ids.view, lambda _: None),
    "quick filter to change": ("PATCH", VIEWS + "/quick-filters/{id}", lambda ids: ids.view, lambda _: {"name": "x"}),
    "columns to replace": (
        "PUT", VIEWS + "/columns/{id}", lambda ids: ids.view, lambda _: {"name": "x", "configuration_json": {}},
    ),
    "columns to delete": ("DELETE", VIEWS + "/columns/{id}?dry_run=true", lambda ids: ids.view, lambda _: None),
    "columns to apply": (
        "POST", VIEWS + "/columns/{id}/apply-to-roles?dry_run=true", lambda ids: ids.view, lambda _: {"role_ids": []},
    ),
    "role to apply to": (
        "POST", VIEWS + "/columns/{view}/apply-to-roles?dry_run=true", lambda ids: ids.role,
        lambda key: {"role_ids": [key]},
    ),
    "member to apply to": (
        "POST", VIEWS + "/columns/{view}/apply-to-users?dry_run=true", lambda ids: ids.member,
        lambda key: {"team_member_ids": [key]},
    ),
    "owner of a view": ("PATCH", VIEWS + "/columns/{view}", lambda ids: ids.member, lambda key: {"owner": key}),
    "role to share with": (
        "PATCH", VIEWS + "/columns/{view}", lambda ids: ids.role,
        lambda key: {"sharing_settings": {"roles": {"view": [key]}}},
    ),
    "member to share with": (
        "PATCH", VIEWS + "/columns/{view}", lambda ids: ids.member,
        lambda key: {"sharing_settings": {"team_members": {"view": [{"id": key}]}}},
    ),
    "field of a saved filter": (
        "PATCH", VIEWS + "/filter-groups/{view}", lambda ids: ids.field,
        lambda key: {"config": find(key, "is_blank", True)},
    ),
    "layout to replace": (
        "PUT", VIEWS + "/layouts/{id}", lambda ids: ids.layout, lambda _: {"name": "x", "config": []},
    ),
    "pipeline to list": (
        "POST", "/api/records/{person}/related-pipeline-records", lambda ids: ids.object,
        lambda key: {"object_ids": [key]},
    ),
    "link to list": (
        "POST", "/api/records/{person}/related-pipeline-records", lambda ids: ids.link,
        lambda key: {"field_ids": [key]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_a_foreign_id_is_as_unknown_as_any(
    api: ApiClient, ours: Ids, theirs: Ids, place: str
) -> None:
    method, path, kind, body = PLACES[place]
    known = {
        "record": ours.record,
        "field": ours.field,
        "person": ours.person,
        "view": ours.view,
    }

    def ask(key: str) -> tuple[int, bytes]:
        answer = api.send(method, path.format(id=key, **known), body(key))
        return answer.status_code, answer.content.replace(key.encode(), b"?")

    assert ask(kind(theirs)) == ask(UNKNOWN)
    assert ask(kind(theirs))[0] < 500


def test_the_places_are_real(api: ApiClient, ours: Ids) -> None:
    """Our own ids mean something where the foreign ones do not: otherwise the table above would
    prove nothing."""
    known = {
        "record": ours.record,
        "field": ours.field,
        "person": ours.person,
        "view": ours.view,
    }
    for place, (method, path, kind, body) in PLACES.items():
        answers = [
            api.send(method, path.format(id=key, **known), body(key))
            for key in (kind(ours), UNKNOWN)
        ]
        if place == "record to archive":
            api.patch(f"/api/records/deals/{ours.record}/unarchive")
        if place not in ("record of another object", "record not of a filter"):
            seen = [(answer.status_code, len(answer.content)) for answer in answers]
            assert seen[0] != seen[1], place
