"""Logging in to the workbench."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm

from records.exceptions import TooMany
from records.http import client_address
from records.services.access import counted_log_in


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
        try:
            with counted_log_in(email, client_address(self.request)):
                return self._try_password()
        except TooMany as error:
            self.request.refused_log_in = error  # of which the site makes the status
            raise ValidationError(error.detail, error.code) from None

    def _try_password(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        return cleaned


admin.site.login_form = LogInForm
