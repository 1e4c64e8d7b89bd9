"""The first sheet of a workbook is found, read and made as wide as its header."""

from __future__ import annotations

import gc
import re
import warnings
import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from records.exceptions import InvalidInput, TooLarge
from records.services.storage import SpooledFile
from records.services.tables import file_limits as limits
from records.services.tables.framing import Unfinished
from records.services.tables.workbook_reader import ChosenSheet, workbook_rows
from tests.services.importing.hostile_files import (
    HEADER,
    LINKS,
    MAIN,
    PACKAGE,
    book,
    numbered,
    sheet,
)

CALLED = "list.xlsx"


def spooled(path: Path) -> SpooledFile:
    file = SpooledFile()
    file.write(path.read_bytes())
    return file


def reading(path: Path, *, survey: bool = False, sheet: str = "") -> Iterator[list[str]]:
    with spooled(path) as file:
        for row in workbook_rows(file, CALLED, survey=survey, sheet=sheet):
            yield list(row.cells)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "list.xlsx"


def table(*lines: str) -> str:
    """A sheet of these rows of cells, separated by commas."""
    cells = (
        "".join(f"<c t='inlineStr'><is><t>{cell}</t></is></c>" for cell in line.split(","))
        for line in lines
    )
    return sheet("".join(f"<row>{row}</row>" for row in cells))


def test_rows_come_with_their_number_in_the_sheet(path: Path) -> None:
    book(path, sheet("<row r='2'><c><v>1</v></c></row><row r='9'><c><v>2</v></c></row>"))
    with spooled(path) as file:
        assert [(row.line, row.cells) for row in workbook_rows(file, CALLED)] == [
            (2, ["1"]),
            (9, ["2"]),
        ]


def test_texts_and_styles_come_from_their_parts(path: Path) -> None:
    book(
        path,
        sheet("<row><c t='s'><v>1</v></c></row><row><c s='1'><v>45351</v></c></row>"),
        strings=f"<sst xmlns='{MAIN}'><si><t>City</t></si><si><t>Founded</t></si></sst>",
        styles=f"<styleSheet xmlns='{MAIN}'><cellXfs><xf/><xf numFmtId='14'/></cellXfs></styleSheet>",
    )
    assert list(reading(path)) == [["Founded"], ["2024-02-29"]]


@pytest.mark.parametrize(
    ("properties", "date"),
    [
        ("", "2020-02-28"),
        ("<workbookPr date1904='0'/>", "2020-02-28"),
        ("<workbookPr date1904='1'/>", "2024-02-29"),
        ("<workbookPr date1904='true'/>", "2024-02-29"),
    ],
)
def test_the_workbook_says_what_dates_are_counted_from(
    path: Path, properties: str, date: str
) -> None:
    book(
        path,
        sheet(HEADER + "<row><c s='0'><v>43889</v></c></row>"),
        styles="<styleSheet><cellXfs><xf numFmtId='14'/></cellXfs></styleSheet>",
        workbook=f"<workbook xmlns:r='{LINKS}'>{properties}<sheets>"
        "<sheet name='A' r:id='r1'/></sheets></workbook>",
    )
    assert list(reading(path)) == [["Name"], [date]]


def _links(*targets: tuple[str, str]) -> str:
    return (
        f"<Relationships xmlns='{PACKAGE}'>"
        + "".join(
            f"<Relationship Id='r{at}' Type='{LINKS}/{kind}' Target='{target}'/>"
            for at, (kind, target) in enumerate(targets, start=1)
        )
        + "</Relationships>"
    )


@pytest.mark.parametrize(
    "target",
    [
        "worksheets/sheet1.xml",
        "/xl/worksheets/sheet1.xml",
        "./worksheets/../worksheets/sheet1.xml",
        "Worksheets/SHEET1.xml",
    ],
)
def test_a_sheet_is_found_however_its_place_is_written(path: Path, target: str) -> None:
    book(path, links=_links(("worksheet", target)))
    assert list(reading(path)) == [["Name"]]


