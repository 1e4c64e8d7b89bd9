"""What the demo's workspace holds: made-up companies with their mailboxes and deals, and public
data of flights."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction

from records.exceptions import InvalidInput
from records.models import Member, ObjectKind, RelationKind, Source, StageStatus, Workspace
from records.services.access import Author, get_schema
from records.services.catalogue import (
    CONTACTS,
    FieldDefinition,
    OptionDefinition,
    RelationDefinition,
    slug,
)
from records.services.importing import (
    CsvTable,
    ImportOptions,
    create_drafted,
    draft_object,
    import_file,
    open_table,
)
from records.services.operations import home_of
from records.services.people import command_author
from records.services.shaping import (
    create_field,
    create_object,
    get_object,
    update_object,
)
from records.services.storage import SpooledFile
from records.services.writing import FieldEntry, Mode, SaveRequest

DATA = Path(__file__).resolve().parent.parent / "sample_data"
REGIONS = ("Northern", "Southern", "Harbour", "Valley", "Summit")
TRADES = ("Freight", "Foods", "Instruments", "Textiles", "Energy")
CITIES = ("Aarhus", "Bilbao", "Cork", "Porto", "Tampere")
MAILBOXES = (
    "Front Desk",
    "Purchasing",
    "Accounts Payable",
    "Customer Service",
    "Press Office",
    "Warehouse",
    "Legal",
)
MAILBOXES_SHOWN = 40
PRODUCTS = ("Support contract", "Spare parts", "Training")
STAGES = (
    OptionDefinition("Qualified", stage_status=StageStatus.OPEN, percentage=20),
    OptionDefinition("Proposal", stage_status=StageStatus.OPEN, percentage=50),
    OptionDefinition("Negotiation", stage_status=StageStatus.OPEN, percentage=80),
    OptionDefinition("Won", stage_status=StageStatus.WON, percentage=100),
    OptionDefinition("Lost", stage_status=StageStatus.LOST, percentage=0),
)
FIRST_DAY = date(2026, 1, 5)
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SampleWorkspace:
    """A workspace to fill. What is there already stays, so that filling goes on where it was
    interrupted."""

    workspace: Workspace
    member: Member

    @property
    def author(self) -> Author:
        """Who fills it, with the definitions as they are now."""
        return command_author(self.workspace, self.member, Source.COMMAND)

    def fill(self, say: Say) -> None:
        """Make the objects and records that are not there yet."""
        for step in (
            self._companies,
            self._contacts,
            self._deals,
            self._airports,
            self._wildlife_strikes,
        ):
            say(step())

    # ------------------------------------------------------------ made up

    def _companies(self) -> str:
        if not self._has("companies"):
            with transaction.atomic():
                create_object(
                    self.author, "Companies", "Company", name="companies", fields=_company_fields()
                )
                self._save(
                    "companies",
                    [_company(number, name) for number, name in enumerate(company_names())],
                )
        return f"{len(company_names())} companies"

    def _contacts(self) -> str:
        if "company" not in get_schema(self.author, CONTACTS).by_name:
            with transaction.atomic():
                self._relate(CONTACTS, "Company", "companies", RelationKind.PRIMARY, "Contacts")
                self._save(CONTACTS, mailboxes())
        return f"{len(mailboxes())} contacts"

    def _deals(self) -> str:
        if not self._has("deals"):
            with transaction.atomic():
                create_object(
                    self.author,
                    "Deals",
                    "Deal",
                    name="deals",
                    object_type=ObjectKind.PIPELINE,
                    stages=STAGES,
                    fields=[_choice("Product", PRODUCTS)],
                )
                self._relate("deals", "Company", "companies", RelationKind.PRIMARY, "Deals")
                self._relate("deals", "Contacts", CONTACTS, RelationKind.ADDITIONAL, "Deals")
                self._save("deals", deals())
        return f"{len(deals())} deals in a pipeline"

    def _has(self, name: str) -> bool:
        return self.author.directory.find_object(name) is not None

    def _relate(self, name: str, label: str, related: str, kind: RelationKind, mirror: str) -> None:
        relation = RelationDefinition(related, kind, mirror)
        definition = FieldDefinition(label, "relationship", relation=relation)
        create_field(self.author, get_object(self.author, name), definition)

    def _save(self, name: str, records: Sequence[Mapping[str, Any]]) -> None:
        author = self.author
        requests = [
            SaveRequest(
                Mode.CREATE,
                entries=[FieldEntry(name=key, value=value) for key, value in record.items()],
            )
            for record in records
        ]
        for outcome in home_of(get_schema(author, name)).save_records(
            author, get_schema(author, name), requests
        ):
            if isinstance(outcome, Exception):
                raise outcome

    # ------------------------------------------------------------ public data

    def _airports(self) -> str:
        table = open_table(DATA / "airports.csv.gz")
        if not self._has("airports"):
            create_drafted(
                self.author,
                "airports",
                draft_object(table, "iata"),
                display_pattern="{name} ({iata})",
            )
        return f"{self._import('airports', table):,} airports"

    def _wildlife_strikes(self) -> str:
        reports = open_table(DATA / "birdstrikes.csv.gz")
        if not self._has("wildlife_strikes"):
            draft = draft_object(reports, "none", {"Airport Name": "text"})
            with transaction.atomic():
                made = create_drafted(self.author, "wildlife_strikes", draft)
                self._relate(
                    "wildlife_strikes",
                    "Airport",
                    "airports",
                    RelationKind.PRIMARY,
                    "Wildlife strikes",
                )
                update_object(self.author, made, display_pattern="{wildlife_species} at {airport}")
        with SpooledFile("wildlife_strikes.csv") as joined:
            linked = write_strikes(reports, joined)
            count = self._import("wildlife_strikes", open_table(joined))
        return f"{count:,} reports of wildlife strikes, {linked:,} of them linked to their airport"

    def _import(self, name: str, table: CsvTable) -> int:
        summary = import_file(self.author, name, table, ImportOptions(refuse_none, again=False))
        if summary.failed:
            raise InvalidInput(f"{summary.failed} rows of {table.path.name} were refused.")
        return summary.rows


def refuse_none(report: SpooledFile | None) -> str:
    """Of our own files every row is stored."""
    return ""


def write_strikes(reports: CsvTable, joined: SpooledFile) -> int:
    """The reports with the code of their airport beside its name, where it is known; the number of
    those."""
    codes = {
        row.cells[0]: row.cells[1] for row in open_table(DATA / "strike_airports.csv.gz").rows()
    }
    linked = 0
    with joined.open_text() as file:
        writer = csv.writer(file)
        writer.writerow([*reports.header, "airport"])
        for row in reports.rows():
            code = codes.get(row.cells[0], "")
            linked += bool(code)
            writer.writerow([*row.cells, code])
    return linked


def company_names() -> list[str]:
    """Names that nobody takes for those of real companies."""
    return [f"{region} {trade} Example" for trade in TRADES for region in REGIONS]


def _company_fields() -> list[FieldDefinition]:
    return [
        _choice("Industry", TRADES),
        FieldDefinition("City", "text"),
        FieldDefinition("Website", "text"),
        FieldDefinition("Employees", "integer"),
        FieldDefinition("Annual revenue", "money", settings={"money_options": {"currency": "USD"}}),
        FieldDefinition("Customer since", "date"),
        FieldDefinition("Partner", "checkbox"),
    ]


def _choice(label: str, names: Sequence[str]) -> FieldDefinition:
    return FieldDefinition(label, "dropdown", options=[OptionDefinition(name) for name in names])


def _company(number: int, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "industry": {"name": TRADES[number // len(REGIONS)]},
        "city": CITIES[number * 3 % len(CITIES)],
        "website": f"https://{_domain(name)}",
        "employees": 20 + number * 37 % 400,
        "annual_revenue": 250_000 + number * 173_000 % 4_000_000,
        "customer_since": (date(2019, 2, 1) + timedelta(days=97 * number)).isoformat(),
        "partner": number % 4 == 0,
    }


def _domain(name: str) -> str:
    return f"{slug(name.removesuffix(' Example')).replace('_', '-')}.example.com"


def mailboxes() -> list[dict[str, Any]]:
    """Contacts that are no persons: the mailboxes of the companies' departments."""
    found = []
    for number in range(MAILBOXES_SHOWN):
        company, mailbox = company_names()[number % 25], MAILBOXES[number * 3 % len(MAILBOXES)]
        found.append(
            {
                "first_name": company.removesuffix(" Example"),
                "last_name": mailbox,
                "email": f"{slug(mailbox).replace('_', '-')}@{_domain(company)}",
                "tags": [mailbox.lower()],
                "email_status": {"code": "opted_in"},
                "company": {"name": company},
            }
        )
    return found


def deals() -> list[dict[str, Any]]:
    """Deals with the companies, spread over the stages."""
    found = []
    for number in range(30):
        company, product = company_names()[number * 7 % 25], PRODUCTS[number % len(PRODUCTS)]
        contacts = [
            {"name": box["email"]} for box in mailboxes() if box["company"] == {"name": company}
        ]
        found.append(
            {
                "name": f"{product} for {company}, {number + 1:02}",
                "stage": {"name": STAGES[number * 2 % len(STAGES)].name},
                "entity_value": 1_500 + number * 875,
                "estimated_close_date": (FIRST_DAY + timedelta(weeks=number)).isoformat(),
                "product": {"name": product},
                "company": {"name": company},
                "contacts": contacts,
            }
        )
    return found
