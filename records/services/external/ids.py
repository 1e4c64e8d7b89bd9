"""The ids of records that live elsewhere: a UUID that contains the upstream's id, so nothing
has to be stored.

An id that is a UUID stays as it is. Another one of at most fourteen bytes is spelt in a UUID of
version 8, whose form is the caller's to choose: four bits of length, the bytes, six bits that mark
it as ours. Of a longer id there is only a digest: such records are found by their external id
alone.
"""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

from records.exceptions import NotFound

MOST = 14
TOO_LONG = MOST + 1
MARK = 0b101101
MAX_ID = 255
MAX_INTEGER = 2**63 - 1


def uuid_of(external_id: str) -> str:
    """The UUID of the record with this id."""
    # A UUID that reads as one of ours is spelt like any other text, so each id stays unambiguous.
    if _is_uuid(external_id) and _spelt(UUID(external_id)) is None:
        return external_id
    raw = external_id.encode()
    if 0 < len(raw) <= MOST:
        return _spell(len(raw), raw)
    return _spell(TOO_LONG, sha256(raw).digest()[:MOST])


def external_id_of(uuid: str) -> str:
    """The upstream's id of the record with this UUID; NotFound where the UUID does not say it."""
    parsed = UUID(str(uuid))
    spelt = _spelt(parsed)
    if spelt is None:
        return str(parsed)
    length, raw = spelt
    # A digest cannot be reversed.
    if length == TOO_LONG:
        raise NotFound(
            "The record's id in the upstream is too long for a UUID; use its external id."
        )
    return raw[:length].decode()


def integer_of(external_id: str) -> int:
    """The id as the primary key that some interfaces show; 0 where it is no positive integer."""
    if (
        not external_id.isascii()
        or not external_id.isdigit()
        # Before int(): parsing very long digits is slow, and refused by Python.
        or len(external_id) > len(str(MAX_INTEGER))
    ):
        return 0
    number = int(external_id)
    # 007 and 7 are different ids of the upstream; the number stands for 7 alone.
    return number if str(number) == external_id and number <= MAX_INTEGER else 0


def _is_uuid(text: str) -> bool:
    try:
        # UUID accepts upper case and braces, which would not be given back as they were.
        return str(UUID(text)) == text
    except ValueError:
        return False


def _spell(length: int, raw: bytes) -> str:
    """122 bits around the version and the variant of a UUID of version 8."""
    bits = (length << 118) | (int.from_bytes(raw.ljust(MOST, b"\0")) << 6) | MARK
    high, middle, low = bits >> 74, (bits >> 62) & 0xFFF, bits & (2**62 - 1)
    return str(UUID(int=(high << 80) | (8 << 76) | (middle << 64) | (0b10 << 62) | low))


def _spelt(uuid: UUID) -> tuple[int, bytes] | None:
    """The length and the bytes that a UUID of ours spells; None for any other."""
    if uuid.version != 8:
        return None
    number = uuid.int
    bits = ((number >> 80) << 74) | (((number >> 64) & 0xFFF) << 62) | (number & (2**62 - 1))
    length, raw, mark = bits >> 118, ((bits >> 6) & (2**112 - 1)).to_bytes(MOST), bits & 0x3F
    # Upstreams can have UUIDs of version 8 too; the mark tells them from ours.
    if mark != MARK or length == 0:
        return None
    if length == TOO_LONG:
        return length, raw
    try:
        raw[:length].decode()
    except UnicodeDecodeError:
        return None
    # Padding is always zero in ours.
    return None if any(raw[length:]) else (length, raw)
