"""What each action does to a record in each state, by its id and by external id; cancelling, the
trash, and back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from records.exceptions import Conflict, InvalidValues, NotAllowed, NotFound, PreconditionFailed
from records.models import Field, Record
from records.services.catalogue.versions import touch
from records.services.operations.lifecycle import (
    cancel_record,
    delete_permanently,
    patch_record,
    restore_record,
    trash_record,
    upsert_record,
)
from records.services.operations.purging import purge_record, purge_trash
from records.services.reading.field_selection import select_fields
from records.services.reading.record_address import (
    Address,
    address,
    external_key,
    get_remaining,
)
from records.services.reading.record_views import (
    RecordView,
)
from records.services.reading.trash import list_trash
from records.services.shaping.changes import update_field
from records.services.storage.rows import ExternalKey
from records.services.writing.save_requests import (
    Attributes,
    Mode,
    SaveRequest,
    SaveResult,
)
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    change_record,
    entries,
    make_field,
    make_member,
    make_object,
    make_record,
    make_relation,
)
from tests.services.acting import (
    differences,
    found,
    history,
    invalid_at,
    outcome,
    read,
    refusal,
    save,
    unarchive,
    upsert,
    values_of,
    view,
    write,
    write_all,
)
from tests.services.merging.acting import merge

KEY = ExternalKey("crm", "A-1")
BY_KEY = Address(None, KEY)


@pytest.fixture
def tickets(workspace: Caller) -> Caller:
    """Tickets, which have no identifier: another system names them."""
    make_object(workspace, "Tickets", FieldDefinition("Text", "text"), identifier_field=None)
    return workspace


@pytest.fixture
def people(workspace: Caller) -> Caller:
    """People with a name, a unique code, and a friend each."""
    make_object(workspace, "People", FieldDefinition("Code", "text", is_unique=True))
    make_relation(workspace, "people", "Friend", "people", "one_to_one", "Friend of")
    make_relation(
        workspace, "people", "Knows", "people", "additional", "Known by", is_required=False
    )
    return workspace


def put(
    caller: Caller, where: Address | None = BY_KEY, name: str = "tickets", **more: Any
) -> SaveResult:
    sent = more.pop("sent", {"text": "new"})
    return upsert_record(caller.author, caller.schema(name), where, entries(sent), **more)


def get(caller: Caller, where: Address) -> RecordView:
    schema = caller.schema("tickets")
    return get_remaining(caller.author, schema, where, select_fields(caller.author, schema))


def patch(caller: Caller, where: Address, **more: Any) -> SaveResult:
    return patch_record(
        caller.author, caller.schema("tickets"), where, entries({"text": "patched"}), **more
    )


def cancel(caller: Caller, where: Address, name: str = "tickets") -> SaveResult:
    return cancel_record(caller.author, caller.schema(name), where)


def trash(caller: Caller, where: Address, name: str = "tickets") -> SaveResult:
    return trash_record(caller.author, caller.schema(name), where)


def restore(caller: Caller, uuid: str, name: str = "people") -> SaveResult:
    return restore_record(caller.author, caller.schema(name), uuid)


def erase(caller: Caller, where: Address, name: str = "people") -> SaveResult:
    return delete_permanently(caller.author, caller.schema(name), where)


STATES: dict[str, Callable[[Caller, Address], object] | None] = {
    "live": None,
    "cancelled": cancel,
    "archived": lambda caller, where: archive(caller, "tickets", str(where.uuid)),
    "deleted": trash,
}
ACTIONS: dict[str, Callable[[Caller, Address], object]] = {
    "get": get,
    "upsert": put,
    "patch": patch,
    "cancel": cancel,
    "delete": trash,
}
# action, addressed by: what becomes of it when the record is live, cancelled, archived, deleted
TABLE = [
    ("get", "either", "seen", "seen", "seen", NotFound),
    ("upsert", "external", "updated", Conflict, "created", "created"),
    ("upsert", "id", "updated", Conflict, Conflict, NotFound),
    ("patch", "external", "updated", Conflict, NotFound, NotFound),
    ("patch", "id", "updated", Conflict, Conflict, NotFound),
    ("cancel", "either", "cancelled", "unchanged", "cancelled", NotFound),
    ("delete", "either", "trashed", "trashed", Conflict, NotFound),
]
ROWS = [
    pytest.param(action, by, state, expected, id=f"{action}-{by}-{state}")
    for action, named, *outcomes in TABLE
    for by in (("id", "external") if named == "either" else (named,))
    for state, expected in zip(STATES, outcomes, strict=True)
]


@pytest.mark.parametrize(("action", "by", "state", "expected"), ROWS)
def test_the_table_of_states(
    tickets: Caller, action: str, by: str, state: str, expected: Any
) -> None:
    made = put(tickets, sent={"text": "old"}).record
    bring = STATES[state]
    if bring is not None:
        bring(tickets, address(made.uuid))
    before = Record.objects.get(workspace=tickets.workspace, uuid=made.uuid)
    where = address(made.uuid) if by == "id" else BY_KEY

    if isinstance(expected, type):
        assert isinstance(refusal(ACTIONS[action], tickets, where), expected)
        done: Any = None
    else:
        done = ACTIONS[action](tickets, where)
        assert (done.action if isinstance(done, SaveResult) else "seen") == expected

    after = Record.objects.get(workspace=tickets.workspace, uuid=made.uuid)
    if expected in ("updated", "cancelled", "trashed"):
        assert (done.record.uuid, after.version) == (made.uuid, before.version + 1)
    else:
        assert (after.version, after.values, after.state) == (
            before.version,
            before.values,
            before.state,
        )
    if expected == "created":
        assert done.record.uuid != made.uuid
        assert get(tickets, BY_KEY).uuid == done.record.uuid
    if expected == "cancelled":
        assert (after.state, after.cancelled_at is None) == (before.state, False)
    assert differences(tickets) == []


# ---------------------------------------------------------------- external ids


def test_an_external_id_means_one_record_in_each_object_and_source(tickets: Caller) -> None:
    first = put(tickets)
    again = put(tickets, sent={"text": "other"})
    elsewhere = put(tickets, Address(None, ExternalKey("", "A-1")))
    make_object(tickets, "Notes", identifier_field=None)
    assert [first.action, again.action, elsewhere.action] == ["created", "updated", "created"]
    assert first.record.uuid == again.record.uuid != elsewhere.record.uuid
    assert put(tickets, BY_KEY, "notes", sent={}).action == "created"
    stored = Record.objects.get(workspace=tickets.workspace, uuid=first.record.uuid)
    assert (stored.external_source, stored.external_id) == ("crm", "A-1")
    assert put(tickets, sent={"text": "other"}).action == "unchanged"


def test_an_upsert_replaces_or_merges(tickets: Caller) -> None:
    make_field(tickets, "tickets", "More", "text")
    uuid = put(tickets, sent={"text": "a", "more": "b"}).record.uuid
    put(tickets, sent={"more": "c"}, replaces=False)
    assert {"text": "a", "more": "c"}.items() <= read(tickets, "tickets", uuid).items()
    put(tickets, sent={"more": "d"})
    assert "text" not in read(tickets, "tickets", uuid)


def test_creating_with_an_external_id_that_is_held_is_refused(tickets: Caller) -> None:
    make_member(tickets, "blind@example.com", {"tickets": {"create": True, "view": "own"}})
    uuid = put(tickets).record.uuid
    create = SaveRequest(Mode.CREATE, attributes=Attributes(external=KEY))
    error = refusal(write, tickets, "tickets", create)
    assert isinstance(error, Conflict)
    assert error.code == "already_exists"
    archive(tickets, "tickets", uuid)
    assert write(tickets, "tickets", create).action == "created"
    error = refusal(unarchive, tickets, "tickets", uuid)
    assert isinstance(error, InvalidValues)
    assert error.code == "unique"
    assert differences(tickets) == []


def test_who_may_not_see_the_holder_of_an_external_id_is_told_that_it_is_taken(
    tickets: Caller,
) -> None:
    blind = make_member(tickets, "blind@example.com", {"tickets": {"create": True, "view": "own"}})
    seeing = make_member(
        tickets, "seeing@example.com", {"tickets": {"create": True, "view": "all"}}
    )
    put(tickets)
    assert refusal(put, blind).code == "already_exists"
    assert isinstance(refusal(put, seeing), NotAllowed)


def test_external_ids_pass_from_record_to_record_within_a_batch(tickets: Caller) -> None:
    first = put(tickets).record.uuid
    second = put(tickets, Address(None, ExternalKey("", "B"))).record.uuid
    swapped = write_all(
        tickets,
        "tickets",
        SaveRequest(Mode.UPDATE, first, attributes=Attributes(external=None)),
        SaveRequest(Mode.UPDATE, second, attributes=Attributes(external=KEY)),
        SaveRequest(Mode.UPDATE, first, attributes=Attributes(external=ExternalKey("", "B"))),
        SaveRequest(Mode.UPSERT, external=KEY, entries=entries({"text": "second"})),
        SaveRequest(Mode.TRASH, external=KEY),
        SaveRequest(Mode.UPSERT, external=KEY, entries=entries({"text": "third"})),
        SaveRequest(Mode.RESTORE, second),
    )
    actions = [done.action if isinstance(done, SaveResult) else done.code for done in swapped]
    assert actions == [
        "updated",
        "updated",
        "updated",
        "updated",
        "trashed",
        "created",
        "already_exists",
    ]
    assert differences(tickets) == []
    assert sorted(found(tickets, "tickets")) == ["new", "third"]


def test_an_external_id_alone_is_a_change_of_its_own(tickets: Caller) -> None:
    made = put(tickets, None)
    done = put(
        tickets,
        address(made.record.uuid),
        attributes=Attributes(external=KEY, assignment_task_id=7),
    )
    assert (done.action, done.record.version, done.changed) == ("updated", 2, frozenset())
    same = put(
        tickets,
        address(made.record.uuid),
        attributes=Attributes(external=KEY, assignment_task_id=7),
    )
    assert same.action == "unchanged"
    stored = Record.objects.get(workspace=tickets.workspace, uuid=made.record.uuid)
    assert (stored.external_id, stored.assignment_task_id) == ("A-1", 7)
    assert get(tickets, BY_KEY).row.assignment_task_id == 7
    assert differences(tickets) == []


def test_ids_that_disagree_are_a_conflict(tickets: Caller) -> None:
    first, other = put(tickets).record.uuid, put(tickets, None).record.uuid
    both = Address(first, KEY)
    assert put(tickets, both, sent={"text": "x"}).action == "updated"
    assert patch(tickets, both).action == "updated"
    for wrong in (Address(other, KEY), Address(first, ExternalKey("", "A-1"))):
        for action in (put, patch, cancel, trash):
            assert isinstance(refusal(action, tickets, wrong), Conflict)
        assert isinstance(refusal(get, tickets, wrong), NotFound)


def test_an_archived_holder_is_found_unless_there_is_a_live_one(tickets: Caller) -> None:
    uuids = []
    for _ in range(3):
        uuids.append(put(tickets).record.uuid)
        archive(tickets, "tickets", uuids[-1])
    assert get(tickets, BY_KEY).uuid == uuids[2]
    assert cancel(tickets, BY_KEY).record.uuid == uuids[2]
    live = put(tickets).record.uuid
    assert get(tickets, BY_KEY).uuid == live
    assert trash(tickets, BY_KEY).record.uuid == live
    assert get(tickets, BY_KEY).uuid == uuids[2]


def test_a_new_record_with_the_identifier_of_an_archived_one_renames_that(people: Caller) -> None:
    first = put(people, BY_KEY, "people", sent={"name": "Ann"}).record.uuid
    archive(people, "people", first)
    again = put(people, BY_KEY, "people", sent={"name": "Ann"})
    assert (again.action, again.record.uuid != first) == ("created", True)
    assert differences(people) == []


@pytest.mark.parametrize(
    ("external_id", "source", "place", "code"),
    [
        ("", "", "external_id", "required"),
        ("  ", "", "external_id", "required"),
        ("x" * 256, "", "external_id", "limit_exceeded"),
        ("a", "x" * 256, "external_source", "limit_exceeded"),
        ("a\x00", "", "external_id", "invalid"),
        ("\ud800", "", "external_id", "invalid"),
        (5, "", "external_id", "invalid"),
        ("a", None, "external_source", "invalid"),
    ],
    ids=["empty", "blank", "long", "long-source", "nul", "surrogate", "number", "no-source"],
)
def test_what_is_no_external_id_is_refused(
    external_id: Any, source: Any, place: str, code: str
) -> None:
    assert invalid_at(external_key, external_id, source) == ((place,), code)


def test_addresses_that_name_nothing(tickets: Caller) -> None:
    assert invalid_at(address) == ((), "required")
    assert isinstance(refusal(address, "no-uuid"), NotFound)


# ---------------------------------------------------------------- version, member


def test_every_action_honours_the_expected_version(tickets: Caller) -> None:
    uuid = put(tickets).record.uuid
    schema = tickets.schema("tickets")
    for action in (cancel_record, trash_record, delete_permanently):
        assert isinstance(
            refusal(action, tickets.author, schema, address(uuid), 2), PreconditionFailed
        )
    for where in (address(uuid), BY_KEY):
        assert isinstance(refusal(put, tickets, where, expected_version=2), PreconditionFailed)
        assert isinstance(refusal(patch, tickets, where, expected_version=2), PreconditionFailed)
    missing = Address(None, ExternalKey("", "none"))
    assert isinstance(refusal(put, tickets, missing, expected_version=1), PreconditionFailed)
    assert put(tickets, BY_KEY, sent={"text": "x"}, expected_version=1).action == "updated"


def test_another_member_than_oneself_is_set_by_who_may_edit_all(tickets: Caller) -> None:
    own = {"create": True, "view": "own", "edit": "own"}
    clerk = make_member(tickets, "clerk@example.com", {"tickets": own})
    lead = make_member(
        tickets, "lead@example.com", {"tickets": own | {"view": "all", "edit": "all"}}
    )
    me, other = clerk.member.id, tickets.member.id
    mine = put(clerk, None, attributes=Attributes(member_id=me))
    assert view(clerk, "tickets", mine.record.uuid).row.member_id == me
    for chosen in (other, 10**9):
        asked = Attributes(member_id=chosen)
        assert isinstance(refusal(put, clerk, None, attributes=asked), NotAllowed)
    given = put(lead, None, attributes=Attributes(member_id=other))
    assert given.record.member_id == other
    nobody = Attributes(member_id=10**9)
    assert refusal(put, lead, None, attributes=nobody).code == "does_not_exist"
    tickets.member.is_active = False
    tickets.member.save()
    touch(tickets.workspace.id)
    gone = Attributes(member_id=other)
    assert refusal(put, lead, None, attributes=gone).code == "does_not_exist"


NEEDS: dict[str, tuple[Callable[[Caller, str], object], str]] = {
    "archive": (lambda caller, uuid: archive(caller, "tickets", uuid), "remove"),
    "trash": (lambda caller, uuid: trash(caller, address(uuid)), "remove"),
    "delete": (lambda caller, uuid: erase(caller, address(uuid), "tickets"), "remove"),
    "cancel": (lambda caller, uuid: cancel(caller, address(uuid)), "edit"),
    "patch": (lambda caller, uuid: patch(caller, address(uuid)), "edit"),
}


@pytest.mark.parametrize(("act", "needed"), NEEDS.values(), ids=NEEDS.keys())
def test_each_action_needs_one_right(
    tickets: Caller, act: Callable[[Caller, str], object], needed: str
) -> None:
    for right in ("edit", "remove"):
        caller = make_member(
            tickets, f"{right}@example.com", {"tickets": {"view": "all", right: "all"}}
        )
        uuid = put(tickets, None).record.uuid
        assert outcome(act, caller, uuid) is (None if right == needed else NotAllowed)


@pytest.mark.parametrize("back", ["unarchive", "restore"])
def test_bringing_a_record_back_needs_the_right_to_remove(tickets: Caller, back: str) -> None:
    editor, remover = (
        make_member(tickets, f"{right}@example.com", {"tickets": {"view": "all", right: "all"}})
        for right in ("edit", "remove")
    )
    uuid = put(tickets, None).record.uuid
    if back == "unarchive":
        archive(tickets, "tickets", uuid)
        assert outcome(unarchive, editor, "tickets", uuid) is NotAllowed
        assert outcome(unarchive, remover, "tickets", uuid) is None
    else:
        trash(tickets, address(uuid))
        assert outcome(restore, editor, uuid, "tickets") is NotAllowed
        assert outcome(restore, remover, uuid, "tickets") is None


# ---------------------------------------------------------------- cancelling


def test_a_cancelled_record_does_not_change_by_any_way(people: Caller) -> None:
    uuid = make_record(people, "people", name="Ann", code="a").record.uuid
    other = make_record(people, "people", name="Bob").record.uuid
    assert cancel(people, address(uuid), "people").record.cancelled_at is not None
    assert cancel(people, address(uuid), "people").action == "unchanged"
    for refused in (
        refusal(change_record, people, "people", uuid, name="Cid"),
        refusal(save, people, "people", Mode.REPLACE, uuid, name="Cid"),
        refusal(upsert, people, "people", "Ann"),
        refusal(upsert, people, "people", "a", match_field="code"),
    ):
        assert isinstance(refused, Conflict)
        assert refused.code == "conflict"
    # nor from the far side of a link
    assert isinstance(
        refusal(change_record, people, "people", other, known_by=[uuid]), InvalidValues
    )
    assert [row.action for row in history(people, "people", uuid)] == ["cancelled", "created"]
    archive(people, "people", uuid)
    assert isinstance(refusal(upsert, people, "people", "Ann", on_archived="unarchive"), Conflict)
    unarchive(people, "people", uuid)
    assert view(people, "people", uuid).row.cancelled_at is not None
    assert differences(people) == []


# ---------------------------------------------------------------- the trash


def test_what_is_in_the_trash_is_nowhere_to_be_seen(people: Caller) -> None:
    uuid = make_record(people, "people", name="Ann", code="a").record.uuid
    other = make_record(people, "people", name="Bob", knows=[uuid], friend=uuid).record.uuid
    trash(people, address(uuid), "people")
    for look in (view, history, unarchive, archive):
        assert isinstance(refusal(look, people, "people", uuid), NotFound)
    assert isinstance(refusal(change_record, people, "people", uuid, name="x"), NotFound)
    assert isinstance(refusal(change_record, people, "people", other, knows=[uuid]), InvalidValues)
    assert found(people, "people") == ["Bob"]
    assert {"knows", "friend"}.isdisjoint(read(people, "people", other))
    knows = people.schema("people").by_name["knows"].uuid
    assert values_of(people, other, knows) == []
    assert differences(people) == []


def test_a_restored_record_is_what_it_was(people: Caller) -> None:
    uuid = make_record(people, "people", name="Ann", code="a").record.uuid
    other = make_record(
        people, "people", name="Bob", knows=[uuid], friend=uuid, code="b"
    ).record.uuid
    before = [read(people, "people", each) for each in (uuid, other)]
    for each in (uuid, other):
        trash(people, address(each), "people")
    assert differences(people) == []
    for each in (other, uuid):
        assert restore(people, each).action == "restored"
    for each, was in zip((uuid, other), before, strict=True):
        now = read(people, "people", each)
        assert {**now, "updated": None} == {**was, "updated": None}
    assert [row.action for row in history(people, "people", uuid)] == [
        "restored",
        "trashed",
        "created",
    ]
    assert upsert(people, "people", "Ann", {"code": "c"}).record.uuid == uuid
    assert refusal(make_record, people, "people", name="Bob").code == "unique"
    assert isinstance(refusal(restore, people, uuid), NotFound)
    assert differences(people) == []


def test_the_trash_frees_every_name_and_bringing_back_needs_them(people: Caller) -> None:
    friend = make_record(people, "people", name="Friend").record.uuid
    sent = {"name": "Ann", "code": "a", "friend": friend}
    uuid = put(people, BY_KEY, "people", sent=sent).record.uuid
    trash(people, address(uuid), "people")
    new = put(people, BY_KEY, "people", sent=sent)
    assert new.action == "created"
    no_longer: list[tuple[str, SaveRequest]] = [
        (
            "external id",
            SaveRequest(Mode.UPDATE, new.record.uuid, attributes=Attributes(external=None)),
        ),
        ("name", SaveRequest(Mode.UPDATE, new.record.uuid, entries=entries({"name": "Other"}))),
        ("code", SaveRequest(Mode.UPDATE, new.record.uuid, entries=entries({"code": None}))),
    ]
    for held, request in no_longer:
        error = refusal(restore, people, uuid)
        assert isinstance(error, Conflict)
        assert f"the {held} of" in error.detail
        write(people, "people", request)
    assert restore(people, uuid).action == "restored"
    assert "friend" not in read(
        people, "people", uuid
    )  # who has another friend by now, as after unarchiving
    assert history(people, "people", uuid)[0].changes[0].field.name == "friend"
    assert differences(people) == []


def test_a_field_may_become_unique_whatever_is_in_the_trash(people: Caller) -> None:
    make_field(people, "people", "Badge", "text")
    uuids = [
        make_record(people, "people", name=name, badge="7").record.uuid for name in ("Ann", "Bob")
    ]
    spec = people.schema("people").by_name["badge"]
    trash(people, address(uuids[0]), "people")
    update_field(
        people.author, Field.objects.get(workspace=people.workspace, id=spec.id), is_unique=True
    )
    assert differences(people) == []
    assert "badge" in refusal(restore, people, uuids[0]).detail


def test_trashing_and_naming_anew_in_one_batch(people: Caller) -> None:
    uuid = make_record(people, "people", name="Ann", code="a").record.uuid
    done = write_all(
        people,
        "people",
        SaveRequest(Mode.TRASH, uuid),
        SaveRequest(Mode.CREATE, entries=entries({"name": "Ann", "code": "a"})),
        SaveRequest(Mode.RESTORE, uuid),
    )
    actions = [each.action if isinstance(each, SaveResult) else each.code for each in done]
    assert actions == ["trashed", "created", "already_exists"]
    assert differences(people) == []


def test_many_at_once_go_to_the_trash_and_come_back(people: Caller) -> None:
    created = [
        SaveRequest(Mode.CREATE, entries=entries({"name": f"P{at}", "code": f"c{at}"}))
        for at in range(120)
    ]
    done = write_all(people, "people", *created)
    uuids = [each.record.uuid for each in done if isinstance(each, SaveResult)]
    for mode, left in (
        (Mode.TRASH, 0),
        (Mode.RESTORE, 120),
        (Mode.ARCHIVE, 0),
        (Mode.UNARCHIVE, 120),
    ):
        outcomes = write_all(people, "people", *(SaveRequest(mode, uuid) for uuid in uuids))
        assert all(isinstance(each, SaveResult) for each in outcomes)
        assert len(found(people, "people", page_size=1000)) == left
        assert differences(people) == []
    outcomes = write_all(
        people, "people", *(SaveRequest(Mode.DELETE_PERMANENTLY, uuid) for uuid in uuids)
    )
    assert {each.action for each in outcomes if isinstance(each, SaveResult)} == {"deleted"}
    assert not Record.objects.filter(workspace=people.workspace).exists()
    assert differences(people) == []


def test_staff_see_restore_and_purge_what_they_may_remove(people: Caller) -> None:
    rights = {"view": "all", "edit": "all", "create": True}
    keeper = make_member(people, "keeper@example.com", {"people": {**rights, "remove": "own"}})
    reader = make_member(people, "reader@example.com", {"people": {**rights, "remove": "none"}})
    uuids = [
        make_record(caller, "people", name=name).record.uuid
        for caller, name in ((people, "A"), (keeper, "B"))
    ]
    for uuid in uuids:
        trash(people, address(uuid), "people")

    def listed(caller: Caller) -> list[str]:
        count, rows = list_trash(caller.author, caller.schema("people"), (), offset=0, limit=10)
        assert count == len(rows)
        assert all(row.since is not None for row in rows)
        return [row.view.display_name for row in rows]

    assert [listed(caller) for caller in (people, keeper, reader)] == [["B", "A"], ["B"], []]
    assert isinstance(refusal(restore, keeper, uuids[0]), NotAllowed)
    assert isinstance(
        refusal(purge_record, reader.author, reader.schema("people"), uuids[1]), NotAllowed
    )
    assert purge_record(keeper.author, keeper.schema("people"), uuids[1]).action == "deleted"
    assert restore(people, uuids[0]).action == "restored"
    assert (
        outcome(purge_record, people.author, people.schema("people"), uuids[0]) is NotFound
    )  # it is not in the trash
    assert listed(people) == []


def test_only_what_has_been_there_long_enough_is_purged(people: Caller) -> None:
    uuids = [make_record(people, "people", name=name).record.uuid for name in ("Ann", "Bob")]
    trash(people, address(uuids[0]), "people")
    assert purge_trash(people.author, timedelta(days=1)) == 0
    assert purge_trash(people.author, timedelta(0)) == 1
    assert [str(row.uuid) for row in Record.objects.filter(workspace=people.workspace)] == [
        uuids[1]
    ]
    assert differences(people) == []


# ---------------------------------------------------------------- merged records


@pytest.fixture
def merged(people: Caller) -> tuple[str, str]:
    """A record, and what was merged into it."""
    into, loser = (make_record(people, "people", name=name).record.uuid for name in ("Ann", "An"))
    merge(people, into, loser, object_name="people")
    return into, loser


@pytest.mark.parametrize("other", ["itself", "archived", "in the trash", "not there"])
def test_a_record_is_merged_into_another_live_one_alone(people: Caller, other: str) -> None:
    made = [make_record(people, "people", name=name).record for name in ("Ann", "Bob")]
    if other == "archived":
        archive(people, "people", made[1].uuid)
    elif other == "in the trash":
        trash(people, address(made[1].uuid), "people")
    into = {"itself": made[0].id, "not there": 10**9}.get(other, made[1].id)
    request = SaveRequest(Mode.MERGE, made[0].uuid, merged_into=into)
    error = refusal(write, people, "people", request)
    assert (type(error), error.code) == (Conflict, "survivor_gone")
    assert view(people, "people", made[0].uuid).row.state == "active"


def test_cancelling_a_merged_record_cancels_its_survivor(
    people: Caller, merged: tuple[str, str]
) -> None:
    into, loser = merged
    done = cancel(people, address(loser), "people")
    assert (done.record.uuid, done.action) == (into, "cancelled")
    done = write(people, "people", SaveRequest(Mode.REOPEN, loser))
    assert (done.record.uuid, done.action, done.record.cancelled_at) == (into, "reopened", None)


@pytest.mark.parametrize("mode", [Mode.CANCEL, Mode.REOPEN])
def test_what_asks_for_the_archived_record_itself_gets_it(
    people: Caller, merged: tuple[str, str], mode: Mode
) -> None:
    done = write(people, "people", SaveRequest(mode, merged[1], states=frozenset({"archived"})))
    assert done.record.uuid == merged[1]


def test_reopening_a_record_that_is_not_cancelled_changes_nothing(people: Caller) -> None:
    uuid = make_record(people, "people", name="Ann").record.uuid
    done = write(people, "people", SaveRequest(Mode.REOPEN, uuid))
    assert (done.action, done.record.version, done.changed) == ("unchanged", 1, frozenset())


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda caller, uuid: trash(caller, address(uuid), "people"), "merged"),
        (lambda caller, uuid: erase(caller, address(uuid)), "not_found"),
        (lambda caller, uuid: archive(caller, "people", uuid), "not_found"),
    ],
    ids=["trash", "delete", "archive"],
)
def test_removing_a_merged_record_does_not_remove_its_survivor(
    people: Caller, merged: tuple[str, str], act: Callable[[Caller, str], object], code: str
) -> None:
    assert refusal(act, people, merged[1]).code == code
    assert view(people, "people", merged[0]).row.state == "active"


def test_a_merged_record_leads_no_further_than_its_caller_sees(people: Caller) -> None:
    rights = {"create": True, "view": "own", "edit": "own"}
    clerk = make_member(people, "clerk@example.com", {"people": rights})
    into = make_record(people, "people", name="Ann").record.uuid
    mine = make_record(clerk, "people", name="An").record.uuid
    merge(people, into, mine, object_name="people")
    # The member has gone to the survivor with it.
    nobody = Attributes(member_id=None)
    write(people, "people", SaveRequest(Mode.UPDATE, into, attributes=nobody))
    assert isinstance(refusal(change_record, clerk, "people", mine, code="c"), NotFound)
    write(
        people,
        "people",
        SaveRequest(Mode.UPDATE, into, attributes=Attributes(member_id=clerk.member.id)),
    )
    assert change_record(clerk, "people", mine, code="c").record.uuid == into


def test_what_is_deleted_for_good_is_gone_for_the_rest_of_the_batch(
    people: Caller, merged: tuple[str, str]
) -> None:
    into, loser = merged
    done = write_all(
        people,
        "people",
        SaveRequest(Mode.DELETE_PERMANENTLY, into),
        SaveRequest(Mode.RESTORE, into),
        SaveRequest(Mode.RESTORE, loser),
    )
    actions = [each.action if isinstance(each, SaveResult) else each.code for each in done]
    assert actions == ["deleted", "not_found", "not_found"]
    assert differences(people) == []
