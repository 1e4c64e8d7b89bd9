"""Importing files over the API, and exporting records: every mode, every refusal, and the way there
and back."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import orjson
import pytest
from openpyxl import Workbook, load_workbook
from pytest_django import Settings

from records.models import Field, ImportUpload, Record
from records.services.catalogue.versions import touch
from tests.api.reading import names_of, values_of
from tests.api_client import ApiClient
from tests.factories import (
    Caller,
    FieldDefinition,
    make_member,
    make_object,
    make_record,
    make_relation,
)
from tests.services.acting import differences
from tests.working import work

OBJECT = "/api/custom-objects/companies"
TABLE = "Name,Employees,Industry,Shoe size\nAcme,7,Air,41\nBeta,8,Sea,42\n"


@pytest.fixture(autouse=True)
def _own_files(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.DATA_DIR = tmp_path / "data"


def upload(api: ApiClient, content: str | bytes, path: str = OBJECT, **query: str) -> Any:
    raw = content.encode() if isinstance(content, str) else content
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return api.send("POST", f"{path}/imports?{asked}", raw, content_type="text/csv")


def start(api: ApiClient, content: str | bytes, path: str = OBJECT, **plan: Any) -> Any:
    """Upload and import."""
    sent = upload(api, content, path)
    assert sent.status_code == 201, sent.content
    return api.post(f"{path}/imports/{sent.json()['id']}/start", plan)


def counts(answer: Any) -> tuple[int, ...]:
    assert answer.status_code == 200, answer.content
    assert answer.json()["status"] == "completed", answer.json()
    result = answer.json()["result"]
    return tuple(result[key] for key in ("created", "updated", "unchanged", "failed"))


def companies_now(api: ApiClient) -> dict[str, Any]:
    page = api.post("/api/records/companies/search", {"ordering": "name"})
    return {row["display_name"]: values_of(row).get("employees") for row in page.json()["results"]}


def test_an_upload_says_which_field_each_column_seems_to_be(api: ApiClient, companies: str) -> None:
    answer = upload(api, TABLE, file_name="list.csv")

    assert answer.status_code == 201
    content = answer.json()
    assert (content["file_name"], content["row_count"]) == ("list.csv", 2)
    assert [(column["header"], column["field"]) for column in content["columns"]] == [
        ("Name", "name"),
        ("Employees", "employees"),
        ("Industry", "industry"),
        ("Shoe size", None),
    ]
    assert content["columns"][0]["samples"] == ["Acme", "Beta"]


def test_a_form_may_carry_the_file(api: ApiClient, companies: str) -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        + TABLE.encode()
        + b"\r\n--b--\r\n"
    )
    answer = api.send(
        "POST", f"{OBJECT}/imports", body, content_type="multipart/form-data; boundary=b"
    )
    assert answer.json()["file_name"] == "a.csv"
    nothing = api.send(
        "POST", f"{OBJECT}/imports", b"--b--\r\n", content_type="multipart/form-data; boundary=b"
    )
    assert nothing.status_code == 400


def test_rows_are_created_then_updated_and_the_same_file_twice_does_not_double(
    api: ApiClient, workspace: Caller, companies: str
) -> None:
    answer = start(api, TABLE)
    assert counts(answer) == (2, 0, 0, 0)
    assert answer.json()["result"]["ignored_columns"] == ["Shoe size"]
    assert counts(start(api, TABLE)) == (0, 0, 2, 0)
    assert counts(start(api, TABLE.replace("7", "9"))) == (0, 1, 1, 0)
    assert companies_now(api) == {"Acme": 9, "Beta": 8}
    history = api.post("/api/records/companies/search", {"search": "acme"}).json()["results"][0][
        "id"
    ]
    rows = api.get(f"/api/records/companies/{history}/history").json()["results"]
    assert [row["source"] for row in rows] == ["import", "import"]
    assert differences(workspace) == []


MODES: dict[str, tuple[dict[str, Any], tuple[int, ...], dict[str, Any]]] = {
    "create_or_update": ({}, (1, 1, 0, 0), {"Acme": 7, "Beta": 8}),
    "create_only": ({"mode": "create_only"}, (1, 0, 0, 1), {"Acme": 1, "Beta": 8}),
    "update_only": ({"mode": "update_only"}, (0, 1, 0, 1), {"Acme": 7}),
    "keep_existing": ({"keep_existing": ["Employees"]}, (1, 1, 0, 0), {"Acme": 1, "Beta": 8}),
    "a column left out": (
        {"mapping": {"Employees": None}},
        (1, 1, 0, 0),
        {"Acme": 1, "Beta": None},
    ),
    "a column of another name": (
        {"mapping": {"Employees": None, "Shoe size": "employees"}},
        (1, 1, 0, 0),
        {"Acme": 41, "Beta": 42},
    ),
}


@pytest.mark.parametrize(("plan", "expected", "after"), MODES.values(), ids=MODES.keys())
def test_a_plan_says_what_rows_do(
    api: ApiClient,
    workspace: Caller,
    companies: str,
    plan: dict[str, Any],
    expected: tuple[int, ...],
    after: Any,
) -> None:
    make_record(workspace, "companies", name="Acme", employees=1)
    assert counts(start(api, TABLE, **plan)) == expected
    assert companies_now(api) == after


def test_rows_are_matched_by_any_unique_field(api: ApiClient, workspace: Caller) -> None:

    make_object(workspace, "Shops", FieldDefinition("Code", "text", is_unique=True))
    make_record(workspace, "shops", name="Old", code="x1")
    path = "/api/custom-objects/shops"
    answer = start(api, "code,name\nX1,New\nx2,Other\n", path, match_field="code")
    assert counts(answer) == (1, 1, 0, 0)
    assert names_of(api.post("/api/records/shops/search", {"ordering": "name"})) == ["New", "Other"]
    refused = start(api, "code,name\nx1,A\n", path, match_field="display_name")
    assert refused.status_code == 400


def test_a_dry_run_says_what_would_happen_and_stores_nothing(
    api: ApiClient, workspace: Caller, companies: str
) -> None:
    make_record(workspace, "companies", name="Acme", employees=1)
    answer = start(api, TABLE + "Gamma,many,Air,1\n", dry_run=True)

    assert counts(answer) == (1, 1, 0, 1)
    samples = answer.json()["result"]["samples"]
    assert samples["updated"] == [
        {"line": 2, "record": "Acme", "fields": ["employees", "industry"]}
    ]
    assert samples["created"][0]["record"] == "Beta"
    assert answer.json()["failure_report"][0]["line"] == 4
    assert companies_now(api) == {"Acme": 1}


def test_refused_rows_are_reported_and_the_others_stay(
    api: ApiClient, workspace: Caller, companies: str
) -> None:
    answer = start(api, "Name,Employees\nAcme,7\nBeta,many\n,1\n")

    assert counts(answer) == (1, 0, 0, 2)
    assert [
        (row["line"], row["field"], row["code"]) for row in answer.json()["failure_report"]
    ] == [
        (3, "Employees", "invalid"),
        (4, "Name", "required"),
    ]
    report = api.get(f"/api/bulk-action-progress/{answer.json()['id']}/report")
    rows = list(csv.DictReader(io.StringIO(b"".join(report.streaming_content).decode())))
    assert [(row["line"], row["value"]) for row in rows] == [("3", "many"), ("4", "")]
    assert report.headers["Content-Disposition"].startswith("attachment")
    clean = start(api, "Name\nDelta\n").json()
    assert api.get(f"/api/bulk-action-progress/{clean['id']}/report").status_code == 404


def test_big_files_are_imported_by_a_worker(
    api: ApiClient, workspace: Caller, companies: str
) -> None:
    rows = "".join(f"C{at},{at}\n" for at in range(150))
    job = start(api, f"Name,Employees\n{rows}").json()
    assert (job["status"], job["pending_count"]) == ("pending", 150)
    work()
    done = api.get(f"/api/bulk-action-progress/{job['id']}")
    assert counts(done) == (150, 0, 0, 0)
    assert (done.json()["success_count"], done.json()["pending_count"]) == (150, 0)


def workbook(*rows: list[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_workbook_is_imported(api: ApiClient, companies: str) -> None:
    content = workbook(["Name", "Employees", None], ["Acme", 7], [], ["Beta", 8.0, None])
    assert counts(start(api, content)) == (2, 0, 0, 0)
    assert companies_now(api) == {"Acme": 7, "Beta": 8}


def test_semicolons_and_other_encodings_are_read(api: ApiClient, companies: str) -> None:
    assert counts(start(api, "Name;Employees\nAcme;7\n")) == (1, 0, 0, 0)
    sent = upload(api, "Name,Employees\nCafé,7\n".encode("latin-1"), encoding="latin-1")
    assert sent.json()["columns"][0]["samples"] == ["Café"]


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for at in range(3):
            archive.writestr(f"xl/{at}.xml", b"0" * 400_000_000)
    return file.getvalue()


HOSTILE: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 400),
    "not text": (b"%PDF-1.7", 400),
    "a zip that is no workbook": (b"PK\x03\x04 and nothing", 400),
    "no header": (b",,\n,,\n", 400),
    "a null in a header": (b"na\x00me\na\n", 400),
    "a null": (b"name\na\x00b\n", 201),
}


@pytest.mark.parametrize(("content", "status"), HOSTILE.values(), ids=HOSTILE.keys())
def test_files_that_are_none_are_refused(
    api: ApiClient, companies: str, content: bytes, status: int
) -> None:
    answer = upload(api, content)
    assert answer.status_code == status, answer.content
    assert ImportUpload.objects.exists() is (status == 201)
    if status == 201:
        job = api.post(f"{OBJECT}/imports/{answer.json()['id']}/start", {}).json()
        assert job["failed_count"] == 1


def test_a_workbook_that_unpacks_to_too_much_is_refused(api: ApiClient, companies: str) -> None:
    assert upload(api, bomb()).status_code == 413


WRONG: dict[str, dict[str, Any]] = {
    "mode": {"mode": "merge"},
    "mode of another type": {"mode": 1},
    "mapping of another type": {"mapping": []},
    "mapping to nothing": {"mapping": {"Name": "nowhere"}},
    "mapping of no column": {"mapping": {"Nobody": "name"}},
    "everything left out": {
        "mapping": dict.fromkeys(["Name", "Employees", "Industry", "Shoe size"])
    },
    "two columns for one field": {"mapping": {"Shoe size": "employees"}},
    "a read-only field": {"mapping": {"Shoe size": "created"}},
    "match_field": {"match_field": "employees"},
    "keep_existing": {"keep_existing": ["Nobody"]},
    "dry_run": {"dry_run": "yes"},
    "an unknown key": {"delete": True},
    "nothing to match by": {"mode": "update_only", "mapping": {"Name": None, "Shoe size": None}},
}


@pytest.mark.parametrize("plan", WRONG.values(), ids=WRONG.keys())
def test_plans_that_do_not_fit_are_refused(
    api: ApiClient, companies: str, plan: dict[str, Any]
) -> None:
    answer = start(api, TABLE, **plan)
    assert answer.status_code == 400, answer.content
    assert not Record.objects.exists()


def test_uploads_are_their_owners_alone(
    api: ApiClient, workspace: Caller, companies: str, elsewhere: Caller
) -> None:
    upload_id = upload(api, TABLE).json()["id"]
    grants = {"companies": {"create": True, "view": "all", "edit": "all"}}
    other = ApiClient(make_member(workspace, "clerk@example.com", grants))
    assert other.post(f"{OBJECT}/imports/{upload_id}/start", {}).status_code == 404
    assert ApiClient(elsewhere).post(f"{OBJECT}/imports/{upload_id}/start", {}).status_code == 404
    reader = ApiClient(make_member(workspace, "reader@example.com", {"companies": {"view": "all"}}))
    assert upload(reader, TABLE).status_code == 403


# ---------------------------------------------------------------- exports


def exported(api: ApiClient, form: str, body: Any = None, path: str = OBJECT) -> bytes:
    answer = api.post(f"{path}/exports?format={form}", body or {})
    assert answer.status_code == 200, answer.content
    assert answer.headers["Content-Disposition"].startswith("attachment")
    content: bytes = b"".join(answer.streaming_content)
    return content


def test_records_are_exported_as_a_search_finds_them(
    api: ApiClient, workspace: Caller, companies: str
) -> None:
    for at in range(3):
        make_record(
            workspace,
            "companies",
            name=f"C{at}",
            employees=at,
            tags=["x", "y"],
            industry={"name": "Air"},
        )
    body = {
        "query": [{"filters": [{"field": "employees", "condition": ">", "value": 0}]}],
        "ordering": "-name",
        "field_names": ["name", "employees", "tags", "industry"],
    }
    assert exported(api, "csv", body).decode().splitlines() == [
        "name,employees,tags,industry",
        "C2,2,x; y,Air",
        "C1,1,x; y,Air",
    ]
    rows = load_workbook(io.BytesIO(exported(api, "xlsx", body))).worksheets[0].values
    assert list(rows)[1] == ("C2", 2, "x; y", "Air")
    lines = [orjson.loads(line) for line in exported(api, "jsonl", body).splitlines()]
    assert [line["fields"]["employees"] for line in lines] == [2, 1]
    assert lines[0]["fields"]["industry"]["name"] == "Air"


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_no_cell_is_a_formula(api: ApiClient, workspace: Caller, companies: str, form: str) -> None:
    for text in ("=1+1", "+1", "-1", "@x", "\t=1", "'=1"):
        make_record(workspace, "companies", name=text or "x", note=text)
    content = exported(api, form, {"field_names": ["note"], "ordering": "created"})
    if form == "csv":
        cells = [row[0] for row in csv.reader(io.StringIO(content.decode()))][1:]
    else:
        cells = [str(row[0]) for row in load_workbook(io.BytesIO(content)).worksheets[0].values][1:]
    assert cells == ["'=1+1", "'+1", "'-1", "'@x", "'\t=1", "''=1"]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_is_exported_comes_back_the_same(
    api: ApiClient, workspace: Caller, companies: str, form: str
) -> None:
    make_relation(workspace, "companies", "Contact", "client_client", "additional", "Companies")
    make_record(workspace, "client_client", email="a@example.com", first_name="A")
    values = {
        "name": "=Acme",
        "employees": -7,
        "tags": ["x", "y"],
        "note": "two\nlines, and 'quotes'",
        "industry": {"name": "Sea"},
        "contact": [{"name": "a@example.com"}],
        "owner": str(workspace.member.uuid),
    }
    made = make_record(workspace, "companies", **values).record
    make_record(workspace, "companies", name="Blank", owner=None)
    content = exported(api, form)

    assert counts(start(api, content)) == (0, 0, 2, 0)
    api.delete(f"/api/records/companies/{made.uuid}")
    back = content.replace(b"'=Acme", b"'=Back") if form == "csv" else content
    if form == "csv":
        assert counts(start(api, back))[0] == 1
        found = api.get("/api/records/companies/lookup?identifier=%3DBack")
        assert values_of(found)["note"] == values["note"]
        assert values_of(found)["employees"] == -7
    assert differences(workspace) == []


def test_an_export_shows_what_its_reader_may_see(
    api: ApiClient, workspace: Caller, companies: str
) -> None:
    clerk = make_member(
        workspace,
        "clerk@example.com",
        {"companies": {"view": "own"}},
        hidden=[("companies", "note")],
    )
    make_record(workspace, "companies", name="Mine", owner=str(clerk.member.uuid), note="hush")
    make_record(workspace, "companies", name="Theirs", owner=None)
    text = exported(ApiClient(clerk), "csv").decode()
    assert "Mine" in text
    assert "Theirs" not in text
    assert "hush" not in text
    assert (
        ApiClient(clerk).post(f"{OBJECT}/exports?format=csv", {"field_names": ["note"]}).status_code
        == 400
    )


def test_exports_are_refused_before_they_begin(api: ApiClient, companies: str) -> None:
    assert api.post(f"{OBJECT}/exports?format=pdf", {}).status_code == 400
    assert api.post(f"{OBJECT}/exports", {"query": "all"}).status_code == 400
    assert api.post("/api/custom-objects/nothing/exports", {}).status_code == 404


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl"])
def test_an_export_has_at_least_one_field(
    api: ApiClient, workspace: Caller, companies: str, form: str
) -> None:
    Field.objects.filter(workspace=workspace.workspace).update(is_default=False)
    touch(workspace.workspace.pk, [workspace.schema("companies").id])
    # No names are those of the default fields, of which the object has none.
    refused = api.post(f"{OBJECT}/exports?format={form}", {"field_names": []})
    assert refused.status_code == 400
    assert refused.json() == {
        "detail": "field_names: name at least one field.",
        "code": "required",
    }


def test_more_than_a_page_is_exported(api: ApiClient, workspace: Caller, companies: str) -> None:
    rows = "".join(f"C{at:04}\n" for at in range(1100))
    start(api, f"Name\n{rows}")
    work()
    lines = (
        exported(api, "csv", {"field_names": ["name"], "ordering": "name"}).decode().splitlines()
    )
    assert len(lines) == 1101
    assert lines[1:] == sorted(set(lines[1:]))


def test_what_is_exported_comes_back_without_dropping_links(
    api: ApiClient, workspace: Caller, companies: str
) -> None:
    """A page shows a hundred links of a record; those it does not show are not taken for
    removed."""
    make_relation(workspace, "companies", "Contacts", "client_client", "additional", "Companies")
    rows = "".join(f"c{at}@example.com\n" for at in range(120))
    start(api, f"Email\n{rows}", "/api/custom-objects/contacts")
    work()
    contacts = api.post("/api/records/contacts/search", {"page_size": 200}).json()["results"]
    everybody = [row["id"] for row in contacts if row["display_name"] != "c7@example.com"]
    make_record(workspace, "companies", name="Near", contacts=everybody)
    for at in range(110):
        make_record(workspace, "companies", name=f"C{at}", contacts=everybody[:1])
    before = documents()
    near = exported(api, "csv")
    assert near.decode().splitlines()[-1].count("@example.com") == 120  # the owner's, too
    assert counts(start_and_work(api, near)) == (0, 0, 111, 0)

    table = exported(api, "csv", {"ordering": "email"}, "/api/custom-objects/contacts")
    assert b"companies" not in table
    body = {"field_names": ["email", "companies"], "ordering": "email"}
    named = exported(api, "csv", body, "/api/custom-objects/contacts")
    assert b"and 11 more" in named
    done = start_and_work(api, named, "/api/custom-objects/contacts")
    assert counts(done) == (0, 0, 119, 1)
    assert documents() == before


def documents() -> list[tuple[Any, ...]]:
    return list(Record.objects.order_by("id").values_list("values", "version"))


def start_and_work(api: ApiClient, content: bytes, path: str = OBJECT) -> Any:
    started = start(api, content, path)
    work()
    return api.get(f"/api/bulk-action-progress/{started.json()['id']}")


def test_a_text_too_long_for_a_workbook_is_not_cut(
    api: ApiClient, workspace: Caller, companies: str
) -> None:
    make_record(workspace, "companies", name="Long", note="x" * 40_000)
    refused = api.post(f"{OBJECT}/exports?format=xlsx", {})
    assert refused.status_code == 400
    assert "export CSV instead" in refused.json()["detail"]
    assert b"x" * 40_000 in exported(api, "csv")


LINES = """{"name": "Acme", "employees": 7, "shoe": [1, {"a": 2}]}
{"name": "Beta", "employees": "8", "created": "2024-01-01"}
{"name": "Gamma", "employees": "many"}
[1]
{"name": "Acme", "employees": null}
"""


def test_lines_of_json_are_imported(api: ApiClient, companies: str) -> None:
    sent = upload(api, LINES, file_name="list.jsonl").json()

    assert {key: sent[key] for key in ("encoding", "delimiter", "header_row", "row_count")} == {
        "encoding": "utf-8",
        "delimiter": None,
        "header_row": None,
        "row_count": 5,
    }
    told = {column["header"]: (column["field"], column["samples"]) for column in sent["columns"]}
    assert told == {
        "name": ("name", ["Acme", "Beta", "Gamma"]),
        "employees": ("employees", ["7", "8", "many"]),
        "shoe": (None, ['[1, {"a": 2}]', "", ""]),
        "created": (None, ["", "2024-01-01", ""]),
    }
    job = api.post(f"{OBJECT}/imports/{sent['id']}/start", {})
    assert counts(job) == (2, 0, 1, 2)
    assert companies_now(api) == {"Acme": 7, "Beta": 8}
    report = api.get(f"/api/bulk-action-progress/{job.json()['id']}/report")
    lines = b"".join(report.streaming_content).decode().splitlines()
    assert [line.partition(",")[0] for line in lines[1:]] == ["3", "4"]


def test_an_export_of_lines_comes_back_unchanged(api: ApiClient, companies: str) -> None:
    assert counts(start(api, TABLE))[0]
    exported = api.post(f"{OBJECT}/exports?format=jsonl", {})
    content = b"".join(exported.streaming_content)
    before = content.count(b"\n")

    assert counts(start(api, content)) == (0, 0, before, 0)


@pytest.mark.parametrize("file_name", ["list.json", "list.jsonl", "list.csv"])
def test_one_list_of_json_is_imported_like_lines(
    api: ApiClient, companies: str, file_name: str
) -> None:
    content = '[\n  {"name": "Acme", "employees": 7},\n  {"name": "Beta", "employees": "many"}\n]'
    sent = upload(api, content, file_name=file_name).json()
    assert sent["row_count"] == 2

    job = api.post(f"{OBJECT}/imports/{sent['id']}/start", {})

    assert counts(job) == (1, 0, 0, 1)
    assert [failure["line"] for failure in job.json()["failure_report"]] == [2]
    assert companies_now(api) == {"Acme": 7}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"name": "Acme"', "line 1: no JSON"),
        ("", "The file is empty"),
        ("{}\n{}\n", "is empty; its lines must be objects"),
        ('[{"name": "Acme"},', "cut off"),
        ('[{"name": "Acme"}', "cut off"),
    ],
)
def test_files_that_are_no_lines_of_json_are_refused(
    api: ApiClient, companies: str, content: str, message: str
) -> None:
    answer = upload(api, content, file_name="list.jsonl")

    assert answer.status_code == 400
    assert message in answer.content.decode()
