"""Each setting is read by its kind; bad ones are reported by name, all at once, and without a
secret."""

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
PRODUCTION = {
    "SECRET_KEY": STRONG,
    "ALLOWED_HOSTS": "records.example.com",
    "TRUST_PROXY_HEADERS": "true",
}
SWITCHES = [
    "DEBUG",
    "HTTPS_ONLY",
    "TRUST_PROXY_HEADERS",
    "HSTS_INCLUDE_SUBDOMAINS",
    "COMPRESS",
    "PREPARED_STATEMENTS",
    "DB_HEALTH_CHECKS",
]
WHOLE = [
    "HSTS_SECONDS",
    "DB_POOL_MAX",
    "DB_POOL_MIN",
    "ATTACHMENT_MAX_BYTES",
    "IMPORT_MAX_BYTES",
    "IMPORT_MAX_ROWS",
    "IMPORT_MAX_COLUMNS",
    "RECORDS_MAX_BODY",
    "JOB_LEASE_SECONDS",
    "EXTERNAL_CALLS_AT_ONCE",
    "WEBHOOK_LOG_DAYS",
    "WEBHOOK_OLD_SECRET_HOURS",
]
LIMITS = [
    "LIMIT_ADDRESS",
    "LIMIT_ACCOUNT",
    "LIMIT_KEY",
    "LIMIT_WORKSPACE",
    "LIMIT_WRONG_KEYS",
    "LIMIT_LOG_IN",
    "LIMIT_LOG_IN_ADDRESS",
    "LIMIT_LOG_IN_ACCOUNT",
]
NOT_A_LIMIT = [
    "many",
    "600",
    "0/minute",
    "-1/minute",
    "600/0minutes",
    "600/fortnight",
    "1.5/second",
    "10/second;600/minute",
    "9999999999/second",
    "1/99999years",
]
NOT_WHOLE = ["many", "1.5", "-1", "1,000", "1_000", "1e3", "50MB", "٣", "9" * 40]
NOT_A_NUMBER = ["abc", "-1", "nan", "inf", "1e99", "5s", "99999999", "٣"]
# Any text is good there: what is wrong with it shows only where it is used, or with others (see
# below).
FREE = {
    "AWS_STORAGE_BUCKET_NAME",
    "AWS_S3_REGION_NAME",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
}
BAD: dict[str, list[str]] = {
    **{name: ["ture", "yess", "2", "none", "enabled"] for name in SWITCHES},
    **dict.fromkeys(WHOLE, NOT_WHOLE),
    **dict.fromkeys(LIMITS, NOT_A_LIMIT),
    "STATEMENT_SECONDS": NOT_A_NUMBER,
    "CLIENT_SECONDS": NOT_A_NUMBER,
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
        "postgres://user:hidden-word@db..example.com/records",
        f"postgres://{'a' * 64}/records",
        "postgres://user:hidden-word@db.example.com/reco\nrds",
        "postgres://user:hidden-word%00@db.example.com/records",
        *(
            f"postgres://user:hidden-word@db.example.com/records?{option}"
            for option in (
                "nonsense=1",
                "autocommit=false",
                "conn_max_age=abc",
                "pool=true",
                "row_factory=x",
                "assume_role=x",
                "isolation_level=9",
                "options=-c%20statement_timeout%3D0",
                "host=other.example.com",
                "sslmode=require&sslmoode=verify-full",
                "sslmoode",
            )
        ),
        "sqlite:////var/lib/records/db.sqlite3?timeout=x",
        "sqlite:////var/lib/records/db.sqlite3#part",
        "sqlite:////var/lib/records/%00",
    ],
    "DATA_DIR": [
        "/dev/null",
        "/etc/passwd",
        "~nobody-we-know/data",
        "/tmp/" + "a" * 300,
        "/tmp/" + "a/" * 3000,
    ],
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
    "CSRF_TRUSTED_ORIGINS": [
        "records.example.com",
        "https://records.example.com/path",
        "https://a.example.com,b",
    ],
    "CORS_ORIGINS": ["app.example.com", "https://*.example.com", "https://app.example.com/x", "**"],
    "AWS_S3_ENDPOINT_URL": ["s3.example.com", "https://"],
    "REDIS_URL": [
        "127.0.0.1:6379",
        "http://:hidden-word@127.0.0.1",
        "redis://",
        "redis://:hidden-word@127.0.0.1:port",
        "redis://:hidden-word@127.0.0.1/zero",
    ],
    "EXTERNAL_SECRET_KEYS": ["short", f"short,{STRONG}"],
    "EXTERNAL_ALLOWED_HOSTS": [
        "upstream.example.com",
        "upstream.example.com:0",
        "http://upstream.example.com:80",
    ],
    "EXTERNAL_CA_FILE": ["/dev/zero", "/no/such/file.pem", "/etc/passwd", "/tmp"],
}


