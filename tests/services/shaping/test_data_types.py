"""Objects as data types: who sees which, how many records each has, and changes that are all or
nothing."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import Conflict, NotAllowed, NotFound
from records.models import Field
from records.services.shaping.data_types import (
    FieldChange,
    SlugCheck,
    archive_data_type,
    check_slug,
    create_data_type,
    find_type_field,
    get_data_type,
    get_data_type_by_slug,
    list_data_types,
    member_record_counts,
    restore_data_type,
    update_data_type,
)
from records.services.writing.save_requests import Attributes, Mode, SaveRequest
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    entries,
    make_member,
    make_object,
    make_record,
)
from tests.services.acting import invalid_at, refusal, write

KIND = FieldDefinition("Kind", "dropdown", options=(OptionDefinition("A"),))


@pytest.fixture
def notes(workspace: Caller) -> int:
    """The primary key of a type with two records."""
    make_object(workspace, "Notes", FieldDefinition("Count", "integer"), KIND)
    for name in ("a", "b"):
        make_record(workspace, "notes", name=name)
    return workspace.schema("notes").id


def listed(
    caller: Caller, *, archived: bool = False, sort: str = "name", descending: bool = False
) -> list[str]:
    found = list_data_types(caller.author, archived=archived, sort=sort, descending=descending)
    return [item.slug for item in found]


def test_types_are_listed_in_the_order_asked_for(workspace: Caller, notes: int) -> None:
    make_object(workspace, "Albums")

    assert listed(workspace) == ["albums", "client_client", "notes"]
    assert listed(workspace, sort="recordCount", descending=True)[0] == "notes"
    assert listed(workspace, sort="createdAt") == ["client_client", "notes", "albums"]


def test_members_see_the_types_that_their_role_grants_something_about(
    workspace: Caller, notes: int
) -> None:
    make_object(workspace, "Albums")
    reader = make_member(workspace, "reader@example.com", {"notes": {"view": "own"}})

    assert listed(reader) == ["notes"]
    assert listed(reader, archived=True) == []
    assert get_data_type(reader.author, notes).record_count == 0
    assert get_data_type(workspace.author, notes).record_count == 2
    for name in ("albums", "nothing", "No!", ""):
        assert isinstance(refusal(get_data_type_by_slug, reader.author, name), NotFound)


def test_members_count_the_records_they_may_list(workspace: Caller, notes: int) -> None:
    make_object(workspace, "Albums")
    grants: dict[str, dict[str, Any]] = {
        "notes": {"create": True, "view": "own"},
        "albums": {"view": "all"},
    }
    reader = make_member(workspace, "reader@example.com", grants)
    owned = SaveRequest(
        Mode.CREATE,
        entries=entries({"name": "c"}),
        attributes=Attributes(new_member_id=reader.member.pk),
    )
    write(reader, "notes", owned)
    albums = workspace.schema("albums").id

    assert member_record_counts(reader.author, None)[notes] == 1
    assert member_record_counts(workspace.author, reader.member.pk)[notes] == 1
    theirs = member_record_counts(reader.author, workspace.member.pk)
    assert (theirs[albums], notes in theirs) == (
        0,
        False,
    )  # others' notes are none of the reader's business
    assert isinstance(refusal(member_record_counts, workspace.author, 987654), NotFound)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("free", SlugCheck(valid=True, available=True, suggestion=None)),
        ("notes", SlugCheck(valid=True, available=False, suggestion="notes_2")),
        ("Notes!", SlugCheck(valid=False, available=False, suggestion="notes_2")),
        ("New ones", SlugCheck(valid=False, available=False, suggestion="new_ones")),
    ],
)
def test_a_slug_is_free_or_another_is_suggested(
    workspace: Caller, notes: int, wanted: str, found: SlugCheck
) -> None:
    assert check_slug(workspace.author, wanted) == found
    archive_data_type(workspace.author, get_data_type(workspace.author, notes), force=True)
    assert check_slug(workspace.author, wanted) == found  # an archived type keeps its slug


def test_a_type_has_no_identifier_but_the_number_of_its_records(workspace: Caller) -> None:
    made = create_data_type(
        workspace.author, "Visits", slug="stays", description="d", fields=[KIND]
    )

    found = get_data_type_by_slug(workspace.author, "stays")
    assert (found.id, found.name, found.description, found.archived) == (made, "Visits", "d", False)
    assert found.schema.identifier is None
    assert "name" not in found.schema.by_name


def test_fields_are_changed_added_and_get_options_in_one_step(
    workspace: Caller, notes: int
) -> None:
    schema = workspace.schema("notes")
    count, kind = schema.by_name["count"], schema.by_name["kind"]

    update_data_type(
        workspace.author,
        schema,
        {"description": "new"},
        [
            FieldChange(field_id=count.id, changes={"display_name": "Number"}),
            FieldChange(field_id=kind.id, options=(OptionDefinition("B"), OptionDefinition("C"))),
            FieldChange(definition=FieldDefinition("Done", "checkbox")),
        ],
    )

    after = workspace.schema("notes")
    assert after.by_name["count"].display_name == "Number"
    assert [option.name for option in after.by_name["kind"].options.values()] == ["A", "B", "C"]
    assert after.by_name["done"].type.name == "checkbox"
    assert get_data_type(workspace.author, notes).description == "new"


def test_a_change_that_is_refused_leaves_all_as_it_was(workspace: Caller, notes: int) -> None:
    schema = workspace.schema("notes")
    good = FieldChange(field_id=schema.by_name["count"].id, changes={"display_name": "Number"})
    bad = FieldChange(definition=FieldDefinition("Kind", "text", name="kind"))

    refused = invalid_at(
        update_data_type, workspace.author, schema, {"description": "new"}, [good, bad]
    )

    assert refused == (("fields", 1, "name"), "unique")
    assert Field.objects.get(workspace=workspace.workspace, name="count").display_name == "Count"
    assert get_data_type(workspace.author, notes).description == ""


def test_a_type_with_records_goes_only_by_force_and_comes_back(
    workspace: Caller, notes: int
) -> None:
    reader = make_member(
        workspace, "reader@example.com", {"notes": {"view": "all", "remove": "all"}}
    )
    found = get_data_type(workspace.author, notes)
    refused = refusal(archive_data_type, workspace.author, found, force=False)
    assert (type(refused), refused.code) == (Conflict, "in_use")
    assert isinstance(refusal(archive_data_type, reader.author, found, force=True), NotAllowed)

    archive_data_type(workspace.author, found, force=True)
    archive_data_type(workspace.author, found, force=False)  # a second time, nothing happens

    assert listed(workspace) == ["client_client"]
    assert listed(workspace, archived=True) == ["notes"]
    assert isinstance(refusal(get_data_type, reader.author, notes), NotFound)

    for _ in range(2):
        restore_data_type(workspace.author, found)
    assert listed(workspace) == ["client_client", "notes"]


def test_a_field_is_found_by_its_key_or_slug(workspace: Caller, notes: int) -> None:
    schema = workspace.schema("notes")
    count = schema.by_name["count"]

    assert find_type_field(schema, count.id) is find_type_field(schema, "count") is count
    for key in ("Count", True, 1.0, None, 0, str(count.id)):
        assert find_type_field(schema, key) is None
