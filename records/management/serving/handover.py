"""How a web process leaves its listener to the one that replaces it.

Told to end, the server closes the connections that it has taken in and not yet heard from, and what
their clients send a moment later is lost. So a process takes nobody in any more first, and is told
to end when those that are in have had the time to speak.
"""

from __future__ import annotations

import os
import signal
import socket
from contextlib import closing, suppress
from functools import partial
from types import FrameType

from .own_sockets import sockets_of

TAKE_IN_NOBODY = signal.SIGUSR1
# Enough for a first packet that is lost, and sent again after a second.
SECONDS_TO_SPEAK = 2.0


def ignore() -> None:
    """Call this before processes are started: one that has taken in nobody yet is told in vain, and
    must not die of it."""
    signal.signal(TAKE_IN_NOBODY, signal.SIG_IGN)


def prepare(port: int) -> None:
    """Call this in the main thread of a web process."""
    signal.signal(TAKE_IN_NOBODY, partial(_take_in_nobody, port))


def _take_in_nobody(port: int, _signal: int, _frame: FrameType | None) -> None:
    """Put a listener that nobody knows in the place of the one that this process accepts from,
    whose queue stays: other processes have the same file open."""
    with socket.socket() as unknown:
        unknown.bind(("127.0.0.1", 0))
        unknown.listen(0)
        unknown.setblocking(False)
        for number, opened in sockets_of(port):
            with closing(opened), suppress(OSError):
                if opened.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    os.dup2(unknown.fileno(), number, inheritable=False)
