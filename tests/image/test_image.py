"""The Dockerfile and compose.yaml are safe to run; .ci/replay-dockerfile builds and runs the image
itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from records_project.environment import read_environment, variables
from records_project.variables import Variables, rules

from .dockerfile import Ignored, NotUnderstood, context_files, read_dockerfile

ROOT: Path = settings.BASE_DIR
STAGES = read_dockerfile(ROOT / "Dockerfile")
IMAGE = STAGES[-1]
IGNORED = Ignored.read(ROOT / ".dockerignore")
COMPOSE_TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PAGE = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
REFERENCE = re.compile(r"\$\{([A-Z_]+)(:\?[^}]+)?\}")
FILLED = {
    "DOMAIN": "records.example.com",
    "SECRET_KEY": "3f9a0c7e5b1d8246" * 5,
    "POSTGRES_PASSWORD": "9c1e" * 12,
}


def filled(text: str) -> str:
    return REFERENCE.sub(lambda found: FILLED[found[1]], text)


def test_the_image_runs_as_a_numbered_user_without_rights() -> None:
    uid, gid = IMAGE.last("USER").text.split(":")

    assert int(uid) >= 10_000
    assert int(gid) >= 10_000
    assert IMAGE.steps.index(IMAGE.last("USER")) > IMAGE.steps.index(IMAGE.last("RUN")), (
        "a step runs as this user"
    )


def test_the_command_is_the_server_itself_and_its_health_check_needs_no_shell() -> None:
    assert IMAGE.last("CMD").arguments == ["records", "serve", "--host", "0.0.0.0"]
    assert IMAGE.last("HEALTHCHECK").arguments[0] == "python"
    assert "/healthz" in IMAGE.last("HEALTHCHECK").arguments[-1]


def test_all_packages_are_the_locked_ones_and_no_base_floats() -> None:
    (install,) = [
        step for stage in STAGES for step in stage.all("RUN") if "-r requirements.txt" in step.text
    ]

    assert all(
        f" {option} " in install.text
        for option in ("--no-deps", "--require-hashes", "--only-binary :all:")
    )
    assert {stage.base for stage in STAGES} == {"python:3.13-slim-bookworm"}


@pytest.mark.parametrize(
    "name", [".env", ".git/config", ".data/secret_key", "records/__pycache__/a.pyc", "tests/a.py"]
)
def test_secrets_data_and_history_cannot_get_into_an_image(name: str) -> None:
    assert IGNORED.has(Path(name))


def test_what_the_dockerfile_copies_is_in_the_context() -> None:
    sources = [
        source
        for stage in STAGES
        for step in stage.all("COPY")
        if not step.option("from")
        for source in step.text.split()[:-1]
    ]

    assert [source for source in sources if not context_files(ROOT, IGNORED, source)] == []
    assert {"records", "records_project", "templates"} <= set(sources)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("FROM a:1\nCMD records serve\n", "exec form"),
        ("FROM a:1\nADD x /x\nCMD []\n", "ADD is not replayed"),
        ("RUN true\n", "expected FROM first"),
        ("FROM a:1\nRUN true && \\\n", "never ends"),
    ],
)
def test_a_line_that_cannot_be_replayed_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "Dockerfile").write_text(text, encoding="utf-8")

    with pytest.raises(NotUnderstood, match=said):
        _ = read_dockerfile(tmp_path / "Dockerfile")[-1].last("CMD").arguments


def test_compose_sets_only_settings_that_exist_and_production_starts_with_them() -> None:
    given = {name: filled(value) for name, value in SERVICES["web"]["environment"].items()}

    assert set(given) <= {each.name for each in variables(Variables)}
    read = read_environment(Variables, given, rules)
    assert read.TRUST_PROXY_HEADERS is True
    assert read.PUBLIC_URL == "https://records.example.com"
    assert read.DATABASE_URL is not None
    assert read.DATABASE_URL["HOST"] == "postgres"


def test_compose_holds_no_secret_and_the_page_explains_what_it_asks_for() -> None:
    asked = {name: message for name, message in REFERENCE.findall(COMPOSE_TEXT) if message}
    secrets = re.findall(r"(?:SECRET_KEY|PASSWORD): (.*)", COMPOSE_TEXT)

    assert set(asked) == set(FILLED)
    assert {name for name, _ in REFERENCE.findall(COMPOSE_TEXT)} == set(asked)
    assert all(value.startswith("${") for value in secrets)
    assert all(f"| `{name}` |" in PAGE for name in asked)


def test_compose_refers_to_files_volumes_and_services_that_exist() -> None:
    mounts = [
        mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])
    ]
    needed = [name for service in SERVICES.values() for name in service.get("depends_on", [])]

    assert [one for one in mounts if one.startswith(".") and not (ROOT / one).is_file()] == []
    assert {one for one in mounts if not one.startswith(".")} == set(COMPOSE["volumes"])
    assert set(needed) <= set(SERVICES)


def test_compose_migrates_before_it_serves_and_opens_the_proxy_alone() -> None:
    assert SERVICES["migrate"]["command"] == ["records", "migrate"]
    assert SERVICES["web"]["depends_on"]["migrate"] == {
        "condition": "service_completed_successfully"
    }
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["caddy"]
    assert all(
        ":" in service["image"] and "latest" not in service["image"]
        for service in SERVICES.values()
    )


@pytest.mark.parametrize("name", ["migrate", "web"])
def test_compose_gives_records_no_more_rights_than_it_needs(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "data:/data" in service["volumes"]


def test_the_versions_agree() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (version,) = re.findall(r'^version = "(.*)"$', project, re.MULTILINE)

    assert SERVICES["web"]["image"] == f"records:{version}"
