"""Using the workbench as a person does: opening pages, filling in their forms, reading what comes
back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from typing import Any

from django.test import Client

from records.models import Member
from tests.factories import Caller

Sent = dict[str, list[str]]


class Forms(HTMLParser):
    """The forms of a page, as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Sent] = []
        self._select: str | None = None
        self._multiple = False
        self._first: str | None = None
        self._textarea: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        name = known.get("name") or ""
        if tag == "form":
            self.forms.append({})
        elif tag == "input" and name and self.forms:
            kind = known.get("type")
            if kind in ("checkbox", "radio") and "checked" not in known:
                return
            if kind not in ("submit", "button"):
                default = "on" if kind in ("checkbox", "radio") else ""
                self._add(name, known.get("value") if known.get("value") is not None else default)
        elif tag == "select" and self.forms:
            self._select, self._multiple, self._first = name, "multiple" in known, None
        elif tag == "option" and self._select is not None:
            value = known.get("value") or ""
            self._first = value if self._first is None else self._first
            if "selected" in known:
                self._add(self._select, value)
        elif tag == "textarea" and self.forms:
            self._textarea = name
            self.forms[-1][name] = [""]

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self.forms[-1][self._textarea][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select is not None:
            if (
                self._select not in self.forms[-1]
                and not self._multiple
                and self._first is not None
            ):
                self._add(self._select, self._first)
            self._select = None
        elif tag == "textarea" and self._textarea is not None:
            self.forms[-1][self._textarea][0] = self.forms[-1][self._textarea][0].removeprefix("\n")
            self._textarea = None

    def _add(self, name: str, value: str | None) -> None:
        self.forms[-1].setdefault(name, []).append(value or "")


def form_of(content: str, field: str) -> Sent:
    """The form of a page that has this field, as it would be sent now."""
    parser = Forms()
    parser.feed(content)
    return next(form for form in parser.forms if field in form)


class Workbench:
    """A member's browser at the workbench."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.client = Client()
        self.client.force_login(caller.member.user)

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def read(self, path: str) -> str:
        """The content of a page that is there."""
        response = self.get(path)
        assert response.status_code == 200, (path, response.status_code)
        text: str = response.content.decode()
        return text

    def send(self, path: str, sent: Mapping[str, Any] | None = None) -> Any:
        return self.client.post(path, sent or {})

    def fill(
        self,
        path: str,
        field: str,
        changes: Mapping[str, str | Sequence[str] | None],
        page: str = "",
    ) -> Any:
        """Open a page, change some of what its form with `field` holds (None takes away), and send
        it."""
        sent = form_of(page or self.read(path), field)
        for name, value in changes.items():
            sent.pop(name, None)
            if value is not None:
                sent[name] = [value] if isinstance(value, str) else list(value)
        return self.client.post(path, sent)


def refused_inputs(response: Any) -> dict[str, list[str]]:
    """What a form that came back says beside each of its inputs; beside `__all__` what concerns
    none of them."""
    form = response.context["adminform"].form
    return {name: list(errors) for name, errors in form.errors.items()}


def messages_of(response: Any) -> list[str]:
    """What the next page will say, without its links."""
    from django.contrib.messages import get_messages

    return [
        re.sub(" <a .*?</a>", "", str(message)) for message in get_messages(response.wsgi_request)
    ]


def let_in(caller: Caller) -> Workbench:
    """A member who may log in to the workbench, at their browser."""
    user = Member.objects.get(pk=caller.member.pk).user
    user.is_staff = True
    user.save()
    return Workbench(caller)
