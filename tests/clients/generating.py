"""The tools that generate clients, and what they are given: documents as files, and what a program
must know to make calls."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from tests.serving import Site

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
BUILD = HERE / "build"
TOOLS = BUILD / "venv" / "bin"  # see `make clients`
NODE_TOOLS = HERE / "node_modules" / ".bin"
DOCUMENTS = {"records": "/api/docs/schema", "workspace": "/api/v2/docs/schema"}


def run(*command: Any, cwd: Path = HERE, variables: Mapping[str, str] | None = None) -> str:
    """What a command prints; it must succeed."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, "PATH": f"{TOOLS}:{os.environ['PATH']}", **(variables or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-8000:]}\n{done.stderr[-8000:]}"
    return done.stdout


def origin(served: Site) -> str:
    return f"http://{served.address.host}:{served.address.port}"


def save_documents(served: Site, folder: Path) -> dict[str, Path]:
    """The documents that a server answers, as files, by API."""
    files = {api: folder / f"{api}.json" for api in DOCUMENTS}
    for api, file in files.items():
        answer = httpx.get(f"{origin(served)}{DOCUMENTS[api]}")
        assert answer.status_code == 200
        file.write_text(answer.text)
    return files


def environment(served: Site) -> dict[str, str]:
    """What a program that makes calls must know."""
    headers = dict(served.address.headers)
    headers["Authorization"] = f"Bearer {headers['X-API-KEY']}"
    return {
        "SERVER": origin(served),
        "HEADERS": json.dumps(headers),
        "WORKSPACE": headers["X-BUSINESS-ID"],
    }
