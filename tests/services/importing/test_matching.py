"""Which column is which field, which column identifies records, and what tells two plans apart."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from records.services.importing.header_names import UnclearColumn, check_clear
from records.services.importing.matching import (
    ImportMode,
    ImportPlan,
    by_header,
    check_mode,
    match_columns,
    match_key,
    suggest_fields,
)
from tests.factories import Caller, make_field, make_member
from tests.services.acting import invalid_at

HEADER = ["NAME", "number", "Floor space"]


def matched(
    caller: Caller, header: list[str], mapping: Mapping[str, str | None]
) -> list[tuple[int, str, str]]:
    columns = match_columns(caller.author, caller.schema("shops"), header, mapping)
    return [(column.position, column.header, column.spec.name) for column in columns]


def test_columns_are_matched_by_name_unless_a_mapping_says_otherwise(
    workspace: Caller, shops: None
) -> None:
    assert matched(workspace, HEADER[:2], {}) == [(0, "NAME", "name"), (1, "number", "number")]
    assert matched(workspace, HEADER, {"Floor space": None}) == [
        (0, "NAME", "name"),
        (1, "number", "number"),
    ]
    mapping = {"number": None, "Floor space": workspace.schema("shops").by_name["rent"].uuid}
    assert matched(workspace, HEADER, mapping) == [(0, "NAME", "name"), (2, "Floor space", "rent")]


@pytest.mark.parametrize(
    ("header", "mapping", "path"),
    [
        (HEADER, {}, ()),
        (["name"], {"colour": "rent"}, ("mapping",)),
        (["name"], {"name": "nothing"}, ()),
        (["name", "When"], {"When": "created"}, ()),
        (["name", "title"], {"title": "name"}, ()),
    ],
)
def test_columns_that_fit_no_field_are_refused(
    workspace: Caller,
    shops: None,
    header: list[str],
    mapping: dict[str, str | None],
    path: tuple[str, ...],
) -> None:
    assert invalid_at(matched, workspace, header, mapping) == (path, "invalid")


def test_only_fields_that_may_be_written_are_suggested(workspace: Caller, shops: None) -> None:
    clerk = make_member(
        workspace,
        "clerk@example.com",
        {"shops": {"create": True, "view": "all"}},
        hidden=[("shops", "rent")],
        locked=[("shops", "number")],
    )
    header = ["Name", "number", "rent", "size", "created", "colour"]

    found = suggest_fields(clerk.author, clerk.schema("shops"), header)

    assert found == dict.fromkeys(header) | {"Name": "name", "size": "size"}


@pytest.mark.parametrize(
    ("header", "match", "key"),
    [
        (["name", "number"], None, "name"),
        (["number"], None, None),
        (["name", "number"], "number", "number"),
        (["name", "number"], "Name", "name"),
    ],
)
def test_rows_are_matched_by_the_identifier_or_a_unique_field(
    workspace: Caller, shops: None, header: list[str], match: str | None, key: str | None
) -> None:
    author, schema = workspace.author, workspace.schema("shops")

    found = match_key(author, schema, match_columns(author, schema, header), match)

    assert (found.spec.name if found else None) == key


@pytest.mark.parametrize(
    ("header", "match"), [(["size"], "size"), (["name"], "number"), (["name"], "nothing")]
)
def test_rows_cannot_be_matched_by_what_does_not_identify(
    workspace: Caller, shops: None, header: list[str], match: str
) -> None:
    author, schema = workspace.author, workspace.schema("shops")
    columns = match_columns(author, schema, header)

    assert invalid_at(match_key, author, schema, columns, match) == ((), "invalid")


def test_existing_records_are_changed_only_when_rows_say_which(
    workspace: Caller, shops: None
) -> None:
    (column,) = match_columns(workspace.author, workspace.schema("shops"), ["name"])

    assert invalid_at(check_mode, ImportMode.UPDATE_ONLY, None) == (("mode",), "invalid")
    check_mode(ImportMode.UPDATE_ONLY, column)
    check_mode(ImportMode.CREATE_OR_UPDATE, None)


def test_the_usual_plan_has_no_fingerprint_and_others_their_own() -> None:
    plans = [
        ImportPlan(mapping={"a": "b"}),
        ImportPlan(mapping={"a": None}),
        ImportPlan(mode=ImportMode.CREATE_ONLY),
        ImportPlan(kept=frozenset({"a"})),
    ]

    assert ImportPlan().fingerprint == ImportPlan("number").fingerprint == ""
    assert len({plan.fingerprint for plan in plans} | {""}) == len(plans) + 1
    assert (
        ImportPlan(mapping={"a": "b", "c": "d"}).fingerprint
        == ImportPlan(mapping={"c": "d", "a": "b"}).fingerprint
    )


def test_labels_win_over_names_made_of_them(workspace: Caller, shops: None) -> None:
    make_field(workspace, "shops", "# change", "decimal", name="change")
    make_field(workspace, "shops", "% change", "decimal", name="change_2")
    make_field(workspace, "shops", "change_2", "text", name="third")

    header = ["% change", "# change", "change_2", "Change"]
    assert matched(workspace, header[:3], {}) == [
        (0, "% change", "change_2"),
        (1, "# change", "change"),
        (2, "change_2", "third"),
    ]
    # A mapping names fields by their API names first.
    assert matched(workspace, ["x"], {"x": "change_2"}) == [(0, "x", "change_2")]
    # It is both but for their signs.
    assert suggest_fields(workspace.author, workspace.schema("shops"), header)["Change"] is None
    with pytest.raises(UnclearColumn, match="fits the fields 'change' and 'change_2' equally"):
        matched(workspace, ["Change"], {})
    with pytest.raises(UnclearColumn):
        check_clear(workspace.author, workspace.schema("shops"), ["name", "Change"], {})
    check_clear(workspace.author, workspace.schema("shops"), ["Change"], {"Change": None})


@pytest.mark.parametrize(
    ("label", "header", "fits"),
    [
        ("# change", "% change", False),
        ("Change", "% change", True),
        ("Floor space", "floor-SPACE", True),
        ("Größe", "grosse", True),
        ("Город", "Имя", False),
        ("Город", "ГОРОД ", True),
        ("2024", "2024", True),
    ],
)
def test_a_header_fits_a_label_but_for_case_and_spaces(
    workspace: Caller, shops: None, label: str, header: str, fits: bool
) -> None:
    make_field(workspace, "shops", label, "text")
    found = suggest_fields(workspace.author, workspace.schema("shops"), [header])[header]
    assert (found is not None) is fits


def test_columns_are_named_by_their_position_too() -> None:
    header = ["name", "2", "Column 3"]
    assert by_header(header, {"1": "a", "2": "b", "3": None}) == {
        "name": "a",
        "2": "b",
        "Column 3": None,
    }
    assert invalid_at(by_header, header, {"4": "a"}) == (("mapping",), "invalid")
    assert invalid_at(by_header, header, {"0": "a"}) == (("mapping",), "invalid")
    assert invalid_at(by_header, header, {"name": "a", "1": "b"}) == (("mapping",), "invalid")


def test_columns_without_a_name_are_left_out_unless_they_fit(
    workspace: Caller, shops: None
) -> None:
    author, schema = workspace.author, workspace.schema("shops")
    assert len(match_columns(author, schema, ["name", "Column 2"], {}, {1})) == 1
    assert invalid_at(match_columns, author, schema, ["name", "Column 2"]) == ((), "invalid")
