"""What requests, jobs and imports have changed in the workspace, by whom; taking it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from records.admin.object_pages import ObjectPage, local_text, page_number
from records.exceptions import Conflict, NotFound
from records.field_types import member_name
from records.models import Source
from records.services.access import Author, get_schema, list_schemas
from records.services.catalogue import ObjectSchema
from records.services.database import canonical_uuid
from records.services.jobs import UndoView, start_undo
from records.services.operations import home_of
from records.services.reading import REMAINING, RecordNames
from records.services.undoing import (
    LeftView,
    OperationChange,
    OperationKind,
    OperationView,
    SoughtOperations,
    UndoMode,
    find_operation,
    list_changes,
    list_left,
    list_operations,
)

from .history import ShownEntry, interface_text, show_entry
from .jobs import job_address
from .member_pages import for_author, render

PAGE_SIZE = 50
RECENT = 8  # on the start page
SHOWN_LEFT = 100
KINDS = {
    OperationKind.REQUEST: "Change",
    OperationKind.IMPORT: "Import",
    OperationKind.BULK_CHANGE: "Bulk change",
    OperationKind.BULK_ARCHIVE: "Bulk archive",
    OperationKind.CLEAR_FIELD: "Cleared field",
    OperationKind.UNDO: "Undo",
}


@dataclass(frozen=True, slots=True)
class ShownOperation:
    """An operation in words: what it was, to which objects, how many records, when, who and how."""

    link: str
    what: str
    objects: str
    figures: str
    when: str
    who: str
    how: str
    reason: str
    undoes_link: str
    undone_link: str


@dataclass(frozen=True, slots=True)
class ShownWrite:
    """One write of an operation, and the record it was to; `link` is blank for one that is gone."""

    record: str
    link: str
    object_name: str
    entry: ShownEntry


@dataclass(frozen=True, slots=True)
class ShownLeft:
    """What an undo leaves as it is, and why."""

    record: str
    field: str
    why: str
    since: str


def operation_address(operation: UUID | str) -> str:
    """The page of an operation."""
    return reverse("admin:operation", args=[operation])


def with_undo(page: ObjectPage, text: str) -> str:
    """A message about what was just done, with a link to where it is undone: on this database."""
    if page.schema.external is not None:
        return text
    return format_html(
        '{} <a class="records-link" href="{}">Review or undo</a>',
        text,
        operation_address(page.author.operation_id),
    )


def recent_operations(author: Author) -> list[ShownOperation]:
    """The newest operations that the visitor sees something of."""
    found = list_operations(author, SoughtOperations(), limit=RECENT)
    return [_shown(author, view) for view in found.operations]


def _shown(author: Author, view: OperationView) -> ShownOperation:
    counts = ", ".join(f"{count} {action}" for action, count in view.totals.items())
    return ShownOperation(
        link=operation_address(view.uuid),
        what=KINDS[view.kind],
        objects=", ".join(sorted(schema.object_name for schema in view.schemas.values())),
        figures=f"at least {counts}" if view.more else counts,
        when=local_text(author, view.created),
        who=member_name(view.member) or "Nobody",
        how=interface_text(view.source, with_key=view.api_key_id is not None),
        reason=view.reason,
        undoes_link=operation_address(view.undoes) if view.undoes else "",
        undone_link=operation_address(view.undone_by) if view.undone_by else "",
    )


# ---------------------------------------------------------------- pages


@require_safe
@for_author
def operations_page(request: HttpRequest, author: Author) -> HttpResponse:
    """Operations, newest first, as the filters of the address ask."""
    found = list_operations(author, _sought(author, request.GET), limit=PAGE_SIZE)
    asked = request.GET.copy()
    asked.pop("before", None)
    newest = f"?{asked.urlencode()}" if "before" in request.GET else ""
    asked["before"] = found.after or ""
    context = {
        "operations": [_shown(author, view) for view in found.operations],
        "newest": newest,
        "older": f"?{asked.urlencode()}" if found.after else "",
        "filters": [
            ("object", "Object", _objects(author), request.GET.get("object")),
            ("kind", "Kind", KINDS.items(), request.GET.get("kind")),
            ("source", "Through", _sources(), request.GET.get("source")),
            ("who", "By", [("me", "Me")], request.GET.get("who")),
        ],
        "operations_url": reverse("admin:operations"),
        "is_filtered": any(request.GET.get(name) for name in ("object", "kind", "source", "who")),
    }
    return render(request, "operations.html", "Changes", context)


def _sought(author: Author, given: QueryDict) -> SoughtOperations:
    """What the address asks for; what it cannot mean is no filter."""
    kind, source = given.get("kind", ""), given.get("source", "")
    before = canonical_uuid(given.get("before"))
    return SoughtOperations(
        schema=_object(author, given.get("object", "")),
        member_id=author.member.id if given.get("who") == "me" else None,
        source=source if source in Source.values else "",
        kind=OperationKind(kind) if kind in KINDS else None,
        before=UUID(before) if before else None,
    )


def _object(author: Author, named: str) -> ObjectSchema | None:
    try:
        return get_schema(author, named) if named else None
    except NotFound:
        return None


def _objects(author: Author) -> list[tuple[str, str]]:
    """The objects whose changes are kept here."""
    found = [(row.name, row.object_name) for row in list_schemas(author) if row.external is None]
    return sorted(found, key=lambda each: each[1].casefold())


def _sources() -> list[tuple[str, str]]:
    return [(source, interface_text(source, with_key=False)) for source in Source.values]


@require_safe
@for_author
def operation_page(request: HttpRequest, author: Author, operation_uuid: UUID) -> HttpResponse:
    """One operation with its changes, and what an undo has left."""
    return _operation_page(request, author, operation_uuid)


@require_POST
@for_author
def undo(request: HttpRequest, author: Author, operation_uuid: UUID) -> HttpResponse:
    """Take an operation back, or say what that would do."""
    dry_run = "preview" in request.POST
    mode = UndoMode.FORCE if request.POST.get("mode") == UndoMode.FORCE else UndoMode.SAFE
    try:
        view = start_undo(author, operation_uuid, mode, dry_run=dry_run)
    except Conflict as refusal:
        messages.error(request, refusal.detail)
        return redirect(operation_address(operation_uuid))
    if view.job.finished is None:
        return redirect(job_address(view.job))
    if dry_run:
        return _operation_page(request, author, operation_uuid, tried=view)
    return _undone(request, author, view)


def _undone(request: HttpRequest, author: Author, view: UndoView) -> HttpResponse:
    """To the undo, which is an operation itself; where nothing could be undone there is none."""
    if find_operation(author, view.operation_id) is None:
        return _operation_page(request, author, view.undoes, tried=view)
    records, left = (view.job.result.get(key, 0) for key in ("records", "left"))
    say = messages.warning if left else messages.success
    say(request, _outcome(records, left))
    return redirect(operation_address(view.operation_id))


def _outcome(records: int, left: int) -> str:
    done = f"{records} {'record was' if records == 1 else 'records were'} changed back."
    if not left:
        return done
    return f"{done} {left} {'value was' if left == 1 else 'values were'} left, as listed below."


def _operation_page(
    request: HttpRequest, author: Author, operation: UUID, *, tried: UndoView | None = None
) -> HttpResponse:
    view = find_operation(author, operation)
    if view is None:
        raise NotFound
    at = page_number(request.GET)
    changes = list_changes(author, operation, offset=(at - 1) * PAGE_SIZE, limit=PAGE_SIZE)
    left_count, left = 0, list[LeftView]()
    if view.kind == OperationKind.UNDO:
        left_count, left = list_left(author, operation, offset=0, limit=SHOWN_LEFT)
    total = sum(view.totals.values())
    context = {
        "shown": _shown(author, view),
        "writes": _writes(author, changes),
        "operations_url": reverse("admin:operations"),
        "undo_url": reverse("admin:operation_undo", args=[operation]),
        "left": [_left(author, each) for each in left],
        "more_left": max(0, left_count - len(left)),
        "tried": None if tried is None else _tried(author, tried),
        "newer": at - 1,
        "older": at + 1 if total > at * PAGE_SIZE else 0,
    }
    return render(request, "operation.html", KINDS[view.kind], context)


def _tried(author: Author, view: UndoView) -> Mapping[str, Any]:
    result = view.job.result
    return {
        "records": result.get("records", 0),
        "left_count": result.get("left", 0),
        "left": [_left(author, each) for each in view.left],
        "forceable": view.mode == UndoMode.SAFE
        and any(each.code == "changed_since" for each in view.left),
        "dry_run": view.dry_run,
    }


def _left(author: Author, left: LeftView) -> ShownLeft:
    since = None if left.since is None else show_entry(author, left.since)
    return ShownLeft(
        left.name or left.record_uuid,
        "the record" if left.field is None else left.field.display_name,
        left.detail,
        "" if since is None else f"{since.when}, {since.who}",
    )


def _writes(author: Author, changes: Iterable[OperationChange]) -> list[ShownWrite]:
    """The writes with the names of their records: a query or two for each object."""
    listed = list(changes)
    by_object: dict[int, tuple[ObjectSchema, set[str]]] = {}
    for change in listed:
        by_object.setdefault(change.schema.id, (change.schema, set()))[1].add(change.record_uuid)
    names: dict[str, str] = {}
    for schema, uuids in by_object.values():
        ordered = sorted(uuids)
        found = home_of(schema).get_records(
            author, schema, RecordNames(uuids=ordered), (), states=REMAINING
        )
        for uuid, view in zip(ordered, found.by_uuid, strict=True):
            if view is not None:
                names[uuid] = view.display_name or "(no name)"
    return [
        ShownWrite(
            names.get(change.record_uuid, change.record_uuid),
            reverse("admin:record", args=[change.schema.uuid, change.record_uuid])
            if change.record_uuid in names
            else "",
            change.schema.object_name,
            show_entry(author, change.entry),
        )
        for change in listed
    ]
