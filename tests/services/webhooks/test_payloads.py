"""What a webhook sends."""

from __future__ import annotations

import orjson
import pytest

from records.models import Record
from records.services.feed import find_change
from records.services.webhooks.payloads import message
from tests.factories import Caller, change_record, make_record

from .conftest import Make


@pytest.mark.parametrize("form", ["records", "workspace"])
def test_a_message_tells_the_record_as_the_change_left_it(
    shop: Caller, make_webhook: Make, form: str
) -> None:
    webhook, _ = make_webhook(form)
    record = make_record(shop, "items", name="One", size=1).record
    change_record(shop, "items", record.uuid, size=2)
    rows = Record.history.filter(workspace_id=shop.workspace.pk, id=record.id)
    key = rows.get(version=1).history_id
    change = find_change(shop.author, (0, key), plain=form == "workspace")
    assert change is not None
    content = orjson.loads(message(shop.author, webhook, change) or b"")
    if form == "records":
        assert content["type"] == "record.created"
        assert content["data"]["fields"]["size"] == {"old": None, "new": 1}
    else:
        assert content["dataRecord"]["fields"]["size"] == 1
        assert content["dataRecord"]["version"] == 1


def test_a_row_that_is_not_there_is_no_change(shop: Caller) -> None:
    assert find_change(shop.author, (0, 10**9)) is None
    assert find_change(shop.author, (1, 10**9)) is None
