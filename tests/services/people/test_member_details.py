"""Details of a member: read in any usual form, kept in one."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from records.models import Member
from records.services.people.member_details import checked_details
from records.services.people.workspaces import user_with
from tests.factories import Caller
from tests.services.acting import invalid_at


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"name": "  Ann   Mary Ahn "}, {"first_name": "Ann", "last_name": "Mary Ahn"}),
        ({"name": "Ann"}, {"first_name": "Ann", "last_name": ""}),
        ({"name": None}, {"first_name": "", "last_name": ""}),
        ({"email": " Ann@EXAMPLE.com "}, {"email": "Ann@example.com"}),
        ({"email": None}, {"email": ""}),
        ({"phone": "(201) 555-0123"}, {"phone": "+12015550123"}),
        ({"phone": "+44 20 7946 0123"}, {"phone": "+442079460123"}),
        ({"phone": ""}, {"phone": ""}),
        ({"external_id": " a b "}, {"external_id": "a b"}),
        ({"date_of_birth": "2000-02-29"}, {"date_of_birth": date(2000, 2, 29)}),
        ({"date_of_birth": None}, {"date_of_birth": None}),
        ({"locale": "ZH_hant_tw"}, {"locale": "zh-Hant-TW"}),
        ({"locale": "es-419"}, {"locale": "es-419"}),
        ({"labels": ["b", "a", "b"]}, {"labels": ["b", "a"]}),
        ({"labels": None}, {"labels": []}),
    ],
    ids=str,
)
def test_details_are_kept_in_one_form(
    workspace: Caller, sent: dict[str, Any], kept: dict[str, Any]
) -> None:
    assert checked_details(workspace.author.workspace, sent) == kept


@pytest.mark.parametrize(
    ("sent", "place"),
    [
        ({"name": 7}, ("name",)),
        ({"first_name": "x" * 151}, ("first_name",)),
        ({"last_name": "a\ud800"}, ("last_name",)),
        ({"email": "x" * 250 + "@example.com"}, ("email",)),
        ({"phone": "+1 201 555 0123 ext. 4"}, ("phone",)),
        ({"external_id": "a\x00"}, ("external_id",)),
        ({"date_of_birth": "1500-01-01"}, ("date_of_birth",)),
        ({"date_of_birth": 7}, ("date_of_birth",)),
        ({"locale": "e"}, ("locale",)),
        ({"labels": ["ok", "not ok"]}, ("labels", 1)),
        ({"labels": ["x" * 65]}, ("labels", 0)),
    ],
    ids=ascii,
)
def test_what_is_no_detail_is_refused_at_its_place(
    workspace: Caller, sent: dict[str, Any], place: tuple[str | int, ...]
) -> None:
    found, _ = invalid_at(checked_details, workspace.author.workspace, sent)
    assert found == place


@pytest.mark.parametrize(
    "columns",
    [{"email": ""}, {"email": "ADMIN@example.com"}, {"external_id": "one"}],
    ids=str,
)
def test_the_database_keeps_the_rules_by_itself(workspace: Caller, columns: dict[str, str]) -> None:
    key = workspace.workspace.pk
    role = workspace.member.role

    def make(**given: str) -> None:
        user, _ = user_with(key, "", None)
        Member.objects.create(workspace_id=key, user=user, role=role, **given)

    make(external_id="one")
    with pytest.raises(IntegrityError), transaction.atomic():
        make(**columns)
