"""The documentation is complete, its links lead somewhere, and what it names exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from uuid import UUID

import pytest
from django.core.management import get_commands, load_command_class
from django.urls import Resolver404, resolve

from records.management.commands.demo import TOUR

from .pages import ROOT, Page, all_pages

PAGES = all_pages()
DECISIONS = Page(ROOT / "docs" / "decisions" / "README.md")
MOST_LINES = {"README.md": 120, "decision": 25}
MOST_PICTURE_BYTES = 250_000
SETTING = re.compile(r"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|DEBUG|PORT|HOST)(?:=.*)?")
COMMAND = re.compile(r"\b(?:records|manage\.py) ([a-z_]+)\b")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
TARGET = re.compile(r"\bmake ([a-z][a-z0-9-]*)")
CALL = re.compile(r"((?:`[A-Z]+` )*`[A-Z]+) (/api/[^`\s?]*)`")
PLACES = {"{object}": "contacts", "{n}": "1", "{slug}": "a", "{external}": "a", "{token}": "a"}
# Signs of a sentence that a native reader stumbles over.
STUMBLING = re.compile(
    r"\b(made anew|anew|meanwhile|by hand of|so many|is told|are told|have not yet|one's|whose of"
    r"|error of ours|put files up|as it was made)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize(
    "name", ["LICENSE", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "README.md"]
)
def test_the_files_people_look_for_are_there(name: str) -> None:
    assert (ROOT / name).stat().st_size > 0


def test_the_readme_is_short_and_shows_a_picture() -> None:
    readme = Page(ROOT / "README.md")

    assert len(readme.lines) <= MOST_LINES["README.md"]
    assert any(link.endswith(".png") for link in readme.links)


def test_the_tour_of_the_readme_has_the_lines_that_the_demo_prints() -> None:
    shown = [block.text for block in Page(ROOT / "README.md").blocks if block.language == "sh"]
    printed = [re.sub(r"^#.*\n", "", step) + "\n" for step in TOUR.strip().split("\n\n")]

    assert len(printed) == 3
    assert [step for step in printed if step not in shown] == []


def test_links_and_anchors_lead_somewhere() -> None:
    broken = [
        f"{page}: {link}"
        for page in PAGES
        for link in page.links
        if not _leads_somewhere(page, link)
    ]

    assert broken == []


def _leads_somewhere(page: Page, link: str) -> bool:
    if re.match(r"[a-z]+:", link):
        return True  # other sites are not asked: tests run without a network
    path, _, anchor = link.partition("#")
    target = (page.path.parent / path).resolve() if path else page.path
    return target.exists() and (not anchor or anchor in Page(target).anchors)


def test_every_page_is_found_from_the_readme() -> None:
    reached: set[str] = set()
    waiting = [Page(ROOT / "README.md")]
    while waiting:
        page = waiting.pop()
        reached.add(str(page))
        targets = ((page.path.parent / link.partition("#")[0]).resolve() for link in page.links)
        found = [Page(path) for path in targets if path.suffix == ".md" and path.is_file()]
        waiting += [one for one in found if str(one) not in reached]

    assert [str(page) for page in PAGES if str(page) not in reached] == []


def test_every_picture_is_shown_and_small() -> None:
    shown = {
        (page.path.parent / link).resolve()
        for page in PAGES
        for link in page.links
        if link.endswith(".png")
    }
    pictures = set((ROOT / "docs" / "pictures").iterdir())

    assert pictures == shown
    assert [path.name for path in pictures if path.stat().st_size > MOST_PICTURE_BYTES] == []


def test_every_decision_is_listed_once() -> None:
    files = {path.name for path in DECISIONS.path.parent.glob("*.md")} - {DECISIONS.path.name}
    listed = [link for link in DECISIONS.links if "/" not in link]

    assert sorted(listed) == sorted(files)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.path.parent == DECISIONS.path.parent], ids=str
)
def test_a_decision_is_a_question_with_choice_why_and_cost(page: Page) -> None:
    if page == DECISIONS:
        return
    heads = re.findall(r"^\*\*(\w+)\.?\*\*", page.prose, re.MULTILINE)

    assert re.fullmatch(r"# .+\?", page.lines[0]), page.lines[0]
    assert heads == ["Choice", "Why", "Cost"]
    assert len(page.lines) <= MOST_LINES["decision"]
    assert f"[{page.lines[0][2:]}]({page.path.name})" in DECISIONS.prose, (
        "the index has another title"
    )


def test_settings_and_codes_named_exist() -> None:
    code = _code()
    named = {(str(page), found[1]) for page, span in _spans() if (found := SETTING.fullmatch(span))}

    assert (
        sorted(f"{page}: {name}" for page, name in named if not re.search(rf"\b{name}\b", code))
        == []
    )


@cache
def _code() -> str:
    """What may say a setting: the code, its tests and the files people copy; not the documentation
    itself."""
    paths = [
        *(ROOT / "records_project").rglob("*.py"),
        *(ROOT / "records").rglob("*.py"),
        ROOT / "Makefile",
    ]
    paths += (ROOT / "tests").rglob("*.py")
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def _spans() -> Iterator[tuple[Page, str]]:
    return ((page, span) for page in PAGES for span in page.spans)


def _command_lines() -> Iterator[tuple[str, str, str]]:
    """Where a command is named, the command, and the rest of its line."""
    texts = [(str(page), span) for page, span in _spans()]
    texts += [
        (str(block), block.text.replace("\\\n", " ")) for page in PAGES for block in page.blocks
    ]
    for where, text in texts:
        for line in text.splitlines():
            for found in COMMAND.finditer(line):
                if where.endswith(".md") or line.lstrip().startswith(("records ", ".venv/bin/")):
                    yield where, found[1], line[found.end() :]


def test_commands_and_their_options_exist() -> None:
    known = get_commands()
    wrong = []
    for where, name, rest in _command_lines():
        if name not in known:
            wrong.append(f"{where}: {name}")
            continue
        command = load_command_class(known[name], name)
        options = set(command.create_parser("records", name)._option_string_actions)
        wrong += [
            f"{where}: {name} {option}" for option in OPTION.findall(rest) if option not in options
        ]

    assert wrong == []


def test_make_targets_exist() -> None:
    targets = set(
        re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    named = {(str(page), name) for page, span in _spans() for name in TARGET.findall(span)}

    assert sorted(f"{page}: make {name}" for page, name in named if name not in targets) == []


def test_the_calls_of_the_tables_exist() -> None:
    calls = [
        (method, path)
        for page in PAGES
        for methods, path in CALL.findall(page.prose)
        for method in re.findall(r"[A-Z]+", methods)
    ]

    assert len(calls) > 70
    assert [f"{method} {path}" for method, path in calls if not _is_served(method, path)] == []


def _is_served(method: str, path: str) -> bool:
    address = re.sub(r"\{[a-z]+\}", lambda place: PLACES.get(place[0], str(UUID(int=7))), path)
    try:
        view = resolve(address).func
    except Resolver404:
        return False
    return method.lower() in getattr(view, "actions", {})


def test_sentences_read_by_themselves() -> None:
    found = [
        f"{page}:{number}: {word[0]}"
        for page in PAGES
        for number, line in enumerate(page.prose.splitlines(), start=1)
        for word in STUMBLING.finditer(line)
    ]

    assert found == []
