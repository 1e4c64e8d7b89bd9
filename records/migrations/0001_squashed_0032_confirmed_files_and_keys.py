"""What 0001 to 0032 come to, in one step: a new database gets its tables in a second instead of fifteen."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from django.conf import settings
from django.db import migrations
from django.db.migrations.state import ProjectState

from records import migrations as written

LAST = "0032"
# Of these the SQL of one engine alone, which the models' state does not hold.
WITH_SQL = ("0002_postgresql_search", "0012_unchanged_objects", "0020_change_feed")


def _load(name: str) -> Any:
    return import_module(f"{written.__name__}.{name}").Migration


REPLACED = sorted(
    module.name
    for module in iter_modules(written.__path__)
    if module.name[:4].isdigit() and module.name[:4] <= LAST and "_squashed_" not in module.name
)


def _models() -> list[migrations.CreateModel]:
    """Each model as the last of them leaves it, with its indexes and constraints."""
    state = ProjectState()
    for name in REPLACED:
        _load(name)(name, "records").mutate_state(state, preserve=False)
    return [
        migrations.CreateModel(
            model.name, list(model.fields.items()), model.options, model.bases, model.managers
        )
        for model in state.models.values()
    ]


def _statements() -> list[migrations.RunPython]:
    operations = [operation for name in WITH_SQL for operation in _load(name).operations]
    return [each for each in operations if isinstance(each, migrations.RunPython)]


class Migration(migrations.Migration):
    """Tables that name each other are made with their last columns at once, so no order among them is needed."""

    replaces = [("records", name) for name in REPLACED]
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [*_models(), *_statements()]

    def apply(self, project_state: Any, schema_editor: Any, collect_sql: bool = False) -> Any:
        """Django would make all models anew after each step of the state; here they are made once, at the end."""
        if collect_sql:
            return super().apply(project_state, schema_editor, collect_sql)
        vars(project_state).pop("apps", None)
        self.mutate_state(project_state, preserve=False)
        for operation in self.operations:
            operation.database_forwards("records", schema_editor, project_state, project_state)
        return project_state
