"""Objects, fields and options at the workbench: changed through the services, in force at the next
page."""

from __future__ import annotations

import re
from typing import Any

import pytest

from records.field_types import field_types
from records.models import Field, FieldCategory, FieldOption, ObjectType
from records.services.catalogue.directory import load_workspace
from tests.admin.pages import Workbench, let_in, messages_of, refused_inputs
from tests.factories import (
    Caller,
    OptionDefinition,
    archive,
    change_record,
    make_field,
    make_member,
    make_object,
    make_record,
    make_relation,
    set_pattern,
)
from tests.services.acting import differences, problems, refusal, view

OBJECTS, FIELDS = "/admin/records/objecttype/", "/admin/records/field/"


def version(caller: Caller) -> int:
    return load_workspace(caller.workspace.pk).definitions_version


def object_of(caller: Caller, name: str) -> ObjectType:
    return ObjectType.objects.get(workspace=caller.workspace, name=name)


def field_of(caller: Caller, object_name: str, name: str) -> Field:
    return Field.objects.get(
        workspace=caller.workspace, object__name=object_name, name=name, deleted_at=None
    )


def object_page(caller: Caller, name: str) -> str:
    return f"{OBJECTS}{object_of(caller, name).pk}/change/"


def field_page(caller: Caller, object_name: str, name: str) -> str:
    return f"{FIELDS}{field_of(caller, object_name, name).pk}/change/"


def change_field(bench: Workbench, object_name: str, name: str, **changes: str | None) -> str:
    """What comes back of a change of a field; nothing when it was made."""
    answer = bench.fill(field_page(bench.caller, object_name, name), "display_name", changes)
    return "" if answer.status_code == 302 else answer.content.decode()


# ---------------------------------------------------------------- objects


@pytest.mark.parametrize(
    ("sent", "kind", "identifier"),
    [
        ({"object_name": "Ports", "entity_name": "Port"}, "standard", "name"),
        (
            {"object_name": "Ports", "entity_name": "Port", "object_type": "pipeline"},
            "pipeline",
            "name",
        ),
        ({"object_name": "Ports", "entity_name": "Port", "identifier": ""}, "standard", None),
    ],
)
def test_an_object_is_made_with_its_default_fields(
    admin: Workbench, sent: dict[str, str], kind: str, identifier: str | None
) -> None:
    before = version(admin.caller)

    answer = admin.fill(f"{OBJECTS}add/", "object_name", sent)

    made = object_of(admin.caller, "ports")
    assert answer.headers["Location"] == object_page(admin.caller, "ports")
    assert made.object_type == kind
    assert (made.identifier_field.name if made.identifier_field else None) == identifier
    assert version(admin.caller) > before
    assert made.history.last().history_user == admin.caller.member.user
    assert "Ports" in admin.read("/admin/")


@pytest.mark.parametrize(
    ("name", "problem"),
    [("companies", "already exists"), ("No!", "is not an API name"), ("x" * 65, "at most 64")],
)
def test_an_object_needs_a_name_of_its_own(
    admin: Workbench, companies: str, name: str, problem: str
) -> None:
    sent = {"object_name": "Ports", "entity_name": "Port", "name": name}

    answer = admin.fill(f"{OBJECTS}add/", "object_name", sent)

    ((place, (said,)),) = refused_inputs(answer).items()
    assert (place, problem in said) == ("name", True)
    assert "successfully" not in answer.content.decode()


def test_a_new_pattern_renames_every_record_and_those_that_show_them(
    admin: Workbench, companies: str
) -> None:
    caller = admin.caller
    make_object(caller, "Deals", object_type="pipeline")
    make_relation(caller, "deals", "Company", "companies", "primary", "Deals")
    set_pattern(caller, "deals", "{name} ({company})")
    make_object(caller, "Orders", display_pattern="")
    acme = make_record(caller, "companies", name="Acme", industry={"name": "Air"}).record.uuid
    gone = make_record(caller, "companies", name="Gone", industry={"name": "Sea"}).record.uuid
    archive(caller, "companies", gone)
    path = object_page(caller, "deals")
    admin.fill(path, "object_name", {"display_pattern": "{name} of {company}"})
    deal = make_record(caller, "deals", name="Deal", company={"id": acme}).record.uuid
    before = version(caller)

    answer = admin.fill(
        object_page(caller, "companies"), "object_name", {"display_pattern": "{name} · {industry}"}
    )

    assert answer.status_code == 302
    assert version(caller) > before
    assert view(caller, "companies", acme).display_name == "Acme · Air"
    assert view(caller, "deals", deal).display_name == "Deal of Acme · Air"
    assert view(caller, "companies", acme).version == 1
    assert differences(caller) == []


