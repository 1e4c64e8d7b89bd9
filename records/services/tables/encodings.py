"""The encoding of a text file: what its first bytes say, UTF-8 if it is, else the likeliest other
one.

A guess is a guess: interfaces show it, and take another.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from charset_normalizer import from_bytes

CHUNK = 1 << 20
MOST_READ = 64 * CHUNK  # of a file that may be UTF-8
WIDE = 4096  # bytes in which UTF-16 is sought
FEWEST = 50  # characters of a table for each that divides cells or rows
SAMPLE = 1 << 14  # bytes of lines that are not ASCII
UTF_8 = "utf-8"
WESTERN = "cp1252"
MARKS = (
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Encodings of Latin letters, in which the same bytes are other letters; the first that makes words
# without signs in them is taken.
LATIN = (WESTERN, "cp1250", "mac_roman", "iso8859_15", "iso8859_2", "cp850", "cp852")
# The letters beyond ASCII of languages that one encoding is for. The Portuguese o with a tilde is
# rare, and stands where Hungarian has its own.
LANGUAGES = tuple(
    map(
        frozenset,
        (
            "àâæçéèêëîïôœùûüÿ", "äöüß", "áéíóúñü", "ãáâàçéêíóôúü", "àèéìíòóù", "åäöæøéü",
            "áðéíóúýþæö", "ëïéèöüá", "äöõüšž", "ąćęłńóśźż", "áčďéěíňóřšťúůýž",
            "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîșțşţ", "čćđšž", "āčēģīķļņšūž", "ąčęėįšųūž",
            "çğıöşüâ",
        ),
    )
)  # fmt: skip
WEST, CENTRE = frozenset().union(*LANGUAGES[:9]), frozenset().union(*LANGUAGES[9:15])
MIXED = 0.25  # of a letter, for each in texts of several languages
WRONG_SIGN = 2  # letters
OTHER_SCRIPTS = (
    "cp1251", "koi8_r", "cp866", "cp1253", "cp1255", "cp1256", "cp932", "euc_jp", "gb18030", "big5",
    "cp949",
)  # fmt: skip
HEBREW, CYRILLIC, TURKISH = "cp1255", "cp1251", "cp1254"
# The letters of Hebrew; those of Russian are capitals and others too.
HEBREW_LETTERS = frozenset(range(0xE0, 0xFB))
# Where Western has letters of Iceland, Turkish has its own; texts of Iceland have accented vowels
# besides.
TURKISH_LETTERS = frozenset(b"\xd0\xdd\xde\xf0\xfd\xfe")
ICELANDIC_VOWELS = frozenset(b"\xc1\xc6\xc9\xcd\xd3\xda\xe1\xe6\xe9\xed\xf3\xfa")
# Signs that stand beside letters in any text.
USUAL = frozenset("“”„‘’‚«»–—…€°®™·§©ªº")  # noqa: RUF001


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding's name; whether it is a guess, which the file itself does not prove."""

    name: str
    is_guess: bool = False


def find_encoding(file: BinaryIO) -> Encoding:
    """The encoding of a text file. Bytes that spoil a file of UTF-8 do not make it another."""
    head = file.read(CHUNK)
    for mark, name in MARKS:
        if head.startswith(mark):
            return Encoding(name)
    if wide := _without_mark(head):
        return Encoding(wide, is_guess=True)
    file.seek(0)
    if (broken := _broken(file)) is None:
        return Encoding(UTF_8)
    if _is_mostly_utf_8(broken):
        return Encoding(UTF_8)
    sample = b"\n".join(_lines_beyond_ascii(broken))[:SAMPLE]
    return Encoding(_likeliest(sample), is_guess=True)


