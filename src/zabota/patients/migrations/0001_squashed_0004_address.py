"""All tables of this room at once: the short way of a new database; a database of before goes the long way."""

import django.db.models.deletion
import zabota.kernel.ids
from django.conf import settings
from django.db import migrations, models

from zabota.patients.migrations._search_index import create_index, drop_index


class Migration(migrations.Migration):

    replaces = [('patients', '0001_initial'), ('patients', '0002_searchentry'), ('patients', '0003_decisions_undone'), ('patients', '0004_address')]

    initial = True

    dependencies = [
        ('clinic', '0001_squashed_0004_sensitive_branches'),
    ]

    operations = [
        migrations.CreateModel(
            name='Household',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=zabota.kernel.ids.new_public_id, editable=False, max_length=22, unique=True)),
                ('phone', models.CharField(blank=True, default='', max_length=16)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
            ],
            options={
                'indexes': [models.Index(fields=['clinic', 'phone'], name='household_phone')],
            },
        ),
        migrations.CreateModel(
            name='Source',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='источник')),
                ('name_key', models.CharField(max_length=120)),
                ('monthly_cost_kopecks', models.BigIntegerField(default=0, verbose_name='затраты в месяц')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(fields=('clinic', 'name_key'), name='source_once')],
            },
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='метка')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(fields=('clinic', 'name'), name='tag_once')],
            },
        ),
        migrations.CreateModel(
            name='Patient',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=zabota.kernel.ids.new_public_id, editable=False, max_length=22, unique=True)),
                ('surname', models.CharField(max_length=100, verbose_name='фамилия')),
                ('name', models.CharField(blank=True, default='', max_length=100, verbose_name='имя')),
                ('patronymic', models.CharField(blank=True, default='', max_length=100, verbose_name='отчество')),
                ('name_key', models.CharField(max_length=310)),
                ('born_on', models.DateField(blank=True, null=True, verbose_name='дата рождения')),
                ('sex', models.CharField(blank=True, choices=[('f', 'женский'), ('m', 'мужской'), ('', 'не указан')], default='', max_length=1, verbose_name='пол')),
                ('card_no', models.CharField(blank=True, default='', max_length=40, verbose_name='номер карты')),
                ('time_zone', models.CharField(blank=True, default='', max_length=40)),
                ('registered_on', models.DateField(blank=True, null=True, verbose_name='с нами с')),
                ('address', models.CharField(blank=True, default='', max_length=300, verbose_name='адрес')),
                ('area', models.CharField(blank=True, default='', max_length=80, verbose_name='район')),
                ('alert', models.CharField(blank=True, default='', max_length=300, verbose_name='важно знать')),
                ('erased_at', models.DateTimeField(blank=True, null=True)),
                ('import_batch_id', models.BigIntegerField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('branch', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='clinic.branch')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('household', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='members', to='patients.household')),
                ('merged_into', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='patients.patient')),
                ('source', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='patients.source')),
                ('tags', models.ManyToManyField(blank=True, related_name='+', to='patients.tag')),
            ],
            options={
                'indexes': [models.Index(fields=['clinic', 'name_key'], name='patient_name_key'), models.Index(fields=['clinic', 'born_on', 'name_key'], name='patient_born'), models.Index(fields=['clinic', 'card_no'], name='patient_card'), models.Index(fields=['household'], name='patient_household'), models.Index(fields=['import_batch_id'], name='patient_batch')],
            },
        ),
        migrations.CreateModel(
            name='ConsentText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(choices=[('processing', 'Обработка персональных данных'), ('advertising', 'Рекламные сообщения'), ('quality_calls', 'Звонки о качестве'), ('special', 'Данные о здоровье в маркетинге')], max_length=20)),
                ('version', models.PositiveIntegerField()),
                ('text', models.TextField()),
                ('text_hash', models.CharField(max_length=64)),
                ('data_list', models.TextField(verbose_name='какие данные')),
                ('actions_list', models.TextField(verbose_name='какие действия')),
                ('processors', models.TextField(blank=True, default='', verbose_name='кому передаются')),
                ('term', models.CharField(max_length=200, verbose_name='срок')),
                ('how_to_revoke', models.CharField(max_length=300, verbose_name='как отозвать')),
                ('operator_name', models.CharField(max_length=200, verbose_name='оператор')),
                ('operator_address', models.CharField(max_length=300, verbose_name='адрес оператора')),
                ('published_at', models.DateTimeField()),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('clinic', 'purpose', 'version'), name='consent_text_version'), models.CheckConstraint(condition=models.Q(models.Q(('text', ''), _negated=True), models.Q(('text_hash', ''), _negated=True), models.Q(('data_list', ''), _negated=True), models.Q(('actions_list', ''), _negated=True), models.Q(('term', ''), _negated=True), models.Q(('how_to_revoke', ''), _negated=True), models.Q(('operator_name', ''), _negated=True), models.Q(('operator_address', ''), _negated=True)), name='consent_text_complete')],
            },
        ),
        migrations.CreateModel(
            name='SearchEntry',
            fields=[
                ('patient', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='patients.patient')),
                ('branch_id', models.BigIntegerField(null=True)),
                ('text', models.TextField()),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
            ],
        ),
        migrations.CreateModel(
            name='Note',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(verbose_name='заметка')),
                ('written_at', models.DateTimeField()),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='patients.patient')),
            ],
            options={
                'indexes': [models.Index(fields=['patient', '-written_at'], name='note_patient')],
            },
        ),
        migrations.CreateModel(
            name='Merge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=zabota.kernel.ids.new_public_id, editable=False, max_length=22, unique=True)),
                ('moved', models.JSONField(default=dict)),
                ('merged_at', models.DateTimeField()),
                ('undone_at', models.DateTimeField(null=True)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('merged_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('absorbed', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='patients.patient')),
                ('kept', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='patients.patient')),
            ],
        ),
        migrations.CreateModel(
            name='DuplicateCandidate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=zabota.kernel.ids.new_public_id, editable=False, max_length=22, unique=True)),
                ('score', models.PositiveSmallIntegerField()),
                ('reasons', models.JSONField(default=list)),
                ('state', models.CharField(choices=[('open', 'ждёт решения'), ('merged', 'объединены'), ('different', 'разные люди')], default='open', max_length=10)),
                ('decided_at', models.DateTimeField(null=True)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('first', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='patients.patient')),
                ('second', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='patients.patient')),
            ],
            options={
                'indexes': [models.Index(fields=['clinic', 'state', '-score'], name='duplicates_open')],
                'constraints': [models.UniqueConstraint(fields=('first', 'second'), name='pair_once'), models.CheckConstraint(condition=models.Q(('first__lt', models.F('second'))), name='pair_ordered')],
            },
        ),
        migrations.CreateModel(
            name='Contact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('phone', 'телефон'), ('email', 'почта')], max_length=5)),
                ('value', models.CharField(max_length=254)),
                ('extension', models.CharField(blank=True, default='', max_length=10, verbose_name='добавочный')),
                ('comment', models.CharField(blank=True, default='', max_length=120, verbose_name='чей, когда звонить')),
                ('reach', models.CharField(choices=[('unknown', 'не проверен'), ('reached', 'дозвонились'), ('no_answer', 'не отвечает'), ('wrong', 'чужой номер'), ('invalid', 'записан с ошибкой')], default='unknown', max_length=10)),
                ('reach_at', models.DateTimeField(blank=True, null=True)),
                ('is_preferred', models.BooleanField(default=False)),
                ('import_batch_id', models.BigIntegerField(blank=True, null=True)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='contacts', to='patients.patient')),
            ],
            options={
                'indexes': [models.Index(fields=['clinic', 'value'], name='contact_value')],
                'constraints': [models.UniqueConstraint(fields=('patient', 'kind', 'value'), name='contact_once')],
            },
        ),
        migrations.CreateModel(
            name='Consent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=zabota.kernel.ids.new_public_id, editable=False, max_length=22, unique=True)),
                ('purpose', models.CharField(choices=[('processing', 'Обработка персональных данных'), ('advertising', 'Рекламные сообщения'), ('quality_calls', 'Звонки о качестве'), ('special', 'Данные о здоровье в маркетинге')], max_length=20)),
                ('channel', models.CharField(blank=True, default='', max_length=12)),
                ('state', models.CharField(choices=[('granted', 'дано'), ('refused', 'отказ'), ('withdrawn', 'отозвано'), ('unproven', 'не подтверждено')], max_length=10)),
                ('text_snapshot', models.TextField(blank=True, default='')),
                ('text_hash', models.CharField(blank=True, default='', max_length=64)),
                ('subject_name', models.CharField(max_length=310)),
                ('subject_contact', models.CharField(blank=True, default='', max_length=254)),
                ('signature', models.CharField(choices=[('paper', 'на бумаге'), ('simple', 'простая электронная подпись'), ('qualified', 'усиленная подпись'), ('oral', 'устно, записано сотрудником'), ('imported', 'из выгрузки')], max_length=10)),
                ('entry', models.CharField(max_length=20)),
                ('decided_at', models.DateTimeField()),
                ('ip', models.GenericIPAddressField(blank=True, null=True)),
                ('user_agent', models.CharField(blank=True, default='', max_length=300)),
                ('actor_kind', models.CharField(blank=True, default='', max_length=20)),
                ('proof', models.CharField(blank=True, default='', max_length=300)),
                ('import_batch_id', models.BigIntegerField(blank=True, null=True)),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('text_version', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='patients.consenttext')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='consents', to='patients.patient')),
            ],
            options={
                'indexes': [models.Index(fields=['patient', 'purpose', 'channel', '-decided_at'], name='consent_latest'), models.Index(fields=['import_batch_id'], name='consent_batch')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state', 'granted'), _negated=True), models.Q(('text_version__isnull', False), models.Q(('text_snapshot', ''), _negated=True), models.Q(('text_hash', ''), _negated=True), models.Q(('subject_name', ''), _negated=True), models.Q(('subject_contact', ''), _negated=True), models.Q(('entry', ''), _negated=True), models.Q(('actor__isnull', False), models.Q(('actor_kind', ''), _negated=True), _connector='OR')), _connector='OR'), name='grant_has_proof'), models.CheckConstraint(condition=models.Q(('undone_at', None), models.Q(('state', 'granted'), _negated=True), _connector='OR'), name='grant_is_not_undone'), models.CheckConstraint(condition=models.Q(('state', 'granted'), ('signature', 'imported'), ('proof', ''), _negated=True), name='import_never_grants')],
            },
        ),
        migrations.CreateModel(
            name='PatientExternalId',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('system', models.CharField(max_length=40)),
                ('ext_id', models.CharField(max_length=64)),
                ('import_batch_id', models.BigIntegerField(blank=True, null=True)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='external_ids', to='patients.patient')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('clinic', 'system', 'ext_id'), name='ext_id_once')],
            },
        ),
        migrations.CreateModel(
            name='Suppression',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('contact_hash', models.CharField(max_length=64)),
                ('reason', models.CharField(max_length=40)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('clinic', 'contact_hash'), name='suppression_once')],
            },
        ),
        migrations.RunPython(create_index, drop_index),
    ]
