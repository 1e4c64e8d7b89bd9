"""XML is read as events, in any pieces, and without what makes little of it large."""

from __future__ import annotations

from xml.parsers import expat

import pytest

from records.exceptions import InvalidInput
from records.services.tables import file_limits as limits
from records.services.tables.xml_events import (
    Attributes,
    BrokenWorkbook,
    Handler,
    Parser,
    local_name,
)

CALLED = "list.xlsx"
PIECE = 4096


class Told(Handler):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def start(self, name: str, given: Attributes) -> None:
        self.events.append(f"<{name}{''.join(f' {key}={given[key]}' for key in given)}>")

    def end(self, name: str) -> None:
        self.events.append(f"</{name}>")

    def text(self, found: str) -> None:
        self.events.append(found)


def feed(parser: Parser, content: bytes, size: int) -> None:
    for at in range(0, len(content), size):
        parser.feed(content[at : at + size])


def told(content: bytes, size: int = 1 << 20) -> str:
    """The events of this XML, fed in pieces of this size."""
    handler = Told()
    parser = Parser(handler, CALLED)
    feed(parser, content, size)
    parser.end()
    assert parser.fed == len(content)
    return "".join(handler.events)


@pytest.mark.parametrize("size", [1, 7, 4096])
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"<a/>", "<a></a>"),
        (b"<a b='1' c='2'>x<d/>y</a>", "<a b=1 c=2>x<d></d>y</a>"),
        (b"<x:a xmlns:x='urn:y' x:b='1'/>", "<a xmlns:x=urn:y x:b=1></a>"),
        (b"<a>&lt;&amp;&#233;&#x1F600;</a>", "<a><&é😀</a>"),
        (b"<a b='&quot;&#10;'/>", '<a b="\n></a>'),
        (b"<a><![CDATA[<b>&c;]]></a>", "<a><b>&c;</a>"),
        (b"<a><!-- <b/> --><?php x?></a>", "<a></a>"),
        ("<a>Ærø</a>".encode(), "<a>Ærø</a>"),
        ("<a>Ærø</a>".encode("utf-8-sig"), "<a>Ærø</a>"),
        ("<?xml version='1.0' encoding='UTF-16'?><a>Ærø</a>".encode("utf-16"), "<a>Ærø</a>"),
        (
            "<?xml version='1.0' encoding='ISO-8859-1'?><a>Ærø</a>".encode("latin-1"),
            "<a>Ærø</a>",
        ),
        (
            "<?xml version='1.0' encoding='windows-1252'?><a>5 €</a>".encode("cp1252"),
            "<a>5 €</a>",
        ),
    ],
)
def test_a_handler_is_told_the_same_in_any_pieces(content: bytes, size: int, expected: str) -> None:
    assert told(content, size) == expected


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<a>",
        b"<a></b>",
        b"<a/><b/>",
        b"<a b=1/>",
        b"<a b='1' b='2'/>",
        b"<a>&undeclared;</a>",
        b"<a>\xff</a>",
        b"<a>\0</a>",
        b"PK\x03\x04",
        b"<?xml version='1.0' encoding='no-such'?><a/>",
    ],
)
def test_what_is_no_xml_is_refused(content: bytes) -> None:
    with pytest.raises((expat.ExpatError, LookupError)):
        told(content)


@pytest.mark.parametrize(
    "declared",
    [
        b"<!DOCTYPE a>",
        b"<!DOCTYPE a []>",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
        b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>",
        b"<!DOCTYPE a [<!ENTITY % b 'c'>]>",
        b"<!DOCTYPE a SYSTEM 'http://127.0.0.1/a.dtd'>",
        b"<!DOCTYPE a PUBLIC '-//A//B' 'a.dtd'>",
    ],
)
def test_a_document_type_is_refused_before_any_element(declared: bytes) -> None:
    handler = Told()
    with pytest.raises(BrokenWorkbook):
        Parser(handler, CALLED).feed(declared + b"<a>x</a>")
    assert handler.events == []


def test_elements_can_be_as_deep_as_the_limit_and_no_deeper() -> None:
    most = limits.MAX_DEPTH
    side_by_side = b"<b></b>" * most * 2
    deepest = b"<a>" * (most - 1) + side_by_side + b"</a>" * (most - 1)
    assert told(deepest).count("<b>") == most * 2

    with pytest.raises(
        InvalidInput, match=rf"list\.xlsx: .* at most {most} levels deep"
    ) as refused:
        told(b"<a>" * (most + 1))
    assert refused.value.code == "limit_exceeded"


@pytest.mark.parametrize(
    ("before", "middle"),
    [
        (b"<a b='", b"x"),
        (b"<a", b" "),
        (b"<", b"a"),
        (b"<a><!--", b"-x"),
        (b"<a><?b ", b"x"),
    ],
)
def test_a_tag_that_goes_on_is_refused_at_the_limit(before: bytes, middle: bytes) -> None:
    parser = Parser(Told(), CALLED)
    with pytest.raises(InvalidInput, match=r"at most 262,144 bytes") as refused:
        feed(parser, before + middle * limits.MAX_TOKEN * 2, PIECE)
    assert refused.value.code == "limit_exceeded"
    # The pieces that follow the limit are not read.
    assert limits.MAX_TOKEN < parser.fed <= limits.MAX_TOKEN + 3 * PIECE


def test_long_text_and_long_tags_under_the_limit_are_read() -> None:
    text = "x" * (2 * limits.MAX_TOKEN)
    value = "y" * (limits.MAX_TOKEN - 100)
    assert told(f"<a b='{value}'>{text}</a>".encode(), PIECE) == f"<a b={value}>{text}</a>"


@pytest.mark.parametrize(
    ("name", "local"), [("row", "row"), ("x:row", "row"), ("a:b:row", "row"), (":row", "row")]
)
def test_a_name_is_known_without_its_prefix(name: str, local: str) -> None:
    assert local_name(name) == local
