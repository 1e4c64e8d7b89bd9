"""Each kind of cell in a workbook becomes the text that CSV would have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime

import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904, WINDOWS_EPOCH

from records.exceptions import InvalidInput
from records.services.tables import file_limits as limits
from records.services.tables.cell_formats import Looks
from records.services.tables.framing import Unfinished
from records.services.tables.sheets import UNSHOWN, Sheet, Texts
from records.services.tables.table_rows import Row
from records.services.tables.xml_events import BrokenWorkbook, Handler, Parser
from tests.services.importing.hostile_files import MAIN, sheet

CALLED = "list.xlsx"
# By position: the number format of a cell's look.
FORMATS = {
    0: "General",
    1: "yyyy-mm-dd",
    2: "dd/mm/yyyy hh:mm",
    3: "[h]:mm:ss",
    4: "00000",
    5: '#,##0.00 "days"',
    6: "[Red]0.00",
    7: "h:mm AM/PM",
    8: '000"-"00\\-0000',
    9: "00000-0000;-0",
}
SHARED = ("Oslo", "Ærø", "", "two\nlines", "  kept  ")


def read(handler: Handler, content: str) -> None:
    parser = Parser(handler, CALLED)
    parser.feed(content.encode())
    parser.end()


def styles(formats: dict[int, str]) -> str:
    declared = "".join(
        f"<numFmt numFmtId='{at + 164}' formatCode='{code.replace(chr(34), '&quot;')}'/>"
        for at, code in formats.items()
    )
    used = "".join(f"<xf numFmtId='{at + 164}'/>" for at in formats)
    return (
        f"<styleSheet xmlns='{MAIN}'><numFmts>{declared}</numFmts>"
        f"<cellStyleXfs><xf numFmtId='14'/></cellStyleXfs><cellXfs>{used}</cellXfs>"
        "<dxfs><xf numFmtId='14'/></dxfs></styleSheet>"
    )


def looks(content: str = "") -> Looks:
    found = Looks(CALLED)
    read(found, content or styles(FORMATS))
    return found


def texts(*items: str) -> Texts:
    """Shared texts, given as the XML inside their elements; read as cells ask for them."""
    found = Texts(CALLED)

    def source() -> Iterator[int]:
        parser = Parser(found, CALLED)
        parser.feed(b"<sst>")
        for item in items:
            parser.feed(f"<si>{item}</si>".encode())
            yield 0
        parser.feed(b"</sst>")
        parser.end()

    found.come_from(source())
    return found


def rows(
    content: str, *, epoch: datetime = WINDOWS_EPOCH, shared: Texts | None = None
) -> list[list[str]]:
    with closing(shared or texts(*(f"<t>{text}</t>" for text in SHARED))) as known:
        found = Sheet(epoch, looks(), known, CALLED)
        read(found, sheet(content))
    assert found.has_all
    return [list(row.cells) for row in found.take()]


def shown(cell: str, *, epoch: datetime = WINDOWS_EPOCH) -> str:
    """What one cell shows; empty ones are not kept."""
    ((*cells,),) = rows(f"<row>{cell}</row>", epoch=epoch)
    return cells[0] if cells else ""


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("<c><v>42</v></c>", "42"),
        ("<c t='n'><v>-7</v></c>", "-7"),
        ("<c><v>1.50</v></c>", "1.5"),
        ("<c><v>3.0</v></c>", "3"),
        ("<c><v>0.1</v></c>", "0.1"),
        ("<c><v>1E3</v></c>", "1000"),
        ("<c><v>1.5e-7</v></c>", "0.00000015"),
        ("<c><v>0.30000000000000004</v></c>", "0.3"),
        ("<c><v>1E-7</v></c>", "0.0000001"),
        ("<c><v>1.2345678901234568E+18</v></c>", "1.2345678901234568E+18"),
        ("<c><v>1.234567890123457E+18</v></c>", "1.234567890123457E+18"),
        ("<c><v>-1.23456789012346E+15</v></c>", "-1.23456789012346E+15"),
        ("<c><v>1E+17</v></c>", "100000000000000000"),
        ("<c><v>1.5E+16</v></c>", "15000000000000000"),
        ("<c><v>1E300</v></c>", "1e+300"),
        ("<c t='b'><v>TRUE</v></c>", "true"),
        ("<c t='b'><v>false</v></c>", "false"),
        ("<c t='inlineStr'><is><t>l1_x000D_\nl2</t></is></c>", "l1\nl2"),
        ("<c t='str'><v>a_x0009_b_x0001_</v></c>", "a\tb\x01"),
        ("<c t='str'><f>A1</f><v></v></c>", ""),
        ("<c><v>12345678901234567890</v></c>", "12345678901234567890"),
        ("<c t='b'><v>1</v></c>", "true"),
        ("<c t='b'><v>0</v></c>", "false"),
        ("<c t='s'><v>0</v></c>", "Oslo"),
        ("<c t='s'><v>1</v></c>", "Ærø"),
        ("<c t='s'><v>2</v></c>", ""),
        ("<c t='s'><v>3</v></c>", "two\nlines"),
        ("<c t='s'><v>4</v></c>", "  kept  "),
        ("<c t='inlineStr'><is><t>In &lt;line&gt;</t></is></c>", "In <line>"),
        ("<c t='inlineStr'><is><r><t>a</t></r><r><rPr/><t>b</t></r></is></c>", "ab"),
        ("<c t='inlineStr'><is><t>東</t><rPh><t>ひ</t></rPh><t>京</t></is></c>", "東京"),
        ("<c t='inlineStr'><v>not this</v><is><t>this</t></is></c>", "this"),
        ("<c t='inlineStr'><is><t>007</t></is></c>", "007"),
        ("<c t='e'><v>#DIV/0!</v></c>", "#DIV/0!"),
        ("<c t='e'><v>#N/A</v></c>", "#N/A"),
        ("<c t='str'><f>A1&amp;B1</f><v>joined</v></c>", "joined"),
        ("<c><f>SUM(A1:A9)</f><v>45</v></c>", "45"),
        ("<c t='b'><f>A1=A2</f><v>1</v></c>", "true"),
        ("<c s='1'><f>TODAY()</f><v>45351</v></c>", "2024-02-29"),
        ("<c t='d'><v>2024-02-29</v></c>", "2024-02-29"),
        ("<c t='d'><v>2024-02-29T00:00:00</v></c>", "2024-02-29"),
        ("<c t='d'><v>2024-02-29T10:30:00Z</v></c>", "2024-02-29T10:30:00Z"),
        ("<c t='d'><v>2024-02-29T10:30:00+02:00</v></c>", "2024-02-29T10:30:00+02:00"),
        ("<c t='d'><v>10:30:00</v></c>", "10:30:00"),
        ("<c t='new'><v>as it is</v></c>", "as it is"),
        ("<c/>", ""),
        ("<c t='s'/>", ""),
        ("<c><v/></c>", ""),
    ],
)
def test_a_cell_is_shown_by_its_kind(cell: str, text: str) -> None:
    assert shown(cell) == text


@pytest.mark.parametrize(
    ("look", "number", "text"),
    [
        (0, "45351", "45351"),
        (1, "45351", "2024-02-29"),
        (1, "45351.5", "2024-02-29T12:00:00"),
        (1, "1", "1900-01-01"),
        (1, "59", "1900-02-28"),
        (1, "61", "1900-03-01"),
        (2, "45351.4375", "2024-02-29T10:30:00"),
        (2, "45351", "2024-02-29"),
        (7, "0.4375", "10:30:00"),
        (3, "1.5", "36:00:00"),
        (3, "1.1041666666666667", "26:30:00"),
        (3, "-0.5", "-12:00:00"),
        (3, "0.00001", "0:00:00.864"),
        (1, "99999999999", "99999999999"),
        (3, "1e300", "1e+300"),
        (4, "42", "00042"),
        (4, "501.0", "00501"),
        (4, "-42", "-42"),
        (4, "123456", "123456"),
        (8, "123456789", "123-45-6789"),
        (9, "902101234", "90210-1234"),
        (5, "1234.5", "1234.5"),
        (6, "2.25", "2.25"),
        (99, "45351", "45351"),
    ],
)
def test_a_number_is_a_date_where_its_look_says_so(look: int, number: str, text: str) -> None:
    assert shown(f"<c s='{look}'><v>{number}</v></c>") == text


def test_dates_are_counted_from_the_epoch_of_the_workbook() -> None:
    cell = "<c s='1'><v>43889</v></c>"
    assert shown(cell) == "2020-02-28"
    assert shown(cell, epoch=CALENDAR_MAC_1904) == "2024-02-29"


@pytest.mark.parametrize(
    ("number", "kind"),
    [("0", 0), ("2", 0), ("14", Looks.DATE), ("22", Looks.DATE), ("46", Looks.DURATION), ("49", 0)],
)
def test_the_built_in_formats_are_known(number: str, kind: int) -> None:
    content = f"<styleSheet><cellXfs><xf numFmtId='{number}'/></cellXfs></styleSheet>"
    assert looks(content).kind("0") == kind


def test_a_format_of_the_workbook_replaces_a_built_in_one() -> None:
    content = (
        "<styleSheet><numFmts><numFmt numFmtId='14' formatCode='0.0'/></numFmts>"
        "<cellXfs><xf numFmtId='14'/></cellXfs></styleSheet>"
    )
    assert looks(content).kind("0") == 0


def test_a_format_longer_than_any_of_excel_is_no_date() -> None:
    longest = "yyyy" + "-" * 251
    found = looks(styles({0: longest, 1: longest + "-"}))
    assert (found.kind("0"), found.kind("1")) == (Looks.DATE, 0)


@pytest.mark.parametrize(
    "content",
    [
        "<styleSheet><cellXfs><xf/><xf/><xf/></cellXfs></styleSheet>",
        "<styleSheet><numFmt numFmtId='1'/><numFmt numFmtId='2'/><numFmt numFmtId='3'/></styleSheet>",
    ],
)
def test_looks_are_limited(monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    monkeypatch.setattr(limits, "MAX_STYLES", 3)
    looks(content)
    monkeypatch.setattr(limits, "MAX_STYLES", 2)
    with pytest.raises(InvalidInput, match="at most 2 cell styles") as refused:
        looks(content)
    assert refused.value.code == "limit_exceeded"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            "<row><c r='A1'><v>1</v></c><c r='D1'><v>4</v></c></row>",
            [["1", "", "", "4"]],
        ),
        ("<row><c r='AB1'><v>28</v></c></row>", [[""] * 27 + ["28"]]),
        ("<row><c r='b1'><v>2</v></c><c><v>3</v></c></row>", [["", "2", "3"]]),
        ("<row><c/><c><v>2</v></c><c/></row>", [["", "2"]]),
        ("<row><c r='B1'><v>2</v></c><c r='A1'><v>1</v></c></row>", [["1", "2"]]),
        ("<row/><row r='9'><c><v>1</v></c></row><row/>", [[], ["1"], []]),
        ("", []),
    ],
)
def test_cells_stand_in_their_columns(content: str, expected: list[list[str]]) -> None:
    assert rows(content) == expected


@pytest.mark.parametrize(
    "cell",
    [
        "<c r='1'><v>1</v></c>",
        "<c t='s'><v>-1</v></c>",
        "<c t='s'><v>5</v></c>",
    ],
)
def test_a_cell_that_leads_nowhere_is_a_broken_workbook(cell: str) -> None:
    with pytest.raises(BrokenWorkbook):
        shown(cell)


@pytest.mark.parametrize(
    "cell", ["<c><v>x</v></c>", "<c t='b'><v>x</v></c>", "<c s='x'><v>1</v></c>"]
)
def test_a_cell_of_another_kind_than_it_says_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        shown(cell)


@pytest.mark.parametrize("cell", ["<c r='AB7'><f>A1+1</f></c>", "<c r='AB7'><f>A1</f><v/></c>"])
def test_a_formula_without_its_result_is_refused_by_its_place(cell: str) -> None:
    with pytest.raises(InvalidInput, match="cell AB7: the formula has no stored result"):
        rows(f"<row r='7'>{cell}</row>")


def test_rows_are_taken_once() -> None:
    found = Sheet(WINDOWS_EPOCH, looks(), texts(), CALLED)
    parser = Parser(found, CALLED)
    parser.feed(b"<sheetData><row><c><v>1</v></c></row><row><c><v>2</v></c>")
    assert found.take() == [Row(1, ["1"], sure=1)]
    assert found.take() == []
    parser.feed(b"</row>")
    assert found.take() == [Row(2, ["2"], sure=1)]
    assert not found.has_all


LIMITS = [
    ("MAX_ROWS", 2, "<row/><row/>", "<row/>", "a sheet can have at most 2 rows"),
    ("MAX_ROWS", 2, "<row/>", "<row r='3'/>", "a sheet can have at most 2 rows"),
    ("SHEET_ROWS", 2, "<row/><row/>", "<row/>", "a sheet can have at most 2 rows"),
    ("SHEET_COLUMNS", 2, "<row><c/><c/></row>", "<row><c r='C2'/></row>", "columns"),
    (
        "MAX_CELL",
        3,
        "<row><c><v>123</v></c></row>",
        "<row><c t='inlineStr'><is><r><t>ab</t></r><r><t>cd</t></r></is></c></row>",
        "a cell can have at most 3 characters",
    ),
    (
        "MAX_ROW",
        4,
        "<row><c><v>12</v></c><c><v>34</v></c></row>",
        "<row><c><v>12</v></c><c><v>345</v></c></row>",
        "list.xlsx, row 2: a row can have at most 4 characters",
    ),
]


@pytest.mark.parametrize(("limit", "most", "within", "beyond", "message"), LIMITS)
def test_a_sheet_is_read_up_to_its_limits(
    monkeypatch: pytest.MonkeyPatch, limit: str, most: int, within: str, beyond: str, message: str
) -> None:
    monkeypatch.setattr(limits, limit, most)
    assert len(rows(within)) == within.count("<row")
    with pytest.raises(InvalidInput, match=message) as refused:
        rows(within + beyond)
    assert refused.value.code == "limit_exceeded"


def test_one_cell_past_the_most_columns_shows_that_a_row_is_too_wide(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "MAX_COLUMNS", 2)
    row = "<row><c r='A1'><v>1</v></c><c r='Z1'><v>26</v></c><c r='AA1'><v>27</v></c></row>"
    assert rows(row) == [["1", "", "26"]]


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ("<t>plain</t>", "plain"),
        ("<r><t>two </t></r><r><t>runs</t></r>", "two runs"),
        ("<t>東京</t><rPh sb='0' eb='2'><t>とうきょう</t></rPh>", "東京"),
        ("<t>_x005F_x000D_</t>", "_x000D_"),
        ("<t/>", ""),
        ("", ""),
    ],
)
def test_a_shared_text_is_all_its_runs(item: str, text: str) -> None:
    with closing(texts("<t>before</t>", item, "<t>after</t>")) as shared:
        assert [shared.get(at) for at in (2, 1, 0)] == ["after", text, "before"]


def test_shared_texts_are_read_as_far_as_they_are_asked_for() -> None:
    given: list[int] = []
    shared = Texts(CALLED)

    def source() -> Iterator[int]:
        parser = Parser(shared, CALLED)
        parser.feed(b"<sst>")
        for at in range(100):
            given.append(at)
            parser.feed(b"<si><t>%d</t></si>" % at)
            yield 0

    shared.come_from(source())
    with closing(shared):
        assert (shared.get(3), len(given)) == ("3", 4)
        assert (shared.get(1), len(given)) == ("1", 4)


def test_shared_texts_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_STRINGS", 2)
    with closing(texts("<t>a</t>", "<t>b</t>", "<t>c</t>")) as shared:
        assert shared.get(1) == "b"
        with pytest.raises(InvalidInput, match="at most 2 different texts") as refused:
            shared.get(2)
    assert refused.value.code == "limit_exceeded"


def test_many_shared_texts_come_back_from_their_file() -> None:
    """More than is held back for one write."""
    with closing(texts(*(f"<t>{at}{'é' * 100_000}</t>" for at in range(12)))) as shared:
        assert [shared.get(at)[:3] for at in (11, 0, 5)] == ["11é", "0éé", "5éé"]
        assert {len(shared.get(at)) for at in range(10)} == {100_001}


def unfinished(*items: str) -> Texts:
    """Shared texts of which a survey reads these."""
    found = Texts(CALLED)

    def source() -> Iterator[int]:
        parser = Parser(found, CALLED)
        parser.feed(f"<sst>{''.join(f'<si><t>{item}</t></si>' for item in items)}".encode())
        yield 0
        raise Unfinished

    found.come_from(source())
    return found


def test_a_text_that_a_survey_does_not_reach_is_left_open() -> None:
    first, second = "<row><c t='s'><v>0</v></c></row>", "<row><c t='s'><v>1</v></c></row>"
    assert rows(first + second, shared=unfinished("Name")) == [["Name"], [UNSHOWN]]


def test_a_header_that_a_survey_does_not_reach_is_refused() -> None:
    blank = "<row><c t='inlineStr'><is><t> </t></is></c></row>"
    with pytest.raises(InvalidInput, match="at most 2,097,152 bytes") as refused:
        rows(blank + "<row><c t='s'><v>1</v></c></row>", shared=unfinished("Name"))
    assert refused.value.code == "limit_exceeded"
