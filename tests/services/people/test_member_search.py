"""Finding members: what a search asks for, for whom it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from records.exceptions import NotAllowed, NotFound
from records.services.people.member_search import MemberSearch, get_member_row, search_members
from records.services.people.members import add_member, archive_member
from tests.factories import Caller, make_member, make_workspace
from tests.services.acting import refusal


def names(caller: Caller, asked: MemberSearch) -> list[str]:
    return [row.external_id or row.email for row in search_members(caller.author, asked)[1]]


def test_members_are_found_by_what_is_known_of_them(workspace: Caller) -> None:
    author = workspace.author
    ann, _ = add_member(author, external_id="ann", name="Ann Ünal", labels=["a", "b"])
    gone, _ = add_member(author, external_id="gone", name="Gone")
    archive_member(author, gone)
    admin = workspace.member.email

    for asked, found in (
        (MemberSearch(), [admin, "ann"]),
        (MemberSearch(search="ÜNAL"), ["ann"]),
        (MemberSearch(label="b"), ["ann"]),
        (MemberSearch(label="c"), []),
        (MemberSearch(is_active=None, sort="createdAt", descending=True), ["gone", "ann", admin]),
        (MemberSearch(is_active=False), ["gone"]),
        (MemberSearch(role_id=ann.role_id), ["ann"]),
        (MemberSearch(offset=1, limit=1), ["ann"]),
    ):
        assert names(workspace, asked) == found, asked


def test_a_key_without_the_scope_finds_its_own_member(workspace: Caller) -> None:
    other = make_member(workspace, "other@example.com")
    author = replace(other.author, api_key_id=1, scopes=("records:read",))

    total, rows = search_members(author, MemberSearch())

    assert (total, [row.pk for row in rows]) == (1, [other.member.pk])
    assert get_member_row(author, other.member.pk).email == "other@example.com"
    assert isinstance(refusal(get_member_row, author, workspace.member.pk), NotAllowed)


def test_no_other_workspace_is_searched(workspace: Caller) -> None:
    other = make_workspace("Another workspace", "other@example.com")

    assert names(workspace, MemberSearch(email="other@example.com")) == []
    with pytest.raises(NotFound):
        get_member_row(workspace.author, other.member.pk)
