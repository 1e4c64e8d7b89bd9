"""Each setting is read by its kind; bad ones are reported by name, all at once, and without a secret."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from records_project.environment import BadSettings, read_environment, variables
from records_project.variables import Variables, rules

STRONG = "rT7xq2LmV9cZ4bKs8dWfYh3JpNg6uEaQ5tRvXoBi1CkDzMwSyH"
PRODUCTION = {"SECRET_KEY": STRONG, "ALLOWED_HOSTS": "records.example.com", "TRUST_PROXY_HEADERS": "true"}
SWITCHES = [
    "DEBUG",
    "HTTPS_ONLY",
    "TRUST_PROXY_HEADERS",
    "HSTS_INCLUDE_SUBDOMAINS",
    "PREPARED_STATEMENTS",
    "DB_HEALTH_CHECKS",
]
WHOLE = [
    "HSTS_SECONDS",
    "DB_POOL_MAX",
    "DB_POOL_MIN",
    "ATTACHMENT_MAX_BYTES",
    "RECORDS_MAX_BODY",
    "JOB_LEASE_SECONDS",
    "EXTERNAL_CALLS_AT_ONCE",
]
NOT_WHOLE = ["many", "1.5", "-1", "1,000", "1_000", "1e3", "50MB", "٣", "9" * 40]
NOT_A_NUMBER = ["abc", "-1", "nan", "inf", "1e99", "5s", "99999999", "٣"]
# Any text is good there: what is wrong with it shows only where it is used, or with others (see below).
FREE = {"AWS_STORAGE_BUCKET_NAME", "AWS_S3_REGION_NAME", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
BAD: dict[str, list[str]] = {
    **{name: ["ture", "yess", "2", "none", "enabled"] for name in SWITCHES},
    **dict.fromkeys(WHOLE, NOT_WHOLE),
    "STATEMENT_SECONDS": NOT_A_NUMBER,
    "TRASH_DAYS": NOT_A_NUMBER,
    "RECORDS_ENV": ["prod", "Production", "dev"],
    "SECRET_KEY": ["short", "a" * 60, "django-insecure-" + STRONG],
    "ALLOWED_HOSTS": [
        ",",
        "https://records.example.com",
        "records.example.com:443",
        "a b",
        "records.example.com/",
        "x,*.example.com",
    ],
    "DATABASE_URL": [
        "rubbish",
        "mysql://hidden-word@db/records",
        "postgres://",
        "postgres://db.example.com",
        "postgres://user:hidden-word/x@db.example.com/records",
        "postgres://user:hidden-word#x@db.example.com/records",
        "postgres://user:hidden-word@db.example.com:port/records",
        "postgres://user:hidden-word@db.example.com:99999/records",
        "postgres://user:hidden-word@[::1/records",
        "sqlite://",
        "sqlite:///",
        "sqlite://records.sqlite3",
        "postgres:/user:hidden-word@db/records",
    ],
    "DATA_DIR": ["/dev/null", "/etc/passwd"],
    "MEDIA_ROOT": ["/dev/null"],
    "STATIC_ROOT": ["/dev/null"],
    "PUBLIC_URL": [
        "records.example.com",
        "ftp://records.example.com",
        "https://",
        "https://records.example.com?x=1",
        "https://me:hidden-word@records.example.com",
        "https://records.example.com:port",
        "https://records example.com",
    ],
    "TIME_ZONE": ["Mars/X", "/etc/passwd", "../UTC", "Europe", "GMT+25"],
    "LOG_LEVEL": ["loud", "10"],
    "CSRF_TRUSTED_ORIGINS": ["records.example.com", "https://records.example.com/path", "https://a.example.com,b"],
    "AWS_S3_ENDPOINT_URL": ["s3.example.com", "https://"],
    "EXTERNAL_SECRET_KEYS": ["short", f"short,{STRONG}"],
    "EXTERNAL_ALLOWED_HOSTS": ["upstream.example.com", "upstream.example.com:0", "http://upstream.example.com:80"],
    "EXTERNAL_CA_FILE": ["/no/such/file.pem", "/etc/passwd", "/tmp"],
}


def problems_of(environ: dict[str, str]) -> list[str]:
    with pytest.raises(BadSettings) as raised:
        read_environment(Variables, environ, rules)
    return raised.value.problems


def test_the_table_covers_every_setting() -> None:
    assert {*BAD, *FREE} == {variable.name for variable in variables(Variables)}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BAD.items() for text in texts])
def test_a_bad_value_is_one_sentence_that_names_the_variable(name: str, text: str) -> None:
    (problem,) = problems_of({**PRODUCTION, name: text})

    secret = next(variable.secret for variable in variables(Variables) if variable.name == name)
    assert problem.startswith(f"{name} ")
    assert "expected " in problem
    assert problem.endswith(".")
    assert "\n" not in problem
    assert "hidden-word" not in problem
    if secret:
        assert text not in problem.partition("; expected")[0]


@pytest.mark.parametrize("name", [name for name in BAD if name not in ("SECRET_KEY", "DATABASE_URL", "DATA_DIR")])
def test_what_was_read_is_shown(name: str) -> None:
    (problem,) = problems_of({**PRODUCTION, name: BAD[name][0]})

    variable = next(each for each in variables(Variables) if each.name == name)
    shown = BAD[name][0] in problem or (name == "ALLOWED_HOSTS" and "not set" in problem)
    assert shown is not variable.secret or name == "EXTERNAL_SECRET_KEYS"


def test_all_bad_ones_are_reported_at_once() -> None:
    bad = {name: texts[0] for name, texts in BAD.items() if name != "RECORDS_ENV"}

    problems = problems_of(bad)

    assert {problem.split()[0] for problem in problems} == bad.keys()
    assert len(problems) == len(bad)


@pytest.mark.parametrize("missing", ["SECRET_KEY", "ALLOWED_HOSTS", "TRUST_PROXY_HEADERS"])
def test_production_does_not_start_without(missing: str) -> None:
    (problem,) = problems_of({name: text for name, text in PRODUCTION.items() if name != missing})

    assert problem.startswith(f"{missing} is not set; expected ")


@pytest.mark.parametrize("missing", ["SECRET_KEY", "ALLOWED_HOSTS", "TRUST_PROXY_HEADERS"])
@pytest.mark.parametrize("nothing", ["", " ", "\t"])
def test_an_empty_variable_is_an_unset_one(missing: str, nothing: str) -> None:
    (problem,) = problems_of({**PRODUCTION, missing: nothing})

    assert problem.startswith(f"{missing} is not set; expected ")


def test_an_empty_switch_keeps_its_safe_default() -> None:
    assert read_environment(Variables, {**PRODUCTION, "HTTPS_ONLY": ""}, rules).HTTPS_ONLY is None


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"DB_POOL_MAX": "2", "DB_POOL_MIN": "3"}, "DB_POOL_MIN"),
        ({"AWS_ACCESS_KEY_ID": "hidden-word"}, "AWS_SECRET_ACCESS_KEY"),
        ({"AWS_SECRET_ACCESS_KEY": "hidden-word"}, "AWS_ACCESS_KEY_ID"),
        ({"DEBUG": "true"}, "DEBUG"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(given: dict[str, str], named: str) -> None:
    (problem,) = problems_of({**PRODUCTION, **given})

    assert named in problem
    assert "expected " in problem
    assert "hidden-word" not in problem


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("HTTPS_ONLY", "TRUE", True),
        ("HTTPS_ONLY", "No", False),
        ("HTTPS_ONLY", " off ", False),
        ("STATEMENT_SECONDS", "2.5", 2.5),
        ("STATEMENT_SECONDS", ".5", 0.5),
        ("RECORDS_MAX_BODY", "1048576", 1_048_576),
        ("LOG_LEVEL", "debug", "DEBUG"),
        ("TIME_ZONE", "Europe/Paris", "Europe/Paris"),
        ("ALLOWED_HOSTS", "a.example.com, .example.com,", ("a.example.com", ".example.com")),
        ("ALLOWED_HOSTS", "[::1],10.0.0.7,*", ("[::1]", "10.0.0.7", "*")),
        ("PUBLIC_URL", "https://records.example.com/base/", "https://records.example.com/base"),
        ("PUBLIC_URL", "http://[::1]:8000", "http://[::1]:8000"),
        ("CSRF_TRUSTED_ORIGINS", "https://*.example.com", ("https://*.example.com",)),
        ("EXTERNAL_ALLOWED_HOSTS", "10.0.0.7:80,upstream:8080", ("10.0.0.7:80", "upstream:8080")),
        ("EXTERNAL_SECRET_KEYS", f"{STRONG}, short", (STRONG, "short")),
    ],
)
def test_a_good_value_is_read_by_its_kind(name: str, text: str, expected: object) -> None:
    assert getattr(read_environment(Variables, {**PRODUCTION, name: text}, rules), name) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgres://me:p%40ss%2Fword@db.example.com:5433/records?sslmode=require",
            {"NAME": "records", "USER": "me", "PASSWORD": "p@ss/word", "HOST": "db.example.com", "PORT": 5433},
        ),
        ("postgresql://one,two:5433/records", {"NAME": "records", "HOST": "one,two"}),
        ("postgres://me@%2Fvar%2Frun%2Fpostgresql/records", {"NAME": "records", "HOST": "/var/run/postgresql"}),
        ("sqlite:////var/lib/records/db.sqlite3", {"NAME": "/var/lib/records/db.sqlite3"}),
        ("sqlite:///db.sqlite3", {"NAME": "db.sqlite3"}),
        ("sqlite://:memory:", {"NAME": ":memory:"}),
    ],
)
def test_the_address_of_a_database_is_read(url: str, expected: dict[str, Any]) -> None:
    found = read_environment(Variables, {**PRODUCTION, "DATABASE_URL": url}, rules).DATABASE_URL

    assert found is not None
    assert {name: found[name] for name in expected} == expected


def test_a_home_folder_is_understood(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    read = read_environment(Variables, {**PRODUCTION, "DATA_DIR": "~/data"})

    assert read.DATA_DIR is not None
    assert read.DATA_DIR.relative_to(tmp_path) == Path("data")


def test_a_command_reports_them_all_and_does_nothing() -> None:
    bad = {
        "HTTPS_ONLY": "ture",
        "SECRET_KEY": "short",
        "ALLOWED_HOSTS": "",
        "STATEMENT_SECONDS": "abc",
        "TIME_ZONE": "Mars/X",
        "LOG_LEVEL": "loud",
        "DATABASE_URL": "rubbish",
    }
    manage = [sys.executable, str(settings.BASE_DIR / "manage.py")]
    environment = {"PATH": os.environ["PATH"], **bad}

    done = subprocess.run([*manage, "migrate"], env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert all(name in done.stderr for name in bad)
    assert len(done.stderr.splitlines()) == len(bad) + 1
