"""The grid, as the people who work in it all day use it: by keys, and with a spreadsheet's clipboard. What the screen
shows is compared with what the ledger says."""

from __future__ import annotations

import re
from itertools import count
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import Installation
from .test_admin_browser import log_in, overflow

FIELDS = (
    {"display_name": "City", "field_type": "text"},
    {"display_name": "Staff", "field_type": "integer"},
    {"display_name": "Since", "field_type": "date"},
    {"display_name": "Partner", "field_type": "checkbox"},
    {
        "display_name": "Size",
        "field_type": "dropdown",
        "options": [{"name": "Small"}, {"name": "Middle"}, {"name": "Large"}],
    },
    {"display_name": "Topics", "field_type": "dynamictags"},
    {"display_name": "Keeper", "field_type": "team_selector"},
)
CITIES = ("Oslo", "Bergen", "Cork", "Turku", "Porto", "Bilbao")


class Sheet:
    """The grid of an object of its own, with six records, in a window of its own that is logged in."""

    # Every page's sidebar names the objects: none has a word in it that another test may look for.
    numbers = count(100)

    def __init__(self, page: Page, installation: Installation) -> None:
        name = f"sheet_{next(self.numbers)}"
        self.page, self.name, self.url = page, name, installation.url
        self.headers = installation.headers
        made = self.ask(
            "POST", "custom-objects", {"object_name": name, "entity_name": "Site", "name": name}
        )
        self.path = f"{installation.url}/admin/records/objects/{made['id']}/grid/"
        category = self.ask("GET", f"custom-objects/{name}/detail")["categories"][0]["id"]
        for field in FIELDS:
            self.ask("POST", f"custom-objects/{name}/fields", {"category": category, **field})
        self.ids = [self.add(f"Site {at}", city=city) for at, city in enumerate(CITIES, 1)]
        log_in(page, installation)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = httpx.request(method, f"{self.url}/api/{path}", json=body, headers=self.headers)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def add(self, name: str, **values: Any) -> str:
        given = [{"name": key, "value": value} for key, value in {"name": name, **values}.items()]
        made: str = self.ask("POST", f"records/{self.name}/add", {"fields": given})["id"]
        return made

    def open(self, query: str = "?sort=name") -> Sheet:
        self.page.goto(f"{self.path}{query}")
        self.drawn()
        return self

    def drawn(self) -> None:
        """Wait for the records, which come after the page."""
        expect(self.page.locator("#count")).to_have_text(re.compile("record"))

    def cell(self, row: int, label: str) -> Locator:
        """A cell by the place of its row, from 1, and the label of its column."""
        self.drawn()  # a browser that goes back loads the page anew
        labels = self.page.locator(".tabulator-header .tabulator-col").all_inner_texts()
        place = next(
            at for at, text in enumerate(labels) if text.split("\n")[0].strip("↑↓ 12") == label
        )
        rows = self.page.locator(".tabulator-tableholder .tabulator-row")
        return rows.nth(row - 1).locator(".tabulator-cell").nth(place)

    def column(self, label: str) -> list[str]:
        rows = self.page.locator(".tabulator-tableholder .tabulator-row").count()
        return [self.cell(at, label).inner_text() for at in range(1, rows + 1)]

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def stored(self) -> None:
        expect(self.page.locator("#saving")).to_have_text("All changes stored")

    def value(self, row: int, field: str) -> Any:
        found = self.ask("GET", f"records/{self.name}/{self.ids[row - 1]}?field_names={field}")
        values = [each["value"] for each in found["fields"].values() if each["name"] == field]
        return values[0] if values else None

    def operations(self) -> list[dict[str, Any]]:
        """What was done to the object's records, the newest first."""
        found: list[dict[str, Any]] = self.ask("GET", f"operations?object={self.name}")["results"]
        return found


@pytest.fixture
def sheet(page: Page, installation: Installation) -> Sheet:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    return Sheet(page, installation).open()


def test_the_grid_is_reached_from_the_start_page_and_the_list(
    page: Page, installation: Installation
) -> None:
    log_in(page, installation)
    page.get_by_role("link", name="Grid of Contacts").click()
    expect(page.locator("#count")).to_have_text(re.compile("record"))
    page.get_by_role("link", name="List", exact=True).click()
    page.get_by_role("link", name="Grid", exact=True).click()
    expect(page.get_by_role("grid")).to_be_visible()


def test_five_cells_in_five_rows_take_ten_keys(sheet: Sheet) -> None:
    """Typing a value and Enter stores it and goes down: ten keys, one request each two."""
    loads: list[str] = []
    sheet.page.on("framenavigated", lambda frame: loads.append(frame.url))
    sheet.cell(1, "Staff").click()
    for digit in "12345":
        sheet.press(digit, "Enter")
    expect(sheet.cell(5, "Staff")).to_have_text("5")
    sheet.stored()

    assert sheet.column("Staff") == ["1", "2", "3", "4", "5", ""]
    assert [sheet.value(row, "staff") for row in range(1, 7)] == [1, 2, 3, 4, 5, None]
    assert loads == []
    newest = sheet.ask("GET", f"records/{sheet.name}/{sheet.ids[0]}/history")["results"][0]
    assert newest["member"]["email"] == "admin@example.com"
    assert [(each["name"], each["old"], each["new"]) for each in newest["changes"]] == [
        ("staff", None, 1)
    ]


