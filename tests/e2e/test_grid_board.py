"""Records as cards in columns: moved by dragging and by keys, put back when that is refused, counted by the server."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.hostile.scripted import script

from .conftest import Installation
from .test_admin_browser import overflow
from .test_grid import Sheet
from .test_grid_groups import filled
from .test_grid_troubles import obstacles, others_write, watched  # noqa: F401 - a fixture


@pytest.fixture
def sheet(watched: Page, installation: Installation) -> Sheet:  # noqa: F811
    return Sheet(watched, installation)


def shown(sheet: Sheet) -> Sheet:
    filled(sheet).open("?sort=name&board=size")
    expect(column(sheet, "Small").get_by_role("listitem")).to_have_count(3)
    return sheet


def column(sheet: Sheet, name: str) -> Locator:
    return sheet.page.get_by_role("region", name=name, exact=True)


def card(sheet: Sheet, name: str) -> Locator:
    return sheet.page.locator(".board-card").filter(has_text=name)


def size(sheet: Sheet, row: int) -> Any:
    found = sheet.value(row, "size")
    return found and found["name"]


def counts(sheet: Sheet, **expected: int) -> None:
    for name, count in expected.items():
        heading = column(sheet, name.replace("_", " ")).get_by_role("heading")
        expect(heading).to_have_text(re.compile(rf"{name.replace('_', ' ')}\s*{count}$"))


def test_a_card_is_dragged_to_another_column_and_taken_back(sheet: Sheet) -> None:
    shown(sheet)
    counts(sheet, Small=3, Middle=1, Large=1, No_Size=1)
    card(sheet, "Site 2").drag_to(column(sheet, "Large"))
    expect(column(sheet, "Large").get_by_role("listitem")).to_have_text(
        [re.compile("Site 2"), re.compile("Site 1")]
    )
    counts(sheet, Small=2, Large=2)
    sheet.stored()
    assert size(sheet, 2) == "Large"

    sheet.page.get_by_label("Messages").get_by_role("button", name="Undo").click()
    expect(column(sheet, "Small").get_by_role("listitem")).to_have_count(3)
    counts(sheet, Small=3, Large=1)
    assert size(sheet, 2) == "Small"


def test_a_card_is_moved_and_opened_by_keys(sheet: Sheet) -> None:
    shown(sheet)
    card(sheet, "Site 2").focus()
    sheet.press("ArrowDown", "Control+ArrowRight")
    expect(column(sheet, "Middle")).to_contain_text("Site 3")
    expect(card(sheet, "Site 3")).to_be_focused()
    sheet.stored()
    assert size(sheet, 3) == "Middle"
    sheet.press("Control+ArrowRight", "Control+ArrowRight")
    expect(column(sheet, "No Size")).to_contain_text("Site 3")
    sheet.stored()
    assert size(sheet, 3) is None

    sheet.press("Enter")
    panel = sheet.page.locator("#panel")
    expect(panel.get_by_role("heading", level=2)).to_have_text("Site 3")
    panel.get_by_label("City").fill("Narvik")
    sheet.press("Control+s")
    expect(card(sheet, "Site 3")).to_contain_text("Narvik")
    sheet.press("Escape")
    expect(card(sheet, "Site 3")).to_be_focused()


def test_a_refused_move_puts_the_card_back_and_says_why(sheet: Sheet) -> None:
    shown(sheet)

    def refuse(route: Route) -> None:
        if route.request.method == "PATCH":
            route.fulfill(status=403, json={"detail": "You may not edit this record."})
        else:
            route.continue_()

    sheet.page.route(f"**/records/*/{sheet.ids[1]}?**", refuse)
    card(sheet, "Site 2").focus()
    sheet.press("Control+ArrowRight")
    expect(
        sheet.page.get_by_text("Site 2 was not moved: You may not edit this record.")
    ).to_be_visible()
    expect(column(sheet, "Small").get_by_role("listitem").first).to_contain_text("Site 2")
    counts(sheet, Small=3, Middle=1)
    assert size(sheet, 2) == "Small"


def test_who_meets_another_at_a_card_sees_where_it_was_put(sheet: Sheet) -> None:
    sheet.page.route("**/api/changes?**", lambda route: route.abort())
    shown(sheet)
    others_write(sheet, 2, size={"name": "Large"})
    others_write(sheet, 3, city="Narvik")
    card(sheet, "Site 2").focus()
    sheet.press("Control+ArrowRight")
    expect(sheet.page.get_by_text("Site 2 was moved by somebody else")).to_be_visible()
    expect(column(sheet, "Large")).to_contain_text("Site 2")
    card(sheet, "Site 3").focus()
    sheet.press("Control+ArrowRight")
    expect(column(sheet, "Middle")).to_contain_text("Narvik")
    sheet.stored()
    assert (size(sheet, 2), size(sheet, 3)) == ("Large", "Middle")


def test_many_cards_are_fetched_page_by_page_and_others_moves_appear(sheet: Sheet) -> None:
    filled(sheet)
    fields = sheet.ask("GET", f"custom-objects/{sheet.name}/fields")
    middle = next(each for each in fields if each["name"] == "size")["options"][1]["id"]
    entry = {"name": "size", "value": {"id": middle}}
    items = [{"fields": [{"name": "name", "value": f"Many {at:02}"}, entry]} for at in range(30)]
    sheet.ask("POST", f"records/{sheet.name}/batch", {"mode": "create", "items": items})
    sheet.open("?sort=name&board=size")
    expect(column(sheet, "Middle").get_by_role("listitem")).to_have_count(20)
    counts(sheet, Middle=31)
    column(sheet, "Middle").get_by_role("button", name="Show more of 11").click()
    expect(column(sheet, "Middle").get_by_role("listitem")).to_have_count(31)
    expect(column(sheet, "Middle").get_by_role("button")).to_have_count(0)

    others_write(sheet, 1, size={"name": "Middle"})
    expect(column(sheet, "Middle")).to_contain_text("Site 1", timeout=15_000)
    counts(sheet, Middle=32, Large=0)


def test_a_board_is_chosen_filtered_and_kept_as_a_view(sheet: Sheet) -> None:
    filled(sheet).open()
    page = sheet.page
    page.get_by_label("Shown as").select_option("Board by Size")
    expect(column(sheet, "Small").get_by_role("listitem")).to_have_count(3)
    page.get_by_label("Search all text").fill("cork")
    expect(page.locator(".board-card")).to_have_count(1)
    page.get_by_role("button", name="View:").click()
    page.get_by_label("Save what is shown as a new view").fill("Sizes")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("button", name="View: Sizes")).to_be_visible()
    saved = sheet.ask("GET", f"custom-objects/{sheet.name}/columns")["results"]
    assert saved[0]["configuration_json"]["kind"] == "board"
    page.goto(page.url)
    expect(page.locator(".board-card")).to_have_count(1)
    page.get_by_label("Shown as").select_option("Grid")
    expect(sheet.cell(1, "City")).to_have_text("Cork")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_in_the_way_on_a_board(sheet: Sheet, theme: str) -> None:
    page = sheet.page
    filled(sheet).add(script("name"), city=script("city"), size={"name": "Small"})
    page.evaluate("theme => localStorage.setItem('adminTheme', JSON.stringify(theme))", theme)
    sheet.open("?sort=name&board=size")
    expect(page.locator(".board-card")).to_have_count(7)
    expect(column(sheet, "Small")).to_contain_text(script("city"))
    assert obstacles(page, "the board") == []
    page.set_viewport_size({"width": 390, "height": 800})
    assert overflow(page) <= 0
