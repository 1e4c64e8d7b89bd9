"""One HTTP request to an upstream: to a vetted address, within a total time, with an answer of
limited size.

httpcore speaks HTTP; the sockets are ours: they connect to the vetted addresses only, and no
wait is longer than the time that is left. Nothing here reads the environment: no proxies.
Redirects are answers like any other.
"""

from __future__ import annotations

import socket
import ssl
import time
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import httpcore
from django.conf import settings

from .addresses import Forbidden, Unreachable, vetted_addresses

MAX_ANSWER = 2**20
ENCODINGS = {"": 0, "identity": 0, "gzip": 31, "x-gzip": 31, "deflate": 15}  # zlib's window bits
SLICE = 65_536


@dataclass(frozen=True, slots=True)
class Request:
    """A request; `target` is the path with its query, ready to be sent."""

    method: str
    scheme: str
    host: str
    port: int
    target: str
    headers: Mapping[str, str]
    body: bytes
    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole and decompressed; `retry_after` is the header as it came."""

    status: int
    body: bytes
    retry_after: str = ""


class Failed(Exception):
    """There is no answer, or none that can be used.

    `sent`: the request may have reached the upstream. `status` is what it answered with, if it did.
    """

    def __init__(
        self, why: str, *, sent: bool, status: int | None = None, forbidden: bool = False
    ) -> None:
        super().__init__(why)
        self.why = why
        self.sent = sent
        self.status = status
        self.forbidden = forbidden


class TimedOut(Exception):
    """The time is over."""


class _Deadline:
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """What is left of the time; TimedOut when nothing is."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimedOut
        return left


class _Stream(httpcore.NetworkStream):
    """A connected socket. The deadline of the whole request holds for each wait."""

    def __init__(self, connected: socket.socket, backend: _Backend) -> None:
        self._socket = connected
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._socket.settimeout(self._backend.deadline.left())
        return self._socket.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # Before the first byte: an error from here on may have reached the upstream.
        self._backend.sent = True
        while buffer:
            # For each piece: one write of a large body could otherwise outlast the deadline.
            self._socket.settimeout(self._backend.deadline.left())
            try:
                buffer = buffer[self._socket.send(buffer[:SLICE]) :]
            except ConnectionError:
                # It may have answered before it had read all of the request: then the answer is
                # read.
                raise httpcore.WriteError from None

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        try:
            self._socket.settimeout(self._backend.deadline.left())
            return _Stream(
                ssl_context.wrap_socket(self._socket, server_hostname=server_hostname),
                self._backend,
            )
        # httpcore only closes streams it was given, and this one has not been returned yet.
        except BaseException:
            self.close()
            raise

    def get_extra_info(self, info: str) -> Any:
        return None


class _Backend(httpcore.NetworkBackend):
    """Connects to addresses that may be connected to, and remembers whether anything was sent."""

    def __init__(self, deadline: _Deadline) -> None:
        self.deadline = deadline
        self.sent = False

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = vetted_addresses(host, port, self.deadline.left())
        for at, address in enumerate(addresses):
            try:
                connected = socket.create_connection((address, port), self.deadline.left())
            except OSError:
                # Try every address first: a host with IPv6 and IPv4 may be reachable by one only.
                if at == len(addresses) - 1:
                    raise
            else:
                # Headers and body are two writes: the second must not wait for an ACK.
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return _Stream(connected, self)
        raise Unreachable


def send(request: Request) -> Answer:
    """The upstream's answer, whatever its status; Failed when there is none that can be used."""
    deadline = _Deadline(request.seconds)
    backend = _Backend(deadline)
    try:
        return _exchange(request, backend)
    except (TimedOut, TimeoutError):
        raise Failed(
            f"did not answer within {request.seconds:g} seconds", sent=backend.sent
        ) from None
    except Forbidden:
        raise Failed("has an address that is not allowed", sent=False, forbidden=True) from None
    except Unreachable:
        raise Failed("has no IP address", sent=False) from None
    # A kind of SSLError and of OSError, so it has to come before both.
    except ssl.SSLCertVerificationError:
        raise Failed("has no trusted certificate", sent=False) from None
    except ssl.SSLError:
        # What the library says may quote what the other side sent.
        raise Failed("failed the TLS handshake", sent=backend.sent) from None
    except OSError:
        why = "closed the connection" if backend.sent else "could not be reached"
        raise Failed(why, sent=backend.sent) from None
    except (httpcore.ProtocolError, httpcore.NetworkError):
        raise Failed(
            "sent no valid HTTP response, or closed the connection early", sent=backend.sent
        ) from None


def _exchange(request: Request, backend: _Backend) -> Answer:
    context = _trusted(settings.EXTERNAL_CA_FILE) if request.scheme == "https" else None
    url = httpcore.URL(
        scheme=request.scheme, host=request.host, port=request.port, target=request.target
    )
    pool = httpcore.ConnectionPool(
        # No retries here: only the caller knows whether repeating is safe.
        ssl_context=context,
        network_backend=backend,
        max_connections=1,
        retries=0,
    )
    headers = [
        (name.encode("ascii"), value.encode("latin-1")) for name, value in request.headers.items()
    ]
    with pool, pool.stream(request.method, url, headers=headers, content=request.body) as response:
        return Answer(response.status, _read(response), _header(response, b"retry-after"))


def _read(response: httpcore.Response) -> bytes:
    """The body, decompressed; never more of it than may be read."""
    status = response.status
    encoding = _header(response, b"content-encoding").strip().lower()
    # Only gzip was offered; an upstream may still send another encoding.
    if encoding not in ENCODINGS:
        raise Failed("used an encoding that was not requested", sent=True, status=status)
    bits = ENCODINGS[encoding]
    inflate = zlib.decompressobj(bits) if bits else None
    body, came = bytearray(), 0
    for chunk in response.iter_stream():
        came += len(chunk)
        if inflate is None:
            body += chunk
        else:
            # One byte more than allowed is enough to notice; a bomb is never unpacked further.
            body += _inflated(inflate, chunk, MAX_ANSWER + 1 - len(body), status)
        # The compressed size counts as well: padding may unpack to nothing.
        if max(came, len(body)) > MAX_ANSWER:
            raise Failed(f"answered with more than {MAX_ANSWER} bytes", sent=True, status=status)
    # A truncated stream decompresses without an error.
    if inflate is not None and came and not inflate.eof:
        raise Failed("sent a response that cannot be decompressed", sent=True, status=status)
    return bytes(body)


def _inflated(inflate: Any, chunk: bytes, most: int, status: int) -> bytes:
    try:
        found: bytes = inflate.decompress(chunk, most)
    except zlib.error:
        raise Failed(
            "sent a response that cannot be decompressed", sent=True, status=status
        ) from None
    return found


def _header(response: httpcore.Response, name: bytes) -> str:
    return next(
        (value.decode("latin-1") for key, value in response.headers if key.lower() == name), ""
    )


@lru_cache(maxsize=4)
def _trusted(ca_file: str) -> ssl.SSLContext:
    """The public authorities, and those of the operator; the environment has no say."""
    import httpx  # takes a tenth of all that a command imports, and few commands call upstreams

    context = httpx.create_ssl_context(trust_env=False)
    if ca_file:
        context.load_verify_locations(ca_file)
    return context
