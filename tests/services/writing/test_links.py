"""Links between records: stored on one side, written and read from both."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import Conflict
from records.models import Record
from records.services.shaping.field_removal import delete_field
from records.services.storage.rows import ExternalKey, RecordRow
from records.services.writing import links
from records.services.writing.batch import Batch
from records.services.writing.links import LinkChanges
from records.services.writing.save_requests import Mode, SaveRequest, SaveResult
from records.services.writing.values import Change, Parsed
from tests.factories import (
    Caller,
    archive,
    change_record,
    entries,
    make_member,
    make_object,
    make_record,
    make_relation,
)
from tests.services.acting import (
    change_list,
    differences,
    history,
    names,
    problems,
    read,
    refusal,
    save,
    statements,
    unarchive,
    values_of,
    view,
    write_all,
)

Ids = dict[str, str]


@pytest.fixture
def crew(workspace: Caller) -> Caller:
    """People and ships, related in each of the ways there are, and people who have bosses."""
    make_object(workspace, "People")
    make_object(workspace, "Ships")
    make_relation(workspace, "people", "Ship", "ships", "primary", "Crew")
    make_relation(workspace, "people", "Visited", "ships", "additional", "Visitors")
    make_relation(workspace, "people", "Command", "ships", "one_to_one", "Captain")
    make_relation(workspace, "people", "Boss", "people", "primary", "Staff")
    return workspace


@pytest.fixture
def ids(crew: Caller) -> Ids:
    made = {
        name: make_record(crew, "people", name=name).record.uuid for name in ("Ann", "Bob", "Cid")
    }
    made |= {
        name: make_record(crew, "ships", name=name).record.uuid for name in ("Argo", "Brig", "Cog")
    }
    return made


def linked(crew: Caller, object_name: str, uuid: str, field: str) -> Any:
    return names(read(crew, object_name, uuid).get(field))


def test_a_link_is_read_from_both_sides(crew: Caller, ids: Ids) -> None:
    change_record(
        crew, "people", ids["Ann"], ship=ids["Argo"], visited=[ids["Argo"], {"name": " cog "}]
    )
    change_record(crew, "people", ids["Bob"], ship={"id": ids["Argo"]}, command={"name": "ARGO"})
    assert linked(crew, "people", ids["Ann"], "visited") == ["Argo", "Cog"]
    ship = read(crew, "ships", ids["Argo"])
    assert names(ship["crew"]) == ["Ann", "Bob"]
    assert names(ship["visitors"]) == ["Ann"]
    assert names(ship["captain"]) == "Bob"
    crew_field = crew.schema("ships").by_name["crew"].uuid
    assert values_of(crew, ids["Argo"], crew_field) == ["Ann", "Bob"]
    assert values_of(crew, ids["Argo"], crew_field, "BO") == ["Bob"]
    assert differences(crew) == []


def test_writing_the_far_side_changes_the_records_it_names_and_their_ledger(
    crew: Caller, ids: Ids
) -> None:
    result = change_record(crew, "ships", ids["Argo"], crew=[ids["Ann"], ids["Bob"]])
    assert result.action == "updated"
    assert linked(crew, "people", ids["Ann"], "ship") == "Argo"
    change_record(crew, "ships", ids["Argo"], crew=[ids["Bob"], ids["Cid"]])
    assert linked(crew, "ships", ids["Argo"], "crew") == ["Bob", "Cid"]
    assert "ship" not in read(crew, "people", ids["Ann"])
    assert [
        (row.version, [(c.field.name, names(c.old), names(c.new)) for c in row.changes])
        for row in history(crew, "people", ids["Ann"])[:-1]
    ] == [
        (3, [("ship", "Argo", None)]),
        (2, [("ship", None, "Argo")]),
    ]
    assert view(crew, "people", ids["Bob"]).version == 2
    assert (
        change_record(crew, "ships", ids["Argo"], crew=[ids["Cid"], ids["Bob"]]).action
        == "unchanged"
    )
    assert differences(crew) == []


def test_the_far_side_of_a_list_is_added_to_and_removed_from(crew: Caller, ids: Ids) -> None:
    change_record(crew, "people", ids["Ann"], visited=[ids["Cog"]])
    change_list(crew, "ships", ids["Argo"], "visitors", add=[ids["Ann"], ids["Bob"]])
    assert linked(crew, "people", ids["Ann"], "visited") == ["Cog", "Argo"]
    change_list(
        crew, "ships", ids["Argo"], "visitors", add=[ids["Cid"]], remove=[ids["Ann"], ids["Cid"]]
    )
    assert linked(crew, "ships", ids["Argo"], "visitors") == ["Bob", "Cid"]
    assert linked(crew, "people", ids["Ann"], "visited") == ["Cog"]
    save(crew, "ships", Mode.UPDATE, ids["Argo"], visitors=None)
    assert "visitors" not in read(crew, "ships", ids["Argo"])
    assert differences(crew) == []


def test_a_new_record_may_have_its_far_side_written(crew: Caller, ids: Ids) -> None:
    made = make_record(
        crew, "ships", name="Dhow", crew=[ids["Ann"]], captain=ids["Bob"], visitors=[ids["Bob"]]
    )
    ship = read(crew, "ships", made.record.uuid)
    assert (names(ship["crew"]), names(ship["captain"]), names(ship["visitors"])) == (
        ["Ann"],
        "Bob",
        ["Bob"],
    )
    operations = {
        row.operation_id for who in ("Ann", "Bob") for row in history(crew, "people", ids[who])[:1]
    }
    assert operations == {history(crew, "ships", made.record.uuid)[0].operation_id}
    assert differences(crew) == []


def test_a_full_update_leaves_the_far_side_alone(crew: Caller, ids: Ids) -> None:
    change_record(crew, "people", ids["Ann"], ship=ids["Argo"])
    save(crew, "ships", Mode.REPLACE, ids["Argo"], name="Argo II")
    assert linked(crew, "ships", ids["Argo"], "crew") == ["Ann"]


def test_taking_a_member_from_another_list_moves_it(crew: Caller, ids: Ids) -> None:
    change_record(crew, "ships", ids["Argo"], crew=[ids["Ann"]])
    change_record(crew, "ships", ids["Brig"], crew=[ids["Ann"]])
    assert "crew" not in read(crew, "ships", ids["Argo"])
    assert linked(crew, "people", ids["Ann"], "ship") == "Brig"


def test_a_one_to_one_link_cannot_be_taken_from_the_near_side(crew: Caller, ids: Ids) -> None:
    change_record(crew, "people", ids["Ann"], command=ids["Argo"])
    error = refusal(change_record, crew, "people", ids["Bob"], command=ids["Argo"])
    assert problems(error) == [(0, "", "value", "unique")]
    change_record(crew, "people", ids["Ann"], command=None)
    change_record(crew, "people", ids["Bob"], command=ids["Argo"])
    assert linked(crew, "ships", ids["Argo"], "captain") == "Bob"
    assert differences(crew) == []


@pytest.mark.parametrize(("first", "second"), [("Ann", "Bob"), ("Bob", "Ann")])
def test_a_one_to_one_link_is_changed_from_the_far_side(
    crew: Caller, ids: Ids, first: str, second: str
) -> None:
    change_record(crew, "ships", ids["Argo"], captain=ids[first])
    change_record(crew, "ships", ids["Argo"], captain=ids[second])
    assert "command" not in read(crew, "people", ids[first])
    assert linked(crew, "people", ids[second], "command") == "Argo"
    change_record(crew, "ships", ids["Brig"], captain=ids[second])
    assert "captain" not in read(crew, "ships", ids["Argo"])
    assert differences(crew) == []


def test_records_of_one_object_can_be_linked_even_with_themselves(crew: Caller, ids: Ids) -> None:
    change_record(crew, "people", ids["Ann"], boss=ids["Ann"])
    change_record(crew, "people", ids["Ann"], staff=[ids["Ann"], ids["Bob"]])
    assert linked(crew, "people", ids["Ann"], "staff") == ["Ann", "Bob"]
    assert linked(crew, "people", ids["Bob"], "boss") == "Ann"
    assert view(crew, "people", ids["Ann"]).version == 2
    result = change_record(crew, "people", ids["Cid"], staff=[ids["Cid"]])
    assert result.record.version == view(crew, "people", ids["Cid"]).version == 2
    assert differences(crew) == []


def test_an_archived_record_is_out_of_sight_on_both_sides_and_its_links_come_back(
    crew: Caller, ids: Ids
) -> None:
    change_record(crew, "people", ids["Ann"], ship=ids["Argo"], visited=[ids["Argo"], ids["Brig"]])
    archive(crew, "ships", ids["Argo"])
    assert "ship" not in read(crew, "people", ids["Ann"])
    assert linked(crew, "people", ids["Ann"], "visited") == ["Brig"]
    for sent in ([ids["Cog"]], [], None):
        change_record(crew, "people", ids["Ann"], visited=sent)
    save(crew, "people", Mode.REPLACE, ids["Ann"], name="Ann")
    unarchive(crew, "ships", ids["Argo"])
    assert linked(crew, "people", ids["Ann"], "visited") == ["Argo"]
    archive(crew, "people", ids["Ann"])
    assert "visitors" not in read(crew, "ships", ids["Argo"])
    unarchive(crew, "people", ids["Ann"])
    assert linked(crew, "ships", ids["Argo"], "visitors") == ["Ann"]
    assert differences(crew) == []


def test_an_archived_or_unknown_record_cannot_be_linked(crew: Caller, ids: Ids) -> None:
    archive(crew, "ships", ids["Argo"])
    for sent in (ids["Argo"], {"name": "Argo"}, {"name": "Nobody"}, ids["Ann"]):
        error = refusal(change_record, crew, "people", ids["Ann"], ship=sent)
        assert problems(error) == [(0, "", "value", "does_not_exist")]
        error = refusal(change_list, crew, "people", ids["Ann"], "visited", add=[sent])
        assert problems(error) == [(0, "", "add_values", "does_not_exist")]


def test_replacing_a_list_keeps_the_links_the_caller_cannot_see(crew: Caller, ids: Ids) -> None:
    grants = {"people": {"view": "all", "edit": "all"}, "ships": {"view": "own", "edit": "own"}}
    sailor = make_member(crew, "sailor@example.com", grants)
    change_record(crew, "ships", ids["Brig"], owner=str(sailor.member.uuid))
    change_record(crew, "ships", ids["Cog"], owner=str(sailor.member.uuid))
    for sent, left in (([ids["Cog"]], ["Argo", "Cog"]), ([], ["Argo"]), (None, ["Argo"])):
        change_record(crew, "people", ids["Ann"], visited=[ids["Argo"], ids["Brig"]])
        assert linked(sailor, "people", ids["Ann"], "visited") == ["Brig"]
        change_record(sailor, "people", ids["Ann"], visited=sent)
        assert sorted(linked(crew, "people", ids["Ann"], "visited")) == left
    change_record(crew, "people", ids["Ann"], visited=[ids["Argo"], ids["Brig"]])
    save(sailor, "people", Mode.REPLACE, ids["Ann"], name="Ann")
    assert linked(crew, "people", ids["Ann"], "visited") == ["Argo"]


def test_a_required_link_cannot_be_taken_away_from_the_far_side(crew: Caller, ids: Ids) -> None:
    make_relation(crew, "people", "Home", "ships", "primary", "Dwellers", is_required=True)
    change_record(crew, "people", ids["Ann"], home=ids["Argo"])
    error = refusal(change_record, crew, "ships", ids["Argo"], name="Argo", dwellers=[])
    assert problems(error) == [(1, "", "value", "required")]
    assert getattr(error, "size", None) == 2
    assert linked(crew, "ships", ids["Argo"], "dwellers") == ["Ann"]


def test_two_records_of_a_batch_may_both_name_one_record_from_the_far_side(
    crew: Caller, ids: Ids
) -> None:
    sent = [
        SaveRequest(Mode.UPDATE, ids[ship], entries=entries({"visitors": [ids["Ann"]]}))
        for ship in ("Argo", "Cog")
    ]
    write_all(crew, "ships", *sent)
    assert linked(crew, "people", ids["Ann"], "visited") == ["Argo", "Cog"]
    assert differences(crew) == []


def test_later_requests_of_a_batch_see_the_links_of_earlier_ones(crew: Caller, ids: Ids) -> None:
    sent = [
        SaveRequest(Mode.UPDATE, ids["Argo"], entries=entries({"crew": [ids[who]]}))
        for who in ("Ann", "Bob")
    ]
    write_all(crew, "ships", *sent)
    assert linked(crew, "ships", ids["Argo"], "crew") == ["Bob"]
    assert differences(crew) == []


def test_more_links_than_are_shown_are_counted(crew: Caller, ids: Ids) -> None:
    made = [
        SaveRequest(Mode.CREATE, entries=entries({"name": f"P{at:03}", "ship": ids["Argo"]}))
        for at in range(120)
    ]
    write_all(crew, "people", *made)
    ship = view(crew, "ships", ids["Argo"])
    crew_field = ship.schema.by_name["crew"]
    assert (len(ship.values[crew_field.id]), ship.totals[crew_field.id]) == (100, 120)
    people = [item["id"] for item in ship.values[crew_field.id]]
    change_record(crew, "ships", ids["Brig"], visitors=people)
    made = [SaveRequest(Mode.CREATE, entries=entries({"name": f"S{at:03}"})) for at in range(120)]
    ships = [outcome.record.uuid for outcome in write_all(crew, "ships", *made)]  # type: ignore[union-attr]
    change_record(crew, "people", ids["Ann"], visited=ships)
    ann = view(crew, "people", ids["Ann"])
    visited = ann.schema.by_name["visited"]
    assert (len(ann.values[visited.id]), ann.totals[visited.id]) == (100, 120)
    assert len(values_of(crew, ids["Ann"], visited.uuid)) == 120


def test_a_full_update_keeps_a_single_link_that_is_out_of_sight_unless_it_is_listed(
    crew: Caller, ids: Ids
) -> None:
    caller = make_member(
        crew,
        "crew@example.com",
        {"people": {"view": "all", "edit": "all"}, "ships": {"view": "own"}},
    )
    for sent, kept in (({}, "Argo"), ({"ship": None}, None)):
        change_record(
            crew, "people", ids["Ann"], ship=ids["Argo"], command=ids["Argo"], boss=ids["Bob"]
        )
        save(caller, "people", Mode.REPLACE, ids["Ann"], name="Ann", **sent)
        shown = read(crew, "people", ids["Ann"])
        assert (names(shown.get("ship")), names(shown.get("command")), shown.get("boss")) == (
            kept,
            "Argo",
            None,
        )
    archive(crew, "ships", ids["Argo"])
    save(crew, "people", Mode.REPLACE, ids["Ann"], name="Ann")
    unarchive(crew, "ships", ids["Argo"])
    assert linked(crew, "people", ids["Ann"], "command") == "Argo"
    assert differences(crew) == []


@pytest.mark.parametrize(
    ("field", "last"), [("visitors", "unchanged"), ("crew", "updated"), ("captain", "updated")]
)
def test_requests_of_a_batch_see_the_links_that_those_before_them_took(
    crew: Caller, ids: Ids, field: str, last: str
) -> None:
    """A person has one ship, commands one, and may have visited many."""
    to_ann = ids["Ann"] if field == "captain" else [ids["Ann"]]
    done = write_all(
        crew,
        "ships",
        *(
            SaveRequest(Mode.UPDATE, ids[ship], entries=entries({field: to_ann}))
            for ship in ("Argo", "Brig", "Argo")
        ),
    )
    assert [getattr(each, "action", each) for each in done] == ["updated", "updated", last]
    assert names(read(crew, "ships", ids["Argo"])[field]) in ("Ann", ["Ann"])
    assert (field in read(crew, "ships", ids["Brig"])) == (field == "visitors")
    assert differences(crew) == []


def test_links_of_a_record_made_in_the_batch_are_replaced_in_it(crew: Caller, ids: Ids) -> None:
    key = ExternalKey("", "new")
    done = write_all(
        crew,
        "people",
        *(
            SaveRequest(
                Mode.UPSERT, external=key, entries=entries({"name": "New", "visited": [ids[ship]]})
            )
            for ship in ("Argo", "Brig")
        ),
    )
    assert [getattr(each, "action", each) for each in done] == ["created", "updated"]
    made = done[1]
    assert isinstance(made, SaveResult)
    assert linked(crew, "people", made.record.uuid, "visited") == ["Brig"]


def test_a_list_that_becomes_empty_is_blank(crew: Caller, ids: Ids) -> None:
    change_record(crew, "people", ids["Ann"], visited=[ids["Argo"]])
    change_list(crew, "people", ids["Ann"], "visited", remove=[ids["Argo"]])
    row = Record.objects.get(workspace=crew.workspace, uuid=ids["Ann"])
    assert str(crew.schema("people").by_name["visited"].id) not in row.values
    assert history(crew, "people", ids["Ann"])[0].changes[0].new is None


def test_a_list_holds_so_many_links_however_they_are_added(
    crew: Caller, ids: Ids, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "MAX_LINKS", 2)
    change_record(crew, "people", ids["Ann"], visited=[ids["Argo"], ids["Brig"]])
    error = refusal(change_list, crew, "people", ids["Ann"], "visited", add=[ids["Cog"]])
    assert [found[2:] for found in problems(error)] == [("value", "limit_exceeded")]


@pytest.mark.parametrize(("number", "codes"), [(10_000, []), (10_001, ["limit_exceeded"])])
def test_a_list_holds_ten_thousand_links(crew: Caller, number: int, codes: list[str]) -> None:
    schema, found = crew.schema("people"), Parsed()
    change = Change(schema.by_name["visited"], 0, add=(0,))
    held = LinkChanges(crew.author, schema).kept(change, None, range(number), found)
    assert held == list(range(number))
    assert [problem.code for entry in found.problems for problem in entry.problems] == codes


@pytest.mark.parametrize("field", ["crew", "visitors"])
def test_a_request_of_a_batch_may_give_back_the_links_that_one_before_it_took(
    crew: Caller, ids: Ids, field: str
) -> None:
    """Each request names all the people that are to be linked."""
    write_all(
        crew,
        "ships",
        *(
            SaveRequest(
                Mode.UPDATE, ids["Argo"], entries=entries({field: [ids[one] for one in who]})
            )
            for who in (["Ann"], ["Bob"], ["Ann", "Bob"])
        ),
    )
    assert linked(crew, "ships", ids["Argo"], field) == ["Ann", "Bob"]
    assert differences(crew) == []


def test_links_are_taken_before_they_are_given_whatever_else_a_record_loses(
    crew: Caller, ids: Ids
) -> None:
    change_record(crew, "ships", ids["Argo"], captain=ids["Bob"], visitors=[ids["Ann"]])
    change_record(crew, "ships", ids["Argo"], captain=ids["Ann"], visitors=[])
    ship = read(crew, "ships", ids["Argo"])
    assert (names(ship["captain"]), "visitors" in ship) == ("Ann", False)
    assert differences(crew) == []


def test_links_that_were_taken_away_stay_so_though_the_record_is_archived_at_once(
    crew: Caller, ids: Ids
) -> None:
    change_record(crew, "people", ids["Ann"], visited=[ids["Argo"], ids["Brig"]])
    write_all(
        crew,
        "ships",
        SaveRequest(Mode.UPDATE, ids["Argo"], entries=entries({"visitors": []})),
        SaveRequest(Mode.ARCHIVE, ids["Argo"]),
    )
    unarchive(crew, "ships", ids["Argo"])
    assert linked(crew, "people", ids["Ann"], "visited") == ["Brig"]
    assert differences(crew) == []


@pytest.fixture
def sailor(crew: Caller, ids: Ids) -> Caller:
    """Sees of the ships only the Brig."""
    grants = {"people": {"view": "all", "edit": "all"}, "ships": {"view": "own"}}
    sailor = make_member(crew, "sailor@example.com", grants)
    change_record(crew, "ships", ids["Brig"], owner=str(sailor.member.uuid))
    return sailor


def test_a_replacement_spares_no_link_that_its_caller_sees(
    crew: Caller, sailor: Caller, ids: Ids
) -> None:
    for who, ship in (("Ann", "Argo"), ("Bob", "Brig")):
        change_record(crew, "people", ids[who], ship=ids[ship])
    write_all(
        sailor,
        "people",
        *(
            SaveRequest(Mode.REPLACE, ids[who], entries=entries({"name": who}))
            for who in ("Ann", "Bob")
        ),
    )
    assert linked(crew, "people", ids["Ann"], "ship") == "Argo"
    assert "ship" not in read(crew, "people", ids["Bob"])


def test_a_link_out_of_sight_that_is_given_is_held_once(
    crew: Caller, sailor: Caller, ids: Ids
) -> None:
    """Undoing gives the values there were, those that its author does not see included."""
    schema = crew.schema("people")
    visited = schema.by_name["visited"]
    rows = Record.objects.filter(workspace=crew.workspace)
    argo, brig, cog = (rows.get(uuid=ids[name]).pk for name in ("Argo", "Brig", "Cog"))
    held = RecordRow(1, ids["Ann"], {str(visited.id): [argo, brig, cog]})
    change = Change(visited, 0, [cog])
    changes = LinkChanges(sailor.author, schema)
    changes.load([held], [Parsed(changes={visited.id: change})], replacing=False)
    assert changes.kept(change, [argo, brig, cog], [cog], Parsed()) == [cog, argo]


UNSEEN = "SELECT r.id FROM records_record r WHERE r.workspace_id = %s AND r.state = 'active'"


@pytest.mark.parametrize(
    ("sent", "reads"), [({"name": "Anna"}, 0), ({"ship": None}, 0), ({"visited": []}, 1)]
)
def test_what_is_out_of_sight_is_read_only_where_it_could_be_lost(
    crew: Caller, ids: Ids, sent: dict[str, Any], reads: int
) -> None:
    change_record(
        crew, "people", ids["Ann"], ship=ids["Argo"], visited=[ids["Argo"]], command=ids["Cog"]
    )
    with statements() as seen:
        change_record(crew, "people", ids["Ann"], **sent)
    assert sum(sql.startswith(UNSEEN) for sql in seen) == reads


def test_a_relationship_that_was_deleted_in_the_meantime_is_a_conflict(
    crew: Caller, ids: Ids
) -> None:
    outdated = crew.schema("ships")
    change = Change(outdated.by_name["crew"], 0, [1])
    delete_field(crew.author, crew.schema("people").by_name["ship"].id)
    changes = LinkChanges(crew.author, outdated)
    row = RecordRow(1, ids["Argo"], {})
    error = refusal(changes.collect, row, Parsed(changes={change.field.id: change}), 0)
    assert (type(error), error.code) == (Conflict, "conflict")


def test_a_request_that_meets_a_deleted_relationship_renames_nothing(
    crew: Caller, ids: Ids
) -> None:
    archive(crew, "ships", ids["Argo"])
    outdated = crew.schema("ships")
    delete_field(crew.author, crew.schema("people").by_name["ship"].id)
    sent = entries({"name": "Argo", "visitors": [ids["Ann"]], "crew": [ids["Bob"]]})
    request = SaveRequest(Mode.UPDATE, ids["Brig"], entries=sent, archived_conflict="overwrite")

    # As a part of another batch, whose definitions are not compared again.
    batch = Batch(crew.author, outdated, [request], follows=True)

    assert [type(outcome) for outcome in batch.run()] == [Conflict]
    assert Record.objects.get(workspace=crew.workspace, uuid=ids["Argo"]).display_name == "Argo"
    assert linked(crew, "people", ids["Ann"], "visited") in (None, [])
    assert differences(crew) == []
