"""Temporary files without a name: when the process ends or is killed, nothing is left on disk."""

from __future__ import annotations

import io
import os
from tempfile import TemporaryFile
from typing import IO, BinaryIO, cast


class SpooledFile:
    """A file that no folder lists. Written once; read any number of times, from the start each
    time."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self._file: IO[bytes] = TemporaryFile()  # noqa: SIM115 - closed with this file

    def __enter__(self) -> SpooledFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, content: bytes) -> int:
        return self._file.write(content)

    def open(self) -> BinaryIO:
        """Its content so far, read at an independent position, also from a forked process."""
        # Readers use the descriptor, which does not see what is still in the buffer.
        self._file.flush()
        return cast(
            BinaryIO, io.BufferedReader(_Reader(self._file.fileno()), io.DEFAULT_BUFFER_SIZE)
        )

    def close(self) -> None:
        """Give its space back."""
        self._file.close()

    def as_file(self) -> IO[bytes]:
        """The file itself, at its start; closing it ends this one."""
        self._file.seek(0)
        return self._file

    def open_text(self, encoding: str = "utf-8") -> io.TextIOWrapper:
        """For writing text; leaving the block keeps the file open."""
        return _Writer(self._file, encoding=encoding, newline="")


class _Writer(io.TextIOWrapper):
    """Closing it leaves the underlying file open."""

    def close(self) -> None:
        if not self.closed:
            self.detach()


class _Reader(io.RawIOBase):
    """Reads a descriptor at an independent position: forks share both the descriptor and its
    position."""

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
