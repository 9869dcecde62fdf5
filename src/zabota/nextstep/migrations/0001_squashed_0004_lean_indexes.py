"""All tables of this room at once: the short way of a new database; a database of before goes the long way."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('nextstep', '0001_initial'), ('nextstep', '0002_recalls_and_referrals'), ('nextstep', '0003_leaner_states'), ('nextstep', '0004_lean_indexes')]

    initial = True

    dependencies = [
        ('booking', '0001_squashed_0010_holders'),
        ('clinic', '0001_squashed_0004_sensitive_branches'),
        ('patients', '0001_squashed_0004_address'),
        ('worklist', '0001_squashed_0007_phones_asked_at_once'),
    ]

    operations = [
        migrations.CreateModel(
            name='SweptTask',
            fields=[
                ('task', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='worklist.task')),
                ('known_visit_at', models.DateTimeField(null=True)),
                ('clinic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
            ],
        ),
        migrations.CreateModel(
            name='Thresholds',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('new_days', models.PositiveIntegerField(default=30, verbose_name='новый после первого визита, дней')),
                ('treatment_pause_days', models.PositiveIntegerField(default=180, verbose_name='лечение прервано после, дней')),
                ('sleeping_days', models.PositiveIntegerField(default=270, verbose_name='спит после, дней')),
                ('lost_days', models.PositiveIntegerField(default=365, verbose_name='потерян после, дней')),
                ('not_started_days', models.PositiveIntegerField(default=14, verbose_name='консультация без лечения после, дней')),
                ('referred_days', models.PositiveIntegerField(default=180, verbose_name='направление в другую клинику помним, дней')),
                ('missed_days', models.PositiveIntegerField(default=90, verbose_name='неявка и отмена — причина звонка, дней')),
                ('task_due_days', models.PositiveIntegerField(default=3, verbose_name='срок задачи, дней')),
                ('rest_days', models.PositiveIntegerField(default=30, verbose_name='пауза после закрытой задачи, дней')),
                ('refusal_days', models.PositiveIntegerField(default=180, verbose_name='отказ действует, дней')),
                ('newcomer_value_kopecks', models.PositiveBigIntegerField(default=500000, verbose_name='ценность нового пациента в год')),
                ('any_visit_counts', models.BooleanField(default=False, verbose_name='любая запись закрывает напоминание')),
                ('clinic', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='thresholds', to='clinic.clinic')),
            ],
        ),
        migrations.CreateModel(
            name='Exemption',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(choices=[('refused', 'Просил не беспокоить'), ('moved', 'Переехал'), ('died', 'Умер'), ('finished', 'Лечение завершено, наблюдение не нужно')], max_length=10)),
                ('comment', models.CharField(blank=True, default='', max_length=300)),
                ('started_at', models.DateTimeField()),
                ('until_on', models.DateField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('import_batch_id', models.BigIntegerField(blank=True, null=True)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exemptions', to='patients.patient')),
                ('started_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('task', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='worklist.task')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('ended_at', None)), fields=['clinic', 'until_on'], name='exemption_until')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('patient',), name='one_exemption'), models.CheckConstraint(condition=models.Q(('until_on__isnull', True), ('reason', 'refused'), _connector='OR'), name='only_refusal_returns')],
            },
        ),
        migrations.CreateModel(
            name='PatientState',
            fields=[
                ('patient', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='state', serialize=False, to='patients.patient')),
                ('type', models.CharField(choices=[('new', 'Новый'), ('on_treatment', 'На лечении'), ('treated', 'Вылечен'), ('prevention', 'Здоров, профилактика'), ('referred', 'Направлен в другую клинику'), ('not_started', 'Консультация без лечения'), ('refused', 'Отказался'), ('sleeping', 'Спит'), ('lost', 'Потерян'), ('chronic', 'Хронический'), ('dissatisfied', 'Недоволен'), ('active', 'Бывает регулярно'), ('left', 'Выбыл')], max_length=14)),
                ('rule', models.CharField(max_length=40)),
                ('since_on', models.DateField()),
                ('last_visit_on', models.DateField(null=True)),
                ('visits', models.PositiveIntegerField(default=0)),
                ('next_booking_at', models.DateTimeField(null=True)),
                ('expected_interval_days', models.PositiveIntegerField(null=True)),
                ('sleeping_on', models.DateField(null=True)),
                ('next_transition_on', models.DateField(null=True)),
                ('value_kopecks', models.BigIntegerField(default=0)),
                ('swept_at', models.DateTimeField()),
                ('clinic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('group', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='clinic.servicegroup')),
            ],
            options={
                'indexes': [models.Index(fields=['clinic', 'type'], name='state_type'), models.Index(fields=['clinic', 'next_transition_on'], name='state_transition')],
            },
        ),
        migrations.CreateModel(
            name='Recall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('previous_on', models.DateField()),
                ('interval_days', models.PositiveIntegerField()),
                ('interval_months', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('calculated_on', models.DateField()),
                ('overridden_on', models.DateField(blank=True, null=True)),
                ('override_reason', models.CharField(blank=True, default='', max_length=200)),
                ('snoozed_until', models.DateField(blank=True, null=True)),
                ('any_visit_counts', models.BooleanField(default=False)),
                ('is_disabled', models.BooleanField(default=False)),
                ('disabled_reason', models.CharField(blank=True, default='', max_length=200)),
                ('updated_at', models.DateTimeField()),
                ('booked', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='booking.appointment')),
                ('clinic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.servicegroup')),
                ('patient', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='recalls', to='patients.patient')),
            ],
            options={
                'indexes': [models.Index(fields=['clinic', 'calculated_on'], name='recall_due'), models.Index(condition=models.Q(('booked__isnull', False)), fields=['booked'], name='recall_booked')],
                'constraints': [models.UniqueConstraint(fields=('patient', 'group'), name='recall_once_per_group'), models.CheckConstraint(condition=models.Q(('overridden_on__isnull', True), ('overridden_on__gt', models.F('previous_on')), _connector='OR'), name='recall_override_ahead')],
            },
        ),
        migrations.CreateModel(
            name='RecallMonths',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('months', models.PositiveSmallIntegerField(verbose_name='интервал возврата, месяцев')),
                ('group', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='recall_months', to='clinic.servicegroup')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('months__gte', 1), ('months__lte', 120)), name='recall_months_sane')],
            },
        ),
        migrations.CreateModel(
            name='Referral',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('referred_on', models.DateField(verbose_name='направлен')),
                ('to', models.CharField(blank=True, default='', max_length=200, verbose_name='куда')),
                ('is_acute', models.BooleanField(default=False, verbose_name='острое состояние')),
                ('recorded_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('import_batch_id', models.BigIntegerField(blank=True, null=True)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('doctor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='clinic.doctor')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='referrals', to='patients.patient')),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('ended_at', None)), fields=['patient'], name='referral_open'), models.Index(fields=['import_batch_id'], name='referral_batch')],
            },
        ),
        migrations.CreateModel(
            name='TypeChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('before', models.CharField(blank=True, choices=[('new', 'Новый'), ('on_treatment', 'На лечении'), ('treated', 'Вылечен'), ('prevention', 'Здоров, профилактика'), ('referred', 'Направлен в другую клинику'), ('not_started', 'Консультация без лечения'), ('refused', 'Отказался'), ('sleeping', 'Спит'), ('lost', 'Потерян'), ('chronic', 'Хронический'), ('dissatisfied', 'Недоволен'), ('active', 'Бывает регулярно'), ('left', 'Выбыл')], default='', max_length=14)),
                ('after', models.CharField(choices=[('new', 'Новый'), ('on_treatment', 'На лечении'), ('treated', 'Вылечен'), ('prevention', 'Здоров, профилактика'), ('referred', 'Направлен в другую клинику'), ('not_started', 'Консультация без лечения'), ('refused', 'Отказался'), ('sleeping', 'Спит'), ('lost', 'Потерян'), ('chronic', 'Хронический'), ('dissatisfied', 'Недоволен'), ('active', 'Бывает регулярно'), ('left', 'Выбыл')], max_length=14)),
                ('on', models.DateField()),
                ('rule', models.CharField(max_length=40)),
                ('clinic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('patient', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='patients.patient')),
            ],
            options={
                'indexes': [models.Index(fields=['clinic', 'on'], name='change_on'), models.Index(fields=['patient'], name='change_of_patient')],
            },
        ),
        migrations.CreateModel(
            name='ViolationDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField()),
                ('under_rule', models.PositiveIntegerField(default=0)),
                ('booked', models.PositiveIntegerField(default=0)),
                ('with_task', models.PositiveIntegerField(default=0)),
                ('found', models.PositiveIntegerField(default=0)),
                ('tasks_created', models.PositiveIntegerField(default=0)),
                ('tasks_closed', models.PositiveIntegerField(default=0)),
                ('left_after', models.PositiveIntegerField(default=0)),
                ('swept_at', models.DateTimeField()),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('clinic', 'on'), name='violations_once_a_day')],
            },
        ),
    ]
