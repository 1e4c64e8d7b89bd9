"""Files whose record is not known yet: whose they are, and what is left of what failed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pytest_django import Settings

from records.exceptions import Conflict, InvalidInput, NotFound
from records.models import Attachment, new_uuid
from records.services.files.free_uploads import (
    PURPOSES,
    begin_free_upload,
    check_purpose,
    confirm_upload,
    get_file,
    open_file,
    receive_free_file,
)
from tests.factories import Caller, FieldDefinition, archive, make_object, make_record
from tests.services.acting import refusal


@pytest.fixture(autouse=True)
def _own_files(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def ships(workspace: Caller) -> Caller:
    make_object(workspace, "Ships", FieldDefinition("Papers", "files"))
    return workspace


def send(caller: Caller, content: bytes = b"abc", uuid: str = "") -> str:
    given = (caller.author, uuid or str(new_uuid()), "a.txt", "text/plain")
    return str(receive_free_file(*given, io.BytesIO(content), len(content)).uuid)


def stored(folder: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_every_upload_has_an_id_and_a_key_of_its_own(ships: Caller) -> None:
    forms = [begin_free_upload(ships.author, "a.txt", None) for _ in range(2)]
    assert len({form.uuid for form in forms}) == len({form.key for form in forms}) == 2
    assert all(form.uuid in form.key for form in forms)


def test_a_file_of_an_archived_record_is_read(ships: Caller) -> None:
    paper = send(ships)
    record = make_record(ships, "ships", name="A", papers=[paper]).record.uuid
    archive(ships, "ships", record)
    assert get_file(ships.author, paper).name == "a.txt"


def test_what_a_record_has_is_not_replaced_and_nothing_of_the_try_stays(
    ships: Caller, tmp_path: Path
) -> None:
    paper = send(ships)
    make_record(ships, "ships", name="A", papers=[paper])
    assert isinstance(refusal(send, ships, b"other", paper), Conflict)
    assert stored(tmp_path) == [b"abc"]


def test_a_file_whose_bytes_are_gone_is_not_there(ships: Caller, tmp_path: Path) -> None:
    paper = send(ships)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            path.unlink()
    assert isinstance(refusal(open_file, ships.author, paper), NotFound)
    assert get_file(ships.author, paper).size == 3


def test_a_file_that_a_record_has_keeps_its_name(ships: Caller) -> None:
    paper = send(ships)
    make_record(ships, "ships", name="A", papers=[paper])
    assert confirm_upload(ships.author, paper.upper(), name="b.txt").name == "a.txt"


def test_files_are_sent_for_two_purposes() -> None:
    for purpose in PURPOSES:
        check_purpose(purpose, at="source")
    error = refusal(check_purpose, "avatar", at="source")
    assert isinstance(error, InvalidInput)


def test_a_file_is_its_workspaces(ships: Caller) -> None:
    paper = send(ships)
    Attachment.objects.filter(workspace=ships.workspace, uuid=paper).update(
        created_by=ships.member.pk + 1
    )
    assert isinstance(refusal(get_file, ships.author, paper), NotFound)
