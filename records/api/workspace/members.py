"""The members of a workspace, and their roles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.http import HttpRequest, HttpResponse

from records.api.answers import json_answer
from records.exceptions import (
    Conflict,
    InvalidInput,
    NotFound,
    SeveralProblems,
    problems_in,
)
from records.services.access import Author
from records.services.people import (
    LAST_ADMIN,
    TAKEN,
    Member,
    MemberDetails,
    MemberSearch,
    Role,
    add_member,
    archive_member,
    get_member_role,
    get_member_row,
    granted_scopes,
    list_member_roles,
    search_members,
    unarchive_member,
    update_member,
)
from records.services.reading import local_time

from . import people_documentation as documentation
from .requests import Body, Query, read_body
from .responses import page_content
from .viewsets import WorkspaceViewSet

# The core's names of details, by those of this API.
DETAILS = {
    "name": "name",
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email",
    "phone": "phone",
    "externalId": "external_id",
    "dateOfBirth": "date_of_birth",
    "locale": "locale",
    "labels": "labels",
}
WORDS = {core: sent for sent, core in DETAILS.items()} | {"role": "memberRoleId"}
WRITTEN = (*DETAILS, "memberRoleId", "roleId")
ASKED = (
    *("search", "email", "externalId", "phone", "label", "memberRoleId", "isActive"),
    *("page", "pageSize", "sortBy", "sortOrder"),
)


@contextmanager
def conflicts() -> Iterator[None]:
    """What somebody has already, and the last admin, are conflicts to the callers of this API."""
    try:
        yield
    except InvalidInput as problem:
        several = problem.problems if isinstance(problem, SeveralProblems) else [problem]
        if problem.code == TAKEN:
            places = {each.path: each.reason for each in several}
            raise Conflict(
                problem.detail, "already_exists", at=problem.path, places=places
            ) from None
        if problem.code == LAST_ADMIN:
            raise Conflict(problem.detail, LAST_ADMIN) from None
        raise


@contextmanager
def in_words() -> Iterator[None]:
    """What is refused in the block is refused in the words of this API."""
    with conflicts(), problems_in(WORDS):
        yield


class MemberViewSet(WorkspaceViewSet):
    """Everybody reads themselves; those who may read members, all of them; admins change them."""

    area = ""
    defines = True

    @documentation.list_members
    def list(self, request: HttpRequest) -> HttpResponse:
        query = Query(request, *ASKED).only()
        asked = _search(query)
        with in_words():
            total, rows = search_members(self.author, asked)
        items = [member_row(self.author, row) for row in rows]
        return json_answer(page_content(items, total, query.page, query.page_size))

    @documentation.retrieve_me
    def me(self, request: HttpRequest) -> HttpResponse:
        return self.retrieve(request, self.author.member.id)

    @documentation.retrieve_member
    def retrieve(self, request: HttpRequest, member_id: int) -> HttpResponse:
        Query(request).only()
        return json_answer(member_row(self.author, get_member_row(self.author, member_id)))

    @documentation.create_member
    def create(self, request: HttpRequest) -> HttpResponse:
        Query(request).only()
        body = read_body(request, *WRITTEN)
        with in_words():
            made, _ = add_member(self.author, self._role(body), **details_of_body(body))
        return json_answer(member_row(self.author, made), 201)

    @documentation.update_member
    def update(self, request: HttpRequest, member_id: int) -> HttpResponse:
        Query(request).only()
        body = read_body(request, *WRITTEN)
        found, role = get_member_row(self.author, member_id), self._role(body)
        with in_words():
            changed = update_member(self.author, found, role=role, **details_of_body(body))
        return json_answer(member_row(self.author, changed))

    @documentation.archive_member
    def archive(self, request: HttpRequest, member_id: int) -> HttpResponse:
        return json_answer(member_row(self.author, self._archived(request, member_id)))

    @documentation.unarchive_member
    def unarchive(self, request: HttpRequest, member_id: int) -> HttpResponse:
        Query(request).only()
        read_body(request)
        with in_words():
            back = unarchive_member(self.author, get_member_row(self.author, member_id))
        return json_answer(member_row(self.author, back))

    @documentation.delete_member
    def destroy(self, request: HttpRequest, member_id: int) -> HttpResponse:
        self._archived(request, member_id)
        return json_answer({"status": "archived"})

    def shown(self, request: HttpRequest, path: Mapping[str, Any]) -> dict[str, Any]:
        if "member_id" not in path:
            raise NotFound
        return member_row(self.author, get_member_row(self.author, path["member_id"]))

    def _archived(self, request: HttpRequest, member_id: int) -> Member:
        Query(request).only()
        read_body(request)
        with in_words():
            return archive_member(self.author, get_member_row(self.author, member_id))

    def _role(self, body: Body) -> Role | None:
        """The role that a body names, by either key; None where it names none."""
        keys = {name: body.key(name) for name in ("memberRoleId", "roleId") if body.given(name)}
        if len(set(keys.values())) > 1:
            raise InvalidInput("it is the same as memberRoleId; send one of them.", at="roleId")
        for name, key in keys.items():
            try:
                return get_member_role(self.author, key or 0)
            except NotFound:
                raise InvalidInput("there is no such role.", "does_not_exist", at=name) from None
        return None


def details_of_body(body: Body) -> MemberDetails:
    """The details that a body has, unchecked."""
    given: Any = {core: body.content[sent] for sent, core in DETAILS.items() if sent in body}
    details: MemberDetails = given
    return details


def _search(query: Query) -> MemberSearch:
    return MemberSearch(
        search=query.text("search") or "",
        email=query.text("email"),
        external_id=query.text("externalId"),
        phone=query.text("phone"),
        label=query.text("label"),
        role_id=query.key("memberRoleId"),
        is_active=_active(query),
        sort=query.choice("sortBy", ("name", "email", "createdAt")),
        descending=query.choice("sortOrder", ("asc", "desc")) == "desc",
        offset=(query.page - 1) * query.page_size,
        limit=query.page_size,
    )


def _active(query: Query) -> bool | None:
    chosen = {"true": True, "false": False, "all": None}
    text = query.sent.get("isActive", "true").lower()
    if text not in chosen:
        raise InvalidInput("expected true, false or all.", at="isActive")
    return chosen[text]


class MemberRoleViewSet(WorkspaceViewSet):
    """The roles, for every member."""

    area = ""

    @documentation.list_roles
    def list(self, request: HttpRequest) -> HttpResponse:
        Query(request).only()
        return json_answer(list(map(self._row, list_member_roles(self.author))))

    @documentation.retrieve_role
    def retrieve(self, request: HttpRequest, role_id: int) -> HttpResponse:
        Query(request).only()
        return json_answer(self._row(get_member_role(self.author, role_id)))

    def _row(self, role: Role) -> dict[str, Any]:
        return {
            "id": role.pk,
            "uuid": str(role.uuid),
            "name": role.name,
            "isAdmin": role.is_admin,
            "isDefault": role.is_default,
            "grantedScopes": granted_scopes(self.author, role),
        }


def member_row(author: Author, row: Member) -> dict[str, Any]:
    """A member; what is blank is null."""
    zone = author.workspace.zone
    born = row.date_of_birth
    return {
        "id": row.pk,
        "uuid": str(row.uuid),
        "email": row.email or None,
        "name": f"{row.first_name} {row.last_name}".strip() or None,
        "firstName": row.first_name or None,
        "lastName": row.last_name or None,
        "phone": row.phone or None,
        "externalId": row.external_id or None,
        "dateOfBirth": None if born is None else born.isoformat(),
        "locale": row.locale or None,
        "labels": row.labels,
        "memberRoleId": row.role_id,
        "roleName": row.role.name,
        "isActive": row.is_active,
        "createdAt": local_time(row.created_at, zone),
        "updatedAt": local_time(row.updated_at, zone),
    }
