"""What stands beside records: files, activities, addresses, lead sources, associated members."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import models

from records.exceptions import InvalidInput
from records.models import (
    Activity,
    Address,
    Attachment,
    LeadSource,
    MovedCompanion,
    RecordMember,
)
from records.services.access import Author
from records.services.database import update_each
from records.services.storage import MAX_FILES, free_name

_FILE = "attachment"
# What sets a row of a record apart from its others; empty where nothing does.
_KINDS: Mapping[str, tuple[type[models.Model], str]] = {
    "activity": (Activity, ""),
    "address": (Address, ""),
    "lead_source": (LeadSource, "kind"),
    "record_member": (RecordMember, "member_id"),
    _FILE: (Attachment, "name"),
}


def move_companions(author: Author, merged: Sequence[int], survivor: int) -> None:
    """Give everything that stands beside merged records to their survivor, and note where it was.

    A lead source or a member that the survivor has already stays where it is; a file whose name it
    has gets another. InvalidInput for more files than a record can have.
    """
    noted: list[MovedCompanion] = []
    for kind, (model, apart_by) in _KINDS.items():
        rows = _rows(author, model, apart_by, [survivor, *merged])
        moved = _moved_files(author, rows, survivor) if kind == _FILE else {}
        if kind != _FILE:
            moved = dict.fromkeys(_movable(rows, survivor, apart=bool(apart_by)), "")
        if not moved:
            continue
        owners = {key: record for key, record, _ in rows}
        _of(author, model).filter(id__in=moved).update(record_id=survivor)
        noted += (
            MovedCompanion(
                workspace_id=author.workspace.id,
                operation_id=author.operation_id,
                kind=kind,
                row=key,
                source=owners[key],
                target=survivor,
                former_name=name,
            )
            for key, name in moved.items()
        )
    MovedCompanion.objects.bulk_create(noted, batch_size=1000)


def take_companions_back(author: Author, operation: UUID, restored: Iterable[int]) -> None:
    """Return what an operation took from these records, as far as it is still where that put it."""
    noted = MovedCompanion.objects.filter(
        workspace_id=author.workspace.id, operation_id=operation, source__in=list(restored)
    )
    for kind, (model, _) in _KINDS.items():
        back: dict[tuple[int, int], list[int]] = {}
        names = []
        for row in noted.filter(kind=kind):
            back.setdefault((row.source, row.target), []).append(row.row)
            if row.former_name:
                names.append((row.row, row.source, row.former_name))
        for (source, target), keys in back.items():
            there = _of(author, model).filter(id__in=keys, record_id=target)
            there.update(record_id=source)
        if names:
            update_each(
                model._meta.db_table,
                {"id": "bigint", "record_id": "bigint"},
                ("name",),
                author.workspace.id,
                names,
            )


def _of(author: Author, model: type[models.Model]) -> models.QuerySet[Any]:
    # The base manager: a default one may leave rows out.
    return model._base_manager.filter(workspace_id=author.workspace.id)


_Row = tuple[int, int, Any]


def _rows(
    author: Author, model: type[models.Model], apart_by: str, records: Sequence[int]
) -> list[_Row]:
    """(key, record, what sets it apart) of these records' rows; the survivor's first, the others'
    in the order of the records."""
    rows = _of(author, model).filter(record_id__in=records)
    place = {record: at for at, record in enumerate(records)}
    found = rows.order_by("id").values_list("id", "record_id", apart_by or "id")
    return sorted(found, key=lambda row: (place[row[1]], row[0]))


def _movable(rows: Iterable[_Row], survivor: int, *, apart: bool) -> list[int]:
    """Those that move: without a double of theirs, where rows are set apart."""
    had, moved = {mark for _, record, mark in rows if record == survivor}, []
    for key, record, mark in rows:
        if record == survivor or (apart and mark in had):
            continue
        had.add(mark)
        moved.append(key)
    return moved


def _moved_files(author: Author, rows: Sequence[_Row], survivor: int) -> dict[int, str]:
    """The files that move, each with the name it had where it gets another, which it has from here
    on."""
    if len(rows) > MAX_FILES and any(record != survivor for _, record, _ in rows):
        raise InvalidInput(
            f"the records have {len(rows)} files, and one can have {MAX_FILES}.",
            "limit_exceeded",
            at="from",
        )
    had = {name for _, record, name in rows if record == survivor}
    # A new name must be free at both ends of the way.
    known = {name for _, _, name in rows}
    moved: dict[int, str] = {}
    renamed = []
    for key, record, name in rows:
        if record == survivor:
            continue
        moved[key] = ""
        if name in had:
            moved[key] = name
            free = free_name(name, known)
            known.add(free)
            renamed.append((key, free))
        had.add(name)
    update_each("records_attachment", {"id": "bigint"}, ("name",), author.workspace.id, renamed)
    return moved
