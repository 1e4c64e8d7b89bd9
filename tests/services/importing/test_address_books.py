"""The files that address books write go into contacts by what is suggested."""

from __future__ import annotations

from pathlib import Path

import pytest

from records.services.importing import ImportOptions, ImportPlan, keep_at, open_table
from records.services.importing import import_file as import_table
from records.services.importing.address_books import FIELDS, letters, suggested
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
PLAIN = "Vorname,Nachname,Email 1,Handy\nAnn,Lee,a@example.com,+16502530001\nBo,Ek,b@example.com,\n"
# A file, and the birthday of the second contact in it.
BOOKS = {
    "Outlook": (OUTLOOK, "1980-05-17"),
    "Outlook in German": (GERMAN, "1980-05-17"),
    "LinkedIn": (LINKEDIN, None),
    "for Apple": (APPLE, None),
    "Thunderbird": (THUNDERBIRD, None),
    "Google": (GOOGLE, "1980-05-17"),
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
