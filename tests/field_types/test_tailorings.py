"""Texts are sorted by the alphabet of a language, and found and compared as without one."""

# ruff: noqa: RUF001 - letters that look like others are what this is about
from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.field_types import (
    check_language,
    first_part,
    has_own_order,
    index_text,
    known_languages,
    normal_text,
    root_text,
    search_text,
    shown_text,
)
from records.field_types.tailorings import FIRST_PLACE

# As a dictionary of the language has them.
ORDERS = {
    "": ["Äpfel", "apple", "Ñandú", "nube", "Øl", "Zebra"],
    "de": ["Apfel", "Äpfel", "Apfelsaft", "Öl", "Straße", "Zug"],
    "fr": ["cote", "coté", "côte", "côté", "coter"],
    "sv": ["Adam", "Yvonne", "Zorn", "Åberg", "Ångström", "Ängby", "Öberg"],
    "sv-SE": ["zoo", "ål", "ärta", "öl"],
    "fi": ["Wirtanen", "Zacharias", "Åbo", "Äiti", "Öljy"],
    "da": ["Bo", "Zoo", "Ærø", "Østerbro", "Aabenraa", "Århus", "Aarslev"],
    "nb": ["Bergen", "Zulu", "Ærfugl", "Ørland", "Ålesund"],
    "nn-NO": ["zoo", "ære", "øl", "år"],
    "is": ["Adam", "Áki", "Bjarni", "Dóra", "Ðuro", "Zoe", "Þór", "Æsa", "Örn"],
    "es": ["nube", "nuevo", "nzambi", "ñandú", "oso"],
    "tr": [
        "cam",
        "çam",
        "Hakkâri",
        "Iğdır",
        "Isparta",
        "ızgara",
        "İstanbul",
        "izmir",
        "Jale",
        "şeker",
    ],
    "az": ["ev", "əl", "fil", "hava", "xalq", "ığır", "it", "kol", "qız", "lalə"],
    "et": ["Saar", "Šokk", "Zoo", "Žanr", "Tartu", "Viljandi", "Õun", "Äike", "Öö", "Üks", "Xenia"],
    "pl": ["Adam", "Ącki", "Beata", "Czech", "Ćma", "Lech", "Łódź", "zupa", "źle", "żaba"],
    "cs": ["Cyril", "Čapek", "Hus", "Chleba", "chmel", "Ivan", "Rak", "Řek", "Sova", "Šípek"],
    "sk": ["Adam", "Äther", "dom", "hora", "chata", "oko", "ôsmy"],
    "hu": ["cukor", "csak", "óra", "ökör", "sok", "szó", "ssz", "zene", "zseb"],
    "hr": ["cura", "čaj", "ćevap", "dva", "džem", "đak", "luk", "ljeto", "noga", "njuška"],
    "lt": ["cukrus", "čekas", "iki", "yla", "ilgas", "sala", "šaka"],
    "lv": ["cukurs", "čaks", "gads", "ģimene", "kaķis", "ķirbis"],
    "ro": ["arbore", "ăsta", "âmbar", "sare", "șarpe", "ţară"],
    "sq": ["cak", "çaj", "dardhë", "dhi", "gur", "gjak", "zonë", "zhurmë"],
    "cy": ["cath", "chwaer", "dafad", "ddoe", "gwaith", "ngor", "llan", "lliw"],
    "vi": ["an", "ăn", "ấm", "ậu", "ba", "da", "đa", "ơn", "ung", "ưng"],
    "uk": ["гай", "ґанок", "дім", "еней", "євген", "иж", "іван", "їжак", "йод"],
    "be": ["ехаць", "ёлка", "зіма", "іней", "кава", "уха", "ўсё"],
    "sr": ["дан", "ђак", "ера", "лук", "љубав", "тата", "ћуп", "час", "џем"],
    "mk": ["дом", "ѓавол", "ера", "зима", "ѕвезда", "и", "јас"],
    "eo": ["celo", "ĉielo", "domo"],
    "mt": ["bieb", "ċar", "dar", "fwied", "ġurdien", "gallina", "xahar", "żar", "zalza"],
}
TEXT = st.text(alphabet=st.characters(exclude_characters="".join(map(chr, range(FIRST_PLACE, FIRST_PLACE + 9)))), max_size=8) | st.text("iIİıaAåÅzchCHäÄ n\u0303\u030a", max_size=8)  # fmt: skip


@pytest.mark.parametrize("language", ORDERS)
def test_texts_have_the_order_of_the_language(language: str) -> None:
    texts = ORDERS[language]

    assert sorted(set(texts), key=lambda text: index_text(text, language)) == texts
    assert check_language(language) == language


@pytest.mark.parametrize("language", ["", "de", "zh-Hant", "en-GB"])
def test_a_language_without_letters_of_its_own_has_the_common_form(language: str) -> None:
    assert not has_own_order(language)
    assert index_text("Äpfel", language) == index_text("Äpfel")


@settings(max_examples=400)
@given(st.sampled_from(sorted(ORDERS)), TEXT, TEXT)
def test_which_texts_are_the_same_is_no_matter_of_the_language(
    language: str, one: str, other: str
) -> None:
    indexed = index_text(one, language)

    assert root_text(indexed) == index_text(one)
    assert shown_text(indexed) == normal_text(one)
    assert search_text(one) in root_text(indexed)
    if language not in ("tr", "az"):  # their keys tell I from i
        same = normal_text(one) == normal_text(other)
        assert (indexed == index_text(other, language)) == same


def test_plain_texts_have_no_key() -> None:
    assert index_text("Zorn", "sv") == "zorn"
    assert index_text("Café", "sv") == index_text("Café")
    assert index_text("Isparta", "tr") != "isparta"


def test_long_names_are_cut_so_that_their_text_is_still_found() -> None:
    long = "å" * 200 + "slut"

    assert search_text("slut") in root_text(first_part(index_text(long, "sv")))
    assert first_part(index_text("ß" * 200)) == "s" * 255


@pytest.mark.parametrize("code", ["xx", "sv_SE", "sv-", "Swedish!", "<script>", "x" * 50, " "])
def test_other_codes_are_refused(code: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        check_language(code)


def test_codes_are_kept_as_they_are_written_usually() -> None:
    assert check_language("SV") == "sv"
    assert check_language("nb-no") == "nb-NO"


def test_every_language_to_choose_is_known_by_its_name() -> None:
    assert all(check_language(code) == code for code in known_languages())
    assert known_languages()["sv"] == "Swedish"
