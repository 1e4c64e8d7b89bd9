"""Permission groups over the Records API: a shape that never varies, and changes of its leaves."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.models import FieldPermission, ObjectPermission, Role
from records.services.catalogue import Grant
from records.services.people import GrantChanges, Switch, change_grants
from tests.api_client import ApiClient
from tests.factories import Caller, FieldDefinition, make_field, make_member, make_object

GROUPS = "/api/permission-group"
NONE, VIEW, EDIT, ALL = (
    {right: at < level for at, right in enumerate(("view", "edit", "remove"))} for level in range(4)
)
CONTROLS = {
    *("all_records", "associated_records", "create_record"),
    *("unarchive_all", "unarchive_associated", "bulk_data_upload"),
}


@pytest.fixture
def group(workspace: Caller, api: ApiClient) -> str:
    """The path of a group that is granted nothing, beside objects and custom fields."""
    make_object(workspace, "Things", FieldDefinition("Note", "text"))
    make_object(workspace, "Deals", object_type="pipeline")
    make_field(workspace, "client_client", "Shoe size", "integer")
    made = api.post(GROUPS, {"name": "Clerks"})
    assert made.status_code == 201
    return f"{GROUPS}/{made.json()['id']}"


def of(workspace: Caller, group: dict[str, Any], name: str = "things") -> dict[str, Any]:
    uuid = workspace.schema(name).uuid
    (found,) = (each for each in group["custom_objects"] if each["custom_object_id"] == uuid)
    return found  # type: ignore[no-any-return]


def field_of(workspace: Caller, group: dict[str, Any], name: str) -> dict[str, Any]:
    uuid = workspace.schema("things").by_name[name].uuid
    (found,) = (each for each in of(workspace, group)["fields"] if each["id"] == uuid)
    return {key: found[key] for key in ("view", "edit")}


def put(workspace: Caller, api: ApiClient, path: str, level: Any, **more: Any) -> dict[str, Any]:
    body = {"custom_object": {"id": workspace.schema("things").uuid}, "permission_level": level}
    answer = api.patch(f"{path}/object-update", {**body, **more})
    assert answer.status_code == 200, answer.content
    content: dict[str, Any] = answer.json()
    return content


def test_a_group_has_one_shape_whatever_is_granted(
    api: ApiClient, workspace: Caller, group: str
) -> None:
    admins = f"{GROUPS}/{workspace.member.role.uuid}"
    for path, switch, rights, is_admin in ((group, False, NONE, False), (admins, True, ALL, True)):
        read = api.get(path).json()
        assert list(read) == [
            *("id", "name", "summary", "user_count", "role_count"),
            *("settings_section", "contacts_section", "custom_objects"),
        ]
        assert read["settings_section"] == {"enabled": is_admin}
        assert [each["custom_object_id"] for each in read["custom_objects"]] == [
            workspace.schema(name).uuid for name in ("things", "deals")
        ]
        contacts = read["contacts_section"]
        assert contacts.keys() == {*CONTROLS, "default_fields", "custom_fields"}
        assert {"first_name", "email"} <= contacts["default_fields"].keys()
        assert len(contacts["custom_fields"]) == 1
        for each in (*read["custom_objects"], contacts):
            assert each.keys() >= CONTROLS
            assert each["all_records"] == each["associated_records"] == rights
            assert each["create_record"] is each["bulk_data_upload"] is switch
            fields = [*each.get("fields", ()), *each.get("default_fields", {}).values()]
            assert {(row["view"], row["edit"]) for row in fields} == {(switch, switch)}
    # Six controls of three objects, and the one of settings.
    assert api.get(group).json()["summary"] == {
        "nb_none": 19,
        "nb_view": 0,
        "nb_edit": 0,
        "nb_remove": 0,
    }
    assert api.get(admins).json()["summary"] == {
        "nb_none": 0,
        "nb_view": 0,
        "nb_edit": 13,
        "nb_remove": 6,
    }
    (listed,) = api.get(f"{GROUPS}?search=clerks").json()["results"]
    assert listed == {
        **{key: api.get(group).json()[key] for key in ("id", "name")},
        "summary": dict.fromkeys(("nb_none", "nb_view", "nb_edit", "nb_remove"), 0),
        "user_count": 0,
        "role_count": 1,
    }


EXTENTS = st.sampled_from(["none", "own", "all"])
GRANTS = st.none() | st.builds(Grant, st.booleans(), EXTENTS, EXTENTS, EXTENTS)
SWITCHES = st.none() | st.builds(Switch, st.booleans(), st.booleans())


@given(st.data(), st.booleans())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_sending_back_what_was_read_changes_nothing(
    api: ApiClient, workspace: Caller, group: str, data: st.DataObject, is_admin: bool
) -> None:
    """Whatever is stored, by these calls or by the admin's page."""
    role = Role.objects.get(uuid=group.rpartition("/")[2])
    schemas = [workspace.schema(name) for name in ("things", "deals", "client_client")]
    fields = [spec.id for schema in schemas for spec in schema.fields[:3]]
    changes = GrantChanges(
        {schema.id: data.draw(GRANTS) for schema in schemas},
        {key: data.draw(SWITCHES) for key in fields},
    )
    change_grants(workspace.author, role, changes)
    api.patch(group, {"settings_section": {"enabled": is_admin}})
    read, before = api.get(group).json(), stored(role)

    for send in (api.put, api.patch):
        answer = send(group, read)
        assert (answer.status_code, answer.json()) == (200, read)
    assert stored(role) == before


