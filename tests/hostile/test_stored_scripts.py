"""Texts that are attempts to run a script, in every place where people write: pages show them, and
run nothing."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.test import Client
from pytest_django import Settings

from records.services.catalogue.directory import forget_everything

from .scripted import MARK, NO_PAGES, SCRIPT, Scripted, write_scripts

# Attributes whose values something in the browser carries out.
RUN = ("on", "x-", "@", ":", "hx-", "data-hx-", "style", "srcdoc")
LEAD = ("href", "src", "action", "formaction", "data", "xlink:href", "content")
# Parameters that some page reads.
QUERIES = ("q", "f", "c", "v", "o", "page", "p", "history", "next", "e", "field", "records", "s")


class Shown(HTMLParser):
    """What a browser makes of a page: its text, its forms, and what in it people's texts could
    run."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.run: list[str] = []
        self.forms: list[dict[str, tuple[str, str]]] = []
        self._inside = ""
        self.feed(content)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        for name, value in attrs:
            said = value or ""
            if MARK in name or (MARK in said and name.startswith(RUN)):
                self.run.append(f"<{tag} {name}={said[:60]!r}>")
            if name in LEAD and "script:" in said.lower().partition("?")[0]:
                self.run.append(f"<{tag} {name}={said[:60]!r}>")
        self._note_input(tag, dict(attrs))

    def _note_input(self, tag: str, attrs: dict[str, str | None]) -> None:
        name, kind = attrs.get("name"), attrs.get("type") or tag
        if tag == "form":
            self.forms.append({"": (attrs.get("method") or "get", attrs.get("action") or "")})
        elif name and tag in ("input", "select", "textarea") and self.forms:
            self.forms[-1][name] = (kind, attrs.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if MARK in data and self._inside in ("script", "style"):
            self.run.append(f"<{self._inside}> {data[:60]!r}")
        self.text.append(data)


@pytest.fixture
def scripted(db: None, settings: Settings, tmp_path: Path) -> Scripted:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.DATA_DIR = tmp_path / "data"
    return write_scripts()


@pytest.fixture
def visitor(scripted: Scripted) -> Client:
    client = Client()
    client.force_login(get_user_model().objects.get(username=scripted.email))
    return client


def shown(answer: Any) -> Shown:
    """The page that was answered; nothing for what is no page."""
    content = b"".join(answer)
    html = answer.headers.get("Content-Type", "").startswith("text/html")
    return Shown(content.decode() if html else "")


def test_every_text_that_people_write_is_an_attempt(scripted: Scripted) -> None:
    harmless = {
        # Derived, chosen from what there is, or refused unless they have the form of a name.
        "ObjectType": {"name", "slug", "default_color", "default_icon"},
        "Field": {"name", "field_type", "computed"},
        "Workspace": {"slug", "time_zone", "region", "language"},
        "ApiKey": {"prefix", "digest"},
        "Member": {"phone", "locale"},
        "Job": {"kind", "source", "request_id"},
        "ImportUpload": {"file", "encoding"},
        "ImportRun": {"digest", "match_field", "report_path"},
        "Attachment": {"file", "content_type", "sha256"},
        "Record": {"external_source", "external_id"},
        "FieldOption": {"name_key"},
        "ExternalSource": {"auth_header", "secret", "id_path"},
        "Webhook": {"secret", "old_secret", "cursor", "replay_after", "replay_until", "stopped"},
        "WebhookDelivery": {"message_id", "event"},
        "SavedView": {"shares"},
        "ExternalCall": {"door", "request_id", "answer_digest"},
    }
    # Written by programs, copies of what is in others, and in no page.
    unseen = {
        *("Activity", "Address", "EmailSuppression", "LeadSource", "IdempotencyKey"),
        *("WorkerBeat", "FeedEpoch", "FieldValue", "RefusedRow", "LeftOut", "RateCount"),
        *("MovedCompanion", "StageTime"),
    }
    quiet = []
    for model in apps.get_app_config("records").get_models():
        kind = model.__name__
        if kind.startswith("Historical") or kind in unseen:
            continue
        for column in model._meta.concrete_fields:
            written = (
                isinstance(column, (models.CharField, models.TextField)) and not column.choices
            )
            if not written or column.name in harmless.get(kind, ()):
                continue
            if not model.objects.filter(**{f"{column.name}__contains": MARK}).exists():  # type: ignore[attr-defined]
                quiet.append(f"{kind}.{column.name}")

    assert not quiet, quiet


def test_no_page_runs_what_people_wrote(scripted: Scripted, visitor: Client) -> None:
    asked: dict[str, Any] = dict.fromkeys(QUERIES, SCRIPT)
    chosen = {"records": scripted.keys["record_uuid"][:2], "field": "text", "s": "owned"}
    opened, said, ran = set(), [], []
    for name, path in scripted.addresses():
        for query in (chosen, asked):
            client = Client() if name == "login" else visitor
            answer = client.get(path, query)
            assert answer.status_code < 500 or answer.status_code == 503, (path, query)
            page = shown(answer)
            ran += [f"{name} {path}: {part}" for part in page.run]
            said += page.text
            if answer.status_code == 200:
                opened.add(name)

    assert not ran, "\n".join(sorted(set(ran)))
    not_opened = {name for name, _ in scripted.addresses()} - opened
    assert not_opened == NO_PAGES, not_opened ^ NO_PAGES
    everything = "".join(said)
    for what in ("label of text", "description of text", "option 0", "longtext", "role", "key"):
        assert f"{what}:{SCRIPT}" in everything, what


def filled(page: Shown, *, choices: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """The forms of a page that are posted, with an attempt in each of their texts, and in what is
    chosen if `choices`."""
    for form in page.forms:
        method, action = form[""]
        if method.lower() != "post":
            continue
        kept = ("hidden", "select", "radio", "checkbox", "file")
        yield (
            action,
            {
                name: value if (kind in kept and not choices) or name.endswith("_FORMS") else SCRIPT
                for name, (kind, value) in form.items()
                if name not in ("", "csrfmiddlewaretoken") and kind != "file"
            },
        )


@pytest.mark.parametrize("choices", [False, True], ids=["texts", "everything"])
def test_no_form_runs_what_it_was_sent(scripted: Scripted, visitor: Client, choices: bool) -> None:
    ran, sent = [], 0
    for name, path in scripted.addresses():
        for action, values in filled(shown(visitor.get(path)), choices=choices):
            where = action or path
            with transaction.atomic():
                answer = visitor.post(where, values, follow=True)
                assert answer.status_code < 500, (where, values)
                ran += [f"{name} {where}: {part}" for part in shown(answer).run]
                sent += 1
                transaction.set_rollback(True)
            forget_everything()
            visitor.force_login(get_user_model().objects.get(username=scripted.email))

    assert not ran, "\n".join(sorted(set(ran)))
    assert sent > 50