@pytest.mark.parametrize("pattern", ["{nothing}", "{created}", "{name", "{Name}", "{}"])
def test_a_pattern_names_stored_fields(admin: Workbench, companies: str, pattern: str) -> None:
    page = admin.fill(
        object_page(admin.caller, "companies"), "object_name", {"display_pattern": pattern}
    )

    assert list(refused_inputs(page)) == ["display_pattern"]
    assert "successfully" not in page.content.decode()
    assert object_of(admin.caller, "companies").display_pattern == ""


def test_labels_and_description_change_and_the_history_says_who(
    admin: Workbench, companies: str
) -> None:
    path = object_page(admin.caller, "companies")

    admin.fill(
        path,
        "object_name",
        {"object_name": "Firms", "entity_name": "Firm", "description": "Who we ship for."},
    )

    changed = object_of(admin.caller, "companies")
    assert (changed.object_name, changed.entity_name, changed.description) == (
        "Firms",
        "Firm",
        "Who we ship for.",
    )
    assert "Firms" in admin.read("/admin/")
    assert "Companies" in admin.read(path.replace("change", "history"))
    assert (
        "correct the error"
        in admin.fill(path, "object_name", {"entity_name": " "}).content.decode()
    )


# ---------------------------------------------------------------- fields


def add_field(bench: Workbench, object_name: str, **sent: str) -> str:
    sent = {"object": str(object_of(bench.caller, object_name).pk), **sent}
    answer = bench.fill(f"{FIELDS}add/", "display_name", sent)
    return str(answer.headers.get("Location", "")) or answer.content.decode()


def test_a_field_is_made_and_leads_to_its_settings(admin: Workbench, companies: str) -> None:
    before = version(admin.caller)

    page = add_field(admin, "companies", display_name="Weight", field_type="decimal")

    assert page == field_page(admin.caller, "companies", "weight")
    assert version(admin.caller) > before
    assert "setting_decimal_places" in admin.read(page)
    assert (
        add_field(admin, "companies", display_name="Weight", field_type="decimal", _addanother="1")
        == f"{FIELDS}add/"
    )


def test_a_relationship_is_made_with_its_other_side(admin: Workbench, companies: str) -> None:
    target = str(object_of(admin.caller, "client_client").pk)
    relation = {"links_to": target, "link_kind": "additional", "mirror_label": "Employers"}

    add_field(admin, "companies", display_name="People", field_type="relationship", **relation)

    made = field_of(admin.caller, "companies", "people")
    assert made.mirror.display_name == "Employers"
    assert "Contacts (Additional)" in admin.read(field_page(admin.caller, "companies", "people"))


def test_a_formula_is_made_with_its_expression(admin: Workbench, companies: str) -> None:
    mixed = {"expression": "record.data.employees == 1 ? 'one' : 2", "result_type": "text"}

    add_field(admin, "companies", display_name="Size", field_type="formula", **mixed)
    add_field(admin, "companies", display_name="Note", field_type="text", **mixed)

    assert field_of(admin.caller, "companies", "size").settings == {"formula_options": mixed}
    assert field_of(admin.caller, "companies", "note").settings == {}


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        ({"display_name": "Name", "field_type": "text", "name": "name"}, "already exists"),
        (
            {"display_name": "Link", "field_type": "relationship"},
            "a relationship needs a related object",
        ),
        ({"display_name": "", "field_type": "text"}, "This field is required"),
    ],
)
def test_a_field_that_cannot_be_is_refused(
    admin: Workbench, companies: str, sent: dict[str, str], problem: str
) -> None:
    page = add_field(admin, "companies", **sent)

    assert problem.lower() in page.lower()
    assert "successfully" not in page


def test_an_object_of_another_workspace_gets_no_field(
    admin: Workbench, elsewhere: Caller, companies: str
) -> None:
    make_object(elsewhere, "Vessels")

    sent = {
        "object": str(object_of(elsewhere, "vessels").pk),
        "display_name": "X",
        "field_type": "text",
    }

    assert (
        "Select a valid choice"
        in admin.fill(f"{FIELDS}add/", "display_name", sent).content.decode()
    )


