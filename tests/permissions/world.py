"""What the matrix is tried on: roles of every kind, and cases that are one's own or another's, live
or archived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any
from uuid import uuid4

from records.models import Layout, Record, SavedView, ViewDefault
from records.services.files.attachments import attach_file
from records.services.importing.uploads import store_upload
from records.services.jobs.bulk_jobs import start_bulk_change
from records.services.reading.record_address import Address
from records.services.views.layouts import object_layout
from records.services.views.saved_views import create_view
from records.services.views.view_parts import Part
from records.services.views.view_sharing import Sharing
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    archive,
    make_member,
    make_object,
    make_record,
    make_relation,
    make_workspace,
    set_pattern,
)

EXTENTS = ("none", "own", "all")
# (edit, remove, create): the rights differ from each other in every role, so that none can pass for
# another.
COMBINED = (("none", "own", True), ("own", "all", False), ("all", "none", True))
MORE = (("own", "none", False), ("none", "all", False), ("all", "own", False))
MARKS = {
    "mine": "quince",
    "another's": "medlar",
    "mine, archived": "tamarind",
    "another's, archived": "rambutan",
    "foreign": "kumquat",
    "missing": "physalis",
}
FILE = "the only file"


@dataclass(frozen=True)
class RoleCase:
    """A role, and what it may do with cases; `secret` is whether the field Secret is open, locked
    or hidden to it."""

    name: str
    view: str = "all"
    edit: str = "all"
    remove: str = "all"
    create: bool = True
    secret: str = "open"
    admin: bool = False

    @property
    def known(self) -> bool:
        """Whether the role knows that there are cases."""
        return self.create or self.view != "none"

    def reaches(self, right: str, *, own: bool) -> bool:
        """Whether a right reaches the records that are one's own, or those of others."""
        extent = getattr(self, right)
        return extent == "all" or (own and extent == "own")


ROLES = (
    RoleCase("admin", admin=True),
    RoleCase("no grant", "none", "none", "none", create=False),
    RoleCase("locked", secret="locked"),
    RoleCase("hidden", secret="hidden"),
    RoleCase("hidden, own only", "own", "own", "own", secret="hidden"),
    *(
        RoleCase(
            f"view {view}, edit {edit}, remove {remove}, create {create}",
            view,
            edit,
            remove,
            create,
        )
        for view in EXTENTS
        for edit, remove, create in COMBINED + (MORE if view == "all" else ())
    ),
)


@dataclass(frozen=True)
class Target:
    """A case. `mark` is in everything that can be read of it alone; `own` means the caller's."""

    name: str
    uuid: str
    mark: str
    own: bool = False
    live: bool = True
    ours: bool = True

    @property
    def case_name(self) -> str:
        return f"Name-{self.mark}"

    @property
    def secret(self) -> str:
        return f"Hush-{self.mark}"

    @property
    def values(self) -> dict[str, str]:
        """The texts the case holds."""
        return {"name": self.case_name, "note": f"Note-{self.mark}", "secret": self.secret}

    @property
    def file(self) -> str:
        """The name of the file it has."""
        return f"File-{self.mark}.txt"


@dataclass
class World:
    """A workspace with cases, one role's member in it, and another workspace."""

    role: RoleCase
    admin: Caller
    caller: Caller
    targets: dict[str, Target] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def sees_secret(self) -> bool:
        return self.role.admin or self.role.secret != "hidden"

    def sees(self, target: Target) -> bool:
        """Whether the member may see the case, archived or not."""
        return target.ours and self.role.known and self.role.reaches("view", own=target.own)

    @property
    def visible(self) -> list[Target]:
        """The live cases the member may see."""
        return [target for target in self.targets.values() if target.live and self.sees(target)]

    def secrets(self, sent: str) -> dict[str, str]:
        """What no answer to the member may hold, by what it is; what they sent themselves may be
        sent back."""
        taboo = {}
        for target in self.targets.values():
            if target.name == "missing":
                continue
            if not self.sees(target):
                taboo[f"the id of {target.name}"] = target.uuid
                taboo |= {
                    f"the {name} of {target.name}": text for name, text in target.values.items()
                }
                taboo[f"the file of {target.name}"] = target.file
            elif not self.sees_secret:
                taboo[f"the secret of {target.name}"] = target.secret
        if not self.sees_secret:
            taboo |= {
                "the id of the hidden field": self.ids["secret field"],
                "the hidden field": "hushed",
            }
        if not self.role.admin:
            taboo |= {
                "the id of an object without grants": self.ids["vaults"],
                "its name": "vaults",
            }
        if not self.role.known:
            taboo["the id of the object"] = self.ids["cases"]
        return {what: text for what, text in taboo.items() if text not in sent}

    def state(self) -> tuple[Any, ...]:
        """What a refused call leaves as it was: all cases, what is saved of looking at them, and
        the version of the definitions."""
        rows = (
            Record.objects.filter(object__name="cases")
            .order_by("id")
            .values_list("id", "version", "state")
        )
        saved = [
            *SavedView.objects.order_by("id").values_list(),
            *ViewDefault.objects.order_by("id").values_list(),
            *Layout.objects.order_by("id").values_list(),
        ]
        return (*rows, *map(repr, saved), self.definitions_version())

    def definitions_version(self) -> int:
        workspaces = type(self.admin.workspace).objects.values_list(
            "definitions_version", flat=True
        )
        version: int = workspaces.get(pk=self.admin.workspace.pk)
        return version