def test_a_block_from_a_spreadsheet_is_one_operation_and_is_undone_and_redone(
    sheet: Sheet,
) -> None:
    before = len(sheet.operations())
    text = 'Rome\t10\n"New\nYork ""NY"""\t20\nParis\t30\n'
    sheet.page.evaluate("text => navigator.clipboard.writeText(text)", text)
    sheet.cell(1, "City").click()
    sheet.press("Control+v")
    expect(sheet.cell(3, "Staff")).to_have_text("30")
    sheet.stored()

    assert sheet.value(2, "city") in ('New\nYork "NY"', 'New York "NY"')
    made = sheet.operations()
    assert len(made) == before + 1
    expect(sheet.page.get_by_text("Paste: 3 records changed.")).to_be_visible()

    sheet.press("Control+z")
    expect(sheet.cell(1, "City")).to_have_text("Oslo")
    assert sheet.column("Staff") == [""] * 6
    assert sheet.operations()[0]["undoes"] == made[0]["id"]
    sheet.press("Control+Shift+z")
    expect(sheet.cell(1, "City")).to_have_text("Rome")
    expect(sheet.cell(3, "Staff")).to_have_text("30")
    assert sheet.operations()[0]["kind"] == "undo"


def test_a_block_is_copied_as_a_spreadsheet_reads_it(sheet: Sheet) -> None:
    sheet.cell(1, "City").click()
    sheet.press("Shift+ArrowDown", "Shift+ArrowDown", "Control+c")
    copied = sheet.page.evaluate("navigator.clipboard.readText()")
    assert copied == "Oslo\nBergen\nCork"
    sheet.press("ArrowDown", "ArrowDown", "ArrowDown", "Control+v")
    expect(sheet.cell(4, "City")).to_have_text("Oslo")
    expect(sheet.cell(6, "City")).to_have_text("Cork")
    sheet.stored()
    assert [sheet.value(row, "city") for row in (4, 5, 6)] == ["Oslo", "Bergen", "Cork"]


def test_values_are_filled_down_and_cleared(sheet: Sheet) -> None:
    sheet.cell(2, "City").click()
    sheet.press("Shift+ArrowDown", "Shift+ArrowDown", "Control+d")
    expect(sheet.cell(4, "City")).to_have_text("Bergen")
    sheet.stored()
    assert sheet.value(3, "city") == "Bergen"
    sheet.press("Delete")
    expect(sheet.cell(2, "City")).to_have_text("")
    sheet.stored()
    assert sheet.value(4, "city") is None


def test_each_type_has_its_control(sheet: Sheet) -> None:
    sheet.cell(1, "Size").click()
    sheet.press("Enter")
    sheet.type("lar")
    expect(sheet.page.get_by_role("listbox").get_by_role("option")).to_have_count(1)
    sheet.press("Enter")
    expect(sheet.cell(1, "Size")).to_have_text("Large")

    sheet.cell(1, "Partner").click()
    sheet.press("Space")
    expect(sheet.cell(1, "Partner")).to_have_text("Yes")

    sheet.cell(1, "Topics").click()
    sheet.type("rail")
    expect(sheet.page.get_by_role("option", name="Create “rail”")).to_be_visible()
    sheet.press("Enter")
    sheet.type("port")
    expect(sheet.page.get_by_role("option", name="Create “port”")).to_be_visible()
    sheet.press("Enter", "Enter")
    expect(sheet.cell(1, "Topics")).to_have_text("railport")

    sheet.cell(1, "Keeper").click()
    sheet.type("admin")
    expect(sheet.page.get_by_role("option", name="admin@example.com")).to_be_visible()
    sheet.press("Enter")
    expect(sheet.cell(1, "Keeper")).to_have_text("admin@example.com")

    sheet.cell(1, "Since").click()
    sheet.type("2024-05-17")
    sheet.press("Tab")
    expect(sheet.cell(1, "Since")).to_have_text("2024-05-17")
    sheet.stored()

    assert sheet.value(1, "size")["name"] == "Large"
    assert sheet.value(1, "partner") is True
    assert [tag["name"] for tag in sheet.value(1, "topics")] == ["rail", "port"]
    assert sheet.value(1, "keeper")["email"] == "admin@example.com"
    assert sheet.value(1, "since") == "2024-05-17"


def test_escape_leaves_the_cell_as_it_was(sheet: Sheet) -> None:
    before = sheet.operations()
    sheet.cell(1, "City").click()
    sheet.press("F2")
    sheet.type(" and more")
    sheet.press("Escape")
    expect(sheet.cell(1, "City")).to_have_text("Oslo")
    sheet.press("ArrowDown", "Enter", "Enter")
    assert sheet.operations() == before


def show_cities_with_an_o(page: Page) -> None:
    page.get_by_role("button", name="Filter").click()
    page.get_by_label("Field").select_option("City")
    page.get_by_label("Condition", exact=True).select_option("contains")
    page.get_by_label("Value of City").fill("o")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#count")).to_have_text("4 records")


