"""The role that new members get."""

from django.db import migrations, models

from records.migrations import _locking


def _is_default():
    return models.BooleanField(
        default=False,
        help_text="New members get this role unless another is chosen. A workspace has one.",
        verbose_name="default for new members",
    )


def choose(apps, schema_editor):
    """The role that each workspace was made with for its members, where it is still there."""
    roles = apps.get_model("records", "Role").objects
    roles.filter(name="Member", is_admin=False).update(is_default=True)


class Migration(_locking.Migration):
    dependencies = [("records", "0024_merging")]

    operations = [
        migrations.AddField("role", "is_default", _is_default()),
        migrations.AddField("historicalrole", "is_default", _is_default()),
        migrations.AddConstraint(
            "role",
            models.UniqueConstraint(
                condition=models.Q(("is_default", True)),
                fields=("workspace",),
                name="role_default_unique",
            ),
        ),
        migrations.RunPython(choose, migrations.RunPython.noop),
    ]
