"""Files of records: names, rights, links, what replaces and removes them, and what is left of
them."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from records.exceptions import Conflict, InvalidValues, NotAllowed, NotFound, TooLarge
from records.models import ApiKey, Attachment, Field
from records.services.catalogue.versions import touch
from records.services.files.attachments import (
    AttachmentView,
    attach_file,
    begin_upload,
    delete_attachment,
    get_url,
    list_attachments,
    open_download,
    receive_upload,
)
from records.services.operations.lifecycle import cancel_record, delete_permanently, trash_record
from records.services.people.workspaces import command_author
from records.services.reading.file_links import PATH, SignedLink
from records.services.reading.record_address import address
from records.services.retention.stores import clear_orphans
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    change_record,
    make_key,
    make_member,
    make_object,
    make_record,
    make_workspace,
)
from tests.services.acting import differences, history, invalid_at, read, refusal

PLAIN = "text/plain"


@pytest.fixture(autouse=True)
def _own_files(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def people(workspace: Caller) -> Caller:
    """People with papers."""
    make_object(
        workspace, "People", FieldDefinition("Papers", "files"), FieldDefinition("Note", "text")
    )
    return workspace


@pytest.fixture
def ann(people: Caller) -> str:
    return make_record(people, "people", name="Ann").record.uuid


def put(
    caller: Caller,
    uuid: str,
    name: str = "a.txt",
    content: bytes = b"hello",
    kind: str | None = PLAIN,
) -> AttachmentView:
    author, schema = caller.author, caller.schema("people")
    return attach_file(author, schema, address(uuid), name, kind, io.BytesIO(content), len(content))


def begin(caller: Caller, uuid: str, name: Any = "a.txt", kind: Any = PLAIN) -> SignedLink:
    return begin_upload(caller.author, caller.schema("people"), address(uuid), name, kind)


def send(link: SignedLink, content: bytes = b"hello", size: int | None = None) -> AttachmentView:
    file, _ = receive_upload(
        token_of(link), io.BytesIO(content), len(content) if size is None else size
    )
    return file


def token_of(link: SignedLink) -> str:
    assert link.path.startswith(PATH)
    return link.path.removeprefix(PATH)


def fetch(caller: Caller, uuid: str, name: str = "a.txt") -> bytes:
    link = get_url(caller.author, caller.schema("people"), address(uuid), name)
    assert link.method == "GET"
    with open_download(token_of(link)).file as file:
        content: bytes = file.read()
        return content


def listed(caller: Caller, uuid: str, prefix: str = "") -> list[str]:
    return [
        row.name
        for row in list_attachments(caller.author, caller.schema("people"), address(uuid), prefix)
    ]


def remove(caller: Caller, uuid: str, name: str = "a.txt") -> None:
    delete_attachment(caller.author, caller.schema("people"), address(uuid), name)


def stored(folder: Path) -> list[bytes]:
    """What is in the storage."""
    return sorted(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def test_what_is_sent_under_a_link_is_fetched_under_another(people: Caller, ann: str) -> None:
    link = begin(people, ann, "docs/guide.md", "Text/Markdown; charset=utf-8")
    assert link.method == "PUT"
    assert timedelta(minutes=14) < link.expires_at - timezone.now() <= timedelta(minutes=15)
    sent = send(link, b"# Guide")
    assert (sent.name, sent.content_type, sent.size) == ("docs/guide.md", "text/markdown", 7)
    assert sent.sha256 == sha256(b"# Guide").hexdigest()
    assert sent.member is not None
    assert sent.member["email"] == people.member.email
    assert fetch(people, ann, "docs/guide.md") == b"# Guide"
    entry = history(people, "people", ann)[0]
    assert (entry.action, entry.reason, entry.changes, entry.version) == (
        "attached",
        "docs/guide.md",
        [],
        2,
    )
    assert differences(people) == []


def test_sending_a_name_again_replaces_what_it_held(
    people: Caller,
    ann: str,
    tmp_path: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    first = put(people, ann, content=b"old")
    change_record(people, "people", ann, papers=[first.uuid])
    with django_capture_on_commit_callbacks(execute=True):
        second = put(people, ann, content=b"new one", kind="image/png")
    assert second.uuid == first.uuid
    assert stored(tmp_path) == [b"new one"]
    (shown,) = read(people, "people", ann)["papers"]
    assert {key: shown[key] for key in ("id", "name", "content_type", "size")} == {
        "id": first.uuid,
        "name": "a.txt",
        "content_type": "image/png",
        "size": 7,
    }
    with open_download(shown["url"].removeprefix(PATH)).file as file:
        assert file.read() == b"new one"
    assert differences(people) == []


def test_files_are_listed_by_name_and_prefix(people: Caller, ann: str) -> None:
    for name in ("docs/b.md", "docs/a.md", "Docs.txt", "über.txt"):
        put(people, ann, name)
    assert listed(people, ann) == ["Docs.txt", "docs/a.md", "docs/b.md", "über.txt"]
    assert listed(people, ann, "docs/") == ["docs/a.md", "docs/b.md"]
    assert listed(people, ann, "u\u0308") == ["über.txt"]
    assert listed(people, ann, "nothing") == []


def test_removing_a_file_takes_it_out_of_the_values_too(
    people: Caller,
    ann: str,
    tmp_path: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    ids = [put(people, ann, name, name.encode()).uuid for name in ("a.txt", "b.txt")]
    change_record(people, "people", ann, papers=ids)
    with django_capture_on_commit_callbacks(execute=True):
        remove(people, ann)
    assert [shown["name"] for shown in read(people, "people", ann)["papers"]] == ["b.txt"]
    entry = history(people, "people", ann)[0]
    assert (entry.action, entry.reason, [change.field.name for change in entry.changes]) == (
        "detached",
        "a.txt",
        ["papers"],
    )
    assert stored(tmp_path) == [b"b.txt"]
    assert isinstance(refusal(remove, people, ann), NotFound)
    assert isinstance(refusal(fetch, people, ann), NotFound)
    assert differences(people) == []


def test_a_file_that_a_required_field_needs_is_not_removed(people: Caller) -> None:
    make_object(people, "Cases", FieldDefinition("Papers", "files"))
    uuid = make_record(people, "cases", name="Case").record.uuid
    author, schema = people.author, people.schema("cases")
    kept = attach_file(author, schema, address(uuid), "a.txt", PLAIN, io.BytesIO(b""), 0)
    change_record(people, "cases", uuid, papers=[kept.uuid])
    Field.objects.filter(workspace=people.workspace, id=schema.by_name["papers"].id).update(
        is_required=True
    )
    touch(people.workspace.id, {schema.id})
    error = refusal(
        delete_attachment, people.author, people.schema("cases"), address(uuid), "a.txt"
    )
    assert isinstance(error, InvalidValues)
    assert error.code == "required"
    assert Attachment.objects.filter(workspace=people.workspace).count() == 1


def test_values_refer_to_the_records_own_files_alone(people: Caller, ann: str) -> None:
    bob = make_record(people, "people", name="Bob").record.uuid
    anns, bobs = put(people, ann).uuid, put(people, bob).uuid
    error = refusal(change_record, people, "people", bob, papers=[bobs, anns])
    assert isinstance(error, InvalidValues)
    assert error.code == "does_not_exist"
    assert (
        refusal(make_record, people, "people", name="Cid", papers=[anns]).code == "does_not_exist"
    )
    change_record(people, "people", bob, papers=[bobs])
    other = make_record(people, "people", name="Dee").record.uuid
    assert "papers" not in read(people, "people", other)


def test_deleting_for_good_removes_the_bytes(
    people: Caller,
    ann: str,
    tmp_path: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    bob = make_record(people, "people", name="Bob").record.uuid
    for uuid, content in ((ann, b"ann"), (ann, b"ann again"), (bob, b"bob")):
        put(people, uuid, content.decode(), content)
    link = get_url(people.author, people.schema("people"), address(ann), "ann")
    trash_record(people.author, people.schema("people"), address(ann))
    assert isinstance(refusal(open_download, token_of(link)), NotFound)
    assert len(stored(tmp_path)) == 3
    with django_capture_on_commit_callbacks(execute=True):
        call_command("purge_trash", older_than_days=0)
    assert stored(tmp_path) == [b"bob"]
    with django_capture_on_commit_callbacks(execute=True):
        delete_permanently(people.author, people.schema("people"), address(bob))
    assert stored(tmp_path) == []
    assert not Attachment.objects.filter(workspace=people.workspace).exists()


# ---------------------------------------------------------------- rights


def test_who_may_see_may_fetch_and_who_may_edit_may_change(people: Caller, ann: str) -> None:
    reader = make_member(people, "reader@example.com", {"people": {"view": "all"}})
    stranger = make_member(
        people, "stranger@example.com", {"people": {"view": "own", "edit": "own", "create": True}}
    )
    put(people, ann)
    assert listed(reader, ann) == ["a.txt"]
    assert fetch(reader, ann) == b"hello"
    for action in (begin, put, remove):
        assert isinstance(refusal(action, reader, ann), NotAllowed)
    actions: list[Callable[..., object]] = [begin, put, remove, listed, fetch]
    for every in actions:
        assert isinstance(refusal(every, stranger, ann), NotFound)


@pytest.mark.parametrize("state", ["archived", "cancelled", "deleted"])
def test_files_change_where_records_do(people: Caller, ann: str, state: str) -> None:
    put(people, ann)
    link = begin(people, ann)
    author, schema = people.author, people.schema("people")
    moves: dict[str, Callable[[], object]] = {
        "archived": lambda: archive(people, "people", ann),
        "cancelled": lambda: cancel_record(author, schema, address(ann)),
        "deleted": lambda: trash_record(author, schema, address(ann)),
    }
    moves[state]()
    expected = NotFound if state == "deleted" else Conflict
    for action in (begin, put, remove):
        assert type(refusal(action, people, ann)) is expected
    assert type(refusal(send, link)) is expected
    if state != "deleted":
        assert fetch(people, ann) == b"hello"


def test_a_link_dies_with_the_key_and_the_member_that_asked_for_it(
    people: Caller, ann: str
) -> None:
    key, _ = make_key(people.workspace, people.member)
    author = replace(people.author, api_key_id=key.pk)
    link = begin_upload(author, people.schema("people"), address(ann), "a.txt")
    send(link)
    keys = ApiKey.objects.filter(workspace=people.workspace, pk=key.pk)
    for change in (
        {"expires_at": timezone.now() - timedelta(seconds=1)},
        {"revoked_at": timezone.now()},
    ):
        keys.update(expires_at=None, revoked_at=None)
        keys.update(**change)
        assert refusal(send, link).code == "invalid_link"
    clerk = make_member(people, "clerk@example.com", {"people": {"view": "all", "edit": "all"}})
    link = begin(clerk, ann)
    clerk.member.is_active = False
    clerk.member.save()
    touch(people.workspace.id)
    assert refusal(send, link).code == "invalid_link"


# ---------------------------------------------------------------- hostile


REFUSED_NAMES: list[Any] = [
    *("", " ", "..", "../a", "a/../b", "/a", "a/", "a//b", "./a", "a/ /b", "a/.. /b"),
    *("a\\b", "a\x00b", "a\nb", "a\u2028b", "\ud800"),
    "\ufb1d" * 200,  # composed, it is longer
    *(5, None, ["a"]),
]


@pytest.mark.parametrize("name", REFUSED_NAMES, ids=lambda name: ascii(name)[:20])
def test_names_that_are_refused(people: Caller, ann: str, name: Any) -> None:
    assert invalid_at(begin, people, ann, name) == (("filename",), "invalid")


def test_names_that_are_too_long(people: Caller, ann: str) -> None:
    for length in (256, 10_000):
        assert invalid_at(begin, people, ann, "x" * length) == (("filename",), "limit_exceeded")


TAKEN_NAMES = [
    "a",
    "a.b/c",
    ".hidden",
    "...",
    "日本/語.txt",
    "<b>&\"'.html",
    "x" * 255,
    "C:a",
    "%2e%2e",
]


@pytest.mark.parametrize("name", TAKEN_NAMES, ids=lambda name: ascii(name)[:20])
def test_names_that_are_taken(people: Caller, ann: str, tmp_path: Path, name: str) -> None:
    put(people, ann, name)
    assert fetch(people, ann, name) == b"hello"
    (file,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert str(file.relative_to(tmp_path)).startswith(f"attachments/{people.workspace.uuid}/{ann}/")


def test_names_that_look_alike_are_one(people: Caller, ann: str) -> None:
    put(people, ann, "é.txt")
    put(people, ann, "e\u0301.txt", b"again")
    assert listed(people, ann) == ["é.txt"]


def test_links_of_another_purpose_changed_or_old_are_refused(people: Caller, ann: str) -> None:
    put(people, ann)
    upload = token_of(begin(people, ann))
    download = token_of(get_url(people.author, people.schema("people"), address(ann), "a.txt"))
    for token in (download, upload[:-1], upload + "x", "x", "", "\x00", "a:b:c", "é" * 9):
        assert refusal(receive_upload, token, io.BytesIO(b""), 0).code == "invalid_link"
    for token in (upload, download[1:], ""):
        assert refusal(open_download, token).code == "invalid_link"
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert refusal(receive_upload, upload, io.BytesIO(b""), 0).code == "expired_link"
        assert refusal(open_download, download).code == "expired_link"


def test_too_big_and_too_short_leave_nothing(
    people: Caller, ann: str, tmp_path: Path, settings: Settings
) -> None:
    settings.ATTACHMENT_MAX_BYTES = 5
    link = begin(people, ann)
    assert isinstance(refusal(send, link, b"123456"), TooLarge)
    assert invalid_at(send, link, b"123", 4) == ((), "invalid")
    assert stored(tmp_path) == []
    assert send(link, b"12345").size == 5
    assert send(link, b"1234567", 2).size == 2  # no more is read than was announced


def test_a_record_has_so_many_files_and_no_more(
    people: Caller, ann: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("records.services.files.attachments.MAX_FILES", 2)
    for name in ("a", "b", "a"):
        put(people, ann, name)
    assert refusal(put, people, ann, "c").code == "limit_exceeded"
    assert len(stored(tmp_path)) == 3  # the replaced one goes with the commit
    assert history(people, "people", ann)[0].version == 4


def test_a_record_of_another_workspace_is_not_found(people: Caller, ann: str) -> None:
    other = make_workspace("Other", "other@example.com")
    make_object(other, "People", FieldDefinition("Papers", "files"))
    foreign = put(people, ann).uuid
    for action in (begin, put, listed, fetch, remove):
        assert isinstance(refusal(action, other, ann), NotFound)
    theirs = make_record(other, "people", name="X").record.uuid
    assert (
        refusal(change_record, other, "people", theirs, papers=[foreign]).code == "does_not_exist"
    )


def test_bytes_that_are_lost_are_not_found(people: Caller, ann: str) -> None:
    put(people, ann)
    link = get_url(people.author, people.schema("people"), address(ann), "a.txt")
    default_storage.delete(str(Attachment.objects.get(workspace=people.workspace).file.name))
    assert isinstance(refusal(open_download, token_of(link)), NotFound)


def test_orphans_are_swept_and_nothing_else(
    people: Caller, ann: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert clear_orphans(timezone.now()) == 0
    put(people, ann)
    folder = f"attachments/{people.workspace.uuid}/{ann}"
    for name in (f"{folder}/orphan", "attachments/2026/11/other", "imports/x"):
        default_storage.save(name, ContentFile(b"x"))
    call_command("clear_orphan_files")
    assert clear_orphans(timezone.now() + timedelta(seconds=5)) == 1
    assert not default_storage.exists(f"{folder}/orphan")
    assert default_storage.exists("attachments/2026/11/other")
    assert fetch(people, ann) == b"hello"
    assert "0 files" in capsys.readouterr().out
    assert command_author(people.workspace).member.id == people.member.id
