"""What the exports of address books call the fields of contacts."""

# ruff: noqa: RUF001

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping

# As Google, Outlook, LinkedIn, Thunderbird, Salesforce, Zoho and programs for Apple's address book
# write headers, those of Outlook and Apple in their larger languages too; compared by letters.
NAMES: dict[str, tuple[str, ...]] = {
    "first_name": (
        "Given name", "Forename", "First", "Vorname", "Prénom", "Nombre", "Nome", "Voornaam",
        "Förnamn", "Fornavn", "Imię", "Имя", "名", "Jméno", "Křestní jméno", "Etunimi", "Utónév",
        "Όνομα", "名字",
    ),
    "last_name": (
        "Family name", "Surname", "Last", "Nachname", "Nom de famille", "Nom", "Apellidos",
        "Apellido", "Cognome", "Sobrenome", "Achternaam", "Efternamn", "Etternavn", "Efternavn",
        "Nazwisko", "Фамилия", "姓", "Příjmení", "Sukunimi", "Vezetéknév", "Επώνυμο", "Soyadı",
        "姓氏", "성",
    ),
    "email": (
        "E-mail 1 - Value", "E-mail address", "Primary email", "Email 1", "Email 1 address",
        "Email (home)", "Email (work)", "Email (other)", "Email (personal)", "Home email",
        "Work email", "Personal email", "Business email", "E-Mail-Adresse", "E-mailadress",
        "E-mailadres", "Adresse de messagerie", "Adresse e-mail",
        "Dirección de correo electrónico", "Indirizzo posta elettronica",
        "Endereço de correio eletrónico", "Endereço de e-mail", "E-postadress", "E-postadresse",
        "Adres e-mail", "Adres poczty e-mail", "Adres poczty elektronicznej",
        "Адрес эл. почты", "Адрес электронной почты", "Эл. почта", "Электронная почта", "Эл. адрес",
        "電子メール アドレス", "電子メール", "メールアドレス", "メール", "E-mailová adresa",
        "Adresa e-mailu", "Adresa elektronické pošty", "电子邮件地址", "전자 메일 주소",
    ),
    "mobile_phone": (
        "Phone 1 - Value", "Mobile", "Mobile number", "Phone (mobile)", "Mobile telephone", "Cell",
        "Cell phone", "Phone (cell)", "Phone (iPhone)", "iPhone", "Mobiltelefon",
        "Mobiltelefonnummer", "Handy", "Telefon (mobil)", "Tél. mobile", "Téléphone mobile",
        "Teléfono móvil", "Móvil", "Cellulare", "Telemóvel", "Telefone celular", "Celular",
        "Mobiele telefoon", "Telefon komórkowy", "Komórka", "Tel. kom.", "Мобильный телефон",
        "Мобильный", "Телефон переносной", "Сотовый телефон", "Моб. телефон", "携帯電話",
        "携帯電話番号", "携帯", "モバイル", "Mobilní telefon", "Mobil", "移动电话", "휴대폰",
    ),
    "business_phone": (
        "Work phone", "Phone (work)", "Phone (company)", "Business phone 1", "Office phone",
        "Company main phone", "Telefon geschäftlich", "Telefon (Arbeit)", "Téléphone (bureau)",
        "Tél. bureau", "Teléfono del trabajo", "Teléfono comercial", "Telefono ufficio",
        "Telefono (commerciale)",
        "Telefone comercial", "Telefoon op werk", "Telefon służbowy", "Telefon w pracy",
        "Telefon (praca)", "Рабочий телефон", "Телефон раб.", "Телефон (рабочий)", "会社電話",
        "会社電話番号", "会社電話 1", "勤務先電話", "勤務先電話番号", "Telefon do zaměstnání",
        "Telefon do práce", "Telefon (zaměstnání)", "Telefon (práce)", "商务电话", "근무처 전화",
    ),
    "home_phone": (
        "Home phone 1", "Phone (home)", "Home telephone", "Telefon privat", "Téléphone (domicile)",
        "Tél. domicile", "Teléfono particular", "Telefono casa", "Abitazione",
        "Telefone residencial", "Telefoon thuis", "Telefon domowy", "Telefon (dom)",
        "Домашний телефон", "Телефон дом.", "Телефон (домашний)", "自宅電話", "自宅電話番号",
        "自宅電話 1", "Domácí telefon", "Telefon domů", "Telefon (domů)", "住宅电话",
        "집 전화 번호",
    ),
    "birthday": (
        "Bday", "Date of birth", "Birthdate", "Geburtstag", "Anniversaire", "Cumpleaños",
        "Compleanno", "Aniversário", "Verjaardag", "Urodziny", "Data urodzenia", "День рождения",
        "Дата рождения", "誕生日", "生年月日", "Narozeniny", "Datum narození", "生日", "생일",
    ),
}  # fmt: skip
# Numbers of which a header says no more; beside a column of mobile numbers, or in the file of a
# customer system, those of an office.
PHONES = (
    "Phone", "Primary phone", "Phone number", "Phone 1", "Telephone", "Telephone number", "Telefon",
    "Téléphone", "Teléfono", "Telefono", "Telefone", "Telefoon", "Телефон", "Номер телефона",
    "電話", "電話番号", "电话", "전화",
)  # fmt: skip
CUSTOMERS = (
    "Account name", "Account ID", "Account owner", "Contact owner", "Contact ID", "Lead source",
    "Lead owner", "Company name", "Contact name",
)  # fmt: skip
# Both names in one column.
FULL_NAMES = (
    "Name", "Full name", "Display name", "Contact name", "Vollständiger Name", "Nom complet",
    "Nombre completo", "Nome completo", "Volledige naam", "Naam", "Imię i nazwisko", "ФИО",
    "Полное имя", "氏名", "名前", "Jméno a příjmení", "Celé jméno", "姓名", "이름",
)  # fmt: skip
NAME_FIELDS = ("first_name", "last_name")
BOTH_NAMES = "+".join(NAME_FIELDS)  # how a mapping says it
MOBILE, BUSINESS = "mobile_phone", "business_phone"