def test_what_is_shown_stands_in_the_address(sheet: Sheet) -> None:
    page = sheet.page
    show_cities_with_an_o(page)
    page.get_by_role("columnheader", name="City").click()
    expect(page.get_by_role("button", name="Edit the filter City contains o")).to_be_visible()
    expect(sheet.cell(1, "City")).to_have_text("Bilbao")
    shown = sheet.column("City")
    assert shown == ["Bilbao", "Cork", "Oslo", "Porto"]

    page.goto(page.url)
    expect(page.locator("#count")).to_have_text("4 records")
    assert sheet.column("City") == shown
    page.get_by_role("button", name="Remove the filter City contains o").click()
    expect(page.locator("#count")).to_have_text("6 records")


def test_ticked_records_are_archived_and_brought_back(sheet: Sheet) -> None:
    page = sheet.page
    for name in ("Site 2", "Site 4"):
        page.get_by_label(f"Tick {name}").check()
    page.get_by_role("button", name="Archive", exact=True).click()
    expect(page.locator("#count")).to_have_text("4 records")
    assert [
        each["name"]
        for each in sheet.ask("POST", f"records/{sheet.name}/search", {"ordering": "name"})[
            "results"
        ]
    ] == ["Site 1", "Site 3", "Site 5", "Site 6"]
    page.get_by_label("Messages").get_by_role("button", name="Undo").click()
    expect(page.locator("#count")).to_have_text("6 records")


def test_many_records_are_fetched_page_by_page(sheet: Sheet) -> None:
    items = [{"fields": [{"name": "name", "value": f"Many {at:03}"}]} for at in range(250)]
    sheet.ask("POST", f"records/{sheet.name}/batch", {"mode": "create", "items": items})
    sheet.open()
    sheet.cell(1, "Name").click()
    for name, loaded in (
        ("Many 099", ", 100 loaded"),
        ("Many 199", ", 200 loaded"),
        ("Site 6", ""),
    ):
        expect(sheet.page.locator("#count")).to_have_text(f"256 records{loaded}")
        sheet.press("Control+End")
        expect(sheet.page.get_by_role("gridcell", name=name, exact=True)).to_be_visible()


def test_the_page_is_no_wider_than_a_phone(sheet: Sheet) -> None:
    sheet.page.set_viewport_size({"width": 390, "height": 800})
    assert overflow(sheet.page) <= 0


def test_a_view_is_saved_shared_and_opened_by_its_address(sheet: Sheet) -> None:
    page = sheet.page
    page.get_by_label("Search all text").fill("site")
    expect(page.locator("#count")).to_have_text("6 records")
    show_cities_with_an_o(page)

    page.get_by_role("button", name="View:").click()
    page.get_by_label("Save what is shown as a new view").fill("With an o")
    page.get_by_label("Who sees it").select_option("Everybody may see it")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("button", name="View: With an o")).to_be_visible()
    saved = sheet.ask("GET", f"custom-objects/{sheet.name}/columns")["results"]
    assert [view["name"] for view in saved] == ["With an o"]
    assert page.url.endswith(f"?view={saved[0]['id']}")

    page.get_by_label("Records shown").select_option("Archived")
    expect(page.get_by_role("button", name="View: With an o (changed)")).to_be_visible()
    page.goto(f"{sheet.path}?view={saved[0]['id']}")
    expect(page.locator("#count")).to_have_text("4 records")
    expect(page.get_by_role("button", name="Edit the filter City contains o")).to_be_visible()

    page.get_by_role("button", name="View:").click()
    page.get_by_role("button", name="Open first for me").click()
    expect(page.get_by_text("With an o opens first for you.")).to_be_visible()
    page.goto(sheet.path)
    expect(page.get_by_role("button", name="View: With an o")).to_be_visible()

    page.get_by_role("button", name="View:").click()
    page.get_by_role("button", name="Delete With an o").click()
    expect(page.get_by_role("button", name="View: All records")).to_be_visible()
    assert sheet.ask("GET", f"custom-objects/{sheet.name}/columns")["results"] == []
    assert sheet.ask("GET", f"custom-objects/{sheet.name}/filter-groups")["results"] == []


def test_what_others_change_is_shown_and_marked(sheet: Sheet) -> None:
    sheet.ask(
        "PATCH",
        f"records/{sheet.name}/{sheet.ids[1]}",
        {"fields": [{"name": "city", "value": "Narvik"}]},
    )
    expect(sheet.cell(2, "City")).to_have_text("Narvik", timeout=15_000)
    expect(sheet.cell(2, "City")).to_have_class(re.compile("grid-theirs"))
    sheet.ask("DELETE", f"records/{sheet.name}/{sheet.ids[5]}")
    expect(sheet.page.locator("#count")).to_have_text("5 records", timeout=15_000)
    sheet.add("Site 7")
    expect(sheet.page.get_by_text("1 record added by others.")).to_be_visible(timeout=15_000)
    sheet.page.locator("#news").get_by_role("button", name="Show").click()
    expect(sheet.page.locator("#count")).to_have_text("6 records")
