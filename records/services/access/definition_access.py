"""Who may shape a workspace, and what every change of its definitions has in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from types import SimpleNamespace
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from django.contrib.auth import get_user_model
from django.core.exceptions import ObjectDoesNotExist
from simple_history.models import HistoricalRecords

from records.exceptions import NotAllowed, NotFound
from records.models import Workspace
from records.services.catalogue import (
    Directory,
    WorkspaceSpec,
    get_directory,
    load_workspace,
)
from records.services.database import in_one_transaction

from .author import Author
from .read_only import check_writes

P = ParamSpec("P")
T = TypeVar("T")


class Definer(Protocol):
    """Who changes definitions: the author of a request, or an operator of the installation."""

    @property
    def workspace(self) -> WorkspaceSpec: ...

    @property
    def directory(self) -> Directory: ...

    @property
    def may_define(self) -> bool: ...

    @property
    def user_id(self) -> int: ...

    @property
    def reason(self) -> str: ...

    @property
    def api_key_id(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Operator:
    """A superuser who sets up a workspace, whether a member of it or not. Operators write no
    records."""

    workspace: WorkspaceSpec
    directory: Directory
    user_id: int
    may_define: bool = True
    reason: str = ""
    api_key_id: int | None = None


def operator_of(workspace_id: int, user_id: int) -> Operator:
    """The superuser with this key, at work in a workspace."""
    workspace = load_workspace(workspace_id)
    return Operator(workspace, get_directory(workspace), user_id)


def defining(change: Callable[Concatenate[Definer, P], T]) -> Callable[Concatenate[Definer, P], T]:
    """A change of definitions: for admins only, in one transaction, and signed in the history of
    all it touches.

    `change` runs again after it has lost a race, so it reads what it needs itself.
    """

    @wraps(change)
    def signed_change(author: Definer, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if isinstance(author, Author):
            check_writes(author)
        if not author.may_define:
            raise NotAllowed("Only workspace admins may change definitions.")

        def work() -> T:
            # One change at a time: what it counts and compares (limits, names) stays as it is.
            hold_definitions(author.workspace.id)
            try:
                with signed_by(author.user_id, author.reason, author.api_key_id):
                    return change(author, *args, **kwargs)
            except ObjectDoesNotExist:  # deleted since the request was read
                raise NotFound from None

        return in_one_transaction(work)

    return signed_change


def hold_definitions(workspace_id: int) -> None:
    """Lock the workspace's definitions against other changes until the transaction ends."""
    # Evaluated, because only a query that runs takes the lock.
    list(Workspace.objects.select_for_update(no_key=True).filter(id=workspace_id).values_list("id"))


@contextmanager
def signed_by(user_id: int, reason: str = "", api_key: int | None = None) -> Iterator[None]:
    """The history rows of definitions saved inside name this user, and the reason; those of members
    the API key, too."""
    context = HistoricalRecords.context
    before = getattr(context, "request", None)
    # simple-history takes the user from the thread's request, which commands do not have.
    user = get_user_model()(pk=user_id)
    context.request = SimpleNamespace(user=user, reason=reason, api_key=api_key)
    try:
        yield
    finally:
        if before is None:
            del context.request
        else:
            context.request = before
