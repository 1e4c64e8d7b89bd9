"""Texts that are attempts to run a script, on every page of the workbench in a real browser: no
attempt runs, no page complains, and all that the theme does with expressions works."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.calling import Address
from tests.databases import environment_on, own_database
from tests.hostile.scripted import MARK, PASSWORD, Scripted
from tests.serving import free_port, serving

# Counts what runs. Alpine's expressions see no globals: one that runs says so in the console.
COUNT = """
window.ran = 0;
window.owned = () => { window.ran += 1; };
window.refused = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.refused.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
"""
# Each expression of a page's events is read and none is carried out: `false && (…)`. Globals are
# in no reach of them.
UNREADABLE = """
() => {
  const found = [];
  for (const element of document.querySelectorAll("*")) {
    for (const { name, value } of element.attributes) {
      if (!/^(x-on:|@)/.test(name) || !value.trim()) continue;
      if (/\\b(window|document|location|localStorage)\\b/.test(value)) found.push(`${name}=${value}`);
      try {
        Alpine.evaluate(element, `false && (${value.trim().replace(/;$/, "")})`);
      } catch (error) {
        found.push(`${name}=${value}: ${error.message}`);
      }
    }
  }
  return found;
}
"""


class Attacked:
    """A window at the scripted workspace, and what was said in its console."""

    def __init__(self, page: Page, url: str, made: Scripted) -> None:
        self.page, self.url, self.made = page, url, made
        self.said: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", lambda dialog: self.said.append(dialog.message))

    def _hear(self, message: ConsoleMessage) -> None:
        # A refused address is answered 403, 404 or 405, which the browser says too.
        if message.type in ("error", "warning") and "the server responded" not in message.text:
            self.said.append(message.text)

    def complaints(self) -> list[str]:
        """What ran, was refused or failed on the page since it was opened."""
        said, self.said = self.said, []
        ran, refused = self.page.evaluate("[window.ran, window.refused]")
        return [*said, *refused, *([f"{ran} ran"] if ran else [])]


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Scripted]]:
    folder = tmp_path_factory.mktemp("scripted")
    with own_database(folder, "tables") as database:
        environment = environment_on(database, DATA_DIR=str(folder / "data"))
        printed = subprocess.run(
            [sys.executable, "-m", "tests.hostile.scripted"],
            env=environment,
            cwd=settings.BASE_DIR,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        address = Address("127.0.0.1", free_port(), ())
        with serving(environment, address, "--no-worker"):
            yield (
                f"http://{address.host}:{address.port}",
                Scripted(**json.loads(printed.stdout)),
            )


@pytest.fixture
def window(browser: Browser, scripted: tuple[str, Scripted]) -> Iterator[Attacked]:
    url, made = scripted
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    context.add_init_script(COUNT)
    window = Attacked(context.new_page(), url, made)
    window.page.goto(f"{url}/admin/login/")
    window.page.get_by_label("Email").fill(made.email)
    window.page.get_by_label("Password").fill(PASSWORD)
    window.page.get_by_role("button", name="Log in").click()
    expect(window.page.locator("#nav-sidebar")).to_be_visible()
    yield window
    context.close()


def test_every_page_shows_what_people_wrote_and_runs_none_of_it(window: Attacked) -> None:
    wrong: dict[str, Any] = {}
    shown = 0
    chosen = "&".join(f"records={record}" for record in window.made.keys["record_uuid"][:2])
    for name, path in window.made.pages():
        answer = window.page.goto(f"{window.url}{path}?{chosen}&field=text&s=owned")
        assert answer is not None
        found = window.complaints()
        if window.page.evaluate("'Alpine' in window"):
            found += window.page.evaluate(UNREADABLE)
        shown += MARK in window.page.locator("body").inner_text()
        policy = answer.headers.get("content-security-policy", "")
        if "unsafe-eval" in policy or not policy:
            found.append(f"its policy is {policy!r}")
        if found:
            wrong[f"{name} {path}"] = found

    assert not wrong, json.dumps(wrong, indent=1)
    assert shown > 40


def test_a_list_is_turned_to_its_next_page(window: Attacked) -> None:
    window.page.goto(f"{window.url}/admin/records/field/")
    window.page.locator("a[x-on\\:click\\.prevent]").get_by_text("2", exact=True).click()
    expect(window.page).to_have_url(f"{window.url}/admin/records/field/?p=2")
    assert window.complaints() == []


def test_the_pages_of_the_apis_need_no_evaluation_either(window: Attacked) -> None:
    for path in ("/api/docs/", "/api/docs/redoc", "/api/v2/docs/", "/api/v2/docs/redoc"):
        window.page.goto(f"{window.url}{path}")
        # Redoc draws the whole document before it shows any of it.
        expect(window.page.get_by_role("heading").first).to_be_visible(timeout=60_000)
        # Redoc's own picture of its makers, which is on their site.
        assert [said for said in window.complaints() if "redoc.ly" not in said] == [], path
