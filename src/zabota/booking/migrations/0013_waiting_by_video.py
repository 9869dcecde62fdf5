"""Who waits says whether the visit is to be in the clinic or by video."""

from django.db import migrations, models


def as_their_appointment(apps, schema_editor):
    """Whoever waits instead of a visit by video waits for one by video."""
    entries = apps.get_model("booking", "WaitlistEntry")
    entries.objects.filter(appointment__kind="online").update(kind="online")


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0012_neutral_states"),
    ]

    operations = [
        migrations.AddField(
            model_name="waitlistentry",
            name="kind",
            field=models.CharField(
                choices=[("in_person", "в клинике"), ("online", "по видео")], default="in_person", max_length=9
            ),
        ),
        migrations.RunPython(as_their_appointment, migrations.RunPython.noop, elidable=True),
    ]
