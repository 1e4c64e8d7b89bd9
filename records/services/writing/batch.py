"""One batch of record writes: everything between opening the transaction and committing it.

A batch reads and locks the records it concerns in the order of their keys, resolves what values
name, applies each request to the records as the earlier ones left them, and stores the outcome with
one statement per table. A single record is a batch of one. A request that is refused changes
nothing; the others of its batch are stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from records.exceptions import RecordsError, Unavailable
from records.services.access import Author, check_writes
from records.services.catalogue import ObjectSchema, check_kept_here

from .attributes import with_external_field
from .erasure import erase_records
from .links import LinkChanges
from .locked_records import LockedRecords
from .locking import Locking
from .parsed_requests import ParsedRequests
from .save_requests import (
    Mode,
    Outcome,
    SaveRequest,
    SaveResult,
)
from .state_changes import StateChanges
from .unit_of_work import UnitOfWork
from .value_writes import ValueWrites
from .values import Parsed


class Refused(Exception):
    """Requests refused after something was stored for them, by place: roll back and run without
    them."""

    def __init__(self, outcomes: Mapping[int, RecordsError]) -> None:
        self.outcomes = outcomes


class Batch:
    """One attempt at a batch. Use once: a retry makes a new one. `refused` requests are skipped.

    `follows`: it is part of another batch, which has locked the definitions.
    """

    def __init__(
        self,
        author: Author,
        schema: ObjectSchema,
        requests: Sequence[SaveRequest],
        refused: Mapping[int, RecordsError] | None = None,
        *,
        follows: bool = False,
    ) -> None:
        # Callers that reach this with an external object bypassed `operations.home_of`.
        check_kept_here(schema, "storing records locally")
        check_writes(author)
        self.author = author
        self.schema = schema
        self.refused = {} if refused is None else refused
        self.requests = {
            at: request for at, request in enumerate(requests) if at not in self.refused
        }
        self.parsed_requests = ParsedRequests(author, schema, self.requests)
        if spec := schema.external_id_field:
            parsed = self.parsed_requests.by_place
            self.requests = {
                at: with_external_field(spec, item, parsed[at])
                for at, item in self.requests.items()
            }
        # Making tags has counted the version up in this transaction, after the schema was compiled.
        self.version = (
            None if follows else schema.version + self.parsed_requests.resolved.counted_up
        )
        self.locked = LockedRecords(schema)
        self.links = LinkChanges(author, schema)
        self.work = UnitOfWork(
            author,
            self.locked,
            self.parsed_requests.resolved.names,
            alone=_changes_one_record(requests),
        )
        self.values = ValueWrites(self.work, self.links, self.parsed_requests)
        self.states = StateChanges(self.work, self.values)

    def run(self) -> list[Outcome]:
        """Carry the batch out. The caller holds the transaction. OutdatedSchema, before anything is
        stored."""
        self._load()
        outcomes = {at: self._outcome(at) for at in self.requests} | dict(self.refused)
        self._check_tags(outcomes)
        self.work.store()
        self._store_links()
        self._erase()
        return [outcomes[at] for at in sorted(outcomes)]

    def _load(self) -> None:
        """Lock the records that the requests mean, and read what their links and names need."""
        requests, writes = (
            list(self.requests.values()),
            list(self.parsed_requests.by_place.values()),
        )
        # Before the locks: unique values and mirror fields are locked by primary key.
        self.parsed_requests.resolve()
        Locking(self.locked, requests, writes, self.version).lock()
        rows = self.locked.by_id.values()
        # After the locks: until then, what links to a record can change.
        self.links.load(
            rows, writes, replacing=any(request.clears_unlisted for request in requests)
        )
        self.work.load_names(rows)
        self._load_members()

    def _load_members(self) -> None:
        """Have the members at hand that expressions look at, in one query."""
        if self.schema.reads_member:
            named = {self.author.member.id}
            named.update(row.member_id for row in self.locked.by_id.values() if row.member_id)
            for request in self.requests.values():
                given = request.attributes
                named.update(
                    key for key in (given.member_id, given.new_member_id) if type(key) is int
                )
            self.author.directory.members(named)

    @property
    def made_tags(self) -> bool:
        """Whether the batch added options, so that the schema has changed."""
        return bool(self.parsed_requests.resolved.tags)

    def _outcome(self, place: int) -> Outcome:
        try:
            return self._carry_out(
                self.requests[place], self.parsed_requests.by_place[place], place
            )
        except Unavailable:
            raise  # not about this request: the transaction cannot go on
        except RecordsError as error:
            return error

    def _carry_out(self, request: SaveRequest, parsed: Parsed, place: int) -> SaveResult:
        parsed.place = place
        change_state = self.states.by_mode.get(request.mode)
        if change_state is not None:
            return change_state(request)
        if request.mode == Mode.CREATE:
            return self.values.create(request, parsed)
        if request.mode == Mode.UPSERT:
            return self.values.upsert(request, parsed)
        return self.values.update(request, parsed, self.states.target(request))

    def _check_tags(self, outcomes: Mapping[int, Outcome]) -> None:
        """Refused, if a tag was made for refused requests alone."""
        made: dict[int, set[tuple[int, str]]] = {}
        for at, change in self.parsed_requests.referring:
            made.setdefault(at, set()).update(change.new_options())
        used = {
            tag for at, tags in made.items() if isinstance(outcomes[at], SaveResult) for tag in tags
        }
        stray = {
            at: outcome
            for at, outcome in outcomes.items()
            if isinstance(outcome, RecordsError) and made.get(at, used) - used
        }
        if stray:
            raise Refused(stray)

    def _store_links(self) -> None:
        """Write the links of mirror fields where they are stored: in the records they name."""
        refused: dict[int, RecordsError] = {}
        for object_id, writes in self.links.writes().items():
            schema = self.author.directory.schema(object_id)
            save = [
                SaveRequest(Mode.UPDATE, record_id=write.record_id, changes=write.changes)
                for write in writes
            ]
            for write, outcome in zip(
                writes, Batch(self.author, schema, save, follows=True).run(), strict=True
            ):
                if isinstance(outcome, RecordsError):
                    refused[write.asked.place] = write.asked.refusal(outcome)
                # A record may link to its own object: the rows held here must show the change.
                else:
                    self.locked.refresh(outcome.record)
        # A link that cannot be stored takes its whole request with it; the others run again without
        # it.
        if refused:
            raise Refused(refused)

    def _erase(self) -> None:
        """Remove the records that were deleted permanently, now that their tombstones are
        stored."""
        if self.states.erased:
            for row in erase_records(self.author, self.schema, self.work.stamp, self.states.erased):
                self.locked.refresh(row)


def _changes_one_record(requests: Sequence[SaveRequest]) -> bool:
    """Whether at most one record changes; an archived record may have to give up its name to
    another."""
    return len(requests) == 1 and not (requests[0].on_archived or requests[0].archived_conflict)
