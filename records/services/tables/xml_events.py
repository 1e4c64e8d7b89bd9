"""Reading XML as a stream of events, with limits to everything that a file could make large."""

from __future__ import annotations

from xml.parsers import expat

from . import file_limits as limits

Attributes = dict[str, str]


class BrokenWorkbook(Exception):
    """The file is not what its standard says."""


class Handler:
    """Takes what it needs of a part's elements; `has_all` once it needs no more."""

    has_all = False

    def start(self, name: str, given: Attributes) -> None: ...

    def end(self, name: str) -> None: ...

    def text(self, found: str) -> None: ...


class Parser:
    """Feeds a handler the elements of XML whose depth and tags have limits, and that has no
    document type: entities are how little XML says much."""

    def __init__(self, handler: Handler, called: str) -> None:
        self._handler = handler
        self._called = called
        self._depth = 0
        self.fed = 0
        self._expat = expat.ParserCreate()
        self._expat.buffer_text = True
        self._expat.StartDoctypeDeclHandler = self._refuse_doctype
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = handler.text

    def feed(self, chunk: bytes) -> None:
        self._expat.Parse(chunk)
        self.fed += len(chunk)
        # What is read and has led to no event is a tag that goes on and on.
        if self.fed - self._expat.CurrentByteIndex > limits.MAX_TOKEN + len(chunk):
            raise limits.passed(
                self._called,
                f"a tag of a workbook can have at most {limits.MAX_TOKEN:,} bytes",
                limits.AS_CSV,
            )

    def end(self) -> None:
        self._expat.Parse(b"", True)

    def _refuse_doctype(self, *_: object) -> None:
        raise BrokenWorkbook

    def _start(self, name: str, given: Attributes) -> None:
        self._depth += 1
        if self._depth > limits.MAX_DEPTH:
            raise limits.passed(
                self._called,
                f"elements of a workbook can be at most {limits.MAX_DEPTH} levels deep",
                limits.AS_CSV,
            )
        self._handler.start(local_name(name), given)

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._handler.end(local_name(name))


def local_name(name: str) -> str:
    """A name without the prefix of its namespace."""
    return name.rpartition(":")[2] if ":" in name else name
