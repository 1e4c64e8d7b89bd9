"""Why something is written."""

from __future__ import annotations

import pytest

from records.services.access.reasons import MAX_REASON, because, check_reason, with_reason
from tests.factories import Caller
from tests.services.acting import invalid_at


def test_a_reason_is_kept_in_one_form() -> None:
    assert (
        check_reason(" e\u0301t\u00e9 \U0001f468\u200d\U0001f469 ", "x")
        == "\u00e9t\u00e9 \U0001f468\u200d\U0001f469"
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x" * (MAX_REASON + 1), "limit_exceeded"),
        ("a\nb", "invalid"),
        ("a\x7fb", "invalid"),
        ("a\u2028b", "invalid"),
        ("a\u2029b", "invalid"),
        ("a\u2066b", "invalid"),
        ("a\ud800", "invalid"),
    ],
)
def test_what_is_no_reason_is_refused_where_it_was_sent(text: str, code: str) -> None:
    assert invalid_at(check_reason, text, "X-Reason") == (("X-Reason",), code)


def test_the_longest_reason_is_one() -> None:
    assert check_reason("x" * MAX_REASON, "x") == "x" * MAX_REASON


def test_the_product_adds_what_it_knows(workspace: Caller) -> None:
    author = workspace.author
    assert with_reason(author, "", "x") is author
    assert because(author, "Import of a.csv").reason == "Import of a.csv"
    why = with_reason(author, "the new list", "x")
    assert because(why, "Import of a.csv").reason == "Import of a.csv: the new list"
    assert len(because(why, "x" * 600).reason) == MAX_REASON
