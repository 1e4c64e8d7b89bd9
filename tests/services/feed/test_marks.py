"""A cursor ends when its caller may see other things, and only then."""

from __future__ import annotations

from dataclasses import replace

from records.services.access.author import Author
from records.services.feed.marks import rights_mark, scope_mark
from tests.factories import Caller


def test_the_mark_changes_with_what_the_caller_may_see(cases: Caller, owner: Caller) -> None:
    newest = max(cases.author.directory.objects)
    secret = cases.schema("cases").by_name["secret"].id

    def mark(author: Author) -> bytes:
        return rights_mark(author, newest, secret, None)

    mine = owner.author
    assert mark(mine) == mark(owner.author)
    open_role = replace(mine.role, hidden_fields=frozenset())
    later = replace(mine.role, hidden_fields=mine.role.hidden_fields | {secret + 1})
    assert mark(replace(mine, role=later)) == mark(mine)
    others = [
        mark(cases.author),
        mark(replace(mine, role=open_role)),
        mark(replace(mine, role=replace(mine.role, grants={}))),
        mark(replace(mine, member=cases.author.member)),  # whose own is another question then
        mark(replace(mine, scopes=("records:read",))),
    ]
    assert mark(mine) not in others
    assert len(set(others)) == len(others)
    # Who sees all sees the same whoever they are.
    assert mark(replace(cases.author, member=mine.member)) == mark(cases.author)


def test_the_scope_is_the_workspace_and_the_objects(cases: Caller) -> None:
    author = cases.author
    assert scope_mark(author, [1, 2]) == scope_mark(author, [2, 1])
    assert len({scope_mark(author, asked) for asked in (None, [1], [2], [1, 2])}) == 4
