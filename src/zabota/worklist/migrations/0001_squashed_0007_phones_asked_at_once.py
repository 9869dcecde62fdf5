"""All tables of this room at once: the short way of a new database; a database of before goes the long way."""

import django.db.models.deletion
import zabota.kernel.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('worklist', '0001_initial'), ('worklist', '0002_working_the_queue'), ('worklist', '0003_queue_covered'), ('worklist', '0004_tasks_come_forward'), ('worklist', '0005_neutral_words'), ('worklist', '0006_lean_indexes'), ('worklist', '0007_phones_asked_at_once')]

    initial = True

    dependencies = [
        ('booking', '0001_squashed_0010_holders'),
        ('clinic', '0001_squashed_0004_sensitive_branches'),
        ('patients', '0001_squashed_0004_address'),
    ]

    operations = [
        migrations.CreateModel(
            name='Script',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(choices=[('recall_due', 'Пора на профилактику'), ('no_next_step', 'После визита нет следующего шага'), ('not_started', 'Консультация без лечения'), ('plan_paused', 'Лечение не продолжено'), ('no_show', 'Неявка, новой записи нет'), ('cancelled', 'Визит отменён, новой записи нет'), ('vanished', 'Запись исчезла из выгрузки'), ('referred', 'Направление в другую клинику'), ('sleeping', 'Давно нет визитов'), ('lost', 'Нет визитов больше года'), ('new_without_visit', 'Обращение без визита'), ('call_back', 'Просьба перезвонить'), ('manual', 'Поставлена вручную'), ('refusal_review', 'Отказ после консультации: разобраться'), ('find_contact', 'Найти контакт')], max_length=20)),
                ('version', models.PositiveIntegerField(default=1)),
                ('title', models.CharField(max_length=120)),
                ('text', models.TextField()),
                ('advice', models.TextField(blank=True, default='')),
                ('is_current', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('clinic', 'reason', 'version'), name='script_version'), models.UniqueConstraint(condition=models.Q(('is_current', True)), fields=('clinic', 'reason'), name='script_current_once')],
            },
        ),
        migrations.CreateModel(
            name='Task',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=zabota.kernel.ids.new_public_id, editable=False, max_length=22, unique=True)),
                ('reason', models.CharField(choices=[('recall_due', 'Пора на профилактику'), ('no_next_step', 'После визита нет следующего шага'), ('not_started', 'Консультация без лечения'), ('plan_paused', 'Лечение не продолжено'), ('no_show', 'Неявка, новой записи нет'), ('cancelled', 'Визит отменён, новой записи нет'), ('vanished', 'Запись исчезла из выгрузки'), ('referred', 'Направление в другую клинику'), ('sleeping', 'Давно нет визитов'), ('lost', 'Нет визитов больше года'), ('new_without_visit', 'Обращение без визита'), ('call_back', 'Просьба перезвонить'), ('manual', 'Поставлена вручную'), ('refusal_review', 'Отказ после консультации: разобраться'), ('find_contact', 'Найти контакт')], max_length=20)),
                ('summary', models.CharField(max_length=300)),
                ('state', models.CharField(choices=[('open', 'открыта'), ('closed', 'закрыта')], default='open', max_length=6)),
                ('due_at', models.DateTimeField()),
                ('hidden_until', models.DateTimeField(blank=True, null=True)),
                ('value_kopecks', models.BigIntegerField(default=0)),
                ('chance', models.FloatField(default=0)),
                ('stake_kopecks', models.BigIntegerField(default=0)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('is_urgent', models.BooleanField(db_default=False, default=False)),
                ('promised_at', models.DateTimeField(blank=True, null=True)),
                ('version', models.PositiveIntegerField(db_default=0, default=0)),
                ('dedupe_key', models.CharField(max_length=120, unique=True)),
                ('created_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('outcome', models.CharField(blank=True, choices=[('booked', 'Дозвонились, есть запись'), ('call_back', 'Перезвонить'), ('thinks', 'Думает'), ('refused', 'Отказ'), ('no_answer', 'Нет ответа'), ('wrong_number', 'Чужой номер'), ('resolved', 'Вопрос решён'), ('booked_elsewhere', 'Запись без нашего звонка'), ('not_needed', 'Больше не нужно')], default='', max_length=20)),
                ('outcome_reason', models.CharField(blank=True, default='', max_length=40)),
                ('comment', models.CharField(blank=True, default='', max_length=500)),
                ('evidence', models.CharField(blank=True, default='', max_length=200)),
                ('appointment', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='booking.appointment')),
                ('branch', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='clinic.branch')),
                ('clinic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('closed_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('escalated_from', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='worklist.task')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='tasks', to='clinic.member')),
                ('patient', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='patients.patient')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'open')), fields=['clinic', 'owner', 'due_at', 'hidden_until', 'is_urgent', 'stake_kopecks'], name='task_queue'), models.Index(models.F('clinic'), models.F('owner'), models.OrderBy(models.F('stake_kopecks'), descending=True), models.F('id'), condition=models.Q(('state', 'open')), name='task_stake'), models.Index(fields=['patient', 'state'], name='task_of_patient'), models.Index(condition=models.Q(('closed_at__isnull', False)), fields=['clinic', 'closed_at'], name='task_closed_at'), models.Index(condition=models.Q(('appointment__isnull', False)), fields=['appointment'], name='task_appointment'), models.Index(condition=models.Q(('closed_by__isnull', False)), fields=['closed_by'], name='task_closed_by'), models.Index(condition=models.Q(('escalated_from__isnull', False)), fields=['escalated_from'], name='task_escalated')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state', 'open'), models.Q(models.Q(('outcome', ''), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='closed_has_outcome'), models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'booked'), ('state', 'closed'), _negated=True), ('appointment__isnull', False), models.Q(('evidence', ''), _negated=True), _connector='OR'), name='booked_has_evidence')],
            },
        ),
        migrations.CreateModel(
            name='TaskEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('created', 'поставлена'), ('opened', 'открыта'), ('attempt', 'контакт'), ('snoozed', 'отложена'), ('handed', 'передана'), ('taken', 'взята'), ('closed', 'закрыта'), ('reopened', 'открыта снова'), ('assigned', 'распределена'), ('released', 'возвращена в общую очередь'), ('forward', 'приближена'), ('noted', 'дополнена')], max_length=10)),
                ('at', models.DateTimeField()),
                ('outcome', models.CharField(blank=True, choices=[('booked', 'Дозвонились, есть запись'), ('call_back', 'Перезвонить'), ('thinks', 'Думает'), ('refused', 'Отказ'), ('no_answer', 'Нет ответа'), ('wrong_number', 'Чужой номер'), ('resolved', 'Вопрос решён'), ('booked_elsewhere', 'Запись без нашего звонка'), ('not_needed', 'Больше не нужно')], default='', max_length=20)),
                ('outcome_reason', models.CharField(blank=True, default='', max_length=40)),
                ('comment', models.CharField(blank=True, default='', max_length=500)),
                ('seconds', models.PositiveIntegerField(blank=True, null=True)),
                ('before', models.JSONField(blank=True, null=True)),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('clinic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('contact', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='patients.contact')),
                ('member', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='clinic.member')),
                ('script', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='worklist.script')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='worklist.task')),
                ('to_member', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='clinic.member')),
            ],
            options={
                'indexes': [models.Index(fields=['clinic', 'member', 'at'], name='event_member_at'), models.Index(condition=models.Q(('member__isnull', False)), fields=['member'], name='event_member'), models.Index(condition=models.Q(('contact__isnull', False)), fields=['contact'], name='event_contact'), models.Index(condition=models.Q(('script__isnull', False)), fields=['script'], name='event_script'), models.Index(condition=models.Q(('kind', 'attempt')), fields=['clinic', 'at'], name='event_attempt')],
            },
        ),
        migrations.CreateModel(
            name='Absence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_on', models.DateField(verbose_name='с')),
                ('last_on', models.DateField(verbose_name='по')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='absences', to='clinic.member')),
            ],
            options={
                'indexes': [models.Index(fields=['member', 'last_on'], name='absence_member')],
                'constraints': [models.CheckConstraint(condition=models.Q(('last_on__gte', models.F('first_on'))), name='absence_ordered')],
            },
        ),
    ]
