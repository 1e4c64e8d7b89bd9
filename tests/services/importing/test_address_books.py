"""The files that address books write go into contacts by what is suggested."""

from __future__ import annotations

from pathlib import Path

import pytest

from records.services.importing import (
    BOTH_NAMES,
    ImportOptions,
    ImportPlan,
    keep_at,
    open_table,
    store_upload,
)
from records.services.importing import import_file as import_table
from records.services.importing.address_books import FIELDS, letters, name_part, suggested
from records.services.importing.matching import suggest_fields
from tests.factories import Caller, make_object, make_record, make_relation

from .running import Importing

OUTLOOK = (
    "Title,First Name,Middle Name,Last Name,Suffix,Company,Department,Job Title,Business Street,"
    "Business Fax,Business Phone,Home Phone,Mobile Phone,Anniversary,Birthday,Categories,"
    "E-mail Address,E-mail Type,E-mail Display Name,Gender,Notes,Web Page\n"
    ",Ann,,Lee,,ACME,,Buyer,1 Road,,+16502530000,,+16502530001,0/0/00,0/0/00,,a@example.com,SMTP,"
    "Ann Lee,Unspecified,,\n"
    ",Bo,,Ek,,Globex,,,,,,,,0/0/00,5/17/1980,,b@example.com,SMTP,Bo Ek,Unspecified,,\n"
)
GERMAN = (
    "Anrede,Vorname,Nachname,Firma,Telefon geschäftlich,Mobiltelefon,Geburtstag,E-Mail-Adresse\n"
    ",Ann,Lee,ACME,+16502530000,+16502530001,,a@example.com\n"
    ",Bo,Ek,Globex,,,17.5.1980,b@example.com\n"
)
LINKEDIN = (
    "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"
    "Ann,Lee,,a@example.com,ACME,Buyer,05 Jan 2024\n"
    "Bo,Ek,,b@example.com,Globex,,05 Jan 2024\n"
)
APPLE = (
    "First,Last,E-mail (home),E-mail (work),Phone (mobile)\n"
    "Ann,Lee,a@example.com,x@example.com,+16502530001\n"
    "Bo,Ek,b@example.com,,\n"
)
THUNDERBIRD = (
    "First Name,Last Name,Display Name,Primary Email,Secondary Email,Work Phone,Mobile Number,"
    "Birth Year,Birth Month,Birth Day,Notes\n"
    "Ann,Lee,Ann Lee,a@example.com,,+16502530000,+16502530001,1980,5,1,\n"
    "Bo,Ek,Bo Ek,b@example.com,,,,1981,5,2,\n"
)
GOOGLE = (
    "First Name,Last Name,Birthday,Organization Name,E-mail 1 - Value,Phone 1 - Value\n"
    "Ann,Lee,--05-17,ACME,a@example.com,+16502530001\n"
    "Bo,Ek,1980-05-17,,b@example.com,\n"
)
POLISH = (
    "Imię,Nazwisko,Firma,Telefon służbowy,Telefon komórkowy,Urodziny,Adres e-mail\n"
    "Ann,Lee,ACME,+16502530000,+16502530001,,a@example.com\n"
    "Bo,Ek,Globex,,,17.05.1980,b@example.com\n"
)
RUSSIAN = (
    "Имя,Фамилия,Организация,Рабочий телефон,Мобильный телефон,День рождения,Адрес эл. почты\n"
    "Ann,Lee,ACME,+16502530000,+16502530001,,a@example.com\n"
    "Bo,Ek,Globex,,,17.05.1980,b@example.com\n"
)
JAPANESE = (
    "姓,名,会社名,会社電話,携帯電話,誕生日,電子メール アドレス\n"
    "Lee,Ann,ACME,+16502530000,+16502530001,,a@example.com\n"
    "Ek,Bo,Globex,,,1980/5/17,b@example.com\n"
)
CZECH = (
    "Jméno,Příjmení,Společnost,Telefon do zaměstnání,Mobilní telefon,Narozeniny,E-mailová adresa\n"
    "Ann,Lee,ACME,+16502530000,+16502530001,,a@example.com\n"
    "Bo,Ek,Globex,,,17. 5. 1980,b@example.com\n"
)
SALESFORCE = (
    "Salutation,First Name,Last Name,Account Name,Phone,Mobile,Email,Birthdate\n"
    "Ms.,Ann,Lee,ACME,(650) 253-0000 x12,+1 650 253 0001,a@example.com,\n"
    ",Bo,Ek,Globex,n/a,N/A,b@example.com,5/17/1980\n"
)
FULL = (
    "Full Name,Email,Mobile,Birthday\n"
    "Ann Lee,a@example.com,+16502530001,\n"
    '"Ek, Bo",b@example.com,,1980-05-17\n'
)
PLAIN = "Vorname,Nachname,Email 1,Handy\nAnn,Lee,a@example.com,+16502530001\nBo,Ek,b@example.com,\n"
# A file, and the birthday of the second contact in it.
BOOKS = {
    "Outlook": (OUTLOOK, "1980-05-17"),
    "Outlook in German": (GERMAN, "1980-05-17"),
    "LinkedIn": (LINKEDIN, None),
    "for Apple": (APPLE, None),
    "Thunderbird": (THUNDERBIRD, None),
    "Google": (GOOGLE, "1980-05-17"),
    "Outlook in Polish": (POLISH, "1980-05-17"),
    "Outlook in Russian": (RUSSIAN, "1980-05-17"),
    "Outlook in Japanese": (JAPANESE, "1980-05-17"),
    "Outlook in Czech": (CZECH, "1980-05-17"),
    "Salesforce": (SALESFORCE, "1980-05-17"),
    "with full names": (FULL, "1980-05-17"),
    "made by hand": (PLAIN, None),
}


