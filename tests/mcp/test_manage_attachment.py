"""Files of records, through the MCP server and the links it gives."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from records.exceptions import InvalidInput
from records.mcp.links import link_content, origin
from records.services.reading.file_links import sign_download
from tests.factories import Caller, archive, make_field, make_key, make_member

from .calling import Agent

NOBODY = "01920000-0000-7000-8000-000000000001"
TEXT = b"# Guide\n"


@pytest.fixture(autouse=True)
def _own_files(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def record(agent: Agent) -> str:
    made = agent.call(
        "manage_record", action="upsert", record_type="companies", data={"name": "Acme"}
    )
    return str(made["id"])


def act(agent: Agent, action: str, record: str, **arguments: Any) -> dict[str, Any]:
    """The content of the answer, or the error with `error` as its key."""
    about = {"record_type": "companies", "record_id": record}
    content: dict[str, Any] = agent.result(
        "manage_attachment", action=action, **about, **arguments
    )["structuredContent"]
    return content


def put(link: str, content: bytes = TEXT, content_type: str = "text/markdown") -> Any:
    assert link.startswith("http://testserver/")
    return Client().put(link.removeprefix("http://testserver"), content, content_type=content_type)


def upload(agent: Agent, record: str, filename: str, content: bytes = TEXT) -> None:
    asked = act(agent, "upload", record, filename=filename, content_type="text/markdown")
    assert put(asked["upload_url"], content).status_code in (200, 201)


def test_a_file_is_sent_listed_fetched_and_removed(either: Agent) -> None:
    made = either.call(
        "manage_record", action="upsert", record_type="companies", data={"name": "Acme"}
    )
    asked = act(
        either, "upload", made["id"], filename="docs/guide.md", content_type="text/markdown"
    )
    assert set(asked) == {"upload_url", "method", "expires_at"}
    assert asked["method"] == "PUT"
    assert put(asked["upload_url"]).status_code in (200, 201)
    upload(either, made["id"], "notes.txt")

    (guide, notes) = act(either, "list", made["id"])["attachments"]
    assert {key: guide[key] for key in ("filename", "content_type", "size", "sha256")} == {
        "filename": "docs/guide.md",
        "content_type": "text/markdown",
        "size": len(TEXT),
        "sha256": sha256(TEXT).hexdigest(),
    }
    assert act(either, "list", made["id"], prefix="docs/")["attachments"] == [guide]

    link = act(either, "get_url", made["id"], filename="docs/guide.md")
    fetched: Any = Client().get(link["url"].removeprefix("http://testserver"))
    assert b"".join(fetched.streaming_content) == TEXT
    assert fetched.headers["Content-Disposition"].startswith("attachment")

    assert act(either, "delete", made["id"], filename="docs/guide.md") == {
        "deleted": True,
        "filename": "docs/guide.md",
    }
    assert act(either, "list", made["id"])["attachments"] == [notes]
    history = either.call("record_history", record_type="companies", record_id=made["id"])
    assert {change["source"] for change in history["changes"]} == {"mcp"}


def test_the_operator_says_what_the_server_is_called(
    agent: Agent, record: str, settings: Settings
) -> None:
    settings.PUBLIC_URL = "https://records.example.com"
    link = act(agent, "upload", record, filename="a.txt")["upload_url"]
    assert link.startswith("https://records.example.com/api/files/")
    settings.PUBLIC_URL = ""
    assert act(agent, "upload", record, filename="a.txt")["upload_url"].startswith(
        "http://testserver/api/files/"
    )
    assert origin.get() in ("", "http://testserver")


def test_a_files_property_refers_to_attachments(agent: Agent, record: str) -> None:
    make_field(agent.caller, "companies", "Papers", "files")
    upload(agent, record, "a.txt")
    (file,) = act(agent, "list", record)["attachments"]
    about = {"record_type": "companies", "record_id": record}
    patched = agent.call("manage_record", action="patch", **about, data={"papers": [file["id"]]})
    assert patched["data"]["papers"] == [file["id"]]
    act(agent, "delete", record, filename="a.txt")
    assert "papers" not in agent.call("manage_record", action="get", **about)["data"]


@pytest.mark.parametrize(
    ("action", "arguments", "told"),
    [
        ("upload", {}, "filename: upload needs the name of a file, such as docs/guide.md."),
        ("get_url", {}, "filename: get_url needs the name of a file"),
        ("delete", {}, "filename: delete needs the name of a file"),
        ("list", {"filename": "a"}, "filename: list does not take this argument; omit it."),
        (
            "get_url",
            {"filename": "a", "content_type": "a/b"},
            "content_type: get_url does not take",
        ),
        ("upload", {"filename": "a", "prefix": "a"}, "prefix: upload does not take"),
        ("upload", {"filename": "../a"}, "filename: expected a file name, or a path"),
        (
            "upload",
            {"filename": "a\\b"},
            "filename: line breaks, control characters and backslashes",
        ),
        (
            "upload",
            {"filename": "a", "content_type": "nonsense"},
            "content_type: expected a media type",
        ),
    ],
)
def test_what_is_wrong_is_told(
    agent: Agent, record: str, action: str, arguments: dict[str, Any], told: str
) -> None:
    error = act(agent, action, record, **arguments)["error"]
    assert error["code"] == "VALIDATION_ERROR"
    assert told in error["message"]


def test_what_is_not_there_is_told_by_its_argument(agent: Agent, record: str) -> None:
    for action in ("get_url", "delete"):
        error = act(agent, action, record, filename="a.txt")["error"]
        assert error["code"] == "NOT_FOUND"
        assert error["message"].startswith(
            "filename: the record has no file 'a.txt'; action list lists"
        )
    for action, arguments in (
        ("list", {}),
        ("upload", {"filename": "a"}),
        ("get_url", {"filename": "a"}),
    ):
        error = act(agent, action, NOBODY, **arguments)["error"]
        assert error["code"] == "NOT_FOUND"
        assert error["message"].startswith("record_id: there is no companies record")


def test_rights_are_those_of_the_record(agent: Agent, record: str) -> None:
    upload(agent, record, "a.txt")
    caller = agent.caller
    reader = Agent(make_member(caller, "reader@example.com", {"companies": {"view": "all"}}))
    assert len(act(reader, "list", record)["attachments"]) == 1
    assert "url" in act(reader, "get_url", record, filename="a.txt")
    stranger = Agent(make_member(caller, "stranger@example.com", {"companies": {"view": "own"}}))
    assert act(stranger, "list", record)["error"]["code"] == "NOT_FOUND"
    secret = make_key(caller.workspace, caller.member, scopes=["records:read"])[1]
    narrow = Agent(Caller(caller.workspace, caller.member, secret))
    for action in ("upload", "delete"):
        assert act(reader, action, record, filename="a.txt")["error"]["code"] == "FORBIDDEN"
        assert act(narrow, action, record, filename="a.txt")["error"]["code"] == "FORBIDDEN"
        assert act(stranger, action, record, filename="a.txt")["error"]["code"] == "NOT_FOUND"
    archive(caller, "companies", record)
    assert len(act(agent, "list", record)["attachments"]) == 1
    assert act(agent, "upload", record, filename="b.txt")["error"]["code"] == "CONFLICT"


def test_a_server_that_does_not_know_its_address_says_so(settings: Settings) -> None:
    settings.PUBLIC_URL = ""
    token = origin.set("")
    with pytest.raises(InvalidInput, match="PUBLIC_URL"):
        link_content(sign_download(1, 1), "url")
    origin.reset(token)
