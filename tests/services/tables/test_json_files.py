"""Files of JSON lines are read as tables, with the limits of the others."""

from __future__ import annotations

import gzip
import json
import secrets
from pathlib import Path

import pytest

from records.exceptions import InvalidInput
from records.services.tables import file_limits as limits
from records.services.tables.framing import Unfinished
from records.services.tables.json_files import JsonTable, is_json, open_json
from records.services.tables.table_rows import Row


def file(folder: Path, *lines: str, name: str = "x.jsonl") -> Path:
    path = folder / name
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def table(folder: Path, *lines: str) -> JsonTable:
    return open_json(file(folder, *lines))


def test_keys_name_the_columns_in_their_first_order(tmp_path: Path) -> None:
    found = table(tmp_path, '{"b": 1, "a": "x"}', "", '{"c": null, "A": 2, " b ": 3, "": 4}')

    assert found.keys == ("b", "a", "c", "A", " b ", "")
    assert found.header == ("b", "a", "c", "A 2", "b 2", "Column 6")
    assert found.nameless == {5}
    assert list(found.rows()) == [
        Row(1, ["1", "x", "", "", "", ""], [1, "x", None, None, None, None], sure=0b1),
        Row(3, ["", "", "", "2", "3", "4"], [None, None, None, 2, 3, 4], sure=0b111000),
    ]
    assert found.count() == 2
    assert found.digest() == found.digest()


def test_lines_that_are_no_rows_are_told_each(tmp_path: Path) -> None:
    found = table(tmp_path, "[]", '{"a": 1}', "{", '{"a": null}', '{"a": 2}')

    assert [(row.line, row.fault[:20]) for row in found.rows()] == [
        (1, "The line is no row: "),
        (2, ""),
        (3, "The line is no row: "),
        (5, ""),
    ]


def test_a_key_that_comes_late_is_no_column(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SURVEY_CSV", 10)
    found = table(tmp_path, '{"a": 12345}', '{"a": 1, "b": 2}')

    assert found.header == ("a",)
    assert [row.fault for row in found.rows()] == [
        "",
        "The key 'b' is in no line at the beginning of the file: put a line with every key first.",
    ]
    with pytest.raises(Unfinished):
        list(found.rows(survey=True))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((), "x.jsonl is empty; its lines must be objects"),
        (("", " "), "is empty"),
        (("{",), "x.jsonl, line 1: no JSON"),
        (("{}",), "is empty"),
        (('{"' + "x" * 1001 + '": 1}',), "the name of a column can have at most 1,000"),
        (('{"a\\u0000": 1}',), "null character"),
        (
            (json.dumps({str(at): 1 for at in range(limits.MAX_COLUMNS + 1)}),),
            "at most 1,000 columns",
        ),
    ],
)
def test_a_file_without_columns_is_refused(
    tmp_path: Path, lines: tuple[str, ...], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        table(tmp_path, *lines)


@pytest.mark.parametrize(
    ("limit", "most", "message"),
    [("MAX_ROW", 20, "a row can have at most 20"), ("MAX_ROWS", 1, "at most 1 rows")],
)
def test_limits_hold_for_every_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int, message: str
) -> None:
    found = table(tmp_path, '{"a": 1}', '{"a": "xxxxxxxxxxxxxxxxxxxx"}')
    monkeypatch.setattr(limits, limit, most)

    with pytest.raises(InvalidInput, match=message):
        found.count()


def test_encodings(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    for codec, said in (("utf-8-sig", ""), ("utf-16", "utf-16"), ("latin-1", "latin-1")):
        path.write_bytes('{"é": "ü"}'.encode(codec))
        assert open_json(path, said).header == ("é",)
    for said, message in (("", "is not UTF-8: byte 0xE9 in line 1"), ("klingon", "does not exist")):
        with pytest.raises(InvalidInput, match=message):
            open_json(path, said)
    packed = tmp_path / "x.jsonl.gz"
    packed.write_bytes(gzip.compress(b'{"a": 1}\n'))
    assert open_json(packed).header == ("a",)
    long = json.dumps({"a": secrets.token_hex(3000)}).encode()
    for content in (b'{"a": 1}\n', long, b"[" + long + b"]"):
        packed.write_bytes(gzip.compress(content)[:-9])
        with pytest.raises(InvalidInput, match=r"x\.jsonl\.gz: "):
            open_json(packed)


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("x.jsonl", b"", True),
        ("x.NDJSON", b"a,b", True),
        ("x.csv", b'{"a": 1}\n', True),
        ("x.csv", b'\xef\xbb\xbf{"a": 1}\n', True),
        ("x.json", b'{"a": 1}\n{"a": 2}', True),
        ("x.csv", b"{a},b\n", False),
        ("x.csv", b"{}\n", False),
        ("x.csv", b"[a],b\n", False),
        ("x.csv", b"name\n", False),
        ("x.csv", b"", False),
    ],
)
def test_a_file_is_known_by_its_name_or_its_first_line(
    tmp_path: Path, name: str, content: bytes, found: bool
) -> None:
    (tmp_path / name).write_bytes(content)

    assert is_json(tmp_path / name, name) is found


@pytest.mark.parametrize(
    "content",
    [
        '[{"a": 1}, {"a": 2}]',
        '[\n  {"a": 1},\n  {"a": 2}\n]\n',
        '[ {\n"a": 1}\n,\n\n{"a"\n: 2}]',
        '\ufeff[{"a": 1},{"a": 2}]',
    ],
)
@pytest.mark.parametrize("name", ["x.json", "x.csv", "x.jsonl"])
def test_one_list_has_a_row_for_each_object(tmp_path: Path, content: str, name: str) -> None:
    path = file(tmp_path, content, name=name)
    assert is_json(path, name)

    assert [(row.line, row.values) for row in open_json(path).rows()] == [(1, [1]), (2, [2])]


def test_entries_that_are_no_rows_are_told_each(tmp_path: Path) -> None:
    content = '[{"a": 1},\n[2],\n{"a": }, {"a": 3}\n] x'
    found = open_json(file(tmp_path, content, name="x.json"))

    faults = [bool(row.fault) for row in found.rows()]

    assert faults == [False, True, True, False, True]
    assert [row.line for row in found.rows()] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("content", ['{\n"a": 1}', "[1, 2]"])
def test_other_json_is_refused_with_the_way_on(tmp_path: Path, content: str) -> None:
    path = file(tmp_path, content, name="x.json")

    with pytest.raises(InvalidInput, match="write each object in a line of its own"):
        is_json(path, path.name)