def _without_mark(head: bytes) -> str | None:
    """UTF-16 without a mark has nulls in every second byte alone: beside each Latin letter, else
    beside what divides cells and rows."""
    head = head[: len(head[:WIDE]) // 2 * 2]
    pairs = len(head) // 2
    if pairs < 2:
        return None
    nulls = {"utf-16-le": head[1::2].count(0), "utf-16-be": head[0::2].count(0)}
    name = max(nulls, key=nulls.__getitem__)
    if nulls[name] > 0.6 * pairs:
        return name
    is_one_sided = min(nulls.values()) == 0 and nulls[name] * FEWEST >= pairs
    return name if is_one_sided and _is_table(head, name) else None


def _is_table(head: bytes, encoding: str) -> bool:
    """Whether the beginning of a text has lines, and no characters that texts do not have."""
    try:
        # What is cut off at the end may be half a character.
        text = head[:-2].decode(encoding) if len(head) == WIDE else head.decode(encoding)
    except UnicodeDecodeError:
        return False
    return "\n" in text and not any(mark < " " and mark not in "\t\r\n" for mark in text)


def _broken(file: BinaryIO) -> bytes | None:
    """The chunk that is not UTF-8; None where all that is looked at is."""
    decoder, read = codecs.getincrementaldecoder(UTF_8)(), 0
    while (chunk := file.read(CHUNK)) and read < MOST_READ:
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError:
            return chunk
        read += len(chunk)
    return None


def _is_mostly_utf_8(chunk: bytes) -> bool:
    """Whether most of what is not ASCII is UTF-8: then a few bytes are wrong, not the encoding."""
    text = chunk.decode(UTF_8, "replace")
    wrong = text.count("\N{REPLACEMENT CHARACTER}")
    return sum(not mark.isascii() for mark in text) - wrong >= wrong


def _lines_beyond_ascii(chunk: bytes) -> Iterator[bytes]:
    size = 0
    for line in re.finditer(rb"[^\n]*[\x80-\xff][^\n]*", chunk):
        yield line[0][:SAMPLE]
        size += len(line[0])
        if size > SAMPLE:
            return


def _likeliest(sample: bytes) -> str:
    # Accented letters stand alone among others, those of other scripts beside one another.
    runs = re.findall(rb"[\x80-\xff]+", sample)
    if 2 * sum(len(run) > 1 for run in runs) >= len(runs):
        found = from_bytes(sample, cp_isolation=[*LATIN, *OTHER_SCRIPTS]).best()
        if found is not None and found.encoding in OTHER_SCRIPTS:
            is_hebrew = found.encoding == CYRILLIC and _high(sample) <= HEBREW_LETTERS
            return HEBREW if is_hebrew else found.encoding
    faults = {name: _faults(f" {sample.decode(name, 'replace')} ") for name in LATIN}
    likeliest = min(LATIN, key=lambda name: (faults[name], LATIN.index(name)))
    high = _high(sample)
    is_turkish = high & TURKISH_LETTERS and not high & ICELANDIC_VOWELS
    return TURKISH if likeliest == WESTERN and is_turkish else likeliest


def _high(sample: bytes) -> frozenset[int]:
    """The bytes that are not ASCII."""
    return frozenset(byte for byte in sample if byte > 0x7F)


def _faults(text: str) -> float:
    """What speaks against an encoding: signs that no table has, or that stand in words, capitals
    after small letters, and letters that no one language has."""
    letters = [mark.lower() for mark in text if not mark.isascii() and mark.isalpha()]
    strange = min(sum(mark not in known for mark in letters) for known in LANGUAGES)
    mixed = min(
        sum(1 if mark not in known else MIXED for mark in letters) for known in (WEST, CENTRE)
    )
    return min(strange, mixed) + WRONG_SIGN * _wrong_signs(text)


def _wrong_signs(text: str) -> int:
    return sum(
        not mark.isascii()
        and (
            (mark.isupper() and before.islower())
            if mark.isalpha()
            else _is_no_sign(mark) or (mark not in USUAL and (before.isalpha() or after.isalpha()))
        )
        for before, mark, after in zip(text, text[1:], text[2:], strict=False)
    )


def _is_no_sign(mark: str) -> bool:
    """Whether tables have no such sign anywhere: controls, frames, the sign of any currency."""
    return mark <= "\x9f" or "\u2500" <= mark <= "\u259f" or mark in "¤\ufffd"
