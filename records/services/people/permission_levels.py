"""What the words of permission groups mean: rights over all and over associated records, levels
from 0 to 3, and what adjusts when one of them changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass

from records.exceptions import InvalidInput
from records.models import Extent
from records.services.catalogue import Grant

RIGHTS = ("view", "edit", "remove")
ALL_RECORDS, ASSOCIATED_RECORDS, CREATE_RECORD = (
    "all_records",
    "associated_records",
    "create_record",
)
# Shown, and following others: what is brought back follows `remove`, many at once follows `create`.
FOLLOWING = ("unarchive_all", "unarchive_associated", "bulk_data_upload")
CONTROLS = (ALL_RECORDS, ASSOCIATED_RECORDS, CREATE_RECORD, *FOLLOWING)
MOST_LEVEL = len(RIGHTS)


@dataclass(frozen=True, slots=True)
class Rights:
    """What may be done with some of an object's records."""

    view: bool = False
    edit: bool = False
    remove: bool = False


@dataclass(frozen=True, slots=True)
class Switch:
    """Whether a role may see a field, and change it, as far as the object's grant allows."""

    view: bool = False
    edit: bool = False


OPEN = Switch(True, True)


def all_records(grant: Grant) -> Rights:
    """The rights that reach every record."""
    return Rights(*(getattr(grant, right) == Extent.ALL for right in RIGHTS))


def associated_records(grant: Grant) -> Rights:
    """The rights that reach the member's own records."""
    return Rights(*(getattr(grant, right) != Extent.NONE for right in RIGHTS))


def grant_from(over_all: Rights, over_associated: Rights, *, create: bool) -> Grant:
    """The grant with these rights; InvalidInput for a right over all records that is missing over
    the associated ones, which are among them."""
    extents = {}
    for right in RIGHTS:
        everywhere, own = getattr(over_all, right), getattr(over_associated, right)
        if everywhere and not own:
            raise InvalidInput(
                f"all_records.{right} is true, so this must be true as well.",
                at=(ASSOCIATED_RECORDS, right),
            )
        extents[right] = (Extent.ALL if everywhere else Extent.OWN if own else Extent.NONE).value
    return Grant(create, **extents)


def follows(grant: Grant) -> Switch:
    """What a role may do with a field that has no switch."""
    return Switch(grant.view != Extent.NONE, grant.edit != Extent.NONE)


def check_level(level: object) -> int:
    """The level; InvalidInput for anything else than a whole number from 0 to 3."""
    if type(level) is not int or not 0 <= level <= MOST_LEVEL:
        raise InvalidInput(
            f"expected a whole number from 0 to {MOST_LEVEL}.", at="permission_level"
        )
    return level


def with_level(grant: Grant, control: str, level: int) -> Grant:
    """The grant with one control at a level, which includes the levels below it.

    Raising the rights over all records raises those over associated ones; lowering these lowers the
    others. Controls that follow others stay as they are.
    """
    if control == CREATE_RECORD:
        return Grant(level > 0, grant.view, grant.edit, grant.remove)
    if control not in (ALL_RECORDS, ASSOCIATED_RECORDS):
        return grant
    adjusted = _all_adjusted if control == ALL_RECORDS else _associated_adjusted
    extents = {
        right: adjusted(getattr(grant, right), at < level) for at, right in enumerate(RIGHTS)
    }
    return Grant(grant.create, **extents)


def _all_adjusted(extent: str, wanted: bool) -> str:
    if wanted:
        return Extent.ALL.value
    return extent if extent == Extent.NONE else Extent.OWN.value


def _associated_adjusted(extent: str, wanted: bool) -> str:
    if not wanted:
        return Extent.NONE.value
    return extent if extent != Extent.NONE else Extent.OWN.value


def switch_at(level: int) -> Switch:
    """The switch of a field at a level; fields are not removed, so 3 is as good as 2."""
    return Switch(level > 0, level > 1)


def level_of(rights: Rights) -> int:
    """The highest level whose rights, with those of the levels below, are all there."""
    found = astuple(rights)
    return found.index(False) if False in found else MOST_LEVEL


def widest(grants: Iterable[Grant]) -> Grant:
    """What any of these grants allows."""
    reach = [Extent.NONE, Extent.OWN, Extent.ALL]
    grants = list(grants)
    extents = {
        right: max((getattr(grant, right) for grant in grants), key=reach.index, default="none")
        for right in RIGHTS
    }
    return Grant(any(grant.create for grant in grants), **extents)
