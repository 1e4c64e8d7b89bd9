"""Options that go with the values that name them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from records.exceptions import Conflict, InvalidInput, NotAllowed, NotFound
from records.models import FieldOption, FieldValue, Record
from records.services.catalogue import touch
from records.services.shaping import option_removal
from records.services.shaping.option_removal import find_option, remove_option
from records.services.writing import unarchive_record
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    archive,
    change_record,
    make_member,
    make_object,
    make_record,
)
from tests.services.acting import differences, read, refusal

NAMES = ("Oar", "Sail", "Steam")


@pytest.fixture
def boats(workspace: Caller) -> Caller:
    """Five boats, one of them archived."""
    options = tuple(OptionDefinition(name) for name in NAMES)
    make_object(
        workspace,
        "Boats",
        FieldDefinition("Kind", "dropdown", options=options, is_required=True),
        FieldDefinition("Rigs", "checkboxes", options=options),
    )
    for at in range(5):
        made = make_record(workspace, "boats", name=str(at), kind="Sail", rigs=["Sail", "Oar"])
    archive(workspace, "boats", made.record.uuid)
    return workspace


def remove(caller: Caller, field: str, name: str, **more: Any) -> int:
    schema = caller.schema("boats")
    return remove_option(caller.author, schema, schema.by_name[field], name, **more)


def kept(caller: Caller, field: str) -> list[Any]:
    """What the records have of a field."""
    schema = caller.schema("boats")
    rows = Record.objects.filter(workspace=caller.workspace, object_id=schema.id).order_by("id")
    return [row.values.get(str(schema.by_name[field].id)) for row in rows]


@pytest.mark.parametrize("batch", [1, 2, 500])
def test_every_record_gets_the_other_option(
    boats: Caller, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(option_removal, "BATCH", batch)
    rigs = boats.schema("boats").by_name["rigs"]
    keys = {option.name: option.id for option in rigs.options.values()}

    assert remove(boats, "rigs", "sail", replace_with="OAR") == 5

    assert kept(boats, "rigs") == [[keys["Oar"]]] * 5
    assert not FieldValue.objects.filter(workspace=boats.workspace, option=keys["Sail"]).exists()
    assert isinstance(refusal(remove, boats, "rigs", "Sail"), NotFound)


def test_by_force_values_go_even_where_one_is_required(boats: Caller) -> None:
    assert remove(boats, "kind", "Sail", force=True) == 5
    assert kept(boats, "kind") == [None] * 5
    rows = Record.objects.filter(workspace=boats.workspace, object__name="boats")
    assert {row.version for row in rows} == {2, 3}


def test_an_option_in_use_stays(boats: Caller) -> None:
    refused = refusal(remove, boats, "kind", "Sail")
    assert (type(refused), refused.code) == (Conflict, "in_use")
    assert remove(boats, "kind", "Steam") == 0
    for heir in ("Nothing", "Sail", "a\x00"):
        assert isinstance(refusal(remove, boats, "kind", "Sail", replace_with=heir), InvalidInput)
    reader = make_member(boats, "r@example.com", {"boats": {"view": "all", "edit": "all"}})
    assert isinstance(refusal(remove, reader, "kind", "Sail", force=True), NotAllowed)
    assert all(kept(boats, "kind"))


def test_stages_are_left_by_their_rules(workspace: Caller) -> None:
    make_object(workspace, "Deals", object_type="pipeline")
    schema = workspace.schema("deals")
    stage = schema.by_name["stage"]
    first, second, *_ = stage.options.values()
    made = make_record(workspace, "deals", name="D", stage=first.name)

    author = workspace.author
    held = refusal(remove_option, author, schema, stage, first.name, force=True)
    assert (type(held), held.code) == (Conflict, "in_use")
    gone = make_record(workspace, "deals", name="E", stage=first.name)
    archive(workspace, "deals", gone.record.uuid)
    assert remove_option(author, schema, stage, first.name, replace_with=second.name) == 2

    for uuid in (made.record.uuid, gone.record.uuid):
        stored = Record.objects.get(workspace=workspace.workspace, uuid=uuid).values
        assert stored[str(stage.id)] == second.id
    assert differences(workspace) == []
    assert find_option(author, stage, first.name) is None


def test_what_older_releases_took_from_archived_records_goes_when_it_is_written(
    workspace: Caller,
) -> None:
    """They deleted an option while archived records had it."""
    kinds = tuple(OptionDefinition(name) for name in NAMES)
    make_object(workspace, "Boats", FieldDefinition("Kind", "dropdown", options=kinds))
    uuid = make_record(workspace, "boats", name="A", kind="Sail").record.uuid
    archive(workspace, "boats", uuid)
    spec = workspace.schema("boats").by_name["kind"]
    options = FieldOption.objects.filter(workspace=workspace.workspace, field_id=spec.id)
    options.filter(name="Sail").update(deleted_at=timezone.now())
    touch(workspace.workspace.pk, [workspace.schema("boats").id])

    unarchive_record(workspace.author, workspace.schema("boats"), UUID(uuid))
    shown: Any = read(workspace, "boats", uuid)["kind"]
    change_record(workspace, "boats", uuid, kind=None)

    assert shown["name"] == "Sail"
    assert read(workspace, "boats", uuid).get("kind") is None
    assert differences(workspace) == []
