"""A file of API names alone is read by them, as exports have them; others by labels first."""

from __future__ import annotations

import pytest

from records.services.importing.header_names import UnclearColumn
from records.services.importing.matching import suggest_fields
from tests.factories import Caller, make_field, make_member

from .test_matching import matched

# The fields by API name and label, the headers of a file, and what they are: None for unclear.
NAMED: list[tuple[dict[str, str], list[str], list[str | None]]] = [
    # An export has API names.
    ({"tel": "Old tel", "tel_2": "Tel"}, ["name", "tel"], ["name", "tel"]),
    ({"tel": "Old tel", "tel_2": "Tel"}, ["name", "tel", "tel_2"], ["name", "tel", "tel_2"]),
    ({"tel": "Old tel", "tel_2": "tel"}, ["name", "tel"], ["name", "tel"]),
    ({"tel": "Old tel", "tel_2": "tel"}, ["id", "name", "tel"], [None, "name", "tel"]),
    ({"a": "b", "b": "a"}, ["name", "a", "b"], ["name", "a", "b"]),
    ({"a": "b", "b": "a"}, ["b"], ["b"]),
    ({"a": "B", "b": "A"}, ["name", "a", "size.rent"], ["name", "a", None]),
    ({"created_2": "created"}, ["name", "created"], ["name", "created_2"]),
    ({"created_2": "created"}, ["created", "created_2"], [None, "created_2"]),
    ({"id_2": "ID"}, ["id", "name"], ["id_2", "name"]),
    # What every object has gives way to a field of the object's own.
    ({"owner_2": "owner"}, ["name", "owner"], ["name", "owner_2"]),
    ({"owner_2": "owner"}, ["name", "owner", "owner_2"], ["name", "owner", "owner_2"]),
    ({}, ["name", "owner"], ["name", "owner"]),
    ({"size_rent": "Size rent"}, ["name", "size.rent"], ["name", None]),
    # Other files have labels.
    ({"a": "b", "b": "a"}, ["Name", "a", "b"], ["name", "b", "a"]),
    ({"tel": "Old tel", "tel_2": "Tel"}, ["Name", "Tel"], ["name", "tel_2"]),
    ({"tel": "Old tel", "tel_2": "Tel"}, ["Name", "TEL"], ["name", "tel_2"]),
    ({"tel": "Old tel", "tel_2": "Tel"}, ["Name", "tel"], ["name", None]),
]


@pytest.mark.parametrize(("labels", "header", "names"), NAMED)
def test_files_of_api_names_alone_are_read_by_them(
    workspace: Caller,
    shops: None,
    labels: dict[str, str],
    header: list[str],
    names: list[str | None],
) -> None:
    for name, label in labels.items():
        make_field(workspace, "shops", label, "text", name=name)
    author, schema = workspace.author, workspace.schema("shops")

    assert list(suggest_fields(author, schema, header).values()) == names
    if None not in names:
        assert [name for _, _, name in matched(workspace, header, {})] == names


def test_an_api_name_that_is_a_label_in_another_case_is_unclear(
    workspace: Caller, shops: None
) -> None:
    make_field(workspace, "shops", "Old tel", "text", name="tel")
    make_field(workspace, "shops", "Tel", "text", name="tel_2")
    for header in (["Name", "tel"], ["colour", "tel"]):
        with pytest.raises(UnclearColumn, match="fits the fields 'tel' and 'tel_2' equally"):
            matched(workspace, header, {})
    assert matched(workspace, ["Name", "tel"], {"Name": None}) == [(1, "tel", "tel")]
    assert matched(workspace, ["Name", "tel"], {"tel": "tel_2"})[1] == (1, "tel", "tel_2")


def test_an_api_name_of_a_field_that_is_locked_is_not_the_label_of_another(
    workspace: Caller, shops: None
) -> None:
    make_field(workspace, "shops", "Old tel", "text", name="tel")
    make_field(workspace, "shops", "Tel", "text", name="tel_2")
    clerk = make_member(
        workspace,
        "clerk@example.com",
        {"shops": {"create": True, "view": "all", "edit": "all"}},
        locked=[("shops", "tel")],
    )
    assert matched(clerk, ["name", "tel"], {}) == [(0, "name", "name")]
