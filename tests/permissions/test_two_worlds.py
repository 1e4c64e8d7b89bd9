"""Twin workspaces that differ only in what a role may not see give every call of that role the same
answer, byte for byte, but for ids and times that each world makes of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pytest
from django.db import transaction

from records.models import FieldOption
from records.services.catalogue.directory import forget_everything
from records.services.people.workspaces import command_author
from records.services.shaping.changes import get_field
from records.services.shaping.options import create_option, update_option
from tests.admin.pages import let_in
from tests.api_client import ApiClient
from tests.factories import (
    Caller,
    OptionDefinition,
    change_record,
    make_field,
    make_record,
)
from tests.mcp.calling import Agent

from .mcp import Mcp
from .needs import Interface
from .rest import Rest
from .workspace_api import WorkspaceApi
from .world import RoleCase, World, make_world

INTERFACES: tuple[Interface, ...] = (Rest(), WorkspaceApi(), Mcp())
ROLES = (
    RoleCase("own", "own", "own", "own"),
    RoleCase("own, but creates nothing", "own", "all", "none", create=False),
    RoleCase("own, a field hidden", "own", "own", "own", secret="hidden"),
    RoleCase("creates only", "none", "none", "none"),
)
# What is told of each world's own: new records and files, moments, versions of definitions.
OWN = (
    (
        re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE),
        "<uuid>",
    ),
    (
        re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d(:|%3A)\d\d[\d:.]*(%3A[\d.]*)?(\+00:00|Z|%2B00%3A00)?"),
        "<moment>",
    ),
    (re.compile(r'("(?:id|jobId|recordId|record_id)": ?)\d+'), r"\1<number>"),
    (re.compile(r"(records|jobs)/\d+"), r"\1/<number>"),
    (re.compile(r'csrfmiddlewaretoken" value="[^"]+'), "<token>"),
    (re.compile(r"[\w-]+:[\w-]{6}:[\w-]{43}"), "<signed>"),
    (re.compile(r"gAAAAA[\w=-]+"), "<cursor>"),
)
Hide = Callable[[World], None]


def _hide_much(world: World) -> None:
    """Tags, names, unique values and links, in many records."""
    labels = ["Whistleblower", "Zebra", "merger; urgent", "Shared"]
    change_record(world.admin, "cases", world.targets["another's"].uuid, labels=labels)
    for at in range(7):
        make_record(
            world.admin,
            "cases",
            name=f"Whistleblower {at}",
            note="whistle",
            labels=["Alpha", f"Tag {at}"],
            client=world.ids["client"],
            number="N-1" if at == 0 else f"N-{at + 10}",
            kind="Two",
        )
    _show(world)


def _hide_little(world: World) -> None:
    """Other tags, other names; the same unique value, which another record has."""
    make_record(world.admin, "cases", name="Quiet", labels=["Nothing"], number="N-1")
    _show(world)


def _show(world: World) -> None:
    """What both worlds have in sight, made after what is hidden."""
    change_record(world.admin, "cases", world.targets["mine"].uuid, labels=["Shared", "Beta"])


TWINS: tuple[Hide, Hide] = (_hide_much, _hide_little)


def furnished(role: RoleCase) -> World:
    """A world whose cases have labels, which are tags, and numbers, which are unique."""
    world = make_world(role)
    make_field(world.admin, "cases", "Labels", "dynamictags")
    make_field(world.admin, "cases", "Number", "text", is_unique=True)
    author = command_author(world.admin.workspace, world.admin.member)
    spec = author.directory.schema(world.admin.schema("cases").id).by_name["labels"]
    create_option(author, get_field(author, spec.id), OptionDefinition("Official"))
    return world


def answers(
    world: World, hide: Hide, calls: Mapping[str, Callable[[World], str]]
) -> dict[str, str]:
    """What each call answers in a world with this hidden in it; the world is left as it was."""
    told = {}
    with transaction.atomic():
        hide(world)
        version = world.definitions_version()
        for name, call in calls.items():
            with transaction.atomic():
                told[name] = call(world)
                is_changed = world.definitions_version() != version
                transaction.set_rollback(True)
            if is_changed:  # the version is given again, to other definitions
                forget_everything()
        transaction.set_rollback(True)
    forget_everything()
    return {name: _same(text) for name, text in told.items()}


def _same(text: str) -> str:
    for pattern, shown in OWN:
        text = pattern.sub(shown, text)
    return text


def differences(world: World, calls: Mapping[str, Callable[[World], str]]) -> list[str]:
    """Where the twins' answers part, call by call."""
    first, second = (answers(world, hide, calls) for hide in TWINS)
    found = []
    for name in calls:
        one, other = first[name], second[name]
        if one != other:
            at = next((at for at, pair in enumerate(zip(one, other)) if len({*pair}) > 1), 0)  # noqa: B905
            shown = (text[max(0, at - 150) : at + 300] for text in (one, other))
            found.append("\n  ".join((f"{name}:", *shown)))
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("role", [ROLES[0], ROLES[-1]], ids=lambda role: role.name)
@pytest.mark.parametrize("interface", INTERFACES, ids=lambda interface: interface.name)
def test_no_operation_tells_the_twins_apart(interface: Interface, role: RoleCase) -> None:
    world = furnished(role)
    calls = {
        f"{operation.name}, {name}": (
            lambda world, operation=operation, name=name: (
                operation.ask(world.caller, world, world.targets[name]).text
            )
        )
        for operation in interface.operations
        for name in operation.targets
        if name != "foreign"
    }
    assert not (found := differences(world, calls)), "\n".join(found)


