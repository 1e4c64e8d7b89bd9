"""The letters that languages sort otherwise than their plain letters, for the keys that texts are
sorted by.

The facts are those of the Unicode CLDR's standard collations; the tables are our own and hold what
differs from the order of `folding`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache

from babel import Locale, UnknownLocaleError

MARKS = "[\u0300-\u036f]"
# What makes a letter of its own from the letter it follows: sorted after every letter that is
# written, and in no text (the private use area).
FIRST_PLACE = 0xF700

# `a<b` sorts b after a as a letter of its own; `b=c` sorts both as one letter, in the first group
# of a rule as the plain one that it begins with.
# ruff: noqa: RUF001 - letters that look like others are what this is about
_NORDIC = "z<æ=ä=ę<ø=ö=ő=œ<å=aa y=ü=ű d=đ=ð"
_SWEDISH = "z<å<ä=æ=ę<ö=ø=ő=œ=ô y=ü=ű d=đ=ð"
_CROATIAN = "c<č<ć d<dž<đ l<lj n<nj s<š z<ž"
_TURKISH = "c<ç g<ğ h<ı o<ö s<ş u<ü"
_RULES: Mapping[str, str] = {
    "az": "c<ç e<ə g<ğ h<x<ı k<q o<ö s<ş u<ü z<w",
    "be": "е<ё у<ў з<і",
    "bs": _CROATIAN,
    "cs": "c<č h<ch r<ř s<š z<ž",
    "cy": "c<ch d<dd f<ff g<ng l<ll p<ph r<rh t<th",
    "da": _NORDIC,
    "eo": "c<ĉ g<ĝ h<ĥ j<ĵ s<ŝ u<ŭ",
    "es": "n<ñ",
    "et": "s<š<z<ž w<õ<ä<ö<ü",
    "eu": "n<ñ",
    "fi": _SWEDISH,
    "fil": "n<ñ<ng",
    "fo": _NORDIC,
    "gl": "n<ñ",
    "hr": _CROATIAN,
    "hu": "c<cs d<dz<dzs g<gy l<ly n<ny o<ö=ő s<sz t<ty u<ü=ű z<zs",
    "is": "a<á d=đ<ð e<é i<í o<ó u<ú y<ý z<þ<æ=ä<ö=ø<å",
    "lt": "c<č i=y s<š z<ž",
    "lv": "c<č g<ģ i=y k<ķ l<ļ n<ņ r<ŗ s<š z<ž",
    "mk": "д<ѓ з<ѕ и<ј л<љ н<њ т<ќ ч<џ",
    "mt": "b<ċ f<ġ g<għ h<ħ y<ż",
    "nb": _NORDIC,
    "nn": _NORDIC,
    "no": _NORDIC,
    "pl": "a<ą c<ć e<ę l<ł n<ń o<ó s<ś z<ź<ż",
    "ro": "a<ă<â i<î s<ș=ş t<ț=ţ",
    "sk": "a<ä c<č h<ch o<ô r<ř s<š z<ž",
    "sl": "c<č<ć d<đ s<š z<ž",
    "sq": "c<ç d<dh e<ë g<gj l<ll n<nj r<rr s<sh t<th x<xh z<zh",
    "sr": f"д<ђ и<ј л<љ н<њ т<ћ ч<џ {_CROATIAN}",
    "sv": _SWEDISH,
    "tk": "c<ç e<ä j<ž n<ň o<ö s<ş u<ü y<ý",
    "tr": _TURKISH,
    "uk": "г<ґ е<є и<і<ї",
    "vi": "a<ă<â d<đ e<ê o<ô<ơ u<ư",
}
# Languages that need no rules: texts have their order anyway.
_IN_THIS_ORDER = ("bg", "ca", "de", "el", "en", "fr", "ga", "id", "it", "ms", "nl", "pt", "ru")
# Languages in which a capital I is no capital of i.
_DOTLESS = frozenset({"az", "tr"})
_CAPITALS = str.maketrans({"I": "ı", "İ": "i"})


def check_language(code: str) -> str:
    """A BCP 47 code of a language that is known, as such codes are written; ValueError for others.
    The empty text stands for no language."""
    if not code:
        return ""
    try:
        return str(Locale.parse(code, sep="-")).replace("_", "-")
    except UnknownLocaleError as problem:
        raise ValueError(code) from problem


@cache
def known_languages() -> Mapping[str, str]:
    """The English names of the languages that people may choose from, by code, in their order."""
    names: Mapping[str, str] = Locale("en").languages
    found = {code: names[code] for code in (*_RULES, *_IN_THIS_ORDER) if code in names}
    return dict(sorted(found.items(), key=lambda item: item[1]))


def has_own_order(language: str) -> bool:
    """Whether texts in this language have an order that differs from everybody's."""
    return bool(language) and _tailoring(language) is not None


