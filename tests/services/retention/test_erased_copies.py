"""Which texts belong to erased records, and what of a report is about them."""

from __future__ import annotations

import pytest

from records.models import ImportUpload
from records.services.retention.erased_copies import TELLING, Erased, forget_uploads
from records.services.storage.rows import RecordRow
from tests.factories import Caller, make_object


@pytest.fixture
def erased(workspace: Caller) -> Erased:
    make_object(workspace, "People")
    rows = (
        RecordRow(
            1, "uuid-of-ann", {"1": "Straße 5", "2": ["Ann"], "3": {"a": ["deep text"]}, "4": 7}
        ),
    )
    return Erased(workspace.workspace.id, workspace.schema("people"), rows, (), ({"1": "former"},))


def test_every_text_is_known_in_the_form_in_which_texts_are_compared(erased: Erased) -> None:
    assert {"uuid-of-ann", "strasse 5", "ann", "deep text", "former"} <= erased.texts
    assert "" not in erased.texts


CELLS = [
    (["ANN"], True),
    (["Anne"], False),  # short texts occur by chance within others
    (["", ""], False),
    (["x", "in STRASSE  5, left"], True),
    (["7"], False),
]


@pytest.mark.parametrize(("cells", "expected"), CELLS)
def test_a_row_is_about_them_when_it_holds_a_text_of_theirs(
    erased: Erased, cells: list[str], expected: bool
) -> None:
    assert len("strasse 5") >= TELLING > len("ann")
    assert erased.is_named_in(cells) is expected


def test_failures_of_others_are_kept(erased: Erased) -> None:
    others = {"record_id": "other", "detail": "too long"}
    mine = [{"record_id": "uuid-of-ann", "detail": "x"}, {"record_id": "other", "detail": "Ann"}]
    assert erased.kept([others, *mine]) == [others]


def test_an_upload_shows_nothing_of_them(erased: Erased, workspace: Caller) -> None:
    other = {"written": "BO", "read": "Bo"}
    shown = [other, {"written": "ann@X.org", "read": "Ann"}, {"written": "Ann", "read": "x"}]
    upload = ImportUpload.objects.create(
        workspace=workspace.workspace,
        object_id=erased.schema.id,
        member=workspace.member,
        file_name="people.csv",
        file="imports/people.csv",
        header=["name", "size"],
        samples=[["Ann", "5"]],
        row_count=1,
        reading={"sheet": None, "columns": [{"examples": shown, "cells": 3}, {"cells": 1}]},
    )
    untold = ImportUpload.objects.create(
        workspace=workspace.workspace,
        object_id=erased.schema.id,
        member=workspace.member,
        file_name="people.csv",
        file="imports/people.csv",
        header=["name"],
        samples=[],
        row_count=0,
    )

    forget_uploads(erased)

    upload.refresh_from_db()
    untold.refresh_from_db()
    assert (upload.samples, untold.reading) == ([["", "5"]], {})
    assert upload.reading == {
        "sheet": None,
        "columns": [{"examples": [other], "cells": 3}, {"cells": 1}],
    }