@pytest.mark.parametrize(
    ("sheets", "first"),
    [
        ("<sheet r:id='r2'/><sheet r:id='r3'/>", "Second"),
        ("<sheet r:id='r3'/><sheet r:id='r2'/>", "Name"),
        ("<sheet r:id='r1'/><sheet r:id='r3'/>", "Name"),
        ("<sheet r:id='r9'/><sheet r:id='r2'/>", "Second"),
    ],
)
def test_the_first_sheet_with_cells_is_read(path: Path, sheets: str, first: str) -> None:
    """Charts have sheets of their own, which are passed over."""
    book(
        path,
        links=_links(
            ("chartsheet", "charts/sheet1.xml"),
            ("worksheet", "worksheets/sheet2.xml"),
            ("worksheet", "worksheets/sheet1.xml"),
        ),
        workbook=f"<workbook xmlns:r='{LINKS}'><sheets>{sheets}</sheets></workbook>",
    )
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/worksheets/sheet2.xml", table("Second"))
    assert list(reading(path)) == [[first]]


@pytest.mark.parametrize("packed", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_workbook_is_read_as_excel_packs_it(path: Path, packed: int) -> None:
    book(path, packed=packed)
    assert list(reading(path)) == [["Name"]]


SHEETS = (
    "<sheet name='Cover' r:id='r1'/><sheet name='Secret' state='hidden' r:id='r2'/>"
    "<sheet name='Data' r:id='r3'/><sheet name='More' r:id='r4'/>"
)


@pytest.fixture
def several(path: Path) -> Path:
    """A workbook whose first sheet is empty, and whose second is hidden."""
    kinds = [("worksheet", f"worksheets/sheet{at}.xml") for at in range(1, 5)]
    workbook = f"<workbook xmlns:r='{LINKS}'><sheets>{SHEETS}</sheets></workbook>"
    book(path, sheet("<row/>"), links=_links(*kinds), workbook=workbook)
    with zipfile.ZipFile(path, "a") as archive:
        for at, name in enumerate(["secret", "data", "more"], start=2):
            archive.writestr(f"xl/worksheets/sheet{at}.xml", table(name))
    return path


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("", "data"), ("more", "more"), ("2", "secret"), ("Secret", "secret"), ("3", "data")],
)
def test_the_first_visible_sheet_with_cells_is_read_or_another_that_is_named(
    several: Path, wanted: str, found: str
) -> None:
    assert [cells for cells in reading(several, sheet=wanted) if any(cells)] == [[found]]


def test_the_sheet_that_was_read_is_told(several: Path) -> None:
    chosen = ChosenSheet()
    with spooled(several) as file:
        list(workbook_rows(file, CALLED, chosen=chosen))
    assert (chosen.name, chosen.names) == ("Data", ["Cover", "Secret", "Data", "More"])


@pytest.mark.parametrize("wanted", ["5", "0", "Nothing"])
def test_a_sheet_that_is_not_there_is_refused_with_those_that_are(
    several: Path, wanted: str
) -> None:
    with pytest.raises(InvalidInput, match="Its sheets are 'Cover', 'Secret', 'Data', 'More'"):
        list(reading(several, sheet=wanted))


def test_other_archives_are_named(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("content.xml", "<office/>")
    with pytest.raises(InvalidInput, match="is an OpenDocument file"):
        list(reading(path))


def _remove(path: Path, part: str) -> None:
    with zipfile.ZipFile(path) as archive:
        kept = {name: archive.read(name) for name in archive.namelist() if name != part}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in kept.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        ("_rels/.rels", "its part _rels/.rels is missing"),
        ("xl/workbook.xml", "its part xl/workbook.xml is missing"),
        ("xl/worksheets/sheet1.xml", "its part xl/worksheets/sheet1.xml is missing"),
    ],
)
def test_a_workbook_without_a_part_is_refused(path: Path, part: str, problem: str) -> None:
    book(path)
    _remove(path, part)
    assert _refused(path) == problem


def _refused(path: Path) -> str:
    """The problem in the refusal of a file that is no workbook."""
    with pytest.raises(InvalidInput) as refused:
        list(reading(path))
    found = re.fullmatch(
        r"list\.xlsx is not a readable workbook: (.+)\."
        r" Open it and save it anew, or save its first sheet as CSV\.",
        refused.value.detail,
    )
    assert refused.value.code == "invalid"
    assert found is not None, refused.value.detail
    return found[1]


