"""Files that are sent before their record is known, and files by their ids."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from records.models import Attachment
from records.services.retention.stores import sweep_stores
from tests.api_client import ApiClient
from tests.factories import (
    Caller,
    FieldDefinition,
    make_key,
    make_member,
    make_object,
    make_record,
    make_workspace,
)
from tests.services.acting import differences

PRESIGNED = "/api/s3/presigned-post?source=field_value&contenttype=text/plain&filename="
SUCCESS = "/api/s3/success?source=field_value"
FORM = "application/x-www-form-urlencoded"
CONTENT = b"Papers of the Aurora"
NOBODY = "01920000-0000-7000-8000-000000000001"


@pytest.fixture(autouse=True)
def _own_files(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def ships(workspace: Caller) -> Caller:
    make_object(workspace, "Ships", FieldDefinition("Papers", "files"))
    return workspace


def asked(api: ApiClient, name: str = "papers.txt") -> dict[str, Any]:
    answer = api.get(PRESIGNED + name)
    assert answer.status_code == 200, answer.content
    content: dict[str, Any] = answer.json()
    return content


def post(form: dict[str, Any], content: bytes = CONTENT, name: str = "local.txt") -> Any:
    """The form with the file, as a browser sends it: without headers of the API."""
    sent = {**form["fields"], "file": SimpleUploadedFile(name, content)}
    return Client().post(urlsplit(form["url"]).path, sent)


def confirm(api: ApiClient, **fields: str) -> Any:
    return api.send("POST", SUCCESS, urlencode(fields).encode(), content_type=FORM)


def sent(api: ApiClient, name: str = "papers.txt", content: bytes = CONTENT) -> str:
    """The id of a file that is sent and confirmed."""
    form = asked(api, name)
    assert post(form, content).status_code == 204
    answer = confirm(api, uuid=form["s3object_id"])
    assert answer.status_code == 200, answer.content
    return str(answer.json()["id"])


def add(api: ApiClient, name: str, *papers: str) -> Any:
    entries = [{"name": "name", "value": name}, {"name": "papers", "value": list(papers)}]
    return api.post("/api/records/ships/add", {"fields": entries})


def names(api: ApiClient, record: str) -> list[str]:
    return [
        row["filename"] for row in api.get(f"/api/attachments/ships/{record}").json()["results"]
    ]


def test_a_file_is_sent_confirmed_and_becomes_the_records_own(
    api: ApiClient, ships: Caller, settings: Settings
) -> None:
    form = asked(api)
    assert form["max_file_size"] == settings.ATTACHMENT_MAX_BYTES
    assert set(form["fields"]) == {"key"}
    answer = post(form)
    digest = sha256(CONTENT).hexdigest()
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (204, b"", f'"{digest}"')

    confirmed = confirm(
        api,
        uuid=form["s3object_id"],
        key=form["fields"]["key"],
        name="Aurora.txt",
        etag=answer.headers["ETag"],
    ).json()
    assert confirmed.pop("url").startswith("http://testserver/api/files/")
    assert confirmed == {
        "id": form["s3object_id"],
        "name": "Aurora.txt",
        "thumbnail_url": None,
        "content_type": "text/plain",
        "size": len(CONTENT),
        "is_public": False,
        "is_common": False,
        "common_key": None,
    }

    made = add(api, "Aurora", confirmed["id"])
    assert made.status_code == 200, made.content
    assert names(api, made.json()["id"]) == ["Aurora.txt"]
    assert Attachment.objects.get().record_id is not None
    assert differences(ships) == []
    fetched: Any = api.get(f"/api/files/{confirmed['id']}/download")
    assert b"".join(fetched.streaming_content) == CONTENT
    assert fetched.headers["Content-Disposition"] == 'attachment; filename="Aurora.txt"'
    assert fetched.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert confirm(api, uuid=confirmed["id"]).json()["name"] == "Aurora.txt"


def test_a_file_belongs_to_one_record(api: ApiClient, ships: Caller) -> None:
    paper = sent(api)
    first = add(api, "Aurora", paper).json()["id"]
    second = add(api, "Borealis", paper)
    assert second.status_code == 400
    assert "upload them to it" in second.content.decode()
    both = [
        {"fields": [{"name": "name", "value": name}, {"name": "papers", "value": [other]}]}
        for name, other in zip("AB", [sent(api, "x.txt")] * 2, strict=True)
    ]
    answer = api.post(
        "/api/records/ships/batch", {"mode": "create", "on_error": "continue", "items": both}
    ).json()
    assert [row["action"] for row in answer["results"]] == ["created", "refused"]
    assert names(api, first) == ["papers.txt"]


def test_a_file_whose_name_the_record_has_gets_another_one(api: ApiClient, ships: Caller) -> None:
    record = add(api, "Aurora", sent(api)).json()["id"]
    more = [sent(api), sent(api)]
    change = [{"name": "papers", "add_values": more}]
    assert api.patch(f"/api/records/ships/{record}", {"fields": change}).status_code == 200
    assert names(api, record) == ["papers (2).txt", "papers (3).txt", "papers.txt"]


def test_a_dry_run_gives_nothing_away(api: ApiClient, ships: Caller) -> None:
    paper = sent(api)
    entries = [{"name": "name", "value": "A"}, {"name": "papers", "value": [paper]}]
    answer = api.post("/api/records/ships/add?dry_run=true", {"fields": entries})
    assert answer.status_code == 200, answer.content
    assert Attachment.objects.get().record_id is None
    assert add(api, "A", paper).status_code == 200


def test_until_then_it_is_its_senders_alone(api: ApiClient, ships: Caller) -> None:
    paper = sent(api)
    other = ApiClient(make_member(ships, "other@example.com"))
    stranger = ApiClient(make_workspace("Elsewhere", "elsewhere@example.com"))
    for caller in (other, stranger):
        for path in (f"/api/files/{paper}", f"/api/files/{paper}/download"):
            assert caller.get(path).status_code == 404
        answer = confirm(caller, uuid=paper)
        assert (answer.status_code, answer.json()["code"]) == (400, "does_not_exist")
    assert api.get(f"/api/files/{NOBODY}").status_code == 404
    assert Client().get("/api/files", headers=api.headers).status_code == 404


def test_another_member_cannot_take_it(api: ApiClient, ships: Caller) -> None:
    paper = sent(api)
    other = ApiClient(
        make_member(
            ships, "other@example.com", {"ships": {"create": True, "view": "all", "edit": "all"}}
        )
    )
    assert add(other, "Aurora", paper).status_code == 400
    assert add(api, "Aurora", paper).status_code == 200
    assert other.get(f"/api/files/{paper}").status_code == 200


def test_what_is_sent_again_replaces_it_until_a_record_has_it(
    api: ApiClient,
    ships: Caller,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    form = asked(api)
    with django_capture_on_commit_callbacks(execute=True):
        assert post(form).status_code == 204
        assert post(form, b"Other papers").status_code == 204
    answer: Any = api.get(f"/api/files/{form['s3object_id']}/download")
    assert b"".join(answer.streaming_content) == b"Other papers"
    add(api, "Aurora", form["s3object_id"])
    assert post(form).status_code == 409


def test_what_was_confirmed_takes_no_other_bytes(
    api: ApiClient,
    ships: Caller,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    form = asked(api)
    assert post(form).status_code == 204
    uuid = form["s3object_id"]
    before: Any = api.get(f"/api/files/{uuid}/download")
    content = b"".join(before.streaming_content)
    for _ in range(2):  # a confirmation may be repeated
        assert confirm(api, uuid=uuid, key=form["fields"]["key"]).status_code == 200

    with django_capture_on_commit_callbacks(execute=True):
        answer = post(form, b"Other papers")

    assert answer.status_code == 409
    assert "confirmed" in answer.content.decode()
    after: Any = api.get(f"/api/files/{uuid}/download")
    assert b"".join(after.streaming_content) == content
    add(api, "Aurora", uuid)


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"uuid": NOBODY}, "uuid"),
        ({"uuid": "no id"}, "uuid"),
        ({"uuid": ""}, "uuid"),
        ({"key": "another"}, "key"),
        ({"etag": '"0"'}, "etag"),
        ({"name": "../up.txt"}, "filename"),
    ],
)
def test_what_is_confirmed_must_be_what_was_sent(
    api: ApiClient, ships: Caller, changed: dict[str, str], place: str
) -> None:
    form = asked(api)
    post(form)
    answer = confirm(api, **{"uuid": form["s3object_id"], **changed})
    assert answer.status_code == 400, answer.content
    assert place in answer.content.decode()


def test_what_was_not_sent_cannot_be_confirmed(api: ApiClient, ships: Caller) -> None:
    assert confirm(api, uuid=asked(api)["s3object_id"]).status_code == 400


@pytest.mark.parametrize("path", [PRESIGNED.replace("field_value", "x"), "/api/s3/presigned-post"])
def test_sources_that_are_not_known(api: ApiClient, path: str) -> None:
    answer = api.get(path)
    assert answer.status_code == 400
    assert "field_value or record_import" in answer.content.decode()


def test_forms_that_are_refused(api: ApiClient, ships: Caller, settings: Settings) -> None:
    form = asked(api)
    path = urlsplit(form["url"]).path
    assert Client().post(path, b"x", content_type="text/plain").status_code == 415
    assert Client().post(path, {"key": "no file"}).status_code == 400
    for key in ("", "another", asked(api)["fields"]["key"]):
        refusal = post({**asked(api), "fields": {"key": key}})
        assert (refusal.status_code, "key: it is not" in refusal.json()["detail"]) == (400, True)
    refusal = post({**asked(api), "fields": {}})
    assert (refusal.status_code, refusal.json()["code"]) == (400, "required")
    assert refusal.json()["detail"].startswith("key: ")
    for header in ("If-Match", "If-None-Match"):
        kept = Client().post(path, {**form["fields"]}, headers={header: "*"})
        assert (kept.status_code, kept.json()["detail"].split(":")[0]) == (400, header)
    assert not Attachment.objects.exists()
    cut = b"--x\r\nno form"
    assert (
        Client().post(path, cut, content_type="multipart/form-data; boundary=x").status_code == 400
    )
    settings.ATTACHMENT_MAX_BYTES = 3
    assert post(form).status_code == 413
    settings.ATTACHMENT_MAX_BYTES = -(2**16)
    assert post(form).status_code == 413
    assert not Attachment.objects.exists()
    assert Client().post("/api/files/nonsense", {"file": "x"}).status_code == 403
    answer = Client().post(SUCCESS, b"{}", content_type="text/plain", headers=api.headers)
    assert answer.status_code == 415


def test_confirming_takes_json_too(api: ApiClient, ships: Caller) -> None:
    form = asked(api)
    post(form)
    answer = api.post(SUCCESS, {"uuid": form["s3object_id"], "name": "Log.txt"})
    assert (answer.status_code, answer.json()["name"]) == (200, "Log.txt")
    for wrong in ({"uuid": 5}, {"uuid": form["s3object_id"], "nme": "x"}, ["x"]):
        assert api.post(SUCCESS, wrong).status_code == 400


def test_links_of_records_take_forms_too(api: ApiClient, ships: Caller) -> None:
    record = make_record(ships, "ships", name="Aurora").record.uuid
    link = api.post(f"/api/attachments/ships/{record}", {"filename": "papers.txt"}).json()
    assert post({"url": link["upload_url"], "fields": {}}).status_code == 204
    assert names(api, record) == ["papers.txt"]
    answer = Client().put(urlsplit(asked(api, "free.txt")["url"]).path, b"put")
    assert (answer.status_code, answer.json()["filename"]) == (201, "free.txt")


def test_keys_that_may_not_write_get_no_link(ships: Caller) -> None:
    reading = make_key(ships.workspace, ships.member, scopes=["records:read"])[1]
    api = ApiClient(Caller(ships.workspace, ships.member, reading))
    assert api.get(f"{PRESIGNED}a.txt").status_code == 403
    assert confirm(api, uuid=NOBODY).status_code == 403


def test_files_that_no_record_has_go_after_a_day(
    api: ApiClient,
    ships: Caller,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    kept = sent(api)
    add(api, "Aurora", kept)
    forgotten = sent(api, "forgotten.txt")
    with time_machine.travel(timezone.now() + timedelta(hours=23), tick=False):
        sweep_stores(timezone.now())
    assert api.get(f"/api/files/{forgotten}").status_code == 200
    with (
        time_machine.travel(timezone.now() + timedelta(hours=25), tick=False),
        django_capture_on_commit_callbacks(execute=True),
    ):
        sweep_stores(timezone.now())
    assert [str(row.uuid) for row in Attachment.objects.all()] == [kept]


def test_an_id_is_no_link_to_send_a_file_to(api: ApiClient, ships: Caller) -> None:
    for method in ("PUT", "POST"):
        answer = Client().generic(method, f"/api/files/{sent(api)}", CONTENT)
        assert (answer.status_code, answer.json()["code"]) == (403, "invalid_link")
