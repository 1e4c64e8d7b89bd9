"""Many processes write one external id at once: one record is made, the others change it."""

from __future__ import annotations

from collections import Counter

from tests.calling import Line, play
from tests.serving import Site

from . import parts

ROUNDS = 20


def test_64_processes_upsert_one_new_external_id_a_round(raced: Site, line: Line) -> None:
    headers = dict(raced.address.headers)
    bearer = f"Bearer {headers['X-API-KEY']}"
    workspace = f"/api/v2/w/{headers['X-BUSINESS-ID']}"
    data_type = line.send(
        "GET", f"{workspace}/data-types/slug/companies", Authorization=bearer
    ).content["id"]
    records = f"{workspace}/data-types/{data_type}"
    values = [
        {"fieldValues": {"name": f"External {at}", "column_0": "same"}} for at in range(ROUNDS)
    ]
    calls = [("POST", f"{records}/upsert/K-{at}", sent) for at, sent in enumerate(values)]

    answers = play(raced.address, 64, parts.external_rounds, calls, bearer)

    for at, of_the_round in enumerate(zip(*answers, strict=True)):
        assert Counter(answer.status for answer in of_the_round) == {201: 1, 200: 63}, of_the_round
        (record,) = {answer.content["id"] for answer in of_the_round}
        found = line.send(
            "GET", f"{records}/records?externalId=K-{at}", Authorization=bearer
        ).content
        assert [row["id"] for row in found["items"]] == [record]
        assert found["items"][0]["version"] == 1
    assert raced.differences() == ""
