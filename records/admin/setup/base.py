"""What the set-up pages have in common: who may open them, what they may see, and how they save."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django import forms
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import PermissionDenied
from django.db.models import ForeignKey, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin, TabularInline

from records.admin.choosing import get_visitor
from records.admin.object_pages import tell_unavailable
from records.exceptions import InvalidInput, Place, RecordsError, SeveralProblems

M = TypeVar("M", bound=Model)
OVERTAKEN = (
    "Somebody else has changed this since you opened the page. Open it again to see what it is now."
)


class SetupForm(forms.ModelForm[Any]):
    """A form that is saved by a service. What the service refused it shows beside its input.

    What was shown is sent along. What somebody else has saved since then stays, unless the sender
    has changed the same input to something else: that is refused.
    """

    refusal: RecordsError | None = None
    inputs: Mapping[str, str] = {}  # the inputs that are not named like the core's parts

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for field in self.fields.values():
                field.show_hidden_initial = True

    def input_at(self, path: Place) -> str | None:
        """The input for what is at a place: the innermost step that has one."""
        names = (self.inputs.get(str(step), str(step)) for step in reversed(path))
        return next((name for name in names if name in self.fields), None)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self._keep_others(cleaned)
        if self.refusal is not None:
            refusal = self.refusal
            for problem in refusal.problems if isinstance(refusal, SeveralProblems) else [refusal]:
                self._show(problem)
        return cleaned

    def _keep_others(self, cleaned: dict[str, Any]) -> None:
        """Put what is stored by now in the place of what the sender left as it was shown."""
        shown = {
            name: field.hidden_widget().value_from_datadict(
                self.data, self.files, self.add_initial_prefix(name)
            )
            for name, field in self.fields.items()
            if field.show_hidden_initial and not field.disabled
        }
        # Programs that fill in the form need not send what they were shown.
        if not self.instance.pk or not any(shown.values()):
            return
        for name in shown.keys() & cleaned.keys():
            field = self.fields[name]
            stored = self.get_initial_for_field(field, name)
            if _sent(field, stored) == _plain(shown[name]):
                continue
            if name not in self.changed_data:
                cleaned[name] = self._stored(name, field, stored)
            elif _sent(field, cleaned[name]) != _sent(field, stored):
                self.add_error(name, OVERTAKEN)

    def _stored(self, name: str, field: forms.Field, stored: Any) -> Any:
        try:
            return field.to_python(stored)
        except forms.ValidationError as problem:  # it can no longer be chosen
            self.add_error(name, problem)
            return None

    def _show(self, problem: RecordsError) -> None:
        name = self.input_at(problem.path) if isinstance(problem, InvalidInput) else None
        if isinstance(problem, InvalidInput) and name is not None:
            self.add_error(name, problem.reason[:1].upper() + problem.reason[1:])
        else:
            self.add_error(None, problem.detail)


def _sent(field: forms.Field, value: Any) -> str | list[str]:
    """A value as a form that shows it sends it back."""
    return _plain(field.hidden_widget().format_value(field.prepare_value(value)))


def _plain(sent: Any) -> str | list[str]:
    if isinstance(sent, (list, tuple)):
        return sorted(map(str, sent))
    # Browsers send the ends of lines in a form of their own.
    return "" if sent is None else "\n".join(str(sent).splitlines())


class ScopedMixin:
    """Only rows of the chosen workspace, and only for those who may define it; nothing is deleted
    here."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return get_visitor(request).may_define

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return get_visitor(request).may_define

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return get_visitor(request).may_define

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return get_visitor(request).may_define

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        return rows.filter(workspace_id=get_visitor(request).workspace_id)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Choices come from the chosen workspace alone."""
        related: Any = db_field.remote_field.model
        kwargs.setdefault(
            "queryset", related.objects.filter(workspace_id=get_visitor(request).workspace_id)
        )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Plain choices: no windows that pop up to add or change what can be chosen."""
        formfield = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if formfield is not None and isinstance(formfield.widget, RelatedFieldWidgetWrapper):
            formfield.widget = formfield.widget.widget
        return formfield


class SetupAdmin(ScopedMixin, ModelAdmin):
    """The pages of one kind of definition. Subclasses save through services, in `save_model`."""

    form = SetupForm
    list_per_page = 50
    list_filter_sheet = False
    show_full_result_count = False
    actions: Any = None

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The form; when the services refuse it, again with the reason. Its transaction is rolled
        back by then."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except RecordsError as refusal:
            request.refusal = refusal  # type: ignore[attr-defined]
            response = super().changeform_view(request, object_id, form_url, extra_context)
            return tell_unavailable(response, refusal)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.refusal = getattr(request, "refusal", None)
        return form

    def row_or_404(self, request: HttpRequest, key: int) -> Any:
        """The row with this key, for the addresses beside its form; Http404 where it is none of the
        workspace, or the visitor may not see it."""
        may_see = self.has_view_permission(request)
        row = self.get_queryset(request).filter(pk=key).first() if may_see else None
        if row is None:
            raise Http404
        return row

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        """What is not of this workspace is nowhere."""
        raise Http404


class HistoryMixin(SimpleHistoryAdmin):
    """A definition's history: to be read; changes go forward, through the form."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        self._check(request, object_id)
        shown: HttpResponse = super().history_view(request, object_id, extra_context)
        return shown

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        self._check(request, object_id)
        if request.method != "GET":
            raise PermissionDenied
        shown: HttpResponse = super().history_form_view(
            request, object_id, version_id, extra_context
        )
        return shown

    def _check(self, request: HttpRequest, object_id: str) -> None:
        """The history of a row of another workspace is nowhere, like the row."""
        if self.get_object(request, object_id) is None:
            raise Http404


class ScopedInline(ScopedMixin, TabularInline):
    """Rows that belong to a definition and are edited with it."""

    form = SetupForm
    extra = 0
    tab = False


def go_on_editing(request: HttpRequest) -> None:
    """Let what was just added be looked at next, on its own page."""
    sent: Any = request.POST.copy()
    sent.setdefault("_continue", "1")
    request.POST = sent


def adopt(obj: M, made: M) -> None:
    """Make the form's unsaved row the one the service made, so that it is logged and linked to."""
    obj.__dict__.update(made.__dict__)
