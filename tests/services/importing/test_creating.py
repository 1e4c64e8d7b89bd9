"""The object for a file, drafted before it is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from records.services.importing.creating import ObjectDraft, create_drafted, draft_object
from records.services.importing.matching import match_columns
from records.services.tables.csv_files import CsvTable, open_table
from tests.factories import Caller
from tests.services.acting import invalid_at


def table(folder: Path, text: str) -> CsvTable:
    path = folder / "file.csv"
    path.write_text(text, encoding="utf-8")
    return open_table(path)


@pytest.mark.parametrize(
    ("text", "identifier", "expected"),
    [
        ("code,name\na,x\nb,y\n", None, "code"),
        ("code,name\na,x\na,y\n", None, "name"),
        ("code,name\na,x\na,x\n", None, None),
        ("code,name\na,x\nb,y\n", "Name", "name"),
        ("code,name\na,x\nb,y\n", "none", None),
    ],
)
def test_the_identifier_is_a_column_whose_values_differ(
    tmp_path: Path, text: str, identifier: str | None, expected: str | None
) -> None:
    assert draft_object(table(tmp_path, text), identifier).identifier == expected


@pytest.mark.parametrize("identifier", ["code", "text", "colour"])
def test_a_column_that_cannot_identify_is_refused(tmp_path: Path, identifier: str) -> None:
    file = table(tmp_path, f"code,text\na,x\na,{'x' * 256}\n")

    assert invalid_at(draft_object, file, identifier) == ((), "invalid")


def test_types_follow_the_values_unless_they_are_given(tmp_path: Path) -> None:
    text = "id,Count,When,owner\na,1,2024-01-02,x\nb,2,2024-01-03\nc,3,2024-01-04,y\n"

    draft = draft_object(table(tmp_path, text), types={"Count": "decimal"})

    fields = [(field.name, field.field_type) for field in draft.fields]
    assert fields == [("id", "text"), ("count", "decimal"), ("when", "date"), ("owner_2", "text")]
    assert draft.rows == 3


def test_options_of_a_chosen_type_are_what_the_cells_hold(tmp_path: Path) -> None:
    text = "id,size,kinds\na,Large,x; y\nb,Small,y\nc,Large,\n"

    draft = draft_object(table(tmp_path, text), types={"size": "radio", "kinds": "checkboxes"})

    options = [[option.name for option in made.options] for made in draft.fields]
    assert options == [[], ["Large", "Small"], ["x", "y"]]


@pytest.mark.parametrize("name", ["", "nothing", "relationship", "formula"])
def test_a_type_that_no_column_can_be_of_is_refused(tmp_path: Path, name: str) -> None:
    assert invalid_at(draft_object, table(tmp_path, "id,size\na,1\n"), None, {"size": name}) == (
        (),
        "invalid",
    )


def test_numbers_of_more_places_than_are_read_stay_text(tmp_path: Path) -> None:
    text = "id,p\na,5.85403990019555e-19\nb,0.5\n"

    assert draft_object(table(tmp_path, text)).fields[1].field_type == "text"


@pytest.mark.parametrize(
    ("name", "api_name", "labels"),
    [
        ("harbour_cities", "harbour_cities", ("Harbour cities", "Harbour city")),
        ("Boxes", "boxes", ("Boxes", "Boxe")),
        ("glass", "glass", ("Glass", "Glass")),
        ("staff", "staff", ("Staff", "Staff")),
    ],
)
def test_the_object_is_labelled_after_its_name(
    workspace: Caller, name: str, api_name: str, labels: tuple[str, str]
) -> None:
    made = create_drafted(workspace.author, name, ObjectDraft((), None, 0))

    assert (made.name, (made.object_name, made.entity_name)) == (api_name, labels)


@pytest.mark.parametrize(
    ("header", "names", "labels"),
    [
        ("Имя,Город,Возраст", ["column_1", "column_2", "column_3"], ["Имя", "Город", "Возраст"]),
        (
            "name,created,created_2",
            ["name", "created_3", "created_2"],
            ["Name", "created", "Created 2"],
        ),
        ("% change,# change", ["change", "change_2"], ["% change", "# change"]),
        ("Phone,Phone", ["phone", "phone_2"], ["Phone", "Phone 2"]),
        (",mpg", ["column_1", "mpg"], ["Column 1", "Mpg"]),
        ("!,?", ["column_1", "column_2"], ["!", "?"]),
        ("a" * 80 + "," + "a" * 80 + "b", ["a" * 64, "a" * 60 + "_2"], ["a" * 80, "a" * 80 + "b"]),
    ],
)
def test_every_field_has_a_name_of_its_own(
    workspace: Caller, tmp_path: Path, header: str, names: list[str], labels: list[str]
) -> None:
    file = table(tmp_path, f"{header}\n{','.join('xyz'[: len(names)])}\n")
    draft = draft_object(file)

    assert [field.name for field in draft.fields] == names
    assert [field.display_name for field in draft.fields][1:] == labels[1:]
    create_drafted(workspace.author, "things", draft)
    found = match_columns(workspace.author, workspace.schema("things"), file.header)
    assert [column.spec.name for column in found] == names


def test_a_column_without_name_and_values_is_no_field(tmp_path: Path) -> None:
    draft = draft_object(table(tmp_path, "name,,city\nA,,Oslo\nB,,Rome\n"))
    assert [field.name for field in draft.fields] == ["name", "city"]
