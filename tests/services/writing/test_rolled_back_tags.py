"""Tags that a write made and a rollback took back: nothing of them stays compiled."""

from __future__ import annotations

from django.db import transaction

from records.services.catalogue.directory import get_directory, load_workspace
from records.services.writing.save import save_record
from records.services.writing.save_requests import Mode, SaveRequest
from records.services.writing.values import FieldEntry
from tests.factories import Caller, FieldDefinition, make_object


def test_a_tag_that_was_rolled_back_is_not_taken_for_one_that_exists(workspace: Caller) -> None:
    make_object(workspace, "Books", FieldDefinition("Tags", "dynamictags"))
    author, schema = workspace.author, workspace.schema("books")
    entries = (FieldEntry(name="name", value="A"), FieldEntry(name="tags", value=["lost"]))

    with transaction.atomic():
        save_record(author, schema, SaveRequest(Mode.CREATE, entries=entries))
        transaction.set_rollback(True)
    other = (FieldEntry(name="name", value="B"), FieldEntry(name="tags", value=["kept"]))
    kept = save_record(
        workspace.author, workspace.schema("books"), SaveRequest(Mode.CREATE, entries=other)
    )

    current = (
        get_directory(load_workspace(workspace.workspace.id)).schema(schema.id).by_name["tags"]
    )
    assert [option.name for option in current.options.values()] == ["kept"]
    assert [option.name for option in kept.schema.by_name["tags"].options.values()] == ["kept"]
