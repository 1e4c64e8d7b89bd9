"""Which view of an object a member is shown first."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from records.models import Member, SavedView, ViewDefault
from records.services.access import Author
from records.services.catalogue import ObjectSchema

from .saved_views import get_view
from .view_parts import Part
from .view_sharing import Level, changed, check_level, level_of


def default_view(author: Author, schema: ObjectSchema) -> SavedView | None:
    """The view that the caller is shown first: their own default, else that of their role; None
    where there is none that they may see."""
    rows = ViewDefault.objects.filter(
        Q(member_id=author.member.id) | Q(role_id=author.role.id),
        workspace_id=author.workspace.id,
        object_id=schema.id,
    ).select_related("view")
    for row in sorted(rows, key=lambda row: row.member_id is None):
        if level_of(author, row.view) > Level.NONE:
            return row.view
    return None


def apply_to_roles(
    author: Author, schema: ObjectSchema, key: str, part: Part | None, roles: Sequence[int]
) -> None:
    """Make a view the default of all members that have one of these roles, now and later."""

    def work() -> None:
        view = _shared(author, schema, key, part)
        members = Member.objects.filter(workspace_id=author.workspace.id, role_id__in=roles)
        _forget(author, schema, member_id__in=[member.pk for member in members])
        _forget(author, schema, role_id__in=roles)
        for role_id in dict.fromkeys(roles):
            _default(view, role_id=role_id)

    changed(author, work)


def apply_to_members(
    author: Author, schema: ObjectSchema, key: str, part: Part | None, members: Sequence[int]
) -> None:
    """Make a view the default of these members."""

    def work() -> None:
        view = _shared(author, schema, key, part)
        _forget(author, schema, member_id__in=members)
        for member_id in dict.fromkeys(members):
            _default(view, member_id=member_id)

    changed(author, work)


def _shared(author: Author, schema: ObjectSchema, key: str, part: Part | None) -> SavedView:
    view = get_view(author, schema, key, part)
    check_level(author, view, Level.ADMIN)
    return view


def _forget(author: Author, schema: ObjectSchema, **whose: Sequence[int]) -> None:
    rows = ViewDefault.objects.filter(workspace_id=author.workspace.id, object_id=schema.id)
    rows.filter(**whose).delete()


def _default(view: SavedView, **whose: int) -> None:
    ViewDefault.objects.create(
        workspace_id=view.workspace_id, object_id=view.object_id, view=view, **whose
    )
