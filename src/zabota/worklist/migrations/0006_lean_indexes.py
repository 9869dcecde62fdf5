import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from zabota.kernel.lean import WithoutIndex


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0007_visits_covered"),
        ("clinic", "0004_sensitive_branches"),
        ("patients", "0004_address"),
        ("worklist", "0005_neutral_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="task",
            name="task_patient_open",
        ),
        migrations.RemoveIndex(
            model_name="task",
            name="task_closed",
        ),
        migrations.RemoveIndex(
            model_name="task",
            name="task_patient",
        ),
        migrations.RemoveIndex(
            model_name="taskevent",
            name="event_task",
        ),
        WithoutIndex(
            model_name="task",
            name="appointment",
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
            model_name="task",
            name="clinic",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.clinic"
            ),
        ),
        WithoutIndex(
            model_name="task",
            name="closed_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        WithoutIndex(
            model_name="task",
            name="escalated_from",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="worklist.task",
            ),
        ),
        WithoutIndex(
            model_name="task",
            name="patient",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="tasks", to="patients.patient"
            ),
        ),
        WithoutIndex(
            model_name="taskevent",
            name="clinic",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.clinic"
            ),
        ),
        WithoutIndex(
            model_name="taskevent",
            name="contact",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="patients.contact",
            ),
        ),
        WithoutIndex(
            model_name="taskevent",
            name="member",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="clinic.member",
            ),
        ),
        WithoutIndex(
            model_name="taskevent",
            name="script",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="worklist.script",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["patient", "state"], name="task_of_patient"),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", False)), fields=["clinic", "closed_at"], name="task_closed_at"
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("appointment__isnull", False)), fields=["appointment"], name="task_appointment"
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("closed_by__isnull", False)), fields=["closed_by"], name="task_closed_by"
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("escalated_from__isnull", False)), fields=["escalated_from"], name="task_escalated"
            ),
        ),
        migrations.AddIndex(
            model_name="taskevent",
            index=models.Index(condition=models.Q(("member__isnull", False)), fields=["member"], name="event_member"),
        ),
        migrations.AddIndex(
            model_name="taskevent",
            index=models.Index(
                condition=models.Q(("contact__isnull", False)), fields=["contact"], name="event_contact"
            ),
        ),
        migrations.AddIndex(
            model_name="taskevent",
            index=models.Index(condition=models.Q(("script__isnull", False)), fields=["script"], name="event_script"),
        ),
    ]
