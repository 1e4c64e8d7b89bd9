"""What is exported comes back unchanged: every field type, whatever is in its values, as CSV, as
a workbook and as JSON lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.field_types import field_types
from records.services.exporting import exported_fields
from records.services.importing import (
    CsvTable,
    ImportOptions,
    copy_upload,
    import_file,
    keep_at,
    open_file,
    store_upload,
)
from records.services.operations import export_records
from records.services.search import SearchRequest
from records.services.writing import Mode, SaveRequest
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    entries,
    make_object,
    make_record,
    make_relation,
)
from tests.services.acting import search, view, write_all

# What looks like a formula, an escape, a list, a blank or a number, or is no text in some form.
NASTY = [
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "\ufeff=1"),
    *("\u200b=1", "\u2003\u200d=1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff20x", "'=1", "''=1", "'"),
    *("a\r\nb", "a\rb", "a\nb", " \r\n x", "_x000D_", "_x000D_\nx", "_x005F_x000D_", "\x01\x1f"),
    *("\ufffe\uffff", "a;b", "a; b", '"a"; b', '"', '""', '"a;b"', "a,b", "a\tb|c", "NA", "-"),
    *("null", "true", "007", "1e5", "1,5", "1.500", "2024-01-01", "1/2/2024", "#N/A", "a ::: b"),
    *("sep=;", "Ä\u0308", "\U0001f600", "ﬁ", "x" * 300, "cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
]
TEXTS = st.sampled_from(NASTY) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=40
)
NAMES = ["Smith", "Partners", "Smith; Partners", '"Smith"; Partners', '"Jones"', "=1", "'=1",
         "01920000-0000-7000-8000-000000000001", "NA", "Doe, Jane", "a|b\tc"]  # fmt: skip
OPTIONS = ["Red", "Blue", "Red; Blue", '"Red"', "-1", "=x", "NA", '"Red"; "Blue"', "007"]
NUMBERS = st.sampled_from([0, -5, 0.1, 1e-7, -12345.678, 999999999999999, 0.30000000000001])
DATES = st.dates().map(str) | st.sampled_from(["0001-01-01", "1900-02-28", "1900-03-01"])
MOMENTS = st.datetimes().map(lambda moment: f"{moment.isoformat()}Z") | st.sampled_from(
    ["2024-10-27T00:30:00Z", "2024-10-27T01:30:00Z", "2024-01-05T23:00:00Z", "2024-03-31T01:00:00Z"]
)
DOCUMENTS = st.dictionaries(
    TEXTS, TEXTS | st.integers(-9, 9) | st.lists(TEXTS, max_size=2), max_size=2
)
LISTED = st.lists(st.sampled_from(OPTIONS), unique=True, max_size=4)
TAGS = st.lists(TEXTS.map(str.strip).filter(bool), max_size=4)

# By field type: values that callers send.
VALUES: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("text", "longtext", "wysiwyg"), TEXTS),
    "email": st.sampled_from(["a@example.com", "-x@example.com", "o'b+1@example.com"]),
    "phonenumber": st.sampled_from(["+16502530000", "+33142685300"]),
    "timezone": st.sampled_from(["Europe/Paris", "UTC"]),
    "integer": st.integers(-(2**63), 2**63 - 1),
    **dict.fromkeys(("decimal", "money"), NUMBERS),
    "rating": st.integers(1, 5),
    "date": DATES,
    "datetime": MOMENTS,
    "time": st.times().map(lambda time: f"{time:%H:%M:%S}"),
    "checkbox": st.booleans(),
    **dict.fromkeys(
        ("dropdown", "radio", "status", "choices", "selector"), st.sampled_from(OPTIONS)
    ),
    "yesnomaybe": st.sampled_from(["Yes", "No", "Maybe"]),
    "checkboxes": LISTED,
    "dynamictags": TAGS,
    "team_selector": st.just("is_me"),
    "json": DOCUMENTS,
    "zip_code": st.sampled_from(["00501", "90210-1234"]),
}
# What has no values of its own to send; links are tried beside the others.
OTHERS = {"formula", "files", "relationship"}
RECORDS = 5


class World:
    """Records with a field of every type and links, whose values change from try to try."""

    def __init__(self, caller: Caller, folder: Path) -> None:
        self.caller, self.folder = caller, folder
        make_object(caller, "Partners")
        self.partners = {
            name: str(make_record(caller, "partners", name=name).record.uuid) for name in NAMES
        }
        fields = [
            FieldDefinition(
                name,
                name,
                name=f"a_{name}",
                options=[OptionDefinition(option) for option in OPTIONS]
                if field_types.get(name).has_options and name not in ("yesnomaybe", "dynamictags")
                else (),
            )
            for name in VALUES
        ]
        make_object(caller, "Things", *fields)
        make_relation(caller, "things", "Watchers", "partners", "additional", "Watched")
        make_relation(caller, "things", "Boss", "partners", "primary", "Led")
        made = [make_record(caller, "things", name=f"T{at}") for at in range(RECORDS)]
        self.uuids = [str(one.record.uuid) for one in made]

    def set(self, values: list[dict[str, Any]]) -> None:
        """Give the records these values; one that is refused is left as it is."""
        requests = [
            SaveRequest(Mode.UPDATE, uuid, entries=entries({name: value}))
            for uuid, given in zip(self.uuids, values, strict=True)
            for name, value in given.items()
        ]
        write_all(self.caller, "things", *requests)

    def now(self) -> list[dict[int, Any]]:
        return [dict(view(self.caller, "things", uuid).values) for uuid in self.uuids]

    def exported(self, form: str, *names: str) -> bytes:
        author, schema = self.caller.author, self.caller.schema("things")
        fields = exported_fields(schema.fields)
        if names:
            fields = tuple(schema.by_name[name] for name in names)
        writable = tuple(spec for spec in fields if not spec.computed)
        with export_records(author, schema, SearchRequest(writable), form) as file:
            return file.read()

    def tables(self, form: str, content: bytes) -> Iterator[CsvTable]:
        """The table as the command and as the APIs read it."""
        path = self.folder / f"export.{form}"
        path.write_bytes(content)
        with open_file(path) as table:
            yield table
        author, schema = self.caller.author, self.caller.schema("things")
        with copy_upload(store_upload(author, schema, path.name, [content])) as table:
            yield table

    def check(self, form: str, *names: str) -> None:
        """The records exported, and imported again, are unchanged."""
        before = self.now()
        report = self.folder / "refused.csv"
        for table in self.tables(form, self.exported(form, *names)):
            options = ImportOptions(keep_at(report), again=True, processes=1)
            found = import_file(self.caller.author, "things", table, options)
            told = report.read_text() if report.exists() else ""
            assert (found.unchanged, found.rows) == (RECORDS, RECORDS), told
        assert self.now() == before


@pytest.fixture
def world(workspace: Caller, tmp_path: Path) -> World:
    return World(workspace, tmp_path)


def test_every_type_is_tried() -> None:
    assert set(VALUES) | OTHERS == {kind.name for kind in field_types.values()}


def test_what_is_exported_comes_back_unchanged(world: World) -> None:
    links: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
        {
            "watchers": st.lists(st.sampled_from(NAMES), unique=True, max_size=4).map(
                lambda names: [world.partners[name] for name in names]
            ),
            "boss": st.sampled_from(NAMES).map(world.partners.__getitem__),
        }
    )
    one = st.fixed_dictionaries({f"a_{name}": values for name, values in VALUES.items()})
    rows = st.lists(
        st.tuples(one, links).map(lambda both: both[0] | both[1]),
        min_size=RECORDS,
        max_size=RECORDS,
    )

    @settings(
        max_examples=20,
        suppress_health_check=list(HealthCheck),
    )
    @given(rows)
    def come_back(values: list[dict[str, Any]]) -> None:
        world.set(values)
        for form in ("csv", "xlsx", "jsonl"):
            world.check(form)

    come_back()


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl"])
def test_every_nasty_text_comes_back_as_text_and_as_tag(world: World, form: str) -> None:
    for start in range(0, len(NASTY), RECORDS):
        texts = [*NASTY, *NASTY][start : start + RECORDS]
        world.set(
            [{"a_text": text, "a_longtext": text, "a_dynamictags": [text, "z"]} for text in texts]
        )
        world.check(form)


@pytest.mark.parametrize("name", ["watchers", "a_dynamictags", "a_longtext"])
def test_a_column_beside_the_name_is_no_delimiter(world: World, name: str) -> None:
    lists = [[world.partners["Smith"], world.partners["Partners"]]] * RECORDS
    values: dict[str, list[Any]] = {"watchers": lists, "a_dynamictags": [["a", "b"]] * RECORDS,
              "a_longtext": ["x; y\nz; u"] * RECORDS}  # fmt: skip
    world.set([{name: value} for value in values[name]])
    world.check("csv", "name", name)


def test_links_of_names_with_separators_stay(world: World) -> None:
    smith = world.partners["Smith; Partners"]
    world.set([{"watchers": [smith]}] * RECORDS)

    assert b'T0,"""Smith; Partners"""' in world.exported("csv", "name", "watchers")
    world.check("csv")


def test_a_list_alone_in_its_column_is_one_column(world: World) -> None:
    world.set([{"a_dynamictags": ["a", "b"]}] * RECORDS)

    content = world.exported("csv", "a_dynamictags")
    for table in world.tables("csv", content):
        assert table.header == ("a_dynamictags",)
        assert [list(row.cells) for row in table.rows()] == [["a; b"]] * RECORDS
    assert search(world.caller, "things").views
