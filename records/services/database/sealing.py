"""Secrets at rest: encrypted with a key that is not in the database."""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE = b"records: secrets of external sources"


class Unreadable(Exception):
    """Sealed with a key that is no longer configured."""


def seal(secret: str) -> str:
    """The secret as it may be stored."""
    return _keys(tuple(settings.EXTERNAL_SECRET_KEYS)).encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """The secret that was sealed; Unreadable when none of the keys opens it."""
    try:
        return _keys(tuple(settings.EXTERNAL_SECRET_KEYS)).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable from None


def resealed(sealed: str) -> str:
    """What was sealed with any of the keys, sealed with the newest."""
    return seal(unseal(sealed))


@lru_cache(maxsize=4)
def _keys(secrets: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_derived(secret)) for secret in secrets])


def _derived(secret: str) -> bytes:
    """A Fernet key derived from a long random text."""
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.encode())
    return base64.urlsafe_b64encode(key)
