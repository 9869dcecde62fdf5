"""All tables of this room at once: the short way of a new database; a database of before goes the long way."""

import django.db.models.deletion
import zabota.kernel.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('intake', '0001_initial'), ('intake', '0002_what_a_load_wrote')]

    initial = True

    dependencies = [
        ('clinic', '0001_squashed_0004_sensitive_branches'),
    ]

    operations = [
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=zabota.kernel.ids.new_public_id, editable=False, max_length=22, unique=True)),
                ('state', models.CharField(choices=[('uploaded', 'файл получен'), ('mapped', 'столбцы выбраны'), ('checking', 'идёт проверка'), ('checked', 'проверен'), ('loading', 'идёт загрузка'), ('loaded', 'загружен'), ('failed', 'не загружен'), ('undoing', 'идёт отмена'), ('undone', 'отменён')], default='uploaded', max_length=10)),
                ('system', models.CharField(default='file', max_length=40)),
                ('is_complete', models.BooleanField(default=True)),
                ('mapping', models.JSONField(null=True)),
                ('facts', models.JSONField(default=dict)),
                ('preview', models.JSONField(default=dict)),
                ('result', models.JSONField(default=dict)),
                ('stage', models.CharField(blank=True, default='', max_length=40)),
                ('done_rows', models.PositiveIntegerField(default=0)),
                ('total_rows', models.PositiveIntegerField(default=0)),
                ('error', models.TextField(blank=True, default='')),
                ('created_at', models.DateTimeField()),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('branch', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.branch')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['clinic', '-created_at'], name='batch_recent')],
            },
        ),
        migrations.CreateModel(
            name='BatchFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=255)),
                ('stored', models.CharField(max_length=120)),
                ('size_bytes', models.BigIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='files', to='intake.batch')),
            ],
            options={
                'indexes': [models.Index(fields=['sha256'], name='batchfile_hash')],
            },
        ),
        migrations.CreateModel(
            name='Change',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('created', 'создано'), ('updated', 'изменено'), ('vanished', 'исчезло'), ('removed', 'убрано')], max_length=8)),
                ('model', models.CharField(max_length=60)),
                ('object_id', models.BigIntegerField()),
                ('before', models.JSONField(blank=True, default=dict)),
                ('after', models.JSONField(blank=True, null=True)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='intake.batch')),
            ],
            options={
                'indexes': [models.Index(fields=['batch', 'model', 'kind'], name='change_batch'), models.Index(fields=['model', 'object_id'], name='change_of_row')],
            },
        ),
        migrations.CreateModel(
            name='RowIssue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file_index', models.PositiveSmallIntegerField(default=0)),
                ('row', models.PositiveIntegerField()),
                ('column', models.CharField(blank=True, default='', max_length=120)),
                ('code', models.CharField(max_length=40)),
                ('value', models.CharField(blank=True, default='', max_length=200)),
                ('text', models.CharField(max_length=300)),
                ('is_refusal', models.BooleanField(default=True)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='issues', to='intake.batch')),
            ],
            options={
                'indexes': [models.Index(fields=['batch', 'is_refusal', 'code'], name='issue_batch')],
            },
        ),
        migrations.CreateModel(
            name='SavedMapping',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='название')),
                ('signature', models.CharField(max_length=64)),
                ('preset', models.CharField(blank=True, default='', max_length=40)),
                ('data', models.JSONField()),
                ('saved_at', models.DateTimeField()),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('saved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('clinic', 'signature'), name='mapping_once')],
            },
        ),
    ]
