"""Files that are small to make and large to read."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
HEADER = "<row><c t='inlineStr'><is><t>Name</t></is></c></row>"
Content = Iterable[bytes]


def sheet(rows: str) -> str:
    return f"<worksheet xmlns='{MAIN}'><sheetData>{rows}</sheetData></worksheet>"


def book(
    path: Path,
    first: str | Content = "",
    packed: int = zipfile.ZIP_DEFLATED,
    **more: str | Content,
) -> None:
    """A workbook with this first sheet; `more` are its other parts, `strings` and `styles`, or
    replace those it has."""
    parts: dict[str, str | Content] = {
        "_rels/.rels": f"<Relationships xmlns='{PACKAGE}'><Relationship Id='r1' Type='{LINKS}/"
        "officeDocument' Target='xl/workbook.xml'/></Relationships>",
        "xl/workbook.xml": f"<workbook xmlns='{MAIN}' xmlns:r='{LINKS}'><sheets>"
        "<sheet name='A' sheetId='1' r:id='r1'/></sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f"<Relationships xmlns='{PACKAGE}'>"
        f"<Relationship Id='r1' Type='{LINKS}/worksheet' Target='worksheets/sheet1.xml'/>"
        f"<Relationship Id='r2' Type='{LINKS}/sharedStrings' Target='sharedStrings.xml'/>"
        f"<Relationship Id='r3' Type='{LINKS}/styles' Target='styles.xml'/></Relationships>",
        "xl/worksheets/sheet1.xml": first or sheet(HEADER),
    }
    names = {
        "strings": "xl/sharedStrings.xml",
        "styles": "xl/styles.xml",
        "workbook": "xl/workbook.xml",
        "links": "xl/_rels/workbook.xml.rels",
    }
    parts |= {names[name]: content for name, content in more.items()}
    with zipfile.ZipFile(path, "w", packed, compresslevel=1) as archive:
        for name, content in parts.items():
            with archive.open(name, "w") as part:
                for chunk in [content.encode()] if isinstance(content, str) else content:
                    part.write(chunk)


def repeated(before: str, middle: bytes, times: int, after: str) -> Content:
    yield before.encode()
    block = middle * 1000
    for _ in range(times // 1000):
        yield block
    yield after.encode()


def numbered(before: str, form: str, times: int, after: str) -> Content:
    """Parts that pack badly enough not to be taken for a bomb."""
    yield before.encode()
    for start in range(0, times, 10_000):
        yield "".join(
            form.format(at=at, noise=f"{at * 2654435761 % 2**32:x}")
            for at in range(start, min(times, start + 10_000))
        ).encode()
    yield after.encode()


def text(*chunks: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with path.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)

    return write


def _table(columns: int, mark: bytes = b",") -> Callable[[Path], None]:
    return text(mark.join(b"c%d" % at for at in range(columns)) + b"\n")


def _wide(path: Path) -> None:
    cells = "<c t='inlineStr'><is><t>c{noise}</t></is></c>"
    book(
        path,
        numbered(
            f"<worksheet xmlns='{MAIN}'><sheetData><row>",
            cells,
            1_000_000,
            "</row></sheetData></worksheet>",
        ),
    )


def _many_cells(path: Path) -> None:
    """A million cells in one row after a short header."""
    rows = numbered(
        f"<worksheet xmlns='{MAIN}'><sheetData>{HEADER}<row>",
        "<c><v>{at}</v></c>",
        1_000_000,
        "</row></sheetData></worksheet>",
    )
    book(path, rows)


def _many_rows(path: Path) -> None:
    """More rows than a sheet of Excel can have."""
    rows = numbered(
        f"<worksheet xmlns='{MAIN}'><sheetData>{HEADER}",
        "<row><c><v>{at}</v></c></row>",
        1_010_000,
        "</sheetData></worksheet>",
    )
    book(path, rows)


def _rows_passed_over(path: Path) -> None:
    book(path, sheet(HEADER + "<row r='2000000000'><c><v>1</v></c></row>"))


def _far_column(path: Path) -> None:
    book(path, sheet(HEADER + "<row><c r='ZZZZZZZZ1'><v>1</v></c></row>"))


def _empty_cells(path: Path) -> None:
    """Rows of nothing, which take no place in the table and long to read."""
    row = "<row>" + "<c/>" * 16_000 + "</row>"
    rows = repeated(
        f"<worksheet xmlns='{MAIN}'><sheetData>{HEADER}",
        row.encode(),
        1000,
        "</sheetData></worksheet>",
    )
    book(path, rows)


def _strings(path: Path) -> None:
    """A million shared strings, the header the last of them."""
    book(
        path,
        sheet("<row><c t='s'><v>999999</v></c></row>"),
        strings=numbered(f"<sst xmlns='{MAIN}'>", "<si><t>{noise}</t></si>", 1_000_000, "</sst>"),
    )


def _unused_strings(path: Path) -> None:
    """A million shared strings that no cell shows."""
    book(
        path,
        strings=numbered(f"<sst xmlns='{MAIN}'>", "<si><t>{noise}</t></si>", 1_000_000, "</sst>"),
    )


def _one_string(path: Path) -> None:
    book(
        path,
        sheet("<row><c t='s'><v>0</v></c></row>"),
        strings=numbered(f"<sst xmlns='{MAIN}'><si><t>", "{noise}", 2_000_000, "</t></si></sst>"),
    )


def _huge_cell(path: Path) -> None:
    before = f"<worksheet xmlns='{MAIN}'><sheetData>{HEADER}<row><c t='inlineStr'><is><t>"
    book(
        path, numbered(before, "{noise}", 2_000_000, "</t></is></c></row></sheetData></worksheet>")
    )


def _huge_attribute(path: Path) -> None:
    before = f"<worksheet xmlns='{MAIN}'><sheetData><row spans='"
    book(path, numbered(before, "{noise}", 2_000_000, "'/></sheetData></worksheet>"))


def _deep(path: Path) -> None:
    before = f"<worksheet xmlns='{MAIN}'><sheetData>"
    book(path, numbered(before, "<a{noise}>", 1_000_000, ""))


def _laughs(path: Path) -> None:
    """Entities that unfold to 10^9 characters."""
    entities = "<!ENTITY l0 'ha'>" + "".join(
        f"<!ENTITY l{at} '{f'&l{at - 1};' * 10}'>" for at in range(1, 10)
    )
    first = sheet("<row><c t='inlineStr'><is><t>&l9;</t></is></c></row>")
    book(path, f"<!DOCTYPE worksheet [{entities}]>{first}")


def _laughing_strings(path: Path) -> None:
    entities = "<!ENTITY a '" + "x" * 60_000 + "'>"
    book(
        path,
        sheet("<row><c t='s'><v>0</v></c></row>"),
        strings=f"<!DOCTYPE sst [{entities}]><sst xmlns='{MAIN}'><si><t>{'&a;' * 60_000}</t></si></sst>",
    )


def _packed(path: Path) -> None:
    """A gigabyte of spaces."""
    book(path, repeated(f"<worksheet xmlns='{MAIN}'>", b" " * 1000, 1_000_000, "</worksheet>"))


def _lying(path: Path) -> None:
    """A sheet that says that it unpacks to ten bytes."""
    book(path, repeated(f"<worksheet xmlns='{MAIN}'>", b" " * 1000, 300_000, "</worksheet>"))
    content = bytearray(path.read_bytes())
    at = content.rfind(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", 10)
    path.write_bytes(bytes(content))


def _overlapping(path: Path) -> None:
    """A directory of two million parts that are all the same bytes."""
    entry = (
        struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0)
        + b"a"
    )
    local = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 0, 0, 0, 0, 0, 0, 1, 0) + b"a"
    with path.open("wb") as file:
        file.write(local)
        for _ in range(2000):
            file.write(entry * 1000)
        size = len(entry) * 2_000_000
        file.write(struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 65535, 65535, size, len(local), 0))


def _many_sheets(path: Path) -> None:
    sheets = numbered(
        f"<workbook xmlns='{MAIN}' xmlns:r='{LINKS}'><sheets>",
        "<sheet name='{noise}' sheetId='1' r:id='r1'/>",
        500_000,
        "</sheets></workbook>",
    )
    book(path, workbook=sheets)


def _many_styles(path: Path) -> None:
    styles = numbered(
        f"<styleSheet xmlns='{MAIN}'><cellXfs>",
        "<xf numFmtId='{at}'/>",
        500_000,
        "</cellXfs></styleSheet>",
    )
    book(path, styles=styles)


def _strange_packing(path: Path) -> None:
    book(path, packed=zipfile.ZIP_LZMA)


def _in_other_words(path: Path) -> None:
    """A workbook inside a workbook's first sheet."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a", "b")
    book(path, [inner.getvalue()])


