"""Which hosts are called: public ones by TLS, and those the operator has opened; never this network's own."""

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

from records.exceptions import InvalidInput
from records.services.external import sending
from records.services.external.addresses import Forbidden, Unreachable, is_public, vetted_addresses
from records.services.external.sending import Failed, Request, send
from records.services.external.sources import check_url

from .upstream import Upstream, serving

PRIVATE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1", "198.18.0.1", "224.0.0.1",
    "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b:1::1", "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1",
]  # fmt: skip
PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_of_networks_of_ones_own_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com", "https://127.0.0.1", "https://[::1]/v1", "https://[::ffff:10.0.0.1]",
        "https://localhost", "https://metadata.google.internal", "https://printer.local", "ftp://api.example.com",
        "https://user:pass@api.example.com", "https://api.example.com/?a=b", "https://",
        "https://api.example.com/#x", "https://api.example.com:99999", "https://api.example.com/{external_id}",
        "https://{external_id}.example.com", "https://api.example.com\\@10.0.0.1", "https://exämple.com",
        "https://api.example.com/a b", "//api.example.com", "api.example.com", "https://api.example.com//x", "",
    ],
)  # fmt: skip
def test_base_urls_that_are_refused(url: str, settings: Any) -> None:
    settings.EXTERNAL_ALLOWED_HOSTS = []
    with pytest.raises(InvalidInput, match=r"^base_url: "):
        check_url(url)


def test_base_urls_that_are_taken(settings: Any) -> None:
    settings.EXTERNAL_ALLOWED_HOSTS = ["intranet.local:8080", "[::1]:81", "10.0.0.1:443"]
    for url in ("https://api.example.com/v1", "http://intranet.local:8080", "http://[::1]:81", "https://10.0.0.1"):
        assert check_url(f" {url}/ ") == url
    for url in ("http://intranet.local", "https://intranet.local", "https://10.0.0.1:8443"):
        with pytest.raises(InvalidInput):
            check_url(url)


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the resolver says of every name, which is somebody else's part."""
    found: list[str] = []

    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        if not found:
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return found


def test_a_name_is_judged_by_all_its_addresses(resolved: list[str], settings: Any) -> None:
    settings.EXTERNAL_ALLOWED_HOSTS = []
    with pytest.raises(Unreachable):
        vetted_addresses("api.example.com", 443, 5)
    resolved += ["8.8.8.8"]
    assert vetted_addresses("api.example.com", 443, 5) == ["8.8.8.8"]
    resolved += ["10.0.0.1"]
    with pytest.raises(Forbidden):
        vetted_addresses("api.example.com", 443, 5)
    settings.EXTERNAL_ALLOWED_HOSTS = ["api.example.com:443"]
    assert vetted_addresses("api.example.com", 443, 5) == ["8.8.8.8", "10.0.0.1"]


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
    """The name is looked up when it is called: what it led to when it was set up does not matter."""
    settings.EXTERNAL_ALLOWED_HOSTS = []
    with serving() as upstream:
        for host in ("127.0.0.1", "localhost"):
            with pytest.raises(Failed) as failed:
                send(request(upstream, host))
            assert (failed.value.forbidden, failed.value.sent) == (True, False)
        assert upstream.seen == []


def test_proxies_of_the_environment_are_not_asked(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with serving() as upstream:
        settings.EXTERNAL_ALLOWED_HOSTS = [upstream.host]
        assert send(request(upstream)).status == 200


def test_a_resolver_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    import threading

    released = threading.Event()

    def hang(*_: Any, **__: Any) -> list[Any]:
        released.wait(20)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    try:
        with pytest.raises(Unreachable):
            vetted_addresses("api.example.com", 443, 0.1)
    finally:
        released.set()


# ---------------------------------------------------------------- TLS


@pytest.fixture
def certified(tmp_path: Path) -> Iterator[tuple[ssl.SSLContext, Path]]:
    """A server's certificate for `localhost`, and the file that makes it trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Example upstream")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.9"))])
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
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
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
        with pytest.raises(Failed, match="no certificate that is trusted"):
            send(request(upstream, "localhost"))
        assert upstream.seen == []

        settings.EXTERNAL_CA_FILE = str(ca_file)
        assert send(request(upstream, "localhost")).status == 200
        assert (asked[-1], upstream.seen[-1].headers["Host"]) == ("localhost", f"localhost:{upstream.port}")

        with pytest.raises(Failed, match="no certificate that is trusted") as failed:
            send(request(upstream))  # trusted, but not for this name
        assert not failed.value.sent


def test_a_server_without_tls_is_told(settings: Any) -> None:
    with serving() as upstream:
        settings.EXTERNAL_ALLOWED_HOSTS = [upstream.host]
        with pytest.raises(Failed, match="over TLS"):
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
