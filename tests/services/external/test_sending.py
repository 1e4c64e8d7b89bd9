"""One request: to an address that was vetted, over TLS that is checked, and never longer than it
may take."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from records.services.external import sending
from records.services.external.sending import Failed, Request, send

from .upstream import Upstream, serving


def request(upstream: Upstream, host: str = "127.0.0.1", **more: Any) -> Request:
    given: dict[str, Any] = {
        "method": "GET",
        "scheme": upstream.scheme,
        "host": host,
        "port": upstream.port,
        "target": "/v1/things",
        "headers": {"Host": f"{host}:{upstream.port}"},
        "body": b"",
        "seconds": 10.0,
        **more,
    }
    return Request(**given)


def test_a_name_that_leads_into_this_network_is_not_called(settings: Any) -> None:
    """The name is looked up when it is called: what it led to when it was set up does not
    matter."""
    settings.EXTERNAL_ALLOWED_HOSTS = []
    with serving() as upstream:
        for host in ("127.0.0.1", "localhost"):
            with pytest.raises(Failed) as failed:
                send(request(upstream, host))
            assert (failed.value.forbidden, failed.value.sent) == (True, False)
        assert upstream.seen == []


def test_proxies_of_the_environment_are_not_asked(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
    ):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with serving() as upstream:
        settings.EXTERNAL_ALLOWED_HOSTS = [upstream.host]
        assert send(request(upstream)).status == 200


# ---------------------------------------------------------------- TLS


@pytest.fixture
def certified(tmp_path: Path) -> Iterator[tuple[ssl.SSLContext, Path]]:
    """A server's certificate for `localhost`, and the file that makes it trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Example upstream")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName(
        [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.9"))]
    )
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private, public = tmp_path / "key.pem", tmp_path / "ca.pem"
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    yield context, public
    sending._trusted.cache_clear()


def test_tls_is_checked_against_the_name_that_was_asked_for(
    certified: tuple[ssl.SSLContext, Path], settings: Any
) -> None:
    context, ca_file = certified
    asked: list[str | None] = []
    context.sni_callback = lambda _, name, __: asked.append(name)
    with serving(context) as upstream:
        settings.EXTERNAL_ALLOWED_HOSTS = [f"localhost:{upstream.port}", upstream.host]
        with pytest.raises(Failed, match="no trusted certificate"):
            send(request(upstream, "localhost"))
        assert upstream.seen == []

        settings.EXTERNAL_CA_FILE = str(ca_file)
        assert send(request(upstream, "localhost")).status == 200
        assert (asked[-1], upstream.seen[-1].headers["Host"]) == (
            "localhost",
            f"localhost:{upstream.port}",
        )

        with pytest.raises(Failed, match="no trusted certificate") as failed:
            send(request(upstream))  # trusted, but not for this name
        assert not failed.value.sent


def test_a_server_without_tls_is_told(settings: Any) -> None:
    with serving() as upstream:
        settings.EXTERNAL_ALLOWED_HOSTS = [upstream.host]
        with pytest.raises(Failed, match="failed the TLS handshake"):
            send(request(upstream, scheme="https"))


def test_a_handshake_that_hangs_is_given_up(settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        settings.EXTERNAL_ALLOWED_HOSTS = [f"127.0.0.1:{port}"]
        upstream = Upstream(port, "https")
        with pytest.raises(Failed, match=r"within 0\.2 seconds") as failed:
            send(request(upstream, seconds=0.2))
        assert not failed.value.sent


def test_a_body_that_nobody_reads_is_given_up(settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        settings.EXTERNAL_ALLOWED_HOSTS = [f"127.0.0.1:{port}"]
        body = b"x" * (32 * 2**20)
        upstream = Upstream(port)
        headers = {"Host": upstream.host, "Content-Length": str(len(body))}
        with pytest.raises(Failed, match=r"within 0\.5 seconds") as failed:
            send(request(upstream, method="POST", body=body, headers=headers, seconds=0.5))
        assert failed.value.sent
