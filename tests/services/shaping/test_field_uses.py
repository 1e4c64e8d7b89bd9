"""What uses a field, as far as its reader may see it."""

from __future__ import annotations

import pytest

from records.services.shaping.field_uses import References, field_references, uses_of
from tests.factories import (
    Caller,
    FieldDefinition,
    make_field,
    make_member,
    make_object,
    make_relation,
    set_pattern,
)

FORMULA = {"formula_options": {"expression": "record.data.note"}}


@pytest.fixture
def things(workspace: Caller) -> Caller:
    make_object(
        workspace,
        "Things",
        FieldDefinition("Note", "text"),
        FieldDefinition("Count", "integer"),
        FieldDefinition("Spare", "text"),
    )
    make_field(workspace, "things", "Same", "formula", settings=FORMULA)
    make_object(workspace, "Makers")
    make_relation(workspace, "things", "Maker", "makers", "primary", "Things made")
    set_pattern(workspace, "things", "{name} {count}")
    return workspace


def references(caller: Caller, name: str, object_key: str = "things") -> References:
    schema = caller.schema(object_key)
    return field_references(caller.author, schema, schema.by_name[name])


@pytest.mark.parametrize(
    ("name", "formulas", "in_pattern", "is_identifier", "can_delete"),
    [
        ("note", ["same"], False, False, False),
        ("count", [], True, False, False),
        ("name", [], True, True, False),
        ("spare", [], False, False, True),
        ("owner", [], False, False, False),
        ("maker", [], False, False, True),
    ],
)
def test_what_needs_a_field(
    things: Caller,
    name: str,
    formulas: list[str],
    in_pattern: bool,
    is_identifier: bool,
    can_delete: bool,
) -> None:
    found = references(things, name)

    assert [spec.name for spec in found.uses.formulas] == formulas
    assert (found.uses.in_pattern, found.uses.is_identifier) == (in_pattern, is_identifier)
    assert found.can_delete is can_delete


def test_a_mirror_is_named_and_keeps_its_partner(things: Caller) -> None:
    mirror = references(things, "maker").mirror
    assert mirror is not None
    assert (mirror[0].name, mirror[1].name) == ("makers", "things_made")
    back = references(things, "things_made", "makers").mirror
    assert back is not None
    assert (back[0].name, back[1].name) == ("things", "maker")

    set_pattern(things, "things", "{name} {maker}")
    assert not references(things, "things_made", "makers").can_delete


def test_nothing_out_of_sight_is_shown(things: Caller) -> None:
    same = things.schema("things").by_name["same"]
    clerk = make_member(
        things, "clerk@example.com", {"things": {"view": "all"}}, hidden=[("things", same.name)]
    )

    assert references(clerk, "note").uses.formulas == ()
    assert references(clerk, "maker").mirror is None
    assert not references(clerk, "spare").can_delete


def test_a_formula_of_a_longer_name_reads_something_else(things: Caller) -> None:
    make_field(things, "things", "Not", "text")

    assert not uses_of(things.schema("things"), "not").any
