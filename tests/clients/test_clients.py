"""Clients that others' generators make of the documents: without warnings, with strict types, and
able to make every call."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.documents import operations
from tests.serving import Site, site

from . import write_typescript
from .generating import BUILD, HERE, NODE_TOOLS, ROOT, TOOLS, environment, run

PYTHON = TOOLS / "python"
PROGRAMS = {"hey": write_typescript.hey_api, "fetch": write_typescript.openapi_fetch}


# It takes a delivery, which a worker makes some time later: see tests/api/test_webhooks.py.
NEEDS_A_WORKER = {"webhooks_deliveries_replay_create"}


def every_success(api: str) -> set[tuple[str, int]]:
    return {
        (each.id, status)
        for each in operations(api)
        if each.id not in NEEDS_A_WORKER
        for status in each.successes()
    }


def made(printed: str) -> set[tuple[str, int]]:
    """The calls that a program says it made."""
    return {(operation, status) for operation, status in json.loads(printed.splitlines()[-1])}


def test_python(served: Site, documents: dict[str, Path], tmp_path: Path) -> None:
    """openapi-python-client."""
    paths = ":".join(map(str, (ROOT, *(tmp_path / api for api in documents))))
    checked: list[Path] = []
    for api, document in documents.items():
        generator = (TOOLS / "openapi-python-client", "generate", "--fail-on-warning")
        printed = run(*generator, "--path", document, "--output-path", tmp_path / api)
        assert "arning" not in printed
        package = tmp_path / api / f"{api}_api_client"
        program = tmp_path / f"call_{api}.py"
        writer = ("-m", "tests.clients.write_python", api, package.name)
        program.write_text(run(PYTHON, *writer, variables={"PYTHONPATH": paths}))
        checked += [package, program]

    mypy = (sys.executable, "-m", "mypy", "--strict", "--config-file", "", "--no-incremental")
    run(*mypy, "--python-executable", PYTHON, *checked, cwd=tmp_path, variables={"MYPYPATH": paths})
    for api in documents:
        program = tmp_path / f"call_{api}.py"
        printed = run(PYTHON, program, variables={**environment(served), "PYTHONPATH": paths})
        assert made(printed) == every_success(api)


def test_typescript(served: Site, documents: dict[str, Path], tmp_path: Path) -> None:
    """hey-api, and openapi-typescript with openapi-fetch."""
    (tmp_path / "another").mkdir()
    source = BUILD / "source"
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)
    (source / "shared.ts").write_text(write_typescript.SHARED)
    for api, document in documents.items():
        printed = run(NODE_TOOLS / "openapi-ts", "-i", document, "-o", source / f"hey-{api}")
        printed += run(
            NODE_TOOLS / "openapi-typescript", document, "-o", source / f"types-{api}.ts"
        )
        assert "arning" not in printed
        for name, write in PROGRAMS.items():
            (source / f"call-{name}-{api}.ts").write_text(write(api))
    run(NODE_TOOLS / "tsc", "--project", HERE / "tsconfig.json")
    with site(tmp_path / "another") as another:
        for name, asked in (("hey", served), ("fetch", another)):
            for api in documents:
                program = BUILD / "run" / f"call-{name}-{api}.js"
                called = run("node", program, variables=environment(asked))
                assert made(called) == every_success(api), name


@pytest.mark.parametrize("linter", ["redocly", "spectral"])
def test_linters_find_no_error(linter: str, documents: dict[str, Path]) -> None:
    options = {
        "redocly": ("lint", "--extends", "recommended"),
        "spectral": ("lint", "--ruleset", HERE / "spectral.yaml", "--fail-severity", "error"),
    }
    run(NODE_TOOLS / linter, *options[linter], *documents.values())
