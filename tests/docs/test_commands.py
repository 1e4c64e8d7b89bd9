"""Every command of the documentation does what its page shows."""

from __future__ import annotations

from pathlib import Path

from .matching import json_difference, text_difference
from .pages import Block, all_pages
from .running import ELSEWHERE, Demo, is_run_elsewhere, run_page

# `sh` and `python` are run, `json` and `text` are shown; the others are files to copy, which other
# tests start.
LANGUAGES = {"sh", "python", "json", "text", "ini", "nginx", "caddy", "toml", "yaml", "sql"}


def test_every_command_does_what_its_page_shows(demo: Demo, tmp_path: Path) -> None:
    """One test for all pages, so that one demo serves them all."""
    problems = []
    for number, page in enumerate(all_pages()):
        folder = tmp_path / str(number)
        folder.mkdir()
        problems += run_page(demo, page, folder)

    assert problems == [], "\n\n".join(problems)


def test_blocks_are_of_a_kind_that_is_checked() -> None:
    unknown = [str(block) for block in _blocks() if block.language not in LANGUAGES]
    lost = [
        str(block)
        for block in _blocks()
        if ELSEWHERE.search(block.note) and not is_run_elsewhere(block)
    ]

    assert unknown == [], "say which language these blocks are in"
    assert lost == [], "these name a test that does not exist"


def _blocks() -> list[Block]:
    return [block for page in all_pages() for block in page.blocks]


def test_an_ellipsis_stands_for_what_cannot_be_known() -> None:
    given = '{"id": "0190-7b", "size": 3, "tags": ["a", "b"]}'

    assert json_difference('{"id": "…", "size": 3, "tags": ["a", "…"]}', given) == ""
    assert json_difference('{"id": "0190-…", "…": "…"}', given) == ""
    assert json_difference('{"…": 3, "…": "…", "…": ["…"]}', given) == ""
    assert json_difference('{"…": "…", "size": 4}', given) == "answer.size: 4 is shown, 3 is given"
    assert json_difference('{"id": "…", "size": 3}', given) == "answer: tags is given but not shown"
    assert (
        json_difference('{"…": "…", "tags": ["a"]}', given)
        == "answer.tags: 1 items are shown, 2 are given"
    )
    assert json_difference('{"…": "…", "weight": 1}', given).startswith("answer: weight is shown")
    assert json_difference('{"…": "…"}', "<html>").startswith("the answer is not JSON")
    assert (
        text_difference("Ready after … s.\n…\nDone", "Ready after 1.2 s.\none\ntwo\nDone\n") == ""
    )
    assert text_difference("Ready", "Ready soon").startswith("expected")
