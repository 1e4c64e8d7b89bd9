"""What the requests of a batch ask for, before a record is read."""

from __future__ import annotations

from typing import Any

import pytest

from records.models import FieldOption
from records.services.people.members import update_member
from records.services.storage.rows import ExternalKey
from records.services.writing.parsed_requests import ParsedRequests
from records.services.writing.save_requests import Mode, SaveRequest
from records.services.writing.values import Change, Parsed
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    entries,
    make_field,
    make_member,
    make_object,
)
from tests.services.acting import cost


@pytest.fixture
def parts(workspace: Caller) -> Caller:
    make_object(
        workspace,
        "Parts",
        FieldDefinition("Amount", "integer", is_unique=True),
        FieldDefinition(
            "Size", "dropdown", options=[OptionDefinition("S")], default_value={"name": "S"}
        ),
        FieldDefinition("Labels", "dynamictags", default_value=[{"name": "fresh"}]),
        FieldDefinition("Keeper", "team_selector"),
    )
    return workspace


def parsed(caller: Caller, *requests: SaveRequest) -> ParsedRequests:
    return ParsedRequests(caller.author, caller.schema("parts"), dict(enumerate(requests)))


def values(caller: Caller, found: Parsed) -> dict[str, Any]:
    by_id = caller.schema("parts").by_id
    return {by_id[key].name: change.value for key, change in found.changes.items()}


def upsert(caller: Caller, match: str, field: str | None = None, **sent: Any) -> SaveRequest:
    spec = None if field is None else caller.schema("parts").by_name[field]
    return SaveRequest(
        Mode.UPSERT, match_field=spec, match_key=match, match_value=match, entries=entries(sent)
    )


def test_a_lookup_value_fills_the_field_it_matches_on(parts: Caller) -> None:
    found = parsed(
        parts,
        upsert(parts, "Bolt"),
        upsert(parts, "7", "amount"),
        upsert(parts, "Bolt", name=" BOLT"),
    )
    assert [values(parts, found.by_place[at]) for at in range(3)] == [
        {"name": "Bolt"},
        {"amount": 7},
        {"name": " BOLT"},
    ]
    filled = [next(iter(found.by_place[at].changes.values())).position for at in range(3)]
    assert filled == [None, None, 0]


def test_a_lookup_value_is_its_key_where_it_was_not_kept_as_written(parts: Caller) -> None:
    asked = SaveRequest(Mode.UPSERT, match_key="bolt")
    assert values(parts, parsed(parts, asked).by_place[0]) == {"name": "bolt"}


@pytest.mark.parametrize("identifier", ["name", None])
def test_an_upsert_without_a_lookup_value_takes_what_is_sent(
    workspace: Caller, identifier: str | None
) -> None:
    make_object(workspace, "Parts", identifier_field=identifier)
    asked = SaveRequest(Mode.UPSERT, entries=entries({"name": "Bolt"} if identifier else {}))
    found = parsed(workspace, asked).by_place[0]
    assert found.problems == []
    assert values(workspace, found) == ({"name": "Bolt"} if identifier else {})


AGREEING: list[tuple[str, str | None, dict[str, Any], list[str]]] = [
    ("Bolt", None, {"name": "Nut"}, ["conflict"]),
    ("Bolt", None, {"name": None}, ["required"]),
    ("Bolt", None, {"name": "  bolt "}, []),
    ("7", "amount", {"amount": 8}, ["conflict"]),
    ("7", "amount", {"amount": None}, ["conflict"]),
    ("7", "amount", {"amount": "007"}, []),
    ("7", "amount", {"amount": "many"}, ["invalid"]),
    ("7", "amount", {"name": "Nut"}, []),
]


@pytest.mark.parametrize(("lookup", "field", "sent", "codes"), AGREEING)
def test_a_value_that_disagrees_with_the_lookup_value_is_refused(
    parts: Caller, lookup: str, field: str | None, sent: dict[str, Any], codes: list[str]
) -> None:
    found = parsed(parts, upsert(parts, lookup, field, **sent)).by_place[0]
    assert [problem.code for entry in found.problems for problem in entry.problems] == codes


