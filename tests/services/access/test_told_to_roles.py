"""What is told beside values, to a role that may not see all of them: reasons, samples of a dry
run, formulas."""

from __future__ import annotations

from pathlib import Path

import pytest

from records.exceptions import InvalidInput
from records.services.reading.history import list_history
from records.services.shaping.field_removal import delete_field
from records.services.shaping.option_removal import replace_option
from records.services.shaping.options import get_option
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    make_member,
    make_object,
    make_record,
    set_pattern,
)
from tests.services.importing.running import Importing

ALL = {"create": True, "view": "all", "edit": "all", "remove": "all"}


@pytest.fixture
def clients(workspace: Caller) -> Caller:
    """Clients, named by a code; with a tier, and a formula that reads the code."""
    make_object(
        workspace,
        "Clients",
        FieldDefinition("Code", "text"),
        FieldDefinition(
            "Tier", "dropdown", options=(OptionDefinition("Gold"), OptionDefinition("Doubtful"))
        ),
        FieldDefinition("Note", "text"),
        FieldDefinition(
            "Shout",
            "formula",
            settings={"formula_options": {"expression": "record.data.code + '!'"}},
        ),
    )
    set_pattern(workspace, "clients", "{code} {name}")
    return workspace


@pytest.fixture
def blind(clients: Caller) -> Caller:
    return make_member(
        clients,
        "b@example.com",
        {"clients": ALL},
        hidden=[("clients", "code"), ("clients", "tier")],
    )


def reasons(caller: Caller, uuid: str) -> list[str]:
    return [
        row.reason
        for row in list_history(caller.author, caller.schema("clients"), uuid, offset=0, limit=9)[1]
    ]


def test_the_reason_of_a_hidden_change_is_not_told(clients: Caller, blind: Caller) -> None:
    record = make_record(clients, "clients", name="Acme", tier="Doubtful").record.uuid
    author, schema = clients.author, clients.schema("clients")
    tier = schema.by_name["tier"]
    gold, doubtful = tier.options.values()
    replace_option(author, schema, tier, get_option(author, tier, doubtful.uuid), gold.uuid)

    assert reasons(clients, record) == ["Doubtful was replaced by Gold", ""]
    assert reasons(blind, record) == ["", ""]


def test_a_dry_run_shows_records_by_the_names_its_author_sees(
    clients: Caller, blind: Caller, tmp_path: Path
) -> None:
    make_record(clients, "clients", name="Acme", code="Q")
    shown = {}
    for caller in (clients, blind):
        found = Importing(caller, tmp_path)("clients", "name,note\nAcme,x\nBeta,y\n", dry_run=True)
        shown[caller.member.email] = [
            (row["record"], row["fields"]) for rows in found.samples.values() for row in rows
        ]

    assert shown[clients.member.email] == [
        ("Q Acme", ["note"]),
        ("Beta", ["name", "note", "owner"]),
    ]
    assert shown[blind.member.email] == [("Acme", ["note"]), ("Beta", ["name", "note", "owner"])]


def test_a_formula_keeps_the_fields_it_reads(clients: Caller) -> None:
    """Its values would go on telling what was in them, also to those who could not see it."""
    set_pattern(clients, "clients", "")
    fields = clients.schema("clients").by_name
    with pytest.raises(InvalidInput, match="Shout"):
        delete_field(clients.author, fields["code"].id)

    delete_field(clients.author, fields["tier"].id)
