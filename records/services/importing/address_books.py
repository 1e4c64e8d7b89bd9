"""What the exports of address books call the fields of contacts."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping

# By the letters of a header: as Google, Outlook, LinkedIn, Thunderbird and programs for Apple's
# address book write it, those of Outlook in its larger languages too.
NAMES: dict[str, tuple[str, ...]] = {
    "first_name": (
        "givenname", "forename", "first", "vorname", "prenom", "nombre", "nome", "voornaam",
        "fornamn", "fornavn", "imie",
    ),
    "last_name": (
        "familyname", "surname", "last", "nachname", "nomdefamille", "nom", "apellidos", "apellido",
        "cognome", "sobrenome", "achternaam", "efternamn", "etternavn", "efternavn", "nazwisko",
    ),
    "email": (
        "email1value", "emailaddress", "primaryemail", "email1", "email1address", "emailhome",
        "emailwork", "emailother", "emailpersonal", "homeemail", "workemail", "personalemail",
        "businessemail", "emailadresse", "emailadress", "emailadres", "adressedemessagerie",
        "adresseemail", "direcciondecorreoelectronico", "indirizzopostaelettronica",
        "enderecodecorreioeletronico", "enderecodeemail", "epostadress", "epostadresse",
    ),
    "mobile_phone": (
        "phone1value", "mobile", "mobilenumber", "phonemobile", "mobiletelephone", "cell",
        "cellphone", "phonecell", "phoneiphone", "iphone", "phone", "primaryphone", "phonenumber",
        "phone1", "mobiltelefon", "mobiltelefonnummer", "handy", "telmobile", "telephonemobile",
        "telefonomovil", "movil", "cellulare", "telemovel", "telefonecelular", "celular",
        "mobieletelefoon",
    ),
    "business_phone": (
        "workphone", "phonework", "phonecompany", "businessphone1", "officephone",
        "telefongeschaftlich", "telephonebureau", "telbureau", "telefonodeltrabajo",
        "telefonoufficio", "telefonocomercial", "telefonecomercial", "telefoonopwerk",
    ),
    "home_phone": (
        "homephone1", "phonehome", "hometelephone", "telefonprivat", "telephonedomicile",
        "teldomicile", "telefonoparticular", "telefonocasa", "abitazione", "telefoneresidencial",
        "telefoonthuis",
    ),
    "birthday": (
        "bday", "dateofbirth", "birthdate", "geburtstag", "anniversaire", "cumpleanos",
        "compleanno", "aniversario", "verjaardag",
    ),
}  # fmt: skip
FIELDS = {letters: field for field, known in NAMES.items() for letters in known}
# Thunderbird has a column for each part of a birthday; `Birth Day` is then a number.
PARTS_OF_BIRTHDAY = frozenset({"birthyear", "birthmonth"})


def letters(text: str) -> str:
    """The letters and digits of a text, without case and accents."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(mark for mark in plain if mark.isalnum())


def suggested(
    found: Mapping[str, str | None], writable: Collection[str], links: Collection[str]
) -> dict[str, str | None]:
    """The fields of columns, with those that address books call by other names, each field once.

    In a file of an address book a column is no link: the companies in it are texts, of which no
    records need be there.
    """
    called = {name: letters(name) for name in found}
    fields = dict(found)
    if not FIELDS.keys().isdisjoint(called.values()):
        fields.update({name: None for name, field in fields.items() if field in links})
    is_apart = not PARTS_OF_BIRTHDAY.isdisjoint(called.values())
    for name, field in found.items():
        if field == "birthday" and is_apart:
            fields[name] = None
        known_as = FIELDS.get(called[name])
        if field is None and known_as in writable and known_as not in fields.values():
            fields[name] = known_as
    return fields
