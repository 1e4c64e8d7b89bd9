"""The record beside the grid: read, changed and left by keys; refused values, and two people at one record."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.hostile.scripted import script

from .conftest import Installation
from .test_admin_browser import overflow
from .test_grid import Sheet
from .test_grid_troubles import obstacles, others_write, watched  # noqa: F401 - a fixture


@pytest.fixture
def sheet(watched: Page, installation: Installation) -> Sheet:  # noqa: F811
    return Sheet(watched, installation).open()


def panel(sheet: Sheet) -> Locator:
    return sheet.page.locator("#panel")


def opened(sheet: Sheet, row: int, label: str = "City") -> Locator:
    """The panel, opened by Space on a row's cell."""
    sheet.cell(row, label).click()
    sheet.press("Space")
    expect(panel(sheet).get_by_role("heading", level=2)).to_have_text(f"Site {row}")
    expect(panel(sheet).locator(".panel-field").first).to_be_visible()
    return panel(sheet)


def test_a_record_is_changed_by_keys_as_one_operation_and_left_where_it_was(sheet: Sheet) -> None:
    before = len(sheet.operations())
    beside = opened(sheet, 2)
    expect(beside.get_by_label("Name")).to_be_focused()
    beside.get_by_label("City").fill("Narvik")
    beside.get_by_label("Staff").fill("40")
    expect(beside.get_by_text("2 fields not saved")).to_be_visible()
    sheet.press("Control+s")
    expect(beside.get_by_text("2 fields not saved")).to_be_hidden()
    expect(beside.get_by_label("Staff")).to_be_focused()
    expect(sheet.cell(2, "City")).to_have_text("Narvik")
    assert (sheet.value(2, "city"), sheet.value(2, "staff")) == ("Narvik", 40)
    assert len(sheet.operations()) == before + 1

    newest = beside.locator(".panel-story > li").first
    expect(newest).to_contain_text("admin@example.com changed")
    expect(newest).to_contain_text("City from Bergen to Narvik")
    expect(newest).to_contain_text("Staff set to 40")

    sheet.press("Escape")
    expect(beside).to_be_hidden()
    expect(sheet.cell(2, "City")).to_have_class(re.compile("grid-active"))
    sheet.press("Control+z")
    expect(sheet.cell(2, "City")).to_have_text("Bergen")


def test_a_moment_of_the_story_leads_to_the_record_as_it_was_then(sheet: Sheet) -> None:
    beside = opened(sheet, 2)
    beside.get_by_label("City").fill("Narvik")
    sheet.press("Control+s")
    expect(beside.locator(".panel-story > li")).to_have_count(2)
    moments = beside.get_by_role("link", name=re.compile(r"^20\d\d-"))
    moments.first.click()
    expect(sheet.page.get_by_text("All values are the same now.")).to_be_visible()
    sheet.page.go_back()

    opened(sheet, 2)
    moments.last.click()
    expect(sheet.page.get_by_role("row", name="City Bergen Narvik")).to_be_visible()
    sheet.page.get_by_role("button", name="Set the ticked fields to what they were").click()
    expect(sheet.page.get_by_text("The fields are as they were.")).to_be_visible()
    assert sheet.value(2, "city") == "Bergen"


def test_each_type_has_its_control_beside_the_grid(sheet: Sheet) -> None:
    beside = opened(sheet, 1)
    beside.get_by_label("Size").focus()
    sheet.type("lar")
    sheet.press("Enter")
    expect(beside.get_by_label("Size")).to_contain_text("Large")
    expect(beside.get_by_label("Size")).to_be_focused()
    beside.get_by_label("Keeper").focus()
    sheet.type("admin")
    expect(sheet.page.get_by_role("option", name="admin@example.com")).to_be_visible()
    sheet.press("Enter")
    expect(beside.get_by_label("Keeper")).to_contain_text("admin@example.com")
    beside.get_by_label("Topics").click()
    sheet.type("rail")
    expect(sheet.page.get_by_role("option", name="Create “rail”")).to_be_visible()
    sheet.press("Enter", "Enter")
    expect(beside.get_by_label("Topics")).to_contain_text("rail")
    beside.get_by_label("Partner").select_option("Yes")
    beside.get_by_label("Since").fill("2024-05-17")
    beside.get_by_role("button", name="Save").click()
    expect(beside.get_by_role("button", name="Save")).to_be_hidden()
    sheet.stored()

    assert sheet.value(1, "size")["name"] == "Large"
    assert sheet.value(1, "partner") is True
    assert [tag["name"] for tag in sheet.value(1, "topics")] == ["rail"]
    assert sheet.value(1, "keeper")["email"] == "admin@example.com"
    assert sheet.value(1, "since") == "2024-05-17"


def test_a_refused_value_is_told_at_its_field_and_nothing_is_lost(sheet: Sheet) -> None:
    beside = opened(sheet, 1)
    beside.get_by_label("Staff").fill("many")
    beside.get_by_label("City").fill("Narvik")
    sheet.press("Control+s")
    expect(beside.get_by_label("Staff")).to_be_focused()
    field = beside.locator("[data-field=staff]")
    expect(field.get_by_role("alert")).to_have_text("Expected a whole number.")
    expect(beside.get_by_label("City")).to_have_value("Narvik")
    assert sheet.value(1, "city") == "Oslo"

    sheet.press("Escape")
    expect(beside).to_be_visible()
    expect(beside.get_by_role("button", name="Save")).to_be_focused()
    beside.get_by_label("Staff").fill("12")
    sheet.press("Control+s")
    expect(beside.get_by_role("button", name="Save")).to_be_hidden()
    assert (sheet.value(1, "city"), sheet.value(1, "staff")) == ("Narvik", 12)


