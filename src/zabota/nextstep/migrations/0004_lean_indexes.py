import django.db.models.deletion
from django.db import migrations, models

from zabota.kernel.lean import WithoutIndex


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0007_visits_covered"),
        ("clinic", "0004_sensitive_branches"),
        ("nextstep", "0003_leaner_states"),
        ("patients", "0004_address"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="patientstate",
            name="state_sleeping",
        ),
        migrations.RemoveIndex(
            model_name="typechange",
            name="change_patient",
        ),
        WithoutIndex(
            model_name="patientstate",
            name="group",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="clinic.servicegroup",
            ),
        ),
        WithoutIndex(
            model_name="recall",
            name="booked",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="booking.appointment",
            ),
        ),
        WithoutIndex(
            model_name="swepttask",
            name="clinic",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.clinic"
            ),
        ),
        migrations.AddIndex(
            model_name="recall",
            index=models.Index(condition=models.Q(("booked__isnull", False)), fields=["booked"], name="recall_booked"),
        ),
        migrations.AddIndex(
            model_name="typechange",
            index=models.Index(fields=["patient"], name="change_of_patient"),
        ),
    ]
