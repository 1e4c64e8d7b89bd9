"""Files that are sent to be imported: read as what they are, kept as CSV, seen by their sender
alone."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from openpyxl import Workbook
from pytest_django import Settings

from records.exceptions import NotAllowed, NotFound, TooLarge
from records.models import ImportUpload
from records.services.importing.import_run import ImportOptions, import_file
from records.services.importing.report import keep_at
from records.services.importing.uploads import Reading, copy_upload, get_upload, store_upload
from records.services.tables import file_limits as limits
from tests.factories import Caller, FieldDefinition, make_member, make_object
from tests.services.acting import invalid_at, refusal


@pytest.fixture(autouse=True)
def _own_files(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def sent(
    caller: Caller, content: bytes, name: str = "a.csv", encoding: str = "utf-8"
) -> ImportUpload:
    return store_upload(
        caller.author, caller.schema("shops"), name, [content[:5], content[5:]], Reading(encoding)
    )


def kept(upload: ImportUpload) -> list[list[str]]:
    with copy_upload(upload) as table:
        return [list(table.header), *(list(row.cells) for row in table.rows())]


def workbook(*rows: list[Any]) -> bytes:
    book = Workbook()
    for at, row in enumerate(rows, start=1):
        for column, value in enumerate(row, start=1):
            book.active.cell(at, column, value)  # type: ignore[union-attr]
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"name,size\nZo\xc3\xab,1\n", "utf-8"),
        (b"name;size\nZo\xc3\xab;1\n", "utf-8"),
        (b"name\tsize\nZo\xeb\t1\n", "latin-1"),
        ("name|size\nZoë|1\n".encode("utf-16"), "utf-16"),
        (workbook(["name", "size", None, " "], [], ["Zoë", 1.0]), "utf-8"),
    ],
    ids=["csv", "semicolons", "tabs", "bars", "workbook"],
)
def test_every_form_is_kept_as_one(
    workspace: Caller, shops: None, content: bytes, encoding: str
) -> None:
    upload = sent(workspace, content, encoding=encoding)

    assert kept(upload) == [["name", "size"], ["Zoë", "1"]]
    assert (upload.header, upload.samples, upload.row_count) == (
        ["name", "size"],
        [["Zoë", "1"]],
        1,
    )


def test_rows_of_a_sheet_are_as_wide_as_its_header_or_show_what_is_too_much(
    workspace: Caller, shops: None
) -> None:
    upload = sent(
        workspace, workbook([], ["name", "size"], ["a"], [None, None], ["b", True, "more"])
    )

    assert kept(upload) == [["name", "size"], ["a", ""], ["b", "true", "more"]]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"PK\x03\x04 no workbook",
        workbook([None]),
        b"\xd0\xcf\x11\xe0",
    ],
    ids=["empty", "blank", "broken", "empty sheet", "old workbook"],
)
def test_a_file_that_is_no_table_leaves_nothing(
    workspace: Caller, shops: None, content: bytes, tmp_path: Path
) -> None:
    assert invalid_at(sent, workspace, content) == ((), "invalid")
    assert not ImportUpload.objects.filter(workspace=workspace.workspace).exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_table_has_its_bounds(
    workspace: Caller, shops: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_COLUMNS", 1)
    monkeypatch.setattr(limits, "MAX_ROWS", 2)
    assert invalid_at(sent, workspace, workbook(["a", "b"])) == ((), "limit_exceeded")
    assert invalid_at(sent, workspace, workbook(["a"], ["1"], ["2"])) == ((), "limit_exceeded")
    monkeypatch.setattr(limits, "MAX_BYTES", 5)
    assert isinstance(refusal(sent, workspace, b"name\na\n"), TooLarge)


@pytest.mark.parametrize(
    ("name", "kept_as"),
    [
        ("../../etc/list.csv", "list.csv"),
        ("C:\\files\\a.csv", "a.csv"),
        ("a\x00.csv", "a.csv"),
        ("", "file.csv"),
    ],
)
def test_a_name_is_a_name_and_no_path(
    workspace: Caller, shops: None, name: str, kept_as: str
) -> None:
    assert sent(workspace, b"name\na\n", name).file_name == kept_as


def test_uploads_are_for_those_who_may_write_and_their_own(workspace: Caller, shops: None) -> None:
    reader = make_member(workspace, "reader@example.com", {"shops": {"view": "all"}})
    clerk = make_member(workspace, "clerk@example.com", {"shops": {"create": True}})
    upload = sent(clerk, b"name\na\n")

    assert isinstance(refusal(sent, reader, b"name\na\n"), NotAllowed)
    assert get_upload(clerk.author, clerk.schema("shops"), str(upload.uuid)) == upload
    assert isinstance(
        refusal(get_upload, workspace.author, workspace.schema("shops"), str(upload.uuid)), NotFound
    )


def test_a_file_that_was_cleared_away_is_said_to_be(workspace: Caller, shops: None) -> None:
    upload = sent(workspace, b"name\na\n")
    default_storage.delete(str(upload.file.name))

    refused = refusal(kept, upload)
    assert (type(refused), "no longer exists" in refused.detail) == (NotFound, True)


def long_file() -> bytes:
    return b"name,size\n" + b"".join(b"shop %d,1\n" % at for at in range(12))


def test_the_rows_of_a_long_file_are_counted_by_its_import(
    workspace: Caller, shops: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SURVEY_ROWS", 10)
    upload = sent(workspace, long_file())

    assert (upload.row_count, len(upload.samples)) == (None, 3)
    assert len(kept(upload)) == 13
    assert ImportUpload.objects.get(id=upload.pk).row_count == 12


def test_the_rows_of_a_long_sheet_are_counted_by_its_import(
    workspace: Caller, shops: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SURVEY_PART", 70_000)
    rows = [[f"shop {at}", at] for at in range(3000)]
    upload = sent(workspace, workbook(["name", "size"], *rows))

    assert upload.row_count is None
    assert upload.samples == [["shop 0", "0"], ["shop 1", "1"], ["shop 2", "2"]]
    assert kept(upload) == [["name", "size"], *([name, str(size)] for name, size in rows)]
    assert upload.row_count == 3000


def test_a_sheet_is_read_as_it_was_by_openpyxl(workspace: Caller, shops: None) -> None:
    """Dates, times, durations, errors, texts with line breaks, and numbers of every size."""
    moment = datetime.fromisoformat("2024-02-29T13:30:15")
    row = [
        moment,
        moment.date(),
        moment.time(),
        timedelta(hours=30),
        1.5,
        10**15,
        -0.1,
        True,
        "#N/A",
        "a\nb ",
        Decimal("12.50"),
    ]
    upload = sent(workspace, workbook([f"c{at}" for at in range(len(row))], row))

    assert kept(upload)[1] == [
        "2024-02-29T13:30:15",
        "2024-02-29",
        "13:30:15",
        "30:00:00",
        "1.5",
        "1000000000000000",
        "-0.1",
        "true",
        "#N/A",
        "a\nb ",
        "12.5",
    ]


def test_a_file_that_an_earlier_release_kept_is_read_as_it_was_kept(
    workspace: Caller, shops: None
) -> None:
    upload = sent(workspace, b"name,size;s\na,1\n")
    upload.encoding = ""

    assert kept(upload) == [["name", "size;s"], ["a", "1"]]


# A field, the cells of its column, and what the preview tells besides the type and the blanks: what
# the import does.
PREVIEWED: list[tuple[str, list[str], dict[str, Any]]] = [
    (
        "decimal",
        ["12%", "abc", '"1,234.5"'],
        {"numbers": "unclear", "unclear": 2},
    ),
    ("decimal", ["abc", '"1,234.5"', "5"], {"numbers": "point", "read_differently": 1}),
    ("integer", ["007", "8", "x"], {"numbers": "point", "read_differently": 1}),
    ("date", ["1/2/2024", "31/12/2024", "soon"], {"dates": "dmy", "read_differently": 2}),
    ("date", ["0/0/00", "soon"], {"dates": "ymd", "blank_marks": 1, "marks": ["0/0/00"]}),
    (
        "date",
        ["--05-17", "1980-05-17", "0/0/00", "NA", "soon"],
        {"dates": "ymd", "without_year": 1, "blank_marks": 2, "marks": ["0/0/00", "NA"]},
    ),
    (
        "checkbox",
        ["yes", "NA", "perhaps"],
        {"read_differently": 1, "blank_marks": 1, "marks": ["NA"]},
    ),
    ("money", ["$5", "NA", "abc"], {"numbers": "point", "blank_marks": 1, "marks": ["NA"]}),
    ("text", ["007", "1,5"], {}),
]


@pytest.mark.parametrize(("kind", "cells", "told"), PREVIEWED)
def test_a_preview_tells_what_the_import_does(
    workspace: Caller, tmp_path: Path, kind: str, cells: list[str], told: dict[str, Any]
) -> None:
    make_object(workspace, "Things", FieldDefinition("V", kind, name="v"))
    schema = workspace.schema("things")
    text = "".join(f"T{at},{cell}\n" for at, cell in enumerate(cells))

    made = store_upload(workspace.author, schema, "x.csv", [f"name,v\n{text}".encode()])

    shown = dict(made.reading["columns"][1])
    assert {key: shown.pop(key) for key in ("type", "cells", "blank")}["cells"] == len(cells)
    examples = shown.pop("examples", [])
    assert shown == told
    assert len(examples) == shown.get("read_differently", 0) + shown.get("without_year", 0)
    with copy_upload(made) as table:
        options = ImportOptions(keep_at(tmp_path / "refused.csv"))
        found = import_file(workspace.author, "things", table, options)
    counted = found.readings.get("v", {})
    assert {key: shown[key] for key in shown if key in counted} == counted


def test_a_preview_of_a_column_without_a_field_tells_of_odd_cells(
    workspace: Caller, shops: None
) -> None:
    content = b"name,weight\nA,1.5\nB,NA\nC,3%\nD,x\nE,7\n"
    made = store_upload(workspace.author, workspace.schema("shops"), "x.csv", [content])
    assert made.reading["columns"][1]["numbers"] == "unclear"


def test_a_sheet_of_a_file_without_sheets_is_refused(workspace: Caller, shops: None) -> None:
    for name, content in (("x.csv", b"name\nA\n"), ("x.jsonl", b'{"name": "A"}\n')):
        assert invalid_at(
            store_upload,
            workspace.author,
            workspace.schema("shops"),
            name,
            [content],
            Reading(sheet="x"),
        ) == (("sheet",), "invalid")
