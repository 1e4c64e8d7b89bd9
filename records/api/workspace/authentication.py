"""Who is calling the Workspace API: a program with a member's key, or a person of the staff from a
page of ours."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication

from records.api.authentication import ACTING, MEMBER, SECRET, UUID_FORM, check_csrf, uuid_of
from records.exceptions import NotAllowed, NotAuthenticated, NotFound
from records.http import client_address, header, request_id
from records.services.access import (
    Author,
    Source,
    acting_for,
    authenticate_bearer,
    authenticate_user,
)
from records.services.reading import with_self_access

SCHEME = "bearer"


class BearerAuthentication(BaseAuthentication):
    """A key says which workspace and member; the path must name the same workspace."""

    def authenticate(self, request: HttpRequest) -> tuple[Author, None]:
        """The author of the request, whichever workspace they are in; raises what refuses it."""
        if "HTTP_AUTHORIZATION" in request.META:
            return self._by_key(request), None
        raise NotAuthenticated("The header Authorization is missing.", "missing_credentials")

    def authenticate_in(self, request: HttpRequest, workspace: str) -> Author:
        """The author, in the workspace that the path names; NotFound when they are not in it."""
        if not UUID_FORM.fullmatch(workspace):
            raise NotFound
        if "HTTP_AUTHORIZATION" in request.META:
            author = self._by_key(request)
            if author.workspace.uuid != workspace.lower():
                raise NotFound
        else:
            author = self._by_session(request, workspace)
        return with_self_access(author, is_acting=bool(header(request, ACTING)))

    def _by_key(self, request: HttpRequest) -> Author:
        """The author whom a key speaks for: its member, or the one it acts for."""
        author = self._of_key(request)
        acting = header(request, ACTING)
        if not acting:
            return author
        if header(request, MEMBER):
            # The ledger keeps two names: that of a third would be lost.
            raise NotAllowed(f"Send one of {MEMBER} and {ACTING}.")
        return acting_for(author, uuid_of(ACTING, acting))

    def _of_key(self, request: HttpRequest) -> Author:
        scheme, _, secret = header(request, "AUTHORIZATION").partition(" ")
        secret = secret.strip()
        if scheme.lower() != SCHEME or not SECRET.fullmatch(secret):
            raise NotAuthenticated("Send a member's API key: Authorization: Bearer <key>.")
        member = header(request, MEMBER)
        try:
            return authenticate_bearer(
                secret,
                Source.WORKSPACE_API,
                request_id(request),
                member_uuid=uuid_of(MEMBER, member) if member else None,
                address=client_address(request),
            )
        except (
            NotAllowed
        ) as refused:  # the key and the member: which of them is wrong is nobody's business
            raise NotAuthenticated(refused.detail) from None

    def _by_session(self, request: HttpRequest, workspace: str) -> Author:
        user_id = self.session_user(request)
        if header(request, ACTING):
            raise NotAllowed("Only API keys act for other members.")
        try:
            return authenticate_user(
                user_id, uuid_of("", workspace), Source.WORKSPACE_API, request_id(request)
            )
        except NotAllowed:
            raise NotFound from None

    def session_user(self, request: HttpRequest) -> int:
        """The user of the staff who is logged in."""
        user = getattr(request, "user", None)
        if user is None or not (user.is_active and user.is_staff):
            raise NotAuthenticated("The header Authorization is missing.", "missing_credentials")
        check_csrf(request)
        key: int = user.pk
        return key


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The key in the OpenAPI document."""

    target_class = BearerAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": SCHEME}
