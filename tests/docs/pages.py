"""The documentation as the tests read it: pages, their headings, links, and fenced blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^(?P<fence>`{3,})(?P<language>\w*)\s*(?P<note>.*)$")
HEADING = re.compile(r"^#{1,6} (.+?)\s*$")
LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)>?\)")
SPAN = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Block:
    """A fenced block. `line` is where it begins; `note` is what follows the language on its first
    line."""

    page: Page
    line: int
    language: str
    note: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Page:
    """A Markdown file of the repository."""

    path: Path

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT))

    @cached_property
    def lines(self) -> list[str]:
        return self.path.read_text(encoding="utf-8").splitlines()

    @cached_property
    def blocks(self) -> list[Block]:
        return list(self._read_blocks())

    @cached_property
    def prose(self) -> str:
        """The page without its fenced blocks."""
        inside = {
            at
            for block in self.blocks
            for at in range(block.line, block.line + block.text.count("\n") + 2)
        }
        return "\n".join(
            "" if at in inside else line for at, line in enumerate(self.lines, start=1)
        )

    @cached_property
    def anchors(self) -> set[str]:
        """The fragments that links may point at, as GitHub makes them of headings."""
        found = (HEADING.match(line) for line in self.prose.splitlines())
        return {_anchor(heading[1]) for heading in found if heading}

    @cached_property
    def links(self) -> list[str]:
        return LINK.findall(self.prose)

    @cached_property
    def spans(self) -> list[str]:
        """What stands in backticks within a line."""
        return SPAN.findall(self.prose)

    def _read_blocks(self) -> Iterator[Block]:
        opened: re.Match[str] | None = None
        started = 0
        for at, line in enumerate(self.lines, start=1):
            if opened is None:
                opened, started = FENCE.match(line), at
            elif line.strip() == opened["fence"]:
                text = "".join(f"{inner}\n" for inner in self.lines[started : at - 1])
                yield Block(self, started, opened["language"], opened["note"], text)
                opened = None
        assert opened is None, f"{self}:{started}: this block is never closed"


def _anchor(heading: str) -> str:
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


def all_pages() -> list[Page]:
    """README.md first, then the other files people look for, then docs/ by name."""
    top = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
    return [Page(path) for path in (*top, *sorted((ROOT / "docs").rglob("*.md")))]
