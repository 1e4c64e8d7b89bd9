"""One batch of record writes: everything between opening the transaction and committing it.

A batch reads and locks the records it concerns in the order of their keys, resolves what values name, applies each
request to the records as the earlier ones left them, and stores the outcome with one statement per table. A single
record is a batch of one. A request that is refused changes nothing; the others of its batch are stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from records.exceptions import RecordsError, Unavailable

from .access import Author
from .changing import ValueWrites
from .effects import Effects
from .erasing import erase_records
from .external.forwarding import check_kept_here
from .external_fields import with_external_field
from .links import LinkChanges
from .locked import LockedRecords
from .moving import Moves
from .object_schema import ObjectSchema
from .prepared import PreparedRequests
from .save_requests import Mode, Outcome, SaveRequest, SaveResult


class Refused(Exception):
    """Requests that were refused after something was stored for them, by their places: roll back, go without them."""

    def __init__(self, outcomes: Mapping[int, RecordsError]) -> None:
        super().__init__()
        self.outcomes = outcomes


class Batch:
    """One attempt at a batch. Use once: a retry makes a new one. `refused` are not attempted any more.

    `follows`: it is part of another batch, which has seen to it that definitions stay as they are.
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
        check_kept_here(schema, "storing them here")  # whoever got here has passed the seam by
        self.author = author
        self.schema = schema
        self.refused = refused or {}
        self.requests = {at: request for at, request in enumerate(requests) if at not in self.refused}
        self.prepared = PreparedRequests(author, schema, self.requests)
        if schema.external_id_field is not None:
            parsed = self.prepared.parsed
            self.requests = {at: with_external_field(schema, item, parsed[at]) for at, item in self.requests.items()}
        version = schema.version + self.prepared.resolved.counted_up
        self.locked = LockedRecords(schema, None if follows else version)
        self.links = LinkChanges(author, schema)
        alone = len(requests) == 1 and not (requests[0].on_archived or requests[0].archived_conflict)
        self.effects = Effects(author, schema, self.locked, self.prepared.resolved.names, alone=alone)
        self.values = ValueWrites(self.effects, self.links, self.prepared)
        self.moves = Moves(self.effects, self.values)

    def run(self) -> list[Outcome]:
        """Carry the batch out. The caller holds the transaction. OutdatedSchema, before anything is stored."""
        requests, writes = list(self.requests.values()), list(self.prepared.parsed.values())
        self.prepared.resolve()
        self.locked.load(requests, writes)
        rows = self.locked.by_id.values()
        self.links.load(rows, writes, replacing=any(request.clears_unlisted for request in requests))
        self.effects.load_names(rows)
        outcomes = {at: self._outcome(at) for at in self.requests} | dict(self.refused)
        if len(outcomes) > 1:
            self._check_tags(outcomes)
        self.effects.store()
        self._store_links()
        if self.moves.erased:
            for row in erase_records(self.author, self.schema, self.effects.stamp, self.moves.erased):
                self.locked.refresh(row)
        return [outcomes[at] for at in sorted(outcomes)]

    @property
    def made_tags(self) -> bool:
        """Whether the batch added options, so that the schema has changed."""
        return bool(self.prepared.resolved.tags)

    def _outcome(self, place: int) -> Outcome:
        request, parsed = self.requests[place], self.prepared.parsed[place]
        parsed.place = place
        try:
            move: Callable[[SaveRequest], SaveResult] | None = self.moves.by_mode.get(request.mode)
            if move is not None:
                return move(request)
            if request.mode == Mode.CREATE:
                return self.values.create(request, parsed)
            if request.mode == Mode.UPSERT:
                return self.values.upsert(request, parsed)
            return self.values.update(request, parsed, self.moves.target(request))
        except Unavailable:
            raise  # not about this request: the transaction cannot go on
        except RecordsError as error:
            return error

    def _check_tags(self, outcomes: Mapping[int, Outcome]) -> None:
        """No tag was made for refused requests alone."""
        made: dict[int, set[tuple[int, str]]] = {}
        for at, change in self.prepared.referring:
            made.setdefault(at, set()).update(change.new_options())
        used = {tag for at, tags in made.items() if isinstance(outcomes[at], SaveResult) for tag in tags}
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
            save = [SaveRequest(Mode.UPDATE, record_id=write.record_id, changes=write.changes) for write in writes]
            for write, outcome in zip(writes, Batch(self.author, schema, save, follows=True).run(), strict=True):
                if isinstance(outcome, RecordsError):
                    refused[write.asked.place] = write.asked.refusal(outcome)
                elif object_id == self.schema.id:
                    self.locked.refresh(outcome.record)
        if refused:
            raise Refused(refused)
