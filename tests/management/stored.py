"""`python -m tests.management.stored OBJECT`: the labels and versions of its records, in order, and
what is wrong."""

from __future__ import annotations

import json
import os
import sys

import django


def main(name: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "records_project.settings")
    django.setup()
    from records.models import Field, Record, Workspace
    from records.services.storage.integrity import check_records

    label = str(Field.objects.get(object__name=name, name="label").id)
    found = [
        (record.values[label], record.version)
        for record in Record.objects.filter(object__name=name)
    ]
    wrong = [difference.what for difference in check_records(Workspace.objects.get())]
    records = sorted(found, key=lambda pair: int(pair[0].split()[1]))
    print(json.dumps({"records": records, "differences": wrong}))  # noqa: T201 (its output is its use)


if __name__ == "__main__":
    main(sys.argv[1])
