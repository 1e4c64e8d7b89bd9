"""What stands beside a record's values: the external id and its field, and the member."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from records.exceptions import Conflict, InvalidInput, NotAllowed, Place
from records.models import Field, Member, Record
from records.services.catalogue.directory import forget_everything
from records.services.shaping.changes import update_field
from records.services.shaping.field_removal import delete_field
from records.services.storage.rows import ExternalKey
from records.services.writing.attributes import with_external_field
from records.services.writing.save_requests import Attributes, Mode, SaveRequest
from records.services.writing.values import UNSET, Change, Parsed
from tests.api.workspace.calling import WorkspaceClient
from tests.api_client import ApiClient
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    entries,
    make_field,
    make_member,
    make_object,
    make_record,
)
from tests.mcp.calling import Agent
from tests.services.acting import (
    invalid_at,
    problems,
    refusal,
    save,
    unarchive,
    uuids_of,
    write,
    write_all,
)
from tests.services.merging.acting import merge

NUMBERS = count()
TAKEN = "already_exists"
KEY, SOURCED = ExternalKey("", "7"), ExternalKey("crm", "7")


@pytest.fixture
def parts(workspace: Caller) -> Caller:
    """Parts with a field that stands for the external id."""
    make_object(workspace, "Parts", FieldDefinition("Ref", "text", is_external_id=True))
    return workspace


def both(parts: Caller, request: SaveRequest, value: Any = UNSET) -> tuple[Any, Any, list[str]]:
    """The external id that a request ends up with, the field's value, and the codes of what is
    wrong."""
    schema = parts.schema("parts")
    spec = schema.by_name["ref"]
    parsed = Parsed() if value is UNSET else Parsed(changes={spec.id: Change(spec, 0, value)})
    made = with_external_field(spec, request, parsed)
    change = parsed.changes.get(spec.id)
    codes = [problem.code for entry in parsed.problems for problem in entry.problems]
    return made.attributes.external, UNSET if change is None else change.value, codes


def giving(external: Any) -> SaveRequest:
    return SaveRequest(Mode.CREATE, attributes=Attributes(external=external))


BOTH: dict[str, tuple[SaveRequest, Any, tuple[Any, Any, list[str]]]] = {
    "neither": (SaveRequest(Mode.CREATE), UNSET, (UNSET, UNSET, [])),
    "the field": (SaveRequest(Mode.CREATE), "7", (KEY, "7", [])),
    "the field, blank": (SaveRequest(Mode.CREATE), None, (None, None, [])),
    "the id": (giving(KEY), UNSET, (KEY, "7", [])),
    "the id, taken away": (giving(None), UNSET, (None, None, [])),
    "the id of a source": (giving(SOURCED), UNSET, (SOURCED, UNSET, [])),
    "both, the same": (giving(KEY), "7", (KEY, "7", [])),
    "both, another": (giving(KEY), "8", (KEY, "8", ["invalid"])),
    "both, the id of a source": (giving(SOURCED), "7", (SOURCED, "7", ["invalid"])),
    "the id that is matched on": (SaveRequest(Mode.UPSERT, external=KEY), UNSET, (UNSET, "7", [])),
    "the id that is matched on, and another": (
        SaveRequest(Mode.UPSERT, external=KEY),
        "8",
        (UNSET, "8", ["invalid"]),
    ),
    "another id than the one that is matched on": (
        SaveRequest(
            Mode.UPSERT, external=KEY, attributes=Attributes(external=ExternalKey("", "8"))
        ),
        UNSET,
        (ExternalKey("", "8"), "8", []),
    ),
    "an id that only addresses": (
        SaveRequest(Mode.UPDATE, external=KEY),
        UNSET,
        (UNSET, UNSET, []),
    ),
}


@pytest.mark.parametrize(("request_", "value", "expected"), BOTH.values(), ids=BOTH.keys())
def test_the_external_id_and_its_field_are_written_together(
    parts: Caller, request_: SaveRequest, value: Any, expected: tuple[Any, Any, list[str]]
) -> None:
    assert both(parts, request_, value) == expected


def test_an_id_that_the_field_cannot_hold_is_refused(parts: Caller) -> None:
    _, value, codes = both(parts, giving(ExternalKey("", "x" * 300)))
    assert (value, len(codes)) == (UNSET, 1)


def test_an_id_that_the_field_cannot_hold_is_no_value(parts: Caller) -> None:
    request = SaveRequest(
        Mode.CREATE,
        entries=entries({"name": "A"}),
        attributes=Attributes(external=ExternalKey("", "x" * 256)),
    )
    assert problems(refusal(write, parts, "parts", request)) == [
        (None, "ref", "value", "limit_exceeded")
    ]


def test_a_field_and_an_id_that_differ_are_refused_at_the_field(parts: Caller) -> None:
    request = SaveRequest(
        Mode.CREATE,
        entries=entries({"name": "A", "ref": "8"}),
        attributes=Attributes(external=KEY),
    )
    assert problems(refusal(write, parts, "parts", request)) == [(1, "", "value", "invalid")]


def test_a_replacement_without_the_field_takes_the_id_away(parts: Caller) -> None:
    made = make_record(parts, "parts", name="A", ref="7").record
    assert (made.external_source, made.external_id) == ("", "7")
    assert save(parts, "parts", Mode.UPDATE, made.uuid, name="B").record.external_id == "7"
    assert save(parts, "parts", Mode.REPLACE, made.uuid, name="B").record.external_id is None


def test_a_change_leaves_the_external_id_alone_unless_it_gives_another(workspace: Caller) -> None:
    make_object(workspace, "Things")
    upsert = SaveRequest(Mode.UPSERT, external=KEY, entries=entries({"name": "A"}))
    made = write(workspace, "things", upsert).record
    assert made.external_id == "7"
    assert save(workspace, "things", Mode.UPDATE, made.uuid, name="B").record.external_id == "7"
    other = replace(upsert, attributes=Attributes(external=SOURCED))
    assert write(workspace, "things", other).record.external_source == "crm"


def test_an_external_id_is_held_by_one_live_record(workspace: Caller) -> None:
    make_object(workspace, "Things")
    requests = [
        SaveRequest(
            Mode.CREATE, entries=entries({"name": name}), attributes=Attributes(external=SOURCED)
        )
        for name in "AB"
    ]
    first = write(workspace, "things", requests[0])
    assert isinstance(refusal(write, workspace, "things", requests[1]), Conflict)
    archive(workspace, "things", first.record.uuid)
    write(workspace, "things", requests[1])


def conflict_at(caller: Caller, request: SaveRequest) -> tuple[Place, str]:
    """Where a write of a thing is in conflict, and the code it is refused with."""
    error = refusal(write, caller, "things", request)
    assert isinstance(error, Conflict)
    return error.path, error.code


def named(name: str, **more: Any) -> SaveRequest:
    """A new thing, or one that is upserted by an external id."""
    mode = Mode.UPSERT if "external" in more else Mode.CREATE
    return SaveRequest(mode, entries=entries({"name": name}), **more)


def test_an_external_id_that_is_taken_is_a_conflict_at_its_place(workspace: Caller) -> None:
    make_object(workspace, "Things")
    keys = [ExternalKey("", "live"), ExternalKey("", "merged")]
    survivor, loser = (
        write(workspace, "things", named(key.id, attributes=Attributes(external=key))).record.uuid
        for key in keys
    )
    other = make_record(workspace, "things", name="other").record.uuid
    merge(workspace, survivor, loser, object_name="things")
    for key in keys:
        given = Attributes(external=key)
        assert conflict_at(workspace, named("new", attributes=given)) == (("external_id",), TAKEN)
        changed = SaveRequest(Mode.UPDATE, other, attributes=given)
        assert conflict_at(workspace, changed) == (("external_id",), TAKEN)
    again = SaveRequest(Mode.UPDATE, survivor, attributes=Attributes(external=keys[0]))
    assert write(workspace, "things", again).action == "unchanged"


def test_a_survivor_that_is_found_by_a_merged_id_keeps_its_own(workspace: Caller) -> None:
    make_object(workspace, "Things")
    own, merged = ExternalKey("", "own"), ExternalKey("", "merged")
    survivor, loser = (
        write(workspace, "things", named(key.id, external=key)).record.uuid for key in (own, merged)
    )
    merge(workspace, survivor, loser, object_name="things")
    found = SaveRequest(Mode.UPSERT, external=merged, entries=entries({"name": "B"}))
    record = write(workspace, "things", found).record
    assert (record.uuid, record.external_id) == (survivor, "own")


@pytest.mark.parametrize(
    ("asked", "had", "has"),
    [
        ({"external": KEY}, None, "7"),
        ({"external": KEY, "attributes": Attributes(external=ExternalKey("", "8"))}, None, "8"),
        ({"match_key": "A", "match_value": "A"}, "9", "9"),
    ],
)
def test_a_record_that_an_upsert_brings_back_has_the_id_it_was_asked_for(
    workspace: Caller, asked: dict[str, Any], had: str | None, has: str
) -> None:
    make_object(workspace, "Things")
    given = Attributes(external=None if had is None else ExternalKey("", had))
    uuid = write(workspace, "things", named("A", attributes=given)).record.uuid
    archive(workspace, "things", uuid)
    request = SaveRequest(
        Mode.UPSERT, entries=entries({"name": "A"}), on_archived="unarchive", **asked
    )
    record = write(workspace, "things", request).record
    assert (record.uuid, record.external_id) == (uuid, has)


def test_an_upsert_that_names_another_id_creates_a_record_with_that_one(workspace: Caller) -> None:
    make_object(workspace, "Things")
    request = named("A", external=KEY, attributes=Attributes(external=SOURCED))
    record = write(workspace, "things", request).record
    assert (record.external_source, record.external_id) == ("crm", "7")


KINDS = {
    "text": None,
    "email": None,
    "longtext": "a longtext field",
    "integer": "a integer field",
    "dropdown": "a dropdown field",
    "checkbox": "a checkbox field",
}


@pytest.mark.parametrize(("kind", "message"), KINDS.items())
def test_only_a_short_text_stands_for_the_external_id(
    workspace: Caller, kind: str, message: str | None
) -> None:
    make_object(workspace, "Things")
    if message is None:
        make_field(workspace, "things", "Ref", kind, is_external_id=True)
        assert workspace.schema("things").external_id_field is not None
        return
    error = refusal(make_field, workspace, "things", "Ref", kind, is_external_id=True)
    assert error.detail == f"is_external_id: {message} cannot be the external id."


def test_one_field_of_an_object_stands_for_the_external_id(parts: Caller) -> None:
    make_field(parts, "parts", "Another", "text")
    another = Field.objects.get(workspace=parts.workspace, name="another")
    computed = Field.objects.get(workspace=parts.workspace, name="full_name")
    wrong = (("is_external_id",), "unique")
    assert invalid_at(make_field, parts, "parts", "Other", "text", is_external_id=True) == wrong
    assert invalid_at(update_field, parts.author, another, is_external_id=True) == wrong
    assert invalid_at(update_field, parts.author, computed, is_external_id=True) == (
        ("is_external_id",),
        "invalid",
    )
    make_object(parts, "Tools", FieldDefinition("Ref", "text", is_external_id=True))
    delete_field(parts.author, parts.schema("parts").by_name["ref"].id)
    make_field(parts, "parts", "Other", "text", is_external_id=True)


def test_an_object_with_records_gets_no_such_field(workspace: Caller) -> None:
    make_object(workspace, "Things")
    row = make_record(workspace, "things", name="A").record
    assert invalid_at(make_field, workspace, "things", "Ref", "text", is_external_id=True) == (
        ("is_external_id",),
        "in_use",
    )
    archive(workspace, "things", row.uuid)
    make_object(workspace, "Others")
    make_record(workspace, "others", name="A")
    make_field(workspace, "things", "Ref", "text", is_external_id=True)


# ---------------------------------------------------------------- one record per member


@pytest.fixture
def profiles(workspace: Caller) -> Caller:
    make_object(workspace, "Profiles", is_collection=False)
    return workspace


def of(member_id: int | None) -> SaveRequest:
    """A new record of a member."""
    attributes = Attributes(member_id=member_id)
    return SaveRequest(
        Mode.CREATE, entries=entries({"name": f"{next(NUMBERS)}"}), attributes=attributes
    )


def test_a_member_has_one_live_record(profiles: Caller) -> None:
    me = profiles.member.id
    first = write(profiles, "profiles", of(me)).record
    assert refusal(write, profiles, "profiles", of(me)).code == "already_exists"
    write(profiles, "profiles", of(None))
    write(profiles, "profiles", of(make_member(profiles, "m@example.com").member.id))

    archive(profiles, "profiles", first.uuid)
    write(profiles, "profiles", of(me))
    assert refusal(unarchive, profiles, "profiles", first.uuid).code == "already_exists"


def test_a_second_record_of_a_member_is_a_conflict_at_the_member(profiles: Caller) -> None:
    me = profiles.member.id
    write(profiles, "profiles", of(me))
    for refused in (
        refusal(write, profiles, "profiles", of(me)),
        write_all(profiles, "profiles", of(me))[0],
    ):
        assert isinstance(refused, Conflict)
        assert (refused.path, refused.code) == (("member_id",), TAKEN)


def test_records_of_nobody_come_back_together(profiles: Caller) -> None:
    made = [write(profiles, "profiles", of(None)).record.uuid for _ in range(2)]
    for mode, action in ((Mode.ARCHIVE, "archived"), (Mode.UNARCHIVE, "unarchived")):
        outcomes = write_all(profiles, "profiles", *(SaveRequest(mode, uuid) for uuid in made))
        assert [getattr(one, "action", one) for one in outcomes] == [action] * 2


def test_what_belongs_to_nobody_or_is_a_collection_is_not_counted(profiles: Caller) -> None:
    me = profiles.member.id
    make_object(profiles, "Things")
    for name, member_id in (("profiles", None), ("things", me)):
        assert len(uuids_of(write_all(profiles, name, of(member_id), of(member_id)))) == 2


Refused = tuple[type, str, tuple[str, ...]]
NOT_THEIRS = (NotAllowed, "permission_required", ())
NOBODY_KNOWN = (InvalidInput, "does_not_exist", ("member_id",))
WHOSE: list[tuple[str, str, Refused | None]] = [
    ("own", "me", None),
    ("own", "another", NOT_THEIRS),
    ("own", "nobody", NOT_THEIRS),
    ("all", "another", None),
    ("all", "nobody", None),
    ("all", "inactive", NOBODY_KNOWN),
    ("all", "unknown", NOBODY_KNOWN),
]


@pytest.mark.parametrize(("extent", "chosen", "refused"), WHOSE)
def test_a_record_is_made_anothers_by_who_may_change_theirs(
    workspace: Caller, extent: str, chosen: str, refused: Refused | None
) -> None:
    make_object(workspace, "Things")
    grants = {"things": {"create": True, "view": "all", "edit": extent}}
    caller = make_member(workspace, "m@example.com", grants)
    inactive = make_member(workspace, "gone@example.com").member
    Member.objects.filter(workspace=workspace.workspace, id=inactive.pk).update(is_active=False)
    member_ids = {
        "me": caller.member.id,
        "another": workspace.member.id,
        "nobody": None,
        "inactive": inactive.pk,
        "unknown": 10**9,
    }
    made = write(workspace, "things", of(caller.member.id)).record
    request = SaveRequest(
        Mode.UPDATE, made.uuid, attributes=Attributes(member_id=member_ids[chosen])
    )
    if refused is None:
        assert write(caller, "things", request).record.member_id == member_ids[chosen]
    else:
        error = refusal(write, caller, "things", request)
        assert (type(error), error.code, getattr(error, "path", ())) == refused


def test_a_member_who_stays_may_have_become_inactive(workspace: Caller) -> None:
    make_object(workspace, "Things")
    member = make_member(workspace, "m@example.com").member
    made = write(workspace, "things", of(member.pk)).record
    Member.objects.filter(workspace=workspace.workspace, id=member.pk).update(is_active=False)
    forget_everything()  # who is active is known by now
    again = SaveRequest(
        Mode.UPDATE,
        made.uuid,
        entries=entries({"name": "B"}),
        attributes=Attributes(member_id=member.pk),
    )
    assert write(workspace, "things", again).action == "updated"


def test_a_member_has_one_record_of_a_batch(profiles: Caller) -> None:
    first, second = write_all(profiles, "profiles", of(profiles.member.id), of(profiles.member.id))
    assert not isinstance(first, Conflict)
    assert isinstance(second, Conflict)


def test_a_member_has_one_record_through_every_interface(workspace: Caller) -> None:
    type_id = make_object(workspace, "Profiles", is_collection=False).pk
    api, client, agent = ApiClient(workspace), WorkspaceClient(workspace), Agent(workspace)
    mine = make_record(workspace, "profiles", name="mine").record
    assert mine.member_id is None  # a command's record is nobody's

    def add(name: str) -> list[int | str]:
        fields = [{"name": "name", "value": name}]
        body = {"fieldValues": {"name": name}}
        call = {"action": "upsert", "record_type": "profiles", "data": {"name": name}}
        agreed = agent.result("manage_record", **call)["structuredContent"]
        return [
            api.post("/api/records/profiles/add", {"fields": fields}).status_code,
            client.post(f"/data-types/{type_id}/records", body).status_code,
            agreed["error"]["code"] if "error" in agreed else "done",
        ]

    first = api.post("/api/records/profiles/add", {"fields": [{"name": "name", "value": "A"}]})
    assert first.status_code == 200
    assert add("B") == [409, 409, "CONFLICT"]
    assert api.delete(f"/api/records/profiles/{first.json()['id']}").status_code == 204
    assert add("C") == [409, 409, "done"]
    make_object(workspace, "Things")
    body = {"fields": [{"name": "name", "value": "A"}]}
    thing = api.post("/api/records/things/add", body).json()["id"]
    row = Record.objects.get(workspace=workspace.workspace, uuid=thing)
    assert row.member_id is None  # others may have as many as they like, which are nobody's


def test_only_live_records_count_as_a_batch_leaves_them(profiles: Caller) -> None:
    """What was archived, thrown away or given to another member earlier in it is no second one."""
    other = make_member(profiles, "m@example.com").member.id
    stored = write(profiles, "profiles", of(profiles.member.id)).record.uuid
    made = replace(of(profiles.member.id).attributes, external=KEY)
    given_away = Attributes(member_id=other)
    outcomes = write_all(
        profiles,
        "profiles",
        of(profiles.member.id),
        SaveRequest(Mode.ARCHIVE, stored),
        SaveRequest(Mode.CREATE, entries=entries({"name": "A"}), attributes=made),
        of(profiles.member.id),
        SaveRequest(Mode.ARCHIVE, external=KEY),
        SaveRequest(Mode.CREATE, entries=entries({"name": "B"}), attributes=made),
        SaveRequest(Mode.UPDATE, external=KEY, attributes=given_away),
        of(profiles.member.id),
        of(other),
        SaveRequest(Mode.UNARCHIVE, stored),
    )
    told = [
        "refused" if isinstance(outcome, Conflict) else getattr(outcome, "action", outcome)
        for outcome in outcomes
    ]
    assert told == [
        *("refused", "archived", "created", "refused", "archived", "created", "updated"),
        *("created", "refused", "refused"),
    ]


def test_a_record_that_comes_back_in_its_batch_is_not_another_one(profiles: Caller) -> None:
    made = SaveRequest(
        Mode.CREATE,
        entries=entries({"name": "A"}),
        attributes=Attributes(external=KEY, member_id=profiles.member.id),
    )
    outcomes = write_all(
        profiles,
        "profiles",
        made,
        SaveRequest(Mode.ARCHIVE, external=KEY),
        SaveRequest(Mode.UNARCHIVE, external=KEY),
    )
    assert [getattr(outcome, "action", outcome) for outcome in outcomes] == [
        "created",
        "archived",
        "unarchived",
    ]


@pytest.mark.parametrize("named", [False, True])
def test_a_new_record_without_a_member_is_given_one(workspace: Caller, named: bool) -> None:
    make_object(workspace, "Things")
    me = workspace.member.id
    attributes = Attributes(new_member_id=me)
    if named:  # for nobody
        attributes = Attributes(new_member_id=me, member_id=None)
    request = SaveRequest(Mode.CREATE, entries=entries({"name": "A"}), attributes=attributes)

    made = write(workspace, "things", request).record

    assert made.member_id == (None if named else me)
    again = SaveRequest(Mode.UPDATE, made.uuid, attributes=Attributes(new_member_id=me))
    assert write(workspace, "things", again).action == "unchanged"
