"""The start page and Ctrl-K in a real browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from .conftest import Installation
from .test_admin_browser import log_in


def test_ctrl_k_finds_a_record_from_any_page(page: Page, installation: Installation) -> None:
    script = "<img src=x onerror=alert(1)>"
    for name in ("Findable", script):
        installation.add(first_name=name, last_name="Quay", email=f"{len(name)}@example.com")
    log_in(page, installation)
    for place in ("", "records/field/", "records/jobs/"):
        page.goto(f"{installation.url}/admin/{place}")
        dialog = page.get_by_role("dialog", name="Search everything")
        expect(dialog).to_be_hidden()
        page.keyboard.press("Control+k")
        expect(dialog).to_be_visible()
        page.keyboard.type("quay")
        options = dialog.get_by_role("option")
        expect(options).to_have_count(2)
        expect(options.filter(has_text=script)).to_be_visible()
        page.keyboard.press("ArrowDown")
        expect(options.nth(1)).to_have_attribute("aria-selected", "true")
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()

    page.get_by_role("button", name="Search everything").click()
    page.keyboard.type("findab")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Findable Quay")).to_be_visible()


def test_the_search_says_that_nothing_was_found_or_that_it_failed(
    page: Page, installation: Installation
) -> None:
    log_in(page, installation)
    page.keyboard.press("Control+k")
    page.keyboard.type("zzzz")
    expect(page.get_by_role("status").filter(has_text="Nothing is called")).to_be_visible()
    page.context.clear_cookies()
    page.keyboard.type("y")
    expect(page.get_by_text("The search failed")).to_be_visible()


def test_the_start_page_leads_to_an_objects_records(page: Page, installation: Installation) -> None:
    installation.add(first_name="Counted", email="counted@example.com")
    log_in(page, installation)
    expect(page.get_by_role("img", name="Changes of each day")).to_be_visible()
    page.locator(".records-card").get_by_role("link", name="Contacts", exact=True).click()
    expect(page.get_by_placeholder("Search all text")).to_be_visible()
