"""A page of the change feed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from records.exceptions import Gone, InvalidInput, NotFound, did_you_mean, quoted
from records.models import Extent
from records.services.access import Author, get_schema, list_schemas

from .cursors import NOW, START_AGAIN, Cursor, Place, read_cursor, write_cursor
from .definitions import newest_definitions, read_definition, told_definition
from .epochs import Standing, read_standing
from .ledger_rows import read_entry, read_newest
from .marks import rights_mark, scope_mark
from .page_rows import read_rows
from .sight import is_narrow, told_writes
from .told_changes import Change, told_changes, told_definition_change

DEFAULT_LIMIT, MAX_LIMIT = 100, 1000


@dataclass(frozen=True, slots=True)
class ChangePage:
    """`more`: whether the next page may have changes already. A page may be short, or empty, and
    have more behind it. `mark` is the place behind it, to wait for news."""

    changes: list[Change]
    cursor: str
    more: bool
    mark: tuple[Place, ...] = ()


def list_changes(
    author: Author,
    *,
    after: str | None = None,
    objects: Sequence[str] | None = None,
    limit: int = DEFAULT_LIMIT,
    plain: bool = False,
) -> ChangePage:
    """What happened behind a cursor: from the beginning without one, nothing yet with `now`.

    Every change is told once, in the order of commits; several writes of one record always in the
    order of its versions. `objects` are API names or ids. `plain`: values as names and primary
    keys. InvalidInput for a cursor that never was one, and for unknown objects; Gone where the
    cursor cannot be followed any more. The number of statements is the same for any number of
    changes.
    """
    asked = _asked(author, objects)
    sent = None if after in (None, NOW) else read_cursor(str(after))
    scope = scope_mark(author, asked)
    if sent is not None and sent.scope != scope:
        raise InvalidInput(
            "the cursor was made for other objects, or another workspace; keep to those.",
            at="after",
        )
    standing = read_standing(author.workspace.id, sent)
    if sent is not None and sent.rights != rights_mark(
        author, sent.newest_object, sent.newest_field, asked
    ):
        raise Gone(
            f"What you may see has changed since the cursor was made. {START_AGAIN}",
            "rights_changed",
        )
    place = _renewed(author, sent, standing, asked)
    if after == NOW:
        return _ending([], _at_the_end(author, place, standing), more=False)
    return _page(author, place, standing, asked, limit, plain=plain)


def follow_changes(
    author: Author,
    after: str,
    *,
    objects: Collection[int] | None = None,
    limit: int = DEFAULT_LIMIT,
    until: str = "",
) -> ChangePage:
    """What happened behind a cursor of our own, and up to `until`, as the author may see it now.

    It goes on where the author's rights, or the objects that are asked for (primary keys), have
    changed since: what came before is not told again. Gone as for `list_changes`.
    """
    sent = read_cursor(after)
    standing = read_standing(author.workspace.id, sent)
    place = _renewed(author, sent, standing, objects)
    page = _page(author, place, standing, objects, limit, plain=False)
    return _before(page, read_cursor(until)) if until else page


def _before(page: ChangePage, end: Cursor) -> ChangePage:
    """The part of a page that is before a place."""
    ends = end.places
    kept = [change for change in page.changes if change.standing <= ends[change.place[0]]]
    reached = all(place >= bound for place, bound in zip(page.mark, ends, strict=True))
    return replace(page, changes=kept, more=page.more and not reached)


def check_place(workspace_id: int, cursor: str, *, at: str) -> None:
    """InvalidInput unless a cursor that somebody sends leads somewhere, in this history."""
    try:
        read_standing(workspace_id, read_cursor(cursor))
    except InvalidInput:
        raise InvalidInput("expected a cursor that the change feed returned.", at=at) from None
    except Gone as gone:
        reason = gone.detail.removesuffix(f" {START_AGAIN}")
        raise InvalidInput(f"it leads nowhere any more. {reason}", gone.code, at=at) from None


def cursor_of_now(author: Author) -> str:
    """A cursor of our own behind which everything is that is committed from now on; also in a
    transaction, where rows of others that are under way may be told too early otherwise."""
    standing = read_standing(author.workspace.id, None, final=True)
    place = _renewed(author, None, standing, None)
    return write_cursor(_at_the_end(author, place, standing))


def find_change(author: Author, place: tuple[int, int], *, plain: bool = False) -> Change | None:
    """One change by its place, as the author may see it now; None where there is none to tell."""
    source, key = place
    if source:
        row = read_definition(author.workspace.id, source - 1, key)
        known = row is not None and told_definition(author, row)
        return told_definition_change(author, row) if row is not None and known else None
    entry = read_entry(author.workspace.id, key)
    writes = [] if entry is None else told_writes(author, [entry])
    return next(iter(told_changes(author, writes, plain=plain)), None)


def _renewed(
    author: Author, sent: Cursor | None, standing: Standing, asked: Collection[int] | None
) -> Cursor:
    """The place of a cursor, with what is asked and may be seen now."""
    return replace(
        sent or Cursor(b"", b"", b""),
        epoch=standing.epoch,
        scope=scope_mark(author, asked),
        rights=rights_mark(author, standing.newest_object, standing.newest_field, asked),
        newest_object=standing.newest_object,
        newest_field=standing.newest_field,
    )


def _asked(author: Author, objects: Sequence[str] | None) -> frozenset[int] | None:
    """The objects that are asked for; None for all. InvalidInput for one that the caller does not
    know."""
    if not objects:
        return None
    found = set()
    for name in objects:
        try:
            found.add(get_schema(author, name).id)
        except NotFound:
            near = did_you_mean(name, [schema.name for schema in list_schemas(author)])
            raise InvalidInput(
                f"there is no object {quoted(name)}.{near}", "does_not_exist", at="objects"
            ) from None
    return frozenset(found)


def _at_the_end(author: Author, place: Cursor, standing: Standing) -> Cursor:
    ledger, record, operation = read_newest(author.workspace.id, standing.horizon)
    definitions = newest_definitions(author.workspace.id, standing.horizon)
    return replace(
        place, ledger=ledger, record=record, operation=operation, definitions=definitions
    )


def _page(
    author: Author,
    place: Cursor,
    standing: Standing,
    asked: Collection[int] | None,
    limit: int,
    *,
    plain: bool,
) -> ChangePage:
    told_of = _objects_in_sight(author, asked)
    found = read_rows(
        author.workspace.id,
        place,
        standing.horizon,
        limit,
        None if asked is None and len(told_of) == len(author.directory.objects) else told_of,
        members=any(is_narrow(author, key) for key in told_of),
    )
    changes = told_changes(author, told_writes(author, found.entries), plain=plain)
    definitions = [
        told_definition_change(author, row)
        for row in found.definitions
        if (asked is None or row.object_id in asked) and told_definition(author, row)
    ]
    if definitions:
        told = {change.place: change for change in (*changes, *definitions)}
        changes = [told[place] for place in found.places if place in told]
    return _ending(changes, found.end, more=found.more)


def _ending(changes: list[Change], end: Cursor, *, more: bool) -> ChangePage:
    return ChangePage(changes, write_cursor(end), more, end.places)


def _objects_in_sight(author: Author, asked: Collection[int] | None) -> list[int]:
    known = author.directory.objects if asked is None else asked
    return [key for key in known if author.role.grant(key).view != Extent.NONE]
