"""Cursors: places in the feed that callers were given, sealed, because they count hidden writes
too."""

from __future__ import annotations

import base64
import binascii
import re
import struct
from dataclasses import dataclass
from typing import NamedTuple

from records.exceptions import Gone, InvalidInput
from records.services.database import Unreadable, seal, unseal

NOW = "now"
SOURCES = 4  # histories of definitions
FORM = 1
_SHAPE = re.compile(r"[A-Za-z0-9_=-]{100,1000}")
_PACKED = struct.Struct(f">B8s4s8sqqqqq4s{2 * SOURCES}q")
START_AGAIN = (
    "Start again without a cursor, which returns everything from the beginning, or with "
    "after=now if you load all records anew."
)


class Place(NamedTuple):
    """A row of one source. Rows are in the order of their places; the first is behind the
    beginning."""

    position: int = 0
    key: int = 0


BEGINNING = Place()


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a caller has read, in the ledger and in each history of definitions.

    `record` and `operation` are those of the ledger's row at this place, by which it is known
    again. `scope` stands for what was asked, `rights` for what the caller might see, of the objects
    and fields up to the newest ones then.
    """

    epoch: bytes
    scope: bytes
    rights: bytes
    newest_object: int = 0
    newest_field: int = 0
    ledger: Place = BEGINNING
    record: int = 0
    operation: bytes = bytes(4)
    definitions: tuple[Place, ...] = (BEGINNING,) * SOURCES

    @property
    def places(self) -> tuple[Place, ...]:
        """The places in all sources: the ledger's, then those of definitions."""
        return self.ledger, *self.definitions


def write_cursor(cursor: Cursor) -> str:
    """The cursor as a caller gets it."""
    packed = _PACKED.pack(
        FORM,
        cursor.epoch,
        cursor.scope,
        cursor.rights,
        cursor.newest_object,
        cursor.newest_field,
        *cursor.ledger,
        cursor.record,
        cursor.operation,
        *(number for place in cursor.definitions for number in place),
    )
    return seal(base64.b64encode(packed).decode())


def read_cursor(sent: str) -> Cursor:
    """The cursor that a caller sends; InvalidInput for what never was one, Gone for one of a server
    with other keys."""
    if not _SHAPE.fullmatch(sent):
        raise InvalidInput("expected a cursor that this feed returned, or now.", at="after")
    try:
        form, epoch, scope, rights, newest_object, newest_field, *places = _PACKED.unpack(
            base64.b64decode(unseal(sent))
        )
    except (Unreadable, binascii.Error, struct.error):
        raise expired("The cursor is not one of this server.") from None
    if form != FORM:
        raise expired("The cursor is of another release.")
    position, key, record, operation, *rest = places
    definitions = tuple(map(Place, rest[::2], rest[1::2]))
    return Cursor(
        epoch,
        scope,
        rights,
        newest_object,
        newest_field,
        Place(position, key),
        record,
        operation,
        definitions,
    )


def is_behind(sent: str, other: str) -> bool:
    """Whether a cursor is behind another one, so that nothing lies between them."""
    one, two = read_cursor(sent).places, read_cursor(other).places
    return one != two and all(mine >= its for mine, its in zip(one, two, strict=True))


def expired(reason: str) -> Gone:
    return Gone(f"{reason} {START_AGAIN}")
