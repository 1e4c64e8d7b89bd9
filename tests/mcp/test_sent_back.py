"""What agents read they can send back as it is: no error, and no change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.field_types import field_types
from records.models import Field, FieldPermission, Member, new_uuid
from records.services.catalogue import touch
from records.services.shaping import update_field
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    change_record,
    make_member,
    make_object,
    make_record,
    make_relation,
)

from .calling import Agent
from .test_list_record_types import described

LINKED = {"relationship", "files"}  # their values are of other things, made below
COLOURS = (OptionDefinition("Red"), OptionDefinition("Dark blue"))
EXPRESSION = {"formula_options": {"expression": "record.data.shorttext"}}
WRITTEN = [
    kind.name for kind in field_types.values() if kind.name not in LINKED and not kind.computed
]


def send_back(agent: Agent, uuid: str, record_type: str = "things") -> None:
    """Every tool that reads the record gives data that meets the schema and changes nothing."""
    about = {"record_type": record_type}
    query = {"field": "id", "op": "eq", "value": uuid}
    readings = [
        agent.call("manage_record", action="get", record_id=uuid, **about),
        agent.call("get_records", record_ids=[uuid], **about)["records"][0],
        agent.call("query_records", filter=query, **about)["records"][0],
    ]
    data, version = readings[0]["data"], readings[0]["version"]
    assert all(reading["data"] == data for reading in readings)
    assert all(reading["version"] == version for reading in readings)
    jsonschema.validate(data, described(agent, record_type)["schema"])
    for action in ("upsert", "patch"):
        again = agent.call("manage_record", action=action, record_id=uuid, data=data, **about)
        assert (again["action"], again["version"], again["data"]) == ("unchanged", version, data)


@pytest.fixture
def things(workspace: Caller) -> Caller:
    """Records with a field of every type that people write, and two that compute."""
    fields = [
        FieldDefinition(
            f"f {name}",
            name,
            name=f"f_{name}",
            options=COLOURS if field_types.get(name).has_options else (),
        )
        for name in WRITTEN
    ]
    fields.append(FieldDefinition("Shorttext", "text"))
    fields.append(FieldDefinition("Computed", "formula", settings=EXPRESSION))
    make_object(workspace, "Things", *fields)
    make_object(workspace, "Others")
    make_relation(workspace, "things", "One", "others", "primary", "Ones")
    make_relation(workspace, "things", "Many", "others", "additional", "Manies")
    make_relation(workspace, "things", "Partner", "others", "one_to_one", "Partner of")
    return workspace


def example(workspace: Caller, name: str) -> Any:
    spec = workspace.schema("things").by_name[f"f_{name}"]
    return spec.type.example(spec)


def test_every_type_of_value(things: Caller) -> None:
    agent = Agent(things)
    full = {f"f_{name}": example(things, name) for name in WRITTEN}
    other = str(make_record(things, "others", name="Other").record.uuid)
    links = {"one": other, "many": [other], "partner": other}
    filled = make_record(things, "things", name="Full", shorttext="a", **full, **links).record
    send_back(agent, filled.uuid)
    send_back(agent, make_record(things, "things", name="Blank").record.uuid)
    send_back(agent, other, "others")


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.data())
def test_any_part_of_them(things: Caller, drawn: st.DataObject) -> None:
    names = drawn.draw(st.lists(st.sampled_from(WRITTEN), unique=True, max_size=8))
    text = drawn.draw(st.text(max_size=40).filter(lambda text: "\x00" not in text))
    values: dict[str, Any] = {f"f_{name}": example(things, name) for name in names}
    values |= {"f_longtext": text, "f_json": {"text": text, "list": [1, 1.5, None, True]}}
    values["name"] = f"Drawn {new_uuid()}"  # one database serves all of them
    uuid = make_record(things, "things", **values).record.uuid
    send_back(Agent(things), uuid)


def test_contacts_whose_name_is_computed(workspace: Caller) -> None:
    made = make_record(workspace, "client_client", first_name="A", mobile_phone="+4940123456")
    send_back(Agent(workspace), made.record.uuid, "client_client")
    read = Agent(workspace).call("query_records", record_type="client_client")["records"][0]
    assert read["data"]["full_name"]


# ---------------------------------------------------------------- fields that have changed since


def tighten(things: Caller, name: str, **changes: Any) -> None:
    row = Field.objects.get(workspace=things.workspace, object__name="things", name=name)
    update_field(things.author, row, **changes)


def lock(things: Caller) -> None:
    """The role of the agent's member may no longer change the field."""
    member = Member.objects.get(user__email="limited@example.com")
    row = Field.objects.get(workspace=things.workspace, object__name="things", name="shorttext")
    FieldPermission.objects.create(
        workspace=things.workspace, role_id=member.role_id, field=row, edit=False
    )
    touch(things.workspace.id)