@given(st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_leaves_are_as_they_were_sent(
    api: ApiClient, workspace: Caller, group: str, data: st.DataObject
) -> None:
    """Any leaf of what was read may be changed: it is read again, as are all others."""
    sent = api.get(group).json()
    rights = st.fixed_dictionaries(dict.fromkeys(("view", "edit", "remove"), st.booleans()))
    sections = [*sent["custom_objects"], sent["contacts_section"]]
    for section in sections:
        own = section["associated_records"] = data.draw(rights)
        over_all = section["all_records"] = data.draw(rights)
        for right in over_all:
            over_all[right] = over_all[right] and own[right]
        section["create_record"] = section["bulk_data_upload"] = data.draw(st.booleans())
        section["unarchive_all"] = over_all["remove"]
        section["unarchive_associated"] = own["remove"]
        for key in ("fields", "custom_fields"):
            for row in section.get(key, []):
                row |= {"view": data.draw(st.booleans()), "edit": data.draw(st.booleans())}

    answer = api.put(group, sent)

    assert answer.status_code == 200
    read = answer.json()
    assert {**read, "summary": None} == {**sent, "summary": None}
    assert api.put(group, sent).json() == read


def stored(role: Role) -> list[Any]:
    """What is stored of a role's grants, and how much of its history."""
    rows: list[Any] = [role.history.count()]
    for model in (ObjectPermission, FieldPermission):
        found = model.objects.filter(role=role)
        rows += [*found.order_by("id").values(), model.history.filter(role=role).count()]
    return rows


def test_what_is_granted_holds_for_the_next_request(
    api: ApiClient, workspace: Caller, group: str
) -> None:
    clerk = make_member(workspace, "clerk@example.com")
    path = f"{GROUPS}/{clerk.member.role.uuid}"
    records = "/api/records/things/search"
    assert ApiClient(clerk).post(records, {}).status_code == 404

    put(workspace, api, path, 1)
    assert ApiClient(clerk).post(records, {}).status_code == 200
    put(workspace, api, path, 0, field={"id": workspace.schema("things").by_name["note"].uuid})
    fields = ApiClient(clerk).get("/api/custom-objects/things/fields").json()
    assert "note" not in {row["name"] for row in fields}
    put(workspace, api, path, 0, key="associated_records")
    assert ApiClient(clerk).post(records, {}).status_code == 404


def test_levels_adjust_what_depends_on_them(api: ApiClient, workspace: Caller, group: str) -> None:
    note = {"id": workspace.schema("things").by_name["note"].uuid}

    raised = of(workspace, put(workspace, api, group, 2))
    assert (raised["all_records"], raised["associated_records"]) == (EDIT, EDIT)
    lowered = of(workspace, put(workspace, api, group, 1))
    assert (lowered["all_records"], lowered["associated_records"]) == (VIEW, EDIT)
    own = of(workspace, put(workspace, api, group, 0, key="associated_records"))
    assert (own["all_records"], own["associated_records"]) == (NONE, NONE)
    removing = of(workspace, put(workspace, api, group, 3, key="associated_records"))
    assert (removing["all_records"], removing["associated_records"]) == (NONE, ALL)
    assert (removing["unarchive_all"], removing["unarchive_associated"]) == (False, True)
    creating = of(workspace, put(workspace, api, group, 1, key="create_record"))
    assert creating["create_record"] is creating["bulk_data_upload"] is True
    for level, shown in ((0, (False, False)), (1, (True, False)), (2, (True, True))):
        found = field_of(workspace, put(workspace, api, group, level, field=note), "note")
        assert (found["view"], found["edit"]) == shown
    assert field_of(workspace, put(workspace, api, group, 3, field=note), "note") == {
        "view": True,
        "edit": True,
    }
    ignored = put(workspace, api, group, 0, key="unarchive_associated")
    assert of(workspace, ignored)["unarchive_associated"] is True


@pytest.mark.parametrize("name", ["client_client", "contacts", "uuid"])
def test_contacts_are_set_by_their_object(
    api: ApiClient, workspace: Caller, group: str, name: str
) -> None:
    key = workspace.schema("client_client").uuid if name == "uuid" else name
    contacts = {"custom_object": {"id": key}}
    api.patch(f"{group}/object-update", {**contacts, "permission_level": 1})
    email = {"id": workspace.schema("client_client").by_name["email"].uuid}
    api.patch(f"{group}/object-update", {**contacts, "field": email, "permission_level": 0})

    section = api.get(group).json()["contacts_section"]

    assert section["all_records"] == VIEW
    assert section["default_fields"]["email"] == {"view": False, "edit": False}
    assert section["default_fields"]["first_name"] == {"view": True, "edit": False}


@pytest.mark.parametrize(
    ("changed", "code", "place"),
    [
        ({"key": "everything"}, "invalid", "key"),
        ({"custom_object": {"id": "nothing"}}, "does_not_exist", "custom_object.id"),
        ({"custom_object": None}, "required", "custom_object.id"),
        ({"custom_object": "things"}, "invalid", "custom_object"),
        ({"field": {"id": "nothing"}}, "does_not_exist", "field.id"),
        ({"field": {}}, "required", "field.id"),
        ({"field": {"id": "note"}, "key": "all_records"}, "invalid", "key"),
        ({"permission_level": 4}, "invalid", "permission_level"),
        ({"permission_level": True}, "invalid", "permission_level"),
        ({"permission_level": "1"}, "invalid", "permission_level"),
        ({"permission_level": None}, "required", "permission_level"),
    ],
)
def test_a_level_that_cannot_be_set_is_refused(
    api: ApiClient, group: str, changed: dict[str, Any], code: str, place: str
) -> None:
    body = {"custom_object": {"id": "things"}, "permission_level": 1, **changed}

    answer = api.patch(f"{group}/object-update", body)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["detail"].startswith(f"{place}: ")


@pytest.mark.parametrize(
    ("section", "code", "place"),
    [
        ({"all_records": VIEW}, "invalid", "custom_objects[0].associated_records.view"),
        ({"all_records": True}, "invalid", "custom_objects[0].all_records"),
        ({"all_records": {"view": 1}}, "invalid", "custom_objects[0].all_records.view"),
        ({"create_record": "yes"}, "invalid", "custom_objects[0].create_record"),
        ({"custom_object_id": None}, "required", "custom_objects[0].custom_object_id"),
        ({"custom_object_id": "nothing"}, "does_not_exist", "custom_objects[0]"),
        ({"custom_object_id": "client_client"}, "does_not_exist", "custom_objects[0]"),
        ({"fields": [{"id": "nothing"}]}, "does_not_exist", "custom_objects[0].fields[0]"),
        ({"fields": [{"id": "note"}, {"id": "note"}]}, "invalid", "custom_objects[0].fields[1]"),
        ({"fields": {"note": {}}}, "invalid", "custom_objects[0].fields"),
        ({"fields": [{"view": True}]}, "required", "custom_objects[0].fields[0].id"),
    ],
)
def test_a_section_that_will_not_do_is_refused(
    api: ApiClient, group: str, section: dict[str, Any], code: str, place: str
) -> None:
    body = {"name": "Other", "custom_objects": [{"custom_object_id": "things", **section}]}
    before = api.get(group).json()

    for send, path in ((api.post, GROUPS), (api.put, group), (api.patch, group)):
        answer = send(path, body)
        assert (answer.status_code, answer.json()["code"]) == (400, code)
        assert answer.json()["detail"].startswith(f"{place}: ")
    assert api.get(group).json() == before


def test_contacts_that_will_not_do_are_refused_by_their_place(api: ApiClient, group: str) -> None:
    for section, place in (
        ({"default_fields": {"nothing": {"view": True}}}, "default_fields.nothing"),
        ({"default_fields": {"email": True}}, "default_fields.email"),
        ({"custom_fields": [{"id": "nothing"}]}, "custom_fields[0]"),
        ({"all_records": VIEW}, "associated_records.view"),
    ):
        answer = api.patch(group, {"contacts_section": section})
        assert answer.status_code == 400
        assert answer.json()["detail"].startswith(f"contacts_section.{place}: ")


def test_put_replaces_all_and_patch_whole_sections(
    api: ApiClient, workspace: Caller, group: str
) -> None:
    things = {"custom_object_id": "things", "all_records": VIEW, "associated_records": VIEW}
    contacts = {"all_records": ALL, "associated_records": ALL, "create_record": True}
    both = {"name": "Clerks", "custom_objects": [things], "contacts_section": contacts}
    assert api.put(group, {"custom_objects": []}).json()["code"] == "required"

    read = api.put(group, both).json()
    assert of(workspace, read)["all_records"] == VIEW
    assert field_of(workspace, read, "note") == {"view": True, "edit": False}
    read = api.patch(group, {"custom_objects": [{**things, "custom_object_id": "deals"}]}).json()
    assert of(workspace, read)["all_records"] == NONE
    assert of(workspace, read, "deals")["all_records"] == VIEW
    assert read["contacts_section"]["all_records"] == ALL
    read = api.put(group, {"name": "Clerks"}).json()
    assert read["contacts_section"]["all_records"] == NONE
    assert read["summary"]["nb_none"] == 19


def test_an_admins_role_is_limited_by_its_switch_alone(
    api: ApiClient, workspace: Caller, group: str
) -> None:
    read = api.patch(group, {"settings_section": {"enabled": True}}).json()
    assert of(workspace, read)["all_records"] == ALL

    refused = api.patch(group, {"custom_objects": []})
    assert (refused.status_code, api.get(group).json()) == (400, read)
    limited = {**read, "settings_section": {"enabled": False}, "contacts_section": {}}
    after = api.put(group, limited).json()
    assert of(workspace, after)["all_records"] == ALL
    assert after["contacts_section"]["all_records"] == NONE
    own = f"{GROUPS}/{workspace.member.role.uuid}"
    assert api.patch(own, {"settings_section": {"enabled": False}}).status_code == 400


def test_a_group_is_duplicated(api: ApiClient, workspace: Caller, group: str) -> None:
    put(workspace, api, group, 2)
    original = api.get(group).json()

    made = api.post(f"{group}/duplicate", {"name": "Copy"})

    assert made.status_code == 201
    assert {**made.json(), "id": original["id"], "name": original["name"]} == original
    assert api.post(f"{group}/duplicate", {"name": "Copy"}).json()["code"] == "unique"
    assert api.post(f"{group}/duplicate").json()["code"] == "required"


def test_a_group_and_its_role_are_one(api: ApiClient, workspace: Caller, group: str) -> None:
    role = group.replace("permission-group", "role")
    put(workspace, api, group, 2)
    assert api.patch(role, {"name": "Desk"}).json()["permission_groups"] == [
        role.rpartition("/")[2]
    ]
    assert api.get(group).json()["name"] == "Desk"

    copied = api.post(
        "/api/role", {"name": "Both", "permission_groups": [api.get(role).json()["id"]]}
    )
    granted = api.get(f"{GROUPS}/{copied.json()['id']}").json()
    assert of(workspace, granted)["all_records"] == EDIT
    assert api.delete(group).status_code == 204
    assert api.get(role).status_code == 404


def test_the_catalogue_names_what_a_group_has(api: ApiClient, group: str) -> None:
    catalogue, read = api.get("/api/permissions/meta-data").json(), api.get(group).json()

    assert catalogue["order"] == [
        "settings_section",
        "custom_object_entities",
        "contacts_section",
    ]
    (settings_section,) = catalogue["sections"]
    assert [each["key"] for each in settings_section["permissions"]] == list(
        read["settings_section"]
    )
    for controls in (catalogue["custom_objects"], catalogue["contacts"]):
        assert {each["key"] for each in controls} == CONTROLS
        for each in controls:
            is_range = isinstance(read["custom_objects"][0][each["key"]], dict)
            assert (each["affordance"] == "range") is is_range
    assert list(catalogue["default_contact_fields"]) == list(
        read["contacts_section"]["default_fields"]
    )
    assert catalogue["default_custom_object_fields"]["created"]["allowed_access"] == [
        "none",
        "view",
    ]


def test_the_admins_page_and_the_calls_are_one_thing(
    api: ApiClient, workspace: Caller, group: str, client: Any
) -> None:
    put(workspace, api, group, 1)
    put(workspace, api, group, 0, field={"id": workspace.schema("things").by_name["note"].uuid})
    client.force_login(workspace.member.user)
    role = Role.objects.get(uuid=group.rpartition("/")[2])

    page = client.get(f"/admin/records/role/{role.pk}/change/").content.decode()

    assert "Note (Things)" in page
    assert ObjectPermission.objects.get(role=role).view == "all"
    assert str(role.history.first().history_user) == "admin@example.com"
