"""Uploads that fail when their row may have been stored already: an exception is not a rollback."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from django.db.models import QuerySet
from django.db.models.signals import post_save
from pytest_django import Settings

from records.exceptions import OutcomeUnknown
from records.models import Attachment
from records.services.files.attachments import attach_file
from records.services.reading.record_address import address
from tests.cutting import Cutter, cutter
from tests.factories import Caller, FieldDefinition, make_object, make_record, make_workspace
from tests.services.acting import differences

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_files(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def people() -> Caller:
    admin = make_workspace()
    make_object(admin, "People", FieldDefinition("Papers", "files"))
    return admin


def put(caller: Caller, uuid: str, content: bytes) -> None:
    author, schema = caller.author, caller.schema("people")
    attach_file(
        author, schema, address(uuid), "a.txt", "text/plain", io.BytesIO(content), len(content)
    )


def noted(caller: Caller) -> QuerySet[Attachment]:
    return Attachment.objects.filter(workspace=caller.workspace)


def stored(caller: Caller) -> bytes:
    with default_storage.open(str(noted(caller).get().file.name), "rb") as file:
        content: bytes = file.read()
        return content


def files(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))


@contextmanager
def through_a_cutter() -> Iterator[Cutter]:
    """This thread's connection goes through a cutter."""
    asked = urlsplit(os.environ["DATABASE_URL"])
    with cutter(asked.hostname or "127.0.0.1", asked.port or 5432) as made:
        before = {name: connection.settings_dict[name] for name in ("HOST", "PORT")}
        connection.close()
        connection.settings_dict.update(HOST="127.0.0.1", PORT=str(made.port))
        try:
            yield made
        finally:
            connection.close()
            connection.settings_dict.update(before)


@pytest.mark.skipif(
    connections["default"].vendor == "sqlite", reason="SQLite has no connection to cut"
)
@pytest.mark.parametrize(("moment", "holds"), [("before", b"first"), ("after", b"the second")])
@pytest.mark.parametrize("replaced", [True, False])
def test_a_connection_that_is_cut_at_commit_loses_no_file(
    people: Caller, tmp_path: Path, moment: str, holds: bytes, *, replaced: bool
) -> None:
    ann = make_record(people, "people", name="Ann").record.uuid
    if replaced:
        put(people, ann, b"first")
    with through_a_cutter() as way:
        connection.ensure_connection()
        way.arm(moment)
        with pytest.raises(OutcomeUnknown):
            put(people, ann, b"the second")
        assert way.cut.wait(30)

    assert list(differences(people)) == []
    if replaced or moment == "after":
        assert stored(people) == holds
    else:
        assert not noted(people).exists()
    call_command("clear_orphan_files", older_than_hours=-1, verbosity=0)
    assert files(tmp_path) == noted(people).count()


def test_what_fails_behind_the_commit_loses_no_file(people: Caller, tmp_path: Path) -> None:
    """On both engines: the exception that comes out of the transaction is not one of a rollback."""
    ann = make_record(people, "people", name="Ann").record.uuid

    def fail() -> None:
        raise RuntimeError

    def fail_later(**_: Any) -> None:
        transaction.on_commit(fail)

    post_save.connect(fail_later, sender=Attachment)
    try:
        with pytest.raises(RuntimeError):
            put(people, ann, b"kept")
    finally:
        post_save.disconnect(fail_later, sender=Attachment)

    assert stored(people) == b"kept"
    assert list(differences(people)) == []


def test_what_is_refused_leaves_no_bytes(people: Caller, tmp_path: Path) -> None:
    ann = make_record(people, "people", name="Ann").record.uuid

    def refuse(**_: Any) -> None:
        raise RuntimeError

    post_save.connect(refuse, sender=Attachment)
    try:
        with pytest.raises(RuntimeError):
            put(people, ann, b"lost")
    finally:
        post_save.disconnect(refuse, sender=Attachment)

    assert files(tmp_path) == 0


def test_check_records_looks_at_files(
    people: Caller, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ann = make_record(people, "people", name="Ann").record.uuid
    put(people, ann, b"first")
    path = tmp_path / str(noted(people).get().file.name)
    orphan = path.with_name("orphan")
    orphan.write_bytes(b"x")

    call_command("check_records")
    said = capsys.readouterr().out
    assert "/orphan" in said
    assert "1 stored files belong to no record" in said

    path.write_bytes(b"longer than it was")
    with pytest.raises(CommandError):
        call_command("check_records")
    assert "'a.txt' has 18 bytes in the storage, 5 were stored" in capsys.readouterr().out

    path.unlink()
    with pytest.raises(CommandError):
        call_command("check_records")
    assert "the bytes of 'a.txt' are missing" in capsys.readouterr().out
