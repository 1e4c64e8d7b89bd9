"""Which records of a list are chosen: some by their ids, or all that the list finds."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import QueryDict
from django.utils.http import urlencode

from records.admin.object_pages import ObjectPage
from records.services.jobs import MAX_RECORDS
from records.services.operations import find_uuids
from records.services.search import SearchRequest

from .listing import Asked, read_asked

ASKED = ("q", "f", "c", "v", "o")


@dataclass(frozen=True, slots=True)
class Selection:
    """Records that were chosen on a list. `kept` is how a form or an address says the same
    again."""

    uuids: tuple[str, ...]
    everything: bool
    search: SearchRequest
    asked: Asked
    kept: tuple[tuple[str, str], ...]

    @property
    def query(self) -> str:
        """The selection as the query of an address."""
        return urlencode(self.kept)

    def find(self, page: ObjectPage) -> list[str]:
        """The ids of the chosen records, looked up now; InvalidInput when they are too many."""
        if not self.everything:
            return list(self.uuids)
        return find_uuids(page.author, page.schema, self.search, MAX_RECORDS)


def read_selection(page: ObjectPage, sent: QueryDict) -> Selection:
    """What was chosen, as it was sent; what is no id is none. InvalidInput when the list's filters
    make no sense."""
    asked = read_asked(page, sent)
    everything = "all" in sent
    uuids = () if everything else tuple(key for key in sent.getlist("records") if _is_uuid(key))
    names = ("all", *ASKED) if everything else ("records",)
    kept = tuple((name, value) for name in names for value in sent.getlist(name))
    return Selection(uuids, everything, asked.request(page.author, page.schema), asked, kept)


def _is_uuid(text: str) -> bool:
    try:
        return len(text) == 36 and bool(UUID(text))
    except ValueError:
        return False
