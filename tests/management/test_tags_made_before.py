"""What an upgrade makes of tags that were there before: nobody knows which an admin defined."""

from __future__ import annotations

from importlib import import_module

from django.apps import apps

from records.models import FieldOption
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    make_field,
    make_object,
    make_record,
)


def test_tags_count_as_made_by_records_and_other_options_as_defined(workspace: Caller) -> None:
    size = FieldDefinition("Size", "dropdown", options=(OptionDefinition("Big"),))
    make_object(workspace, "Notes", size)
    make_field(workspace, "notes", "Labels", "dynamictags")
    make_record(workspace, "notes", name="One", labels=["Old"])
    FieldOption.objects.update(by_hand=True)
    FieldOption.history.update(by_hand=True)

    import_module("records.migrations.0015_made_by_hand").mark_tags(apps, None)

    for rows in (FieldOption.objects, FieldOption.history):
        told = dict(rows.filter(name__in=["Old", "Big"]).values_list("name", "by_hand"))
        assert told == {"Old": False, "Big": True}
