"""A deployment as docs/deployment.md describes it, in a folder: its own files, only with other
paths and ports."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shlex
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
from django.conf import settings

from tests.serving import free_port

ROOT: Path = settings.BASE_DIR
DEPLOY = ROOT / "docs" / "deploy"
HOST = "records.example.com"
LONGEST = 30  # seconds until something listens


@dataclass(frozen=True)
class Book:
    """Where the files of the page are here."""

    folder: Path
    port: int
    plain: int
    tls: int

    def text(self, name: str) -> str:
        """One of the files, with the paths and ports of this deployment."""
        text = (DEPLOY / name).read_text(encoding="utf-8")
        places = {
            "/srv/records/.venv/bin/python": sys.executable,
            "/srv/records": str(ROOT),
            "/etc/records": str(self.folder),
            "/var/lib/records": str(self.folder / "data"),
            f"/etc/letsencrypt/live/{HOST}/fullchain.pem": str(self.certificate),
            f"/etc/letsencrypt/live/{HOST}/privkey.pem": str(self.folder / "key.pem"),
            "127.0.0.1:8000": f"127.0.0.1:{self.port}",
            "listen [::]:80;": "",
            "listen [::]:443 ssl;": "",
            "listen 80;": f"listen 127.0.0.1:{self.plain};",
            "listen 443 ssl;": f"listen 127.0.0.1:{self.tls} ssl;",
            '"$(id -un)" != records': '"$(id -un)" = nobody',
        }
        for there, here in places.items():
            text = text.replace(there, here)
        return text

    @property
    def certificate(self) -> Path:
        return self.folder / "certificate.pem"

    def manage(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command as `records-manage` does."""
        script = self.folder / "records-manage"
        script.write_text(self.text("records-manage"), encoding="utf-8")
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), **variables}
        command = ["sh", str(script), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def service(self, name: str) -> tuple[list[str], dict[str, str]]:
        """What systemd runs for a unit: its command, and the environment of its file."""
        unit = self.text(name)
        command = shlex.split(re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)[0])
        (environment_file,) = re.findall(r"^EnvironmentFile=(.*)$", unit, re.MULTILINE)
        lines = Path(environment_file).read_text(encoding="utf-8").splitlines()
        given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
        return command, {name: "".join(shlex.split(value)) for name, value in given.items()}


def open_book(folder: Path, database_url: str) -> Book:
    """Write the environment file and a throw-away certificate."""
    book = Book(folder, free_port(), free_port(), free_port())
    (folder / "data").mkdir()
    filled = {
        "SECRET_KEY": secrets.token_urlsafe(64),
        "DATABASE_URL": f"'{database_url}'",
        "DATA_DIR": str(folder / "data"),
    }
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    for name, value in filled.items():
        text = re.sub(rf"^{name}=.*$", f"{name}={value}", text, flags=re.MULTILINE)
    (folder / "records.env").write_text(text, encoding="utf-8")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}",
         "-addext", f"subjectAltName=DNS:{HOST},DNS:localhost",
         "-keyout", folder / "key.pem", "-out", book.certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    return book


@contextlib.contextmanager
def running(
    command: list[str], environment: Mapping[str, str], port: int, log: Path
) -> Iterator[None]:
    """A program, from when it listens until the block ends."""
    with (
        log.open("w") as stream,
        subprocess.Popen(
            command, env=dict(environment), stdout=stream, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            wait_until_it_listens(port, process, log)
            yield
        finally:
            process.terminate()
            process.wait(timeout=60)


def wait_until_it_listens(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + LONGEST
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        os.sched_yield()


@contextlib.contextmanager
def nginx(book: Book, site: str | None = None) -> Iterator[None]:
    """Serve the site of nginx.conf (or another), by an nginx that writes below the folder only."""
    folder = book.folder
    (folder / "site.conf").write_text(site or book.text("nginx.conf"), encoding="utf-8")
    temporary = "".join(
        f"{each}_temp_path {folder}/{each};\n"
        for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user}\npid {folder}/nginx.pid;\ndaemon off;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{temporary}include {folder}/site.conf;\n}}\n",
        encoding="utf-8",
    )
    command = ["nginx", "-c", str(folder / "nginx.conf"), "-e", "stderr"]
    environment = {"PATH": f"{os.environ['PATH']}:/usr/sbin"}
    with running(command, environment, book.tls, folder / "nginx.log"):
        yield


@contextlib.contextmanager
def caddy(book: Book) -> Iterator[None]:
    """Serve the Caddyfile with our certificate instead of a public one."""
    folder = book.folder
    ours = f"{HOST} {{\n\ttls {book.certificate} {folder / 'key.pem'}\n"
    options = (
        f"{{\n\tadmin off\n\thttp_port {book.plain}\n\thttps_port {book.tls}\n\tdefault_bind "
        "127.0.0.1\n}\n"
    )
    (folder / "Caddyfile").write_text(
        options + book.text("Caddyfile").replace(f"{HOST} {{\n", ours), encoding="utf-8"
    )
    command = ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder / "caddy"),
    }
    with running(command, environment, book.tls, folder / "caddy.log"):
        yield


class Visitor:
    """A browser that finds `records.example.com` here, and follows no redirect by itself."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.trust = ssl.create_default_context(cafile=str(book.certificate))

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.ask("GET", path, headers)

    def ask(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes = b""
    ) -> httpx.Response:
        return self.send(
            method, f"https://127.0.0.1:{self.book.tls}{path}", {"Host": HOST, **headers}, content
        )

    def get_plain(self, path: str, **headers: str) -> httpx.Response:
        return self.send(
            "GET", f"http://127.0.0.1:{self.book.plain}{path}", {"Host": HOST, **headers}
        )

    def get_directly(self, path: str) -> httpx.Response:
        return self.send("GET", f"http://127.0.0.1:{self.book.port}{path}", {})

    def send(
        self, method: str, address: str, headers: Mapping[str, str], content: bytes = b""
    ) -> httpx.Response:
        with httpx.Client(verify=self.trust, timeout=30) as client:
            named = {"sni_hostname": HOST} if address.startswith("https") else {}
            return client.request(
                method, address, headers=headers, content=content, extensions=named
            )
