"""The settings say what the environment asks for, and refuse what would be unsafe."""

import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import ImproperlyConfigured

import records_project.settings
from records_project.environment import variables
from records_project.secret_key import kept_secret_key
from records_project.variables import Variables

VARIABLES = [variable.name for variable in variables(Variables)]
STRONG = "rT7xq2LmV9cZ4bKs8dWfYh3JpNg6uEaQ5tRvXoBi1CkDzMwSyH"
PRODUCTION = {
    "SECRET_KEY": STRONG,
    "ALLOWED_HOSTS": "records.example.com",
    "TRUST_PROXY_HEADERS": "true",
}


@pytest.fixture
def settings_with(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Reads the settings anew in an environment of these variables alone."""

    def read(**environment: str) -> dict[str, Any]:
        for name in VARIABLES:
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(records_project.settings.__file__))

    return read


def test_production_is_the_default_and_refuses_to_start_without_a_secret_key(
    settings_with: Any,
) -> None:
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY is not set"):
        settings_with()


def test_an_unknown_mode_is_refused(settings_with: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="RECORDS_ENV is 'prod'"):
        settings_with(RECORDS_ENV="prod")


def test_production_wants_https(settings_with: Any) -> None:
    settings = settings_with(**PRODUCTION)

    assert settings["DEBUG"] is False
    assert settings["SECRET_KEY"] == STRONG
    assert settings["ALLOWED_HOSTS"] == ["records.example.com"]
    assert settings["SECURE_SSL_REDIRECT"] is True
    assert settings["SESSION_COOKIE_SECURE"] is True
    assert settings["CSRF_COOKIE_SECURE"] is True
    assert settings["SECURE_HSTS_SECONDS"] == 31_536_000
    assert settings["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")


def test_no_header_of_a_proxy_counts_unless_it_is_trusted(settings_with: Any) -> None:
    settings = settings_with(**{**PRODUCTION, "TRUST_PROXY_HEADERS": "false"})

    assert "SECURE_PROXY_SSL_HEADER" not in settings


def test_https_can_be_switched_off(settings_with: Any) -> None:
    settings = settings_with(
        SECRET_KEY=STRONG, ALLOWED_HOSTS="records.example.com", HTTPS_ONLY="false"
    )

    assert settings["SECURE_SSL_REDIRECT"] is False
    assert settings["SECURE_HSTS_SECONDS"] == 0


def test_the_demo_runs_over_http_on_this_machine_with_a_key_of_its_own(settings_with: Any) -> None:
    settings = settings_with(RECORDS_ENV="demo")

    assert len(settings["SECRET_KEY"]) >= 50
    assert settings["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert settings["SECURE_SSL_REDIRECT"] is False


def test_every_local_path_is_below_the_data_folder(
    settings_with: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    settings = settings_with(RECORDS_ENV="demo", DATA_DIR="data")

    assert settings["DATA_DIR"] == tmp_path / "data"
    assert settings["DATABASES"]["default"]["NAME"] == str(tmp_path / "data" / "records.sqlite3")
    assert settings["MEDIA_ROOT"] == str(tmp_path / "data" / "media")
    assert (tmp_path / "data" / "secret_key").is_file()


def test_the_data_folder_of_a_checkout_is_in_it_wherever_it_is_called_from(
    settings_with: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    settings = settings_with(**PRODUCTION, DATABASE_URL="sqlite://:memory:")

    assert settings["DATA_DIR"] == settings["BASE_DIR"] / ".data"


def test_sqlite_takes_the_write_lock_at_once_and_writes_through(
    settings_with: Any, tmp_path: Path
) -> None:
    settings = settings_with(
        RECORDS_ENV="demo", DATABASE_URL=f"sqlite:///{tmp_path / 'new' / 'db.sqlite3'}"
    )

    database = settings["DATABASES"]["default"]
    assert (tmp_path / "new").is_dir()
    assert database["CONN_MAX_AGE"] is None
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "synchronous=FULL" in database["OPTIONS"]["init_command"]


def test_a_short_statement_limit_is_not_rounded_to_none(settings_with: Any) -> None:
    settings = settings_with(
        RECORDS_ENV="demo",
        STATEMENT_SECONDS="0.0001",
        DATABASE_URL="postgres://someone@db.example.com/records",
    )

    assert settings["DATABASES"]["default"]["OPTIONS"]["options"].endswith("statement_timeout=1")


@pytest.mark.parametrize(
    ("environment", "options", "keeps_connections"),
    [
        (
            {},
            {
                "options": "-c jit=off -c statement_timeout=0",
                "server_side_binding": True,
                "prepare_threshold": 2,
                "sslmode": "require",
                "connect_timeout": 10,
            },
            True,
        ),
        (
            {"PREPARED_STATEMENTS": "false", "DB_POOL_MAX": "16", "STATEMENT_SECONDS": "2.5"},
            {
                "options": "-c jit=off -c statement_timeout=2500",
                "pool": {"min_size": 1, "max_size": 16},
                "sslmode": "require",
                "connect_timeout": 10,
            },
            False,
        ),
    ],
)
def test_postgres_keeps_connections_and_prepares_statements(
    settings_with: Any,
    environment: dict[str, str],
    options: dict[str, Any],
    keeps_connections: bool,
) -> None:
    url = "postgres://someone@db.example.com:5432/records?sslmode=require"
    settings = settings_with(RECORDS_ENV="demo", DATABASE_URL=url, **environment)

    database = settings["DATABASES"]["default"]
    assert database["HOST"] == "db.example.com"
    assert database["OPTIONS"] == options
    assert (database.get("CONN_MAX_AGE", 0) is None) == keeps_connections


def test_another_engine_is_refused(settings_with: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL starts with mysql://"):
        settings_with(RECORDS_ENV="demo", DATABASE_URL="mysql://db.example.com/records")


def test_media_goes_to_s3_when_a_bucket_is_named(settings_with: Any) -> None:
    settings = settings_with(RECORDS_ENV="demo", AWS_STORAGE_BUCKET_NAME="media")

    storage = settings["STORAGES"]["default"]
    assert storage["BACKEND"] == "storages.backends.s3.S3Storage"
    assert storage["OPTIONS"]["bucket_name"] == "media"
    assert storage["OPTIONS"]["file_overwrite"] is False


def test_a_kept_secret_key_stays_the_same_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret_key"

    first = kept_secret_key(path)

    assert kept_secret_key(path) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["secret_key"]


def test_the_theme_gets_the_build_of_alpine_that_evaluates_nothing() -> None:
    found = finders.find("unfold/js/alpine/alpine.js")
    assert found is not None
    kept = Path(found)
    script = kept.read_text(encoding="utf-8")
    makefile = (settings.BASE_DIR / "Makefile").read_text(encoding="utf-8")
    named = re.search(r"^ALPINE := (\S+)$", makefile, re.MULTILINE)

    assert kept.is_relative_to(settings.BASE_DIR / "records" / "vendored")
    assert "is prohibited in the CSP build" in script
    assert "Function(" not in script
    assert named is not None
    assert f'version:"{named[1]}"' in script
    assert f"@alpinejs/csp {named[1]} " in (kept.parent / "LICENSE").read_text(encoding="utf-8")


def test_the_grid_has_the_table_that_the_makefile_names() -> None:
    found = finders.find("records/tabulator/tabulator_esm.min.js")
    assert found is not None
    kept = Path(found)
    makefile = (settings.BASE_DIR / "Makefile").read_text(encoding="utf-8")
    named = re.search(r"^TABULATOR := (\S+)$", makefile, re.MULTILINE)

    assert named is not None
    assert f"Tabulator v{named[1]} " in kept.read_text(encoding="utf-8")[:200]
    assert "MIT License" in (kept.parent / "LICENSE").read_text(encoding="utf-8")


def test_no_page_may_evaluate_texts() -> None:
    allowed = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["script-src"]
    assert list(allowed) == ["'self'"]