def has_dotless_i(language: str) -> bool:
    """Whether a capital I is another letter than the capital of i."""
    return _base(language) in _DOTLESS


def lowered(text: str, language: str) -> str:
    """A text in which capitals that this language has otherwise than others are small letters."""
    if not has_dotless_i(language):
        return text
    return unicodedata.normalize("NFC", text).translate(_CAPITALS)


def placed(normal: str, language: str) -> str:
    """A normal text with the language's own letters where they are sorted; itself without any."""
    tailoring = _tailoring(language) if language else None
    return normal if tailoring is None else tailoring(normal)


def _base(language: str) -> str:
    return language.partition("-")[0].lower()


@cache
def _tailoring(language: str) -> Callable[[str], str] | None:
    rules = _RULES.get(_base(language))
    return None if rules is None else _compiled(rules, doubled=_base(language) == "hu")


def _compiled(rules: str, *, doubled: bool) -> Callable[[str], str]:
    """The function that puts the letters of these rules in their places. `doubled`: letters written
    as several are doubled by their first one (ssz is sz twice)."""
    places = _places(rules)
    several = {letters: key for letters, key in places.items() if _is_several(letters)}
    if doubled:
        several |= {letters[0] + letters: key * 2 for letters, key in several.items()}
    single = {letters: key for letters, key in places.items() if letters not in several}
    # Letters that nothing is taken apart from, beside those of a letter and marks.
    alone = "".join(letter for letter in single if unicodedata.decomposition(letter) == "")
    longest = sorted(map(_apart, several), key=len, reverse=True)
    pattern = re.compile(
        "|".join(
            [
                *(f"{re.escape(letters)}(?!{MARKS})" for letters in longest),
                *([f"[{alone}]{MARKS}*"] if alone else []),
                f"[^\\W\\d_]{MARKS}+",
            ]
        )
    )
    by_letters = {_apart(letters): key for letters, key in several.items()}

    @cache
    def place(letters: str) -> str:
        found = by_letters.get(letters) or single.get(unicodedata.normalize("NFC", letters))
        if found is not None:
            return found
        # A letter with a mark more (a tone, an accent) is sorted as the letter.
        first = letters[0]
        made = (unicodedata.normalize("NFC", first + mark) for mark in letters[1:])
        return next((single[one] for one in (*made, first) if one in single), letters)

    plain_ascii = not any(letters.isascii() for letters in places)

    def tailoring(normal: str) -> str:
        if plain_ascii and normal.isascii():
            return normal
        apart = _apart(normal)
        in_place = pattern.sub(put, apart)
        return normal if in_place == apart else in_place

    def put(match: re.Match[str]) -> str:
        return place(match[0])

    return tailoring


def _places(rules: str) -> dict[str, str]:
    """What stands for each letter of the rules in keys."""
    places = {}
    for rule in rules.split():
        (base, *same), *later = (group.split("=") for group in rule.split("<"))
        places.update(dict.fromkeys(same, base))
        for place, group in enumerate(later, FIRST_PLACE):
            places.update(dict.fromkeys(group, base + chr(place)))
    return places


def _is_several(letters: str) -> bool:
    return len(unicodedata.normalize("NFC", letters)) > 1


def _apart(text: str) -> str:
    return unicodedata.normalize("NFD", text)
