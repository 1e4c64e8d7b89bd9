"""Files that are one list of JSON: its entries, each as the text of a line is."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from . import file_limits as limits

CHUNK = 1 << 16
# What begins or ends a text, a list or an object; what is escaped in a text does neither.
MARK = re.compile(r'\\.|["\[\]{},]', re.DOTALL)
OPENING, CLOSING = "[{", "]}"


def list_entries(file: io.TextIOWrapper) -> Iterator[str]:
    """The entries of the list; of one that is longer than a row may be its beginning. What follows
    the list is an entry that is none. EOFError where the list does not end: the last entry may be
    half of one."""
    reader = _Entries()
    while chunk := file.read(CHUNK):
        # What is escaped stays beside its backslash, which may be one itself.
        if (len(chunk) - len(chunk.rstrip("\\"))) % 2:
            chunk += file.read(1)
        yield from reader.feed(chunk)
    if reader.is_inside:
        raise EOFError("The list of JSON does not end; the file seems to be cut off")
    yield from reader.end()


class _Entries:
    """Divides the text of a list at the commas between its entries."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_text = False
        self._pieces: list[str] = []
        self._size = 0

    def feed(self, chunk: str) -> Iterator[str]:
        """The entries that end in this piece of the file."""
        at = 0
        for found in MARK.finditer(chunk):
            if self._divides(found[0]):
                self._keep(chunk[at : found.start()])
                at = found.end()
                yield from self.end()
        self._keep(chunk[at:])

    @property
    def is_inside(self) -> bool:
        """Whether the list, or a text in it, is yet to end."""
        return self._depth > 0 or self._in_text

    def end(self) -> Iterator[str]:
        """The entry that was kept, if it is not blank."""
        entry = "".join(self._pieces).strip()
        self._pieces.clear()
        self._size = 0
        if entry:
            yield entry

    def _divides(self, mark: str) -> bool:
        """Follow a mark; whether it stands between entries, or at an end of the list."""
        if mark == '"':
            self._in_text = not self._in_text
        elif self._in_text:
            return False
        elif mark in OPENING:
            self._depth += 1
            return self._depth == 1
        elif mark in CLOSING:
            self._depth -= 1
            return self._depth == 0
        return mark == "," and self._depth == 1

    def _keep(self, text: str) -> None:
        if self._size <= limits.MAX_ROW:
            self._pieces.append(text)
            self._size += len(text)
