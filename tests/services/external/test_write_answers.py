"""What the answers to writes are taken for."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import ExternalError
from records.models import ExternalSource
from records.services.external.calls import Reply
from records.services.external.write_answers import check_done
from tests.factories import Caller

ANSWERS: list[tuple[Any, str | None]] = [
    ({"id": "t1"}, "t1"),
    ({"id": "t1", "title": "T", "error": "an old one"}, "t1"),
    ({"id": "t1", "error": None, "errors": []}, "t1"),
    ({"ok": True}, None),
    ({"error": None}, None),
    ({"errors": []}, None),
    ({"success": True}, None),
    ({"id": "t1", "success": True, "status": 200}, "t1"),
    ({"status": "ok", "message": "Done."}, None),
    (None, None),
    ([1], None),
]
NONE_OF_THEM: list[tuple[Any, str]] = [
    ({"id": "t2"}, "another record"),
    ({"error": "no"}, "an error"),
    ({"id": "t1", "error": "no"}, "an error"),
    ({"id": "t1", "title": None, "errors": ["no"]}, "an error"),
    ({"errors": [{"code": 5}]}, "an error"),
    ({"success": False}, "an error"),
    ({"id": "t1", "success": False}, "an error"),
    ({"ok": False, "message": "no"}, "an error"),
    ({"status": "error"}, "an error"),
    ({"statusCode": 500, "message": "no"}, "an error"),
]


def reply(content: Any) -> Reply:
    return Reply(200, content, content)


@pytest.mark.parametrize(("content", "found"), ANSWERS)
def test_the_record_or_nothing(
    admin: Caller, source: ExternalSource, content: Any, found: str | None
) -> None:
    assert check_done(admin.schema("things"), "t1", reply(content)) == found


@pytest.mark.parametrize(("content", "what"), NONE_OF_THEM)
def test_another_record_or_an_error(
    admin: Caller, source: ExternalSource, content: Any, what: str
) -> None:
    with pytest.raises(ExternalError, match=f"answered with {what}") as raised:
        check_done(admin.schema("things"), "t1", reply(content))
    assert (raised.value.outcome, raised.value.status) == ("unknown", 200)


def test_a_new_record_has_the_id_that_it_is_given_there(
    admin: Caller, source: ExternalSource
) -> None:
    assert check_done(admin.schema("things"), "", reply({"id": "t9"})) == "t9"
