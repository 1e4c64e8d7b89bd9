"""What a cursor keeps of its caller: what was asked, and what they might see."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from records.models import Extent
from records.services.access import Author, has_scope


def rights_mark(
    author: Author, newest_object: int, newest_field: int, asked: Collection[int] | None
) -> bytes:
    """What stands for everything that decides which changes the caller is told of: the same as long
    as that is the same, whatever objects and fields are added."""
    role = author.role
    extents = [
        (key, role.grant(key).view, role.grant(key).any)
        for key in sorted(author.directory.objects if asked is None else asked)
        if key <= newest_object
    ]
    own = author.member.id if any(view == Extent.OWN for _, view, _ in extents) else 0
    hidden = sorted(key for key in role.hidden_fields if key <= newest_field)
    definitions = has_scope(author, "datatypes", "read")
    told = repr((extents, own, hidden, role.is_admin, definitions))
    return hashlib.blake2b(told.encode(), digest_size=8).digest()


def scope_mark(author: Author, asked: Collection[int] | None) -> bytes:
    """What stands for the objects that were asked for, in their workspace."""
    told = repr((author.workspace.id, None if asked is None else sorted(asked)))
    return hashlib.blake2b(told.encode(), digest_size=4).digest()
