"""The part of a worker that delivers: one thread that reads and writes the database, and a sender
for each webhook that has something to send.

Senders may hang as long as they are allowed to: nobody waits for them but their own webhook. A
webhook is served by the worker that holds its lease; the leases of one that was killed run out.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import Error
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from records.exceptions import Gone, RecordsError, Unavailable
from records.models import Webhook, WebhookDelivery, WebhookForm, new_uuid
from records.services.access import Author
from records.services.database import Unreadable, refusal_of
from records.services.feed import Mark, find_change, newest_rows
from records.services.reading import with_self_access

from .endpoints import webhook_author
from .outcomes import note_sent, note_skipped
from .payloads import message
from .posting import SECONDS, Letter, Sent, post
from .queueing import (
    LostLease,
    due_deliveries,
    has_room,
    next_delivery,
    queue_news,
    queue_replay,
)
from .schedule import LONGEST_PAUSE
from .signing import live_secrets
from .stopping import Stop, stop

_log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
MOST_SERVED = 100  # webhooks at once in one worker
STEPS = 20  # changes that are not told, before others get their turn


def lease_seconds() -> float:
    """How long a webhook waits for a worker that says nothing."""
    return min(float(settings.JOB_LEASE_SECONDS), 10.0)


@dataclass(slots=True)
class _Served:
    """A webhook that this worker holds. `newest` is the end of its workspace's feed when it was
    last looked at; `delivery` is under way."""

    key: int
    workspace_id: int
    newest: Mark
    webhook: Webhook | None = None
    delivery: WebhookDelivery | None = None


class Courier:
    """Delivers until it is told to stop."""

    def __init__(self) -> None:
        self.lease = new_uuid()
        self.served: dict[int, _Served] = {}
        self.read_up_to: dict[int, Mark] = {}
        self.ended: queue.SimpleQueue[tuple[_Served, Sent]] = queue.SimpleQueue()
        self.senders = ThreadPoolExecutor(MOST_SERVED, thread_name_prefix="webhook")
        self.next_look = self.good_until = 0.0

    def run(self, stopping: threading.Event) -> None:
        """Deliver what there is, until stopped; then let messages under way end, and note what came
        of them."""
        while not stopping.is_set():
            try:
                self.turn()
            except Exception as error:  # noqa: BLE001 (a fault here must not end all deliveries)
                if refusal_of(error) is None and not isinstance(error, RecordsError):
                    _log.exception("Webhooks: a turn failed")
                stopping.wait(1)
        self.leave()

    def drain(self) -> None:
        """Deliver until nothing is due."""
        while True:
            self.turn()
            if not self.served and not self._look():
                return

    def turn(self) -> None:
        """Look for work when it is time to, and get on with what there is."""
        if time.monotonic() >= self.next_look:
            self._look()
        restless = False
        for served in list(self.served.values()):
            if served.delivery is None:
                restless |= self._get_on(served)
        self._collect(0.0 if restless else max(0.0, self.next_look - time.monotonic()))

    def leave(self) -> None:
        """Let go of everything."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and any(each.delivery for each in self.served.values()):
            with suppress(Error):
                self._collect(0.2)
        with suppress(Error):
            self._held().update(lease=None)
        self.senders.shutdown(wait=False, cancel_futures=True)

    # ------------------------------------------------------------ finding work

    def _look(self) -> int:
        """Keep what is held, and take webhooks that have something to send; how many those are."""
        now = timezone.now()
        self.next_look = time.monotonic() + LOOK_SECONDS
        if self.served and time.monotonic() > self.good_until - lease_seconds() * 3 / 4:
            self._keep()
        found = 0
        for webhook, newest in self._waiting():
            if len(self.served) >= MOST_SERVED:
                break
            free = _free(now) | Q(lease=self.lease)
            until = timezone.now() + timedelta(seconds=lease_seconds())
            taken = Webhook.objects.filter(
                free, workspace_id=webhook.workspace_id, id=webhook.pk, is_active=True
            ).update(lease=self.lease, leased_until=until)
            if taken:
                if not self.served:
                    self.good_until = time.monotonic() + lease_seconds()
                self.served[webhook.pk] = _Served(webhook.pk, webhook.workspace_id, newest)
                found += 1
        return found

    def _keep(self) -> None:
        begun = time.monotonic()
        until = timezone.now() + timedelta(seconds=lease_seconds())
        self._held().update(leased_until=until)
        self.good_until = begun + lease_seconds()

    def _held(self) -> QuerySet[Webhook]:
        workspaces = {served.workspace_id for served in self.served.values()}
        return Webhook.objects.filter(workspace_id__in=workspaces, lease=self.lease)

    def _mine(self, served: _Served) -> QuerySet[Webhook]:
        return Webhook.objects.filter(
            workspace_id=served.workspace_id, id=served.key, lease=self.lease
        )

    def _waiting(self) -> Iterator[tuple[Webhook, Mark]]:
        """Webhooks without a worker that have something to send, or to read."""
        now = timezone.now()
        due = due_deliveries().filter(
            workspace_id=OuterRef("workspace_id"), webhook_id=OuterRef("id")
        )
        rows = list(
            Webhook.objects.filter(_free(now), _awake(now), is_active=True)
            .exclude(id__in=self.served)
            .annotate(is_due=Exists(due))
            .only("id", "workspace_id", "replay_after")
            .order_by("id")
        )
        if not rows:
            return
        newest = newest_rows(sorted({row.workspace_id for row in rows}))
        for row in rows:
            mark = newest.get(row.workspace_id, ())
            news = self.read_up_to.get(row.pk) != mark
            if news or row.replay_after or getattr(row, "is_due", False):
                yield row, mark

    # ------------------------------------------------------------ getting on

    def _get_on(self, served: _Served) -> bool:
        """Send the webhook's next message, or let go of it; whether it has more to do at once."""
        if time.monotonic() > self.good_until:
            self._drop(served)
            return False
        try:
            return self._serve(served)
        except (LostLease, Unavailable):
            self._drop(served)
        except Gone:
            self._stop(served, Stop.FEED)
        except Unreadable:
            self._stop(served, Stop.SECRET)
        except Exception as error:
            if refusal_of(error) is not None:  # of the database, which is nobody's in particular
                raise
            _log.exception("Webhooks: %s cannot be served", served.key)
            self._set_aside(served)
        return False

    def _serve(self, served: _Served) -> bool:
        webhook = self._reload(served)
        if webhook is None:
            self._drop(served)
            return False
        author = webhook_author(webhook)
        if not author.member.is_active:
            self._stop(served, Stop.MEMBER)
            return False
        if webhook.form == WebhookForm.WORKSPACE:
            author = with_self_access(author)
        for _ in range(STEPS):
            delivery = next_delivery(webhook)
            if delivery is None:
                return self._read_on(served, webhook, author)
            letter = _letter(author, webhook, delivery)
            if letter is not None:
                self._send(served, webhook, delivery, letter)
                return False
            note_skipped(delivery)
        return True

    def _reload(self, served: _Served) -> Webhook | None:
        """The webhook as it is now, unless it is not ours any more, or has to wait."""
        rows = self._mine(served).filter(_awake(timezone.now()), is_active=True)
        served.webhook = rows.select_related("workspace").first()
        return served.webhook

    def _read_on(self, served: _Served, webhook: Webhook, author: Author) -> bool:
        """Note what else there is to send; lets go of a webhook that has nothing."""
        news = self.read_up_to.get(served.key) != served.newest
        if (webhook.replay_after or news) and has_room(webhook):
            if webhook.replay_after:
                try:
                    queue_replay(webhook, author, self.lease)
                except Gone:  # what it was to send again is of another history
                    self._mine(served).update(replay_after="", replay_until="")
            elif not queue_news(webhook, author, self.lease):
                self.read_up_to[served.key] = served.newest
            return True
        self._drop(served)
        return False

    def _send(
        self, served: _Served, webhook: Webhook, delivery: WebhookDelivery, letter: Letter
    ) -> None:
        served.delivery = delivery
        self.senders.submit(self._post, served, letter)

    def _post(self, served: _Served, letter: Letter) -> None:
        """In a sender's thread."""
        try:
            sent = post(letter)
        except Exception:  # noqa: BLE001 (whatever it is, the webhook must not wait for ever)
            _log.exception("Webhooks: a message could not be sent")
            sent = Sent(None, 0, "It could not be sent.", silent=True)
        self.ended.put((served, sent))

    def _collect(self, seconds: float) -> None:
        """Note what came of messages; waits for the first of them."""
        try:
            served, sent = self.ended.get(timeout=seconds) if seconds else self.ended.get_nowait()
            while True:
                self._note(served, sent)
                served, sent = self.ended.get_nowait()
        except queue.Empty:
            return

    def _note(self, served: _Served, sent: Sent) -> None:
        delivery, served.delivery = served.delivery, None
        if delivery is not None and served.webhook is not None:
            note_sent(served.webhook, delivery, sent)

    def _drop(self, served: _Served) -> None:
        self.served.pop(served.key, None)
        self._mine(served).update(lease=None)

    def _set_aside(self, served: _Served) -> None:
        """Leave a webhook that fails here alone for a while: others must get their turn."""
        until = timezone.now() + timedelta(seconds=LONGEST_PAUSE)
        self._mine(served).update(paused_until=until)
        self._drop(served)

    def _stop(self, served: _Served, why: Stop) -> None:
        if served.webhook is not None:
            stop(served.webhook, why)
        self._drop(served)


def _letter(author: Author, webhook: Webhook, delivery: WebhookDelivery) -> Letter | None:
    """The message of a delivery; None where there is nothing to tell any more."""
    for_workspace = webhook.form == WebhookForm.WORKSPACE
    change = find_change(author, (delivery.source, delivery.key), plain=for_workspace)
    body = None if change is None else message(author, webhook, change)
    if body is None:
        return None
    secrets = live_secrets(webhook, timezone.now())
    return Letter(webhook.url, delivery.message_id, body, secrets, for_workspace)


def _free(now: datetime) -> Q:
    """Webhooks that no worker holds."""
    return Q(lease=None) | Q(leased_until__lt=now)


def _awake(now: datetime) -> Q:
    """Webhooks that do not wait after a failure."""
    return Q(paused_until=None) | Q(paused_until__lte=now)
