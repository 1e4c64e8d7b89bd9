"""The workbench in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .conftest import Installation


def log_in(page: Page, installation: Installation) -> None:
    page.goto(f"{installation.url}/admin/")
    page.get_by_label("Email").fill(installation.email)
    page.get_by_label("Password").fill(installation.password)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Northern Freight")).to_be_visible()


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    width: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return width


def test_from_log_in_over_browsing_and_editing_to_the_history(
    page: Page, installation: Installation
) -> None:
    installation.add(first_name="Front", last_name="Desk", email="desk@example.com")
    installation.add(first_name="Press", last_name="Office", email="press@example.com")
    log_in(page, installation)

    page.locator("#nav-sidebar").get_by_role("link", name="Contacts").click()
    page.get_by_placeholder("Search all text").fill("desk")
    page.get_by_role("button", name="Search", exact=True).click()
    rows = page.locator(".records-table tbody tr")
    expect(rows).to_have_count(1)
    rows.get_by_role("link", name="Front Desk").click()

    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Business phone").fill("not a number")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Enter a valid phone number.")).to_be_visible()
    page.get_by_label("Business phone").fill("(201) 555-0123")
    page.get_by_label("First name").fill("Reception")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("The record was changed.")).to_be_visible()
    newest = page.locator(".records-history > li").first
    expect(newest).to_contain_text("Updated by admin@example.com")
    expect(newest).to_contain_text("Admin")
    expect(newest.get_by_role("row", name=re.compile("First name Front Reception"))).to_be_visible()
    expect(newest).to_contain_text("+12015550123")


def test_a_filter_offers_the_conditions_and_values_of_its_field(
    page: Page, installation: Installation
) -> None:
    installation.add(first_name="Opted", email="in@example.com", email_status={"name": "Opted in"})
    installation.add(
        first_name="Gone", email="gone@example.com", email_status={"name": "Unsubscribed"}
    )
    log_in(page, installation)
    page.locator("#nav-sidebar").get_by_role("link", name="Contacts").click()

    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("Field").select_option("Email status")
    expect(page.get_by_label("Condition").locator("option")).to_have_count(6)
    page.get_by_label("Value").select_option("Unsubscribed")
    page.get_by_role("button", name="Add filter").click()

    expect(page.get_by_text("Email status is Unsubscribed")).to_be_visible()
    expect(page.locator(".records-table tbody tr")).to_have_count(1)
    page.get_by_role("link", name=re.compile("Remove the filter")).click()
    expect(page.get_by_text("Email status is Unsubscribed")).to_have_count(0)


def test_ticked_records_are_changed_together(page: Page, installation: Installation) -> None:
    for at in range(3):
        installation.add(first_name=f"Ticked {at}", email=f"ticked-{at}@example.com")
    log_in(page, installation)
    page.locator("#nav-sidebar").get_by_role("link", name="Contacts").click()
    page.get_by_placeholder("Search all text").fill("ticked-")
    page.get_by_role("button", name="Search", exact=True).click()

    change = page.get_by_role("button", name="Change a field")
    expect(change).to_be_disabled()
    page.get_by_label("Choose Ticked 0").check()
    expect(page.get_by_text("1 ticked:")).to_be_visible()
    page.get_by_label("Choose all on this page").check()
    expect(page.get_by_text("3 ticked:")).to_be_visible()
    change.click()

    page.get_by_label("Field").select_option("Email status")
    page.get_by_label("What to do").select_option("Clear")
    expect(page.locator("select[name=change-email_status]")).to_be_hidden()
    page.get_by_label("What to do").select_option("Replace the value")
    page.locator("select[name=change-email_status]").select_option("Opted in")
    page.get_by_role("button", name="Change 3 records").click()
    expect(page.get_by_role("heading", name="Done")).to_be_visible()


def test_a_big_file_is_tried_and_imported_while_its_page_is_watched(
    page: Page, installation: Installation, tmp_path: Path
) -> None:
    rows = "".join(f"watched-{at}@example.com,Watched {at}\n" for at in range(300))
    (tmp_path / "people.csv").write_text(f"Email,First name\n{rows}nobody,Bad\n", encoding="utf-8")
    log_in(page, installation)
    page.locator("#nav-sidebar").get_by_role("link", name="Contacts").click()
    page.get_by_role("link", name="Import", exact=True).click()
    page.locator("input[type=file]").set_input_files(tmp_path / "people.csv")
    page.get_by_role("button", name="Next").click()

    page.get_by_role("button", name="Dry run").click()
    page.get_by_role("button", name="Import for good").click(timeout=60_000)
    expect(page.get_by_role("heading", name="Done")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("row", name=re.compile("Line 302, Email"))).to_be_visible()
    assert overflow(page) <= 0

    page.locator("#header-inner").get_by_role("link", name="Contacts").click()
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.path().read_text(encoding="utf-8").count("watched-") == 300


def test_a_key_is_made_and_shown_once(page: Page, installation: Installation) -> None:
    log_in(page, installation)
    page.locator("#nav-sidebar").get_by_role("link", name="API keys").click()
    page.locator("a[href$='/apikey/add/']").first.click()
    page.get_by_label("Name").fill("From the browser")
    page.get_by_role("button", name="Save", exact=True).click()

    secret = page.locator("[data-secret]").inner_text()
    assert secret.startswith("rec_")
    page.get_by_role("link", name="Done", exact=True).click()
    expect(page.get_by_role("button", name="Revoke this key")).to_be_visible()
    assert secret not in page.content()


@pytest.mark.parametrize("width", [1400, 800])
def test_no_page_is_wider_than_its_window(
    page: Page, installation: Installation, width: int
) -> None:
    contact = installation.add(
        first_name="Wide" * 30, email=f"wide-{width}@example.com", titles=["a title"] * 1
    )
    log_in(page, installation)
    page.locator("#nav-sidebar").get_by_role("link", name="Contacts").click()
    contacts = page.url
    page.set_viewport_size({"width": width, "height": 900})

    set_up = [
        f"{installation.url}/admin/records/{name}/"
        for name in ("objecttype", "field", "member", "role", "apikey")
    ]
    for path in (
        contacts,
        f"{contacts}{contact}/",
        f"{contacts}{contact}/edit/",
        f"{contacts}bulk/change/?records={contact}&field=email",
        f"{contacts}bulk/archive/?records={contact}",
        f"{contacts}import/",
        f"{installation.url}/admin/records/jobs/",
        f"{installation.url}/admin/records/changes/",
        *set_up,
        f"{installation.url}/admin/",
    ):
        page.goto(path)
        assert overflow(page) <= 0, path


def test_a_change_is_undone_from_its_message(page: Page, installation: Installation) -> None:
    contact = installation.add(first_name="Kept", email="kept@example.com")
    log_in(page, installation)
    page.locator("#nav-sidebar").get_by_role("link", name="Contacts").click()
    page.goto(f"{page.url}{contact}/edit/")
    page.get_by_label("First name").fill("Lost")
    page.get_by_role("button", name="Save").first.click()
    page.get_by_role("link", name="Review or undo").click()
    expect(page.get_by_role("cell", name="Lost").first).to_be_visible()
    page.get_by_role("button", name="Preview undo").click()
    expect(page.get_by_role("status")).to_contain_text("an undo changes 1 record back")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_text("1 record was changed back.")).to_be_visible()
    page.get_by_role("link", name="Kept", exact=True).click()
    expect(page.get_by_role("heading", name="Kept")).to_be_visible()
    assert overflow(page) <= 0


def test_a_phone_shows_every_button_and_menu(page: Page, installation: Installation) -> None:
    log_in(page, installation)
    page.locator("#nav-sidebar").get_by_role("link", name="Contacts").click()
    page.set_viewport_size({"width": 390, "height": 800})

    for button in page.locator("#header-inner .records-button").all():
        box = button.bounding_box()
        assert box is not None
        assert box["y"] >= 0
    for menu in ("Filter", "Columns", "Export"):
        page.get_by_text(menu, exact=True).click()
        expect(page.locator("details[open]")).to_have_count(1)
        assert overflow(page) <= 0, menu


def test_what_has_the_focus_is_not_below_the_buttons(
    page: Page, installation: Installation
) -> None:
    contact = installation.add(first_name="Low", email="low@example.com")
    log_in(page, installation)
    page.locator("#nav-sidebar").get_by_role("link", name="Contacts").click()
    page.set_viewport_size({"width": 1280, "height": 500})
    page.goto(f"{page.url}{contact}/edit/")

    for field in page.locator(".records-inputs input[type=text]").all():
        field.focus()
        box, buttons = field.bounding_box(), page.locator(".records-submit").bounding_box()
        assert box is not None
        assert buttons is not None
        assert box["y"] + box["height"] <= buttons["y"]


def test_all_of_an_imports_plan_is_seen_on_a_small_screen(
    page: Page, installation: Installation, tmp_path: Path
) -> None:
    (tmp_path / "people.csv").write_text(
        "E-mail 1 - Value,First name,Birthday,A column with a long name of its own\n"
        "wide@example.com,A first name that is rather long,31/1/2024,NA\n"
        f"wider@example.com,{'Endless' * 30},30/1/2024,12345.67\n",
        encoding="utf-8",
    )
    page.set_viewport_size({"width": 1280, "height": 800})
    log_in(page, installation)
    page.locator("#nav-sidebar").get_by_role("link", name="Contacts").click()
    page.get_by_role("link", name="Import", exact=True).click()
    page.locator("input[type=file]").set_input_files(tmp_path / "people.csv")
    page.get_by_role("button", name="Next").click()

    table = page.locator(".records-scroll")
    expect(table.get_by_text("First rows")).to_be_visible()
    assert table.evaluate("part => part.scrollWidth <= part.clientWidth")
