"""The page of the grid: for whom it is there, what it brings, and what its security policy lets run."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.http import HttpRequest
from django.test import Client
from django.test.utils import CaptureQueriesContext

from records.admin.object_pages import ObjectPage
from records.field_types import field_types
from records.services.views.default_views import apply_to_members
from records.services.views.saved_views import create_view
from records.services.views.view_parts import Part
from tests.admin.pages import Workbench, let_in
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    make_member,
    make_object,
    make_relation,
    set_pattern,
)

SCRIPT = "\"'></script><img src=x onerror=owned()>"
MOST_QUERIES = 12


def config(content: str) -> dict[str, Any]:
    """What the page's scripts begin with."""
    found = re.search(r'data-config="([^"]*)"', content)
    assert found is not None
    made: dict[str, Any] = json.loads(unescape(found[1]))
    return made


def test_the_page_says_how_each_field_is_shown_edited_and_filtered(
    admin: Workbench, companies: str
) -> None:
    make_relation(admin.caller, "companies", "Parent", "companies", "primary", "Children")

    made = config(admin.read(f"{companies}grid/"))

    controls = {name: field["control"] for name, field in made["fields"].items()}
    assert controls == {
        "name": "text",
        "owner": "member",
        "created": "date-time",
        "updated": "date-time",
        "display_name": "text",
        "industry": "option",
        "employees": "number",
        "revenue": "number",
        "certified": "boolean",
        "founded": "date",
        "audited": "date-time",
        "tags": "tags",
        "services": "options",
        "note": "long",
        "about": "open",
        "parent": "record",
        "children": "record",
    }
    assert made["first"] == "name"
    assert made["columns"] == [
        "industry",
        "employees",
        "revenue",
        "certified",
        "founded",
        "audited",
        "tags",
    ]
    assert made["fields"]["children"]["multiple"]
    assert not made["fields"]["created"]["editable"]
    assert made["fields"]["employees"]["editable"]
    assert made["fields"]["employees"]["sortable"]
    assert not made["fields"]["services"]["sortable"]
    assert ["between", "is between (low; high)"] in made["fields"]["employees"]["conditions"]


def test_the_page_says_what_makes_groups_and_figures_and_which_categories_there_are(
    admin: Workbench, companies: str
) -> None:
    made = config(admin.read(f"{companies}grid/"))

    fields = made["fields"]
    assert fields["founded"]["groups"] == ["day", "week", "month", "quarter", "year"]
    assert fields["industry"]["groups"] == [""]
    assert fields["note"]["groups"] == []
    assert fields["employees"]["figures"] == ["count", "distinct", "min", "max", "sum", "avg"]
    assert fields["note"]["figures"] == ["count"]
    listed = admin.caller.author, admin.caller.schema("companies")
    assert [name for _, name in made["categories"]] == list(
        ObjectPage(HttpRequest(), *listed).categories().values()
    )
    assert made["drawsAll"]


# That of relationships, which take two objects, is in the test above.
@pytest.mark.parametrize("kind", sorted({*field_types} - {"relationship"}))
def test_every_type_of_field_has_a_control(admin: Workbench, kind: str) -> None:
    more: dict[str, Any] = {}
    if kind == "formula":
        more["settings"] = {"formula_options": {"expression": "1", "result_type": "number"}}
    options = (OptionDefinition("One"),) if kind in ("dropdown", "radio", "checkboxes") else ()
    made = make_object(
        admin.caller, "Things", FieldDefinition("Kind", kind, name="kind", options=options, **more)
    )

    found = config(admin.read(f"/admin/records/objects/{made.uuid}/grid/"))["fields"]["kind"]

    assert found["control"] in {
        *("text", "long", "number", "boolean", "date", "date-time"),
        *("option", "options", "tags", "record", "member", "open"),
    }


def test_a_record_named_by_a_pattern_is_named_in_the_first_column(
    admin: Workbench, companies: str
) -> None:
    set_pattern(admin.caller, "companies", "{name} ({employees})")

    made = config(admin.read(f"{companies}grid/"))

    assert made["first"] == "display_name"
    assert "name" in made["columns"]


