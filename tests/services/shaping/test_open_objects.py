"""Objects that take properties nobody has defined."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from records.exceptions import InvalidInput, InvalidValues, NotAllowed, RecordsError
from records.models import Field, Record
from records.services.shaping.creation import MAX_FIELDS
from records.services.shaping.open_objects import save_openly
from records.services.storage.integrity import check_records
from records.services.writing.save import save_record
from records.services.writing.save_requests import Mode, SaveRequest, SaveResult
from tests.factories import Caller, entries, make_member, make_object


@pytest.fixture
def notes(workspace: Caller) -> Caller:
    """An open object."""
    make_object(workspace, "Notes", is_open=True)
    return workspace


def save(
    caller: Caller, mode: Mode = Mode.CREATE, uuid: str | None = None, **values: Any
) -> SaveResult:
    request = SaveRequest(mode, uuid, entries=entries(values))
    work = partial(save_record, request=request)
    return save_openly(caller.author, caller.schema("notes"), request.entries, work)


def stored(result: SaveResult) -> dict[str, Any]:
    fields = result.schema.all_fields
    return {fields[int(key)].name: value for key, value in result.record.values.items()}


def types(caller: Caller) -> dict[str, str]:
    return {
        spec.name: spec.type.name for spec in caller.schema("notes").fields if not spec.is_default
    }


def test_each_new_property_makes_a_field_for_its_kind_of_value(notes: Caller) -> None:
    values: dict[str, Any] = {
        "colour": "red",
        "weight": 1.5,
        "pieces": 3,
        "fragile": False,
        "size": {"width": 2},
        "parts": [1, "two"],
        "story": "x" * 256,
    }
    result = save(notes, name="First", **values)
    assert {key: stored(result)[key] for key in values} == values
    assert types(notes) == {
        "colour": "text",
        "weight": "decimal",
        "pieces": "decimal",
        "fragile": "checkbox",
        "size": "json",
        "parts": "json",
        "story": "longtext",
    }
    assert notes.schema("notes").by_name["colour"].display_name == "Colour"
    assert result.changed >= {notes.schema("notes").by_name["colour"].id}
    assert not list(check_records(notes.workspace))


def test_a_property_that_exists_is_used_as_it_is(notes: Caller) -> None:
    save(notes, name="First", colour="red")
    before = notes.schema("notes")
    assert save(notes, name="Second", colour="blue").schema is before
    with pytest.raises(InvalidValues, match="Expected a string"):
        save(notes, name="Third", colour=5)


def test_a_refused_write_makes_no_fields(notes: Caller) -> None:
    version = notes.author.workspace.definitions_version
    with pytest.raises(InvalidValues, match="may not be blank"):
        save(notes, name=None, colour="red")
    with pytest.raises(InvalidValues, match="at most 15 digits"):
        save(notes, name="First", amount=10**16)
    assert types(notes) == {}
    assert notes.author.workspace.definitions_version == version
    assert not Record.objects.filter(workspace=notes.workspace).exists()


@pytest.mark.parametrize("name", ["Colour", "2nd", "a b", "", "é", "x" * 65, "a-b", "\ud800"])
def test_a_name_that_no_field_can_have_is_refused_with_one_that_it_can(
    notes: Caller, name: str
) -> None:
    wrong: dict[str, Any] = {"name": "First", name: 1}
    with pytest.raises(InvalidValues, match="a-z, 0-9 and _") as refused:
        save(notes, **wrong)
    assert refused.value.entries[0].position == 1
    assert types(notes) == {}


def test_closed_objects_take_no_new_properties(workspace: Caller) -> None:
    make_object(workspace, "Notes")
    with pytest.raises(InvalidValues, match="no field with this name"):
        save(workspace, name="First", colour="red")


def test_only_roles_that_may_create_records_may_add_properties(notes: Caller) -> None:
    record = save(notes, name="First").record.uuid
    editor = make_member(notes, "editor@example.com", {"notes": {"view": "all", "edit": "all"}})
    with pytest.raises(NotAllowed, match="may not add properties"):
        save(editor, Mode.UPDATE, record, colour="red")
    assert save(editor, Mode.UPDATE, record, name="Second").action == "updated"
    creator = make_member(notes, "creator@example.com", {"notes": {"view": "own", "create": True}})
    assert stored(save(creator, name="Mine", colour="red"))["colour"] == "red"


def test_a_hidden_property_is_neither_written_nor_made_again(notes: Caller) -> None:
    save(notes, name="First", secret="x")
    grant = {"notes": {"view": "all", "edit": "all", "create": True}}
    guest = make_member(notes, "guest@example.com", grant, hidden=[("notes", "secret")])
    with pytest.raises(InvalidValues, match="no field with this name"):
        save(guest, name="Second", secret="y")
    assert Field.objects.filter(workspace=notes.workspace, name="secret").count() == 1


def test_the_number_of_fields_is_bounded(notes: Caller) -> None:
    free = MAX_FIELDS - len(notes.schema("notes").fields)
    many: dict[str, Any] = {f"p{at}": at for at in range(free)}
    save(notes, name="First", **many)
    with pytest.raises(InvalidInput, match="at most 500 fields"):
        save(notes, name="Second", one_more=1)
    assert save(notes, name="Second", p0=1).action == "created"


def test_the_new_fields_are_signed_by_who_wrote_them(notes: Caller) -> None:
    save(notes, name="First", colour="red")
    made: Any = Field.objects.get(workspace=notes.workspace, name="colour")
    assert made.history.get().history_user == notes.member.user


def test_an_update_may_add_properties(notes: Caller) -> None:
    record = save(notes, name="First").record.uuid
    assert stored(save(notes, Mode.UPDATE, record, colour="red"))["colour"] == "red"
    assert "colour" not in stored(save(notes, Mode.REPLACE, record, name="First", weight=1))


def test_a_record_that_is_not_there_makes_no_fields(notes: Caller) -> None:
    with pytest.raises(RecordsError):
        save(notes, Mode.UPDATE, "01920000-0000-7000-8000-000000000001", colour="red")
    assert types(notes) == {}
