"""Files of records over HTTP: links, bytes, headers, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from tests.api_client import ApiClient
from tests.factories import Caller, FieldDefinition, make_key, make_member, make_object, make_record
from tests.services.acting import differences


@pytest.fixture(autouse=True)
def _own_files(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def files(workspace: Caller) -> str:
    """The address of a record's files."""
    make_object(workspace, "People", FieldDefinition("Papers", "files"))
    return f"/api/attachments/people/{make_record(workspace, 'people', name='Ann').record.uuid}"


def link(
    api: ApiClient, files: str, name: str = "docs/a.html", kind: str | None = "text/html"
) -> str:
    """The path under which a file can be sent."""
    answer = api.post(files, {"filename": name, "content_type": kind})
    assert answer.status_code == 200, answer.content
    assert set(answer.json()) == {"upload_url", "method", "expires_at"}
    assert answer.json()["method"] == "PUT"
    address = urlsplit(answer.json()["upload_url"])
    assert (address.scheme, address.netloc) == ("http", "testserver")
    return str(address.path)


def put(path: str, content: bytes = b"<b>hello</b>", **headers: Any) -> Any:
    return Client().put(path, content, content_type="text/whatever", headers=headers)


def fetched(api: ApiClient, files: str, name: str = "docs/a.html") -> Any:
    answer = api.get(f"{files}/url?filename={quote(name)}")
    assert answer.status_code == 200, answer.content
    return download(urlsplit(answer.json()["url"]).path)


def download(path: str) -> Any:
    """The answer, and its bytes in `received`."""
    answer: Any = Client().get(path)
    answer.received = b"".join(answer.streaming_content)
    return answer


def test_a_file_goes_in_and_comes_out(api: ApiClient, workspace: Caller, files: str) -> None:
    sent = put(link(api, files))
    assert sent.status_code == 201, sent.content
    assert sent.json() == api.get(files).json()["results"][0]
    assert (sent.json()["filename"], sent.json()["size"], sent.json()["content_type"]) == (
        "docs/a.html",
        12,
        "text/html",
    )
    answer = fetched(api, files)
    assert answer.received == b"<b>hello</b>"
    shown = answer.headers
    assert shown["Content-Disposition"] == 'attachment; filename="a.html"'
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in shown["Content-Security-Policy"]
    assert (shown["Content-Type"], shown["Content-Length"]) == ("text/html", "12")
    assert "no-store" in shown["Cache-Control"]
    record = files.replace("attachments", "records")
    body = {"fields": [{"name": "papers", "value": [sent.json()["id"]]}]}
    answer = api.patch(record, body)
    (value,) = next(
        field["value"] for field in answer.json()["fields"].values() if field["name"] == "papers"
    )
    assert (value["id"], value["name"], value["size"]) == (sent.json()["id"], "docs/a.html", 12)
    assert download(value["url"]).received == b"<b>hello</b>"
    history = api.get(f"{record}/history").json()["results"]
    assert [entry["action"] for entry in history] == ["updated", "attached", "created"]
    assert api.delete(f"{files}?filename=docs/a.html").status_code == 204
    assert api.get(files).json() == {"count": 0, "results": []}
    assert differences(workspace) == []


def test_names_with_anything_in_them_make_safe_headers(api: ApiClient, files: str) -> None:
    name = 'x/日本 "quoted"; filename*=evil.txt'
    assert put(link(api, files, name)).status_code == 201
    shown = fetched(api, files, name).headers["Content-Disposition"]
    assert shown.startswith(
        "attachment; filename*=utf-8''%E6%97%A5%E6%9C%AC%20%22quoted%22%3B%20filename"
    )
    assert [row["filename"] for row in api.get(f"{files}?prefix=x/").json()["results"]] == [name]
    assert api.get(f"{files}?prefix=y").json()["count"] == 0


def test_a_session_beside_the_link_changes_nothing(
    api: ApiClient, workspace: Caller, files: str
) -> None:
    """A browser that is logged in sends its cookie along; the link needs none, and no token against
    forgery."""
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(workspace.member.user)
    assert browser.put(link(api, files), b"x", content_type="text/plain").status_code == 201


def test_links_that_are_not_valid(api: ApiClient, files: str) -> None:
    path = link(api, files)
    for broken in (path[:-1], f"{path}x", "/api/files/x", "/api/files/%00", "/api/files/%ff"):
        for answer in (put(broken), Client().get(broken)):
            assert (answer.status_code, answer.json()["code"]) == (403, "invalid_link")
    assert Client().get(path).status_code == 403  # an upload's link fetches nothing
    answer = Client().patch(path, b"x", content_type="text/plain")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, POST, PUT")


def test_sizes_that_are_refused(api: ApiClient, files: str, settings: Settings) -> None:
    settings.ATTACHMENT_MAX_BYTES = 10
    path = link(api, files)
    assert put(path, b"x" * 11).status_code == 413
    assert put(path, b"x" * 10).status_code == 201
    empty = Client().generic("PUT", path, b"", content_type="text/plain", CONTENT_LENGTH="0")
    assert (empty.status_code, empty.json()["size"]) == (201, 0)
    for size in ("", "x", "-1", "1" * 40):
        answer = Client().generic(
            "PUT", path, b"abc", content_type="text/plain", CONTENT_LENGTH=size
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "length_required"), size


def test_requests_that_are_refused(api: ApiClient, files: str) -> None:
    bodies: list[Any] = [
        {},
        [],
        {"filename": "../x"},
        {"filename": 5},
        {"filename": "a", "content_type": "x"},
        {"name": "a"},
    ]
    for body in bodies:
        assert api.post(files, body).status_code == 400, body
    for path in (f"{files}/url", f"{files}/url?filename=../x"):
        assert api.get(path).status_code == 400
    assert api.get(f"{files}/url?filename=none").status_code == 404
    assert api.delete(f"{files}?filename=none").status_code == 404
    assert api.delete(files).status_code == 400
    missing = "/api/attachments/people/01920000-0000-7000-8000-000000000001"
    for answer in (
        api.get(missing),
        api.post(missing, {"filename": "a"}),
        api.delete(f"{missing}?filename=a"),
    ):
        assert answer.status_code == 404


def test_scopes_and_grants_hold(api: ApiClient, workspace: Caller, files: str) -> None:
    reader = make_member(workspace, "reader@example.com", {"people": {"view": "all"}})
    put(link(api, files))
    theirs = ApiClient(reader)
    assert theirs.get(files).json()["count"] == 1
    assert theirs.post(files, {"filename": "a"}).status_code == 403
    assert theirs.delete(f"{files}?filename=docs/a.html").status_code == 403
    narrow = ApiClient(workspace)
    narrow.headers["X-API-KEY"] = make_key(
        workspace.workspace, workspace.member, scopes=["records:read"]
    )[1]
    assert fetched(narrow, files).status_code == 200
    assert narrow.post(files, {"filename": "a"}).status_code == 403
