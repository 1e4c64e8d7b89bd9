"""Columns beside the values: what a row says of its record's number, external id, member and task."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import Conflict, InvalidInput, NotAllowed
from records.models import Member
from records.services.importing.record_columns import NOTHING, Beside, BesideColumns, Named
from records.services.storage import ExternalKey
from records.services.tables import Row
from records.services.writing import UNSET
from tests.factories import Caller, FieldDefinition, make_member, make_object, make_workspace

HEADER = [kind.value for kind in Beside]
ANN, BOB = 7, 8


def columns(*kinds: Beside) -> BesideColumns:
    return BesideColumns(HEADER, {kind.value: kind.value for kind in kinds or Beside}, 1)


def row(**cells: str) -> Row:
    return Row(2, [cells.get(name, "") for name in HEADER])


@pytest.mark.parametrize(
    ("cells", "external", "member", "task"),
    [
        ({}, UNSET, UNSET, UNSET),
        ({"externalId": " "}, UNSET, UNSET, UNSET),
        ({"externalId": "a b"}, ExternalKey("", "a b"), UNSET, UNSET),
        ({"externalId": "'=1"}, ExternalKey("", "=1"), UNSET, UNSET),
        ({"memberId": " 7 "}, UNSET, ANN, UNSET),
        ({"memberEmail": "Bob@example.com"}, UNSET, BOB, UNSET),
        ({"memberExternalId": "HR-8"}, UNSET, BOB, UNSET),
        ({"memberId": "7", "memberEmail": "bob@example.com"}, UNSET, ANN, UNSET),
        ({"assignmentTaskId": "012"}, UNSET, UNSET, 12),
    ],
)
def test_cells_say_what_a_record_has(
    cells: dict[str, str], external: Any, member: Any, task: Any
) -> None:
    members = {
        (Beside.MEMBER_ID, "7"): ANN,
        (Beside.MEMBER_EMAIL, "bob@example.com"): BOB,
        (Beside.MEMBER_EXTERNAL_ID, "HR-8"): BOB,
    }
    found = columns().read(row(**cells), Named(frozenset({3}), members))

    said = found.attributes
    assert (said.external, said.member_id, said.assignment_task_id) == (external, member, task)
    assert said.new_member_id == 1
    assert not found.refused


@pytest.mark.parametrize(
    ("cells", "respelt"),
    [
        ({"memberId": "7", "assignmentTaskId": "12", "id": "3", "externalId": " x "}, []),
        ({"memberId": " 7"}, ["memberId"]),
        ({"memberId": "07"}, ["memberId"]),
        ({"id": "03", "assignmentTaskId": "012"}, ["id", "assignmentTaskId"]),
        ({"id": "04"}, []),  # no record's
        ({"memberEmail": "Bob@example.com"}, []),
        ({"memberEmail": "'Bob@example.com"}, []),
        ({"memberEmail": "bob@example.com"}, ["memberEmail"]),
        ({"memberEmail": "Bob@example.com "}, ["memberEmail"]),
        ({"memberExternalId": "HR-8"}, []),
        ({"memberExternalId": " HR-8"}, ["memberExternalId"]),
        ({"memberId": "7", "memberEmail": "BOB@example.com"}, []),  # the first says who it is
    ],
)
def test_cells_that_are_read_as_another_text_are_told(
    cells: dict[str, str], respelt: list[str]
) -> None:
    called = {
        (Beside.MEMBER_ID, "7"): "7",
        (Beside.MEMBER_EMAIL, "bob@example.com"): "Bob@example.com",
        (Beside.MEMBER_EXTERNAL_ID, "HR-8"): "HR-8",
    }
    found = columns().read(row(**cells), Named(frozenset({3}), dict.fromkeys(called, ANN), called))

    assert [HEADER[at] for at in found.respelt] == respelt


@pytest.mark.parametrize(
    ("kind", "cell", "code"),
    [
        (Beside.EXTERNAL_ID, "x" * 256, "invalid"),
        (Beside.EXTERNAL_ID, "x\x00", "invalid"),
        (Beside.MEMBER_ID, "9", "does_not_exist"),
        (Beside.MEMBER_ID, "Ann", "does_not_exist"),
        (Beside.MEMBER_EMAIL, "nobody@example.com", "does_not_exist"),
        (Beside.TASK_ID, "0", "invalid"),
        (Beside.TASK_ID, "1.5", "invalid"),
    ],
)
def test_cells_that_cannot_be_are_refused_at_their_columns(
    kind: Beside, cell: str, code: str
) -> None:
    (refused,) = columns().read(row(**{kind.value: cell}), NOTHING).refused

    assert (HEADER[refused.at], refused.code) == (kind, code)


@pytest.mark.parametrize(("cell", "found"), [("3", 3), ("4", None), ("x", None), ("", None)])
def test_a_number_is_that_of_a_record_which_is_there(cell: str, found: int | None) -> None:
    assert columns().read(row(id=cell), Named(frozenset({3}))).record_id == found


@pytest.mark.django_db
def test_only_what_the_workspace_has_is_found(workspace: Caller) -> None:
    elsewhere = make_workspace("Another workspace", "other@example.com")
    ann = make_member(workspace, "ann@example.com").member
    Member.objects.filter(workspace=workspace.workspace, pk=ann.pk).update(external_id="HR-7")
    make_object(workspace, "Rooms", FieldDefinition("Code", "text"))
    strange = str(elsewhere.member.pk)
    rows = [
        row(id="1", memberId=str(ann.pk), memberExternalId="HR-7"),
        row(id="x", memberId=strange, memberEmail="ANN@example.com"),
        Row(4, []),
    ]
    found = columns().named(workspace.schema("rooms"), rows)

    assert found.records == frozenset()
    assert found.members == {
        (Beside.MEMBER_ID, str(ann.pk)): ann.pk,
        (Beside.MEMBER_EMAIL, "ann@example.com"): ann.pk,
        (Beside.MEMBER_EXTERNAL_ID, "HR-7"): ann.pk,
    }
    assert found.called == {
        (Beside.MEMBER_ID, str(ann.pk)): str(ann.pk),
        (Beside.MEMBER_EMAIL, "ann@example.com"): "ann@example.com",
        (Beside.MEMBER_EXTERNAL_ID, "HR-7"): "HR-7",
    }


@pytest.mark.parametrize(
    ("error", "cell"),
    [
        (Conflict("Taken.", at="external_id"), ("externalId", "")),
        (Conflict("Taken.", at="member_id"), ("memberEmail", "ann@example.com")),
        (InvalidInput("Gone.", at="member_id"), ("memberEmail", "ann@example.com")),
        (InvalidInput("Wrong.", at="other"), ("", "")),
        (Conflict("Taken."), ("", "")),
        (NotAllowed("No."), ("", "")),
    ],
)
def test_a_refused_write_is_about_the_cell_that_says_it(error: Any, cell: tuple[str, str]) -> None:
    told = columns(Beside.EXTERNAL_ID, Beside.MEMBER_ID, Beside.MEMBER_EMAIL)
    assert told.cell_of(row(memberEmail="ann@example.com"), error) == cell
