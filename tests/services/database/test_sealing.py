"""Sealed secrets: opened by any configured key, by no other."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from records.services.database.sealing import (
    Unreadable,
    resealed,
    seal,
    unseal,
)

OLD, NEW = "o" * 40, "n" * 40


def test_a_secret_is_opened_by_the_key_that_sealed_it(settings: Settings) -> None:
    settings.EXTERNAL_SECRET_KEYS = [OLD]
    sealed = seal("Bearer ü")
    assert unseal(sealed) == "Bearer ü"
    assert "Bearer" not in sealed


def test_a_new_key_before_the_old_one_opens_and_reseals(settings: Settings) -> None:
    settings.EXTERNAL_SECRET_KEYS = [OLD]
    sealed = seal("secret")
    settings.EXTERNAL_SECRET_KEYS = [NEW, OLD]
    again = resealed(sealed)
    settings.EXTERNAL_SECRET_KEYS = [NEW]
    assert unseal(again) == "secret"
    with pytest.raises(Unreadable):
        unseal(sealed)


@pytest.mark.parametrize("text", ["", "not sealed", "gAAAAA"])
def test_what_was_never_sealed_is_unreadable(settings: Settings, text: str) -> None:
    settings.EXTERNAL_SECRET_KEYS = [NEW]
    with pytest.raises(Unreadable):
        unseal(text)
