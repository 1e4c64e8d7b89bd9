"""Find and replace over all records that are found: looked at, stored as one operation, undone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.hostile.scripted import script

from .conftest import Installation
from .test_grid import Sheet
from .test_grid_troubles import obstacles


@pytest.fixture
def sheet(page: Page, installation: Installation) -> Sheet:
    return Sheet(page, installation).open()


def asked(sheet: Sheet, sought: str, given: str) -> None:
    page = sheet.page
    sheet.cell(1, "City").click()
    sheet.press("Control+h")
    page.get_by_label("Find", exact=True).fill(sought)
    page.get_by_label("Replace with").fill(given)
    page.get_by_role("button", name="Preview").click()


def test_texts_are_replaced_as_one_operation_after_a_preview(sheet: Sheet) -> None:
    page = sheet.page
    before = len(sheet.operations())
    asked(sheet, "O", "0")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("4 records would change.")).to_be_visible()
    expect(dialog.get_by_role("row", name=re.compile("Site 5 Porto P0rt0"))).to_be_visible()
    assert len(sheet.operations()) == before
    dialog.get_by_label("Match case").check()
    expect(dialog.get_by_role("button", name="Replace in")).to_be_hidden()
    page.get_by_role("button", name="Preview").click()
    expect(dialog.get_by_text("1 record would change.")).to_be_visible()
    dialog.get_by_label("Match case").uncheck()
    page.get_by_role("button", name="Preview").click()
    dialog.get_by_role("button", name="Replace in 4 records").click()
    expect(sheet.cell(5, "City")).to_have_text("P0rt0")
    sheet.stored()
    assert sheet.value(1, "city") == "0sl0"
    assert sheet.value(2, "city") == "Bergen"
    assert len(sheet.operations()) == before + 1

    page.get_by_label("Messages").get_by_role("button", name="Undo").click()
    expect(sheet.cell(5, "City")).to_have_text("Porto")
    assert sheet.value(1, "city") == "Oslo"


def test_only_what_is_found_is_replaced_and_texts_stay_texts(sheet: Sheet) -> None:
    page = sheet.page
    page.get_by_label("Search all text").fill("cork")
    expect(page.locator("#count")).to_have_text("1 record")
    asked(sheet, "or", script("city"))
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("1 record would change.")).to_be_visible()
    expect(dialog.get_by_role("row", name=re.compile("Site 3"))).to_contain_text(script("city"))
    assert obstacles(page, "find and replace") == []
    dialog.get_by_role("button", name="Replace in 1 record").click()
    expect(page.get_by_text("City replaced in 1 record.")).to_be_visible()
    assert sheet.value(3, "city") == f"C{script('city')}k"
    assert sheet.value(1, "city") == "Oslo"
