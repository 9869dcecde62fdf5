"""All tables of this room at once: the short way of a new database; a database of before goes the long way."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('kernel', '0001_initial'), ('kernel', '0002_workers_seen')]

    initial = True

    dependencies = [
        ('clinic', '0001_squashed_0004_sensitive_branches'),
    ]

    operations = [
        migrations.CreateModel(
            name='WorkerSeen',
            fields=[
                ('worker', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('started_at', models.DateTimeField()),
                ('seen_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Fact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=80)),
                ('clinic_id', models.BigIntegerField(null=True)),
                ('payload', models.JSONField()),
                ('happened_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['kind', 'happened_at'], name='fact_kind_at')],
            },
        ),
        migrations.CreateModel(
            name='JobLease',
            fields=[
                ('job_id', models.UUIDField(primary_key=True, serialize=False)),
                ('task_path', models.CharField(max_length=200)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('leased_until', models.DateTimeField(null=True)),
                ('worker', models.CharField(blank=True, default='', max_length=64)),
                ('parked_at', models.DateTimeField(null=True)),
                ('reason', models.TextField(blank=True, default='')),
            ],
            options={
                'indexes': [models.Index(fields=['leased_until'], name='lease_until'), models.Index(fields=['parked_at'], name='lease_parked')],
            },
        ),
        migrations.CreateModel(
            name='ScheduledRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('due_at', models.DateTimeField()),
                ('job_id', models.UUIDField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('name', 'due_at'), name='scheduled_once')],
            },
        ),
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('clinic_id', models.BigIntegerField(null=True)),
                ('actor_kind', models.CharField(blank=True, default='', max_length=20)),
                ('action', models.CharField(max_length=80)),
                ('object_type', models.CharField(max_length=80)),
                ('object_id', models.CharField(max_length=40)),
                ('patient_id', models.BigIntegerField(null=True)),
                ('details', models.JSONField(blank=True, default=dict)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['clinic_id', '-at'], name='audit_clinic_at'), models.Index(fields=['patient_id', '-at'], name='audit_patient_at'), models.Index(fields=['action', '-at'], name='audit_action_at'), models.Index(fields=['actor', '-at'], name='audit_actor_at')],
            },
        ),
        migrations.CreateModel(
            name='FactDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('handler', models.CharField(max_length=160)),
                ('state', models.CharField(choices=[('waiting', 'ждёт'), ('done', 'выполнено'), ('parked', 'отложено с причиной')], default='waiting', max_length=10)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('try_at', models.DateTimeField()),
                ('leased_until', models.DateTimeField(null=True)),
                ('reason', models.TextField(blank=True, default='')),
                ('done_at', models.DateTimeField(null=True)),
                ('fact', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='kernel.fact')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['try_at', 'id'], name='delivery_due'), models.Index(fields=['state'], name='delivery_state')],
                'constraints': [models.UniqueConstraint(fields=('fact', 'handler'), name='fact_once_per_handler')],
            },
        ),
    ]
