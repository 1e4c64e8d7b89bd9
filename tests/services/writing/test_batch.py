"""Several writes at once: in order, each seeing the ones before it, refused ones leaving
nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from django.db import connection

from records.exceptions import (
    ExternalConfig,
    InvalidValues,
    NotAllowed,
    NotFound,
    RecordsError,
    Unavailable,
)
from records.models import ExternalSource, Field, FieldOption, FieldValue, Record
from records.services.catalogue.directory import forget_everything
from records.services.catalogue.external_source import compile_source
from records.services.shaping.changes import update_field
from records.services.storage import OutdatedSchema
from records.services.writing.batch import Batch
from records.services.writing.save import save_records, upsert_request
from records.services.writing.save_requests import Attributes, Mode, SaveRequest, SaveResult
from records.services.writing.values import FieldEntry
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    entries,
    make_field,
    make_member,
    make_object,
    make_record,
    make_relation,
    set_pattern,
)
from tests.services.acting import (
    cost,
    differences,
    found,
    history,
    names,
    problems,
    read,
    refusal,
    statements,
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


def test_a_batch_of_one_refused_request_makes_no_tags(parts: Caller) -> None:
    make(parts, "Taken")
    assert done(write_all(parts, "parts", create(name="Taken", labels=["stray"]))) == ["unique"]
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


# ---------------------------------------------------------------- what a batch begins with


def test_only_records_that_are_kept_here_are_written(parts: Caller) -> None:
    schema = parts.schema("parts")
    source = compile_source(
        ExternalSource(name="Shop", base_url="https://example.com", operations={}), schema.fields
    )
    elsewhere = replace(schema, external=source)
    error = refusal(Batch, parts.author, elsewhere, [])
    assert isinstance(error, ExternalConfig)
    assert "storing records locally" in error.detail


def test_a_key_that_only_reads_writes_nothing(parts: Caller) -> None:
    author, schema = replace(parts.author, scopes=("records:read",)), parts.schema("parts")
    assert isinstance(refusal(save_records, author, schema, [create(name="A")]), NotAllowed)
    assert found(parts, "parts") == []


def test_a_batch_notices_that_its_definition_is_outdated_unless_it_follows_another(
    parts: Caller,
) -> None:
    outdated = parts.schema("parts")
    make_field(parts, "parts", "More", "text")
    with pytest.raises(OutdatedSchema):
        Batch(parts.author, outdated, [create(name="A")]).run()
    assert done(Batch(parts.author, outdated, [create(name="A")], follows=True).run()) == [
        "created"
    ]


@pytest.mark.parametrize(
    ("number", "asked", "first"),
    [
        (1, {}, False),
        (2, {}, True),
        (1, {"on_archived": "overwrite"}, True),
        (1, {"archived_conflict": "overwrite"}, True),
    ],
)
def test_unique_values_go_before_others_come_where_several_records_may_change(
    parts: Caller, number: int, asked: dict[str, str], first: bool
) -> None:
    made = [make(parts, f"Part {n}", code=f"{n}") for n in range(number)]
    requests = [
        SaveRequest(Mode.UPDATE, uuid, entries=entries({"code": f"new {at}"}), **asked)  # type: ignore[arg-type]
        for at, uuid in enumerate(made)
    ]
    with statements() as seen:
        assert done(write_all(parts, "parts", *requests)) == ["updated"] * number
    assert any("DELETE FROM records_fieldvalue" in sql for sql in seen) == first
    assert differences(parts) == []


def test_a_record_is_deleted_permanently_beside_one_that_stays(parts: Caller) -> None:
    gone, kept = (make(parts, name, code=name) for name in ("Gone", "Kept"))
    outcomes = write_all(
        parts, "parts", SaveRequest(Mode.DELETE_PERMANENTLY, gone), update(kept, note="n")
    )
    assert done(outcomes) == ["deleted", "updated"]
    rows = Record.objects.filter(workspace=parts.workspace)
    assert not any(row.values for row in rows.filter(uuid=gone))
    assert set(
        FieldValue.objects.filter(workspace=parts.workspace).values_list("record__uuid", flat=True)
    ) == {rows.get(uuid=kept).uuid}
    assert read(parts, "parts", kept)["code"] == "Kept"


# ---------------------------------------------------------------- links


@pytest.fixture
def fleet(parts: Caller) -> Caller:
    """People, each of whom has a ship."""
    make_object(parts, "People", FieldDefinition("Note", "text"))
    make_object(parts, "Ships")
    make_relation(parts, "people", "Ship", "ships", "primary", "Crew", is_required=True)
    make_relation(parts, "people", "Boat", "ships", "one_to_one", "Skipper")
    return parts


def test_a_link_that_cannot_be_stored_refuses_its_own_request(fleet: Caller) -> None:
    argo, brig = (make_record(fleet, "ships", name=name).record.uuid for name in ("Argo", "Brig"))
    ann, bob = (
        make_record(fleet, "people", name=name, ship=argo).record.uuid for name in ("Ann", "Bob")
    )
    kept, refused = write_all(
        fleet, "ships", update(brig, crew=[bob]), update(argo, name="Argo II", crew=[])
    )
    assert isinstance(kept, SaveResult)
    assert isinstance(refused, InvalidValues)
    assert problems(refused) == [(1, "", "value", "required")]
    assert names(read(fleet, "people", bob)["ship"]) == "Brig"
    assert names(read(fleet, "people", ann)["ship"]) == "Argo"
    assert differences(fleet) == []


def test_a_replacement_in_a_batch_spares_the_links_that_its_caller_cannot_see(
    fleet: Caller,
) -> None:
    argo, brig = (make_record(fleet, "ships", name=name).record.uuid for name in ("Argo", "Brig"))
    ann, bob = (
        make_record(fleet, "people", name=name, ship=argo, boat=boat).record.uuid
        for name, boat in (("Ann", argo), ("Bob", brig))
    )
    grants = {"people": {"view": "all", "edit": "all"}, "ships": {"view": "own"}}
    clerk = make_member(fleet, "clerk@example.com", grants)
    replaced = SaveRequest(Mode.REPLACE, ann, entries=entries({"name": "Anna"}))
    assert done(write_all(clerk, "people", replaced, update(bob, note="n"))) == ["updated"] * 2
    shown = read(fleet, "people", ann)
    assert (names(shown["ship"]), names(shown["boat"])) == ("Argo", "Argo")


def test_names_that_display_names_show_are_read_at_once(fleet: Caller) -> None:
    set_pattern(fleet, "people", "{name} of {ship}")
    made = []
    for at in range(5):
        ship = make_record(fleet, "ships", name=f"Ship {at}").record.uuid
        made.append(make_record(fleet, "people", name=f"P{at}", ship=ship).record.uuid)
    author, schema = fleet.author, fleet.schema("people")

    def renaming(uuids: list[str]) -> int:
        return cost(save_records, author, schema, [update(one, note=one) for one in uuids])

    assert renaming(made[:2]) == renaming(made[2:])
    assert view(fleet, "people", made[4]).display_name == "P4 of Ship 4"


# ---------------------------------------------------------------- members


def members_read(work: Callable[[], object]) -> int:
    """How many statements read members."""
    with statements() as seen:
        work()
    return sum('FROM "records_member"' in sql for sql in seen)


@pytest.mark.parametrize("ruled", [True, False])
def test_members_that_a_rule_looks_at_are_read_at_once(parts: Caller, ruled: bool) -> None:
    if ruled:
        row = Field.objects.get(workspace=parts.workspace, object__name="parts", name="note")
        update_field(parts.author, row, validation="value != member.email")
    members = [make_member(parts, f"m{at}@example.com").member.pk for at in range(3)]
    nobodys = make(parts, "Nobody's")
    ways = {
        "given": [Attributes(member_id=one) for one in members],
        "by default": [Attributes(new_member_id=one) for one in members],
    }
    for way, given in ways.items():
        requests = [
            SaveRequest(Mode.CREATE, entries=entries({"name": f"{way} {at}"}), attributes=one)
            for at, one in enumerate(given)
        ]
        forget_everything()
        author, schema = parts.author, parts.schema("parts")
        made: list[SaveResult | RecordsError] = []
        creating = partial(save_records, author, schema, requests)
        reads = members_read(lambda: made.extend(creating()))  # noqa: B023
        assert done(made) == ["created"] * 3
        assert reads == 1 or not ruled
        changes = [update(one.record.uuid, note=way) for one in made if isinstance(one, SaveResult)]
        forget_everything()
        author, schema = parts.author, parts.schema("parts")
        assert members_read(partial(save_records, author, schema, changes)) == int(ruled)
        again = [*changes, update(nobodys, note=way)]
        assert members_read(partial(save_records, author, schema, again)) == 0
