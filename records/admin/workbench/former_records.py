"""A record as it was at a moment, beside what it is now; setting its fields to what they were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from records.admin.object_pages import ObjectPage, about_object, local_text, tell_unavailable
from records.admin.showing import Cell
from records.exceptions import InvalidInput, NotAllowed, NotFound, RecordsError
from records.services.access import may_write
from records.services.operations import home_of
from records.services.reading import RecordView
from records.services.undoing import Then, is_kept_by_callers, restore_fields

from .operations import with_undo
from .record_pages import drawn_fields, led_on, may_change, shown_cells


@dataclass(frozen=True, slots=True)
class FormerCell:
    """A field whose value was another one; `may_restore` says whether the visitor may set it to
    that again."""

    was: Cell
    now: Cell
    may_restore: bool


@require_safe
@about_object
def former_page(page: ObjectPage, record_uuid: UUID) -> HttpResponse:
    """What the record was at `at`, a moment in ISO 8601: by the workspace's clocks where it names
    no time zone. A day alone means its end, and what is yet to come, or no moment, means now."""
    now = _record_now(page, record_uuid)
    if now.uuid != str(record_uuid):
        return led_on(page, now)
    try:
        moment = _moment(page, page.request.GET.get("at", timezone.now().isoformat()))
    except InvalidInput as refusal:
        messages.error(page.request, refusal.detail)
        return _back(page, now)
    try:
        then = home_of(page.schema).get_record_as_of(
            page.author, page.schema, record_uuid, moment, drawn_fields(page)
        )
    except NotFound:
        messages.warning(
            page.request,
            f"At {local_text(page.author, moment)} the record was not there: it did not exist yet, "
            "or was archived or deleted.",
        )
        return _back(page, now)
    differing, same = _compared(page, then, now)
    return page.render(
        "former_record.html",
        f"{then.display_name or '(no name)'}, as it was",
        view=then,
        when=local_text(page.author, moment),
        at=moment.isoformat(),
        differing=differing,
        may_restore=any(each.may_restore for each in differing),
        same=same,
        version_now=now.version,
        record_url=page.url("record", now.uuid),
        restore_url=page.url("former_restore", now.uuid),
    )


@require_POST
@about_object
def restore(page: ObjectPage, record_uuid: UUID) -> HttpResponse:
    """Set the ticked fields to what they were, unless the record was changed since they were
    shown."""
    now = _record_now(page, record_uuid)
    if now.uuid != str(record_uuid):
        return led_on(page, now)
    sent, refused = page.request.POST, None
    ticked = set(sent.getlist("field"))
    try:
        chosen = [spec for spec in drawn_fields(page) if spec.uuid in ticked]
        if not chosen:
            raise InvalidInput("Tick the fields that are to be as they were.", "required")
        result = restore_fields(
            page.author,
            page.schema,
            now.uuid,
            Then(when=_moment(page, sent.get("at", ""))),
            chosen,
            _version(sent.get("version", "")),
        )
    except (NotFound, NotAllowed):
        raise
    except RecordsError as refusal:
        refused = refusal
        messages.error(page.request, refusal.detail)
    else:
        said = "Nothing was changed."
        if result.action != "unchanged":
            said = with_undo(page, "The fields are as they were.")
        messages.success(page.request, said)
    return tell_unavailable(_back(page, now), refused)


def _back(page: ObjectPage, view: RecordView) -> HttpResponse:
    return redirect(page.url("record", view.uuid))


def _record_now(page: ObjectPage, record_uuid: UUID) -> RecordView:
    return home_of(page.schema).get_record_in_any_state(
        page.author, page.schema, record_uuid, drawn_fields(page)
    )


def _moment(page: ObjectPage, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if len(text) == len("2026-01-31"):
            moment += timedelta(days=1, microseconds=-1)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=page.author.workspace.zone)
        return min(moment.astimezone(UTC), timezone.now())
    except (ValueError, OverflowError):
        raise InvalidInput("Choose a day and a time.", at="at") from None


def _version(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def _compared(
    page: ObjectPage, then: RecordView, now: RecordView
) -> tuple[list[FormerCell], list[Cell]]:
    """The fields whose values were others, and those that have the same ones."""
    differing, same = [], []
    is_open = may_change(now)
    cells = zip(shown_cells(page, then), shown_cells(page, now), strict=True)
    for (spec, was), (_, is_now) in cells:
        if then.values.get(spec.id) == now.values.get(spec.id):
            same.append(was)
            continue
        may_restore = is_open and is_kept_by_callers(spec) and may_write(page.author, spec)
        differing.append(FormerCell(was, is_now, may_restore))
    return differing, same