def test_a_fields_flags_category_and_label_change(admin: Workbench, companies: str) -> None:
    notes = FieldCategory.objects.get(workspace=admin.caller.workspace, name="Notes")
    before = version(admin.caller)

    page = change_field(
        admin,
        "companies",
        "employees",
        display_name="Staff",
        description="Heads.",
        category=str(notes.pk),
        order="40",
        is_required="on",
    )

    changed = field_of(admin.caller, "companies", "employees")
    assert page == ""
    assert (changed.display_name, changed.category, changed.order) == ("Staff", notes, 40)
    assert changed.is_required
    assert version(admin.caller) > before
    assert changed.history.first().history_user == admin.caller.member.user
    assert "Staff" in admin.read(companies)


def test_a_category_of_another_object_is_no_choice(admin: Workbench, companies: str) -> None:
    other = FieldCategory.objects.filter(
        workspace=admin.caller.workspace, object__name="client_client"
    )[0]

    assert "Select a valid choice" in change_field(
        admin, "companies", "employees", category=str(other.pk)
    )


def test_a_field_becomes_unique_while_no_two_records_share_a_value(
    admin: Workbench, companies: str
) -> None:
    caller = admin.caller
    first, second = (
        make_record(caller, "companies", name=name, employees=7).record.uuid for name in ("A", "B")
    )

    assert (
        "more than one record has"
        in change_field(admin, "companies", "employees", is_unique="on").lower()
    )
    assert not field_of(caller, "companies", "employees").is_unique

    change_record(caller, "companies", second, employees=8)
    assert change_field(admin, "companies", "employees", is_unique="on") == ""
    assert differences(caller) == []
    assert refusal(lambda: change_record(caller, "companies", second, employees=7)).code == "unique"

    assert change_field(admin, "companies", "employees", is_unique=None) == ""
    assert differences(caller) == []
    change_record(caller, "companies", second, employees=7)
    assert view(caller, "companies", first).version == 1


@pytest.mark.parametrize(
    ("name", "changes", "problem"),
    [
        ("industry", {"is_unique": "on"}, "a dropdown field cannot be unique"),
        ("created", {"is_required": "on"}, "cannot be required"),
        ("name", {"is_read_only": "on"}, "must be writable"),
        ("revenue", {"setting_currency": "XXXX"}, "ISO 4217"),
        ("display_name", {"display_name": " "}, "this field is required"),
        ("industry", {"default_text": "Rail"}, "There is no option"),
        ("owner", {"default_text": "somebody"}, "Expected the id of a member"),
    ],
)
def test_a_change_that_cannot_be_is_refused(
    admin: Workbench, companies: str, name: str, changes: dict[str, str], problem: str
) -> None:
    page = change_field(admin, "companies", name, **changes)

    assert problem.lower() in page.lower().replace("&#x27;", "'")
    assert "successfully" not in page


def test_a_validation_is_typed_and_shown(admin: Workbench, companies: str) -> None:
    rule = {"validation": "value > 0", "validation_message": "At least <one>."}
    assert change_field(admin, "companies", "employees", **rule) == ""
    changed = field_of(admin.caller, "companies", "employees")
    assert (changed.validation, changed.validation_message) == tuple(rule.values())
    page = admin.read(field_page(admin.caller, "companies", "employees"))
    assert "value &gt; 0" in page
    assert "At least &lt;one&gt;." in page
    uuid = make_record(admin.caller, "companies", name="Valley").record.uuid
    (problem,) = problems(refusal(change_record, admin.caller, "companies", uuid, employees=0))
    assert problem[-2:] == ("value", "invalid")


