"""Unguessable ids for people of the clinic and groups of services: filled before they must be unique."""

from django.db import migrations, models

import zabota.kernel.ids


def fill(apps, schema_editor):
    for name in ("Member", "ServiceGroup"):
        model = apps.get_model("clinic", name)
        for row in model.objects.filter(public_id=None):
            row.public_id = zabota.kernel.ids.new_public_id()
            row.save(update_fields=["public_id"])


def column(**options):
    return models.CharField(default=zabota.kernel.ids.new_public_id, editable=False, max_length=22, **options)


class Migration(migrations.Migration):
    dependencies = [("clinic", "0002_first_password_and_second_factor")]

    operations = [
        migrations.AddField("member", "public_id", models.CharField(null=True, editable=False, max_length=22)),
        migrations.AddField("servicegroup", "public_id", models.CharField(null=True, editable=False, max_length=22)),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField("member", "public_id", column(unique=True)),
        migrations.AlterField("servicegroup", "public_id", column(unique=True)),
    ]