@pytest.fixture
def companies(workspace: Caller) -> Caller:
    """Contacts have companies, of which there are others than in the files."""
    make_object(workspace, "Companies")
    make_relation(workspace, "contacts", "Company", "companies", "primary", "Contacts")
    make_record(workspace, "companies", name="Initech")
    return workspace


@pytest.mark.parametrize("name", BOOKS)
def test_an_address_book_goes_in(companies: Caller, importing: Importing, name: str) -> None:
    text, birthday = BOOKS[name]
    author, schema = companies.author, companies.schema("contacts")
    table = open_table(Path(importing.file(text)), "", delimiter="")
    plan = ImportPlan(mapping=suggest_fields(author, schema, table.header))

    found = import_table(author, "contacts", table, ImportOptions(keep_at(importing.report), plan))

    assert (found.created, found.failed) == (2, 0)
    fields = ("first_name", "last_name", "email", "birthday", "company")
    assert importing.records("contacts", *fields) == [
        ("Ann", "Lee", "a@example.com", None, None),
        ("Bo", "Ek", "b@example.com", birthday, None),
    ]
    if name != "LinkedIn":
        assert importing.records("contacts", "mobile_phone")[0] == ("+16502530001",)


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        (("Name", "Phone"), "mobile_phone"),
        (("Name", "Phone", "Mobile"), "business_phone"),
        (("Name", "Phone", "Mobile Phone"), "business_phone"),
        (("Contact Name", "Account Name", "Phone"), "business_phone"),
        (("姓", "電話番号", "携帯電話"), "business_phone"),
    ],
)
def test_a_phone_of_which_no_more_is_said_is_an_office_s_beside_a_mobile(
    workspace: Caller, headers: tuple[str, ...], field: str
) -> None:
    found = suggest_fields(workspace.author, workspace.schema("contacts"), headers)
    assert found[next(name for name in headers if name in ("Phone", "電話番号"))] == field


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ann Marie Lee", ("Ann Marie", "Lee")),
        ("Lee, Ann Marie", ("Ann Marie", "Lee")),
        ("Ann", ("Ann", "")),
        (" Ann  Lee ", ("Ann", "Lee")),
    ],
)
def test_full_names_have_two_parts(text: str, names: tuple[str, str]) -> None:
    assert (name_part(text, 0), name_part(text, 1)) == names


@pytest.mark.parametrize(
    ("cells", "count", "examples"),
    [
        (["Ann Lee", "Ann", " Ann Marie Lee "], 0, []),
        (["Lee, Ann", "Ann Lee"], 1, [("Lee, Ann", "Ann Lee")]),
        (["Acme, Inc."], 1, [("Acme, Inc.", "Inc. Acme")]),
        (["Ann  Lee"], 1, [("Ann  Lee", "Ann Lee")]),
        ([", Ann", "Lee,"], 2, [(", Ann", "Ann")]),
    ],
)
def test_full_names_in_another_order_are_counted(
    importing: Importing, cells: list[str], count: int, examples: list[tuple[str, str]]
) -> None:
    rows = [f'"{cell}",a{at}@example.com\n' for at, cell in enumerate(cells)]
    text = f"Name,Email\n{''.join(rows)}"
    caller = importing.caller
    upload = store_upload(caller.author, caller.schema("contacts"), "contacts.csv", [text.encode()])
    found = importing("contacts", text, mapping={"Name": BOTH_NAMES})

    shown = upload.reading["columns"][0]
    assert [(one["written"], one["read"]) for one in shown.get("examples", [])] == examples
    assert shown.get("read_differently", 0) == count
    assert found.readings.get("Name", {}).get("read_differently", 0) == count


def test_both_names_are_not_written_over(workspace: Caller) -> None:
    headers = ("Full Name", "First Name")
    found = suggest_fields(workspace.author, workspace.schema("contacts"), headers)
    assert found == {"Full Name": None, "First Name": "first_name"}


def test_companies_of_other_files_are_links(companies: Caller) -> None:
    author, schema = companies.author, companies.schema("contacts")

    for header in (["email", "company"], ["Email", "First name", "Company"]):
        assert suggest_fields(author, schema, header)[header[-1]] == "company"


def test_each_name_stands_for_one_field() -> None:
    assert all(letters(name) == name for name in FIELDS)
    found = suggested(
        {"Email 1": None, "E-mail Address": None, "Email": "email"}, ["email"], links=[]
    )
    assert found == {"Email 1": None, "E-mail Address": None, "Email": "email"}