@pytest.mark.parametrize(
    ("name", "changes", "place"),
    [
        ("industry", {"default_text": "Rail"}, "default_text"),
        ("employees", {"validation": "value + 1"}, "validation"),
        ("created", {"validation": "value > 1"}, "validation"),
        ("employees", {"validation_message": "x" * 256}, "validation_message"),
        ("employees", {"setting_min_value": "5", "setting_max_value": "1"}, "setting_min_value"),
        ("employees", {"setting_max_value": "many"}, "setting_max_value"),
        ("revenue", {"setting_currency": "XXXX"}, "setting_currency"),
        ("note", {"setting_pattern": "("}, "setting_pattern"),
        ("industry", {"is_unique": "on"}, "is_unique"),
        ("name", {"is_read_only": "on"}, "is_read_only"),
        ("created", {"is_required": "on"}, "__all__"),  # it is wrong together with others
    ],
)
def test_a_refusal_is_shown_beside_its_input(
    admin: Workbench, companies: str, name: str, changes: dict[str, str], place: str
) -> None:
    answer = admin.fill(field_page(admin.caller, "companies", name), "display_name", changes)

    ((shown, (said,)),) = refused_inputs(answer).items()
    assert shown == place
    assert said[0].isupper()
    assert "_options" not in said
    assert said in answer.content.decode().replace("&#x27;", "'").replace("&quot;", '"')


@pytest.mark.parametrize(
    ("sent", "place"),
    [
        ({"display_name": "Name", "field_type": "text", "name": "name"}, "name"),
        ({"display_name": "Link", "field_type": "relationship"}, "links_to"),
        ({"display_name": "Sum", "field_type": "formula"}, "expression"),
        (
            {
                "display_name": "Sum",
                "field_type": "formula",
                "expression": "record.data.employees == 1 ? 'one' : 2",
            },
            "result_type",
        ),
    ],
)
def test_a_new_field_is_refused_beside_its_input(
    admin: Workbench, companies: str, sent: dict[str, str], place: str
) -> None:
    sent = {"object": str(object_of(admin.caller, "companies").pk), **sent}

    assert list(refused_inputs(admin.fill(f"{FIELDS}add/", "display_name", sent))) == [place]


def test_settings_are_typed_as_text(admin: Workbench, companies: str) -> None:
    make_field(admin.caller, "companies", "Share", "decimal")

    page = change_field(
        admin,
        "companies",
        "share",
        setting_decimal_places="2",
        setting_min_value="0.5",
        setting_max_value="1",
    )

    assert page == ""
    assert field_of(admin.caller, "companies", "share").settings == {
        "decimal_options": {"min_value": 0.5, "max_value": 1, "decimal_places": 2}
    }
    made = make_record(admin.caller, "companies", name="A", share=0.75).record.uuid
    assert (
        refusal(lambda: change_record(admin.caller, "companies", made, share=2)).code == "invalid"
    )


@pytest.mark.parametrize(
    ("field_type", "typed", "settings"),
    [
        ("text", {"setting_pattern": "12"}, {"text_options": {"pattern": "12"}}),
        (
            "integer",
            {"setting_max_value": "5"},
            {"integer_options": {"min_value": None, "max_value": 5}},
        ),
        ("formula", {"setting_expression": "1 + 1"}, {"formula_options": {"expression": "1 + 1"}}),
    ],
)
def test_settings_that_may_be_absent_are_typed_too_and_stay(
    admin: Workbench, companies: str, field_type: str, typed: dict[str, str], settings: Any
) -> None:
    former = {"formula_options": {"expression": "1"}} if field_type == "formula" else {}
    make_field(admin.caller, "companies", "Tested", field_type, settings=former)
    settings = {key: former.get(key, {}) | group for key, group in settings.items()}

    assert change_field(admin, "companies", "tested", **typed) == ""
    stored = field_of(admin.caller, "companies", "tested").settings
    assert {key: stored[key] | group for key, group in settings.items()} == stored
    assert change_field(admin, "companies", "tested", display_name="Renamed", **typed) == ""
    assert field_of(admin.caller, "companies", "tested").settings == stored


@pytest.mark.parametrize(
    ("name", "text", "stored", "shown"),
    [
        ("industry", "Sea", {"name": "Sea"}, "Sea"),
        (
            "services",
            "Storage; Customs",
            [{"name": "Storage"}, {"name": "Customs"}],
            "Storage; Customs",
        ),
        ("certified", "yes", True, "yes"),
        ("employees", "12", "12", "12"),
        ("owner", "is_me", "is_me", "is_me"),
        ("tags", "new; old", [{"name": "new"}, {"name": "old"}], "new; old"),
    ],
)
def test_a_default_is_written_as_in_a_csv_file(
    admin: Workbench, companies: str, name: str, text: str, stored: Any, shown: str
) -> None:
    assert change_field(admin, "companies", name, default_text=text) == ""

    assert field_of(admin.caller, "companies", name).default_value == stored
    assert f'value="{shown}"' in admin.read(field_page(admin.caller, "companies", name))
    uuid = make_record(admin.caller, "companies", name="New").record.uuid
    assert view(admin.caller, "companies", uuid).values[
        admin.caller.schema("companies").by_name[name].id
    ]

    assert change_field(admin, "companies", name, default_text="") == ""
    assert field_of(admin.caller, "companies", name).default_value is None


