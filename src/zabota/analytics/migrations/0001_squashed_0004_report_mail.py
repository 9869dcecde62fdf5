"""All tables of this room at once: the short way of a new database; a database of before goes the long way."""

import django.db.models.deletion
import zabota.kernel.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('analytics', '0001_initial'), ('analytics', '0002_initial'), ('analytics', '0003_questions_and_people'), ('analytics', '0004_report_mail')]

    initial = True

    dependencies = [
        ('clinic', '0001_squashed_0004_sensitive_branches'),
    ]

    operations = [
        migrations.CreateModel(
            name='StoredReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=zabota.kernel.ids.new_public_id, editable=False, max_length=22, unique=True)),
                ('kind', models.CharField(max_length=20)),
                ('scope', models.CharField(blank=True, default='', max_length=400)),
                ('key', models.CharField(blank=True, default='', max_length=64)),
                ('params', models.JSONField(blank=True, default=dict)),
                ('as_of', models.DateField()),
                ('computed_at', models.DateTimeField()),
                ('data', models.JSONField()),
                ('html', models.TextField(blank=True, default='')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='clinic.clinic')),
            ],
            options={
                'indexes': [models.Index(fields=['clinic', 'kind', '-computed_at'], name='report_recent'), models.Index(fields=['clinic', 'kind', 'scope', 'key', '-computed_at'], name='report_asked')],
            },
        ),
        migrations.CreateModel(
            name='Behind',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.SmallIntegerField()),
                ('title', models.CharField(max_length=300)),
                ('count', models.PositiveIntegerField()),
                ('patients', models.BinaryField()),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='clinic.clinic')),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='behind', to='analytics.storedreport')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('report', 'place'), name='behind_once')],
            },
        ),
        migrations.CreateModel(
            name='GoalAction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('origin', models.CharField(choices=[('worklist', 'Очередь'), ('scenario', 'Сценарий'), ('experiment', 'Эксперимент'), ('improvement', 'Улучшение')], max_length=12)),
                ('code', models.CharField(max_length=60)),
                ('title', models.CharField(max_length=200)),
                ('first_on', models.DateField()),
                ('last_on', models.DateField()),
                ('people', models.PositiveIntegerField()),
                ('returned', models.PositiveIntegerField()),
                ('control_people', models.PositiveIntegerField(blank=True, null=True)),
                ('control_returned', models.PositiveIntegerField(blank=True, null=True)),
                ('revenue_kopecks', models.BigIntegerField(default=0)),
                ('cost_kopecks', models.BigIntegerField(default=0)),
                ('counted_at', models.DateTimeField()),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='clinic.clinic')),
            ],
            options={
                'indexes': [models.Index(fields=['clinic', '-first_on'], name='action_recent')],
                'constraints': [models.UniqueConstraint(fields=('clinic', 'origin', 'code', 'first_on'), name='action_once_a_month'), models.CheckConstraint(condition=models.Q(('returned__lte', models.F('people'))), name='action_returned')],
            },
        ),
        migrations.CreateModel(
            name='ReportMail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('span', models.CharField(choices=[('weekly', 'по понедельникам'), ('monthly', 'первого числа')], max_length=7)),
                ('asked_at', models.DateTimeField()),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='clinic.member')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('member', 'span'), name='report_mail_once')],
            },
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=zabota.kernel.ids.new_public_id, editable=False, max_length=22, unique=True)),
                ('page', models.CharField(max_length=20)),
                ('name', models.CharField(max_length=80, verbose_name='название')),
                ('query', models.CharField(blank=True, default='', max_length=1000)),
                ('saved_at', models.DateTimeField()),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='clinic.clinic')),
                ('saved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(fields=('clinic', 'page', 'name'), name='view_name_once')],
            },
        ),
    ]
