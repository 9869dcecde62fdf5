"""The owner is told of a text that cannot be written as of an account that does not work."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0006_short_answers")]

    operations = [
        migrations.AlterField(
            model_name="channeltrouble",
            name="account",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="troubles",
                to="messaging.channelaccount",
            ),
        ),
        migrations.AddField(
            model_name="channeltrouble",
            name="template",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="troubles",
                to="messaging.template",
            ),
        ),
        migrations.AddField(
            model_name="channeltrouble", name="last_at", field=models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddConstraint(
            model_name="channeltrouble",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("template",), name="trouble_of_text_open_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="channeltrouble",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("account__isnull", False), ("template__isnull", True)),
                    models.Q(("account__isnull", True), ("template__isnull", False)),
                    _connector="OR",
                ),
                name="trouble_of_one",
            ),
        ),
    ]
