"""Links that carry their own permission: signed, valid for 15 minutes, for one file and one
purpose."""

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
    """A link that needs no key. `path` starts at the root of the site."""

    path: str
    method: str
    expires_at: datetime


def sign_upload(asked: dict[str, Any]) -> SignedLink:
    """A link to upload one file to."""
    token = signing.dumps(asked, salt=_UPLOAD)
    return SignedLink(PATH + token, "PUT", datetime.now(UTC) + LIFETIME)


def sign_download(workspace_id: int, attachment_id: int) -> SignedLink:
    """A link to download one file from."""
    token = signing.dumps([workspace_id, attachment_id], salt=_DOWNLOAD)
    return SignedLink(PATH + token, "GET", datetime.now(UTC) + LIFETIME)


def signed_url(link: SignedLink) -> str:
    """The link as an absolute URL if PUBLIC_URL is set; else as a path."""
    return f"{settings.PUBLIC_URL}{link.path}"


def read_upload(token: str) -> dict[str, Any]:
    """The request that an upload link was signed for; NotAllowed when the link is invalid or
    expired."""
    asked: dict[str, Any] = _read(token, _UPLOAD)
    return asked


def read_download(token: str) -> tuple[int, int]:
    """(workspace, attachment) of a download link; NotAllowed when the link is invalid or
    expired."""
    workspace_id, attachment_id = _read(token, _DOWNLOAD)
    return workspace_id, attachment_id


def _read(token: str, salt: str) -> Any:
    try:
        return signing.loads(token, salt=salt, max_age=LIFETIME)
    except signing.SignatureExpired:
        raise NotAllowed("The link has expired; request a new one.", "expired_link") from None
    except (signing.BadSignature, ValueError):  # not signed here, or not even text
        raise NotAllowed("The link is not valid.", "invalid_link") from None
