"""What the theme does in the browser, under a content security policy that lets nothing be
evaluated; the window's console stays clean."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import Installation
from .test_admin_browser import log_in


@pytest.fixture
def inside(page: Page, installation: Installation) -> Page:
    """The workbench, by somebody who has logged in."""
    log_in(page, installation)
    return page


def user_menu(page: Page) -> None:
    page.locator("#nav-sidebar").get_by_text("admin@example.com", exact=True).last.click()


def test_the_sidebar_closes_and_stays_closed(inside: Page) -> None:
    sidebar = inside.locator("#nav-sidebar")
    switch = inside.locator("[x-on\\:click^='sidebarDesktopOpen']")
    switch.click()
    expect(sidebar).to_be_hidden()
    inside.reload()
    expect(inside.get_by_role("heading", name="Northern Freight")).to_be_visible()
    expect(sidebar).to_be_hidden()
    switch.click()
    expect(sidebar).to_be_visible()


def test_the_theme_is_switched_and_kept(inside: Page) -> None:
    for name, classes in (("Dark", r"\bdark\b"), ("Light", r"\blight\b")):
        user_menu(inside)
        inside.locator("#nav-sidebar").get_by_text(name, exact=True).click()
        expect(inside.locator("html")).to_have_class(re.compile(classes))
        inside.reload()
        expect(inside.locator("html")).to_have_class(re.compile(classes))
    user_menu(inside)
    expect(inside.get_by_role("button", name="Log out")).to_be_visible()
    inside.locator("#header-inner").click(position={"x": 300, "y": 5})
    expect(inside.get_by_role("button", name="Log out")).to_be_hidden()


def test_a_phone_opens_the_sidebar(inside: Page) -> None:
    inside.set_viewport_size({"width": 390, "height": 800})
    expect(inside.locator("#nav-sidebar")).to_be_hidden()
    inside.locator("[x-on\\:click^='sidebarMobileOpen']").last.click()
    expect(inside.locator("#nav-sidebar")).to_be_visible()


def test_pages_are_found_by_their_names(inside: Page) -> None:
    inside.keyboard.press("Control+k")
    box = inside.get_by_role("combobox", name="Search objects, records and pages")
    expect(box).to_be_focused()
    box.press_sequentially("field")
    expect(inside.get_by_role("option", name="Fields Page", exact=True)).to_be_visible()
    inside.get_by_role("option", name="Fields Page", exact=True).click()
    expect(inside).to_have_url(re.compile("/admin/records/field/"))
    inside.wait_for_load_state()  # the address changes before the page listens to keys
    inside.keyboard.press("Control+k")
    expect(box).to_be_focused()
    inside.keyboard.press("Escape")
    expect(box).to_be_hidden()


def test_a_list_is_searched_and_filtered(inside: Page, installation: Installation) -> None:
    inside.goto(f"{installation.url}/admin/records/field/")
    inside.keyboard.press("/")
    expect(inside.locator("#searchbar")).to_be_focused()
    inside.locator("a[x-on\\:click^='filterOpen = true']").click()
    expect(inside.locator("#changelist-filter")).to_be_visible()
    inside.keyboard.press("Escape")
    expect(inside.locator("#changelist-filter")).to_be_hidden()


def test_an_action_waits_for_its_choice(inside: Page, installation: Installation) -> None:
    inside.goto(f"{installation.url}/admin/records/apikey/")
    run = inside.get_by_role("button", name="Run")
    expect(run).to_be_hidden()
    inside.locator("input.action-select").first.check()
    inside.locator("select[name=action]").select_option("revoke_selected")
    expect(run).to_be_visible()


def test_a_date_is_picked_and_a_form_sent(inside: Page, installation: Installation) -> None:
    inside.goto(f"{installation.url}/admin/records/apikey/add/")
    form = inside.locator("form#apikey_form")
    assert form.evaluate("form => form.action").endswith("/admin/records/apikey/add/")
    inside.get_by_label("Name").fill("Until tonight")
    inside.locator(".datetimeshortcuts .date-icon").first.click()
    calendar = inside.locator(".calendarbox").first
    expect(calendar).to_be_visible()
    calendar.get_by_role("link", name="Tomorrow").click()
    expect(inside.locator("input[name=expires_at_0]")).to_have_value(re.compile(r"\d{4}-\d\d-\d\d"))
    inside.locator("input[name=expires_at_1]").fill("12:00:00")
    inside.get_by_role("button", name="Save", exact=True).click()
    expect(inside.locator("[data-secret]")).to_be_visible()


def test_rows_are_added_to_a_form(inside: Page, installation: Installation) -> None:
    inside.goto(f"{installation.url}/admin/records/field/?field_type__exact=dropdown")
    inside.get_by_role("link", name="Email status").click()
    rows = inside.locator(
        "tr.form-row:not(.empty-form), tbody.form-row, .form-group:not(.template)"
    )
    before = rows.count()
    inside.locator(".add-row").first.click()
    expect(rows).not_to_have_count(before)
