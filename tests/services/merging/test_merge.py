"""Merging records: what the survivor has, what leads to it, and that undoing restores everything."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import (
    Conflict,
    InvalidInput,
    InvalidValues,
    NotAllowed,
    NotFound,
    PreconditionFailed,
)
from records.models import Attachment, Record
from records.services.reading.record_views import get_record
from records.services.storage import ExternalKey
from records.services.undoing.field_restoring import Then, restore_fields
from records.services.writing.save_requests import Attributes, Mode, SaveRequest
from tests.factories import Caller, archive, entries, make_member, make_record
from tests.services.acting import (
    differences,
    found,
    history,
    read,
    refusal,
    unarchive,
    upsert,
    write,
)
from tests.services.undoing.acting import undo

from .acting import (
    change,
    companions,
    key_of,
    make_people,
    merge,
    merged_into,
    person,
    put_beside,
    world,
)

ALL = {"create": True, "view": "all", "edit": "all", "remove": "all"}


@pytest.fixture
def people(workspace: Caller) -> Caller:
    return make_people(workspace)


# ---------------------------------------------------------------- what is merged


def test_a_blank_field_is_filled_and_a_list_united(people: Caller) -> None:
    into = person(people, "Ann", age=5, labels=["x"])
    first = person(people, "Anne", age=6, phone="+12015550123", labels=["y", "x"])
    second = person(people, "An", phone="+33142685300", note="Hello")
    result, _ = merge(people, into, first, second)
    values = read(people, "persons", into)
    assert result.action == "merged"
    assert (values["name"], values["age"]) == ("Ann", 5)
    assert values["phone"] == "+12015550123"
    assert values["note"] == "Hello"
    assert sorted(map(str, result.record.values)) == sorted(result.record.values)
    assert [tag["name"] for tag in values["labels"]] == ["x", "y"]
    assert [merged_into(each) for each in (first, second)] == [into, into]
    assert not differences(people)


def test_links_files_and_all_that_stands_beside_move_and_come_back(people: Caller) -> None:
    into, loser, other = (person(people, name) for name in ("Ann", "Anne", "Bob"))
    change(people, "persons", into, boss=loser, friends=[loser, other])
    change(people, "persons", loser, boss=into, friends=[into])
    change(people, "persons", other, boss=loser, friends=[loser, into])
    company = make_record(people, "companies", name="C", contacts=[loser], founder=loser).record
    gone = make_record(people, "companies", name="D", contacts=[loser, into], founder=loser).record
    archive(people, "companies", gone.uuid)
    car = make_record(people, "cars", name="Car", driver=loser).record
    for uuid, mark in ((into, "one"), (loser, "two")):
        put_beside(people, uuid, mark)
    papers = Attachment.objects.get(workspace=people.workspace, name="two.txt")
    change(people, "persons", loser, papers=[str(papers.uuid)])
    before = world(people)
    _, operation = merge(people, into, loser)
    survivor = key_of(into)
    schema = people.schema("companies")
    for uuid in (company.uuid, gone.uuid):
        row = Record.objects.get(uuid=uuid)
        assert row.values[str(schema.by_name["contacts"].id)] == [survivor]
        assert row.values[str(schema.by_name["founder"].id)] == survivor
    assert read(people, "cars", car.uuid)["driver"]["id"] == into
    persons = people.schema("persons")
    own = Record.objects.get(uuid=into).values
    assert str(persons.by_name["boss"].id) not in own
    assert own[str(persons.by_name["friends"].id)] == [key_of(other)]
    assert own[str(persons.by_name["papers"].id)] == [papers.pk]
    theirs = Record.objects.get(uuid=other).values
    assert theirs[str(persons.by_name["boss"].id)] == survivor
    assert theirs[str(persons.by_name["friends"].id)] == [survivor]
    names = companions(people)["name"]
    assert names == {
        (name, survivor) for name in ("one.txt", "two.txt", "same.txt", "same (2).txt")
    }
    assert not differences(people)
    after = world(people)
    undone, redo = undo(people, operation)
    assert not undone.left
    assert world(people) == before
    assert not differences(people)
    again, last = undo(people, redo)
    assert not again.left
    assert world(people) == after
    assert not differences(people)
    assert not undo(people, last)[0].left
    assert world(people) == before


def test_unique_values_and_external_ids_pass_on_and_back(people: Caller) -> None:
    into = person(people, "Ann")
    loser = person(people, "Anne", "7", mail="ann@example.com")
    before = world(people)
    _, operation = merge(people, into, loser)
    row = Record.objects.get(uuid=into)
    assert (row.external_source, row.external_id) == ("crm", "7")
    assert read(people, "persons", into)["mail"] == "ann@example.com"
    after = world(people)
    assert not differences(people)
    undone, redo = undo(people, operation)
    assert not undone.left
    assert world(people) == before
    assert not undo(people, redo)[0].left
    assert world(people) == after
    assert not differences(people)


# ---------------------------------------------------------------- where ids lead


def test_writes_to_a_former_id_reach_the_survivor(people: Caller) -> None:
    into = person(people, "Ann", "1", mail="ann@example.com")
    loser = person(people, "Anne", "2", mail="anne@example.com")
    merge(people, into, loser)
    assert change(people, "persons", loser, age=1).record.uuid == into
    for request in (
        SaveRequest(
            Mode.UPSERT,
            external=ExternalKey("crm", "2"),
            entries=entries({"age": 2}),
        ),
        SaveRequest(
            Mode.UPDATE,
            external=ExternalKey("crm", "2"),
            entries=entries({"age": 3}),
        ),
        SaveRequest(
            Mode.UPDATE,
            loser,
            external=ExternalKey("crm", "2"),
            entries=entries({"age": 4}),
        ),
    ):
        result = write(people, "persons", request)
        assert (result.record.uuid, result.action) == (into, "updated")
    done = upsert(people, "persons", "Anne@example.com", {"age": 5}, match_field="mail")
    assert (done.record.uuid, done.action) == (into, "updated")
    sent = {"age": 6, "mail": "anne@example.com"}
    done = upsert(people, "persons", "anne@example.com", sent, match_field="mail")
    assert (done.record.uuid, done.action) == (into, "updated")
    row = Record.objects.get(uuid=into)
    assert (row.external_id, read(people, "persons", into)["mail"]) == ("1", "ann@example.com")
    kept = Record.objects.filter(workspace=people.workspace, object_id=row.object_id)
    assert kept.count() == 2
    assert not differences(people)


def test_a_former_external_id_is_no_name_for_another_record(people: Caller) -> None:
    into, loser = person(people, "Ann", "1"), person(people, "Anne", "2")
    merge(people, into, loser)
    other = person(people, "Other")
    named = Attributes(external=ExternalKey("crm", "2"))
    for request in (
        SaveRequest(Mode.UPDATE, other, attributes=named),
        SaveRequest(Mode.CREATE, entries=entries({"name": "New"}), attributes=named),
    ):
        error = refusal(write, people, "persons", request)
        assert (type(error), error.code) == (Conflict, "already_exists")
    write(people, "persons", SaveRequest(Mode.UPDATE, into, attributes=named))
    assert Record.objects.get(uuid=into).external_id == "2"
    archive(people, "persons", into)
    # Archived, neither blocks its external id.
    write(people, "persons", SaveRequest(Mode.UPDATE, other, attributes=named))
    assert not differences(people)


def test_fields_of_a_merged_record_are_not_restored(people: Caller) -> None:
    into, loser = person(people, "Ann", age=1), person(people, "Anne", age=2)
    merge(people, into, loser)
    schema = people.schema("persons")
    error = refusal(restore_fields, people.author, schema, loser, Then(version=1))
    assert error.code == "merged"
    assert read(people, "persons", into)["age"] == 1


def test_a_survivor_takes_the_unique_value_of_what_was_merged_into_it(people: Caller) -> None:
    into = person(people, "Ann", mail="ann@example.com")
    loser = person(people, "Anne", mail="anne@example.com")
    merge(people, into, loser)
    error = refusal(make_record, people, "persons", name="N", mail="anne@example.com")
    assert isinstance(error, InvalidValues)
    assert change(people, "persons", into, mail="anne@example.com").record.uuid == into
    assert read(people, "persons", into)["mail"] == "anne@example.com"
    assert not differences(people)


def add(caller: Caller, on_archived: str | None = None, **values: Any) -> Any:
    request = SaveRequest(Mode.CREATE, entries=entries(values), on_archived=on_archived)
    return write(caller, "persons", request)


def test_the_names_of_what_was_merged_are_those_of_an_archived_survivor(people: Caller) -> None:
    into, loser = person(people, "Ann"), person(people, "Anne")
    merge(people, into, loser)
    assert "merged into" in refusal(add, people, "overwrite", name="Anne").detail
    archive(people, "persons", into)
    error = refusal(add, people, name="Anne")
    assert isinstance(error, InvalidValues)
    assert (error.code, error.archived_id) == ("archived_conflict", into)
    back = add(people, "unarchive", name="Anne", age=5)
    assert (back.record.uuid, back.action) == (into, "unarchived")
    values = read(people, "persons", into)
    assert (values["name"], values["age"]) == ("Ann", 5)
    archive(people, "persons", into)
    made = add(people, "overwrite", name="Anne")
    assert made.record.uuid not in (into, loser)
    assert not differences(people)


@pytest.mark.parametrize("on_archived", ["overwrite", "unarchive"])
def test_of_a_survivor_in_the_trash_the_names_can_be_taken(
    people: Caller, on_archived: str
) -> None:
    into, loser = person(people, "Ann"), person(people, "Anne")
    merge(people, into, loser)
    write(people, "persons", SaveRequest(Mode.TRASH, into))
    if on_archived == "overwrite":
        assert add(people, on_archived, name="Anne").action == "created"
    else:
        assert refusal(add, people, on_archived, name="Anne").code == "archived_conflict"
    assert not differences(people)


def test_what_was_merged_is_deleted_for_good_with_its_survivor(people: Caller) -> None:
    first, second, third = (person(people, n, mail=f"{n}@e.com") for n in ("one", "two", "three"))
    stays = person(people, "four")
    put_beside(people, first, "first")
    merge(people, second, first)
    _, operation = merge(people, third, second)
    write(people, "persons", SaveRequest(Mode.DELETE_PERMANENTLY, third))
    assert [str(row.uuid) for row in Record.objects.all()] == [stays]
    for name in ("one", "two", "three"):
        assert add(people, name=name, mail=f"{name}@e.com").action == "created"
    assert undo(people, operation)[0].records == 0
    assert not differences(people)


def test_what_was_merged_is_brought_back_by_undo_alone(people: Caller) -> None:
    into, loser = person(people, "Ann"), person(people, "Anne")
    merge(people, into, loser)
    error = refusal(unarchive, people, "persons", loser)
    assert (type(error), error.code) == (Conflict, "merged")
    assert "undo" in error.detail
    assert isinstance(refusal(archive, people, "persons", loser), NotFound)
    assert get_record(people.author, people.schema("persons"), into, ()).row.state == "active"


def test_the_history_of_both_tells_of_the_merge(people: Caller) -> None:
    into, loser = person(people, "Ann"), person(people, "Anne")
    company = make_record(people, "companies", name="C", founder=loser).record.uuid
    merge(people, into, loser)
    assert history(people, "persons", into)[0].action == "merged"
    assert history(people, "persons", loser)[0].action == "archived"
    assert history(people, "companies", company)[0].action == "relinked"
    assert (
        len(
            {
                history(people, *of)[0].operation_id
                for of in (("persons", into), ("persons", loser), ("companies", company))
            }
        )
        == 1
    )


def test_searches_find_the_survivor_alone(people: Caller) -> None:
    into, loser = person(people, "Ann"), person(people, "Anne")
    merge(people, into, loser)
    assert found(people, "persons") == ["Ann"]


# ---------------------------------------------------------------- what is refused


def test_everything_that_is_wrong_is_told_at_its_place(people: Caller) -> None:
    into, loser = person(people, "Ann"), person(people, "Anne")
    error = refusal(
        merge,
        people,
        into,
        loser,
        rules={
            "nme": "from",
            "age": "union",
            "born": "longest",
            "phone": "sideways",
            "colour": {"vale": 1},
            "price": {"value": "dear"},
            "created": "from",
            "note": 5,
            "staff": "from",
        },
    )
    assert isinstance(error, InvalidValues)
    assert {problem.message.split(":")[0] for problem in error.general} == {
        f"rules.{name}"
        for name in (
            *("nme", "age", "born", "phone", "colour", "price", "created", "note", "staff"),
        )
    }
    assert merged_into(loser) is None


INTO, FROM, NONE = "into", "from", "01920000-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("to", "named", "kind", "words"),
    [
        (INTO, [], InvalidInput, "from: name at least one"),
        (INTO, [FROM] * 101, InvalidInput, "from: at most 100"),
        (INTO, [INTO], InvalidValues, "from[0]: a record cannot be"),
        (INTO, [FROM, FROM], InvalidValues, "from[1]: the record is listed twice"),
        (INTO, [FROM, "x"], NotFound, "from[1]: there is no record 'x'"),
        (NONE, [FROM, "x"], NotFound, "into: there is no record"),
    ],
)
def test_what_is_no_merge_is_refused(
    people: Caller, to: str, named: list[str], kind: type, words: str
) -> None:
    made = {INTO: person(people, "Ann"), FROM: person(people, "Anne")}
    to, *merged = (made.get(each, each) for each in (to, *named))
    error = refusal(merge, people, to, *merged)
    assert type(error) is kind
    assert words in error.detail


def test_records_must_be_live_and_at_their_version(people: Caller) -> None:
    into, loser, third = (person(people, name) for name in ("A", "B", "C"))
    error = refusal(merge, people, into, loser, versions={loser: 9})
    assert isinstance(error, PreconditionFailed)
    assert loser in error.detail
    assert isinstance(refusal(merge, people, into, loser, versions={third: 1}), InvalidValues)
    merge(people, into, loser, versions={loser: 1, into: 1})
    error = refusal(merge, people, loser, third)
    assert (type(error), error.code, "into:" in error.detail) == (Conflict, "merged", True)
    error = refusal(merge, people, third, loser, into)
    assert (type(error), error.code, "from[0]:" in error.detail) == (Conflict, "merged", True)
    archive(people, "persons", third)
    error = refusal(merge, people, into, third)
    assert ("archived" in error.detail, error.code) == (True, "conflict")
    fourth = person(people, "D")
    write(people, "persons", SaveRequest(Mode.CANCEL, fourth))
    assert "cancelled" in refusal(merge, people, fourth, into).detail
    merge(people, into, fourth)


def test_rights_to_edit_and_to_archive_are_needed_where_they_apply(people: Caller) -> None:
    editor = make_member(people, "e@example.com", {"persons": ALL | {"remove": "own"}})
    remover = make_member(people, "r@example.com", {"persons": ALL | {"edit": "own"}})
    own = make_member(people, "o@example.com", {"persons": ALL | {"view": "own"}})
    into, loser = person(people, "Ann"), person(people, "Anne")
    error = refusal(merge, editor, into, loser)
    assert (type(error), error.detail) == (
        NotAllowed,
        "from[0]: you may not archive this record.",
    )
    assert refusal(merge, remover, into, loser).detail == "into: you may not edit this record."
    mine = make_record(own, "persons", name="Mine").record.uuid
    error = refusal(merge, own, mine, loser)
    assert (type(error), "from[0]" in error.detail) == (NotFound, True)
    merge(remover, make_record(remover, "persons", name="R").record.uuid, loser)


def test_a_role_changes_no_field_that_it_may_not_write(people: Caller) -> None:
    clerk = make_member(
        people,
        "c@example.com",
        {"persons": ALL},
        hidden=[("persons", "phone")],
        locked=[("persons", "age")],
    )
    into, loser = (
        person(people, "Ann"),
        person(people, "Anne", age=6, phone="+12015550123", note="n"),
    )
    company = make_record(people, "companies", name="C", founder=loser).record.uuid
    before = world(people)
    error = refusal(merge, clerk, into, loser, rules={"age": "from", "phone": "from"})
    assert isinstance(error, InvalidValues)
    assert [problem.code for problem in error.general] == ["permission_required", "does_not_exist"]
    _, operation = merge(clerk, into, loser)
    values = read(people, "persons", into)
    assert ("age" in values, "phone" in values, values["note"]) == (False, False, "n")
    # The system points links at the survivor, and back, whoever merges.
    assert read(people, "companies", company)["founder"]["id"] == into
    undone, _ = undo(clerk, operation)
    assert not undone.left
    assert world(people) == before


def test_a_member_goes_with_the_record(people: Caller) -> None:
    into, loser = person(people, "Ann"), person(people, "Anne")
    mine = Attributes(member_id=people.member.pk)
    write(people, "persons", SaveRequest(Mode.UPDATE, loser, attributes=mine))
    merge(people, into, loser)
    assert Record.objects.get(uuid=into).member_id == people.member.pk
