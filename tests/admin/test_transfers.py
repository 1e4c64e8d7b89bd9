"""Importing files and exporting records at the workbench."""

from __future__ import annotations

import codecs
import csv
import io
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook, load_workbook
from pytest_django import Settings

from records.models import Record, Source
from records.services.shaping.field_removal import delete_field
from tests.admin.pages import Workbench, form_of, let_in, messages_of
from tests.factories import make_field, make_member, make_record, make_relation
from tests.services.acting import differences, history, read
from tests.working import work

TABLE = "Name,Employees,Industry,Shoe size\nAcme,7,Air,41\nBeta,8,Sea,42\n"


@pytest.fixture(autouse=True)
def _own_files(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.DATA_DIR = tmp_path / "data"


def send(
    bench: Workbench,
    path: str,
    content: str | bytes,
    name: str = "list.csv",
    encoding: str = "utf-8",
) -> Any:
    raw = content.encode() if isinstance(content, str) else content
    return bench.client.post(
        f"{path}import/", {"file": SimpleUploadedFile(name, raw), "encoding": encoding}
    )


def plan(
    bench: Workbench, path: str, content: str | bytes = TABLE, **changes: str | list[str] | None
) -> Any:
    """Upload a file and its plan; names with `_` for `-`."""
    sent = send(bench, path, content)
    assert sent.status_code == 302, sent.content.decode()
    changes = {
        name.replace("_", "-") if name[-1].isdigit() else name: value
        for name, value in changes.items()
    }
    return bench.fill(sent.url, "mode", changes)


def employees(bench: Workbench) -> dict[str, Any]:
    rows = Record.objects.filter(
        workspace=bench.caller.workspace, object__name="companies", state="active"
    )
    return {
        row.display_name: read(bench.caller, "companies", str(row.uuid)).get("employees")
        for row in rows
    }


def test_a_file_is_sent_tried_and_imported(admin: Workbench, companies: str) -> None:
    make_record(admin.caller, "companies", name="Acme", employees=1)
    assert f"{companies}import/" in admin.read(companies)
    assert 'type="file"' in admin.read(f"{companies}import/")
    sent = send(admin, companies, TABLE + "Bad,many,Air,1\n")
    shown = admin.read(sent.url)
    assert form_of(shown, "mode")["column-1"] == ["employees"]
    assert form_of(shown, "mode")["column-3"] == [""]
    assert "Acme · Beta · Bad" in shown

    tried = admin.fill(sent.url, "mode", {"try": "1"})
    trial = unescape(admin.read(tried.url))
    for part in (
        "dry run: nothing is stored",
        "Created",
        "Ignored columns: Shoe size.",
        "Beta",
        "Line 4, Employees",
    ):
        assert part in trial, part
    assert employees(admin) == {"Acme": 1}

    done = admin.send(f"{tried.url}import/")
    job = unescape(admin.read(done.url))
    assert "a trial" not in job
    assert "Import for good" not in job
    assert employees(admin) == {"Acme": 7, "Beta": 8}
    report = b"".join(admin.get(f"{done.url}report/").streaming_content).decode()
    assert report.splitlines()[1] == "4,Employees,invalid,Expected a whole number.,many"
    beta = Record.objects.get(display_name="Beta")
    assert history(admin.caller, "companies", str(beta.uuid))[0].source == Source.IMPORT
    assert differences(admin.caller) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"Acme": 7, "Beta": 8}),
        ({"mode": "create_only"}, {"Acme": 1, "Beta": 8}),
        ({"mode": "update_only"}, {"Acme": 7}),
        ({"kept_1": "on"}, {"Acme": 1, "Beta": 8}),
        ({"column_1": ""}, {"Acme": 1, "Beta": None}),
    ],
    ids=["usual", "create_only", "update_only", "fill_blanks", "left_out"],
)
def test_the_plan_says_what_rows_do(
    admin: Workbench, companies: str, changes: dict[str, str], expected: dict[str, int | None]
) -> None:
    make_record(admin.caller, "companies", name="Acme", employees=1)
    done = plan(admin, companies, **changes)
    assert "Done" in admin.read(done.url)
    assert employees(admin) == expected


def test_rows_are_matched_by_a_unique_field(admin: Workbench, companies: str) -> None:
    make_field(admin.caller, "companies", "Code", "text", is_unique=True)
    make_record(admin.caller, "companies", name="Old", code="A1")
    plan(admin, companies, "Code,Name\na1,New\n", match_field="code")
    assert list(employees(admin)) == ["New"]


def test_a_plan_is_kept_to_be_changed(admin: Workbench, companies: str) -> None:
    tried = plan(
        admin, companies, **{"column_3": "note", "kept_1": "on", "mode": "update_only", "try": "1"}
    )
    page = admin.read(tried.url)
    (link,) = {
        unescape(part.split('"')[0])
        for part in page.split('href="')[1:]
        if "?tried=" in part.split('"')[0]
    }
    again = form_of(admin.read(link), "mode")
    assert (again["column-3"], again["kept-1"], again["mode"]) == (
        ["note"],
        ["on"],
        ["update_only"],
    )
    for nothing in ("x", "01920000-0000-7000-8000-000000000001"):
        assert form_of(admin.read(f"{link.split('?')[0]}?tried={nothing}"), "mode")["column-3"] == [
            ""
        ]


