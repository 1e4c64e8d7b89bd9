"""A page of the change feed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from heapq import merge
from typing import Any

from records.exceptions import (
    Gone,
    InvalidInput,
    NotFound,
    did_you_mean,
    quoted,
)
from records.field_types import FieldSpec
from records.models import Extent
from records.services.access import Author, get_schema, list_schemas
from records.services.catalogue import MemberSpec
from records.services.database import uuid_text
from records.services.reading import load_values
from records.services.storage import RecordRow

from .cursors import BEGINNING, NOW, START_AGAIN, Cursor, Place, read_cursor, write_cursor
from .definitions import (
    Definition,
    DefinitionChange,
    newest_definitions,
    read_definition,
    read_definitions,
    told_definition,
)
from .epochs import Standing, mark_of, read_standing
from .ledger_rows import Entry, Read, read_entries, read_entry, read_newest
from .marks import rights_mark, scope_mark
from .sight import (
    BARE,
    REMOVED,
    Told,
    is_narrow,
    told_writes,
)

DEFAULT_LIMIT, MAX_LIMIT = 100, 1000
DEFINED = "defined"
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(slots=True)  # not frozen: that doubles the time it takes to make one
class Change:
    """One thing that happened, as the caller may know it.

    Of a record: its ids, the version it left, the old and new value of each field, and the external
    id and the member that it has then. Of a
    definition: what it did to what. Of a record that left the caller's sight neither the author nor
    the operation is told. `place` is its row: of the ledger (0) or a history, and the key there,
    `standing` where that is in the feed.
    """

    action: str
    object_id: int
    object_name: str
    created: datetime | None
    record_uuid: str | None = None
    record_id: int | None = None
    version: int | None = None
    values: dict[FieldSpec, Sequence[Any]] = field(default_factory=dict)
    external_source: str | None = None
    external_id: str | None = None
    record_member: MemberSpec | None = None
    operation_id: str | None = None
    source: str | None = None
    member: MemberSpec | None = None
    api_key_id: int | None = None
    reason: str = ""
    definition: DefinitionChange | None = None
    place: tuple[int, int] = (0, 0)
    standing: Place = BEGINNING

    @property
    def fields(self) -> dict[str, dict[str, Any]]:
        """The values by API name, as JSON."""
        return {spec.name: {"old": old, "new": new} for spec, (old, new) in self.values.items()}


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
        return _defined(author, row) if row is not None and told_definition(author, row) else None
    entry = read_entry(author.workspace.id, key)
    writes = [] if entry is None else told_writes(author, [entry])
    return next(iter(_written(author, writes, plain=plain)), None)


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
    workspace_id, horizon = author.workspace.id, standing.horizon
    told_of = _objects_in_sight(author, asked)
    read = read_entries(
        workspace_id,
        place.ledger,
        horizon,
        limit,
        None if asked is None and len(told_of) == len(author.directory.objects) else told_of,
        members=any(is_narrow(author, key) for key in told_of),
    )
    found = read_definitions(workspace_id, place.definitions, horizon, limit + 1)
    rows, cut = _in_order(read.entries, found, limit)
    moved = _moved(place, read, rows)
    definitions = [row for row in rows if isinstance(row, Definition)]
    told_definitions = {
        (row.source, row.key): _defined(author, row)
        for row in definitions
        if (asked is None or row.object_id in asked) and told_definition(author, row)
    }
    writes = told_writes(author, [row for row in rows if isinstance(row, Entry)])
    written = dict(
        zip(
            (told.entry.key for told in writes),
            _written(author, writes, plain=plain),
            strict=True,
        )
    )
    changes = [
        change
        for row in rows
        if (
            change := written.get(row.key)
            if isinstance(row, Entry)
            else told_definitions.get((row.source, row.key))
        )
        is not None
    ]
    return _ending(changes, moved, more=cut or read.more)


def _ending(changes: list[Change], end: Cursor, *, more: bool) -> ChangePage:
    return ChangePage(changes, write_cursor(end), more, end.places)


def _objects_in_sight(author: Author, asked: Collection[int] | None) -> list[int]:
    known = author.directory.objects if asked is None else asked
    return [key for key in known if author.role.grant(key).view != Extent.NONE]


def _in_order(
    entries: Sequence[Entry], definitions: Sequence[Sequence[Definition]], limit: int
) -> tuple[list[Entry | Definition], bool]:
    """The first rows of all sources, and whether some are left. The order within a source is exact;
    between them it is that of the positions, or the times where those are the same."""
    sources: list[Sequence[Entry | Definition]] = [entries, *definitions]
    if not any(definitions):
        return list(entries), False
    key: Callable[[Any], Any] = lambda row: (row.position, row.created or _LONG_AGO)  # noqa: E731
    rows = list(merge(*sources, key=key))
    return rows[:limit], len(rows) > limit


def _moved(place: Cursor, read: Read, rows: Sequence[Entry | Definition]) -> Cursor:
    """The cursor behind these rows."""
    entries = [row for row in rows if isinstance(row, Entry)]
    definitions = list(place.definitions)
    for row in rows:
        if isinstance(row, Definition):
            definitions[row.source] = Place(row.position, row.key)
    moved = replace(place, definitions=tuple(definitions))
    if len(entries) == len(read.entries):  # all that was looked at is done with
        if read.end == place.ledger:
            return moved
        return replace(moved, ledger=read.end, record=read.record, operation=read.operation)
    if not entries:
        return moved
    last = entries[-1]
    return replace(
        moved,
        ledger=last.place,
        record=last.record_id,
        operation=mark_of(last.operation_id),
    )


def _defined(author: Author, row: Definition) -> Change:
    members = author.directory.members([row.member_id] if row.member_id else [])
    return Change(
        DEFINED,
        row.object_id,
        row.object_name,
        row.created,
        member=members.get(row.member_id or 0),
        definition=row.what,
        place=(row.source + 1, row.key),
        standing=row.place,
    )


def _written(author: Author, writes: Sequence[Told], *, plain: bool) -> list[Change]:
    """The writes as callers read them."""
    read = _value_reader(author, writes, plain=plain)
    states = [told.now or told.entry for told in writes]
    wanted = {told.entry.author for told in writes} | {state.member_id for state in states}
    members = author.directory.members(key for key in wanted if key is not None)
    names = {key: row.name for key, row in author.directory.objects.items()}
    changes = []
    for told, state in zip(writes, states, strict=True):
        entry, known = told.entry, told.action != REMOVED
        has_content = told.action not in BARE
        changes.append(
            Change(
                told.action,
                entry.object_id,
                names[entry.object_id],
                entry.created,
                uuid_text(entry.uuid),
                entry.record_id,
                told.version,
                {
                    spec: pair if spec.type.plain else (read(spec, pair[0]), read(spec, pair[1]))
                    for spec, pair in told.fields.items()
                },
                state.external_source if has_content else None,
                state.external_id if has_content else None,
                members.get(state.member_id or 0) if has_content else None,
                uuid_text(entry.operation_id) if known else None,
                entry.source if known else None,
                members.get(entry.author or 0) if known else None,
                entry.api_key if known else None,
                (entry.reason or "") if told.tells_reason else "",
                place=(0, entry.key),
                standing=entry.place,
            )
        )
    return changes


def _value_reader(
    author: Author, told: Sequence[Told], *, plain: bool
) -> Callable[[FieldSpec, Any], Any]:
    """How stored values are shown to the caller; at most two statements for all of them."""
    specs = {spec.id: spec for one in told for spec in one.fields if spec.type.refers_to}
    states = [
        RecordRow(0, "", {str(spec.id): pair[at] for spec, pair in one.fields.items()})
        for one in told
        if specs  # most pages refer to nothing
        for at in (0, 1)
    ]
    references = load_values(author, states, list(specs.values()))

    def read(spec: FieldSpec, stored: Any) -> Any:
        if stored is None:
            return None
        return (spec.type.to_plain if plain else spec.type.to_json)(spec, stored, references)

    return read
