"""Options that a field is made with because of its type."""

from __future__ import annotations

from tests.factories import Caller, FieldDefinition, make_object, make_record


def test_a_yes_no_maybe_field_has_its_three_options(workspace: Caller) -> None:
    make_object(workspace, "Visits", FieldDefinition("Agreed", "yesnomaybe"))

    agreed = workspace.schema("visits").by_name["agreed"]
    made = make_record(workspace, "visits", name="First", agreed="maybe")

    assert [(option.name, option.code) for option in agreed.options.values()] == [
        ("Yes", "yes"),
        ("No", "no"),
        ("Maybe", "maybe"),
    ]
    assert made.record.values[str(agreed.id)] == list(agreed.options)[2]