def retire(things: Caller) -> None:
    """The member whom the record names has left."""
    Member.objects.filter(user__email="leaving@example.com").update(is_active=False)
    touch(things.workspace.id)


CHANGES: dict[str, Callable[[Caller], None]] = {
    "read-only": lambda things: tighten(things, "shorttext", is_read_only=True),
    "a pattern": lambda things: tighten(
        things, "shorttext", settings={"regex_settings": {"regex": "[0-9]+"}}
    ),
    "required": lambda things: tighten(things, "f_email", is_required=True),
    "no blanks": lambda things: tighten(things, "f_email", allows_empty=False),
    "unique": lambda things: tighten(things, "shorttext", is_unique=True),
    "locked": lock,
    "a member has left": retire,
}


@pytest.mark.parametrize("change", CHANGES)
def test_values_that_were_there_before_their_rules(things: Caller, change: str) -> None:
    leaving = make_member(things, "leaving@example.com")
    rights = {"view": "all", "edit": "all", "create": True}
    limited = make_member(things, "limited@example.com", {"things": rights, "others": rights})
    values = {"shorttext": "text", "f_dropdown": "Dark blue"}
    values["f_team_selector"] = str(leaving.member.uuid)
    uuid = make_record(things, "things", name="Old", **values).record.uuid
    CHANGES[change](things)
    agent = Agent(limited)
    about = {"record_type": "things", "record_id": uuid}
    data = agent.call("manage_record", action="get", **about)["data"]
    for action in ("upsert", "patch"):
        again = agent.call("manage_record", action=action, data=data, **about)
        assert (again["action"], again["version"], again["data"]) == ("unchanged", 1, data)
    if change == "required":
        return
    # What differs is written, beside what was sent back.
    changed = agent.call("manage_record", action="upsert", data=data | {"f_integer": 5}, **about)
    assert changed["data"] == data | {"f_integer": 5}


def test_a_value_that_is_not_the_records_is_refused(things: Caller) -> None:
    uuid = make_record(things, "things", name="A", shorttext="a").record.uuid
    agent, about = Agent(things), {"record_type": "things", "record_id": uuid}
    data = agent.call("manage_record", action="get", **about)["data"]
    change_record(things, "things", uuid, shorttext="b")
    error = agent.refusal("manage_record", action="upsert", data=data, **about)
    assert "data.computed: The field 'computed' is read-only. Omit it" in error["message"]
    made = agent.refusal("manage_record", action="upsert", record_type="things", data=data)
    assert "data.computed" in made["message"]


def test_an_unknown_property_is_refused_though_it_is_blank(things: Caller) -> None:
    uuid = make_record(things, "things", name="A").record.uuid
    data = {"name": "A", "shorttxt": None}
    error = Agent(things).refusal(
        "manage_record", action="patch", record_type="things", record_id=uuid, data=data
    )
    assert (
        "data.shorttxt: There is no field with this name. Did you mean 'shorttext'?"
        in (error["message"])
    )


