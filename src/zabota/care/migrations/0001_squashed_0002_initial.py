"""All tables of this room at once: the short way of a new database; a database of before goes the long way."""

import django.db.models.deletion
import zabota.kernel.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('care', '0001_initial'), ('care', '0002_initial')]

    initial = True

    dependencies = [
        ('clinic', '0001_squashed_0004_sensitive_branches'),
        ('patients', '0001_squashed_0004_address'),
    ]

    operations = [
        migrations.CreateModel(
            name='Plan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=zabota.kernel.ids.new_public_id, editable=False, max_length=22, unique=True)),
                ('title', models.CharField(max_length=200, verbose_name='название')),
                ('state', models.CharField(choices=[('proposed', 'предложен'), ('agreed', 'согласован'), ('in_progress', 'идёт'), ('finished', 'завершён'), ('declined', 'отказ'), ('abandoned', 'прерван')], default='proposed', max_length=12)),
                ('total_kopecks', models.BigIntegerField(default=0)),
                ('proposed_on', models.DateField()),
                ('agreed_on', models.DateField(blank=True, null=True)),
                ('ended_on', models.DateField(blank=True, null=True)),
                ('system', models.CharField(blank=True, default='', max_length=40)),
                ('ext_id', models.CharField(blank=True, default='', max_length=80)),
                ('import_batch_id', models.BigIntegerField(blank=True, null=True)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('doctor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.doctor')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='plans', to='patients.patient')),
            ],
            options={
                'indexes': [models.Index(fields=['patient', 'state'], name='plan_patient'), models.Index(fields=['import_batch_id'], name='plan_batch')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ext_id', ''), _negated=True), fields=('clinic', 'system', 'ext_id'), name='plan_ext_once')],
            },
        ),
        migrations.CreateModel(
            name='PlanStage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('title', models.CharField(max_length=200, verbose_name='этап')),
                ('price_kopecks', models.BigIntegerField(default=0)),
                ('done_on', models.DateField(blank=True, null=True)),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stages', to='care.plan')),
                ('service', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.service')),
            ],
            options={
                'ordering': ['position'],
                'constraints': [models.UniqueConstraint(fields=('plan', 'position'), name='stage_position_once')],
            },
        ),
    ]
