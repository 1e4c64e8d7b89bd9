"""`manage.py import_records` says what it did, and is exact whenever it is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from openpyxl import Workbook

from records.models import Record
from tests.databases import MANAGE, own_database
from tests.factories import Caller, make_member
from tests.services.acting import search


@dataclass
class Run:
    """What a command printed, and its exit status."""

    printed: str
    status: int


@pytest.fixture
def run(
    workspace: Caller,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    """Imports a text into `things` of the workspace."""
    monkeypatch.chdir(tmp_path)

    def import_text(text: str, *options: str) -> Run:
        (tmp_path / "things.csv").write_text(text, encoding="utf-8")
        status = 0
        try:
            call_command(
                "import_records",
                "things",
                "things.csv",
                "--workspace",
                workspace.workspace.slug,
                *options,
            )
        except SystemExit as end:
            status = int(end.code or 0)
        return Run(capsys.readouterr().out, status)

    return import_text


def test_it_says_how_many_rows_became_what(run: Any) -> None:
    first = run("code,size\na,1\nb,2\n", "--create-object")
    assert first.printed.startswith("things: 2 created, 0 updated, 0 unchanged, 0 failed (")
    assert first.status == 0

    second = run("code,size\na,1\nb,3\nc,x\n")
    assert second.printed.startswith("things: 0 created, 1 updated, 1 unchanged, 1 failed (")
    assert second.printed.endswith(
        "Refused rows, with reasons: " + str(Path.cwd() / "things.errors.csv") + "\n"
    )
    assert second.status == 1


def test_it_imports_lines_of_json_and_passes_over_what_is_read_only(
    run: Any, workspace: Caller, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("name,size\na,1\nb,2\n", "--create-object")
    lines = ['{"name": "a", "size": 3, "created": "x"}', "{", '{"name": "c", "size": "007"}']
    (tmp_path / "more.jsonl").write_text("\n".join(lines))

    with pytest.raises(SystemExit):
        call_command(
            "import_records", "things", "more.jsonl", "--workspace", workspace.workspace.slug
        )

    printed = capsys.readouterr().out
    assert printed.startswith("things: 1 created, 1 updated, 0 unchanged, 1 failed (")
    assert "Left out, as their fields are read-only: created." in printed
    assert "The line is no row: no JSON" in (tmp_path / "more.errors.csv").read_text()


def test_it_says_what_an_object_is_made_of(run: Any) -> None:
    made = run("Code,Size\na,1\nb,2\n", "--create-object")
    assert (
        made.printed.splitlines()[1]
        == "Its fields, derived from the columns: code (text, identifies), size (integer)."
    )
    assert len(run("Code,Size\na,1\n").printed.splitlines()) == 1


def test_it_says_when_no_column_identifies(run: Any) -> None:
    made = run("size\n1\n1\n", "--create-object", "--dry-run")
    assert made.printed.splitlines()[1:] == [
        "Its fields, derived from the columns: size (integer). None identifies records."
    ]


def test_semicolons_or_tabs_may_separate_cells(run: Any) -> None:
    assert run("code;size\na;1\n", "--create-object").printed.startswith("things: 1 created")
    assert run("code\tsize\na\t2\n").printed.startswith("things: 0 created, 1 updated")


def test_it_says_when_there_was_nothing_to_do(run: Any) -> None:
    run("size\n1\n", "--create-object")

    again = run("size\n1\n")
    assert "This file was imported into things at " in again.printed
    assert again.printed.endswith(
        "1 created, 0 updated, 0 unchanged, 0 failed. Nothing was imported; --again imports "
        "it again.\n"
    )
    assert run("size\n1\n", "--again").printed.startswith("things: 1 created")


def test_a_dry_run_says_so(run: Any) -> None:
    assert run("size\n1\n", "--create-object", "--dry-run").printed.startswith(
        "Dry run, nothing is stored: things: 1 cr"
    )
    assert not Record.objects.exists()


def test_the_report_goes_where_it_is_wanted(run: Any) -> None:
    run("size\n1\n", "--create-object")

    assert run("size\nx\n", "--report", "bad.csv").status == 1
    assert (Path.cwd() / "bad.csv").read_text().splitlines() == [
        "line,field,code,message,value",
        "2,size,invalid,Expected a whole number.,x",
    ]


def test_another_member_can_be_the_one_who_imports(run: Any, workspace: Caller) -> None:
    run("size\n1\n", "--create-object")
    make_member(workspace, "clerk@example.com", {"things": {"create": True}})

    assert run("size\n2\n", "--member", "clerk@example.com").status == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--workspace", "elsewhere"], "There is no workspace 'elsewhere'"),
        (["--member", "nobody@example.com"], "No active member"),
        ([], "There is no object 'things'"),
    ],
)
def test_what_cannot_be_imported_ends_with_two(run: Any, options: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message) as refused:
        run("size\n1\n", *options)
    assert refused.value.returncode == 2


# ---------------------------------------------------------------- real processes


@dataclass
class Site:
    """A database of its own with a workspace, and a file to import."""

    environment: dict[str, str]
    folder: Path
    workspace_id: str

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command],
            cwd=self.folder,
            env={**self.environment, "PYTHONPATH": str(settings.BASE_DIR)},
            capture_output=True,
            text=True,
            check=False,
        )

    def arguments(self, name: str, *options: str) -> list[str]:
        where = ["--workspace", self.workspace_id, "--report", f"{name}.errors.csv"]
        return ["import_records", name, "things.csv", *where, "--create-object", *options]

    def interrupted(self, name: str, moment: str, batch: int, *options: str) -> int:
        """Import until killed; the exit status."""
        arguments = self.arguments(name, "--batch-size", "10", *options)
        return self.run(
            "-m", "tests.management.interrupted", moment, str(batch), *arguments
        ).returncode

    def finished(self, name: str) -> str:
        """Import what is left, and hold what is there against the file: each row once, the ledger
        complete."""
        done = self.run(MANAGE[1], *self.arguments(name, "--batch-size", "1000"))
        assert done.returncode == 1, done.stdout + done.stderr
        stored = self.run("-m", "tests.management.stored", name)
        assert json.loads(stored.stdout) == {
            "records": [[f"Row {number}", 1] for number in range(ROWS) if number not in BAD],
            "differences": [],
        }
        report = (self.folder / f"{name}.errors.csv").read_text().splitlines()
        assert [int(line.split(",")[0]) for line in report[1:]] == [number + 2 for number in BAD]
        assert not list(self.folder.glob(f"{name}.*.part*"))
        return done.stdout


ROWS = 200
BAD = (5, 77, 150)
# SQLite takes one writer at a time, so there the work is not shared.
SHARED = (
    [("before", -9)]
    if connection.vendor == "sqlite"
    else [("before", 2), ("committed", 2), ("parent", -9)]
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    rows = [f"Row {number},{number}{',more' if number in BAD else ''}" for number in range(ROWS)]
    (folder / "things.csv").write_text("\n".join(["label,number", *rows, ""]), encoding="utf-8")
    with own_database(folder, "tables") as url:
        made = Site({**os.environ, "RECORDS_ENV": "test", "DATABASE_URL": url}, folder, "")
        printed = made.run(
            MANAGE[1], "create_workspace", "Example", "--email", "admin@example.com", "--json"
        ).stdout
        made.workspace_id = json.loads(printed)["workspace_id"]
        yield made


@pytest.mark.parametrize("moment", ["before", "after", "committed"])
@pytest.mark.parametrize("identifier", ["none", "label"])
def test_an_import_that_is_killed_goes_on_where_it_was(
    site: Site, moment: str, identifier: str
) -> None:
    name = f"{moment}_{identifier}"
    assert site.interrupted(name, moment, 7, "--processes", "1", "--identifier", identifier) == -9

    done = 70 if moment == "committed" else 60
    assert f"The first {done} rows were imported before." in site.finished(name)


@pytest.mark.parametrize(("moment", "status"), SHARED)
def test_an_import_by_several_processes_goes_on_where_they_were(
    site: Site, moment: str, status: int
) -> None:
    assert site.interrupted(f"shared_{moment}", moment, 3, "--processes", "3") == status

    site.finished(f"shared_{moment}")


def test_what_the_options_say_of_the_file_and_its_columns_holds(
    run: Any, workspace: Caller
) -> None:
    text = "Export of May\nname|x|size|born|score\nA|1|3,125|1/2/2024|none\nB|2|4|3/2/2024|5\n"
    made = run(
        "name,size,born,score\nZ,0.5,2024-01-01,1\n", "--create-object", "--identifier", "name"
    )
    assert made.status == 0

    told = run(
        text,
        "--delimiter=|",
        "--header-row=2",
        "--encoding=ascii",
        "--column=2:field=",
        "--column=size:numbers=comma",
        "--column=4:dates=dmy",
        "--column=score:blanks=none",
    )

    assert told.status == 0
    assert "size: numbers comma, read differently 1." in told.printed
    assert "score: numbers point, blank marks 1." in told.printed
    rows = search(workspace, "things", ordering=("created",)).views
    schema = workspace.schema("things")
    values = [
        [view.values.get(schema.by_name[name].id) for name in ("size", "born", "score")]
        for view in sorted(rows, key=lambda view: view.row.id)
    ]
    assert values[1:] == [[3.125, "2024-02-01", None], [4, "2024-02-03", 5]]


def test_the_types_of_new_fields_are_chosen(run: Any, workspace: Caller) -> None:
    text = f"name,size,{'x' * 300}\nA,1,2\n"

    assert run(text, "--create-object", "--column=size:type=text").status == 0
    schema = workspace.schema("things")
    assert schema.by_name["size"].type.name == "text"
    # A field that was made of a long header is found by it again.
    assert run(text.replace("2", "3")).status == 0
    with pytest.raises(CommandError, match="its fields have their types"):
        run(text, "--column=size:type=integer")


def test_a_sheet_of_a_workbook_is_imported(
    run: Any, workspace: Caller, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("name\nZ\n", "--create-object")
    book = Workbook()
    book.create_sheet("Data").append(["name"])
    book["Data"].append(["A"])
    book.save(tmp_path / "things.xlsx")

    call_command(
        "import_records", "things", "things.xlsx", "--workspace", workspace.workspace.slug,
        "--sheet", "data",
    )  # fmt: skip
    assert "1 created" in capsys.readouterr().out


def test_the_sheet_that_is_read_is_told_where_there_are_others(
    run: Any, workspace: Caller, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("name\nZ\n", "--create-object")
    book = Workbook()
    assert book.active is not None
    book.active.title = "Cover"
    book.active.append(["name"])
    book.active.append(["May"])
    book.create_sheet("Data").append(["name"])
    book.save(tmp_path / "things.xlsx")
    said = ["import_records", "things", "things.xlsx", "--workspace", workspace.workspace.slug]

    call_command(*said)
    assert "The sheet 'Cover' is read, not 'Data'." in capsys.readouterr().err
    call_command(*said, "--sheet", "cover")
    assert "The sheet" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("--sheet=x", "is no workbook, and has no sheets"),
        ("--column=name:numbers=comma", "of the type text, which has no numbers"),
        ("--column=size:dates=dmy", "of the type integer, which has no dates"),
    ],
)
def test_what_does_not_apply_is_refused(run: Any, said: str, message: str) -> None:
    assert run("name,size\nZ,1\n", "--create-object").status == 0
    with pytest.raises(CommandError, match=message):
        run("name,size\nY,1\n", said)


def test_marks_of_blanks_are_said_of_texts_too(run: Any, workspace: Caller) -> None:
    assert run("name,code\nZ,x\n", "--create-object", "--identifier=name").status == 0

    told = run("name,code\nA,none\nB, y \n", "--column=code:blanks=none")

    assert "code: blank marks 1." in told.printed
    schema = workspace.schema("things")
    rows = sorted(search(workspace, "things").views, key=lambda view: view.row.id)
    assert [view.values.get(schema.by_name["code"].id) for view in rows[1:]] == [None, " y "]


@pytest.mark.parametrize("said", ["name", "name:colour=red", ":field=x", "nothing:field=x"])
def test_what_is_said_of_no_column_is_refused(run: Any, said: str) -> None:
    with pytest.raises(CommandError):
        run("name\nZ\n", "--create-object", "--column", said)