def make_world(role: RoleCase) -> World:
    """A world for one role; every record, field and option that operations name is in `ids`."""
    admin = make_workspace()
    define(admin)
    world = World(role, admin, admin if role.admin else _member(admin, role))
    _name_definitions(world)
    client = make_record(admin, "clients", name=FILE).record.uuid
    world.ids["client"] = client
    for name, own, live in (
        ("mine", True, True),
        ("another's", False, True),
        ("mine, archived", True, False),
        ("another's, archived", False, False),
    ):
        world.targets[name] = _make_case(world, name, client, own=own, live=live)
    elsewhere = make_workspace("Another workspace", "other@example.com")
    define(elsewhere)
    foreign = Target("foreign", "", MARKS["foreign"], ours=False)
    uuid = make_record(elsewhere, "cases", **foreign.values).record.uuid
    world.targets["foreign"] = replace(foreign, uuid=uuid)
    world.targets["missing"] = Target("missing", str(uuid4()), MARKS["missing"], ours=False)
    mine, others = world.targets["mine"], world.targets["another's"]
    world.ids["mine"] = mine.uuid
    roles = {name: str(uuid) for name, uuid in admin.workspace.roles.values_list("name", "uuid")}
    world.ids |= {"a role": roles["Member"], "admins' role": roles["Administrator"]}
    job = start_bulk_change(
        admin.author,
        admin.schema("cases"),
        "kind",
        "One",
        "only_update_blank",
        [mine.uuid, others.uuid],
    )
    world.ids["job"] = job.uuid
    upload = store_upload(admin.author, admin.schema("cases"), "cases.csv", [b"name,note\nNew,B\n"])
    world.ids["upload"] = str(upload.uuid)
    _save_views(world)
    return world


def define(admin: Caller) -> None:
    """Cases of clients, a pipeline, and vaults, which nobody but admins may see."""
    kinds = (OptionDefinition("One"), OptionDefinition("Two"), OptionDefinition("Unused"))
    make_object(admin, "Clients")
    make_object(admin, "Vaults")
    make_object(
        admin,
        "Cases",
        FieldDefinition("Note", "text"),
        FieldDefinition("Helper", "team_selector"),
        FieldDefinition("Secret (hushed)", "text", name="secret"),
        FieldDefinition("Kind", "dropdown", options=kinds),
        FieldDefinition("Hushed kind", "dropdown", name="hushed_kind", options=kinds),
        object_type="pipeline",
    )
    make_relation(admin, "cases", "Client", "clients", "primary", "Matters")
    set_pattern(admin, "cases", "{name} {secret}")


def _member(admin: Caller, role: RoleCase) -> Caller:
    grants: dict[str, Mapping[str, Any]] = {"clients": {"view": "all"}}
    if role.known:
        grants["cases"] = {
            "create": role.create,
            "view": role.view,
            "edit": role.edit,
            "remove": role.remove,
        }
    fields = [("cases", "secret"), ("cases", "hushed_kind")]
    return make_member(
        admin,
        "member@example.com",
        grants,
        hidden=fields if role.secret == "hidden" else (),
        locked=fields if role.secret == "locked" else (),
    )


def _make_case(world: World, name: str, client: str, *, own: bool, live: bool) -> Target:
    helper = {"helper": str(world.caller.member.uuid)} if own else {}
    target = Target(name, "", MARKS[name], own, live)
    uuid = make_record(
        world.admin, "cases", **target.values, client=client, kind="One", **helper
    ).record.uuid
    schema, where = world.admin.schema("cases"), Address(uuid)
    attach_file(world.admin.author, schema, where, target.file, "text/plain", BytesIO(b"Text"), 4)
    if not live:
        archive(world.admin, "cases", uuid)
    return replace(target, uuid=uuid)


def _save_views(world: World) -> None:
    """A view that everybody may look at, though not at all of it, and a private one."""
    author, schema = world.admin.author, world.admin.schema("cases")
    secret = schema.by_name["secret"]
    clause = {"field": f'"custom"::{secret.uuid}', "condition": "is_blank", "value": False}
    found = {"query": [{"filters": [clause]}], "note": secret.display_name}
    column = {"field": secret.uuid, "label": secret.display_name}
    parts = {
        Part.FILTER: found,
        Part.QUICK_FILTER: found,
        Part.COLUMNS: {"columns": [column, {"field": "note"}], "ordering": "-secret"},
    }
    view = create_view(author, schema, name="Watched", parts=parts)
    private = create_view(author, schema, name="Mine", parts=parts, sharing=Sharing(True))
    world.ids |= {
        "view": str(view.uuid),
        "private": str(private.uuid),
        "role": str(world.admin.member.role.uuid),
        "layout": str(object_layout(author, schema).uuid),
        "vaults layout": str(object_layout(author, world.admin.schema("vaults")).uuid),
    }


def _name_definitions(world: World) -> None:
    schema, vaults = world.admin.schema("cases"), world.admin.schema("vaults")
    fields = schema.by_name
    stages = sorted(fields["stage"].options.values(), key=lambda stage: stage.order)
    world.ids |= {
        "cases": schema.uuid,
        "vaults": vaults.uuid,
        "vaults field": vaults.by_name["name"].uuid,
        "note field": fields["note"].uuid,
        "secret field": fields["secret"].uuid,
        "mirror": world.admin.schema("clients").by_name["matters"].uuid,
        "stage": stages[1].uuid,
        "first stage": stages[0].uuid,
        "admin": str(world.admin.member.uuid),
        "category": fields["note"].category_uuid,
        **{f"option {option.name}": option.uuid for option in fields["kind"].options.values()},
        **{
            f"hushed option {option.name}": option.uuid
            for option in fields["hushed_kind"].options.values()
        },
    }
