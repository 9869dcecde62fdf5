"""The search table with its index."""

import django.db.models.deletion
from django.db import migrations, models

from zabota.patients.migrations._search_index import create_index, drop_index


class Migration(migrations.Migration):
    dependencies = [("patients", "0001_initial"), ("clinic", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                (
                    "patient",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="patients.patient",
                    ),
                ),
                ("branch_id", models.BigIntegerField(null=True)),
                ("text", models.TextField()),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.clinic"
                    ),
                ),
            ],
        ),
        migrations.RunPython(create_index, drop_index),
    ]
