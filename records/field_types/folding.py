"""Texts as they are sorted and searched: without accents first, so that Ä stands beside A and
`apfel` finds Äpfel, on every database alike.

Where a language sorts letters otherwise (Å after Z), the key that it sorts by comes before the
text.
"""

from __future__ import annotations

import re
import unicodedata

from .base import MAX_INDEXED, normal_text
from .tailorings import has_own_order, lowered, placed

# Between a text without accents and the text itself: white space in every normal text, so it is in
# none, and sorted before all that is.
DIVIDER = "\x1f"
# Where a language's key ends: also in no text.
KEY_END = "\x1e"
# Letters that Unicode does not decompose, and that a root collation sorts beside these.
LETTERS = str.maketrans("øđðłħ\u0131\u014bŧĸƶɨʉɵ", "oddlhintkziuo") | str.maketrans(
    {"æ": "ae", "œ": "oe", "þ": "th"}
)
# Accents of Latin, Greek and Cyrillic; the marks of other scripts are vowels and the like.
ACCENTS = re.compile("[\u0300-\u036f]+")
# A breve makes other letters of Cyrillic i and u.
BREVE = "\u0306"
WITH_BREVE = {f"\u0438{BREVE}": "\u0439", f"\u0443{BREVE}": "\u045e"}


def index_text(text: str, language: str = "") -> str:
    """A text in the form in which it is indexed: its order is that of its letters without accents,
    or that of its language, and `search_text` of a part of it is in it.

    Without a language, two are the same where `normal_text` makes the same of both. With one, that
    is so for their `root_text`.
    """
    normal = normal_text(text)
    plain = _plain(normal)
    root = normal if plain == normal else f"{plain}{DIVIDER}{normal}"
    if not language or not has_own_order(language):
        return root
    small = lowered(text, language)
    folded = normal if small is text else normal_text(small)
    in_place = placed(folded, language)
    key = plain if in_place is normal else _plain(in_place)
    return root if key == plain else f"{key}{KEY_END}{root}"


def root_text(indexed: str) -> str:
    """An indexed text as it is indexed without a language."""
    return indexed.rpartition(KEY_END)[2]


def first_part(indexed: str) -> str:
    """As much of an indexed text as names are found and sorted by; what is longer is cut."""
    key, end, root = indexed.rpartition(KEY_END)
    return key[:MAX_INDEXED] + end + root[:MAX_INDEXED]


def search_text(text: str) -> str:
    """A part of a text, in the form in which it is sought in indexed ones, whatever the
    language."""
    return normal_text(text) if text.isascii() else _plain(normal_text(text))


def shown_text(indexed: str) -> str:
    """The normal form of an indexed text."""
    root = root_text(indexed)
    return root.partition(DIVIDER)[2] or root


def _plain(normal: str) -> str:
    """A normal text without accents; itself where nothing else is in it."""
    if normal.isascii():
        return normal
    letters = unicodedata.normalize("NFKD", normal)
    if BREVE in letters:
        for two, one in WITH_BREVE.items():
            letters = letters.replace(two, one)
    letters = ACCENTS.sub("", letters)
    if letters.isascii():  # what most texts of Latin letters are without accents
        plain = letters.lower()
    else:
        plain = unicodedata.normalize("NFC", letters.casefold().translate(LETTERS))
    return " ".join(plain.split()) or normal
