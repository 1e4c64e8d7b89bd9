"""docs/deployment.md, followed exactly, works the first time, behind both proxies. Needs nginx,
Caddy and systemd."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from pytest_django import Settings

from records_project.doctor.proxy import examine_proxy
from records_project.environment import variables
from records_project.variables import Variables
from tests.databases import own_database

from .by_the_book import DEPLOY, HOST, ROOT, Book, Visitor, caddy, nginx, open_book, running

LOG_IN = "/admin/login/"
HOST_HERE = "localhost"
PAGE = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    """The deployment up to step 5: tables, the first admin, the service of the unit."""
    folder = tmp_path_factory.mktemp("deployment")
    with own_database(folder) as url:
        made = open_book(folder, url)
        migrated = made.manage("migrate", "--verbosity", "0")
        assert migrated.returncode == 0, migrated.stderr
        admin = made.manage("create_workspace", "Acme", "--email", "you@example.com", "--json")
        assert admin.returncode == 0, admin.stderr
        (folder / "admin.json").write_text(admin.stdout, encoding="utf-8")
        command, environment = made.service("records.service")
        environment["ALLOWED_HOSTS"] += f",{HOST_HERE}"  # for the doctor, whom no DNS leads here
        with running(
            [*command, "--port", str(made.port)], environment, made.port, folder / "serve.log"
        ):
            yield made


Proxy = Callable[[Book], AbstractContextManager[None]]
both = pytest.mark.parametrize("proxy", [nginx, caddy])


@both
def test_a_visitor_sees_the_log_in_page_and_can_log_in(book: Book, proxy: Proxy) -> None:
    admin = json.loads((book.folder / "admin.json").read_text(encoding="utf-8"))
    with proxy(book):
        visitor = Visitor(book)
        page = visitor.get(LOG_IN)
        token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[0]
        form = f"csrfmiddlewaretoken={token}&username={admin['email']}&password={admin['password']}"
        sent = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": f"https://{HOST}",
            "Referer": f"https://{HOST}{LOG_IN}",
            "Cookie": f"csrftoken={page.cookies['csrftoken']}",
        }
        inside = visitor.ask("POST", LOG_IN, sent, form.encode())

    assert page.status_code == 200
    assert "max-age=31536000" in page.headers["Strict-Transport-Security"]
    assert "Secure" in page.headers["Set-Cookie"]
    assert inside.status_code == 302, inside.text
    assert "Secure" in inside.headers["Set-Cookie"]


@both
def test_an_api_call_is_answered(book: Book, proxy: Proxy) -> None:
    admin = json.loads((book.folder / "admin.json").read_text(encoding="utf-8"))
    headers = {
        "X-API-KEY": admin["api_key"],
        "X-BUSINESS-ID": admin["workspace_id"],
        "X-USER-ID": admin["member_id"],
    }
    with proxy(book):
        answer = Visitor(book).get("/api/auth/access", **headers)

    assert answer.status_code == 200, answer.text


@both
def test_plain_http_is_redirected_once_and_a_client_cannot_claim_tls(
    book: Book, proxy: Proxy
) -> None:
    with proxy(book):
        visitor = Visitor(book)
        answers = [
            visitor.get_plain(LOG_IN),
            visitor.get_plain(LOG_IN, **{"X-Forwarded-Proto": "https"}),
            visitor.get_plain(
                LOG_IN, **{"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example.com"}
            ),
        ]
        downgraded = visitor.get(
            LOG_IN, **{"X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example.com"}
        )

    for answer in answers:
        assert answer.status_code in (301, 308)
        assert answer.headers["Location"].startswith(f"https://{HOST}")
    assert downgraded.status_code == 200
    assert "evil" not in downgraded.text


@both
def test_a_header_is_not_overridden_by_its_name_with_underscores(book: Book, proxy: Proxy) -> None:
    admin = json.loads((book.folder / "admin.json").read_text(encoding="utf-8"))
    headers = {
        "X-API-KEY": admin["api_key"],
        "X-BUSINESS-ID": admin["workspace_id"],
        "X-USER-ID": admin["member_id"],
    }
    others = {"X_USER_ID": "somebody", "x_business-id": "elsewhere", "X_API_KEY": "rec_x"}
    with proxy(book):
        visitor = Visitor(book)
        page = visitor.get(LOG_IN, **{"X_Forwarded_Proto": "http", "X_FORWARDED-PROTO": "http"})
        answer = visitor.get("/api/auth/access", **headers, **others)

    assert page.status_code == 200, page.headers
    assert answer.status_code == 200, answer.text


@both
def test_a_body_as_large_as_the_api_takes_passes(book: Book, proxy: Proxy) -> None:
    admin = json.loads((book.folder / "admin.json").read_text(encoding="utf-8"))
    headers = {
        "X-API-KEY": admin["api_key"],
        "X-BUSINESS-ID": admin["workspace_id"],
        "X-USER-ID": admin["member_id"],
    }
    body = b"{}".rjust(9 * 1024 * 1024)
    with proxy(book):
        answer = Visitor(book).ask(
            "POST",
            "/api/records/contacts/search",
            {**headers, "Content-Type": "application/json"},
            body,
        )

    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("name", "limit"), [("nginx.conf", "client_max_body_size 64m;"), ("Caddyfile", "max_size 64MB")]
)
def test_the_largest_attachment_passes(book: Book, name: str, limit: str) -> None:
    assert limit in book.text(name)
    assert default_of("ATTACHMENT_MAX_BYTES") <= 64_000_000


def default_of(name: str) -> int:
    return next(int(each.default) for each in variables(Variables) if each.name == name)


def test_probes_are_answered_by_address_and_over_plain_http(book: Book) -> None:
    answers = [Visitor(book).get_directly(path) for path in ("/healthz", "/readyz")]

    assert [(answer.status_code, answer.text) for answer in answers] == [(200, "ok"), (200, "ok")]


def test_the_doctor_sees_the_worker_and_finds_nothing_failed_but_the_shared_server(
    book: Book,
) -> None:
    for _ in range(30):  # the worker may still be starting
        done = book.manage("doctor", "--json", "--url", "")
        checks = json.loads(done.stdout)["checks"]
        if not any(each["check"] == "workers" and each["status"] == "failed" for each in checks):
            break

    # Whether the test server's autovacuum is on is not ours to choose.
    wrong = [
        each
        for each in checks
        if each["status"] in ("failed", "warning") and each["check"] != "autovacuum"
    ]
    secret = re.findall(
        r"^SECRET_KEY=(.*)$",
        (book.folder / "records.env").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert wrong == []
    assert secret[0] not in done.stdout + done.stderr


def sites(book: Book) -> dict[str, tuple[str, str]]:
    """Ways to configure nginx, and what the doctor says of each."""
    right = book.text("nginx.conf")
    without = right.replace("proxy_set_header X-Forwarded-Proto $scheme;", "")
    open_plain = re.sub(r"return 301 .*;", f"location / {{ proxy_pass http://127.0.0.1:{book.port};"
                        " proxy_set_header Host $http_host; }", right)  # fmt: skip
    return {
        "right": (right, "host name and TLS are passed on"),
        "no header": (without, "redirected to itself forever"),
        "another host": (
            right.replace("Host $http_host;", "Host elsewhere;"),
            "refuses the host name",
        ),
        "nobody behind": (right.replace(f":{book.port};", ":1;"), "answers 502, not Records"),
        "passed on": (open_plain, "as clients send it"),
        "underscores": (
            right.replace("underscores_in_headers off;", "underscores_in_headers on;"),
            "headers with underscores",
        ),
    }


@pytest.mark.parametrize(
    "name", ["right", "no header", "another host", "nobody behind", "passed on", "underscores"]
)
def test_the_doctor_sees_what_a_proxy_does(
    book: Book, settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    settings.HTTPS_ONLY = settings.TRUST_PROXY_HEADERS = True
    monkeypatch.setenv("SSL_CERT_FILE", str(book.certificate))
    site, said = sites(book)[name]
    # nginx takes the first server for a host name that it does not know, as localhost is.
    with nginx(book, site):
        findings = list(
            examine_proxy(f"https://{HOST_HERE}:{book.tls}", f"http://{HOST_HERE}:{book.plain}")
        )

    assert any(said in finding.said for finding in findings), findings
    assert all(finding.status == "ok" for finding in findings) is (name == "right")


@pytest.mark.parametrize("unit", ["records.service", "records-worker.service"])
def test_systemd_accepts_the_unit(book: Book, tmp_path: Path, unit: str) -> None:
    path = tmp_path / unit
    path.write_text(book.text(unit).replace("User=records\nGroup=records\n", ""), encoding="utf-8")

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )

    ours = [line for line in (done.stdout + done.stderr).splitlines() if unit in line]
    assert ours == []


def test_a_worker_on_another_machine_runs(book: Book) -> None:
    command, environment = book.service("records-worker.service")

    done = subprocess.run(
        [*command, "--batch"], env=environment, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("TRUST_PROXY_HEADERS=", "TRUST_PROXY_HEADERS is not set"),
        ("TRUST_PROXY_HEADERS=false", "redirect every request to itself forever"),
        ("SECRET_KEY=", "SECRET_KEY is not set"),
        ("ALLOWED_HOSTS=", "ALLOWED_HOSTS is not set"),
        ("DATABASE_URL=postgres://records:password@127.0.0.1:1/records", "Start PostgreSQL"),
        (
            "DATABASE_URL=sqlite:///empty.sqlite3",
            "The database empty.sqlite3 does not exist. Run `manage.py migrate` first.",
        ),
    ],
)
def test_a_start_that_cannot_work_is_refused(
    book: Book, tmp_path: Path, lines: str, said: str
) -> None:
    command, environment = book.service("records.service")
    name, _, value = lines.partition("=")

    done = subprocess.run(
        command,
        env={**environment, name: value},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_page_names_every_file_that_is_deployed() -> None:
    assert {path.name for path in DEPLOY.iterdir() if f"docs/deploy/{path.name}" in PAGE} == {
        path.name for path in DEPLOY.iterdir()
    }


def test_the_page_names_no_command_that_does_not_exist() -> None:
    named = set(re.findall(r"records-manage (\w+)", PAGE))

    listed = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "help", "--commands"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert named - {"runs"} <= set(listed)
