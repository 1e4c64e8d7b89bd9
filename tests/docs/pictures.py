"""Takes the pictures of the documentation: `python -m tests.docs.pictures`, in the repository's
root.

They show a demo in a folder of its own, in Chromium, 1440 pixels wide.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from .pages import ROOT
from .served import ServedDemo, serve_demo

FOLDER = ROOT / "docs" / "pictures"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
ROWS = (
    "name,city,employees,web site",
    "Northern Freight Example,Oslo,60,https://northern-freight.example.com",
    "Eastern Glass Example,Turku,12,https://eastern-glass.example.com",
    "Southern Foods Example,Cork,many,",
)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as player:
        folder = Path(name)
        with serve_demo(folder, f"sqlite:///{folder / 'records.sqlite3'}", _free_port()) as demo:
            browser = player.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
            page = browser.new_context(viewport={"width": 1440, "height": 810}).new_page()
            _log_in(page, demo)
            _take_list(page)
            _take_record(page)
            _take_bulk_change(page)
            _take_import(page, folder)
            browser.close()


def _log_in(page: Page, demo: ServedDemo) -> None:
    page.goto(f"{demo.url}/admin/")
    page.get_by_label("Email").fill(demo.email)
    page.get_by_label("Password").fill(demo.password)
    page.get_by_role("button", name="Log in").click()


def _take_list(page: Page) -> None:
    """A list that is filtered and sorted by its costs, with the filter's panel open."""
    _open(page, "Wildlife strikes")
    columns = "&".join(
        f"columns={name}"
        for name in ("airport", "flight_date", "wildlife_size", "phase_of_flight", "cost_total")
    )
    page.goto(f"{page.url}?o=-cost_total&{columns}")
    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("Field", exact=True).select_option("Wildlife Size")
    page.get_by_label("Condition", exact=True).select_option("is")
    page.get_by_label("Value", exact=True).select_option("Large")
    page.get_by_role("button", name="Add filter").click()
    _take(page, "list")


def _take_record(page: Page) -> None:
    """A record that was changed, and its history."""
    _open(page, "Companies")
    page.get_by_role("link", name="Northern Freight Example").click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("City").fill("Oslo")
    page.get_by_label("Employees").fill("64")
    page.get_by_role("button", name="Save").click()
    page.locator("#history").scroll_into_view_if_needed()
    page.locator(".records-history > li").first.wait_for()
    page.evaluate("document.querySelector('#history').scrollIntoView({block: 'center'})")
    _take(page, "history")


def _take_bulk_change(page: Page) -> None:
    """A field of all records that a list finds, about to be changed."""
    _open(page, "Companies")
    page.get_by_placeholder("Search all text").fill("freight")
    page.get_by_role("button", name="Search").click()
    page.locator("thead input[type=checkbox]").check()
    page.get_by_role("button", name="Change a field").click()
    page.get_by_label("Field", exact=True).select_option("Partner")
    page.get_by_label("Partner", exact=True).select_option("Yes")
    _take(page, "bulk-change")


def _take_import(page: Page, folder: Path) -> None:
    """The plan of an import, and what a dry run of it shows."""
    file = folder / "companies.csv"
    file.write_text("\n".join(ROWS), encoding="utf-8")
    _open(page, "Companies")
    page.get_by_role("link", name="Import").click()
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Dry run").wait_for()
    page.get_by_label("Field of web site").select_option("Website")
    _take(page, "import-plan")
    page.get_by_role("button", name="Dry run").click()
    page.get_by_role("button", name="Import for good").wait_for()
    _take(page, "import-dry-run")


def _open(page: Page, label: str) -> None:
    page.locator("#nav-sidebar").get_by_role("link", name=label, exact=False).first.click()
    page.wait_for_load_state()


def _take(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.mouse.move(0, 0)
    page.screenshot(path=FOLDER / f"{name}.png", animations="disabled", caret="hide")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
