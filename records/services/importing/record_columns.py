"""Columns of a file that say what a record has beside its values: its number, its external id, its
member, and its task."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db.models.functions import Lower

from records.exceptions import Conflict, InvalidInput, RecordsError
from records.models import Member, Record, RecordState
from records.services.catalogue import ObjectSchema
from records.services.exporting import unescaped
from records.services.storage import ExternalKey
from records.services.tables import Row
from records.services.writing import UNSET, Attributes

MAX_EXTERNAL = 255
NUMBER = re.compile(r"0*[1-9][0-9]{0,17}", re.ASCII)


class Beside(StrEnum):
    """What a column says of a record; its value is the name of the column in an export."""

    ID = "id"
    EXTERNAL_ID = "externalId"
    MEMBER_ID = "memberId"
    MEMBER_EMAIL = "memberEmail"
    MEMBER_EXTERNAL_ID = "memberExternalId"
    TASK_ID = "assignmentTaskId"


# They name the member in this order: the first whose cell is not blank counts.
MEMBERS = (Beside.MEMBER_ID, Beside.MEMBER_EMAIL, Beside.MEMBER_EXTERNAL_ID)
# What the write path calls them.
PLACES: Mapping[str | int, Sequence[Beside]] = {
    "external_id": (Beside.EXTERNAL_ID,),
    "member_id": MEMBERS,
}
NAMING = frozenset({Beside.ID, Beside.EXTERNAL_ID})  # which record a row is


@dataclass(frozen=True, slots=True)
class Named:
    """What is there of that which rows name: records by number, and members by their column and
    what it calls them; `called` is how they are spelled."""

    records: frozenset[int] = frozenset()
    members: Mapping[tuple[Beside, str], int] = field(default_factory=dict)
    called: Mapping[tuple[Beside, str], str] = field(default_factory=dict)


NOTHING = Named()


@dataclass(frozen=True, slots=True)
class RefusedCell:
    """Why a cell cannot be; `at` is the position of its column."""

    at: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class RowAttributes:
    """What a row says of its record beside the values. `record_id` is None where there is no such
    record, or the row names none; `refused` are the cells that cannot be, `respelt` the positions
    of those that are read as another text than is written."""

    attributes: Attributes
    record_id: int | None = None
    refused: Sequence[RefusedCell] = ()
    respelt: Sequence[int] = ()


class BesideColumns:
    """The columns beside the values of one file; a blank cell says nothing. New records that name
    no member belong to `new_member_id`."""

    def __init__(
        self, header: Sequence[str], beside: Mapping[str, str], new_member_id: int
    ) -> None:
        self._at = {Beside(kind): header.index(name) for name, kind in beside.items()}
        self._header = header
        self._new_member_id = new_member_id

    def __contains__(self, kind: Beside) -> bool:
        return kind in self._at

    def cell_of(self, row: Row, error: RecordsError) -> tuple[str, str]:
        """The column that a refused write of the row is about, by its header, and what the row has
        there; empty where it is none's."""
        path = error.path if isinstance(error, (Conflict, InvalidInput)) else ()
        kinds = [kind for kind in PLACES.get(path[-1], ()) if kind in self._at] if path else []
        told = [kind for kind in kinds if self._cell(row, kind)]
        at = next((self._at[kind] for kind in (*told, *kinds)), None)
        return ("", "") if at is None else (self._header[at], row.cells[at])

    def header(self, at: int) -> str:
        """The header of the column at a position."""
        return self._header[at]

    def position(self, kind: Beside) -> int:
        """The position of a column that is there."""
        return self._at[kind]

    def named(self, schema: ObjectSchema, rows: Iterable[Row]) -> Named:
        """What is there of that which the rows name: a query for each column."""
        cells: dict[Beside, set[str]] = {kind: set() for kind in self._at}
        for row in rows:
            for kind, at in self._at.items():
                if at < len(row.cells) and (name := _folded(kind, unescaped(row.cells[at]))):
                    cells[kind].add(name)
        members: dict[tuple[Beside, str], int] = {}
        called: dict[tuple[Beside, str], str] = {}
        for kind in MEMBERS:
            for text, key in _members(schema.workspace_id, kind, cells.get(kind, set())):
                name = _folded(kind, text)
                members[kind, name], called[kind, name] = key, text
        return Named(_records(schema, cells.get(Beside.ID, set())), members, called)

    def read(self, row: Row, named: Named) -> RowAttributes:
        """What a row says."""
        refused: list[RefusedCell] = []
        attributes = Attributes(
            self._external(row, refused),
            self._member(row, named, refused),
            self._new_member_id,
            self._task(row, refused),
        )
        key = _number(self._cell(row, Beside.ID))
        record_id = key if key in named.records else None
        respelt = [self._at[kind] for kind in self._respelt(row, named, record_id, attributes)]
        return RowAttributes(attributes, record_id, refused, respelt)

    def _respelt(
        self, row: Row, named: Named, record_id: int | None, attributes: Attributes
    ) -> Iterator[Beside]:
        """The columns whose cells are read as another text than is written."""
        if record_id is not None and self._cell(row, Beside.ID) != str(record_id):
            yield Beside.ID
        kind = next((kind for kind in MEMBERS if self._cell(row, kind)), None)
        if kind is not None:
            cell = self._cell(row, kind)
            if named.called.get((kind, _folded(kind, cell)), cell) != cell:
                yield kind
        task = attributes.assignment_task_id
        if isinstance(task, int) and self._cell(row, Beside.TASK_ID) != str(task):
            yield Beside.TASK_ID

    def _external(self, row: Row, refused: list[RefusedCell]) -> Any:
        text = self._cell(row, Beside.EXTERNAL_ID)
        if len(text) > MAX_EXTERNAL or "\x00" in text:
            message = f"expected 1 to {MAX_EXTERNAL} characters."
            refused.append(RefusedCell(self._at[Beside.EXTERNAL_ID], "invalid", message))
        return ExternalKey("", text) if text else UNSET

    def _member(self, row: Row, named: Named, refused: list[RefusedCell]) -> Any:
        for kind in MEMBERS:
            if not (text := self._cell(row, kind)):
                continue
            if (key := named.members.get((kind, _folded(kind, text)))) is not None:
                return key
            refused.append(
                RefusedCell(self._at[kind], "does_not_exist", "The member does not exist.")
            )
            break
        return UNSET

    def _task(self, row: Row, refused: list[RefusedCell]) -> Any:
        if not (text := self._cell(row, Beside.TASK_ID)):
            return UNSET
        if (task := _number(text)) is None:
            refused.append(
                RefusedCell(self._at[Beside.TASK_ID], "invalid", "expected an integer id.")
            )
        return task

    def _cell(self, row: Row, kind: Beside) -> str:
        """What a row has in a column; empty where that is blank, or there is none."""
        at = self._at.get(kind)
        text = "" if at is None else row.cells[at]
        return unescaped(text) if text.strip() else ""


