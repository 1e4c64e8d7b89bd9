"""The members of a workspace, as other members find them."""

from __future__ import annotations

import pytest

from records.exceptions import NotFound
from records.models import Member
from records.services.access.team import (
    find_active_by_email,
    get_member,
    list_members,
    named_member,
)
from tests.factories import Caller, make_member, make_workspace
from tests.services.acting import cost, invalid_at

PEOPLE = (
    ("Zoë", "Äpfel", "zoe@example.com"),
    ("Ann", "Straße", "ann@example.com"),
    ("Ann", "Berg", "Berg@example.com"),
)


@pytest.fixture
def team(workspace: Caller) -> Caller:
    """Three members besides the admin; Ann Berg is inactive. Another workspace has an Ann too."""
    for first, last, email in PEOPLE:
        _named(make_member(workspace, email), first, last, active=last != "Berg")
    _named(make_workspace("Other", "ann@example.org"), "Ann", "Straße", active=True)
    return workspace


def _named(caller: Caller, first: str, last: str, *, active: bool) -> None:
    row = Member.objects.get(workspace=caller.workspace, id=caller.member.pk)
    row.first_name, row.last_name, row.is_active = first, last, active
    row.save()


SEARCHES: dict[str, list[str]] = {
    "ann": ["Ann Berg", "Ann Straße"],
    "STRASSE": ["Ann Straße"],
    "  ann   str ": ["Ann Straße"],
    "äPFEL": ["Zoë Äpfel"],
    "berg@EXAMPLE": ["Ann Berg"],
    "example.org": [],
    "%": [],
}


@pytest.mark.parametrize(("search", "expected"), SEARCHES.items())
def test_members_are_found_by_a_part_of_their_name_or_address(
    team: Caller, search: str, expected: list[str]
) -> None:
    number, members = list_members(team.author, search=search)
    assert number == len(expected)
    assert [member.name for member in members] == expected


def test_a_page_of_members_comes_with_the_number_of_all(team: Caller) -> None:
    _, everyone = list_members(team.author)
    assert len(everyone) == 4
    number, page = list_members(team.author, offset=2, limit=1)
    assert (number, page) == (4, everyone[2:3])
    assert list_members(team.author, offset=9) == (4, [])
    assert list_members(team.author, active=True)[0] == 3


def test_a_member_is_found_in_their_own_workspace_alone(team: Caller) -> None:
    row = Member.objects.get(workspace=team.workspace, first_name="Zoë")
    author = team.author
    assert get_member(author, str(row.uuid).upper()).id == row.pk
    assert cost(get_member, author, str(row.uuid).upper()) == 0  # known by now
    other = Member.objects.exclude(workspace_id=team.workspace.id).get()
    for unknown in (str(other.uuid), "01920000-0000-7000-8000-000000000001"):
        with pytest.raises(NotFound):
            get_member(team.author, unknown)


def test_a_member_is_named_by_id_or_as_the_caller(team: Caller) -> None:
    row = Member.objects.get(workspace=team.workspace, first_name="Zoë")
    other = Member.objects.exclude(workspace_id=team.workspace.id).get()
    assert [named_member(team.author, sent) for sent in (None, "is_me", str(row.uuid).upper())] == [
        None,
        team.member.id,
        row.pk,
    ]
    for unknown in (str(other.uuid), "01920000-0000-7000-8000-000000000001", "x", "", row.pk):
        assert invalid_at(named_member, team.author, unknown) == (("member_id",), "does_not_exist")


def test_only_active_members_are_found_by_address(team: Caller) -> None:
    asked = ["ann@example.com", "berg@example.com", "ann@example.org", "zoe@example.com"]
    found = find_active_by_email(team.workspace.id, asked)
    rows = Member.objects.filter(
        workspace=team.workspace, first_name__in=("Zoë", "Ann"), is_active=True
    )
    assert found == {row.email: row.pk for row in rows}


def test_no_address_costs_no_statement(team: Caller) -> None:
    assert cost(find_active_by_email, team.workspace.id, []) == 0
    assert find_active_by_email(team.workspace.id, []) == {}
