"""A file is read as spreadsheets write it; what is wrong with it as a whole is said before anything
is stored."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from records.exceptions import InvalidInput
from records.services.tables.csv_files import find_delimiter, open_table
from records.services.tables.table_rows import Row


def read(path: Path, content: bytes, encoding: str = "utf-8") -> tuple[tuple[str, ...], list[Row]]:
    path.write_bytes(content)
    table = open_table(path, encoding)
    return table.header, list(table.rows())


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"\xef\xbb\xbfa,b\n1,2\n", [Row(2, ["1", "2"])]),
        (b"a,b\r\n1,2\r\n3,4\r\n", [Row(2, ["1", "2"]), Row(3, ["3", "4"])]),
        (b'a,b\n"first\nsecond",2\n3,4\n', [Row(2, ["first\nsecond", "2"]), Row(3, ["3", "4"])]),
        (b'a,b\n"say ""hi""","x,y"\n', [Row(2, ['say "hi"', "x,y"])]),
        (b"a,b\n\n1,2\n\n", [Row(3, ["1", "2"])]),
        (b"a,b\n1\n1,2,3\n", [Row(2, ["1", ""]), Row(3, ["1", "2", "3"])]),
        (b" a ,b\n", []),
        ("a,b\nö,€\n".encode(), [Row(2, ["ö", "€"])]),
    ],
)
def test_rows_are_counted_as_a_spreadsheet_does(
    tmp_path: Path, content: bytes, rows: list[Row]
) -> None:
    assert read(tmp_path / "file.csv", content) == (("a", "b"), rows)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"a,b\n1,2\n\xe9,4\n", "is not UTF-8: byte 0xE9 in line 3.*name its encoding: latin-1"),
        (b"PK\x03\x04\x14\x00\x00\x00\x8d", "is a workbook or another archive"),
        (b"a,b\n1," + b"x" * 2_200_000, "line 2: a cell can have at most"),
        (b"\xd0\xcf\x11\xe0" * 9, "is a workbook of Excel 97-2003, or one with a password"),
        (b"%PDF-1.7\n", "is a PDF file"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read(tmp_path / "file.csv", content)


def test_another_encoding_is_read_when_it_is_named(tmp_path: Path) -> None:
    assert read(tmp_path / "file.csv", "name\nZoë\n".encode("latin-1"), "latin-1")[1] == [
        Row(2, ["Zoë"])
    ]
    assert read(tmp_path / "file.csv", "name\nZoë\n".encode("utf-16"), "utf-16")[1] == [
        Row(2, ["Zoë"])
    ]


def test_what_no_line_of_the_file_explains_is_refused_too(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is not UTF-16"):
        read(tmp_path / "file.csv", "name\nZoë\n".encode("utf-16")[:-1], "utf-16")


def test_a_gzipped_file_is_read(tmp_path: Path) -> None:
    assert read(tmp_path / "file.csv.gz", gzip.compress(b"a\n1\n", mtime=0))[1] == [Row(2, ["1"])]


@pytest.mark.parametrize("content", [b"a\n1\n", gzip.compress(b"a\n1\n", mtime=0)[:-9]])
def test_a_file_that_only_says_it_is_gzipped_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InvalidInput, match="gz"):
        read(tmp_path / "file.csv.gz", content)


def test_a_missing_file_and_a_missing_encoding_are_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="No such file"):
        open_table(tmp_path / "missing.csv")
    with pytest.raises(InvalidInput, match="The encoding 'utf-9' does not exist"):
        read(tmp_path / "file.csv", b"a\n", "utf-9")


def test_the_same_content_has_the_same_digest(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_bytes(b"a\n1\n")
    (tmp_path / "two.csv.gz").write_bytes(gzip.compress(b"a\n1\n", mtime=0))

    assert open_table(tmp_path / "one.csv").digest() == open_table(tmp_path / "two.csv.gz").digest()


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ('"Name (last, first)";"Price, net";City\n"Doe, Jane";12;Oslo\n', ";"),
        ("sep=;\nname;city\n", ";"),
        ("sep=\t\nname\tcity\n", "\t"),
        ('"sep=|"\r\nname|city\r\n', "|"),
        ("SEP=,\na,b\n", ","),
        ("Name, first\tCity\nAnn\tOslo\nBo\tRome\n", "\t"),
        ("Report; 2024\na,b,c\n1,2,3\n4,5,6\n", ","),
        ("name;weight\nA;3,1\nB;4,2\n", ";"),
        ("name\nA\n", ","),
        ("name,tags\nA,x; y; z\nB,x; y; z\n", ","),
        ('name,note\nA,"x; y\nz; u"\nB,"x; y\nz; u"\n', ","),
        ("Sales, 2024\nname;weight\nA;3\nB;4\n", ";"),
        ("", ","),
    ],
)
def test_the_delimiter_divides_most_rows_alike(tmp_path: Path, text: str, delimiter: str) -> None:
    path = tmp_path / "file.csv"
    path.write_text(text, newline="")
    assert find_delimiter(path) == delimiter


