"""Options of a choice field: added, changed, replaced and taken away, without leaving a record with
none."""

from __future__ import annotations

from uuid import UUID

import pytest

from records.exceptions import NotAllowed, NotFound
from records.models import Field, FieldOption
from records.services.shaping import option_removal, options
from records.services.shaping.option_removal import replace_option
from records.services.shaping.options import (
    create_option,
    delete_option,
    get_option,
    update_option,
)
from records.services.writing import unarchive_record
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    archive,
    make_member,
    make_object,
    make_record,
    set_pattern,
)
from tests.services.acting import differences, history, invalid_at, names, read, refusal, view


@pytest.fixture
def things(workspace: Caller) -> Caller:
    """Things of a kind and with marks; a pipeline's stages are options too."""
    choices = (OptionDefinition("Big"), OptionDefinition("Small"))
    make_object(
        workspace,
        "Things",
        FieldDefinition("Kind", "dropdown", options=choices),
        FieldDefinition("Marks", "checkboxes", options=choices),
        object_type="pipeline",
        stages=(OptionDefinition("New", stage_status="open"),),
    )
    return workspace


def field_of(caller: Caller, name: str) -> Field:
    return Field.objects.get(workspace=caller.workspace, object__name="things", name=name)


def option_of(caller: Caller, field: str, name: str) -> FieldOption:
    return FieldOption.objects.get(
        workspace=caller.workspace, field=field_of(caller, field), name=name
    )


def replaced(caller: Caller, field: str, name: str, heir: str) -> int:
    schema = caller.schema("things")
    option = option_of(caller, field, name)
    return replace_option(caller.author, schema, schema.by_name[field], option, heir)


def test_a_new_option_is_the_last_and_has_a_code_of_its_own(things: Caller) -> None:
    made = create_option(things.author, field_of(things, "kind"), OptionDefinition("Very big"))

    assert (made.name, made.code) == ("Very big", "very_big")
    assert [option.name for option in things.schema("things").by_name["kind"].options.values()][
        -1
    ] == "Very big"


def test_options_that_cannot_be_are_refused(
    things: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = field_of(things, "kind")
    for definition in (OptionDefinition(" "), OptionDefinition("big"), OptionDefinition("x" * 256)):
        path, _ = invalid_at(create_option, things.author, kind, definition)
        assert path == ("options",)
    assert invalid_at(
        create_option, things.author, field_of(things, "name"), OptionDefinition("A")
    ) == ((), "invalid")
    monkeypatch.setattr(options, "MAX_OPTIONS", 2)
    refused = invalid_at(create_option, things.author, kind, OptionDefinition("Huge"))
    assert refused == (("options",), "limit_exceeded")


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        (0, ["Odd", "Big", "Small"]),
        (1, ["Big", "Odd", "Small"]),
        (2, ["Big", "Small", "Odd"]),
        (99, ["Big", "Small", "Odd"]),
    ],
)
def test_an_option_takes_a_position_and_the_later_ones_move_up(
    things: Caller, position: int, expected: list[str]
) -> None:
    def listed(field: str) -> list[tuple[str, int]]:
        options = things.schema("things").by_name[field].options.values()
        return sorted(((row.name, row.order) for row in options), key=lambda row: row[1])

    made = create_option(
        things.author, field_of(things, "kind"), OptionDefinition("Odd"), position=position
    )
    assert listed("kind") == list(zip(expected, range(3), strict=True))
    last = create_option(things.author, field_of(things, "marks"), OptionDefinition("Odd"))
    update_option(things.author, last, position=position)
    assert listed("marks") == list(zip(expected, range(3), strict=True))
    update_option(things.author, made, position=0)
    assert listed("kind")[0] == ("Odd", 0)


@pytest.mark.parametrize("percentage", [-1, 101])
def test_a_chance_is_a_percentage(things: Caller, percentage: int) -> None:
    stage = option_of(things, "stage", "New")

    assert invalid_at(update_option, things.author, stage, percentage=percentage) == (
        ("percentage",),
        "invalid",
    )
    assert update_option(things.author, stage, percentage=100, stage_status="won").percentage == 100


