"""What filters name, and under which names."""

from __future__ import annotations

import pytest

from records.exceptions import InvalidInput
from records.services.shaping.field_removal import delete_field
from records.services.shaping.objects import archive_object, restore_object
from records.services.webhooks.endpoints import get_webhook, update_webhook
from records.services.webhooks.told_filters import filter_names, find_fields, find_objects
from tests.factories import Caller, make_field, make_record
from tests.receiving import Receiver, deliver

from .conftest import Make


def test_what_is_found_is_shown_under_names_that_find_it(shop: Caller, make_webhook: Make) -> None:
    items = shop.schema("items")
    size = items.by_name["size"]
    for name in ("items", items.uuid, items.uuid.upper()):
        assert find_objects(shop.author, [name], None) == [items.id]
    for name in ("items.size", f"{items.uuid}.size", size.uuid, size.uuid.upper()):
        assert find_fields(shop.author, [name], None) == [size.id]
    contacts = find_fields(shop.author, ["contacts.email"], None)
    webhook, _ = make_webhook(objects=[items.id], fields=[size.id])
    names = filter_names(shop.author, [webhook])
    assert (names.objects, names.fields) == ({items.id: "items"}, {size.id: "items.size"})
    assert contacts != [size.id]


@pytest.mark.parametrize("name", ["items.other", "other.size", "size", "", ".", "items."])
def test_other_names_are_refused_with_their_place(shop: Caller, name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        find_fields(shop.author, ["items.size", name], None)
    assert refused.value.path == ("fields", 1)
    with pytest.raises(InvalidInput) as refused:
        find_objects(shop.author, ["items", name], None)
    assert refused.value.path == ("objects", 1)


def test_a_field_that_was_deleted_is_not_mistaken_for_its_successor(
    shop: Caller, make_webhook: Make
) -> None:
    size = shop.schema("items").by_name["size"]
    webhook, _ = make_webhook(fields=[size.id])
    delete_field(shop.author, size.id)
    make_field(shop, "items", "Size", "integer")
    fresh = shop.schema("items").by_name["size"].id
    assert filter_names(shop.author, [webhook]).fields == {size.id: size.uuid}
    assert find_fields(shop.author, [size.uuid, "items.size"], webhook) == [size.id, fresh]
    with pytest.raises(InvalidInput):
        find_fields(shop.author, [size.uuid], None)


def test_a_filter_of_which_everything_is_gone_tells_nothing_until_it_is_back(
    shop: Caller, make_webhook: Make, receiver: Receiver
) -> None:
    items = shop.schema("items")
    webhook, _ = make_webhook(objects=[items.id], events=["record.created"])
    archive_object(shop.author, items.id)
    update_webhook(shop.author, webhook, objects=[items.id], name="Renamed")
    make_record(shop, "orders", name="One")
    deliver()
    assert not receiver.messages
    restore_object(shop.author, "items")
    make_record(shop, "items", name="Two")
    deliver()
    assert len(receiver.messages) == 1
    assert get_webhook(shop.author, webhook.pk).objects_told == [items.id]
