"""Which records a batch reads and locks: those its requests mean, once, at a cost that does not
grow."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from django.db import transaction

from records.models import ObjectType, Record, RecordMember
from records.services.storage.rows import ExternalKey, OutdatedSchema, RecordRow
from records.services.storage.unique_lookups import PROBED_FROM
from records.services.writing.locked_records import LockedRecords
from records.services.writing.locking import Locking
from records.services.writing.parsed_requests import ParsedRequests
from records.services.writing.save_requests import Attributes, Mode, SaveRequest
from tests.factories import Caller, FieldDefinition, archive, entries, make_object
from tests.services.acting import cost, statements, uuids_of, write, write_all
from tests.services.merging.acting import merge

MANY = PROBED_FROM + 5


@pytest.fixture
def parts(workspace: Caller) -> Caller:
    """Parts with every kind of name."""
    make_object(workspace, "Parts", FieldDefinition("Code", "text", is_unique=True))
    requests = [
        SaveRequest(
            Mode.CREATE,
            entries=entries({"name": f"Part {at}", "code": f"C{at}"}),
            attributes=Attributes(external=ExternalKey("crm", str(at))),
        )
        for at in range(MANY)
    ]
    uuids_of(write_all(workspace, "parts", *requests))
    return workspace


def locked_by(parts: Caller, *requests: SaveRequest, version: int | None = None) -> LockedRecords:
    """What these requests hold while they are carried out."""
    author, schema = parts.author, parts.schema("parts")
    writes = ParsedRequests(author, schema, dict(enumerate(requests))).by_place
    locked = LockedRecords(schema)
    with transaction.atomic():
        Locking(locked, requests, list(writes.values()), version or schema.version).lock()
    return locked


def names(locked: LockedRecords) -> list[str]:
    return sorted(row.display_name for row in locked.by_id.values())


def by_code(code: str) -> Callable[[Caller], SaveRequest]:
    return lambda parts: SaveRequest(
        Mode.UPSERT,
        match_field=parts.schema("parts").by_name["code"],
        match_key=code,
        match_value=code,
    )


MEANT: dict[str, tuple[Callable[[Caller], SaveRequest], list[str]]] = {
    "by external id": (
        lambda _: SaveRequest(Mode.UPDATE, external=ExternalKey("crm", "3")),
        ["Part 3"],
    ),
    "the holder of an external id that is given": (
        lambda _: SaveRequest(Mode.CREATE, attributes=Attributes(external=ExternalKey("crm", "3"))),
        ["Part 3"],
    ),
    "by identifier": (lambda _: SaveRequest(Mode.UPSERT, match_key=" PART  3"), ["Part 3"]),
    "the holder of a name that is given": (
        lambda _: SaveRequest(Mode.CREATE, entries=entries({"name": "part 3"})),
        ["Part 3"],
    ),
    "by a unique field": (by_code("c3"), ["Part 3"]),
    "nothing": (lambda _: SaveRequest(Mode.CREATE, entries=entries({"name": "New"})), []),
}


@pytest.mark.parametrize(("asked", "expected"), MEANT.values(), ids=MEANT.keys())
def test_a_request_holds_the_record_it_means(
    parts: Caller, asked: Callable[[Caller], SaveRequest], expected: list[str]
) -> None:
    assert names(locked_by(parts, asked(parts))) == expected


def test_the_holder_of_a_unique_value_is_known_without_being_held(parts: Caller) -> None:
    schema = parts.schema("parts")
    locked = locked_by(
        parts, SaveRequest(Mode.CREATE, entries=entries({"name": "New", "code": "C3"}))
    )
    assert names(locked) == []
    (holder,) = locked.unique_holders.values()
    found = locked_by(parts, SaveRequest(Mode.UPSERT, match_key="Part 3"))
    assert holder == next(iter(found.by_id))
    assert list(locked.unique_holders) == [(schema.by_name["code"].id, "c3")]


@pytest.mark.parametrize("number", [2, MANY], ids=["few", "many"])
def test_names_of_few_and_of_many_are_found(parts: Caller, number: int) -> None:
    requests = [SaveRequest(Mode.UPSERT, match_key=f"part {at}") for at in range(number)]
    requests += [
        SaveRequest(Mode.CREATE, entries=entries({"name": f"New {at}", "code": f"C{at}"}))
        for at in range(number)
    ]
    locked = locked_by(parts, *requests)
    assert names(locked) == sorted(f"Part {at}" for at in range(number))
    assert sorted(key for _, key in locked.unique_holders) == sorted(
        f"c{at}" for at in range(number)
    )


def test_holding_many_costs_what_holding_few_does(parts: Caller) -> None:
    def requests(number: int) -> list[SaveRequest]:
        keys = [str(at) for at in range(number)]
        return [
            *(SaveRequest(Mode.UPDATE, external=ExternalKey("crm", key)) for key in keys),
            *(SaveRequest(Mode.UPSERT, match_key=f"part {key}") for key in keys),
            *(
                SaveRequest(Mode.CREATE, entries=entries({"name": f"new {key}", "code": f"C{key}"}))
                for key in keys
            ),
        ]

    below = (
        PROBED_FROM // 2 - 1
    )  # each number stands for two identifiers: one to match, one that is given
    few, more = (cost(locked_by, parts, *requests(number)) for number in (2, below))
    assert few == more
    assert (
        cost(locked_by, parts, *requests(MANY)) <= few + 1
    )  # the identifiers are looked up by themselves


@pytest.mark.parametrize("found", [True, False], ids=["with a record", "with none"])
def test_an_outdated_definition_is_noticed(parts: Caller, found: bool) -> None:
    request = SaveRequest(Mode.UPSERT, match_key="Part 1" if found else "New")
    version = ObjectType.objects.get(workspace=parts.workspace, name="parts").schema_version
    assert names(locked_by(parts, request, version=version)) == (["Part 1"] if found else [])
    nothing = SaveRequest(Mode.CREATE, entries=entries({}))
    for asked in (request, nothing):
        with pytest.raises(OutdatedSchema):
            locked_by(parts, asked, version=version + 1)


@pytest.mark.parametrize(
    ("mode", "back"), [(Mode.ARCHIVE, Mode.UNARCHIVE), (Mode.TRASH, Mode.RESTORE)]
)
def test_what_comes_back_meets_who_has_its_names(parts: Caller, mode: Mode, back: Mode) -> None:
    key = ExternalKey("crm", "3")
    uuid = write(parts, "parts", SaveRequest(mode, external=key)).record.uuid
    successor = SaveRequest(
        Mode.CREATE, entries=entries({"name": "Successor"}), attributes=Attributes(external=key)
    )
    write(parts, "parts", successor)
    assert names(locked_by(parts, SaveRequest(back, uuid))) == ["Part 3", "Successor"]
    other = SaveRequest(Mode.UPSERT, match_key="Part 4")
    assert names(locked_by(parts, other, SaveRequest(back, uuid))) == [
        "Part 3",
        "Part 4",
        "Successor",
    ]


@pytest.mark.parametrize("on_archived", ["unarchive", "overwrite"])
def test_who_has_the_names_of_an_archived_record_is_met_where_it_may_come_back(
    parts: Caller, on_archived: str
) -> None:
    key = ExternalKey("crm", "3")
    write(parts, "parts", SaveRequest(Mode.ARCHIVE, external=key))
    successor = SaveRequest(
        Mode.CREATE, entries=entries({"name": "Successor"}), attributes=Attributes(external=key)
    )
    write(parts, "parts", successor)
    again = SaveRequest(Mode.CREATE, entries=entries({"name": "Part 3"}), on_archived=on_archived)
    met = ["Successor"] if on_archived == "unarchive" else []
    assert names(locked_by(parts, again)) == ["Part 3", *met]


def merged(parts: Caller, *names: str) -> list[str]:
    """Each of these merged into the next; their ids."""
    found = {row.display_name: str(row.uuid) for row in Record.objects.all()}
    uuids = [found[name] for name in names]
    for loser, into in pairwise(uuids):
        merge(parts, into, loser, object_name="parts")
    return uuids


def with_code(uuid: str, code: str) -> SaveRequest:
    return SaveRequest(Mode.UPDATE, uuid, entries=entries({"code": code}))


def test_a_merged_record_is_held_with_all_it_leads_to(parts: Caller) -> None:
    first, middle, last = merged(parts, "Part 1", "Part 2", "Part 3")
    asked = {
        first: ["Part 1", "Part 2", "Part 3"],
        middle: ["Part 2", "Part 3"],
        last: ["Part 3"],
    }
    held = {uuid: names(locked_by(parts, SaveRequest(Mode.UPDATE, uuid))) for uuid in asked}
    assert held == asked
    assert cost(locked_by, parts, SaveRequest(Mode.UPDATE, last)) + 2 == cost(
        locked_by, parts, SaveRequest(Mode.UPDATE, first)
    )


def looks(parts: Caller, *requests: SaveRequest) -> int:
    """How many statements look at records to hold them."""
    with statements() as seen:
        locked_by(parts, *requests)
    return sum("records_record r" in sql for sql in seen)


def test_a_record_that_was_not_merged_is_looked_at_once(parts: Caller) -> None:
    (row,) = locked_by(parts, SaveRequest(Mode.UPSERT, match_key="Part 3")).by_id.values()
    own, new = (with_code(row.uuid, code) for code in ("C3", "New"))
    nothing = SaveRequest(Mode.CREATE, entries=entries({}))
    asked = (SaveRequest(Mode.UPDATE, row.uuid), own, new, nothing)
    assert [looks(parts, request) for request in asked] == [1, 1, 1, 0]


def test_a_survivor_has_its_figures_where_one_request_leads_to_it(parts: Caller) -> None:
    first, into = merged(parts, "Part 1", "Part 2")
    record = Record.objects.get(uuid=into)
    RecordMember.objects.create(workspace=parts.workspace, record=record, member=parts.member)
    asked = [SaveRequest(Mode.UPDATE, first), SaveRequest(Mode.UPSERT, match_key="Part 3")]
    shown = [locked_by(parts, *asked[:number]).by_uuid[into].summary for number in (1, 2)]
    assert [summary.member_ids for summary in shown] == [(parts.member.pk,), ()]


def test_what_a_record_is_merged_into_is_held(parts: Caller) -> None:
    first, other = locked_by(
        parts, *(SaveRequest(Mode.UPSERT, match_key=f"Part {at}") for at in (1, 2))
    ).by_id.values()
    asked = SaveRequest(Mode.MERGE, first.uuid, merged_into=other.id)
    assert names(locked_by(parts, asked)) == ["Part 1", "Part 2"]


def test_of_the_holders_of_unique_values_merged_ones_are_held(parts: Caller) -> None:
    _, into = merged(parts, "Part 1", "Part 2")
    spec = parts.schema("parts").by_name["code"]

    locked = locked_by(parts, with_code(into, "C1"))
    assert names(locked) == ["Part 1", "Part 2"]
    holder = locked.unique_holders[(spec.id, "c1")]
    assert isinstance(holder, RecordRow)
    assert holder.display_name == "Part 1"

    live = locked_by(parts, with_code(into, "C3"))
    assert names(live) == ["Part 2"]
    assert isinstance(live.unique_holders[(spec.id, "c3")], int)


def test_a_new_record_holds_no_merged_one_for_its_unique_value(parts: Caller) -> None:
    merged(parts, "Part 1", "Part 2")
    new = SaveRequest(Mode.CREATE, entries=entries({"name": "New", "code": "C1"}))
    locked = locked_by(parts, new)
    assert names(locked) == []
    assert [type(holder) for holder in locked.unique_holders.values()] == [int]


def test_what_goes_with_a_record_that_is_deleted_for_good_is_held(parts: Caller) -> None:
    first, middle, last = merged(parts, "Part 1", "Part 2", "Part 3")
    (other,) = locked_by(parts, SaveRequest(Mode.UPSERT, match_key="Part 4")).by_id.values()
    nobody = "01920000-0000-7000-8000-000000000001"
    deleted = [SaveRequest(Mode.DELETE_PERMANENTLY, uuid) for uuid in (last, other.uuid, nobody)]
    locked = locked_by(parts, *deleted)
    assert names(locked) == ["Part 1", "Part 2", "Part 3", "Part 4"]
    led = [row.uuid for row in locked.led_to(locked.by_uuid[last])]
    assert led == [middle, first]
    # Nothing that leads to a record is held for what leaves it where it is.
    assert names(locked_by(parts, SaveRequest(Mode.TRASH, last))) == ["Part 3"]


def test_one_record_that_is_addressed_by_all_its_names_is_read_once(parts: Caller) -> None:
    (row,) = locked_by(parts, SaveRequest(Mode.UPSERT, match_key="Part 3")).by_id.values()
    asked = [
        SaveRequest(Mode.UPDATE, row.uuid),
        SaveRequest(Mode.UPDATE, record_id=row.id),
        SaveRequest(Mode.UPDATE, external=ExternalKey("crm", "3")),
        SaveRequest(Mode.UPSERT, match_key="Part 3"),
    ]
    locked = locked_by(parts, *asked)
    assert len({id(locked.match(request) or locked.find(request)) for request in asked}) == 1


def test_an_archived_holder_of_a_name_is_held_too(parts: Caller) -> None:
    (row,) = locked_by(parts, SaveRequest(Mode.UPSERT, match_key="Part 3")).by_id.values()
    archive(parts, "parts", row.uuid)
    locked = locked_by(parts, SaveRequest(Mode.CREATE, entries=entries({"name": "part 3"})))
    assert [held.state for held in locked.by_id.values()] == ["archived"]


def test_records_are_locked_in_the_order_of_their_keys(parts: Caller) -> None:
    requests = [SaveRequest(Mode.UPDATE, external=ExternalKey("crm", str(at))) for at in (4, 1, 3)]
    with statements() as seen:
        locked = locked_by(parts, *requests)
    assert list(locked.by_id) == sorted(locked.by_id)
    assert "ORDER BY r.id" in seen[-1]