def test_the_type_of_a_field_is_no_input(admin: Workbench, companies: str) -> None:
    page = field_page(admin.caller, "companies", "employees")

    assert 'name="field_type"' not in admin.read(page)
    change_field(admin, "companies", "employees", field_type="text", object="1")
    assert field_of(admin.caller, "companies", "employees").field_type == "integer"


# ---------------------------------------------------------------- options


def test_options_are_added_renamed_and_put_in_order(admin: Workbench, companies: str) -> None:
    caller = admin.caller
    admin.fill(
        object_page(caller, "companies"), "object_name", {"display_pattern": "{name} · {industry}"}
    )
    uuid = make_record(caller, "companies", name="Acme", industry={"name": "Air"}).record.uuid
    before = version(caller)

    page = change_field(
        admin,
        "companies",
        "industry",
        **{
            "options-TOTAL_FORMS": "3",
            "options-0-name": "Sky",
            "options-0-order": "9",
            "options-2-name": "Rail",
            "options-2-order": "1",
        },
    )

    names = FieldOption.objects.filter(
        workspace=caller.workspace, field__name="industry"
    ).values_list("name", "code")
    assert page == ""
    assert list(names) == [("Rail", "rail"), ("Sea", "sea"), ("Sky", "air")]
    assert version(caller) > before
    assert view(caller, "companies", uuid).display_name == "Acme · Sky"
    assert differences(caller) == []
    assert 'name="options-0-code"' not in admin.read(field_page(caller, "companies", "industry"))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"options-0-name": "sea"}, "already exists"),
        ({"options-0-DELETE": "on"}, "give them another value first"),
        ({"options-1-DELETE": "on", "default_text": "Sea"}, "There is no option"),
    ],
)
def test_an_option_that_is_needed_stays(
    admin: Workbench, companies: str, changes: dict[str, str], problem: str
) -> None:
    make_record(admin.caller, "companies", name="Acme", industry={"name": "Air"})

    page = change_field(admin, "companies", "industry", **changes)

    assert problem.lower() in page.lower()
    assert FieldOption.objects.filter(field__name="industry", deleted_at=None).count() == 2


def test_an_option_nobody_has_is_taken_away_but_stays_readable(
    admin: Workbench, companies: str
) -> None:
    caller = admin.caller
    uuid = make_record(caller, "companies", name="Acme", industry={"name": "Sea"}).record.uuid
    change_record(caller, "companies", uuid, industry={"name": "Air"})

    assert change_field(admin, "companies", "industry", **{"options-1-DELETE": "on"}) == ""

    assert FieldOption.objects.get(field__name="industry", name="Sea").deleted_at is not None
    assert ">Sea<" in admin.read(f"{companies}{uuid}/")
    assert ">Sea<" not in re.sub(r"<[^>]*history.*", "", admin.read(f"{companies}{uuid}/edit/"))


def test_stages_have_a_status_and_the_last_one_stays(admin: Workbench) -> None:
    caller = admin.caller
    make_object(caller, "Deals", object_type="pipeline", stages=(OptionDefinition("New"),))

    page = change_field(
        admin, "deals", "stage", **{"options-0-stage_status": "won", "options-0-percentage": "100"}
    )

    stage = FieldOption.objects.get(field__name="stage")
    assert page == ""
    assert (stage.stage_status, stage.percentage) == ("won", 100)
    assert "0 to 100" in change_field(admin, "deals", "stage", **{"options-0-percentage": "101"})
    assert "at least one option" in change_field(
        admin, "deals", "stage", **{"options-0-DELETE": "on"}
    )


def test_a_field_of_text_has_no_options(admin: Workbench, companies: str) -> None:
    assert "options-TOTAL_FORMS" not in admin.read(field_page(admin.caller, "companies", "note"))