def test_records_follow_in_the_order_of_the_view_and_what_was_given_is_stored(sheet: Sheet) -> None:
    sheet.open("?sort=-name")
    sheet.cell(1, "City").click()
    sheet.press("Space")
    beside = panel(sheet)
    expect(beside.get_by_text("1 of 6")).to_be_visible()
    expect(beside.get_by_label("City")).to_have_value("Bilbao")
    expect(beside.get_by_role("button", name="Previous record")).to_be_disabled()
    beside.get_by_label("City").fill("Getxo")
    sheet.press("Alt+PageDown")
    expect(beside.get_by_label("City")).to_have_value("Porto")
    expect(beside.get_by_label("City")).to_be_focused()
    expect(beside.get_by_text("2 of 6")).to_be_visible()
    assert sheet.value(6, "city") == "Getxo"

    sheet.press("F6", "ArrowDown")
    expect(beside.get_by_label("City")).to_have_value("Turku")
    sheet.press("F6")
    expect(beside.get_by_label("Name")).to_be_focused()
    expect(sheet.page).to_have_url(re.compile(f"record={sheet.ids[3]}"))


def test_a_link_opens_the_record_beside_the_grid(sheet: Sheet) -> None:
    page = sheet.page
    sheet.open(f"?sort=name&record={sheet.ids[3]}")
    expect(panel(sheet).get_by_label("City")).to_have_value("Turku")
    expect(panel(sheet).get_by_text("4 of 6")).to_be_visible()
    page.get_by_role("link", name="Open Site 1").click()
    expect(panel(sheet).get_by_label("City")).to_have_value("Oslo")
    panel(sheet).get_by_role("button", name="Close the record").click()
    expect(page).not_to_have_url(re.compile("record="))
    sheet.open("?record=00000000-0000-4000-8000-000000000000")
    expect(panel(sheet).get_by_text("This record is archived, deleted, or not")).to_be_visible()


@pytest.mark.parametrize("choice", ["theirs", "mine"])
def test_who_meets_another_in_one_field_of_the_panel_chooses(sheet: Sheet, choice: str) -> None:
    sheet.page.route("**/api/changes?**", lambda route: route.abort())
    beside = opened(sheet, 1)
    beside.get_by_label("City").fill("Mine")
    others_write(sheet, 1, city="Theirs", staff=99)
    sheet.press("Control+s")
    dialog = sheet.page.get_by_role("dialog")
    row = dialog.get_by_role("row", name=re.compile("Site 1"))
    for text in ("Oslo", "Theirs", "Mine", "admin@example.com"):
        expect(row).to_contain_text(text)
    assert sheet.value(1, "city") == "Theirs"
    row.get_by_label(choice.capitalize()).check()
    dialog.get_by_role("button", name="Apply").click()
    expect(beside.get_by_role("button", name="Save")).to_be_hidden()
    expect(beside.get_by_label("City")).to_have_value(choice.capitalize())
    expect(beside.get_by_label("Staff")).to_have_value("99")
    expect(sheet.cell(1, "City")).to_have_text(choice.capitalize())
    sheet.stored()
    assert (sheet.value(1, "city"), sheet.value(1, "staff")) == (choice.capitalize(), 99)


def test_what_is_changed_elsewhere_appears_in_the_panel(sheet: Sheet) -> None:
    beside = opened(sheet, 1)
    others_write(sheet, 1, city="Narvik")
    expect(beside.get_by_label("City")).to_have_value("Narvik", timeout=15_000)
    sheet.cell(1, "Staff").click()
    sheet.press("7", "Enter")
    sheet.press("ArrowUp")
    expect(beside.get_by_label("Staff")).to_have_value("7")


def test_linked_records_and_files_are_listed(sheet: Sheet) -> None:
    category = sheet.ask("GET", f"custom-objects/{sheet.name}/detail")["categories"][0]["id"]
    relation = {"related_object": sheet.name, "relation_type": "primary", "related_name": "Parts"}
    field = {"display_name": "Whole", "name": "whole", "field_type": "relationship"}
    sheet.ask(
        "POST",
        f"custom-objects/{sheet.name}/fields",
        {"category": category, "relation": relation, **field},
    )
    others_write(sheet, 1, whole={"id": sheet.ids[1]})
    sheet.open()
    beside = opened(sheet, 1)
    beside.get_by_role("link", name="Site 2").click()
    expect(beside.get_by_role("heading", level=2)).to_have_text("Site 2")
    expect(beside.get_by_role("region", name="Parts").get_by_role("link")).to_have_text("Site 1")


def test_what_people_wrote_is_text_in_the_panel(sheet: Sheet) -> None:
    made = sheet.add(script("name"), city=script("city"), topics=[script("tag")])
    sheet.open(f"?record={made}")
    beside = panel(sheet)
    expect(beside.get_by_role("heading", level=2)).to_have_text(script("name"))
    expect(beside.get_by_label("City")).to_have_value(script("city"))
    expect(beside.get_by_label("Topics")).to_contain_text(script("tag"))
    expect(beside.locator(".panel-story")).to_contain_text(script("city"))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_is_in_the_way_in_the_panel(sheet: Sheet, theme: str, width: int) -> None:
    page = sheet.page
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("theme => localStorage.setItem('adminTheme', JSON.stringify(theme))", theme)
    others_write(
        sheet, 1, size={"name": "Large"}, partner=True, topics=["rail"], since="2024-05-17"
    )
    sheet.open(f"?sort=name&record={sheet.ids[0]}")
    expect(panel(sheet).locator(".panel-story > li")).to_have_count(2)
    panel(sheet).get_by_label("City").fill("Narvik")
    found = obstacles(page, "the panel")
    assert overflow(page) <= 0
    panel(sheet).get_by_label("Size").click()
    found += obstacles(page, "a list in the panel")
    assert found == []
