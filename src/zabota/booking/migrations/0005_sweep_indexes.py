import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("booking", "0004_imported_origin"),
    ]

    operations = [
        migrations.AlterField(
            model_name="appointmentservice",
            name="appointment",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="booking.appointment"
            ),
        ),
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(
                condition=models.Q(("status", "completed")),
                fields=["patient", "day", "total_kopecks"],
                name="appt_visits",
            ),
        ),
        migrations.AddIndex(
            model_name="appointmentservice",
            index=models.Index(fields=["appointment", "service"], name="line_of_visit"),
        ),
    ]
