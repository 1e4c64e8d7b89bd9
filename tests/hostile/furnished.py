"""Two workspaces with the same things in them, and valid requests in which every kind of id
stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from records.models import Attachment
from records.services.views.layouts import object_layout
from records.services.views.saved_views import create_view
from records.services.views.view_parts import Part
from tests.api_client import ApiClient
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    archive,
    make_member,
    make_object,
    make_record,
    make_relation,
)

PLAIN = {
    "text": "Some text",
    "longtext": "Some\n\ntext",
    "wysiwyg": "<p>Some text</p>",
    "email": "someone@example.com",
    "phonenumber": "+33142685300",
    "integer": 7,
    "decimal": 1.5,
    "money": {"amount": 9.99},
    "date": "2024-02-29",
    "datetime": "2024-02-29T12:00:00+01:00",
    "checkbox": True,
    "yesnomaybe": "maybe",
    "rating": 3,
    "timezone": "Europe/Paris",
    "json": {"a": [1, {"b": None}]},
}
CHOICES = ("dropdown", "radio", "status", "choices", "selector")
COMPANIES = "/api/records/companies"
ONCE: tuple[str, Any] = ("/api/records/people/add", {"fields": [{"name": "name", "value": "Once"}]})
Ids = Mapping[str, str]


@dataclass(frozen=True)
class Asked:
    """One request of a kind; `writes` are refused with an ErrorResponse; None: it may be one."""

    name: str
    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    writes: bool | None = False

    def send(self, api: ApiClient) -> Any:
        return api.send(self.method, self.path, self.body, **self.headers)


def furnish(caller: Caller, mark: str) -> Ids:
    """Objects with fields of all types, records, a member, a file; every id by what it is. `mark`
    is in all names."""
    second = make_member(caller, f"{mark}@example.com")
    attachment = Attachment.objects.create(workspace=caller.workspace, name="a.txt", file="a.txt")
    _define(caller, mark)
    schema, deals = caller.schema("companies"), caller.schema("deals")
    person = make_record(caller, "people", name=f"Ada {mark}").record.uuid
    archived = make_record(caller, "companies", name=f"Gone {mark}").record.uuid
    archive(caller, "companies", archived)
    double = make_record(caller, "companies", name=f"Double {mark}").record.uuid
    filled: dict[str, Any] = {
        "name": f"Acme {mark}",
        "code": f"code-{mark}",
        "dynamictags": [f"Tag {mark}"],
        "dropdown": {"name": "One"},
        "people": [person],
        "boss": person,
        "files": [str(attachment.uuid)],
        "keeper": str(second.member.uuid),
    }
    company = make_record(caller, "companies", **filled).record.uuid
    deal = make_record(caller, "deals", name=f"Deal {mark}", buyer=company).record.uuid
    make_record(caller, "contacts", email=f"{mark}@mail.example.com")
    ApiClient(caller).post(*ONCE, Idempotency_Key=f"key-{mark}")
    first_tag = next(iter(caller.schema("companies").by_name["dynamictags"].options.values()))
    stage = max(deals.by_name["stage"].options.values(), key=lambda option: option.order)
    ids = {
        "workspace": str(caller.workspace.uuid),
        "member": str(caller.member.uuid),
        "second member": str(second.member.uuid),
        "attachment": str(attachment.uuid),
        "companies": schema.uuid,
        "deals": deals.uuid,
        "own object": f"own_{mark}",
        "category": schema.by_name["text"].category_uuid,
        "person": person,
        "archived": archived,
        "company": company,
        "double": double,
        "deal": deal,
        "tag": first_tag.uuid,
        "stage": stage.uuid,
        "buyer field": deals.by_name["buyer"].uuid,
        "person name": f"Ada {mark}",
        "company name": f"Acme {mark}",
        "archived name": f"Gone {mark}",
        "code": f"code-{mark}",
        "email": f"{mark}@mail.example.com",
        "option name": f"Only {mark}",
        "tag name": f"Tag {mark}",
        "key": f"key-{mark}",
        "role": str(second.member.role.uuid),
        **_views(caller, mark),
    }
    for spec in schema.all_fields.values():
        ids[f"field {spec.name}"] = spec.uuid
    for name in (*CHOICES, "checkboxes"):
        ids[f"option {name}"] = next(iter(schema.by_name[name].options.values())).uuid
    return ids


def _views(caller: Caller, mark: str) -> dict[str, str]:
    """A view with all parts, and the layout of companies."""
    author, schema = caller.author, caller.schema("companies")
    parts: dict[Part, Any] = {part: {} for part in Part}
    view = create_view(author, schema, name=f"View {mark}", parts=parts)
    return {"view": str(view.uuid), "layout": str(object_layout(author, schema).uuid)}


def _define(caller: Caller, mark: str) -> None:
    options = (OptionDefinition("One"), OptionDefinition(f"Only {mark}"))
    make_object(caller, "People")
    make_object(
        caller,
        "Companies",
        *(FieldDefinition(name, name) for name in PLAIN if name != "yesnomaybe"),
        FieldDefinition(
            "yesnomaybe",
            "yesnomaybe",
            options=[OptionDefinition(name) for name in ("Yes", "No", "Maybe")],
        ),
        *(FieldDefinition(name, name, options=options) for name in (*CHOICES, "checkboxes")),
        *(FieldDefinition(name, name) for name in ("dynamictags", "files")),
        FieldDefinition("Keeper", "team_selector"),
        FieldDefinition("Code", "text", is_unique=True),
    )
    make_object(caller, f"Own {mark}")
    make_object(caller, "Deals", object_type="pipeline")
    make_relation(caller, "companies", "People", "people", "additional", "Works at")
    make_relation(caller, "companies", "Boss", "people", "primary", "Leads")
    make_relation(caller, "deals", "Buyer", "companies", "primary", "Bought")


def requests(ids: Ids) -> list[Asked]:
    """Valid requests: every operation, and in them every place where an id or a name may stand."""
    company = f"/api/records/{ids['companies']}/{ids['company']}"
    archived = f"/api/records/companies/{ids['archived']}"
    deal = f"/api/records/{ids['deals']}/{ids['deal']}"
    views = f"/api/custom-objects/{ids['companies']}"
    return [
        Asked("retrieve", "GET", f"{company}?field_ids={ids['field text']},{ids['field boss']}"),
        Asked("retrieve a category", "GET", f"{company}?field_category={ids['category']}"),
        Asked(
            "retrieve as of",
            "GET",
            f"{company}?as_of=9999-01-01T00:00:00Z&field_ids={ids['field boss']}",
        ),
        Asked(
            "update",
            "PUT",
            company,
            {"fields": all_fields(ids)[:2], "archived_conflict": None},
            writes=True,
        ),
        Asked("every field", "PATCH", company, {"fields": all_fields(ids)}, writes=True),
        Asked("partial update", "PATCH", company, {"fields": changed_lists(ids)}, writes=True),
        Asked("rename", "PATCH", company, renamed(ids["archived name"]), writes=True),
        Asked("archive", "DELETE", company),
        Asked("unarchive", "PATCH", f"{archived}/unarchive", writes=True),
        Asked("move", "PATCH", f"{deal}/move", {"stage_id": ids["stage"]}, writes=True),
        Asked("history", "GET", f"{company}/history?page=1&page_size=2"),
        Asked("blame", "GET", f"{company}/blame"),
        Asked(
            "restore",
            "PATCH",
            f"{company}/restore",
            {"version": 1, "fields": ["name"]},
            writes=True,
        ),
        Asked(
            "field values",
            "GET",
            f"/api/records/{ids['company']}/field-values/{ids['field people']}?search=a",
        ),
        Asked("add", "POST", f"/api/records/{ids['companies']}/add", added(ids), writes=True),
        Asked("add once", "POST", *ONCE, {"Idempotency_Key": ids["key"]}, writes=True),
        Asked("own object", "POST", f"/api/records/{ids['own object']}/search", {}),
        Asked(
            "lookup",
            "GET",
            f"/api/records/companies/lookup?identifier={ids['company name'].replace(' ', '%20')}",
        ),
        Asked("lookup a contact", "GET", f"/api/records/contacts/lookup?identifier={ids['email']}"),
        Asked(
            "upsert",
            "POST",
            f"/api/records/{ids['companies']}/upsert",
            upserted(ids, "name"),
            writes=True,
        ),
        Asked("upsert by code", "POST", COMPANIES + "/upsert", upserted(ids, "code"), writes=True),
        Asked(
            "search",
            "POST",
            f"/api/records/{ids['companies']}/search?ordering=-{ids['field text']}",
            searched(ids),
        ),
        Asked(
            "merge",
            "POST",
            f"/api/records/{ids['companies']}/merge",
            {
                "into": ids["company"],
                "from": [ids["double"]],
                "rules": {"text": "newest", "people": "union", "code": {"value": "x"}},
                "if_version": {},
            },
            writes=True,
        ),
        Asked(
            "duplicates",
            "POST",
            f"/api/records/{ids['companies']}/duplicates",
            {"fields": ["text", ids["field code"]], "normalise": True, "page": 1, "page_size": 5},
        ),
        Asked(
            "search plainly",
            "POST",
            "/api/records/companies/search",
            {"ordering": ["name"], "field_names": ["name"]},
        ),
        Asked(
            "search with linked fields",
            "POST",
            "/api/records/companies/search",
            {"field_names": ["name", "boss.name"]},
        ),
        Asked(
            "aggregate",
            "POST",
            f"/api/records/{ids['companies']}/aggregate?ordering=-total",
            {
                "aggregate": [
                    {"function": "count"},
                    {"function": "sum", "field": "integer", "as": "total"},
                    {"function": "max", "field": "date"},
                ],
                "group_by": [
                    ids["field dropdown"],
                    "boss.name",
                    {"field": "created", "by": "month", "as": "month"},
                ],
                "search": "acme",
                "page": 1,
                "page_size": 10,
            },
        ),
        Asked(
            "related pipeline records",
            "POST",
            f"/api/records/{ids['company']}/related-pipeline-records",
            {
                "object_ids": [ids["deals"]],
                "field_ids": [ids["buyer field"]],
                "page": 1,
                "page_size": 10,
            },
        ),
        Asked("filter groups", "GET", f"{views}/filter-groups?search=v&ordering=name"),
        Asked(
            "save a filter group",
            "POST",
            f"{views}/filter-groups",
            {
                "name": "Boats",
                "owner": ids["second member"],
                "hidden": True,
                "config": {
                    "and": True,
                    "query": [
                        {
                            "id": "query-0",
                            "filters": [
                                {"field": ids["field text"], "condition": "=", "value": "a"}
                            ],
                        }
                    ],
                },
                "sharing_settings": {
                    "private": False,
                    "all_team_members": 0,
                    "roles": {"view": [ids["role"]], "edit": [{"id": ids["role"]}]},
                    "team_members": {"admin": [ids["member"]]},
                },
            },
        ),
        Asked(
            "change a quick filter",
            "PATCH",
            f"{views}/quick-filters/{ids['view']}",
            {"name": "Boats", "filters": {}, "filter_count": 3},
        ),
        Asked(
            "apply columns",
            "POST",
            f"{views}/columns/{ids['view']}/apply-to-permission-groups",
            {"permission_group_ids": [ids["role"]]},
        ),
        Asked(
            "apply columns to members",
            "POST",
            f"{views}/columns/{ids['view']}/apply-to-users",
            {"team_member_ids": [ids["member"]]},
        ),
        Asked(
            "search by filter groups",
            "POST",
            "/api/records/companies/search",
            {
                "group_id": ids["view"],
                "in_group_ids": [ids["view"]],
                "not_in_group_ids": ids["view"],
            },
        ),
        Asked(
            "lay out",
            "PUT",
            f"{views}/layouts/{ids['layout']}",
            {
                "name": "Ours",
                "active": True,
                "order": 1,
                "tabs": {"automations": False},
                "config": [
                    {
                        "id": "row",
                        "columns": [
                            {
                                "width": "third-width",
                                "items": [
                                    {
                                        "type": "fields",
                                        "metadata": {
                                            "included": [ids["category"]],
                                            "autoInclude": True,
                                            "chosenCategories": [{"value": ids["category"]}],
                                        },
                                    }
                                ],
                            }
                        ],
                    }
                ],
            },
        ),
        Asked(
            "headers",
            "GET",
            company,
            headers={"X_BUSINESS_ID": ids["workspace"], "X_USER_ID": ids["member"]},
        ),
    ]


def entry(ids: Ids, name: str, value: Any) -> dict[str, Any]:
    return {"id": ids[f"field {name}"], "name": name, "value": value}


def all_fields(ids: Ids) -> list[dict[str, Any]]:
    """A field entry for every type, choices and links in every form that is read."""
    choices = [
        ids["option dropdown"],
        {"id": ids["option radio"]},
        {"name": ids["option name"]},
        {"code": "one"},
        "One",
    ]
    return [
        entry(ids, "name", f"{ids['company name']} Ltd"),
        entry(ids, "owner", ids["second member"]),
        entry(ids, "keeper", {"id": ids["member"]}),
        *(entry(ids, name, value) for name, value in PLAIN.items()),
        *(entry(ids, name, value) for name, value in zip(CHOICES, choices, strict=True)),
        entry(ids, "checkboxes", [ids["option checkboxes"], {"name": ids["option name"]}]),
        entry(ids, "dynamictags", [{"id": ids["tag"]}, {"name": ids["tag name"]}]),
        entry(ids, "files", [ids["attachment"]]),
        entry(ids, "people", [ids["person"], {"name": ids["person name"]}]),
        entry(ids, "boss", {"id": ids["person"]}),
    ]


def changed_lists(ids: Ids) -> list[dict[str, Any]]:
    lists = {
        "checkboxes": ids["option checkboxes"],
        "dynamictags": ids["tag"],
        "files": ids["attachment"],
        "people": ids["person"],
    }
    return [
        {"name": name, "add_values": [item], "remove_values": [{"id": item}]}
        for name, item in lists.items()
    ] + [{"name": "boss", "value": ids["person"]}]


def renamed(name: str) -> dict[str, Any]:
    return {"fields": [{"name": "name", "value": name}], "archived_conflict": "overwrite"}


def added(ids: Ids) -> dict[str, Any]:
    fields = [
        {"name": "name", "value": ids["archived name"]},
        {"name": "code", "value": f"{ids['code']}-2"},
    ]
    return {"fields": fields, "unarchive": "unarchive"}


def upserted(ids: Ids, key: str) -> dict[str, Any]:
    sent: dict[str, Any] = {
        "lookup_value": ids["company name" if key == "name" else "code"],
        "fields": [{"name": "boss", "value": {"name": ids["person name"]}}],
        "oncreate_unarchive": "prompt",
        "onupdate_archived_conflict": None,
    }
    return sent if key == "name" else {**sent, "match_field": key}


def searched(ids: Ids) -> dict[str, Any]:
    """A search with every key, and ids in every place of a filter."""
    clauses = [
        ("boss", "contains", [ids["person"]]),
        ("people", "!contains", [ids["person"]]),
        (ids["field boss"], "is_any_of", [ids["person"]]),
        (f'"custom"::{ids["field dropdown"]}', "=", ids["option dropdown"]),
        (f"custom::{ids['field dropdown']}", "is_none_of", [ids["option dropdown"]]),
        ("checkboxes", "!has_any", [ids["option checkboxes"]]),
        ("dynamictags", "has", [ids["tag"]]),
        ("owner", "=", ids["member"]),
        ("keeper", "is_none_of", [ids["second member"]]),
        ("dropdown", "!=", ids["option name"]),
    ]
    filters = [
        {"field": name, "condition": condition, "value": value}
        for name, condition, value in clauses
    ]
    filters[0] |= {"type": "fields_v2", "subtype": "custom"}
    return {
        "query": [{"and": False, "filters": filters}, {"query": [{"filters": [dict(filters[0])]}]}],
        "and": False,
        "field_names": ["name"],
        "field_ids": [ids["field text"], ids["field boss"]],
        "search_within_field_names": ["text"],
        "search_within_field_ids": [ids["field text"]],
        "ordering": "name",
        "search": "acme",
        "page": 1,
        "page_size": 10,
        "cursor": None,
        "count": "exact",
    }
