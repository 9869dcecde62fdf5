import django.db.models.deletion
import zabota.kernel.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('booking', '0010_holders'),
        ('clinic', '0004_sensitive_branches'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Transfer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=zabota.kernel.ids.new_public_id, editable=False, max_length=22, unique=True)),
                ('there_at', models.DateTimeField(blank=True, null=True)),
                ('made_at', models.DateTimeField()),
                ('by_patient', models.BooleanField(default=False)),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('before_at', models.DateTimeField(blank=True, null=True)),
                ('appointment', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='transfer', to='booking.appointment')),
                ('before_doctor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='clinic.doctor')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='clinic.clinic')),
                ('done_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('there_doctor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='clinic.doctor')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('done_at', None)), fields=['clinic', 'made_at'], name='transfer_open'), models.Index(condition=models.Q(('done_at__isnull', False)), fields=['clinic', 'done_at'], name='transfer_done')],
            },
        ),
    ]