def _rest(method: str, path: str, body: object = None) -> Callable[[World], str]:
    def call(world: World) -> str:
        client, filled = ApiClient(world.caller), path.replace("<mine>", world.targets["mine"].uuid)
        answer = client.send(method, filled, body)
        return f"{answer.status_code} {answer.getvalue().decode()}"

    return call


def _search(**body: object) -> Callable[[World], str]:
    return _rest("POST", "/api/records/cases/search", body)


def _aggregate(**body: object) -> Callable[[World], str]:
    return _rest("POST", "/api/records/cases/aggregate", body)


def _by_label(condition: str, value: object) -> Callable[[World], str]:
    return _search(
        query=[{"filters": [{"field": "labels", "condition": condition, "value": value}]}]
    )


def _page(path: str) -> Callable[[World], str]:
    def call(world: World) -> str:
        filled = path.replace("<mine>", world.targets["mine"].uuid)
        pages = f"/admin/records/objects/{world.ids['cases']}/"
        answer = let_in(world.caller).get(pages + filled)
        known = (200, 403) if world.role.reaches("view", own=True) else (200, 403, 404)
        assert answer.status_code in known, filled
        return f"{answer.status_code} {answer.content.decode()}"

    return call


def _tool(tool: str, **arguments: object) -> Callable[[World], str]:
    return lambda world: str(Agent(world.caller).result(tool, **arguments))


def _write(**values: object) -> Callable[[World], str]:
    fields = [{"name": name, "value": value} for name, value in values.items()]
    return _rest("POST", "/api/records/cases/add", {"fields": fields})


def _import(cell: str) -> Callable[[World], str]:
    """What an import would do with a row that has this label."""

    def call(world: World) -> str:
        client, imports = ApiClient(world.caller), "/api/custom-objects/cases/imports"
        content = f"name,labels\nNew,{cell}\n".encode()
        sent = client.send("POST", imports, content, content_type="text/csv")
        if sent.status_code != 201:
            return str(sent.getvalue().decode())
        done = client.post(f"{imports}/{sent.json()['id']}/start", {})
        found = client.post("/api/records/cases/search", {"search": "New"})
        return f"{done.content.decode()} {found.content.decode()}"

    return call


