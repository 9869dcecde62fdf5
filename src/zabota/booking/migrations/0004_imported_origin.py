from django.db import migrations


def mark_imported(apps, schema_editor):
    """What has an id of another system was not booked at our desk."""
    rows = apps.get_model("booking", "Appointment")._base_manager
    rows.exclude(ext_id="").update(origin="import")


class Migration(migrations.Migration):

    dependencies = [("booking", "0003_schedule")]
    operations = [migrations.RunPython(mark_imported, migrations.RunPython.noop, elidable=True)]
