"""Which records a batch reads and locks: those its requests mean, once, at a cost that does not
grow."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction

from records.models import ObjectType
from records.services.storage.rows import ExternalKey, OutdatedSchema
from records.services.storage.unique_lookups import PROBED_FROM
from records.services.writing.locked_records import LockedRecords
from records.services.writing.locking import Locking
from records.services.writing.parsed_requests import ParsedRequests
from records.services.writing.save_requests import Attributes, Mode, SaveRequest
from tests.factories import Caller, FieldDefinition, archive, entries, make_object
from tests.services.acting import cost, statements, uuids_of, write, write_all

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
    with pytest.raises(OutdatedSchema):
        locked_by(parts, request, version=version + 1)


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
