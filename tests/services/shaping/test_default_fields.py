"""The fields every object is made with, by its kind."""

from __future__ import annotations

import pytest

from records.services.catalogue.drafts import FieldDefinition
from records.services.shaping.default_fields import DEFAULT_STAGES, contact_fields, object_fields

COMMON = ["owner", "created", "updated", "display_name"]
PIPELINE = [
    *("stage", "entity_value", "estimated_close_date", "actual_close_date"),
    *("percentage_chance_to_close", "reasons_lost"),
]


def named(fields: list[FieldDefinition], name: str) -> FieldDefinition:
    return next(field for field in fields if field.name == name)


@pytest.mark.parametrize(("kind", "more"), [("standard", []), ("pipeline", PIPELINE)])
def test_objects_have_a_name_and_what_is_known_of_every_record(kind: str, more: list[str]) -> None:
    fields = object_fields(kind, DEFAULT_STAGES)

    assert [field.name for field in fields] == ["name", *COMMON, *more]
    assert all(field.is_default for field in fields)
    assert [field.name for field in fields if field.computed] == [
        "created",
        "updated",
        "display_name",
    ]
    assert named(fields, "name").is_required


def test_a_record_of_a_pipeline_is_always_at_one_of_its_stages() -> None:
    stages = DEFAULT_STAGES[:2]

    stage = named(object_fields("pipeline", stages), "stage")

    assert (stage.is_required, stage.allows_empty, stage.options) == (True, False, stages)


def test_contacts_are_people() -> None:
    fields = contact_fields()

    names = [field.name for field in fields]
    assert names[:4] == ["first_name", "last_name", "full_name", "email"]
    assert names[-4:] == COMMON
    assert named(fields, "full_name").computed
    assert len(set(names)) == len(names)