def test_a_file_that_was_imported_is_imported_again_only_when_asked(
    admin: Workbench, companies: str
) -> None:
    make_field(admin.caller, "companies", "Code", "text")
    table = "Name,Employees\nOne,1\n"
    plan(admin, companies, table, mode="create_only")
    again = plan(admin, companies, table, mode="create_only")
    assert "This file was already imported" in admin.read(again.url)
    asked = plan(admin, companies, table, mode="create_only", again="on")
    assert "Line 2, Name" in admin.read(asked.url)
    assert employees(admin) == {"One": 1}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"column_0": "", "mode": "update_only"}, "name the column that identifies them"),
        ({"column_3": "name"}, "both map to the field"),
        ({"column_1": "created"}, "read-only"),
        ({"column_1": "nothing"}, "No field"),
        ({"mode": "delete"}, "Select a valid choice"),
        ({"match_field": "note"}, "Select a valid choice"),
    ],
    ids=["no key", "twice", "read-only", "unknown", "mode", "match"],
)
def test_a_plan_that_does_not_fit_is_shown_again(
    admin: Workbench, companies: str, changes: dict[str, str], problem: str
) -> None:
    answer = plan(admin, companies, **changes)
    assert answer.status_code == 200
    assert problem in unescape(answer.content.decode())
    assert form_of(answer.content.decode(), "mode").get("column-0") == [
        changes.get("column_0", "name")
    ]


@pytest.mark.parametrize(
    ("content", "name", "problem"),
    [
        (b"", "empty.csv", "The submitted file is empty."),
        (b"\xd0\xcf\x11\xe0 1997", "list.xls", "workbook of Excel 97-2003"),
        (b"PK\x03\x04nonsense", "list.xlsx", "is not a readable workbook"),
        (b"a\x00b,c\n1,2\n", "list.csv", "null character"),
    ],
    ids=["empty", "old workbook", "workbook", "null"],
)
def test_a_file_that_cannot_be_read_is_refused(
    admin: Workbench, companies: str, content: bytes, name: str, problem: str
) -> None:
    answer = send(admin, companies, content, name)
    assert answer.status_code == 200
    assert problem in unescape(answer.content.decode())


def test_a_file_in_another_encoding_and_a_workbook_are_read(
    admin: Workbench, companies: str
) -> None:
    sent = send(admin, companies, "Name;Employees\nKäse;1\n".encode("cp1252"), encoding="cp1252")
    admin.fill(sent.url, "mode", {})
    book = Workbook()
    assert book.active is not None
    book.active.append(["Name", "Employees"])
    book.active.append(["Sheet", 5])
    file = io.BytesIO()
    book.save(file)
    sent = send(admin, companies, file.getvalue(), "list.xlsx")
    admin.fill(sent.url, "mode", {})
    assert employees(admin) == {"Käse": 1, "Sheet": 5}


def test_what_was_found_is_shown_and_another_form_chosen(admin: Workbench, companies: str) -> None:
    content = "Companies of May;\nName;Employees\nKäse;3,125\n".encode("cp1252")
    sent = send(admin, companies, content, encoding="")
    page = unescape(admin.client.get(sent.url).content.decode())
    assert "CP1252 (a guess)" in page
    assert "names in row 2" in page
    assert "1 unclear" in page

    refused = admin.fill(sent.url, "mode", {"form-1": "numbers:point"})
    assert refused.status_code == 302
    assert employees(admin) == {"Käse": 3125}


@pytest.mark.parametrize(
    ("marks", "failed", "values"),
    [(None, 0, {"A": None, "B": 3, "C": None}), ("?", 1, {"B": 3, "C": None}), ("", 2, {"B": 3})],
)
def test_marks_of_blanks_are_shown_and_others_chosen(
    admin: Workbench, companies: str, marks: str | None, failed: int, values: dict[str, Any]
) -> None:
    sent = send(admin, companies, "Name,Employees\nA,NA\nB,3\nC,?\n")
    page = unescape(admin.client.get(sent.url).content.decode())
    assert 'value="NA, ?"' in page
    assert 'name="blanks-0"' not in page

    job = admin.fill(sent.url, "mode", {} if marks is None else {"blanks-1": marks})
    assert employees(admin) == values
    assert ("Download refused rows" in admin.read(job.url)) is (failed > 0)


def test_a_big_file_waits_for_a_worker(admin: Workbench, companies: str) -> None:
    rows = "".join(f"C{at},{at}\n" for at in range(150))
    started = plan(admin, companies, f"Name,Employees\n{rows}")
    assert "Waiting" in admin.read(started.url)
    work()
    assert "Done" in admin.read(started.url)
    assert len(employees(admin)) == 150


