from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("booking", "0006_feed_keeps_no_reads"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="appointment", name="appt_visits"),
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(fields=["patient", "status", "day", "total_kopecks"], name="appt_visits"),
        ),
    ]
