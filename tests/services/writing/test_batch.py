"""Several writes at once: in order, each seeing the ones before it, refused ones leaving
nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from records.exceptions import NotFound, RecordsError, Unavailable
from records.models import FieldOption
from records.services.writing.save import upsert_request
from records.services.writing.save_requests import Attributes, Mode, SaveRequest, SaveResult
from records.services.writing.values import FieldEntry
from tests.factories import Caller, FieldDefinition, archive, entries, make_object, make_record
from tests.services.acting import (
    differences,
    found,
    history,
    names,
    problems,
    read,
    refusal,
    view,
    write_all,
)


@pytest.fixture
def parts(workspace: Caller) -> Caller:
    make_object(
        workspace,
        "Parts",
        FieldDefinition("Code", "text", is_unique=True),
        FieldDefinition("Note", "text"),
        FieldDefinition("Labels", "dynamictags"),
    )
    return workspace


def make(parts: Caller, name: str, **values: Any) -> str:
    return make_record(parts, "parts", name=name, **values).record.uuid


def create(**values: Any) -> SaveRequest:
    return SaveRequest(Mode.CREATE, entries=entries(values))


def update(uuid: str, **values: Any) -> SaveRequest:
    return SaveRequest(Mode.UPDATE, uuid, entries=entries(values))


def done(outcomes: list[SaveResult | RecordsError]) -> list[str]:
    return [
        outcome.action if isinstance(outcome, SaveResult) else outcome.code for outcome in outcomes
    ]


def test_an_empty_batch_does_nothing(parts: Caller) -> None:
    assert write_all(parts, "parts") == []


def test_refused_requests_leave_nothing_and_stop_no_others(parts: Caller) -> None:
    kept = make(parts, "Kept", code="k")
    outcomes = write_all(
        parts,
        "parts",
        create(name="A", code="a"),
        create(name="B", code="K"),
        create(code="c"),
        update("01920000-0000-7000-8000-000000000001", note="x"),
        create(name="a"),
        update(kept, note="changed"),
        update(kept, code="A"),
    )
    assert done(outcomes) == [
        "created",
        "unique",
        "required",
        "not_found",
        "unique",
        "updated",
        "unique",
    ]
    assert isinstance(outcomes[3], NotFound)
    assert view(parts, "parts", kept).version == 2
    assert differences(parts) == []


def test_requests_for_one_record_see_each_other_and_each_leaves_its_ledger_row(
    parts: Caller,
) -> None:
    uuid = make(parts, "Part", code="1")
    outcomes = write_all(
        parts,
        "parts",
        update(uuid, note="a", labels=["x", "y"]),
        SaveRequest(
            Mode.UPDATE,
            uuid,
            entries=[FieldEntry(name="labels", add_values=["z"], remove_values=["x"])],
        ),
        update(uuid, note="a"),
        update(uuid, note=None, code="2"),
        update(uuid, code="1"),
    )
    assert done(outcomes) == ["updated", "updated", "unchanged", "updated", "updated"]
    assert names(read(parts, "parts", uuid)["labels"]) == ["y", "z"]
    rows = history(parts, "parts", uuid)
    assert [row.version for row in rows] == [5, 4, 3, 2, 1]
    assert len({row.operation_id for row in rows[:4]}) == 1
    assert differences(parts) == []


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_names_and_unique_values_can_be_passed_on_within_a_batch(
    parts: Caller, order: tuple[int, int]
) -> None:
    made = [make(parts, "x"), make(parts, "y")]
    first, second = (made[at] for at in order)
    write_all(parts, "parts", update(first, name="a", code="a"), update(second, name="b", code="b"))
    outcomes = write_all(
        parts,
        "parts",
        update(first, name="c", code="c"),
        update(second, name="a", code="a"),
        create(name="b", code="b"),
    )
    assert done(outcomes) == ["updated", "updated", "created"]
    outcomes = write_all(
        parts,
        "parts",
        update(first, name="free", code="free"),
        update(second, name="c", code="c"),
        update(first, name="a", code="a"),
    )
    assert done(outcomes) == ["updated", "updated", "updated"]
    assert (read(parts, "parts", first)["code"], read(parts, "parts", second)["code"]) == ("a", "c")
    assert differences(parts) == []


@pytest.mark.parametrize(
    "modes", [(Mode.ARCHIVE, Mode.UNARCHIVE), (Mode.ARCHIVE, Mode.UNARCHIVE, Mode.ARCHIVE)]
)
def test_a_record_may_be_archived_and_brought_back_in_one_batch(
    parts: Caller, modes: tuple[Mode, ...]
) -> None:
    uuid = make(parts, "Part", note="n")
    outcomes = write_all(
        parts, "parts", *(SaveRequest(mode, uuid) for mode in modes), update(uuid, note="m")
    )
    last = "updated" if modes[-1] == Mode.UNARCHIVE else "not_found"
    assert done(outcomes) == [*(f"{mode.value}d" for mode in modes), last]
    assert differences(parts) == []


def test_a_record_is_changed_and_archived_in_one_batch(parts: Caller) -> None:
    uuid = make(parts, "Part", note="n")
    write_all(parts, "parts", update(uuid, note="m", code="c"), SaveRequest(Mode.ARCHIVE, uuid))
    assert isinstance(refusal(view, parts, "parts", uuid), NotFound)
    assert differences(parts) == []


def test_upserts_of_one_new_key_in_one_batch_make_one_record(parts: Caller) -> None:
    author, schema = parts.author, parts.schema("parts")
    requests = [
        upsert_request(author, schema, key, entries({"note": key}))
        for key in ("New", "NEW", "new", "new")
    ]
    outcomes = write_all(parts, "parts", *requests)
    assert done(outcomes) == ["created", "updated", "updated", "unchanged"]
    uuids = {outcome.record.uuid for outcome in outcomes if isinstance(outcome, SaveResult)}
    assert len(uuids) == 1
    values = read(parts, "parts", uuids.pop())
    assert (values["name"], values["note"]) == ("New", "new")
    by_code = [
        upsert_request(author, schema, key, entries({"name": name}), match_field="code")
        for key, name in (("q", "Q"), ("Q", "Q2"), ("r", "new"))
    ]
    assert done(write_all(parts, "parts", *by_code)) == ["created", "updated", "unique"]
    assert differences(parts) == []


def test_a_renamed_archived_record_frees_its_name_once_in_a_batch(parts: Caller) -> None:
    archive(parts, "parts", make(parts, "Name"))
    request = SaveRequest(Mode.CREATE, entries=entries({"name": "Name"}), on_archived="overwrite")
    outcomes = write_all(parts, "parts", request, request)
    assert done(outcomes) == ["created", "unique"]
    assert differences(parts) == []


def test_new_tags_are_made_once_for_a_batch_and_can_be_used_at_once(parts: Caller) -> None:
    outcomes = write_all(
        parts,
        "parts",
        create(name="A", labels=["Fresh", "new"]),
        create(name="B", labels=["FRESH "]),
    )
    for outcome in outcomes:
        assert isinstance(outcome, SaveResult)
        labels = outcome.schema.by_name["labels"]
        assert set(outcome.record.values[str(labels.id)]) <= set(labels.options)
    assert names(read(parts, "parts", outcomes[1].record.uuid)["labels"]) == ["Fresh"]  # type: ignore[union-attr]
    author, schema = parts.author, parts.schema("parts")
    assert schema.by_name["labels"].option_keys.keys() >= {"name:fresh", "name:new"}
    assert author.directory.schema(schema.id) is schema


def test_a_refused_write_makes_no_tags(parts: Caller) -> None:
    make(parts, "Taken")
    refusal(make, parts, "Taken", labels=["stray"])
    assert not FieldOption.objects.filter(workspace_id=parts.workspace.id, name="stray").exists()
    outcomes = write_all(
        parts, "parts", create(name="Taken", labels=["stray"]), create(name="B", labels=["good"])
    )
    assert done(outcomes) == ["unique", "created"]
    assert not FieldOption.objects.filter(workspace_id=parts.workspace.id, name="stray").exists()


def test_tags_are_found_by_name_id_and_however_they_are_cased(parts: Caller) -> None:
    uuid = make(parts, "A", labels=["Straße"])
    tag = read(parts, "parts", uuid)["labels"][0]
    for sent in (tag["id"], {"id": tag["id"]}, {"name": "STRASSE"}, " strasse "):
        other = make_record(parts, "parts", name=str(sent), labels=[sent, "STRASSE"])
        assert read(parts, "parts", other.record.uuid)["labels"] == [tag]
    error = refusal(make, parts, "B", labels=[{"id": "01920000-0000-7000-8000-000000000001"}, " "])
    assert problems(error) == [(1, "", "value", "does_not_exist")]


def test_what_the_database_cannot_do_now_refuses_the_whole_batch(parts: Caller) -> None:
    def away(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if "FROM records_member m" in sql:
            raise Unavailable("The database is busy.")
        return execute(sql, params, many, context)

    make_object(parts, "Profiles", is_collection=False)
    profile = Attributes(member_id=parts.member.id)
    requests = [
        create(name="A"),
        SaveRequest(Mode.CREATE, entries=entries({"name": "B"}), attributes=profile),
    ]
    with connection.execute_wrapper(away):
        assert isinstance(refusal(write_all, parts, "profiles", *requests), Unavailable)
    assert found(parts, "profiles") == []
