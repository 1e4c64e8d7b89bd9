"""Runs the commands of a page as a reader does: in order, in one shell, against the demo that `make
demo` serves."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .matching import json_difference, text_difference
from .pages import ROOT, Block, Page

SECONDS = 180
DOCUMENTED = "http://127.0.0.1:8000"
ELSEWHERE = re.compile(r"run-by=(\S+)")
ANSWERS = {"json": json_difference, "text": text_difference}
# What a reader's machine has, and what the tools of others would do with what the page gives them.
PRELUDE = Path(__file__).with_name("prelude.sh")


@dataclass(frozen=True)
class Demo:
    """A demo that is being served: where, its environment, and the variable it printed for the
    shell (`AUTH=(…)`)."""

    url: str
    environment: Mapping[str, str]
    variables: str


def run_page(demo: Demo, page: Page, folder: Path) -> list[str]:
    """What goes otherwise than the page shows; empty when all is as shown."""
    blocks = [
        block
        for block in page.blocks
        if block.language in ("sh", "python") and not is_run_elsewhere(block)
    ]
    if not blocks:
        return []
    script = "\n".join([f". '{PRELUDE}'", demo.variables, *map(_step, blocks), ""])
    environment = {**demo.environment, "OUT": str(folder), "PYTHON": sys.executable}
    command = ["bash", "-e", "-o", "pipefail", "-c", script.replace(DOCUMENTED, demo.url)]
    ran = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return list(_problems(page, blocks, folder, ran))


def is_run_elsewhere(block: Block) -> bool:
    """Whether the block names the test that runs it: ```sh run-by=tests/…"""
    named = ELSEWHERE.search(block.note)
    return named is not None and (ROOT / named[1]).is_file()


def _step(block: Block) -> str:
    """The block as a part of the script: its output goes to a file, and another says that it ended
    well."""
    commands = block.text
    if block.language == "python":
        commands = f"\"$PYTHON\" - <<'END_OF_PYTHON'\n{commands}END_OF_PYTHON\n"
    return (
        f'{{\n{commands}}} >"$OUT/{block.line}.out" 2>"$OUT/{block.line}.err"\n: '
        f'>"$OUT/{block.line}.ok"'
    )


def _problems(
    page: Page, blocks: list[Block], folder: Path, ran: subprocess.CompletedProcess[str]
) -> Iterator[str]:
    for block in blocks:
        output, errors = (_text(folder / f"{block.line}.{kind}") for kind in ("out", "err"))
        if not (folder / f"{block.line}.ok").exists():
            yield f"{block}: failed: {errors or output or ran.stderr}"
            return  # what follows may need it
        shown = _shown_after(page, block)
        if shown is not None and (wrong := ANSWERS[shown.language](shown.text, output)):
            yield f"{shown}: {wrong}"


def _shown_after(page: Page, block: Block) -> Block | None:
    """The answer that the page shows: the next block, where it is JSON or text and nothing but a
    line is between."""
    end = block.line + block.text.count("\n") + 2
    return next(
        (one for one in page.blocks if one.language in ANSWERS and 0 <= one.line - end <= 1), None
    )


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def clean_environment(**variables: str) -> dict[str, str]:
    """The environment of a reader who has set up nothing."""
    kept = {
        name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ
    }
    return {"LC_ALL": "C.UTF-8", **kept, **variables}
