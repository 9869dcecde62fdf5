from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0007_visits_covered"),
    ]

    operations = [
        migrations.AddField(
            model_name="appointmentservice",
            name="total_kopecks",
            field=models.BigIntegerField(blank=True, null=True),
        ),
    ]
