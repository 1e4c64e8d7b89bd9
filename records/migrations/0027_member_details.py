"""What a workspace knows of its members beside name and email, and emails that may be blank."""

import django.db.models.functions.text
import django.utils.timezone
from django.db import migrations, models
from django.db.models import F

from records.migrations import _locking


def _unchanged_since_made(apps, schema_editor):
    apps.get_model("records", "Member").objects.update(updated_at=F("created_at"))


class Migration(_locking.Migration):
    dependencies = [
        ("records", "0026_saved_views"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="member",
            name="member_email_unique",
        ),
        migrations.AddField(
            model_name="historicalmember",
            name="date_of_birth",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="historicalmember",
            name="external_id",
            field=models.CharField(
                blank=True,
                default="",
                help_text="What another system calls the member.",
                max_length=255,
            ),
        ),
        migrations.AddField(
            model_name="historicalmember",
            name="labels",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="historicalmember",
            name="locale",
            field=models.CharField(
                blank=True,
                default="",
                help_text="A language tag, such as en or pt-BR.",
                max_length=35,
            ),
        ),
        migrations.AddField(
            model_name="historicalmember",
            name="phone",
            field=models.CharField(
                blank=True, default="", help_text="In E.164 form.", max_length=32
            ),
        ),
        migrations.AddField(
            model_name="historicalmember",
            name="tos_accepted_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="terms accepted at"
            ),
        ),
        migrations.AddField(
            model_name="historicalmember",
            name="updated_at",
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddField(
            model_name="member",
            name="date_of_birth",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="member",
            name="external_id",
            field=models.CharField(
                blank=True,
                default="",
                help_text="What another system calls the member.",
                max_length=255,
            ),
        ),
        migrations.AddField(
            model_name="member",
            name="labels",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="member",
            name="locale",
            field=models.CharField(
                blank=True,
                default="",
                help_text="A language tag, such as en or pt-BR.",
                max_length=35,
            ),
        ),
        migrations.AddField(
            model_name="member",
            name="phone",
            field=models.CharField(
                blank=True, default="", help_text="In E.164 form.", max_length=32
            ),
        ),
        migrations.AddField(
            model_name="member",
            name="tos_accepted_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="terms accepted at"
            ),
        ),
        migrations.AddField(
            model_name="member",
            name="updated_at",
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AlterField(
            model_name="historicalmember",
            name="email",
            field=models.EmailField(blank=True, default="", max_length=254),
        ),
        migrations.AlterField(
            model_name="member",
            name="email",
            field=models.EmailField(blank=True, default="", max_length=254),
        ),
        migrations.RunPython(_unchanged_since_made, migrations.RunPython.noop, elidable=True),
        migrations.AddIndex(
            model_name="member",
            index=models.Index(fields=["workspace", "phone"], name="member_phone"),
        ),
        migrations.AddConstraint(
            model_name="member",
            constraint=models.UniqueConstraint(
                models.F("workspace"),
                django.db.models.functions.text.Lower("email"),
                condition=models.Q(("email", ""), _negated=True),
                name="member_email_unique",
            ),
        ),
        migrations.AddConstraint(
            model_name="member",
            constraint=models.UniqueConstraint(
                condition=models.Q(("external_id", ""), _negated=True),
                fields=("workspace", "external_id"),
                name="member_external_id_unique",
            ),
        ),
        migrations.AddConstraint(
            model_name="member",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("email", ""), _negated=True),
                    models.Q(("phone", ""), _negated=True),
                    models.Q(("external_id", ""), _negated=True),
                    _connector="OR",
                ),
                name="member_is_named",
                violation_error_message="One of email, phone and external id is needed.",
            ),
        ),
    ]
