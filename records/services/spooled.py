"""Bytes on their way through, on disk but without a name: when the process ends or is killed, nothing is left."""

from __future__ import annotations

import io
import os
from tempfile import TemporaryFile
from typing import IO, BinaryIO, cast


class SpooledFile:
    """A file that no folder lists. It is written once and read any number of times, from the start each time."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self._file: IO[bytes] = TemporaryFile()  # noqa: SIM115 - closed with this file

    def __enter__(self) -> SpooledFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, content: bytes) -> int:
        return self._file.write(content)

    def open(self) -> BinaryIO:
        """Its content so far, for a reader that has a position of its own, also in another process."""
        self._file.flush()
        return cast(BinaryIO, io.BufferedReader(_Reader(self._file.fileno()), io.DEFAULT_BUFFER_SIZE))

    def open_text(self, encoding: str = "utf-8") -> io.TextIOWrapper:
        """For writing text; leaving the block keeps the file open."""
        return _Writer(self._file, encoding=encoding, newline="")


class _Writer(io.TextIOWrapper):
    """Closing it leaves what it writes to open."""

    def close(self) -> None:
        if not self.closed:
            self.detach()


class _Reader(io.RawIOBase):
    """Reads a descriptor at a position of its own: forks share both the descriptor and its position."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        content = os.pread(self._descriptor, len(buffer), self._at)
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at}.get(whence)
        self._at = offset + (os.fstat(self._descriptor).st_size if start is None else start)
        return self._at