CALLS: dict[str, Callable[[World], str]] = {
    "the options": _rest("GET", "/api/custom-objects/cases/fields/labels/options"),
    "the field": _rest("GET", "/api/custom-objects/cases/fields/labels"),
    "the fields": _rest("GET", "/api/custom-objects/cases/fields"),
    "a hidden tag sought": _by_label("has_any", ["Whistleblower"]),
    "a tag that is nowhere": _by_label("has_any", ["Nowhere"]),
    "a tag in sight": _by_label("has_any", ["shared"]),
    "a tag of the definition": _by_label("has_any", ["Official"]),
    "free text of a hidden name": _search(search="Whistleblower"),
    "free text of a tag": _search(search="shared"),
    "all, counted": _search(count="exact"),
    "all, counted by tags": _aggregate(group_by=["labels", "client", "client.name"]),
    "figures of all": _aggregate(
        aggregate=[
            {"function": "count"},
            {"function": "distinct", "field": "labels"},
            {"function": "distinct", "field": "number"},
            {"function": "max", "field": "created"},
            {"function": "count", "field": "client.name"},
        ]
    ),
    "clients, with their cases": _rest(
        "POST",
        "/api/records/clients/search",
        {"field_names": ["name", "matters.name", "matters.labels", "matters.secret"]},
    ),
    "clients, counted by their cases": _rest(
        "POST",
        "/api/records/clients/aggregate",
        {
            "group_by": ["matters.name", "matters.labels", "matters"],
            "aggregate": [{"function": "count"}, {"function": "count", "field": "matters.number"}],
        },
    ),
    "a tool's figures": _tool(
        "aggregate_records",
        record_type="cases",
        aggregate=["count", "distinct:number"],
        group_by=["labels"],
    ),
    "sorted": _search(ordering="-name"),
    "a record with a new tag": _write(name="New", labels=["Fresh"]),
    "a record with a hidden tag": _write(name="New", labels=["Whistleblower"]),
    "a unique value that is taken": _write(name="New", number="N-1"),
    "an export": _rest("POST", "/api/custom-objects/cases/exports?format=csv", {}),
    "an import of a hidden tag": _import("merger; urgent"),
    "a history": _rest("GET", "/api/records/cases/<mine>/history"),
    "what set its values": _rest("GET", "/api/records/cases/<mine>/blame"),
    "the tool for types": _tool("list_record_types"),
    "a tool's filter": _tool(
        "query_records",
        record_type="cases",
        filter={"field": "labels", "op": "contains", "value": "Whistleblower"},
    ),
    "the list": _page(""),
    "the list, filtered": _page("?f=labels&c=has_any&v=Whistleblower"),
    "the record": _page("<mine>/"),
    "the form": _page("add/"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_no_question_tells_the_twins_apart(role: RoleCase) -> None:
    world = furnished(role)
    assert not (found := differences(world, CALLS)), "\n".join(found)


@pytest.mark.django_db
def test_what_is_in_sight_is_told() -> None:
    world = furnished(ROLES[0])
    _hide_much(world)

    def options(caller: Caller) -> list[tuple[str, str, int]]:
        rows = ApiClient(caller).get("/api/custom-objects/cases/fields/labels/options").json()
        return [(row["name"], row["code"], row["order"]) for row in rows]

    assert options(world.caller) == [
        ("Official", "official", 1),
        ("Beta", "beta", 2),
        ("Shared", "shared", 3),
    ]
    everything = [name for name, _, _ in options(world.admin)]
    assert {"Official", "Whistleblower", "Zebra", "Alpha", "Tag 6", "Shared"} <= set(everything)


@pytest.mark.django_db
def test_a_tag_that_an_admin_changes_is_part_of_the_definition() -> None:
    world = furnished(ROLES[0])
    _hide_much(world)
    author = command_author(world.admin.workspace, world.admin.member)
    zebra = FieldOption.objects.get(name="Zebra")
    update_option(author, zebra, order=1)

    rows = ApiClient(world.caller).get("/api/custom-objects/cases/fields/labels/options").json()
    assert {row["name"] for row in rows} == {"Official", "Zebra", "Beta", "Shared"}