def _folded(kind: Beside, text: str) -> str:
    """What a text names, in the form that is compared; empty for what cannot name anything."""
    if kind == Beside.MEMBER_EMAIL:
        return text.strip().lower()
    if kind in (Beside.ID, Beside.MEMBER_ID):
        number = _number(text)
        return "" if number is None else str(number)
    return text.replace("\x00", "").strip()


def _number(text: str) -> int | None:
    """A primary key, or None for any other text."""
    return int(text) if NUMBER.fullmatch(text := text.strip()) else None


def _records(schema: ObjectSchema, keys: Iterable[str]) -> frozenset[int]:
    """The records of this object with these numbers, which may be archived."""
    if not (wanted := list(map(int, keys))):
        return frozenset()
    found = Record.objects.filter(
        workspace_id=schema.workspace_id, object_id=schema.id, id__in=wanted
    ).exclude(state=RecordState.DELETED)
    return frozenset(found.values_list("id", flat=True))


def _members(workspace_id: int, kind: Beside, names: Iterable[str]) -> list[tuple[str, int]]:
    """The members with these names, as they are spelled."""
    if not (wanted := list(names)):
        return []
    members = Member.objects.filter(workspace_id=workspace_id)
    if kind == Beside.MEMBER_ID:
        found = members.filter(id__in=map(int, wanted)).values_list("id", flat=True)
        return [(str(key), key) for key in found]
    if kind == Beside.MEMBER_EMAIL:
        keyed = members.annotate(key=Lower("email")).filter(key__in=wanted)
        return list(keyed.values_list("email", "id"))
    return list(members.filter(external_id__in=wanted).values_list("external_id", "id"))
