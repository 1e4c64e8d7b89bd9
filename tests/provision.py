"""Fills a migrated database for a server that tests call: `python -m tests.provision` prints who
may call, and ids."""

from __future__ import annotations

import json
import os

import django

OBJECTS = ("companies", "people", "deals")


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "records_project.settings")
    django.setup()
    print(json.dumps(provide()))  # noqa: T201 (its output is what it is for)


def provide() -> dict[str, object]:
    """A workspace with companies (a field for each of sixteen writers), people who work there, and
    deals."""
    from .factories import FieldDefinition, make_object, make_relation, make_workspace

    admin = make_workspace(time_zone="Europe/Paris")
    columns = [FieldDefinition(f"Column {at}", "text") for at in range(16)]
    more = [
        ("Counter", "integer"),
        ("Labels", "dynamictags"),
        ("Note", "longtext"),
        ("Born", "datetime"),
    ]
    kept_apart = FieldDefinition("Code", "text", is_unique=True)
    fields = [*columns, *(FieldDefinition(*named) for named in more), kept_apart]
    make_object(admin, "Companies", *fields)
    make_object(admin, "People", FieldDefinition("Papers", "files"))
    make_object(admin, "Notes", is_open=True)
    make_object(admin, "Deals", object_type="pipeline")
    make_relation(admin, "people", "Employer", "companies", "primary", "Staff")
    make_relation(admin, "companies", "Adviser", "people", "primary", "Advises")
    ids = {
        f"{name}.{spec.name}": spec.uuid
        for name in OBJECTS
        for spec in admin.schema(name).all_fields.values()
    }
    headers = {
        "X-API-KEY": admin.secret,
        "X-BUSINESS-ID": str(admin.workspace.uuid),
        "X-USER-ID": str(admin.member.uuid),
    }
    return {"headers": headers, "ids": ids}


if __name__ == "__main__":
    main()
