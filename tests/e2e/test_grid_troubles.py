"""The grid when something is in the way: two people at one field, refused values, a server that does not answer, texts
that would like to be scripts, and obstacles for people who use no mouse or see no colours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, expect

from tests.hostile.scripted import MARK, script

from .conftest import Installation
from .test_grid import Sheet

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")
WATCH = """
window.ran = 0;
window.owned = () => { window.ran += 1; };
window.refused = [];
document.addEventListener("securitypolicyviolation", (event) => window.refused.push(event.violatedDirective));
"""


@pytest.fixture
def watched(browser: Browser) -> Iterator[Page]:
    """A window in which the server may refuse something, but no script may fail and nothing may be against the
    policy."""
    context = browser.new_context(
        viewport={"width": 1400, "height": 900},
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.add_init_script(WATCH)
    page = context.new_page()
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        expected = ("the server responded", "net::ERR_FAILED")
        if message.type in ("error", "warning") and not any(
            part in message.text for part in expected
        ):
            said.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: dialog.accept())
    yield page
    ran, refused = page.evaluate("[window.ran, window.refused]")
    context.close()
    assert (said, ran, refused) == ([], 0, [])


@pytest.fixture
def sheet(watched: Page, installation: Installation) -> Sheet:
    return Sheet(watched, installation).open()


def others_write(sheet: Sheet, row: int, **values: Any) -> None:
    fields = [{"name": name, "value": value} for name, value in values.items()]
    sheet.ask("PATCH", f"records/{sheet.name}/{sheet.ids[row - 1]}", {"fields": fields})


def test_different_fields_of_one_record_are_both_kept(sheet: Sheet) -> None:
    sheet.page.route("**/api/changes?**", lambda route: route.abort())
    sheet.cell(1, "City").click()
    sheet.press("F2")
    others_write(sheet, 1, staff=99)
    sheet.type(" harbour")
    sheet.press("Enter")
    expect(sheet.cell(1, "Staff")).to_have_text("99")
    sheet.stored()
    assert (sheet.value(1, "city"), sheet.value(1, "staff")) == ("Oslo harbour", 99)
    expect(sheet.page.get_by_text("Somebody else changed Staff of this record")).to_be_visible()


@pytest.mark.parametrize("choice", ["theirs", "mine"])
def test_who_meets_another_in_one_field_chooses(sheet: Sheet, choice: str) -> None:
    page = sheet.page
    sheet.cell(1, "City").click()
    sheet.type("M")
    others_write(sheet, 1, city="Theirs")
    sheet.type("ine")
    sheet.press("Enter")

    dialog = page.get_by_role("dialog")
    row = dialog.get_by_role("row", name=re.compile("Site 1"))
    expect(row).to_contain_text("admin@example.com")
    for text in ("Oslo", "Theirs", "Mine"):
        expect(row).to_contain_text(text)
    assert sheet.value(1, "city") == "Theirs"
    row.get_by_label(choice.capitalize()).check()
    page.get_by_role("button", name="Apply").click()
    expect(sheet.cell(1, "City")).to_have_text(choice.capitalize())
    if choice == "mine":
        sheet.stored()
    assert sheet.value(1, "city") == choice.capitalize()


def test_a_refused_value_stays_in_its_cell_until_it_is_mended(sheet: Sheet) -> None:
    sheet.cell(1, "Staff").click()
    sheet.type("many")
    sheet.press("Enter")
    cell = sheet.cell(1, "Staff")
    expect(cell).to_have_class(re.compile("grid-refused"))
    expect(cell).to_have_text("many")
    assert sheet.value(1, "staff") is None
    sheet.press("ArrowUp")
    expect(sheet.page.locator("#cell-problem")).to_contain_text("Expected a whole number.")

    sheet.press("Enter")
    expect(sheet.page.locator(".grid-editor input")).to_have_value("many")
    sheet.press("Control+a")
    sheet.type("12")
    sheet.press("Enter")
    expect(cell).to_have_text("12")
    sheet.stored()
    assert sheet.value(1, "staff") == 12


def test_a_paste_stores_what_is_right_and_keeps_what_is_refused(sheet: Sheet) -> None:
    sheet.page.evaluate("navigator.clipboard.writeText('1\\nmany\\n3')")
    sheet.cell(1, "Staff").click()
    sheet.press("Control+v")
    expect(sheet.cell(2, "Staff")).to_have_class(re.compile("grid-refused"))
    expect(sheet.cell(3, "Staff")).to_have_text("3")
    assert [sheet.value(row, "staff") for row in (1, 2, 3)] == [1, None, 3]
    expect(sheet.cell(2, "Staff")).to_have_text("many")
    sheet.cell(2, "Staff").click()
    sheet.press("Escape")
    expect(sheet.cell(2, "Staff")).to_have_text("")


def test_records_that_could_not_be_loaded_are_not_told_as_none(sheet: Sheet) -> None:
    page, failing = sheet.page, [True]

    def answer(route: Route) -> None:
        if failing:
            route.abort()
        else:
            route.continue_()

    page.route("**/search", answer)
    page.reload()
    problem = page.get_by_role("alert").filter(has_text="could not be loaded")
    expect(problem).to_be_visible()
    expect(page.locator("#count")).to_have_text("Not loaded")
    expect(page.get_by_text("No records found")).to_have_count(0)
    failing.clear()
    problem.get_by_role("button", name="Retry").click()
    expect(page.locator("#count")).to_have_text("6 records")


def test_what_people_wrote_is_text(sheet: Sheet) -> None:
    page = sheet.page
    attempt = script("city")
    sheet.add(script("name"), city=attempt, topics=[script("tag")])
    category = sheet.ask("GET", f"custom-objects/{sheet.name}/detail")["categories"][0]["id"]
    option = {"name": script("option"), "code": "attempt"}
    field = {"display_name": script("label"), "field_type": "dropdown", "name": "attempt"}
    sheet.ask(
        "POST",
        f"custom-objects/{sheet.name}/fields",
        {"category": category, "description": script("description"), "options": [option], **field},
    )
    others_write(sheet, 1, attempt={"name": option["name"]})
    sheet.open("?sort=-name&columns=city,topics,attempt")
    table = page.locator("#table")

    expect(table.get_by_text(attempt).first).to_be_visible()
    expect(table.get_by_text(script("label")).first).to_be_visible()
    expect(table.get_by_text(option["name"]).first).to_be_visible()
    place = (
        page.locator(".tabulator-tableholder .tabulator-row").last.locator(".tabulator-cell").last
    )
    place.click()
    sheet.press("Enter")
    expect(page.get_by_role("listbox")).to_contain_text(MARK)
    sheet.press("Escape")
    sheet.page.evaluate("text => navigator.clipboard.writeText(text)", attempt)
    page.locator(".tabulator-row").first.locator(".tabulator-cell").nth(2).click()
    sheet.press("Control+v")
    sheet.stored()
    for name in ("Filter", "Sort", "Columns"):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_role("dialog")).to_contain_text(MARK)
        sheet.press("Escape")
    page.get_by_label("Search all text").fill(attempt[:40])
    expect(page.locator("#count")).to_have_text(re.compile("record"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_in_the_way_of_people_with_disabilities(sheet: Sheet, theme: str) -> None:
    page = sheet.page
    page.evaluate("theme => localStorage.setItem('adminTheme', JSON.stringify(theme))", theme)
    others_write(
        sheet, 1, size={"name": "Large"}, partner=True, topics=["rail"], since="2024-05-17"
    )
    page.reload()
    expect(page.locator("#count")).to_have_text("6 records")
    found = obstacles(page, "the grid")
    sheet.cell(1, "Size").click()
    sheet.press("Enter")
    expect(page.get_by_role("listbox")).to_be_visible()
    found += obstacles(page, "a list of options")
    sheet.press("Escape", "?")
    expect(page.get_by_role("dialog")).to_be_visible()
    found += obstacles(page, "the shortcuts")
    sheet.press("Escape")
    for name in ("Filter", "Sort", "Columns", "View: All records"):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        found += obstacles(page, name)
        sheet.press("Escape")
    assert found == []


def obstacles(page: Page, what: str) -> list[str]:
    """What axe finds that is serious or worse."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run()")["violations"]
    return [
        f"{what}: {each['id']} {each['nodes'][0]['html'][:200]}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


def test_keys_alone_reach_everything(sheet: Sheet) -> None:
    page = sheet.page
    page.reload()
    expect(page.locator("#count")).to_have_text("6 records")
    sheet.press("Tab")
    expect(page.get_by_role("link", name="Skip to the records")).to_be_focused()
    sheet.press("Enter", "ArrowRight", "ArrowDown")
    expect(sheet.cell(2, "City")).to_have_class(re.compile("grid-active"))
    sheet.press("/")
    expect(page.get_by_label("Search all text")).to_be_focused()
