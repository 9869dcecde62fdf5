from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("intake", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="change",
            name="after",
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="change",
            name="kind",
            field=models.CharField(
                choices=[
                    ("created", "создано"),
                    ("updated", "изменено"),
                    ("vanished", "исчезло"),
                    ("removed", "убрано"),
                ],
                max_length=8,
            ),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(fields=["model", "object_id"], name="change_of_row"),
        ),
    ]
