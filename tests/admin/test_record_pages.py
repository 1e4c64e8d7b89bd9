"""One record at the workbench: everything it holds, what became of it, and changes through the
write path."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from records.models import FieldValue, Record
from records.services.catalogue.object_schema import ObjectSchema
from records.services.views.layouts import object_layout, replace_layout
from tests.admin.pages import Workbench, form_of, let_in, messages_of
from tests.factories import (
    archive,
    change_record,
    make_field,
    make_member,
    make_object,
    make_record,
    make_relation,
)
from tests.services.acting import differences, history, names, read, view


@pytest.fixture
def acme(admin: Workbench, companies: str) -> str:
    return make_record(
        admin.caller,
        "companies",
        name="Acme",
        industry={"name": "Air"},
        employees=30,
        revenue=1234.5,
        certified=True,
        founded="1999-05-17",
        audited="2026-05-17T09:30:00.123456Z",
        tags=["vip", "new"],
        services=[{"name": "Storage"}],
        note="First line.\nSecond line.",
        about="<p>Very <b>good</b> &amp; old.</p>",
    ).record.uuid


def plain(content: str) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", content).split()))


# ---------------------------------------------------------------- looking


def test_a_record_shows_all_values_figures_and_history(
    admin: Workbench, companies: str, acme: str
) -> None:
    change_record(admin.caller, "companies", acme, employees=31, industry=None)

    shown = plain(admin.read(f"{companies}{acme}/"))

    for part in (
        "Employees 31",
        "Industry blank",
        "Revenue $1,234.50",
        "Certified Yes",
        "Tags vip new",
        "Notes Note First line. Second line.",
        "Very good & old.",
        "Version 2",
        "Team members 1",
        "History 2 versions",
        "Employees 30 31",
        "Industry Air blank",
        "Created by northern@example.com",
        f"Id {acme}",
    ):
        assert part in shown, part


def test_a_contact_shows_what_is_counted_for_people(admin: Workbench) -> None:
    contact = make_record(
        admin.caller, "client_client", first_name="Front", last_name="Desk", email="a@example.com"
    )
    schema: ObjectSchema = admin.caller.schema("client_client")

    shown = plain(admin.read(f"/admin/records/objects/{schema.uuid}/{contact.record.uuid}/"))

    assert "Front Desk" in shown
    assert "Email suppressed No" in shown
    assert "Addresses 0" in shown


def test_a_long_history_has_pages(admin: Workbench, companies: str, acme: str) -> None:
    for at in range(21):
        change_record(admin.caller, "companies", acme, employees=at)

    first, second = admin.read(f"{companies}{acme}/"), admin.read(f"{companies}{acme}/?history=2")

    assert "Version 22" in first
    assert "?history=2" in first
    assert "Version 1<" in second
    assert "?history=1" in second
    assert admin.get(f"{companies}{acme}/?history=x").status_code == 200


# ---------------------------------------------------------------- changing


def edit(bench: Workbench, path: str, **changes: Any) -> Any:
    return bench.fill(
        f"{path}edit/", "field-name", {f"field-{name}": value for name, value in changes.items()}
    )


def test_an_edit_goes_through_the_write_path(admin: Workbench, companies: str, acme: str) -> None:
    answer = edit(
        admin,
        f"{companies}{acme}/",
        employees="31",
        certified="no",
        tags="vip; old",
        note="One\r\nTwo",
    )

    entry = history(admin.caller, "companies", acme)[0]
    assert answer.headers["Location"] == f"{companies}{acme}/"
    assert messages_of(answer) == ["The record was changed."]
    assert (entry.source, entry.action, entry.version) == ("admin", "updated", 2)
    assert entry.member is not None
    assert entry.member["email"] == "northern@example.com"
    assert {change.field.name for change in entry.changes} == {
        "employees",
        "certified",
        "tags",
        "note",
    }
    values = read(admin.caller, "companies", acme)
    assert (values["employees"], values["certified"], values["note"]) == (31, False, "One\nTwo")
    assert names(values["tags"]) == ["vip", "old"]
    assert differences(admin.caller) == []


def test_saving_what_was_opened_changes_nothing(
    admin: Workbench, companies: str, acme: str
) -> None:
    answer = edit(admin, f"{companies}{acme}/")

    assert messages_of(answer) == ["Nothing was changed."]
    assert view(admin.caller, "companies", acme).version == 1


def test_a_blank_input_takes_the_value_away(admin: Workbench, companies: str, acme: str) -> None:
    edit(
        admin,
        f"{companies}{acme}/",
        employees="",
        industry="",
        services=[],
        tags="",
        founded="",
        certified="",
    )

    values = read(admin.caller, "companies", acme)
    assert {
        "employees",
        "industry",
        "services",
        "tags",
        "founded",
        "certified",
    } & values.keys() == set()
    assert {"revenue", "audited", "note", "about"} <= values.keys()


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("employees", "many", "Expected a whole number."),
        ("name", "", "This field may not be blank."),
        ("founded", "yesterday", "Expected a date"),
        ("revenue", "1.234", "decimal places"),
        ("name", "x" * 256, "at most 255 characters"),
    ],
)
def test_a_problem_stands_beside_its_field(
    admin: Workbench, companies: str, acme: str, name: str, value: str, problem: str
) -> None:
    answer = edit(admin, f"{companies}{acme}/", **{name: value, "note": "Another note"})

    page = answer.content.decode()
    place = page.split(f'name="field-{name}"')[1]
    assert answer.status_code == 200
    assert problem in place[:1500]
    assert form_of(page, "field-name")["field-note"] == ["Another note"]
    assert view(admin.caller, "companies", acme).version == 1


def test_others_changes_are_neither_undone_nor_overlooked(
    admin: Workbench, companies: str, acme: str
) -> None:
    page = admin.read(f"{companies}{acme}/edit/")
    change_record(admin.caller, "companies", acme, employees=99)

    warned = admin.fill(f"{companies}{acme}/edit/", "field-name", {"field-note": "Mine"}, page)
    assert "now at version 2" in warned.content.decode()
    assert view(admin.caller, "companies", acme).version == 2

    saved = admin.fill(f"{companies}{acme}/edit/", "field-name", {}, warned.content.decode())
    values = read(admin.caller, "companies", acme)
    assert saved.status_code == 302
    assert (values["employees"], values["note"]) == (99, "Mine")


def test_a_record_is_created_with_the_defaults_of_the_write_path(
    admin: Workbench, companies: str
) -> None:
    answer = admin.fill(
        f"{companies}add/",
        "field-name",
        {"field-name": "Best", "field-employees": "7", "field-tags": "new"},
    )

    record = Record.objects.get(object__name="companies")
    values = read(admin.caller, "companies", str(record.uuid))
    assert answer.headers["Location"] == f"{companies}{record.uuid}/"
    assert (values["name"], values["employees"]) == ("Best", 7)
    assert values["owner"]["email"] == "northern@example.com"
    assert history(admin.caller, "companies", str(record.uuid))[0].source == "admin"


def test_what_a_new_record_lacks_is_said_beside_the_field(admin: Workbench, companies: str) -> None:
    page = admin.fill(f"{companies}add/", "field-name", {"field-employees": "7"}).content.decode()

    assert "(name) is required" in unescape(page.split('name="field-name"')[1][:1500])
    assert not Record.objects.filter(object__name="companies").exists()


def test_an_archived_records_name_leads_to_it(admin: Workbench, companies: str, acme: str) -> None:
    archive(admin.caller, "companies", acme)

    page = admin.fill(f"{companies}add/", "field-name", {"field-name": "acme"}).content.decode()

    assert f'href="{companies}{acme}/"' in page


def test_a_field_that_is_locked_is_no_input(admin: Workbench, companies: str, acme: str) -> None:
    grants = {"companies": {"view": "all", "edit": "all"}}
    clerk = let_in(
        make_member(admin.caller, "clerk@example.com", grants, locked=[("companies", "employees")])
    )

    form = form_of(clerk.read(f"{companies}{acme}/edit/"), "field-name")
    assert "field-employees" not in form
    assert not {"field-created", "field-updated", "field-display_name"} & form.keys()
    edit(clerk, f"{companies}{acme}/", employees="99", note="Mine")
    values = read(admin.caller, "companies", acme)
    assert (values["employees"], values["note"]) == (30, "Mine")


def test_a_value_that_can_no_longer_be_chosen_stays_until_it_is_changed(
    admin: Workbench, companies: str, acme: str
) -> None:
    leaver = make_member(admin.caller, "leaver@example.com").member
    change_record(admin.caller, "companies", acme, owner=str(leaver.uuid))
    leaver.is_active = False
    leaver.save()

    form = form_of(admin.read(f"{companies}{acme}/edit/"), "field-name")
    answer = edit(admin, f"{companies}{acme}/", employees="31")

    assert form["field-owner"] == [str(leaver.uuid)]
    assert answer.status_code == 302
    assert read(admin.caller, "companies", acme)["owner"]["email"] == "leaver@example.com"


# ---------------------------------------------------------------- links


@pytest.fixture
def linked(admin: Workbench, companies: str, acme: str) -> dict[str, str]:
    """Two more companies by name, and fields of links to companies: `parent` (one) and `partners`
    (many)."""
    make_relation(admin.caller, "companies", "Parent", "companies", "primary", "Children")
    make_relation(admin.caller, "companies", "Partners", "companies", "additional", "Partner of")
    return {
        name: make_record(admin.caller, "companies", name=name).record.uuid
        for name in ("Best", "Core")
    }


def links(bench: Workbench, uuid: str, name: str) -> Any:
    return names(read(bench.caller, "companies", uuid).get(name))


def test_links_are_added_by_name_or_id_and_unticked(
    admin: Workbench, companies: str, acme: str, linked: dict[str, str]
) -> None:
    path = f"{companies}{acme}/"

    edit(admin, path, **{"partners-add": f"best; {linked['Core']}", "parent-add": "Core"})
    assert links(admin, acme, "partners") == ["Best", "Core"]
    assert links(admin, acme, "parent") == "Core"
    assert links(admin, linked["Core"], "children") == ["Acme"]

    edit(admin, path, **{"partners": [linked["Core"]], "parent-add": linked["Best"]})
    assert links(admin, acme, "partners") == ["Core"]
    assert links(admin, acme, "parent") == "Best"

    edit(admin, path, parent=None)
    assert links(admin, acme, "parent") is None

    edit(admin, f"{companies}{linked['Best']}/", **{"children-add": "Acme"})
    assert links(admin, acme, "parent") == "Best"
    assert differences(admin.caller) == []


def test_a_link_to_nothing_is_refused_beside_its_input(
    admin: Workbench, companies: str, acme: str, linked: dict[str, str]
) -> None:
    page = edit(admin, f"{companies}{acme}/", **{"partners-add": "Nobody"}).content.decode()

    assert "does not exist" in page.split('name="field-partners-add"')[1][:1500]


def test_a_link_that_somebody_else_took_away_is_said(
    admin: Workbench, companies: str, acme: str, linked: dict[str, str]
) -> None:
    change_record(admin.caller, "companies", acme, partners=[{"name": "Best"}])
    page = admin.read(f"{companies}{acme}/edit/")
    change_record(admin.caller, "companies", acme, partners=None)

    answer = admin.fill(f"{companies}{acme}/edit/", "field-name", {"field-note": "Mine"}, page)

    assert answer.status_code == 200
    assert "Nothing is saved yet" in answer.content.decode()


def test_the_form_of_an_object_without_identifier_takes_ids(
    admin: Workbench, companies: str, acme: str
) -> None:
    make_object(admin.caller, "Visits", identifier_field=None)
    make_relation(admin.caller, "visits", "Company", "companies", "primary", "Visits")
    make_field(admin.caller, "visits", "Papers", "files")
    path = f"/admin/records/objects/{admin.caller.schema('visits').uuid}/"

    answer = admin.fill(f"{path}add/", "field-company-add", {"field-company-add": acme})

    visit = answer.headers["Location"].split("/")[-2]
    assert names(read(admin.caller, "visits", visit)["company"]) == "Acme"
    assert "(no name)" in admin.read(path)
    refused = admin.fill(f"{path}add/", "field-company-add", {"field-papers-add": "report.pdf"})
    assert "Expected the id of an attachment" in refused.content.decode()


# ---------------------------------------------------------------- archiving


def test_a_record_is_archived_and_brought_back(admin: Workbench, companies: str, acme: str) -> None:
    path = f"{companies}{acme}/"
    assert admin.get(f"{path}archive/").status_code == 405

    admin.send(f"{path}archive/")
    page = admin.read(path)
    assert "This record is archived" in page
    assert "Acme" not in admin.read(companies).split("<tbody>")[1]
    assert "Acme" in admin.read(f"{companies}archived/")
    assert admin.get(f"{path}edit/").status_code == 404
    assert admin.send(f"{path}archive/").status_code == 404

    answer = admin.send(f"{path}unarchive/")
    assert messages_of(answer)[-1] == "The record was unarchived."
    assert "Acme" in admin.read(companies)
    entries = history(admin.caller, "companies", acme)
    assert [(entry.source, entry.action) for entry in entries[:2]] == [
        ("admin", "unarchived"),
        ("admin", "archived"),
    ]
    assert FieldValue.objects.filter(record__uuid=acme, live=False).count() == 0


def test_a_record_that_is_not_archived_is_not_brought_back(
    admin: Workbench, companies: str, acme: str
) -> None:
    answer = admin.send(f"{companies}{acme}/unarchive/")

    assert answer.status_code == 302
    assert messages_of(answer) != ["The record was unarchived."]


def test_a_move_to_a_won_stage_closes_the_deal(admin: Workbench, companies: str) -> None:
    make_object(admin.caller, "Deals", object_type="pipeline")
    deal = make_record(admin.caller, "deals", name="Deal").record.uuid
    schema = admin.caller.schema("deals")
    won = next(
        option.uuid for option in schema.by_name["stage"].options.values() if option.name == "Won"
    )

    edit(admin, f"/admin/records/objects/{schema.uuid}/{deal}/", stage=won)

    assert read(admin.caller, "deals", deal)["actual_close_date"]


def test_a_formula_that_fails_says_why(admin: Workbench, companies: str) -> None:
    division = {"formula_options": {"expression": "100 / record.data.employees"}}
    make_field(admin.caller, "companies", "Share", "formula", settings=division)
    uuid = make_record(admin.caller, "companies", name="Empty", employees=0).record.uuid

    assert "blank: It divides by zero." in plain(admin.read(f"{companies}{uuid}/"))


# ---------------------------------------------------------------- its layout


def lay_out(admin: Workbench, *blocks: dict[str, Any], active: bool = True) -> None:
    schema = admin.caller.schema("companies")
    items = [{"type": "fields", "metadata": metadata} for metadata in blocks]
    replace_layout(
        admin.caller.author,
        schema,
        str(object_layout(admin.caller.author, schema).uuid),
        name="Ours",
        is_active=active,
        order=0,
        config=[{"columns": [{"items": [{"type": "timeline"}, *items]}]}],
        tabs={},
    )


def test_a_page_follows_the_layout_of_its_object(
    admin: Workbench, companies: str, acme: str
) -> None:
    schema = admin.caller.schema("companies")
    general, notes = (schema.by_name[name].category_uuid for name in ("employees", "note"))

    def groups(path: str) -> list[str]:
        found = admin.get(path).context["groups"]
        return [name for name, _ in found]

    page, form = f"{companies}{acme}/", f"{companies}{acme}/edit/"
    both = groups(page)
    assert both == groups(form) == ["General", "Notes"]
    lay_out(admin, {"included": [notes]})
    assert groups(page) == ["Notes"]
    assert groups(form) == ["Notes", "General"]  # a form has them all
    lay_out(admin, {"chosenCategories": [{"value": notes}], "autoInclude": True})
    assert groups(page) == ["Notes", "General"]
    lay_out(admin, {"autoInclude": True, "excluded": [general]})
    assert groups(page) == ["Notes"]
    lay_out(admin)
    assert groups(page) == []
    lay_out(admin, {"included": [notes]}, active=False)
    assert groups(page) == both
