"""Logging in to the workbench."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from unfold.forms import AuthenticationForm


class LogInForm(AuthenticationForm):
    """Asks for what people log in with, by the name they know it by: their users are named by their email."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "Email"
        self.fields["username"].widget.attrs["autocomplete"] = "username"

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": "Unknown email or wrong password, or the user may not log in here. Both are case-sensitive.",
    }


admin.site.login_form = LogInForm
