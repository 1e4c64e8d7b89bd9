"""The encoding of a file is found, and said to be a guess where it is one."""

# ruff: noqa: RUF001

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress

import pytest

from records.services.tables.encodings import Encoding, find_encoding

TEXTS = {
    "cp1252": "name,city\nZoë,Åse Ørland\ncafé,“München” – Straße €5\n",
    "cp1250": "name,city\nŁódź,Kraków\nżółć,Wrocław\n",
    "mac_roman": "name,city\nMünchen,Straße\nKöln,café\n",
    "cp1251": "Имя,Город\nАнна,Москва\nОльга,Новосибирск\n",
    "koi8_r": "Имя,Город\nАнна,Москва\nОльга,Новосибирск\n",
    "cp1253": "όνομα,πόλη\nΑλέξανδρος,Αθήνα Ελλάδα\n",
    "cp932": "名前,住所\n山田太郎,東京都 株式会社\n",
    "gb18030": "姓名,城市\n公司名称,北京 上海 中文\n",
    "cp866": "Имя,Город\nАнна,Москва\nОльга,Новосибирск\n",
    "cp1254": "ad,şehir\nAyşe,İstanbul\nÇağrı,Diyarbakır\nGülşen,Muğla\n",
    "cp1255": "שם,עיר\nדנה,תל אביב\nיוסי,ירושלים\nרחל,חיפה\n",
    "cp949": "이름,도시\n서울 대한민국,부산\n",
}
RUSSIAN, JAPANESE = TEXTS["cp1251"] * 100, TEXTS["cp932"] * 200


@pytest.mark.parametrize("encoding", TEXTS)
def test_an_encoding_of_many_languages_is_guessed(encoding: str) -> None:
    content = TEXTS[encoding].encode(encoding)
    assert find_encoding(io.BytesIO(content)) == Encoding(encoding, is_guess=True)


# Tables in languages of Latin letters, which each of these encodings spells otherwise.
LANGUAGES = {
    "French": "nom,ville\nÉlodie Lefèvre,Orléans\nRené Beauséjour,Besançon\nZoë,Nîmes à côté\n",
    "French with euros": "nom,prix\nÉlodie,5 €\nCœur de bœuf,12 €\nRenée,3 €\n",
    "German": "name,ort\nMüller,Köln\nJürgen Groß,Düsseldorf\nSchäfer,Würzburg\nÖzil,Überlingen\n",
    "Spanish": "nombre,ciudad\nJosé Muñoz,Málaga\nÁngel Peña,Cádiz\nMaría Núñez,León\n",
    "Portuguese": "nome,cidade\nJoão Gonçalves,São Paulo\nConceição,Brasília\n",
    "Swedish": "namn,ort\nÅsa Söderström,Malmö\nBjörn Åkesson,Göteborg\nÄngla,Västerås\n",
    "Polish": "imię,miasto\nŁukasz,Łódź\nŻaneta,Gdańsk\nMałgorzata,Poznań\nŚwiętosława,Częstochowa\n",
    "Czech": "jméno,město\nŘehoř,Plzeň\nŠárka Dvořáková,Děčín\nŽofie,Třebíč\nTomáš,Praha\n",
    "Hungarian": "név,város\nErzsébet Kovács,Győr\nJenő,Szeged\nÁgnes,Hódmezővásárhely\n",
}
SPELLINGS = ("cp1252", "mac_roman", "cp850", "iso8859_15", "iso8859_2", "cp1250", "cp852")


def spelt() -> Iterator[tuple[str, str]]:
    """The languages that an encoding has the letters of."""
    for name, text in LANGUAGES.items():
        for encoding in SPELLINGS:
            with suppress(UnicodeEncodeError):
                text.encode(encoding)
                yield name, encoding


@pytest.mark.parametrize(("language", "encoding"), list(spelt()))
def test_the_letters_of_a_language_tell_its_encoding(language: str, encoding: str) -> None:
    text = LANGUAGES[language]
    found = find_encoding(io.BytesIO(text.encode(encoding)))
    assert (text.encode(encoding).decode(found.name), found.is_guess) == (text, True)


@pytest.mark.parametrize("text", ["Käse\n", "5 °C\n", "Müller\nÖzil\n", "naïve façade\n"])
def test_few_accents_are_western(text: str) -> None:
    assert find_encoding(io.BytesIO(text.encode("cp1252"))).name == "cp1252"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", Encoding("utf-8")),
        (b"name\nAnn\n", Encoding("utf-8")),
        ("Имя\nАнна\n".encode(), Encoding("utf-8")),
        (b"\xef\xbb\xbfname\n\xe9\n", Encoding("utf-8")),
        ("Имя".encode("utf-16"), Encoding("utf-16")),
        ("Имя".encode("utf-32"), Encoding("utf-32")),
        ("name,city\n".encode("utf-16-le"), Encoding("utf-16-le", is_guess=True)),
        ("name,city\n".encode("utf-16-be"), Encoding("utf-16-be", is_guess=True)),
        (RUSSIAN.encode("utf-16-le"), Encoding("utf-16-le", is_guess=True)),
        (RUSSIAN.encode("utf-16-be"), Encoding("utf-16-be", is_guess=True)),
        (JAPANESE.encode("utf-16-le"), Encoding("utf-16-le", is_guess=True)),
        (RUSSIAN.replace("А", "\x00", 1).encode(), Encoding("utf-8")),
        ("þór,ýmir\nGuðrún,Þórður Ísafjörður\n".encode("cp1252"), Encoding("cp1252", True)),
    ],
)
def test_what_the_bytes_prove_is_no_guess(content: bytes, expected: Encoding) -> None:
    assert find_encoding(io.BytesIO(content)) == expected


def test_a_few_wrong_bytes_do_not_make_utf_8_another_encoding() -> None:
    content = "Zoë, Åse, Ørland\n".encode() * 3 + b"caf\xe9\n"
    assert find_encoding(io.BytesIO(content)) == Encoding("utf-8")


@pytest.mark.parametrize("spoilt", [b"Zo\xeb,2\n", b"\xff\xfe,2\n"[1:]])
def test_one_wrong_byte_beside_one_right_letter_makes_no_other_encoding(spoilt: bytes) -> None:
    content = "name,n\nCafé,1\n".encode() + spoilt
    assert find_encoding(io.BytesIO(content)) == Encoding("utf-8")


def test_a_character_on_the_edge_of_what_is_read_at_once_is_no_wrong_one() -> None:
    content = b"a" * ((1 << 20) - 1) + "é".encode()
    assert find_encoding(io.BytesIO(content)) == Encoding("utf-8")