@pytest.mark.parametrize(
    ("first", "problem"),
    [
        ("<worksheet><sheetData><row>", "its XML is damaged"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]>" + sheet(HEADER), "its content is damaged"),
        (sheet("<row><c><v>x</v></c></row>"), "a cell does not hold what it says"),
        (sheet("<row><c t='s'><v>0</v></c></row>"), "a cell refers to a text that is missing"),
        (sheet("<row r='x'/>"), "a cell does not hold what it says"),
    ],
)
def test_a_broken_sheet_is_refused(path: Path, first: str, problem: str) -> None:
    book(path, first)
    assert _refused(path) == problem


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"a,b\n1,2\n"])
def test_what_is_no_archive_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert _refused(path) == "the file is damaged or incomplete"


def test_a_workbook_without_sheets_is_refused(path: Path) -> None:
    book(path, workbook="<workbook><sheets/></workbook>")
    assert _refused(path) == "it has no sheet"


def test_a_packing_that_excel_does_not_use_is_refused(path: Path) -> None:
    book(path, packed=zipfile.ZIP_BZIP2)
    assert _refused(path) == "it is packed in a way that spreadsheets do not use"


def test_a_damaged_part_is_refused(path: Path) -> None:
    book(path, table("Name", "unmistakable"), packed=zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"unmistakable", b"unmistakeble"))
    assert _refused(path) == "the file is damaged or incomplete"


@pytest.mark.parametrize(
    ("limit", "most"), [("MAX_UNPACKED", 1000), ("MAX_RATIO", 2)], ids=["bytes", "ratio"]
)
def test_what_unpacks_to_too_much_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(limits, "RATIO_FROM", 5000)
    book(path, table("Name", *["the same again"] * 200))
    assert len(list(reading(path))) == 201

    monkeypatch.setattr(limits, limit, most)
    with pytest.raises(TooLarge) as refused:
        list(reading(path))
    assert f"at most {limits.MAX_UNPACKED:,} bytes" in refused.value.detail
    assert f"at most {limits.MAX_RATIO}-fold" in refused.value.detail
    assert refused.value.detail.endswith("Save its first sheet as CSV.")


@pytest.mark.parametrize(
    ("limit", "most", "message"),
    [
        ("MAX_PART", 10, "_rels/.rels can have at most 10 bytes when unpacked"),
        ("MAX_DIRECTORY", 100, "the list of a workbook's parts can have at most 100 bytes"),
    ],
)
def test_the_parts_that_lead_to_a_sheet_are_limited(
    path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int, message: str
) -> None:
    book(path)
    monkeypatch.setattr(limits, limit, most)
    with pytest.raises(InvalidInput) as refused:
        list(reading(path))
    assert (refused.value.code, refused.value.detail) == (
        "limit_exceeded",
        f"list.xlsx: {message}. Save its first sheet as CSV.",
    )


def test_a_survey_stops_where_a_long_sheet_goes_on(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SURVEY_PART", 100_000)
    before = f"<worksheet xmlns='{MAIN}'><sheetData>{HEADER}"
    row = "<row><c><v>{at}</v></c></row>"
    book(path, numbered(before, row, 10_000, "</sheetData></worksheet>"))

    surveyed: list[list[str]] = []
    with pytest.raises(Unfinished):
        surveyed.extend(reading(path, survey=True))

    whole = list(reading(path))
    assert len(whole) == 10_001
    assert 1000 < len(surveyed) < 10_001
    assert surveyed == whole[: len(surveyed)]


def test_a_survey_of_a_short_sheet_reads_it_all(path: Path) -> None:
    book(path, table("a,b", "1,2"))
    assert list(reading(path, survey=True)) == list(reading(path)) == [["a", "b"], ["1", "2"]]


@pytest.mark.parametrize("most", [1, 2, None], ids=["a row", "all rows", "to the end"])
def test_no_file_stays_open_however_far_a_workbook_is_read(path: Path, most: int | None) -> None:
    book(
        path,
        sheet("<row><c t='s'><v>0</v></c></row><row><c t='s'><v>0</v></c></row>"),
        strings=f"<sst>{'<si><t>Name</t></si>' * 10_000}</sst>",
    )
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", ResourceWarning)
        assert list(islice(reading(path), most)) == [["Name"], ["Name"]][:most]
        gc.collect()
    assert [str(warning.message) for warning in warned] == []