def letters(text: str) -> str:
    """The letters and digits of a text, without case and accents."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(mark for mark in plain if mark.isalnum())


FIELDS = {letters(header): field for field, known in NAMES.items() for header in known}
OF_FULL_NAMES = frozenset(map(letters, FULL_NAMES))
OPEN_PHONES, OF_CUSTOMERS = frozenset(map(letters, PHONES)), frozenset(map(letters, CUSTOMERS))
# Thunderbird has a column for each part of a birthday; `Birth Day` is then a number.
PARTS_OF_BIRTHDAY = frozenset({"birthyear", "birthmonth"})


def suggested(
    found: Mapping[str, str | None], writable: Collection[str], links: Collection[str]
) -> dict[str, str | None]:
    """The fields of columns, with those that address books call by other names, each field once.

    In a file of an address book a column is no link: the companies in it are texts, of which no
    records need be there.
    """
    called = {name: letters(name) for name in found}
    fields = dict(found)
    known = FIELDS | dict.fromkeys(OPEN_PHONES, _open_phone(frozenset(called.values())))
    if not known.keys().isdisjoint(called.values()):
        fields.update({name: None for name, field in fields.items() if field in links})
    is_apart = not PARTS_OF_BIRTHDAY.isdisjoint(called.values())
    for name, field in found.items():
        if field == "birthday" and is_apart:
            fields[name] = None
        known_as = known.get(called[name])
        if field is None and known_as in writable and known_as not in fields.values():
            fields[name] = known_as
    _suggest_full_name(fields, called, writable)
    return fields


def _suggest_full_name(
    fields: dict[str, str | None], called: Mapping[str, str], writable: Collection[str]
) -> None:
    """Where no column has a first or a last name, the first that has both fills both."""
    if set(NAME_FIELDS) <= set(writable) and set(NAME_FIELDS).isdisjoint(fields.values()):
        for name, field in fields.items():
            if field is None and called[name] in OF_FULL_NAMES:
                fields[name] = BOTH_NAMES
                return


def name_part(text: str, part: int) -> str:
    """The first (0) or the last (1) name in a full one: `Ann Marie Lee` or `Lee, Ann Marie`."""
    plain = text.strip()
    if "," in plain:
        last, _, first = plain.partition(",")
    else:
        first, _, last = plain.rpartition(" ")
        first, last = (first, last) if first else (last, "")
    return (first, last)[part].strip()


def full_name(text: str) -> str:
    """A full name as its two parts are shown together."""
    return " ".join(filter(None, (name_part(text, 0), name_part(text, 1))))


def _open_phone(called: Collection[str]) -> str:
    """The field of numbers of which no header says whose they are."""
    has_mobile = any(FIELDS.get(name) == MOBILE or name == letters(MOBILE) for name in called)
    return BUSINESS if has_mobile or not OF_CUSTOMERS.isdisjoint(called) else MOBILE