def test_types_are_shown_by_what_people_call_them(admin: Workbench, companies: str) -> None:
    """Where one is chosen, listed and filtered by, and on the pages of fields and objects."""
    labels = [kind.label for kind in field_types.values()]
    assert len(set(labels)) == len(labels)
    tags = field_of(admin.caller, "companies", "tags")
    pages = [
        "/admin/records/field/add/",
        "/admin/records/field/",
        f"/admin/records/field/{tags.pk}/change/",
        f"/admin/records/objecttype/{tags.object_id}/change/",
    ]
    for page in pages:
        content = re.sub(r'(value|href)="[^"]*"', "", admin.read(page))
        assert "Tags" in content, page
        assert "dynamictags" not in content.replace("dynamictags&#x27;", ""), page
    found = admin.read("/admin/records/field/?field_type__exact=dropdown")
    assert "Industry" in found
    assert "Employees" not in found


def said(response: Any) -> str:
    return " ".join(messages_of(response))


def test_a_field_is_deleted_after_a_look_at_what_it_touches(
    admin: Workbench, companies: str
) -> None:
    make_record(admin.caller, "companies", name="Acme", employees=5)
    expression = {"formula_options": {"expression": "record.data.employees * 2"}}
    make_field(admin.caller, "companies", "Double", "formula", settings=expression)
    field = field_of(admin.caller, "companies", "employees")
    page = f"/admin/records/field/{field.pk}/"
    assert f'href="{page}remove/"' in admin.read(f"{page}change/")

    asked = admin.read(f"{page}remove/")
    for text in ("1 record(s) have a value", "formula &#x27;double&#x27; reads it"):
        assert text in asked
    assert field_of(admin.caller, "companies", "employees").deleted_at is None
    answer = admin.client.post(f"{page}remove/")
    assert "The field Employees was deleted." in said(answer)
    assert admin.get(f"{page}change/").status_code == 404
    assert "employees" not in admin.caller.schema("companies").by_name
    assert differences(admin.caller) == []


def test_a_field_that_the_object_needs_is_not_deleted(admin: Workbench, companies: str) -> None:
    name = field_of(admin.caller, "companies", "name")
    assert "remove/" not in admin.read(f"/admin/records/field/{name.pk}/change/")
    answer = admin.client.post(f"/admin/records/field/{name.pk}/remove/")
    assert "cannot be deleted" in said(answer)
    assert "name" in admin.caller.schema("companies").by_name


def test_an_object_is_archived_and_comes_back(admin: Workbench, companies: str) -> None:
    make_record(admin.caller, "companies", name="Acme")
    row = ObjectType.objects.get(workspace=admin.caller.workspace, name="companies")
    page = f"/admin/records/objecttype/{row.pk}/"
    assert "1 record<" in admin.read(f"{page}archive/")
    assert "was archived" in said(admin.client.post(f"{page}archive/"))
    assert f'href="{page}change/' not in admin.read("/admin/records/objecttype/")
    assert f'href="{page}change/' in admin.read("/admin/records/objecttype/?state=archived")
    assert admin.get(companies).status_code == 404
    assert 'name="object_name"' not in admin.read(f"{page}change/")

    assert "was unarchived" in said(admin.client.post(f"{page}unarchive/"))
    assert "Acme" in admin.read(companies)
    assert "not archived" in said(admin.client.post(f"{page}unarchive/"))


def test_a_standard_object_is_not_archived(admin: Workbench) -> None:
    row = ObjectType.objects.get(workspace=admin.caller.workspace, is_custom=False)
    page = f"/admin/records/objecttype/{row.pk}/"
    assert "archive/" not in admin.read(f"{page}change/")
    assert "cannot be archived" in said(admin.client.post(f"{page}archive/"))


REMOVALS = (
    "field/{field}/remove/",
    "objecttype/{object}/archive/",
    "objecttype/{object}/unarchive/",
)


@pytest.mark.parametrize("path", REMOVALS)
def test_definitions_of_others_are_not_removed(
    admin: Workbench, elsewhere: Caller, companies: str, path: str
) -> None:
    """By members of other workspaces, and by members who may not define this one."""
    field = field_of(admin.caller, "companies", "employees")
    address = f"/admin/records/{path.format(field=field.pk, object=field.object_id)}"
    plain = let_in(make_member(admin.caller, "plain@example.com", {"companies": {"view": "all"}}))
    for outsider in (Workbench(elsewhere), plain):
        assert outsider.client.post(address).status_code in (403, 404)
    assert "employees" in admin.caller.schema("companies").by_name