def test_links_beyond_those_that_are_shown(things: Caller) -> None:
    others = [str(make_record(things, "others", name=f"O {at}").record.uuid) for at in range(101)]
    uuid = make_record(things, "things", name="Linked", many=others).record.uuid
    send_back(Agent(things), uuid)


# ---------------------------------------------------------------- fields of linked records


@pytest.fixture
def ship(workspace: Caller) -> str:
    """A ship with a home, two owners, and a formula."""
    doubled = {"formula_options": {"expression": "record.data.tons * 2"}}
    make_object(workspace, "Ports", FieldDefinition("City", "text"))
    fields = FieldDefinition("Tons", "integer"), FieldDefinition("F", "formula", settings=doubled)
    make_object(workspace, "Ships", *fields)
    make_relation(workspace, "ships", "Home", "ports", "primary", "Ships")
    make_relation(workspace, "ships", "Visited", "ports", "additional", "Visits")
    ports = [
        str(make_record(workspace, "ports", name=city, city=city).record.uuid)
        for city in ("Kiel", "Oslo")
    ]
    more = {"tons": 3, "home": ports[0], "visited": ports}
    return make_record(workspace, "ships", name="Aurora", **more).record.uuid


PATHS = ["name", "f", "home.city", "home.name", "visited.city"]


def test_fields_of_linked_records_are_sent_back(workspace: Caller, ship: str) -> None:
    agent, about = Agent(workspace), {"record_type": "ships"}
    read = agent.call("query_records", fields=PATHS, **about)["records"][0]
    assert read["data"].keys() == set(PATHS)
    jsonschema.validate(read["data"], described(agent, "ships")["schema"])
    whole = agent.call("manage_record", action="get", record_id=ship, **about)["data"]

    for action, data in (("patch", read["data"]), ("upsert", whole | read["data"])):
        again = agent.call("manage_record", action=action, record_id=ship, data=data, **about)
        assert (again["action"], again["version"], again["data"]) == ("unchanged", 1, whole)
    item = {"record_id": ship, "data": whole | read["data"]}
    for mode in ("patch", "update", "patch"):
        answer = agent.call("manage_records", mode=mode, items=[item, item], **about)
        assert (answer["unchanged"], answer["refused"]) == (2, 0)
    changed = {"tons": 4, **read["data"]}
    again = agent.call("manage_record", action="patch", record_id=ship, data=changed, **about)
    assert (again["action"], again["data"]["f"]) == ("updated", 8)


def test_other_values_of_linked_records_are_refused(workspace: Caller, ship: str) -> None:
    agent, about = Agent(workspace), {"record_type": "ships"}
    data = {"home.city": "Rome", "tons": 5}
    told = "data.home.city: There is no field with this name. Fields of linked records are written"
    error = agent.refusal("manage_record", action="patch", record_id=ship, data=data, **about)
    assert error["message"].startswith(told)
    items = [{"record_id": ship, "data": data}, {"record_id": ship, "data": {"home.city": "Kiel"}}]
    answer = agent.call("manage_records", mode="patch", items=items, on_error="continue", **about)
    assert answer["results"][0]["error"]["message"].startswith(told)
    assert answer["results"][1]["action"] == "unchanged"


def test_what_a_cancelled_record_holds_is_no_change(workspace: Caller, ship: str) -> None:
    agent, about = Agent(workspace), {"record_type": "ships", "record_id": ship}
    held = agent.call("manage_record", action="cancel", **about)
    again = agent.call("manage_record", action="patch", data=held["data"], **about)
    assert (again["action"], again["version"]) == ("unchanged", held["version"])
    assert again["_cancelled"] is True
    for action, data in (("patch", {"tons": 4}), ("upsert", held["data"])):
        error = agent.refusal("manage_record", action=action, data=data, **about)
        assert error["code"] == "CONFLICT"
        assert error["message"].endswith("get reads it; upsert another record for what is new.")
