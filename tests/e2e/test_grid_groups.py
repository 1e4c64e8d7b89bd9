"""Records in groups, and figures below the columns: counted by the server over all that is found."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.hostile.scripted import script

from .conftest import Installation
from .test_admin_browser import overflow
from .test_grid import Sheet
from .test_grid_troubles import obstacles, others_write

SIZES = ("Large", "Small", "Small", "Middle", "Small", None)
SINCE = ("2024-05-17", "2024-05-30", "2024-07-01", None, "2024-07-02", "2023-01-01")


@pytest.fixture
def sheet(page: Page, installation: Installation) -> Sheet:
    return Sheet(page, installation)


def filled(sheet: Sheet) -> Sheet:
    for row, (size, since) in enumerate(zip(SIZES, SINCE, strict=True), 1):
        others_write(sheet, row, size=size and {"name": size}, since=since, staff=row * 10)
    return sheet


def headings(sheet: Sheet) -> Locator:
    return sheet.page.locator(".grid-fold")


def grouped(sheet: Sheet, label: str) -> None:
    page = sheet.page
    page.get_by_role("button", name="Group").click()
    page.get_by_label("Group by").select_option(label)
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("button", name=f"Grouped by {label}")).to_be_visible()


def test_records_are_grouped_counted_and_folded(sheet: Sheet) -> None:
    filled(sheet).open()
    grouped(sheet, "Size")
    expect(headings(sheet)).to_have_text(
        [
            re.compile(r"Small\s*3"),
            re.compile(r"Middle\s*1"),
            re.compile(r"Large\s*1"),
            re.compile(r"No Size\s*1"),
        ]
    )
    expect(sheet.page.locator(".tabulator-row").filter(has_text="Site 6")).to_be_visible()
    expect(sheet.page.locator("#count")).to_have_text("6 records")

    headings(sheet).nth(0).click()
    expect(sheet.page.locator(".tabulator-row").filter(has_text="Site 2")).to_have_count(0)
    expect(headings(sheet).nth(0)).to_have_attribute("aria-expanded", "false")
    sheet.page.goto(sheet.page.url)
    expect(headings(sheet)).to_have_count(4)
    expect(sheet.page.locator(".tabulator-row").filter(has_text="Site 4")).to_be_visible()
    expect(sheet.page.locator(".tabulator-row").filter(has_text="Site 2")).to_have_count(0)


def test_groups_are_folded_and_their_records_edited_by_keys(sheet: Sheet) -> None:
    filled(sheet).open("?sort=name&group=size")
    page = sheet.page
    expect(page.locator(".tabulator-row").filter(has_text="Site 5")).to_be_visible()
    page.locator(".tabulator-row").filter(has_text="Site 5").get_by_text("Porto").click()
    sheet.press("ArrowDown")
    expect(page.locator(".grid-active")).to_have_text("Turku")
    sheet.type("Vaasa")
    sheet.press("Enter")
    sheet.stored()
    assert sheet.value(4, "city") == "Vaasa"
    sheet.press("Control+.")
    expect(page.locator(".grid-fold:focus")).to_contain_text("Large")
    sheet.press("ArrowLeft")
    expect(page.locator(".tabulator-row").filter(has_text="Site 1")).to_have_count(0)
    sheet.press("ArrowUp")
    expect(page.locator(".grid-fold:focus")).to_contain_text("Middle")
    sheet.press("ArrowDown", "ArrowRight")
    expect(page.locator(".tabulator-row").filter(has_text="Site 1")).to_be_visible()


def test_dates_are_grouped_by_month_within_what_is_found(sheet: Sheet) -> None:
    filled(sheet).open()
    grouped(sheet, "Since")
    found = ["January 2023\n1", "May 2024\n2", "July 2024\n2", "No Since\n1"]
    expect(headings(sheet)).to_have_text([re.compile(text.replace("\n", r"\s*")) for text in found])
    sheet.page.get_by_label("Search all text").fill("o")
    expect(headings(sheet).filter(has_text="May 2024")).to_be_visible()


def test_many_records_of_a_group_come_as_they_are_reached(sheet: Sheet) -> None:
    small = next(
        f for f in sheet.ask("GET", f"custom-objects/{sheet.name}/fields") if f["name"] == "size"
    )["options"][0]["id"]
    items = [
        {
            "fields": [
                {"name": "name", "value": f"Many {at:03}"},
                {"name": "size", "value": {"id": small}},
            ]
        }
        for at in range(120)
    ]
    sheet.ask("POST", f"records/{sheet.name}/batch", {"mode": "create", "items": items})
    sheet.open("?sort=name&group=size")
    expect(headings(sheet).first).to_contain_text("120")
    sheet.page.get_by_text("Many 000").click()
    for name in ("Many 049", "Many 099", "Site 6"):
        sheet.press("Control+End")
        expect(sheet.page.get_by_role("gridcell", name=name, exact=True)).to_be_visible()
        expect(sheet.page.locator(".grid-rest-row").first).not_to_be_in_viewport()
    sheet.press("Control+Home")
    expect(sheet.page.get_by_role("gridcell", name="Many 000", exact=True)).to_be_visible()


def test_figures_are_of_all_that_is_found_and_stay_right(sheet: Sheet) -> None:
    filled(sheet).open()
    page = sheet.page
    page.get_by_label("Figure of Staff").select_option("Sum")
    expect(page.get_by_label("Figure of Staff")).to_have_value("sum")
    expect(page.locator("option:checked", has_text="Sum 210")).to_have_count(1)
    page.get_by_label("Figure of Since").select_option("Max")
    expect(page.locator("option:checked", has_text="Max 2024-07-02")).to_have_count(1)
    page.get_by_label("Figure of Size").select_option("Empty")
    expect(page.locator("option:checked", has_text="Empty 1")).to_have_count(1)

    sheet.cell(1, "Staff").click()
    sheet.type("100")
    sheet.press("Enter")
    expect(page.locator("option:checked", has_text="Sum 300")).to_have_count(1)
    grouped(sheet, "Size")
    expect(page.locator(".grid-heading").filter(has_text="Small")).to_contain_text("Staff sum: 100")


def test_groups_and_figures_are_kept_in_a_view(sheet: Sheet) -> None:
    filled(sheet).open()
    page = sheet.page
    page.get_by_label("Figure of Staff").select_option("Average")
    grouped(sheet, "Size")
    headings(sheet).filter(has_text="Small").click()
    page.get_by_role("button", name="View:").click()
    page.get_by_label("Save what is shown as a new view").fill("By size")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("button", name="View: By size")).to_be_visible()
    page.goto(page.url)
    expect(headings(sheet).filter(has_text="Small")).to_have_attribute("aria-expanded", "false")
    expect(page.locator("option:checked", has_text="Average 35")).to_have_count(1)
    expect(page.get_by_role("button", name="View: By size", exact=True)).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_in_the_way_in_groups(sheet: Sheet, theme: str) -> None:
    page = sheet.page
    filled(sheet).add(script("name"), size={"name": "Small"})
    page.evaluate("theme => localStorage.setItem('adminTheme', JSON.stringify(theme))", theme)
    sheet.open("?sort=name&group=size&figures=staff:sum")
    expect(page.locator(".tabulator-row").filter(has_text="Site 1")).to_be_visible()
    assert obstacles(page, "groups") == []
    page.set_viewport_size({"width": 390, "height": 800})
    assert overflow(page) <= 0
