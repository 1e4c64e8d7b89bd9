"""Links that carry their own permission: signed, good for a quarter of an hour, for one file and one purpose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing

from records.exceptions import NotAllowed

LIFETIME = timedelta(minutes=15)
PATH = "/api/files/"
_UPLOAD, _DOWNLOAD = "records.files.upload", "records.files.download"


@dataclass(frozen=True, slots=True)
class SignedLink:
    """A link for whoever has it. `path` begins at the root of the site."""

    path: str
    method: str
    expires_at: datetime


def sign_upload(asked: dict[str, Any]) -> SignedLink:
    """A link under which one file can be sent."""
    token = signing.dumps(asked, salt=_UPLOAD)
    return SignedLink(PATH + token, "PUT", datetime.now(UTC) + LIFETIME)


def sign_download(workspace_id: int, attachment_id: int) -> SignedLink:
    """A link under which one file can be fetched."""
    token = signing.dumps([workspace_id, attachment_id], salt=_DOWNLOAD)
    return SignedLink(PATH + token, "GET", datetime.now(UTC) + LIFETIME)


def signed_url(link: SignedLink) -> str:
    """The link as the address of this server, as far as it knows its own."""
    return f"{settings.PUBLIC_URL}{link.path}"


def read_upload(token: str) -> dict[str, Any]:
    """What an upload's link was made for; NotAllowed when it is not ours, or too old."""
    asked: dict[str, Any] = _read(token, _UPLOAD)
    return asked


def read_download(token: str) -> tuple[int, int]:
    """(workspace, attachment) of a download's link; NotAllowed when it is not ours, or too old."""
    workspace_id, attachment_id = _read(token, _DOWNLOAD)
    return workspace_id, attachment_id


def _read(token: str, salt: str) -> Any:
    try:
        return signing.loads(token, salt=salt, max_age=LIFETIME)
    except signing.SignatureExpired:
        raise NotAllowed("The link is too old; ask for a new one.", "expired_link") from None
    except (signing.BadSignature, ValueError):  # not ours, or not even text
        raise NotAllowed("The link is not valid.", "invalid_link") from None
