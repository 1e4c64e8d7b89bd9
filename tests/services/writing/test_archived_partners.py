"""One-to-one links and archiving: an archived record keeps nobody from its partner, and may come
back without it."""

from __future__ import annotations

import pytest

from records.services.storage.integrity import reindex
from records.services.writing.save_requests import Mode, SaveRequest
from tests.factories import (
    Caller,
    archive,
    change_record,
    entries,
    make_object,
    make_record,
    make_relation,
)
from tests.services.acting import (
    differences,
    history,
    names,
    problems,
    read,
    refusal,
    unarchive,
    upsert,
    write_all,
)

Ids = dict[str, str]


@pytest.fixture
def crew(workspace: Caller) -> Caller:
    make_object(workspace, "People")
    make_object(workspace, "Ships")
    make_relation(workspace, "people", "Command", "ships", "one_to_one", "Captain")
    make_relation(workspace, "people", "Yacht", "ships", "one_to_one", "Owner of")
    return workspace


@pytest.fixture
def ids(crew: Caller) -> Ids:
    """Ann, who commanded the Argo, is archived; Bob is not."""
    made = {name: make_record(crew, "ships", name=name).record.uuid for name in ("Argo", "Brig")}
    made |= {name: make_record(crew, "people", name=name).record.uuid for name in ("Ann", "Bob")}
    change_record(crew, "people", made["Ann"], command=made["Argo"], yacht=made["Brig"])
    archive(crew, "people", made["Ann"])
    return made


def of(crew: Caller, object_name: str, uuid: str, field: str) -> object:
    return names(read(crew, object_name, uuid).get(field))


def test_an_archived_holder_does_not_block(crew: Caller, ids: Ids) -> None:
    change_record(crew, "people", ids["Bob"], command=ids["Argo"])
    assert of(crew, "ships", ids["Argo"], "captain") == "Bob"
    change_record(crew, "ships", ids["Brig"], owner_of=ids["Bob"])
    assert of(crew, "people", ids["Bob"], "yacht") == "Brig"
    assert len(history(crew, "people", ids["Ann"])) == 3  # nobody wrote to her
    assert differences(crew) == []


def test_who_comes_back_has_the_partner_unless_it_is_taken(crew: Caller, ids: Ids) -> None:
    change_record(crew, "people", ids["Bob"], command=ids["Argo"])

    back = unarchive(crew, "people", ids["Ann"])

    assert back.record.version == 4
    shown = read(crew, "people", ids["Ann"])
    assert "command" not in shown
    assert names(shown["yacht"]) == "Brig"
    (change,) = history(crew, "people", ids["Ann"])[0].changes
    assert (change.field.name, names(change.old), change.new) == ("command", "Argo", None)
    assert differences(crew) == []
    assert problems(refusal(change_record, crew, "people", ids["Bob"], yacht=ids["Brig"])) == [
        (0, "", "value", "unique")
    ]


@pytest.mark.parametrize("sent", [{}, {"command": "Brig", "yacht": "Argo"}])
def test_who_comes_back_by_an_upsert_may_bring_other_partners(
    crew: Caller, ids: Ids, sent: dict[str, str]
) -> None:
    change_record(crew, "people", ids["Bob"], **({} if sent else {"command": ids["Argo"]}))

    values = {name: ids[ship] for name, ship in sent.items()}
    result = upsert(crew, "people", "Ann", values, on_archived="unarchive")

    assert result.action == "unarchived"
    shown = read(crew, "people", ids["Ann"])
    expected: dict[str, str | None] = {"command": None, "yacht": "Brig", **sent}
    assert {name: names(shown.get(name)) for name in ("command", "yacht")} == expected
    assert differences(crew) == []


def test_in_one_batch_partners_pass_from_hand_to_hand(crew: Caller, ids: Ids) -> None:
    def take(ship: str) -> SaveRequest:
        return SaveRequest(Mode.UPDATE, ids["Bob"], entries=entries({"command": ids[ship]}))

    back, away = SaveRequest(Mode.UNARCHIVE, ids["Ann"]), SaveRequest(Mode.ARCHIVE, ids["Ann"])
    outcomes = write_all(crew, "people", back, take("Argo"), away, take("Argo"))
    assert [getattr(outcome, "action", "refused") for outcome in outcomes] == [
        "unarchived", "refused", "archived", "updated",
    ]  # fmt: skip
    assert differences(crew) == []
    outcomes = write_all(crew, "people", take("Brig"), back)
    assert of(crew, "people", ids["Ann"], "command") == "Argo"
    outcomes = write_all(crew, "people", away, take("Argo"), back)
    assert [getattr(outcome, "action", "refused") for outcome in outcomes] == [
        "archived",
        "updated",
        "unarchived",
    ]
    assert of(crew, "people", ids["Bob"], "command") == "Argo"
    assert differences(crew) == []


def test_rebuilding_the_index_keeps_archived_holders_out(crew: Caller, ids: Ids) -> None:
    change_record(crew, "people", ids["Bob"], command=ids["Argo"])
    assert reindex(crew.workspace) == 4
    assert differences(crew) == []
