"""All tables of this room at once: the short way of a new database; a database of before goes the long way."""

import datetime
import django.db.models.deletion
import zabota.kernel.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('visits', '0001_tables'), ('visits', '0002_complaints_escalated'), ('visits', '0003_request_tallies')]

    initial = True

    dependencies = [
        ('booking', '0001_squashed_0010_holders'),
        ('clinic', '0001_squashed_0004_sensitive_branches'),
        ('patients', '0001_squashed_0004_address'),
        ('worklist', '0001_squashed_0007_phones_asked_at_once'),
    ]

    operations = [
        migrations.CreateModel(
            name='Questionnaire',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=zabota.kernel.ids.new_public_id, editable=False, max_length=22, unique=True)),
                ('title', models.CharField(max_length=120, verbose_name='название')),
                ('is_active', models.BooleanField(default=True, verbose_name='спрашивать')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='clinic.clinic')),
                ('group', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='clinic.servicegroup')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Question',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.PositiveSmallIntegerField(default=0)),
                ('text', models.CharField(max_length=300, verbose_name='вопрос')),
                ('kind', models.CharField(choices=[('yes_no', 'да или нет'), ('one', 'один ответ'), ('several', 'несколько ответов'), ('words', 'своими словами')], default='yes_no', max_length=8, verbose_name='ответ')),
                ('options', models.JSONField(blank=True, default=list)),
                ('alarming', models.JSONField(blank=True, default=list)),
                ('questionnaire', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='questions', to='visits.questionnaire')),
            ],
            options={
                'ordering': ['place', 'id'],
            },
        ),
        migrations.CreateModel(
            name='AnswerSheet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('filled_at', models.DateTimeField()),
                ('appointment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='answer_sheets', to='booking.appointment')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='patients.patient')),
                ('questionnaire', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='visits.questionnaire')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('appointment', 'questionnaire'), name='sheet_once')],
            },
        ),
        migrations.CreateModel(
            name='Answer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.PositiveSmallIntegerField(default=0)),
                ('question_text', models.CharField(max_length=300)),
                ('value', models.CharField(max_length=1000)),
                ('is_alarming', models.BooleanField(default=False)),
                ('sheet', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='visits.answersheet')),
                ('question', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='visits.question')),
            ],
            options={
                'ordering': ['place', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Reminder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('booked', 'booked'), ('long', 'long'), ('evening', 'evening'), ('short', 'short')], max_length=8)),
                ('revision', models.PositiveIntegerField(default=0)),
                ('starts_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('is_pushed', models.BooleanField(default=False)),
                ('state', models.CharField(choices=[('planned', 'запланировано'), ('queued', 'передано в отправку'), ('skipped', 'не нужно'), ('void', 'отменено')], default='planned', max_length=8)),
                ('why', models.CharField(blank=True, default='', max_length=120)),
                ('round', models.PositiveSmallIntegerField(default=0)),
                ('queued_at', models.DateTimeField(blank=True, null=True)),
                ('appointment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reminders', to='booking.appointment')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('leader', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='others', to='visits.reminder')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='patients.patient')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'planned')), fields=['due_at', 'id'], name='reminder_due'), models.Index(fields=['patient', '-due_at'], name='reminder_patient')],
                'constraints': [models.UniqueConstraint(fields=('appointment', 'kind', 'revision', 'starts_at'), name='reminder_once')],
            },
        ),
        migrations.CreateModel(
            name='RequestTally',
            fields=[
                ('key', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('count', models.PositiveIntegerField()),
                ('ends_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['ends_at'], name='request_tally_age')],
            },
        ),
        migrations.CreateModel(
            name='VideoSeat',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('device_hash', models.CharField(max_length=64)),
                ('taken_at', models.DateTimeField()),
                ('appointment', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='booking.appointment')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
            ],
        ),
        migrations.CreateModel(
            name='VisitSettings',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reminders_on', models.BooleanField(default=True, verbose_name='напоминать о визитах')),
                ('confirm_on', models.BooleanField(default=True, verbose_name='подтверждение сразу после записи')),
                ('long_on', models.BooleanField(default=True, verbose_name='напоминание заранее')),
                ('long_hours', models.PositiveSmallIntegerField(default=48, verbose_name='за сколько часов')),
                ('evening_on', models.BooleanField(default=True, verbose_name='накануне вечером: подготовка и дорога')),
                ('evening_at', models.TimeField(default=datetime.time(19, 0), verbose_name='вечером в')),
                ('short_on', models.BooleanField(default=True, verbose_name='напоминание перед визитом')),
                ('short_hours', models.PositiveSmallIntegerField(default=2, verbose_name='за сколько часов')),
                ('wellbeing_on', models.BooleanField(default=True, verbose_name='спрашивать о самочувствии после процедур')),
                ('answer_minutes', models.PositiveSmallIntegerField(default=30, verbose_name='ответить за, минут')),
                ('widget_on', models.BooleanField(default=True, verbose_name='запись на сайте открыта')),
                ('widget_sites', models.TextField(blank=True, default='', verbose_name='сайты, где показываем запись')),
                ('legal_line', models.CharField(blank=True, default='', max_length=300, verbose_name='строка внизу страниц пациента')),
                ('clinic', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='clinic.clinic')),
            ],
        ),
        migrations.CreateModel(
            name='VisitText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=zabota.kernel.ids.new_public_id, editable=False, max_length=22, unique=True)),
                ('scope_key', models.CharField(blank=True, default='', max_length=40)),
                ('prepare', models.TextField(blank=True, default='', verbose_name='как подготовиться')),
                ('ask', models.TextField(blank=True, default='', verbose_name='о чём спросить врача')),
                ('way', models.TextField(blank=True, default='', verbose_name='как добраться и где оставить машину')),
                ('take', models.TextField(blank=True, default='', verbose_name='что взять с собой')),
                ('after', models.TextField(blank=True, default='', verbose_name='советы после приёма')),
                ('care_call_days', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='позвонить через, дней')),
                ('wellbeing_hours', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='спросить о самочувствии через, часов')),
                ('branch', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='clinic.branch')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='clinic.clinic')),
                ('group', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='clinic.servicegroup')),
                ('service', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='clinic.service')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('clinic', 'scope_key'), name='visit_text_once'), models.CheckConstraint(condition=models.Q(models.Q(('group', None), ('service', None)), models.Q(('branch', None), ('service', None)), models.Q(('branch', None), ('group', None)), _connector='OR'), name='visit_text_of_one')],
            },
        ),
        migrations.CreateModel(
            name='WellbeingCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=zabota.kernel.ids.new_public_id, editable=False, max_length=22, unique=True)),
                ('due_at', models.DateTimeField()),
                ('asked_at', models.DateTimeField(blank=True, null=True)),
                ('answer', models.CharField(blank=True, choices=[('well', 'всё хорошо'), ('so_so', 'есть вопрос'), ('unwell', 'болит, нужна помощь')], default='', max_length=6)),
                ('words', models.CharField(blank=True, default='', max_length=500)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('taken_at', models.DateTimeField(blank=True, null=True)),
                ('escalated_at', models.DateTimeField(blank=True, null=True)),
                ('appointment', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='booking.appointment')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='patients.patient')),
                ('taken_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='clinic.member')),
                ('task', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='worklist.task')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('asked_at', None)), fields=['due_at'], name='wellbeing_due'), models.Index(fields=['clinic', 'answered_at'], name='wellbeing_answered'), models.Index(condition=models.Q(('answer', 'unwell'), ('escalated_at', None), ('taken_at', None)), fields=['answered_at'], name='wellbeing_untaken')],
            },
        ),
        migrations.CreateModel(
            name='ActionLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=zabota.kernel.ids.new_public_id, editable=False, max_length=22, unique=True)),
                ('purpose', models.CharField(choices=[('visit', 'визит'), ('offer', 'освободившееся время'), ('wellbeing', 'самочувствие после приёма')], max_length=9)),
                ('token_hash', models.CharField(max_length=64, unique=True)),
                ('is_short', models.BooleanField(default=False)),
                ('revision', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('wrong_tries', models.PositiveSmallIntegerField(default=0)),
                ('appointment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='booking.appointment')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('leader', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='others', to='visits.actionlink')),
                ('offer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='booking.slotoffer')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='patients.patient')),
            ],
            options={
                'indexes': [models.Index(fields=['expires_at'], name='action_link_age'), models.Index(fields=['appointment'], name='action_link_visit')],
            },
        ),
        migrations.CreateModel(
            name='PhoneCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=zabota.kernel.ids.new_public_id, editable=False, max_length=22, unique=True)),
                ('phone_hash', models.CharField(max_length=64)),
                ('ip_hash', models.CharField(max_length=64)),
                ('code_hash', models.CharField(blank=True, default='', max_length=64)),
                ('sent_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('used_at', models.DateTimeField(blank=True, null=True)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='clinic.clinic')),
            ],
            options={
                'indexes': [models.Index(fields=['phone_hash', 'sent_at'], name='phone_code_phone'), models.Index(fields=['ip_hash', 'sent_at'], name='phone_code_ip'), models.Index(fields=['sent_at'], name='phone_code_sent')],
            },
        ),
    ]
