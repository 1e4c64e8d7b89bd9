"""Texts as they are sorted and searched: without accents first, so that Ä stands beside A and
`apfel` finds Äpfel, on every database alike."""

from __future__ import annotations

import re
import unicodedata

from .base import normal_text

# Between a text without accents and the text itself: white space in every normal text, so it is in
# none, and sorted before all that is.
DIVIDER = "\x1f"
# Letters that Unicode does not decompose, and that a root collation sorts beside these.
LETTERS = str.maketrans("øđðłħ\u0131\u014bŧĸƶɨʉɵ", "oddlhintkziuo") | str.maketrans(
    {"æ": "ae", "œ": "oe", "þ": "th"}
)
# Accents of Latin, Greek and Cyrillic; the marks of other scripts are vowels and the like.
ACCENTS = re.compile("[\u0300-\u036f]+")
# A breve makes other letters of Cyrillic i and u.
BREVE = "\u0306"
WITH_BREVE = {f"\u0438{BREVE}": "\u0439", f"\u0443{BREVE}": "\u045e"}


def index_text(text: str) -> str:
    """A text in the form in which it is indexed: two are the same where `normal_text` makes the
    same of both, their order is that of their letters without accents, and `search_text` of a part
    of it is in it."""
    if text.isascii():
        return normal_text(text)
    normal = normal_text(text)
    plain = _plain(normal)
    return normal if plain == normal else f"{plain}{DIVIDER}{normal}"


def search_text(text: str) -> str:
    """A part of a text, in the form in which it is sought in indexed ones."""
    return normal_text(text) if text.isascii() else _plain(normal_text(text))


def shown_text(indexed: str) -> str:
    """The normal form of an indexed text."""
    return indexed.partition(DIVIDER)[2] or indexed


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