def test_records_are_renamed_with_the_option_that_names_them(things: Caller) -> None:
    set_pattern(things, "things", "{name}, {kind}")
    uuid = make_record(things, "things", name="A", kind="Big", stage="New").record.uuid

    update_option(things.author, option_of(things, "kind", "Big"), name="Large")

    assert view(things, "things", uuid).display_name == "A, Large"
    assert option_of(things, "kind", "Large").code == "big"  # programs know it by its code
    assert differences(things) == []


def test_an_option_is_found_by_its_uuid_in_its_own_field(things: Caller) -> None:
    schema = things.schema("things")
    big = option_of(things, "kind", "Big")

    assert get_option(things.author, schema.by_name["kind"], str(big.uuid)) == big
    for field, key in (("marks", str(big.uuid)), ("kind", "big"), ("kind", "")):
        assert isinstance(refusal(get_option, things.author, schema.by_name[field], key), NotFound)


@pytest.mark.parametrize(
    ("field", "sent", "after"), [("kind", "Big", "Small"), ("marks", ["Big"], ["Small"])]
)
def test_records_get_another_option_in_batches(
    things: Caller, monkeypatch: pytest.MonkeyPatch, field: str, sent: object, after: object
) -> None:
    monkeypatch.setattr(option_removal, "BATCH", 2)
    live = [
        make_record(things, "things", name=f"{at}", stage="New", **{field: sent}).record.uuid
        for at in range(3)
    ]
    gone = [
        make_record(things, "things", name=f"gone {at}", stage="New", **{field: sent}).record.uuid
        for at in range(3)
    ]
    for uuid in gone:
        archive(things, "things", uuid)

    moved = replaced(things, field, "Big", str(option_of(things, field, "Small").uuid))

    assert moved == 6
    for uuid in gone:
        unarchive_record(things.author, things.schema("things"), UUID(uuid))
    for uuid in live:
        assert names(read(things, "things", uuid)[field]) == after
        assert history(things, "things", uuid)[0].reason == "Big was replaced by Small"
    for uuid in gone:
        assert names(read(things, "things", uuid)[field]) == after
        assert history(things, "things", uuid)[1].reason == "Big was replaced by Small"
    assert option_of(things, field, "Big").deleted_at is not None
    assert differences(things) == []


def test_only_another_option_of_the_field_takes_over(things: Caller) -> None:
    big, elsewhere = option_of(things, "kind", "Big"), option_of(things, "marks", "Small")

    assert invalid_at(replaced, things, "kind", "Big", str(big.uuid)) == (("option_id",), "invalid")
    for heir in (str(elsewhere.uuid), "nothing"):
        assert invalid_at(replaced, things, "kind", "Big", heir) == (
            ("option_id",),
            "does_not_exist",
        )
    clerk = make_member(things, "clerk@example.com", {"things": {"view": "all", "edit": "all"}})
    assert isinstance(refusal(replaced, clerk, "kind", "Big", str(big.uuid)), NotAllowed)


def test_an_option_that_is_needed_stays(things: Caller) -> None:
    make_record(things, "things", name="A", kind="Big", stage="New")

    assert invalid_at(delete_option, things.author, option_of(things, "kind", "Big")) == (
        (),
        "in_use",
    )
    assert invalid_at(replaced, things, "stage", "New", "nothing") == (
        ("option_id",),
        "does_not_exist",
    )
    put_away = make_record(things, "things", name="B", kind="Small", stage="New").record.uuid
    archive(things, "things", put_away)
    assert invalid_at(delete_option, things.author, option_of(things, "kind", "Small")) == (
        (),
        "in_use",
    )
    delete_option(things.author, option_of(things, "marks", "Small"))
    assert [
        option.deleted for option in things.schema("things").by_name["marks"].options.values()
    ].count(False) == 1


def test_a_field_that_is_never_empty_keeps_its_last_option(things: Caller) -> None:
    assert invalid_at(delete_option, things.author, option_of(things, "stage", "New")) == (
        (),
        "invalid",
    )
    assert option_of(things, "stage", "New").deleted_at is None
