"""Passwords at the workbench: logging in, and changing one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from unfold.forms import AdminOwnPasswordChangeForm, AuthenticationForm

from records.exceptions import TooMany
from records.http import client_address
from records.services.access import counted_log_in

T = TypeVar("T")


class LogInForm(AuthenticationForm):
    """Asks for what people log in with, by the name they know it by: their users are named by their
    email."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "Email"
        self.fields["username"].widget.attrs["autocomplete"] = "username"

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": "Unknown email or wrong password, or the user may not log in here. Both "
        "are case-sensitive.",
    }

    def clean(self) -> dict[str, Any]:
        """Try the password, unless too many were wrong."""
        email = self.cleaned_data.get("username")
        if not (email and self.cleaned_data.get("password")):
            return self._try_password()
        return _counted(self.request, email, self._try_password)

    def _try_password(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        return cleaned


class OwnPasswordForm(AdminOwnPasswordChangeForm):
    """Asks for the old password too: who finds an open session must not be able to guess it."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        """Try the old password, unless too many were wrong."""
        try_password: Callable[[], str] = super().clean_old_password
        return _counted(self.request, self.user.get_username(), try_password)


def _counted(request: HttpRequest, name: str, try_password: Callable[[], T]) -> T:
    """What the attempt makes of the password, unless too many have failed for this user or from
    this address."""
    try:
        with counted_log_in(name, client_address(request)):
            return try_password()
    except TooMany as error:
        request.refused_log_in = error  # type: ignore[attr-defined]  # the site makes the status of it
        raise ValidationError(error.detail, error.code) from None


admin.site.login_form = LogInForm