def test_a_refused_value_is_not_filled_over(parts: Caller) -> None:
    found = parsed(parts, upsert(parts, "7", "amount", amount="many")).by_place[0]
    assert values(parts, found) == {}
    assert [entry.position for entry in found.problems] == [0]


def test_an_upsert_by_external_id_fills_no_field(parts: Caller) -> None:
    asked = SaveRequest(Mode.UPSERT, external=ExternalKey("", "7"), entries=entries({"amount": 1}))
    assert values(parts, parsed(parts, asked).by_place[0]) == {"amount": 1}


def test_changes_that_are_parsed_already_are_taken_unless_they_are_locked(parts: Caller) -> None:
    member = make_member(
        parts,
        "m@example.com",
        {"parts": {"edit": "all", "view": "all"}},
        locked=[("parts", "amount")],
    )
    spec = parts.schema("parts").by_name["amount"]
    request = SaveRequest(Mode.UPDATE, changes=[Change(spec, None, 5)])
    for caller, codes in ((parts, []), (member, ["permission_required"])):
        found = parsed(caller, request).by_place[0]
        refused = [problem for entry in found.problems for problem in entry.problems]
        assert [problem.code for problem in refused] == codes
        assert {problem.part for problem in refused} <= {"value"}
        assert found.size == 0  # no entry asked for them


def test_what_is_named_is_replaced_where_it_stands_or_refused_there(parts: Caller) -> None:
    known = SaveRequest(
        Mode.CREATE, entries=entries({"keeper": "is_me", "labels": [{"name": "a"}]})
    )
    unknown = SaveRequest(
        Mode.CREATE, entries=entries({"name": "x", "keeper": {"email": "no@example.com"}})
    )
    found = parsed(parts, known, unknown)
    assert [(at, change.field.name) for at, change in found.referring] == [
        (0, "keeper"),
        (0, "labels"),
        (1, "keeper"),
    ]
    found.resolve()
    (option,) = FieldOption.objects.filter(workspace=parts.workspace, name="a")
    assert values(parts, found.by_place[0]) == {"keeper": parts.member.id, "labels": [option.pk]}
    assert values(parts, found.by_place[1]) == {"name": "x"}
    assert [(entry.position, entry.problems[0].code) for entry in found.by_place[1].problems] == [
        (1, "does_not_exist")
    ]


def test_defaults_are_read_where_records_may_be_created(parts: Caller) -> None:
    size = next(iter(parts.schema("parts").by_name["size"].options))
    for modes, named in (
        ([Mode.UPDATE], []),
        ([Mode.CREATE], ["size", "labels"]),
        ([Mode.UPSERT], ["size", "labels"]),
        ([Mode.UPDATE, Mode.CREATE], ["size", "labels"]),
    ):
        found = parsed(parts, *(SaveRequest(mode, match_key="Bolt") for mode in modes))
        found.resolve()
        assert [change.field.name for change in found.defaults] == named, modes
    (fresh,) = FieldOption.objects.filter(workspace=parts.workspace, name="fresh")
    assert [change.value for change in found.defaults] == [size, [fresh.pk]]


def test_a_default_that_names_who_is_gone_is_left_out(parts: Caller) -> None:
    member = make_member(parts, "m@example.com").member
    make_field(parts, "parts", "Helper", "team_selector", default_value=str(member.uuid))
    for is_active, named in ((True, ["size", "labels", "helper"]), (False, ["size", "labels"])):
        update_member(
            parts.author, member, first_name="M", last_name="", role=member.role,
            is_active=is_active,
        )  # fmt: skip
        found = parsed(parts, SaveRequest(Mode.CREATE))
        found.resolve()
        assert [change.field.name for change in found.defaults] == named


def test_requests_that_name_the_same_look_it_up_once(parts: Caller) -> None:
    author, schema = parts.author, parts.schema("parts")
    asked = SaveRequest(
        Mode.CREATE, entries=entries({"keeper": str(parts.member.uuid), "labels": [{"name": "a"}]})
    )
    ParsedRequests(author, schema, {0: asked})
    costs = [
        cost(ParsedRequests, author, schema, dict.fromkeys(range(number), asked))
        for number in (1, 50)
    ]
    assert costs[0] == costs[1]
