"""Every group of settings that fields are answered with is in the Records API's document."""

from __future__ import annotations

from records.field_types import field_types
from records.services.shaping import documented_settings, setting_groups


def test_every_group_and_key_is_documented() -> None:
    keys = {
        (group, key)
        for name in field_types
        for group, named in field_types.get(name).setting_keys().items()
        for key in named
    }

    documented = documented_settings()

    assert documented.keys() == set(setting_groups())
    # A group without keys takes any.
    assert {
        key for group, key in keys if documented[group] and key not in documented[group]
    } == set()
