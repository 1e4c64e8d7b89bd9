"""Who is calling: a program with three headers, or a person of the staff from a page of ours."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, CSRFCheck

from records.exceptions import InvalidInput, NotAllowed, NotAuthenticated
from records.http import client_address, header, request_id
from records.services.access import (
    FOREIGN,
    Author,
    Source,
    authenticate_key,
    authenticate_user,
)

KEY, WORKSPACE, MEMBER = "X-API-KEY", "X-BUSINESS-ID", "X-USER-ID"
ACTING = "X-Acting-Member"  # of the Workspace API alone
SECRET = re.compile(r"[\x21-\x2b\x2d-\x7e]{1,255}")
UUID_FORM = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class WorkspaceAuthentication(BaseAuthentication):
    """The key, the business and the user, each in its header; a logged-in session needs the
    business alone."""

    def authenticate(self, request: HttpRequest) -> tuple[Author, None]:
        """The author of the request; raises what refuses it."""
        if header(request, ACTING):
            raise NotAllowed(f"Nobody acts for other members here: leave {ACTING} out.")
        secret = header(request, KEY)
        if not secret:
            return _session_author(request), None
        workspace, member = header(request, WORKSPACE), header(request, MEMBER)
        if not workspace or not member:
            missing = WORKSPACE if not workspace else MEMBER
            raise NotAuthenticated(f"The header {missing} is missing.", "missing_business_context")
        if not SECRET.fullmatch(secret):
            raise InvalidInput(f"The header {KEY} is malformed.")
        return authenticate_key(
            secret,
            uuid_of(WORKSPACE, workspace),
            uuid_of(MEMBER, member),
            Source.RECORDS_API,
            request_id(request),
            address=client_address(request),
        ), None


def uuid_of(name: str, text: str) -> UUID:
    """The UUID that a header's text is."""
    if not UUID_FORM.fullmatch(text):
        raise InvalidInput(f"The header {name} is malformed: expected a UUID.")
    return UUID(text)


def _session_author(request: HttpRequest) -> Author:
    """The author behind a browser session of the staff, whose unsafe requests must come from pages
    of ours."""
    user = getattr(request, "user", None)
    if user is None or not (user.is_active and user.is_staff):
        raise NotAuthenticated(f"The header {KEY} is missing.", "missing_credentials")
    check_csrf(request)
    workspace = header(request, WORKSPACE)
    if not workspace:
        raise NotAuthenticated(f"The header {WORKSPACE} is missing.", "missing_business_context")
    author = authenticate_user(
        user.pk, uuid_of(WORKSPACE, workspace), Source.RECORDS_API, request_id(request)
    )
    member = header(request, MEMBER)
    if member and str(uuid_of(MEMBER, member)) != author.member.uuid:
        raise NotAllowed(FOREIGN)
    return author


def check_csrf(request: HttpRequest) -> None:
    """NotAllowed for an unsafe request that comes from no page of ours."""
    check = CSRFCheck(HttpResponse)  # stands for a view that is not exempt, and is not called
    check.process_request(request)
    reason: Any = check.process_view(request, HttpResponse, (), {})
    if reason is not None:
        raise NotAllowed(f"CSRF: {reason}")


class WorkspaceScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The three headers in the OpenAPI document: three schemes, required together."""

    target_class = WorkspaceAuthentication
    headers = {"businessId": WORKSPACE, "userId": MEMBER, "apiKey": KEY}
    name = list(headers)

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        return [{"type": "apiKey", "in": "header", "name": sent} for sent in self.headers.values()]

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[Any]]:
        return {scheme: [] for scheme in self.headers}
