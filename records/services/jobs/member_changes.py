"""Computing the formulas that tell of a member again, after a change of that member."""

from __future__ import annotations

from collections.abc import Sequence

from records.models import Job, Member, Source
from records.services.access import Author, Definer, member_author
from records.services.catalogue import load_workspace
from records.services.people import count_told, follow_ups, recompute_formulas

from .job_runs import start_job
from .steps import Step, kinds

RECOMPUTE = "recompute_formulas"


def _start(definer: Definer, member: Member, objects: Sequence[int]) -> None:
    """One job for each object in which the member has records; part of the change itself, and
    carried out by the workers after it."""
    author = definer if isinstance(definer, Author) else _in_the_name_of_an_admin(definer, member)
    for object_id in objects:
        total = count_told(author.workspace.id, object_id, member.pk)
        if total:
            parameters = {"member_id": member.pk}
            start_job(author, RECOMPUTE, object_id, parameters, total, inline=False, limited=False)


def _in_the_name_of_an_admin(definer: Definer, member: Member) -> Author:
    """An author for what an operator has done, who need not be a member; the member who has
    changed, where no admin is active."""
    admins = Member.objects.filter(
        workspace_id=definer.workspace.id, role__is_admin=True, is_active=True
    )
    key = admins.order_by("id").values_list("id", flat=True).first() or member.pk
    return member_author(load_workspace(definer.workspace.id), key, Source.ADMIN)


def _recompute(author: Author, job: Job) -> Step:
    if job.object_id not in author.directory.objects:  # archived since
        return Step(None)
    schema = author.directory.schema(job.object_id)
    member_id: int = job.parameters["member_id"]
    position, records, _ = recompute_formulas(author, schema, member_id, job.position)
    return Step(position, records)


follow_ups.register(RECOMPUTE, _start)
kinds.register(RECOMPUTE, _recompute)
