"""Whether a patient has a phone is asked where it is shown; a mark in the task outlived the number that was found."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("worklist", "0006_lean_indexes")]

    operations = [
        migrations.RemoveField(model_name="task", name="needs_contact"),
        migrations.AlterField(
            model_name="taskevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("created", "поставлена"),
                    ("opened", "открыта"),
                    ("attempt", "контакт"),
                    ("snoozed", "отложена"),
                    ("handed", "передана"),
                    ("taken", "взята"),
                    ("closed", "закрыта"),
                    ("reopened", "открыта снова"),
                    ("assigned", "распределена"),
                    ("released", "возвращена в общую очередь"),
                    ("forward", "приближена"),
                    ("noted", "дополнена"),
                ],
                max_length=10,
            ),
        ),
    ]