def test_its_policy_lets_nothing_inline_run_and_no_other_page_is_changed(
    admin: Workbench, companies: str
) -> None:
    policy = admin.get(f"{companies}grid/").headers["Content-Security-Policy"]
    said = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    listed = admin.get(companies).headers["Content-Security-Policy"]

    assert said["script-src"] == said["style-src"] == said["connect-src"] == "'self'"
    assert said["default-src"] == said["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy
    assert "style-src 'self' 'unsafe-inline'" in listed


def test_nothing_in_the_page_is_inline(admin: Workbench, companies: str) -> None:
    content = admin.read(f"{companies}grid/")

    assert not re.findall(r"<script(?![^>]*\ssrc=)", content)
    assert "<style" not in content
    assert not re.findall(r"\s(?:style|on\w+|x-\w+)=", content)


def test_texts_of_people_are_texts(admin: Workbench) -> None:
    made = make_object(
        admin.caller,
        SCRIPT,
        FieldDefinition(SCRIPT, "dropdown", name="picked", options=(OptionDefinition(SCRIPT),)),
        name="things",
    )

    content = admin.read(f"/admin/records/objects/{made.uuid}/grid/")

    assert "<img" not in content
    assert config(content)["label"] == SCRIPT


def test_queries_do_not_grow_with_fields_and_objects(admin: Workbench, companies: str) -> None:
    admin.read(f"{companies}grid/")
    for at in range(3):
        make_object(
            admin.caller,
            f"More {at}s",
            FieldDefinition("Tags", "dynamictags"),
            FieldDefinition("Keeper", "team_selector"),
        )
    admin.read(f"{companies}grid/")

    with CaptureQueriesContext(connection) as asked:
        admin.read(f"{companies}grid/")

    assert len(asked) <= MOST_QUERIES, [query["sql"] for query in asked]


def test_it_asks_for_log_in(companies: str) -> None:
    assert Client().get(f"{companies}grid/").status_code == 302


def test_who_may_not_see_the_records_finds_no_grid(
    admin: Workbench, companies: str, elsewhere: Caller
) -> None:
    adding = {"companies": {"create": True}}
    adder = let_in(make_member(admin.caller, "adder@example.com", adding))
    stranger = let_in(make_member(admin.caller, "stranger@example.com"))

    for visitor in (adder, stranger, let_in(elsewhere)):
        assert visitor.get(f"{companies}grid/").status_code == 404
    assert admin.get(f"/admin/records/objects/{uuid4()}/grid/").status_code == 404
    assert admin.send(f"{companies}grid/").status_code == 405


def test_what_a_role_may_not_see_or_change_the_page_does_not_offer(
    admin: Workbench, companies: str
) -> None:
    reading = {"companies": {"view": "all", "edit": "all"}}
    hidden, locked = [("companies", "revenue")], [("companies", "founded")]
    reader = let_in(
        make_member(admin.caller, "reader@example.com", reading, hidden=hidden, locked=locked)
    )

    found = config(reader.read(f"{companies}grid/"))

    assert "revenue" not in found["fields"]
    assert not found["fields"]["founded"]["editable"]
    assert found["fields"]["employees"]["editable"]
    assert not found["mayCreate"]
    assert not found["mayRemove"]


def test_the_default_view_is_named(admin: Workbench, companies: str) -> None:
    author, schema = admin.caller.author, admin.caller.schema("companies")
    view = create_view(author, schema, name="Mine", parts={Part.COLUMNS: {"columns": []}})
    apply_to_members(author, schema, str(view.uuid), Part.COLUMNS, [author.member.id])

    assert config(admin.read(f"{companies}grid/"))["defaultView"] == str(view.uuid)


def test_list_and_start_page_lead_to_it(admin: Workbench, companies: str) -> None:
    assert f'href="{companies}grid/"' in admin.read(companies)
    assert f'href="{companies}grid/"' in admin.read("/admin/")
