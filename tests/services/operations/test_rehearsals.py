"""What a rehearsal tells of the work that it undoes."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import RecordsError
from records.models import Record
from records.rehearsal import LEAST_KEY, notes
from records.services.access import Author
from records.services.catalogue.directory import get_directory, load_workspace
from records.services.operations.rehearsals import Effects, rehearsed, watched
from records.services.shaping.creation import create_object
from records.services.writing.save import save_record, save_records
from records.services.writing.save_requests import Mode, SaveRequest
from records.services.writing.values import FieldEntry
from tests.factories import (
    Caller,
    FieldDefinition,
    make_member,
    make_object,
    make_record,
    make_relation,
)


@pytest.fixture
def ships(workspace: Caller) -> Caller:
    make_object(workspace, "Ships", FieldDefinition("Tons", "integer"))
    make_object(workspace, "Ports")
    make_relation(workspace, "ships", "Port", "ports", "primary", "Fleet")
    return workspace


def saving(caller: Caller, *requests: SaveRequest) -> Any:
    def work(author: Author) -> Any:
        schema = author.directory.schema(caller.schema("ships").id)
        if len(requests) == 1:
            return save_record(author, schema, requests[0])
        return save_records(author, schema, requests)

    return work


def entries(**values: Any) -> list[FieldEntry]:
    return [FieldEntry(name=name, value=value) for name, value in values.items()]


def stored(caller: Caller) -> list[int]:
    """The versions of all records."""
    rows = Record.objects.filter(workspace_id=caller.author.workspace.id)
    return list(rows.values_list("version", flat=True))


def shown(effects: Effects) -> list[tuple[str, str, dict[str, tuple[Any, Any]]]]:
    return [
        (
            change.schema.name,
            change.action,
            {each.field.name: (each.old, each.new) for each in change.fields},
        )
        for change in effects.records
    ]


def test_it_tells_old_and_new_values_and_stores_nothing(ships: Caller) -> None:
    uuid = make_record(ships, "ships", name="Boreas", tons=12).record.uuid
    result, effects = rehearsed(
        ships.author,
        saving(ships, SaveRequest(Mode.UPDATE, uuid, entries=entries(tons=13))),
    )

    assert (result.action, result.record.version) == ("updated", 2)
    assert shown(effects) == [("ships", "updated", {"tons": (12, 13)})]
    assert effects.named is not None
    assert effects.named.uuid == uuid
    assert stored(ships) == [1]
    assert notes() is None


def test_a_new_record_has_a_key_that_no_other_has(ships: Caller) -> None:
    result, effects = rehearsed(
        ships.author, saving(ships, SaveRequest(Mode.CREATE, entries=entries(name="Aurora")))
    )

    assert result.record.id >= LEAST_KEY
    assert effects.record_count == 1


def test_records_at_the_other_end_of_a_link_are_told_too(ships: Caller) -> None:
    port = make_record(ships, "ports", name="Brest").record.uuid
    ship = make_record(ships, "ships", name="Boreas").record.uuid
    work = saving(ships, SaveRequest(Mode.UPDATE, ship, entries=entries(port={"id": port})))

    _, effects = rehearsed(ships.author, work)

    ((_, _, changes),) = shown(effects)
    assert changes["port"][1]["id"] == port


def test_what_was_rolled_back_on_the_way_is_not_told(ships: Caller) -> None:
    """A refused request does not stop the others of its batch."""
    work = saving(
        ships,
        SaveRequest(Mode.CREATE, entries=entries(name="Aurora")),
        SaveRequest(Mode.CREATE, entries=entries(name="Aurora")),
        SaveRequest(Mode.CREATE, entries=entries(tons="heavy")),
    )

    outcomes, effects = rehearsed(ships.author, work)

    assert [isinstance(outcome, RecordsError) for outcome in outcomes] == [False, True, True]
    assert [action for _, action, _ in shown(effects)] == ["created"]


def test_records_out_of_sight_are_not_told(ships: Caller) -> None:
    member = make_member(
        ships,
        "sailor@example.com",
        {
            "ships": {"view": "all", "edit": "all"},
            "ports": {"view": "none", "create": True},
        },
    )
    port = make_record(ships, "ports", name="Brest").record.uuid
    ship = make_record(ships, "ships", name="Boreas", port=port).record.uuid
    work = saving(member, SaveRequest(Mode.UPDATE, ship, entries=entries(port=None)))

    _, effects = rehearsed(member.author, work)

    assert {name for name, _, _ in shown(effects)} == {"ships"}
    assert effects.record_count == len(effects.records)


def test_no_process_remembers_definitions_that_were_rolled_back(ships: Caller) -> None:
    def names() -> list[str]:
        workspace = load_workspace(ships.author.workspace.id)
        return [row.name for row in get_directory(workspace).objects.values()]

    def define(author: Author) -> list[str]:
        create_object(author, "Crews", "Crew")
        return names()

    found, _ = rehearsed(ships.author, define)

    assert "crews" in found
    assert "crews" not in names()


def test_watched_work_is_stored_unless_the_check_refuses_it(ships: Caller) -> None:
    class Refusal(Exception):
        pass

    def refuse(_: Any, effects: Effects) -> None:
        assert effects.record_count == 1
        raise Refusal

    work = saving(ships, SaveRequest(Mode.CREATE, entries=entries(name="Aurora")))
    with pytest.raises(Refusal):
        watched(ships.author, work, refuse, plain=False)
    assert stored(ships) == []

    watched(ships.author, work, lambda *_: None, plain=False)
    assert stored(ships) == [1]
