"""`python -m tests.management.stored`: the labels and versions of all records, in the order of their numbers."""

from __future__ import annotations

import json
import os

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "records_project.settings")
    django.setup()
    from records.models import Field, Record

    label = str(Field.objects.get(name="label").id)
    found = [(record.values[label], record.version) for record in Record.objects.all()]
    print(json.dumps(sorted(found, key=lambda pair: int(pair[0].split()[1]))))  # noqa: T201 (its output is its use)


if __name__ == "__main__":
    main()