def test_imports_are_their_senders_own(
    admin: Workbench, operator: Workbench, companies: str
) -> None:
    grants = {"companies": {"view": "all", "create": True}}
    clerk = let_in(
        make_member(admin.caller, "clerk@example.com", grants, locked=[("companies", "employees")])
    )
    reader = let_in(make_member(admin.caller, "reader@example.com", {"companies": {"view": "all"}}))
    assert f"{companies}import/" not in reader.read(companies)
    assert reader.get(f"{companies}import/").status_code == 403
    assert send(reader, companies, TABLE).status_code == 403
    sent = send(clerk, companies, TABLE)
    assert 'value="employees"' not in clerk.read(sent.url)
    for stranger in (admin, operator, reader):
        assert stranger.get(sent.url).status_code == 404
    tried = clerk.fill(sent.url, "mode", {"try": "1"})
    assert "Import for good" in clerk.read(tried.url)
    assert "Import for good" not in admin.read(tried.url)
    assert admin.send(f"{tried.url}import/").status_code == 404
    assert admin.get(f"{tried.url}report/").status_code == 404
    assert clerk.send(f"{tried.url}import/").status_code == 302
    assert employees(admin) == {"Acme": None, "Beta": None}


def test_only_trials_of_imports_are_imported(admin: Workbench, companies: str) -> None:
    made = make_record(admin.caller, "companies", name="Acme").record
    sent = {"records": made.uuid, "field": "note", "change-how": "clear"}
    job = admin.send(f"{companies}bulk/change/", sent)
    assert admin.send(f"{job.url}import/").status_code == 404
    tried = plan(admin, companies, **{"try": "1"})
    delete_field(admin.caller.author, admin.caller.schema("companies").by_name["employees"].id)
    answer = admin.send(f"{tried.url}import/")
    assert "No field" in messages_of(answer)[0]


# ---------------------------------------------------------------- export


def exported(bench: Workbench, path: str, asked: str = "") -> bytes:
    answer = bench.get(f"{path}export/?{asked}")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="companies.')
    content: bytes = b"".join(answer.streaming_content)
    return content


def test_what_a_list_finds_is_exported(admin: Workbench, companies: str) -> None:
    make_relation(admin.caller, "client_client", "Employer", "companies", "primary", "Staff")
    for name, number in (("=Acme", 30), ("Best", 200), ("Core", 4)):
        make_record(admin.caller, "companies", name=name, employees=number)
    assert f'action="{companies}export/"' in admin.read(companies)
    asked = "f=employees&c=%3E&v=4&o=name&columns=employees"
    admin.read(f"{companies}?{asked}")

    rows = list(csv.DictReader(io.StringIO(exported(admin, companies, asked).decode())))
    assert [(row["name"], row["employees"]) for row in rows] == [("'=Acme", "30"), ("Best", "200")]
    assert "industry" in rows[0]
    assert "staff" not in rows[0]  # those links are other records' values
    shown = exported(admin, companies, f"{asked}&shown=1&format=csv").decode().splitlines()
    assert [line.partition(",")[2] for line in shown] == [
        "name,employees,cancelled",
        "'=Acme,30,false",
        "Best,200,false",
    ]
    assert shown[0].startswith("id,")
    sheet = load_workbook(
        io.BytesIO(exported(admin, companies, f"{asked}&format=xlsx"))
    ).worksheets[0]
    assert sheet.max_row == 3
    assert exported(admin, companies, f"{asked}&format=jsonl").count(b"\n") == 2
    # The button's own form is the one that Excel reads as UTF-8.
    assert admin.read(companies).index('value="csv-bom"') < admin.read(companies).index(
        'value="csv"'
    )
    marked = exported(admin, companies, f"{asked}&format=csv-bom")
    assert marked == codecs.BOM_UTF8 + exported(admin, companies, f"{asked}&format=csv")


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ("format=pdf", "expected one of"),
        ("f=employees&c=%3D&v=many", "Expected a number."),
        ("o=nothing", "no field"),
    ],
)
def test_an_export_that_cannot_be_is_refused_on_the_list(
    admin: Workbench, companies: str, asked: str, problem: str
) -> None:
    answer = admin.get(f"{companies}export/?{asked}")
    assert answer.url == companies
    assert problem in messages_of(answer)[0]


def test_an_export_has_what_its_reader_may_see(admin: Workbench, companies: str) -> None:
    grants = {"companies": {"view": "own"}}
    clerk = let_in(
        make_member(admin.caller, "clerk@example.com", grants, hidden=[("companies", "note")])
    )
    make_record(
        admin.caller, "companies", name="Mine", owner=str(clerk.caller.member.uuid), note="hush"
    )
    make_record(admin.caller, "companies", name="Theirs", owner=None)
    content = exported(clerk, companies)
    assert b"Mine" in content
    assert b"Theirs" not in content
    assert b"hush" not in content
    assert clerk.get(f"{companies}export/?f=note&c=%3D&v=hush").status_code == 302
