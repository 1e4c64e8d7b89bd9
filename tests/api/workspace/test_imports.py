"""Imports of the Workspace API: a file in one call, and the job of a long one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from records.models import ImportUpload, Job, Member, Record
from tests.factories import (
    Caller,
    FieldDefinition,
    make_key,
    make_member,
    make_object,
    make_relation,
)

from .calling import WorkspaceClient, ok, refused

COUNTS = ("createdCount", "updatedCount", "unchangedCount", "failedCount")
pytestmark = pytest.mark.django_db


def send(client: WorkspaceClient, path: str, text: str | bytes, **query: Any) -> Any:
    """The answer to an import of a CSV file."""
    if "mapping" in query and not isinstance(query["mapping"], str):
        query["mapping"] = json.dumps(query["mapping"])
    content = text.encode() if isinstance(text, str) else text
    return client.send(
        "POST", f"{path}/import", content, query=query, **{"content-type": "text/csv"}
    )


def counts(client: WorkspaceClient, path: str, text: str | bytes, **query: Any) -> list[int]:
    """How many rows were created, updated, unchanged and failed."""
    answer = ok(send(client, path, text, **query))
    assert answer["totalCount"] == sum(answer[name] for name in COUNTS)
    assert answer["importedCount"] == answer["totalCount"] - answer["failedCount"]
    return [answer[name] for name in COUNTS]


@pytest.fixture
def rooms(workspace: Caller) -> str:
    """The path of records with a unique field."""
    make_object(
        workspace,
        "Rooms",
        FieldDefinition("Code", "text", is_unique=True),
        FieldDefinition("Seats", "integer"),
        identifier_field=None,
    )
    return f"/data-types/{workspace.schema('rooms').id}/records"


@pytest.fixture
def room(client: WorkspaceClient, rooms: str) -> dict[str, Any]:
    """The record with the external id x-1."""
    values = {"code": "A1", "seats": 4}
    made: dict[str, Any] = ok(client.post(rooms, {"fieldValues": values, "externalId": "x-1"}), 201)
    return made


X1, X2 = "externalId,seats\nx-1,5\n", "externalId,seats\nx-2,5\n"
BY_CODE = {"matchField": "code"}


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("code,seats\nB2,5\n", {}, [1, 0, 0, 0]),
        ("code,seats\nA1,5\n", {}, [0, 0, 0, 1]),
        (X1, {}, [0, 1, 0, 0]),
        (X2, {}, [1, 0, 0, 0]),
        (X1.replace("5", "4"), {}, [0, 0, 1, 0]),
        (X1, {"mode": "create"}, [0, 0, 0, 1]),
        (X2, {"mode": "create"}, [1, 0, 0, 0]),
        (X1, {"mode": "update"}, [0, 1, 0, 0]),
        (X2, {"mode": "update"}, [0, 0, 0, 1]),
        ("externalId,seats\n,5\n", {}, [0, 0, 0, 1]),
        ("external_id,Seats\nx-1,5\n", {}, [0, 1, 0, 0]),
        ("code,seats\na1,5\n", BY_CODE, [0, 1, 0, 0]),
        ("code,seats\nB2,5\n", BY_CODE, [1, 0, 0, 0]),
        ("Code,Seats\nB2,5\n", {"matchField": "Code", "mode": "update"}, [0, 0, 0, 1]),
        ("code,seats\n,5\n", BY_CODE, [0, 0, 0, 1]),
        ("Name,Ref\n6,x-1\n", {"mapping": {"Name": "seats", "2": "externalId"}}, [0, 1, 0, 0]),
        ("code,seats\nB2,5\n", {"mapping": {"seats": None}}, [1, 0, 0, 0]),
        ("id,seats\n1,5\n", {}, [1, 0, 0, 0]),
    ],
)
@pytest.mark.usefixtures("room")
def test_rows_create_and_change_records_by_the_mode(
    client: WorkspaceClient, rooms: str, text: str, query: dict[str, Any], expected: list[int]
) -> None:
    assert counts(client, rooms, text, **query) == expected


@pytest.mark.parametrize(
    ("text", "query", "place"),
    [
        ("code\nB2\n", {"mode": "merge"}, "mode"),
        ("code\nB2\n", {"mode": "update"}, "mode"),
        ("code\nB2\n", {"mode": "upsert"}, "mode"),
        ("code\nB2\n", {"matchField": "seats"}, "matchField"),
        ("code\nB2\n", {"matchField": "nope"}, "matchField"),
        ("seats\n1\n", {"matchField": "code"}, "code"),
        ("code\nB2\n", {"mapping": "{"}, "mapping"),
        ("code\nB2\n", {"mapping": "[]"}, "mapping"),
        ("code\nB2\n", {"mapping": {"code": 1}}, "mapping"),
        ("code\nB2\n", {"mapping": {"code": "nope"}}, "mapping"),
        ("code\nB2\n", {"mapping": {"nope": "code"}}, "mapping"),
        ("a,externalId\nB2,1\n", {"mapping": {"a": "externalId"}}, "mapping"),
        ("nope\nB2\n", {}, "mapping"),
        ("", {}, "empty"),
        ("code\nB2\n", {"nope": "1"}, "nope"),
        ("code\nB2\n", {"dryRun": "maybe"}, "dryRun"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused_and_leaves_nothing(
    client: WorkspaceClient, rooms: str, text: str, query: dict[str, Any], place: str
) -> None:
    error = refused(send(client, rooms, text, **query), 400)

    assert place in error["message"]
    assert not Job.objects.exists()


def test_refusals_are_at_their_rows_in_words_of_the_api(
    client: WorkspaceClient, rooms: str, room: dict[str, Any]
) -> None:
    text = (
        "Code,Seats,memberId,assignmentTaskId,externalId\n"
        "B1,many,,x,y-1\n"
        "B2,1,999999,,y-2\n"
        "B3,1,,,y-3\n"
        "A1,1,,,y-4\n"
        "B5,1,,,\n"
        "B6,1,,,y-6,more\n"
    )
    answer = ok(send(client, rooms, text))

    assert {error["row"]: sorted(error["details"]) for error in answer["errors"]} == {
        2: ["assignmentTaskId", "seats"],
        3: ["memberId"],
        5: ["code"],
        6: ["externalId"],
        7: ["nonFieldErrors"],
    }
    report = client.get(answer["reportUrl"].partition(client.base)[2])
    assert b"".join(report.streaming_content).decode().startswith("line,field,")
    created = ok(send(client, rooms, "externalId,seats\nx-1,1\n", mode="create"))
    assert list(created["errors"][0]["details"]) == ["externalId"]


def test_members_are_named_in_three_ways(client: WorkspaceClient, rooms: str) -> None:
    ann = make_member(client.caller, "ann@example.com").member
    Member.objects.filter(pk=ann.pk).update(external_id="HR-7")
    text = (
        "code,memberId,memberEmail,memberExternalId,assignmentTaskId\n"
        f"B1,{ann.pk},,,7\n"
        "B2,,Ann@Example.com,,\n"
        "B3,,,HR-7,\n"
        "B4,,,,\n"
        "B5,,nobody@example.com,,\n"
    )
    answer = ok(send(client, rooms, text))

    assert answer["errors"] == [
        {"row": 6, "details": {"memberEmail": ["The member does not exist."]}}
    ]
    rows = ok(client.get(rooms, {"sortBy": "code"}))["items"]
    own = client.caller.member.id
    assert [row["memberId"] for row in rows] == [ann.pk, ann.pk, ann.pk, own]
    assert [row["assignmentTaskId"] for row in rows] == [7, None, None, None]


@pytest.mark.parametrize("dry_run", ["false", "true"])
def test_what_is_read_as_another_text_is_counted(
    client: WorkspaceClient, rooms: str, dry_run: str
) -> None:
    ann = make_member(client.caller, "ann@example.com").member
    text = (
        "code;Seats;memberId;memberEmail;assignmentTaskId\n"
        "B1;1 000;;Ann@Example.com;7\n"
        f"B2;2;0{ann.pk};;07\n"
        f"B3;NA;{ann.pk};;\n"
        "B4;3;;ann@example.com;\n"
    )
    answer = ok(send(client, rooms, text, dryRun=dry_run))

    readings: dict[str, dict[str, Any]] = {
        "Seats": {"numbers": "point", "readDifferently": 1, "blankMarks": 1},
        "memberId": {"readDifferently": 1},
        "memberEmail": {"readDifferently": 1},
        "assignmentTaskId": {"readDifferently": 1},
    }
    examples = [{"written": "1 000", "read": "1000"}]
    assert answer["readings"] == readings | {"Seats": readings["Seats"] | {"examples": examples}}
    assert ok(client.get(f"/jobs/{answer['jobId']}"))["readings"] == readings


def test_how_a_file_is_read_is_told_and_can_be_said(client: WorkspaceClient, rooms: str) -> None:
    sent = "Titel\nCode;Seats\nZürich;1.000\n".encode("cp1252")
    told = ok(send(client, rooms, sent, dryRun="true"))
    assert told["file"] == {
        "encoding": "cp1252",
        "encodingIsGuess": True,
        "delimiter": ";",
        "sheet": None,
        "headerRow": 2,
    }
    assert told["readings"] == {"Seats": {"numbers": "unclear", "unclear": 1}}

    said = {"encoding": "cp1252", "delimiter": ";", "headerRow": "2"}
    form = {"columns": json.dumps({"Seats": {"numbers": "comma"}})}
    made = ok(send(client, rooms, sent, **said, **form))

    assert made["file"]["encodingIsGuess"] is False
    assert made["readings"] == {"Seats": {"numbers": "comma", "readDifferently": 1}}
    (room,) = ok(client.get(rooms))["items"]
    assert (room["fieldValues"]["code"], room["fieldValues"]["seats"]) == ("Zürich", 1000)


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ({"columns": "x"}, "columns"),
        ({"columns": '{"seats": {"numbers": 1}}'}, "columns.seats"),
        ({"columns": '{"nope": {"numbers": "comma"}}'}, "columns"),
        ({"encoding": "nope"}, "encoding"),
        ({"delimiter": "ab"}, "delimiter"),
        ({"headerRow": "0"}, "headerRow"),
        ({"sheet": "1"}, "sheet"),
    ],
)
def test_a_reading_that_cannot_be_is_refused_by_name(
    client: WorkspaceClient, rooms: str, query: dict[str, str], place: str
) -> None:
    answer = send(client, rooms, "code,seats\nB1,5\n", **query)

    assert answer.status_code == 400
    assert list(answer.json()["error"]["details"]) == [place]


@pytest.mark.parametrize("dry_run", ["false", "true"])
def test_an_archived_member_is_refused_at_the_column_that_names_them(
    client: WorkspaceClient, rooms: str, room: dict[str, Any], dry_run: str
) -> None:
    ann = make_member(client.caller, "ann@example.com").member
    Member.objects.filter(pk=ann.pk).update(external_id="HR-7", is_active=False)
    text = (
        "externalId,code,memberId,memberEmail,memberExternalId\n"
        f"n-1,B1,{ann.pk},,\n"
        "n-2,B2,,Ann@Example.com,\n"
        "n-3,B3,,,HR-7\n"
        f"x-1,A1,{ann.pk},,\n"
    )
    answer = ok(send(client, rooms, text, dryRun=dry_run))

    gone = ["The member does not exist."]
    assert answer["errors"] == [
        {"row": 2, "details": {"memberId": gone}},
        {"row": 3, "details": {"memberEmail": gone}},
        {"row": 4, "details": {"memberExternalId": gone}},
        {"row": 5, "details": {"memberId": gone}},
    ]


def test_a_dry_run_stores_no_record(
    client: WorkspaceClient, rooms: str, room: dict[str, Any]
) -> None:
    text = "externalId,seats\nx-1,9\nx-2,9\nx-3,many\n"
    before = list(Record.objects.values())

    answer = ok(send(client, rooms, text, dryRun="true"))

    assert answer["dryRun"] is True
    assert [answer[name] for name in COUNTS] == [1, 1, 0, 1]
    assert list(Record.objects.values()) == before
    assert counts(client, rooms, text) == [1, 1, 0, 1]


@pytest.fixture
def trips(client: WorkspaceClient, rooms: str) -> str:
    """The path of records whose values name others, and of more kinds."""
    caller = client.caller
    kinds = ("team_selector", "dynamictags", "money", "datetime", "json", "phonenumber", "rating")
    fields = [FieldDefinition(f"A {kind}", kind, name=kind) for kind in kinds]
    make_object(caller, "Trips", *fields, identifier_field=None)
    for label, kind in (("Room", "primary"), ("Others", "additional")):
        make_relation(caller, "trips", label, "rooms", kind, f"{label} of")
    ids = [ok(client.post(rooms, {"fieldValues": {"code": at}}), 201)["id"] for at in "ABC"]
    path = f"/data-types/{caller.schema('trips').id}/records"
    ann = make_member(caller, "ann@example.com").member
    values = {
        "team_selector": ann.pk,
        "dynamictags": ["x", "y; z"],
        "money": {"amount": 1.5, "currency": "USD"},
        "datetime": "2024-05-17T09:30:00Z",
        "json": {"id": 7, "name": "x", "list": [{"id": 1}]},
        "phonenumber": "+16502530000",
        "rating": 3,
        "room": ids[0],
        "others": ids[1:],
    }
    ok(client.post(path, {"fieldValues": values}), 201)
    ok(client.post(path, {"fieldValues": {}}), 201)
    return path


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl"])
def test_an_export_of_every_kind_imports_as_unchanged(
    client: WorkspaceClient, trips: str, form: str
) -> None:
    answer = client.get(f"{trips}/export", {"format": form})
    file = b"".join(answer.streaming_content)

    assert counts(client, trips, file, fileName=f"trips.{form}") == [0, 0, 2, 0]
    assert counts(client, trips, file, mode="create", fileName=f"trips.{form}") == [2, 0, 0, 0]
    rows = [row["fieldValues"] for row in ok(client.get(trips))["items"]]
    moments = {"created": None, "updated": None}
    first, second = [row | moments for row in rows if row["room"]]
    assert first == second


@pytest.mark.parametrize(
    ("field", "value", "details"),
    [
        ("team_selector", 999_999, ["team_selector"]),
        ("team_selector", {"id": 999_999}, ["team_selector"]),
        ("team_selector", 2**70, ["team_selector"]),
        ("team_selector", True, ["team_selector"]),
        ("room", 999_999, ["room"]),
        ("room", 1.5, ["room"]),
        ("others", [999_999], ["others"]),
        ("others", [[1]], ["others"]),
        ("room", "A", None),
        ("room", {"name": "A"}, ["room"]),
    ],
)
def test_lines_that_name_nobody_are_refused(
    client: WorkspaceClient, trips: str, field: str, value: Any, details: list[str] | None
) -> None:
    line = json.dumps({"externalId": "x", field: value})
    answer = ok(send(client, trips, line, fileName="x.jsonl"))
    if details is not None:
        assert [sorted(error["details"]) for error in answer["errors"]] == [details]


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl"])
def test_an_export_imports_as_unchanged(
    client: WorkspaceClient, visits: str, visit: str, form: str
) -> None:
    ann = make_member(client.caller, "ann@example.com").member
    values = {"reason": "=1+1", "topics": ["Sleep", "Diet"], "paid": True, "zip": "01234"}
    body = {"fieldValues": values, "memberId": ann.pk, "assignmentTaskId": 3}
    ok(client.post(visits, {**body, "externalId": "=x"}), 201)
    answer = client.get(f"{visits}/export", {"format": form})
    file = b"".join(answer.streaming_content)

    assert counts(client, visits, file, fileName=f"visits.{form}") == [0, 0, 2, 0]
    if form == "csv":
        changed = file.decode().replace("Check-up", "Fever") + "\r\n"
        assert counts(client, visits, changed) == [0, 1, 1, 0]
        row = ok(client.get(visit))
        assert row["fieldValues"]["reason"] == "Fever"


def test_the_field_of_the_external_id_matches_rows(client: WorkspaceClient) -> None:
    fields = [
        {"name": "Ref", "slug": "ref", "fieldType": "text", "isExternalId": True},
        {"name": "Seats", "slug": "seats", "fieldType": "integer"},
    ]
    made = ok(client.post("/data-types", {"name": "Desks", "fields": fields}), 201)
    path = f"/data-types/{made['id']}/records"

    assert counts(client, path, "Ref,Seats\nr1,1\nr2,1\n") == [2, 0, 0, 0]
    assert counts(client, path, "ref,seats\nr1,2\nr2,1\n", matchField="ref") == [0, 1, 1, 0]
    export = b"".join(client.get(f"{path}/export").streaming_content)
    assert counts(client, path, export) == [0, 0, 2, 0]
    assert [row["externalId"] for row in ok(client.get(path))["items"]] == ["r2", "r1"]


def test_a_form_sends_the_file_too(client: WorkspaceClient, rooms: str) -> None:
    answer = Client().post(
        f"{client.base}{rooms}/import",
        {"file": SimpleUploadedFile("rooms.csv", b"code\nB2\n")},
        headers=client.headers,
    )
    assert ok(answer)["createdCount"] == 1
    assert refused(client.post(f"{rooms}/import", {}), 415)


def test_a_long_file_is_a_job(client: WorkspaceClient, elsewhere: Caller, rooms: str) -> None:
    text = "seats\n" + "1\n" * 10_001
    job = ok(send(client, rooms, text), 202)["jobId"]
    path = f"/jobs/{job}"

    row = ok(client.get(path))
    assert set(row) == {
        *("id", "uuid", "status", "totalCount", "importedCount", "failedCount"),
        *("createdAt", "finishedAt", "readings", "reportUrl"),
    }
    assert (row["id"], row["totalCount"], row["status"]) == (job, 10_001, "pending")
    other = WorkspaceClient(make_member(client.caller, "ann@example.com"))
    for stranger in (WorkspaceClient(elsewhere), other):
        for call in (
            stranger.get(path),
            stranger.post(f"{path}/cancel"),
            stranger.get(f"{path}/report"),
        ):
            refused(call, 404)
    assert ok(client.post(f"{path}/cancel"))["status"] == "cancelled"
    refused(client.post(f"{path}/cancel"), 400)
    refused(client.get(f"{path}/report"), 404)


def test_scopes_are_those_of_records(client: WorkspaceClient, rooms: str) -> None:
    def scoped(*scopes: str, **more: Any) -> WorkspaceClient:
        caller = client.caller
        secret = make_key(caller.workspace, caller.member, scopes=list(scopes), **more)[1]
        return WorkspaceClient(caller, secret=secret)

    refused(send(scoped("records:read"), rooms, X1), 403)
    # Its member's own records are all that such a key changes; an import reaches those of others.
    for scope in ("records:read", "datatypes:write"):
        refused(send(scoped(scope, self_access=True), rooms, X1), 403)
    writer = scoped("records:write")
    assert counts(writer, rooms, X1) == [1, 0, 0, 0]
    by_email = "externalId,memberEmail\nx-1,ann@example.com\n"
    refused(send(writer, rooms, by_email), 403)
    assert counts(
        writer,
        rooms,
        by_email.replace("memberEmail", "memberEmail,memberId").replace(
            ".com", f".com,{client.caller.member.id}"
        ),
    ) == [0, 0, 1, 0]


def test_members_whose_role_grants_nothing_send_no_file(
    client: WorkspaceClient, rooms: str
) -> None:
    """What is theirs alone they change one by one."""
    member = make_member(client.caller, "ted@example.com")
    refused(send(WorkspaceClient(member), rooms, X1), 404)
    assert not ImportUpload.objects.exists()
    assert not Job.objects.exists()


def test_the_number_of_queries_does_not_grow_with_rows(
    client: WorkspaceClient, rooms: str, django_assert_max_num_queries: Any
) -> None:
    header = "externalId,seats,memberEmail\n"
    email = client.caller.member.email

    def rows(name: str, count: int) -> str:
        return header + "".join(f"{name}{at},1,{email}\n" for at in range(count))

    counts(client, rooms, rows("a", 60))
    # PostgreSQL copies that many rows into each table; few go in with one statement for all.
    with django_assert_max_num_queries(200) as few:
        counts(client, rooms, rows("b", 60))
    with django_assert_max_num_queries(200) as many:
        counts(client, rooms, rows("c", 180))
    assert len(many) <= len(few)
