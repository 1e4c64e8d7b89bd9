"""What can be said of a type by its name alone, known or not."""

from __future__ import annotations

import pytest

from records.field_types import FieldSpec, field_types
from records.services.shaping.type_facts import (
    documented_settings,
    has_options,
    is_link_type,
    named_type,
    setting_groups,
    workspace_type,
)


@pytest.mark.parametrize(
    ("field_type", "options", "link"),
    [
        ("dropdown", True, False),
        ("status", True, False),
        ("checkboxes", True, False),
        ("relationship", False, True),
        ("team_selector", False, False),
        ("text", False, False),
        ("no such type", False, False),
        ("", False, False),
    ],
)
def test_options_and_links_are_known_by_the_name(
    field_type: str, options: bool, link: bool
) -> None:
    assert has_options(field_type) is options
    assert is_link_type(field_type) is link


@pytest.mark.parametrize(
    ("called", "expected"),
    [
        ("boolean", "checkbox"),
        ("bool", "checkbox"),
        ("number", "decimal"),
        ("long_text", "longtext"),
        ("multi_select", "checkboxes"),
        ("select", "dropdown"),
        ("string", "text"),
        ("zip", "zip_code"),
        ("checkbox", "checkbox"),
        ("Date & Time", "datetime"),
        ("date-AND time", "datetime"),
        ("Time of Day", "time"),
        ("Yes/No", "checkbox"),
        ("YES-NO", "checkbox"),
        ("decimal", "decimal"),
        ("Postal Code", "zip_code"),
        ("computed", "formula"),
        ("LongText", "longtext"),
        ("no such type", None),
        ("", None),
    ],
)
def test_a_type_is_found_by_each_name_of_the_workspace_api(
    called: str, expected: str | None
) -> None:
    assert named_type(called) == expected


@pytest.mark.parametrize("kind", field_types.values(), ids=lambda kind: kind.name)
def test_what_the_workspace_api_shows_it_also_takes(kind: object) -> None:
    name = getattr(kind, "name", "")
    spec = FieldSpec(1, "", "thing", "Thing", field_types.get(name))

    assert named_type(workspace_type(spec)) == name


def test_every_group_of_settings_is_named_once() -> None:
    groups = setting_groups()

    assert sorted(groups) == sorted(set(groups))
    for kind in field_types.values():
        assert set(kind.setting_keys()) <= set(groups)
    documented = documented_settings()
    assert documented
    assert set(documented) <= set(groups)