def problems_of(environ: dict[str, str]) -> list[str]:
    with pytest.raises(BadSettings) as raised:
        read_environment(Variables, environ, rules)
    return raised.value.problems


def test_the_table_covers_every_setting() -> None:
    assert {*BAD, *FREE} == {variable.name for variable in variables(Variables)}


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, texts in BAD.items() for text in texts]
)
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


@pytest.mark.parametrize(
    "name", [name for name in BAD if name not in ("SECRET_KEY", "DATABASE_URL", "DATA_DIR")]
)
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
        ("CORS_ORIGINS", "*", ("*",)),
        ("CORS_ORIGINS", "https://a.example.com", ("https://a.example.com",)),
        ("LIMIT_KEY", "600/minute", "600/minute"),
        ("LIMIT_KEY", "10 per 15 minutes", "10 per 15 minutes"),
        ("LIMIT_WRONG_KEYS", "None", ""),
        ("LIMIT_WRONG_KEYS", "", "300/minute"),
        ("REDIS_URL", "rediss://:word@cache.example.com/1", "rediss://:word@cache.example.com/1"),
    ],
)
def test_a_good_value_is_read_by_its_kind(name: str, text: str, expected: object) -> None:
    assert getattr(read_environment(Variables, {**PRODUCTION, name: text}, rules), name) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgres://me:p%40ss%2Fword@db.example.com:5433/records?sslmode=require",
            {
                "NAME": "records",
                "USER": "me",
                "PASSWORD": "p@ss/word",
                "HOST": "db.example.com",
                "PORT": 5433,
            },
        ),
        ("postgresql://one,two:5433/records", {"NAME": "records", "HOST": "one,two"}),
        (
            "postgres://me@%2Fvar%2Frun%2Fpostgresql/records",
            {"NAME": "records", "HOST": "/var/run/postgresql"},
        ),
        (f"postgres://me@%2Ftmp%2F{'a' * 80}/records", {"HOST": f"/tmp/{'a' * 80}"}),
        ("sqlite:////var/lib/records/db.sqlite3", {"NAME": "/var/lib/records/db.sqlite3"}),
        ("sqlite:///db.sqlite3", {"NAME": "db.sqlite3"}),
        (
            "postgres://[::1]:5433/records?sslmode=verify-full&sslrootcert=/etc/ca.pem&connect_timeout=3",
            {
                "HOST": "::1",
                "OPTIONS": {
                    "sslmode": "verify-full",
                    "sslrootcert": "/etc/ca.pem",
                    "connect_timeout": 3,
                },
            },
        ),
        ("sqlite:////var/lib/a%3Fb%23c.sqlite3", {"NAME": "/var/lib/a?b#c.sqlite3"}),
        ("sqlite://:memory:", {"NAME": ":memory:"}),
    ],
)
def test_the_address_of_a_database_is_read(url: str, expected: dict[str, Any]) -> None:
    found = read_environment(Variables, {**PRODUCTION, "DATABASE_URL": url}, rules).DATABASE_URL

    assert found is not None
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize("name", sorted(variable.name for variable in variables(Variables)))
def test_bytes_that_are_no_text_are_refused(name: str) -> None:
    (problem,) = problems_of({**PRODUCTION, name: f"{STRONG}\udcff"})

    assert problem.startswith(f"{name} holds bytes that are not UTF-8; expected ")


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

    done = subprocess.run(
        [*manage, "migrate"], env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert all(name in done.stderr for name in bad)
    assert len(done.stderr.splitlines()) == len(bad) + 1
