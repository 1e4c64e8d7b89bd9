"""A path through a relationship is refused by its own words; any other key is none."""

from __future__ import annotations

import pytest

from records.exceptions import InvalidInput
from records.services.access.paths import check_no_path
from records.services.access.visible_names import find_sought_field
from tests.factories import Caller, make_member, make_object, make_relation
from tests.services.acting import invalid_at


def test_only_paths_through_visible_relationships_are_paths(workspace: Caller) -> None:
    make_object(workspace, "Ports")
    make_object(workspace, "Flights")
    make_relation(workspace, "flights", "Port", "ports", "primary", "Flights")
    author, schema = workspace.author, workspace.schema("flights")
    member = make_member(
        workspace, "m@example.com", {"flights": {"view": "all"}}, hidden=[("flights", "port")]
    )

    for key in ("name", "name.city", "nothing.city", ".", "", "Port.city"):
        check_no_path(author, schema, key, ("field",))
    check_no_path(member.author, schema, "port.city", ("field",))
    for check in (check_no_path, find_sought_field):
        refused = invalid_at(check, author, schema, "port.city", ("field", 0))
        assert refused == (("field", 0), "invalid")
    with pytest.raises(InvalidInput, match="'port' leads to other records"):
        check_no_path(author, schema, "port.", ("field",))
