"""Ends connections whose clients take too long to send a request's body, or to receive a response.

The server has no time limits of its own for these. What it has are sockets, and the kernel counts
what passes through each: this thread reads those figures once a second.
"""

from __future__ import annotations

import logging
import math
import socket
import struct
import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from records.http import plain

from .bodies import SMALL
from .own_sockets import sockets_of
from .seats import Seats

logger = logging.getLogger(__name__)

SECOND = 1.0
# A client that sends or receives at this rate is never ended. Bytes per second.
LEAST_RATE = 500
# Between the arrival of the last byte of a body and the time that its request asks for a seat.
HANDED_OVER = 5.0
FORGOTTEN = 60.0  # seconds after the end of a client's sending, which is seen at once
ESTABLISHED = 1
AT_ONCE = struct.pack("ii", 1, 0)
# struct tcp_info of Linux, up to tcpi_data_segs_out; it only ever grows at its end.
TCP_INFO = struct.Struct("=8B24I4Q6I")


class Traffic(NamedTuple):
    """What the kernel knows of a connection; ages are in seconds."""

    sent_ago: float
    received_ago: float
    acknowledged: int
    received: int
    segments_sent: int
    waits_to_be_sent: bool

    @classmethod
    def of(cls, connection: socket.socket) -> Self | None:
        """Read it; None for what is no established connection."""
        raw = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO.size)
        if len(raw) < TCP_INFO.size:
            return None
        figures = TCP_INFO.unpack(raw)
        if figures[0] != ESTABLISHED:
            return None
        unacknowledged, not_sent = figures[12], figures[38]
        return cls(
            sent_ago=figures[17] / 1000,
            received_ago=figures[19] / 1000,
            acknowledged=figures[34],
            received=figures[35],
            segments_sent=figures[41],
            waits_to_be_sent=bool(unacknowledged or not_sent),
        )

    @property
    def is_unanswered(self) -> bool:
        """Whether something came in after the last thing that went out."""
        return bool(self.received) and (not self.segments_sent or self.received_ago < self.sent_ago)


@dataclass(slots=True)
class Stretch:
    """A time in which a connection did one thing, `mark` says which one: `first` is how many bytes
    had passed when it began, `at` how many when it was last seen to be fast enough."""

    since: float
    first: int
    mark: int = 0
    at: int = field(init=False)

    def __post_init__(self) -> None:
        self.at = self.first

    def is_too_slow(self, now: float, passed: int, seconds: float) -> bool:
        """Whether fewer bytes passed in the last seconds than the least rate wants."""
        if passed - self.at >= LEAST_RATE * seconds:
            self.since, self.at = now, passed
        return now - self.since > seconds


class SlowClients(threading.Thread):
    """Ends the slow connections of this process to a port, for as long as it lives."""

    def __init__(self, port: int, seats: Seats, seconds: float) -> None:
        super().__init__(daemon=True, name="slow-clients")
        self.port = port
        self.seats = seats
        self.seconds = seconds
        self.sending: dict[tuple[int, object], Stretch] = {}
        self.receiving: dict[tuple[int, object], Stretch] = {}

    def run(self) -> None:
        while True:
            time.sleep(SECOND)
            try:
                self.sweep(time.monotonic())
            except Exception:  # without it, slow clients would stay for ever
                logger.exception("Slow clients could not be looked for.")

    def sweep(self, now: float) -> None:
        """Look at each connection once."""
        for address, when in list(self.seats.ended.items()):
            if now - when > FORGOTTEN:
                del self.seats.ended[address]
        before = self.sending, self.receiving
        self.sending, self.receiving = {}, {}
        for number, connection in sockets_of(self.port):
            with closing(connection), suppress(OSError):
                self.look_at(number, connection, before, now)

    def look_at(
        self,
        number: int,
        connection: socket.socket,
        before: tuple[dict[tuple[int, object], Stretch], ...],
        now: float,
    ) -> None:
        """Continue or begin what this connection is seen to do, and end it if that takes too
        long."""
        traffic = Traffic.of(connection)
        if traffic is None:
            return
        peer = connection.getpeername()
        key = number, peer
        sending, receiving = (stretches.get(key) for stretches in before)
        if traffic.is_unanswered:
            mark = traffic.segments_sent
            if sending is None or sending.mark != mark:
                sending = Stretch(now, traffic.received, mark)
            self.sending[key] = sending
            too_slow = sending.is_too_slow(now, traffic.received, self.seconds)
            small = traffic.received - sending.first <= SMALL
            if too_slow and not self.is_at_work(peer[0], now - traffic.received_ago, small=small):
                self.seats.ended[plain(peer[0])] = time.monotonic()
                # The other direction stays open, for the answer that says so.
                connection.shutdown(socket.SHUT_RD)
        elif traffic.waits_to_be_sent:
            if receiving is None:
                receiving = Stretch(now, traffic.acknowledged)
            self.receiving[key] = receiving
            if receiving.is_too_slow(now, traffic.acknowledged, self.seconds):
                logger.info("A client took too long to receive a response; its connection ends.")
                # What is still to be sent goes with it, once the server closes its file.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
                connection.shutdown(socket.SHUT_RDWR)

    def is_at_work(self, address: str, received_at: float, *, small: bool) -> bool:
        """Whether a request whose last byte came at this time may be at work.

        The server does not tell which connection a request came by, so we go by the times. A small
        body is handed over as it comes; a larger one may wait in buffers for some time.
        """
        client = plain(address)
        earliest = received_at - HANDED_OVER
        latest = received_at + HANDED_OVER if small else math.inf
        return any(
            plain(asker) == client and earliest < since < latest
            for asker, since in list(self.seats.asked.values())
        )
