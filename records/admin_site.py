"""The site of Django's admin.

It stands beside the package of its pages, which register themselves with the site when they are
imported, and so cannot be imported while the site is made.
"""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar

from django.contrib.admin import autodiscover
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from unfold.sites import UnfoldAdminSite

from records.exceptions import TooMany

T = TypeVar("T", bound=HttpResponseBase)


class StaffSite(UnfoldAdminSite):
    """The set-up pages, and the workbench: the pages of records, which are no Django models of
    their own."""

    def get_urls(self) -> list[URLPattern]:
        """The addresses of all pages, which are loaded now."""
        autodiscover()
        urls: list[URLPattern] = super().get_urls()
        return urls

    def extra_urls(self) -> list[URLPattern]:
        """The addresses of the pages of records."""
        from records.admin import choosing
        from records.admin.workbench import (
            attachments,
            bulk,
            former_records,
            grid,
            jobs,
            merging,
            operations,
            record_pages,
            records,
            transfers,
            trash,
        )

        pages = (
            ("", records.list_page, "records"),
            ("grid/", grid.grid_page, "grid"),
            ("archived/", records.archived_page, "archived_records"),
            ("trash/", trash.trash_page, "trash"),
            ("bulk/archive/", bulk.archive_page, "bulk_archive"),
            ("bulk/change/", bulk.change_page, "bulk_change"),
            ("bulk/merge/", merging.merge_page, "bulk_merge"),
            ("import/", transfers.import_page, "import"),
            ("import/<uuid:record_uuid>/", transfers.plan_page, "import_plan"),
            ("export/", transfers.export, "export"),
            ("add/", record_pages.add_page, "record_add"),
            ("<uuid:record_uuid>/", record_pages.record_page, "record"),
            ("<uuid:record_uuid>/edit/", record_pages.edit_page, "record_edit"),
            ("<uuid:record_uuid>/then/", former_records.former_page, "former_record"),
            ("<uuid:record_uuid>/then/restore/", former_records.restore, "former_restore"),
            ("<uuid:record_uuid>/archive/", record_pages.archive, "record_archive"),
            ("<uuid:record_uuid>/unarchive/", record_pages.unarchive, "record_unarchive"),
            ("<uuid:record_uuid>/trash/", trash.throw_away, "record_trash"),
            ("<uuid:record_uuid>/files/", attachments.upload, "record_files"),
            ("<uuid:record_uuid>/files/fetch/", attachments.fetch, "record_file"),
            ("<uuid:record_uuid>/files/remove/", attachments.remove, "record_file_remove"),
            ("<uuid:record_uuid>/restore/", trash.restore, "record_restore"),
            ("<uuid:record_uuid>/purge/", trash.purge, "record_purge"),
        )
        start = "records/objects/<uuid:object_uuid>/"
        job = "records/jobs/<uuid:job_uuid>/"
        changes = "records/changes/"
        change = f"{changes}<uuid:operation_uuid>/"
        return [
            path("records/jobs/", self.admin_view(jobs.jobs_page), name="jobs"),
            path(job, self.admin_view(jobs.job_page), name="job"),
            path(f"{job}cancel/", self.admin_view(jobs.cancel), name="job_cancel"),
            path(f"{job}import/", self.admin_view(jobs.import_now), name="job_import"),
            path(f"{job}report/", self.admin_view(jobs.report), name="job_report"),
            path(
                "records/changes/", self.admin_view(operations.operations_page), name="operations"
            ),
            path(change, self.admin_view(operations.operation_page), name="operation"),
            path(f"{change}undo/", self.admin_view(operations.undo), name="operation_undo"),
            path(
                "records/workspace/choose/",
                self.admin_view(choosing.choose_workspace),
                name="choose_workspace",
            ),
            *(path(start + end, self.admin_view(view), name=name) for end, view, name in pages),
        ]

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The log-in page; 429 when too many passwords were wrong."""
        response: HttpResponse = super().login(request, extra_context)
        return _with_status(request, response)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """The page that changes one's own password; 429 when too many old ones were wrong."""
        from records.admin.setup.log_in import OwnPasswordForm

        request.current_app = self.name
        view = PasswordChangeView.as_view(
            form_class=partial(OwnPasswordForm, request),
            template_name=self.password_change_template or "registration/password_change_form.html",
            success_url=reverse(f"{self.name}:password_change_done", current_app=self.name),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )
        return _with_status(request, view(request))

    def search(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What Ctrl-K finds, as JSON."""
        from records.admin import palette

        hits = palette.find(request, request.GET.get("s", ""))
        return JsonResponse({"found": [hit._asdict() for hit in hits]})

    def extra_context(self, context: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
        """Every page knows its visitor, for the choice of the workspace."""
        from records.admin.choosing import get_visitor

        return {**context, "visitor": get_visitor(request)}


def _with_status(request: HttpRequest, response: T) -> T:
    """The page, as 429 if its password was not tried because too many were wrong."""
    refused: TooMany | None = getattr(request, "refused_log_in", None)
    if refused is not None:
        response.status_code = HTTPStatus.TOO_MANY_REQUESTS
        response.headers["Retry-After"] = str(refused.retry_after)
    return response