@pytest.mark.parametrize(
    ("content", "encoding", "is_guess"),
    [
        (b"name\nZo\xc3\xab\n", "utf-8", False),
        (b"name\nZo\xeb\n", "cp1252", True),
        ("name\nZoë\n".encode("utf-16"), "utf-16", False),
    ],
)
def test_an_encoding_that_is_not_named_is_found(
    tmp_path: Path, content: bytes, encoding: str, is_guess: bool
) -> None:
    (tmp_path / "file.csv").write_bytes(content)
    table = open_table(tmp_path / "file.csv", "")
    assert (table.encoding, table.is_guess) == (encoding, is_guess)
    assert list(table.rows()) == [Row(2, ["Zoë"])]


@pytest.mark.parametrize(
    ("content", "header", "rows"),
    [
        (b"sep=;\nname;city\nA;Oslo\n", ("name", "city"), [Row(2, ["A", "Oslo"])]),
        (b",,\n1,2,3\n", ("Column 1", "Column 2", "Column 3"), [Row(2, ["1", "2", "3"])]),
        (b"sep=\t\r\nname\tcity\r\nA\tOslo\r\n", ("name", "city"), [Row(2, ["A", "Oslo"])]),
        (b"\xef\xbb\xbfsep=,\na,b\n1,2\n", ("a", "b"), [Row(2, ["1", "2"])]),
        (b",,\n\na,b,\n,,\n1,2,\n", ("a", "b"), [Row(5, ["1", "2"])]),
        (b'a,b\n5" pipe,2\n"open,4\n5,6\n', ("a", "b"), [
            Row(2, ['5" pipe', "2"]), Row(3, ['"open', "4"]), Row(4, ["5", "6"]),
        ]),
        (b'a,b\n"Bo" Lee,"x, y"\n', ("a", "b"), [Row(2, ['"Bo" Lee', "x, y"])]),
    ],
)  # fmt: skip
def test_what_spreadsheets_and_people_write_is_read(
    tmp_path: Path, content: bytes, header: tuple[str, ...], rows: list[Row]
) -> None:
    (tmp_path / "file.csv").write_bytes(content)
    table = open_table(tmp_path / "file.csv", "", delimiter="")
    assert (table.header, list(table.rows())) == (header, rows)


def test_lines_with_stray_quotes_are_noted(tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_bytes(b'a,b\n1,2\n"open,4\n5,6\n"7"8,9\n')
    table = open_table(tmp_path / "file.csv")
    assert (table.count(), table.odd) == (4, [3, 5])


@pytest.mark.parametrize("delimiter", ["ab", '"', "\n"])
def test_a_delimiter_is_one_character(tmp_path: Path, delimiter: str) -> None:
    (tmp_path / "file.csv").write_bytes(b"a\n")
    with pytest.raises(InvalidInput, match="expected one character"):
        open_table(tmp_path / "file.csv", delimiter=delimiter)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('name, n\n"A", "1,5"\n"B", "2,5"\n', [["A", "1,5"], ["B", "2,5"]]),
        ('name;  n; m\nA;   "x;y"; z\n', [["A", "x;y", "z"]]),
        ('name, n\nA, "he said ""x"""\nB, c\n', [["A", 'he said "x"'], ["B", "c"]]),
        # Without such quotes, spaces are part of what is written.
        ("name, n\nA, x\n", [["A", " x"]]),
        ('name,n\nA, "x" y\n', [["A", ' "x" y']]),
        ('name,n\n"A, ""x""",y\n', [['A, "x"', "y"]]),
    ],
)
def test_quotes_may_stand_after_spaces(tmp_path: Path, text: str, rows: list[list[str]]) -> None:
    (tmp_path / "x.csv").write_text(text)

    found = open_table(tmp_path / "x.csv", delimiter="")

    assert [list(row.cells) for row in found.rows()] == rows


@pytest.mark.parametrize("end", ["\n\x1a", "\r\n\x1a\r\n"])
def test_the_mark_that_ends_a_file_of_dos_is_no_row(tmp_path: Path, end: str) -> None:
    (tmp_path / "x.csv").write_bytes(f"name,n\nA,1{end}".encode())

    assert [list(row.cells) for row in open_table(tmp_path / "x.csv").rows()] == [["A", "1"]]