MEGA = 1_000_000
MOST_ROWS = 1_000_000  # what the reading process takes for the operator's limit
# By name: what is made, and the code of the refusal, empty where the file is processed. The pair is
# what an upload and what a job answer.
FILES: dict[str, tuple[Callable[[Path], None], tuple[str, str]]] = {
    "csv: a million columns": (_table(MEGA), ("limit_exceeded",) * 2),
    "csv: a million blank headers": (text(b"," * MEGA), ("invalid",) * 2),
    "csv: one giant line": (text(*[b"x," * MEGA] * 50), ("limit_exceeded",) * 2),
    "csv: a giant line after the header": (
        text(b"a,b\n", *[b"x," * MEGA] * 50),
        ("limit_exceeded",) * 2,
    ),
    "csv: a giant cell": (text(b"a\n", *[b"x" * MEGA] * 100), ("limit_exceeded",) * 2),
    "csv: a giant quoted cell": (text(b'a\n"', *[b"x\n" * MEGA] * 50), ("limit_exceeded",) * 2),
    "csv: a row of many lines": (text(b"a\n", *[b'"\n",' * MEGA] * 20), ("limit_exceeded",) * 2),
    "csv: quotes that do not end": (
        text(b"a\n", *[b'"\n' + b"x\n" * 1000] * 20_000),
        ("", "limit_exceeded"),
    ),
    "csv: quotes that end far on": (
        text(b"a\n", *[b'"' + b"x\n" * MEGA + b'"x\n'] * 20),
        ("", "limit_exceeded"),
    ),
    "csv: a giant header": (text(b"x" * 100_000 + b"\n1\n"), ("limit_exceeded",) * 2),
    "csv: nulls": (text(b"a\n", *[b"\0" * MEGA] * 50), ("limit_exceeded",) * 2),
    "csv: bytes of one letter, no line": (
        text(b"a\n", *[b"\xff" * MEGA] * 50),
        ("limit_exceeded",) * 2,
    ),
    "csv: a million tiny rows": (text(b"a\n", *[b"1\n" * 1000] * 1000), ("", "")),
    "csv: ten million tiny rows": (text(b"a\n", *[b"1\n" * MEGA] * 10), ("", "limit_exceeded")),
    "csv: fifty million blank rows": (
        text(b"a\n", *[b"\n" * MEGA] * 50),
        ("", "limit_exceeded"),
    ),
    "xlsx: a million columns": (_wide, ("limit_exceeded",) * 2),
    "xlsx: a million cells in a row": (_many_cells, ("limit_exceeded",) * 2),
    "xlsx: too many rows": (_many_rows, ("", "limit_exceeded")),
    "xlsx: rows passed over": (_rows_passed_over, ("limit_exceeded",) * 2),
    "xlsx: a column far out": (_far_column, ("limit_exceeded",) * 2),
    "xlsx: rows of empty cells": (_empty_cells, ("too_large",) * 2),
    "xlsx: many shared strings before the header": (_strings, ("limit_exceeded", "")),
    "xlsx: many shared strings": (_unused_strings, ("", "")),
    "xlsx: one shared string": (_one_string, ("limit_exceeded",) * 2),
    "xlsx: a huge cell": (_huge_cell, ("limit_exceeded",) * 2),
    "xlsx: a huge attribute": (_huge_attribute, ("limit_exceeded",) * 2),
    "xlsx: deep": (_deep, ("limit_exceeded",) * 2),
    "xlsx: entities in the sheet": (_laughs, ("invalid",) * 2),
    "xlsx: entities in the strings": (_laughing_strings, ("invalid",) * 2),
    "xlsx: packed too well": (_packed, ("too_large",) * 2),
    "xlsx: a size that is a lie": (_lying, ("invalid",) * 2),
    "xlsx: a directory of millions": (_overlapping, ("limit_exceeded",) * 2),
    "xlsx: millions of sheets": (_many_sheets, ("limit_exceeded",) * 2),
    "xlsx: millions of styles": (_many_styles, ("limit_exceeded",) * 2),
    "xlsx: packed by LZMA": (_strange_packing, ("invalid",) * 2),
    "xlsx: no XML": (_in_other_words, ("invalid",) * 2),
}
