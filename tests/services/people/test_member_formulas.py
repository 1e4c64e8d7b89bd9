"""Which objects tell of a member, and of what."""

from __future__ import annotations

from typing import Any

import pytest

from records.services.people.member_formulas import count_told, objects_telling, told_facts
from tests.factories import Caller, FieldDefinition, make_object


def telling(label: str, expression: str) -> FieldDefinition:
    return FieldDefinition(
        label, "formula", settings={"formula_options": {"expression": expression}}
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"first_name": "Anne"}, ["names", "both"]),
        ({"labels": ["x"]}, ["both"]),
        ({"phone": "+12015550123"}, []),
    ],
)
def test_objects_whose_formulas_read_what_has_changed(
    workspace: Caller, changes: dict[str, Any], expected: list[str]
) -> None:
    make_object(workspace, "Names", telling("Who", "member.name + '!'"))
    make_object(
        workspace,
        "Both",
        telling("Who", "member.first_name"),
        telling("Labels", "size(member.labels)"),
    )
    make_object(workspace, "Words", telling("Word", "'member.name'"))
    member = workspace.member
    before = told_facts(member)
    for name, value in changes.items():
        setattr(member, name, value)
    found = objects_telling(member, before)
    assert found == [workspace.schema(name).id for name in expected]
    assert count_told(workspace.workspace.pk, workspace.schema("names").id, member.pk) == 0
