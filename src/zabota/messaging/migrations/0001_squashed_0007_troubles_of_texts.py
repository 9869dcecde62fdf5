"""All tables of this room at once: the short way of a new database; a database of before goes the long way."""

import datetime
import django.db.models.deletion
import zabota.kernel.ids
import zabota.messaging.models.accounts
import zabota.messaging.models.fields
import zabota.messaging.rules.transport
from django.conf import settings
from django.db import migrations, models

from zabota.messaging.migrations._room import leave_room


class Migration(migrations.Migration):

    replaces = [('messaging', '0001_tables'), ('messaging', '0002_listed_organisation'), ('messaging', '0003_outbox_epoch'), ('messaging', '0004_leaner_outbox'), ('messaging', '0005_erid'), ('messaging', '0006_short_answers'), ('messaging', '0007_troubles_of_texts')]

    initial = True

    dependencies = [
        ('clinic', '0001_squashed_0004_sensitive_branches'),
        ('patients', '0001_squashed_0004_address'),
    ]

    operations = [
        migrations.CreateModel(
            name='ChannelAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=zabota.kernel.ids.new_public_id, editable=False, max_length=22, unique=True)),
                ('provider', models.CharField(max_length=40)),
                ('channel', models.CharField(choices=[(zabota.messaging.rules.transport.Channel['MAX'], 'MAX'), (zabota.messaging.rules.transport.Channel['SMS'], 'SMS'), (zabota.messaging.rules.transport.Channel['EMAIL'], 'Почта'), (zabota.messaging.rules.transport.Channel['TELEGRAM'], 'Telegram'), (zabota.messaging.rules.transport.Channel['VK'], 'ВКонтакте'), (zabota.messaging.rules.transport.Channel['WHATSAPP'], 'WhatsApp'), (zabota.messaging.rules.transport.Channel['VIBER'], 'Viber'), (zabota.messaging.rules.transport.Channel['CALL'], 'Звонок')], max_length=12, verbose_name='канал')),
                ('title', models.CharField(max_length=120, verbose_name='название')),
                ('values', zabota.messaging.models.fields.SealedField(default=dict)),
                ('hook_hash', models.CharField(max_length=64, unique=True)),
                ('is_on', models.BooleanField(default=False, verbose_name='включён')),
                ('price_kopecks', models.PositiveIntegerField(default=0, verbose_name='цена части, копеек')),
                ('per_second', models.FloatField(default=10, verbose_name='сообщений в секунду')),
                ('bucket_tokens', models.FloatField(default=0)),
                ('bucket_at', models.DateTimeField(blank=True, null=True)),
                ('open_until_at', models.DateTimeField(blank=True, null=True)),
                ('failures', models.PositiveSmallIntegerField(default=0)),
                ('last_blame', models.CharField(blank=True, default='', max_length=20)),
                ('last_detail', models.CharField(blank=True, default='', max_length=300)),
                ('cross_border_on', models.DateField(blank=True, null=True, verbose_name='уведомление подано')),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField()),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
            ],
            options={
                'ordering': ['id'],
                'indexes': [models.Index(fields=['clinic', 'channel', 'is_on'], name='account_channel')],
            },
        ),
        migrations.CreateModel(
            name='Template',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=zabota.kernel.ids.new_public_id, editable=False, max_length=22, unique=True)),
                ('key', models.CharField(max_length=40)),
                ('title', models.CharField(max_length=120, verbose_name='название')),
                ('message_class', models.CharField(choices=[('service', 'Сервисное'), ('otp', 'Код подтверждения'), ('marketing', 'Реклама')], max_length=10, verbose_name='класс')),
                ('purpose', models.CharField(max_length=40)),
                ('detail', models.CharField(choices=[('d0', 'дата, время, клиника, адрес'), ('d1', 'ещё врач и услуга')], default='d0', max_length=2)),
                ('is_builtin', models.BooleanField(default=False)),
                ('is_archived', models.BooleanField(default=False)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('clinic', 'key'), name='template_key_once')],
            },
        ),
        migrations.CreateModel(
            name='TemplateVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('n', models.PositiveIntegerField()),
                ('texts', models.JSONField()),
                ('subject', models.CharField(blank=True, default='', max_length=150, verbose_name='тема письма')),
                ('erids', models.JSONField(blank=True, default=dict, verbose_name='метки erid')),
                ('fingerprint', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField()),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('template', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='messaging.template')),
            ],
            options={
                'ordering': ['-n'],
                'constraints': [models.UniqueConstraint(fields=('template', 'n'), name='template_version_once')],
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('idem_key', models.CharField(max_length=100)),
                ('channel', models.CharField(choices=[(zabota.messaging.rules.transport.Channel['MAX'], 'MAX'), (zabota.messaging.rules.transport.Channel['SMS'], 'SMS'), (zabota.messaging.rules.transport.Channel['EMAIL'], 'Почта'), (zabota.messaging.rules.transport.Channel['TELEGRAM'], 'Telegram'), (zabota.messaging.rules.transport.Channel['VK'], 'ВКонтакте'), (zabota.messaging.rules.transport.Channel['WHATSAPP'], 'WhatsApp'), (zabota.messaging.rules.transport.Channel['VIBER'], 'Viber'), (zabota.messaging.rules.transport.Channel['CALL'], 'Звонок')], max_length=12)),
                ('address', models.CharField(max_length=254)),
                ('message_class', models.CharField(choices=[('service', 'Сервисное'), ('otp', 'Код подтверждения'), ('marketing', 'Реклама')], max_length=10)),
                ('purpose', models.CharField(max_length=40)),
                ('priority', models.PositiveSmallIntegerField(default=1)),
                ('text', models.TextField()),
                ('subject', models.CharField(blank=True, default='', max_length=200)),
                ('context', models.JSONField(blank=True, default=dict)),
                ('subject_kind', models.CharField(blank=True, default='', max_length=40)),
                ('subject_id', models.BigIntegerField(blank=True, null=True)),
                ('subject_revision', models.PositiveIntegerField(default=0)),
                ('not_before_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('state', models.CharField(choices=[('queued', 'ждёт'), ('sending', 'отправляется'), ('accepted', 'принято провайдером'), ('sent', 'отправлено'), ('delivered', 'доставлено'), ('read', 'прочитано'), ('failed', 'не доставлено'), ('expired', 'опоздало'), ('unknown', 'неизвестно'), ('suppressed', 'не отправлено'), ('void', 'отменено')], default='queued', max_length=10)),
                ('rank', models.PositiveSmallIntegerField(default=0)),
                ('reason', models.CharField(blank=True, default='', max_length=30)),
                ('claim', models.CharField(blank=True, default='', max_length=32)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('provider_id', models.CharField(blank=True, default='', max_length=120)),
                ('parts', models.PositiveSmallIntegerField(default=1)),
                ('cost_kopecks', models.PositiveIntegerField(default=0)),
                ('chain_key', models.CharField(max_length=90)),
                ('step', models.PositiveSmallIntegerField(default=0)),
                ('plan', models.JSONField(blank=True, default=list)),
                ('step_on_at', models.DateTimeField(blank=True, null=True)),
                ('household_key', models.CharField(blank=True, default='', max_length=90)),
                ('is_answer', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField()),
                ('claimed_at', models.DateTimeField(blank=True, null=True)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('delivered_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('due_at', models.GeneratedField(db_persist=True, expression=models.Case(models.When(state='queued', then=models.F('not_before_at'))), output_field=models.DateTimeField(null=True))),
                ('account', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='messaging.channelaccount')),
                ('branch', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='clinic.branch')),
                ('clinic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('patient', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='patients.patient')),
                ('template_version', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='messaging.templateversion')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('due_at__isnull', False)), fields=['account', 'priority', 'due_at', 'id'], name='message_due'), models.Index(condition=models.Q(('step_on_at__isnull', False)), fields=['step_on_at'], name='message_step_on'), models.Index(fields=['patient', '-created_at'], name='message_patient'), models.Index(fields=['clinic', 'address', 'claimed_at'], name='message_address'), models.Index(condition=models.Q(('subject_id__isnull', False)), fields=['subject_kind', 'subject_id'], name='message_about'), models.Index(fields=['chain_key'], name='message_chain'), models.Index(fields=['clinic', 'created_at'], name='message_day')],
                'constraints': [models.UniqueConstraint(fields=('idem_key',), name='message_once')],
            },
        ),
        migrations.CreateModel(
            name='OutboxEpoch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.CharField(max_length=32)),
                ('counter', models.PositiveBigIntegerField(default=0)),
                ('home', models.CharField(blank=True, default='', max_length=120)),
                ('seen_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='BotLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(choices=[(zabota.messaging.rules.transport.Channel['MAX'], 'MAX'), (zabota.messaging.rules.transport.Channel['SMS'], 'SMS'), (zabota.messaging.rules.transport.Channel['EMAIL'], 'Почта'), (zabota.messaging.rules.transport.Channel['TELEGRAM'], 'Telegram'), (zabota.messaging.rules.transport.Channel['VK'], 'ВКонтакте'), (zabota.messaging.rules.transport.Channel['WHATSAPP'], 'WhatsApp'), (zabota.messaging.rules.transport.Channel['VIBER'], 'Viber'), (zabota.messaging.rules.transport.Channel['CALL'], 'Звонок')], max_length=12)),
                ('external_id', models.CharField(blank=True, default='', max_length=120)),
                ('state', models.CharField(choices=[('invited', 'ссылка выдана'), ('active', 'пишем'), ('stopped', 'человек остановил бота')], default='invited', max_length=8)),
                ('token_hash', models.CharField(blank=True, default='', max_length=64)),
                ('token_expires_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('patient', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='bot_links', to='patients.patient')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='messaging.channelaccount')),
            ],
            options={
                'indexes': [models.Index(fields=['patient', 'channel'], name='bot_link_patient'), models.Index(fields=['account', 'external_id'], name='bot_link_person'), models.Index(condition=models.Q(('token_hash', ''), _negated=True), fields=['token_hash'], name='bot_link_token')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('account', 'patient', 'external_id'), name='bot_link_once')],
            },
        ),
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('token', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('lease_until', models.DateTimeField()),
                ('message_ids', models.JSONField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='messaging.channelaccount')),
            ],
            options={
                'indexes': [models.Index(fields=['lease_until'], name='batch_lease')],
            },
        ),
        migrations.CreateModel(
            name='ChannelChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(choices=[(zabota.messaging.rules.transport.Channel['MAX'], 'MAX'), (zabota.messaging.rules.transport.Channel['SMS'], 'SMS'), (zabota.messaging.rules.transport.Channel['EMAIL'], 'Почта'), (zabota.messaging.rules.transport.Channel['TELEGRAM'], 'Telegram'), (zabota.messaging.rules.transport.Channel['VK'], 'ВКонтакте'), (zabota.messaging.rules.transport.Channel['WHATSAPP'], 'WhatsApp'), (zabota.messaging.rules.transport.Channel['VIBER'], 'Viber'), (zabota.messaging.rules.transport.Channel['CALL'], 'Звонок')], max_length=12)),
                ('is_preferred', models.BooleanField(default=False)),
                ('detailed_at', models.DateTimeField(blank=True, null=True)),
                ('last_read_at', models.DateTimeField(blank=True, null=True)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='channel_choices', to='patients.patient')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('patient', 'channel'), name='channel_choice_once')],
            },
        ),
        migrations.CreateModel(
            name='ChannelRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(choices=[(zabota.messaging.rules.transport.Channel['MAX'], 'MAX'), (zabota.messaging.rules.transport.Channel['SMS'], 'SMS'), (zabota.messaging.rules.transport.Channel['EMAIL'], 'Почта'), (zabota.messaging.rules.transport.Channel['TELEGRAM'], 'Telegram'), (zabota.messaging.rules.transport.Channel['VK'], 'ВКонтакте'), (zabota.messaging.rules.transport.Channel['WHATSAPP'], 'WhatsApp'), (zabota.messaging.rules.transport.Channel['VIBER'], 'Viber'), (zabota.messaging.rules.transport.Channel['CALL'], 'Звонок')], max_length=12)),
                ('allows_service', models.BooleanField(default=True, verbose_name='сервисные')),
                ('allows_marketing', models.BooleanField(default=True, verbose_name='реклама')),
                ('basis', models.CharField(max_length=300, verbose_name='основание')),
                ('checked_on', models.DateField(verbose_name='проверено')),
                ('overridden_at', models.DateTimeField(blank=True, null=True)),
                ('override_reason', models.CharField(blank=True, default='', max_length=300)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='clinic.clinic')),
                ('overridden_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('clinic', 'channel'), name='channel_rule_once')],
            },
        ),
        migrations.CreateModel(
            name='Conversation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=zabota.kernel.ids.new_public_id, editable=False, max_length=22, unique=True)),
                ('channel', models.CharField(choices=[(zabota.messaging.rules.transport.Channel['MAX'], 'MAX'), (zabota.messaging.rules.transport.Channel['SMS'], 'SMS'), (zabota.messaging.rules.transport.Channel['EMAIL'], 'Почта'), (zabota.messaging.rules.transport.Channel['TELEGRAM'], 'Telegram'), (zabota.messaging.rules.transport.Channel['VK'], 'ВКонтакте'), (zabota.messaging.rules.transport.Channel['WHATSAPP'], 'WhatsApp'), (zabota.messaging.rules.transport.Channel['VIBER'], 'Viber'), (zabota.messaging.rules.transport.Channel['CALL'], 'Звонок')], max_length=12)),
                ('address', models.CharField(max_length=254)),
                ('state', models.CharField(choices=[('open', 'открыт'), ('closed', 'закрыт')], default='open', max_length=6)),
                ('unread', models.PositiveIntegerField(default=0)),
                ('waiting_since_at', models.DateTimeField(blank=True, null=True)),
                ('last_in_at', models.DateTimeField(blank=True, null=True)),
                ('last_at', models.DateTimeField()),
                ('created_at', models.DateTimeField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='conversations', to='messaging.channelaccount')),
                ('assigned_to', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='clinic.member')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('patient', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='conversations', to='patients.patient')),
            ],
            options={
                'indexes': [models.Index(fields=['clinic', 'state', '-last_at'], name='conversation_inbox'), models.Index(fields=['patient'], name='conversation_patient')],
                'constraints': [models.UniqueConstraint(fields=('account', 'address'), name='conversation_once')],
            },
        ),
        migrations.CreateModel(
            name='ProviderNumber',
            fields=[
                ('message', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='number', serialize=False, to='messaging.message')),
                ('number', models.CharField(max_length=120)),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='messaging.channelaccount')),
            ],
            options={
                'indexes': [models.Index(fields=['account', 'number'], name='number_of_provider')],
            },
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('outcome', models.CharField(choices=[('send', 'отправлено'), ('wait', 'отложено'), ('stop', 'не отправлено')], max_length=4)),
                ('reason', models.CharField(max_length=30)),
                ('detail', models.CharField(blank=True, default='', max_length=300)),
                ('attempt', models.PositiveSmallIntegerField(default=0)),
                ('until_at', models.DateTimeField(blank=True, null=True)),
                ('clinic', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('message', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='decisions', to='messaging.message')),
            ],
            options={
                'indexes': [models.Index(fields=['message', 'id'], name='decision_message'), models.Index(fields=['clinic', 'at'], name='decision_day')],
            },
        ),
        migrations.CreateModel(
            name='MessagingRules',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cascade', models.JSONField(default=zabota.messaging.models.accounts.default_cascade, verbose_name='порядок каналов')),
                ('cascade_minutes', models.PositiveSmallIntegerField(default=30, verbose_name='ждать доставки, мин')),
                ('service_from', models.TimeField(default=datetime.time(8, 0), verbose_name='сервисные с')),
                ('service_till', models.TimeField(default=datetime.time(21, 0), verbose_name='сервисные до')),
                ('marketing_from', models.TimeField(default=datetime.time(9, 0), verbose_name='реклама с')),
                ('marketing_till', models.TimeField(default=datetime.time(21, 0), verbose_name='реклама до')),
                ('marketing_cap', models.PositiveSmallIntegerField(default=4, verbose_name='рекламных за период')),
                ('marketing_cap_days', models.PositiveSmallIntegerField(default=30, verbose_name='период, дней')),
                ('day_cap', models.PositiveSmallIntegerField(default=2, verbose_name='сообщений в день')),
                ('service_day_cap', models.PositiveSmallIntegerField(default=8, verbose_name='сервисных в день, не больше')),
                ('is_listed', models.BooleanField(blank=True, null=True)),
                ('listed_at', models.DateTimeField(blank=True, null=True)),
                ('erid_required', models.BooleanField(default=False, verbose_name='реклама в мессенджерах только с erid')),
                ('paused_at', models.DateTimeField(blank=True, null=True)),
                ('paused_reason', models.CharField(blank=True, default='', max_length=200)),
                ('clinic', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='clinic.clinic')),
            ],
        ),
        migrations.CreateModel(
            name='Receipt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event_id', models.CharField(max_length=160)),
                ('kind', models.CharField(max_length=12)),
                ('at', models.DateTimeField()),
                ('received_at', models.DateTimeField()),
                ('try_at', models.DateTimeField()),
                ('key', models.CharField(blank=True, default='', max_length=100)),
                ('provider_id', models.CharField(blank=True, default='', max_length=120)),
                ('address', models.CharField(blank=True, default='', max_length=254)),
                ('text', models.TextField(blank=True, default='')),
                ('payload', models.CharField(blank=True, default='', max_length=300)),
                ('blame', models.CharField(blank=True, default='', max_length=20)),
                ('attachments', models.JSONField(blank=True, default=list)),
                ('state', models.CharField(choices=[('waiting', 'ждёт'), ('done', 'учтено'), ('orphan', 'не наше')], default='waiting', max_length=8)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='receipts', to='messaging.channelaccount')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('message', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='receipts', to='messaging.message')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['try_at', 'id'], name='receipt_due'), models.Index(fields=['received_at'], name='receipt_age')],
                'constraints': [models.UniqueConstraint(fields=('account', 'event_id'), name='receipt_once')],
            },
        ),
        migrations.CreateModel(
            name='ChannelTrouble',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('blame', models.CharField(choices=[('', ''), ('bad_address', 'bad_address'), ('blocked_by_person', 'blocked_by_person'), ('operator_blocked', 'operator_blocked'), ('too_long', 'too_long'), ('content', 'content'), ('limit', 'limit'), ('key', 'key'), ('no_money', 'no_money'), ('certificate', 'certificate'), ('down', 'down'), ('other', 'other')], max_length=20)),
                ('words', models.CharField(max_length=300)),
                ('raised_at', models.DateTimeField()),
                ('last_at', models.DateTimeField(blank=True, null=True)),
                ('seen_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('account', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='troubles', to='messaging.channelaccount')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='clinic.clinic')),
                ('seen_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('template', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='troubles', to='messaging.template')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('account',), name='trouble_open_once'), models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('template',), name='trouble_of_text_open_once'), models.CheckConstraint(condition=models.Q(models.Q(('account__isnull', False), ('template__isnull', True)), models.Q(('account__isnull', True), ('template__isnull', False)), _connector='OR'), name='trouble_of_one')],
            },
        ),
        migrations.CreateModel(
            name='Turn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('direction', models.CharField(choices=[('in', 'нам'), ('out', 'от нас')], max_length=3)),
                ('at', models.DateTimeField()),
                ('text', models.TextField(blank=True, default='')),
                ('attachments', models.JSONField(blank=True, default=list)),
                ('author', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='turns', to='messaging.conversation')),
                ('message', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='turns', to='messaging.message')),
            ],
            options={
                'indexes': [models.Index(fields=['conversation', 'id'], name='turn_conversation')],
            },
        ),
        migrations.CreateModel(
            name='AddressBlock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('address_hash', models.CharField(max_length=64)),
                ('channel', models.CharField(blank=True, choices=[(zabota.messaging.rules.transport.Channel['MAX'], 'MAX'), (zabota.messaging.rules.transport.Channel['SMS'], 'SMS'), (zabota.messaging.rules.transport.Channel['EMAIL'], 'Почта'), (zabota.messaging.rules.transport.Channel['TELEGRAM'], 'Telegram'), (zabota.messaging.rules.transport.Channel['VK'], 'ВКонтакте'), (zabota.messaging.rules.transport.Channel['WHATSAPP'], 'WhatsApp'), (zabota.messaging.rules.transport.Channel['VIBER'], 'Viber'), (zabota.messaging.rules.transport.Channel['CALL'], 'Звонок')], default='', max_length=12)),
                ('scope', models.CharField(choices=[('marketing', 'рекламу не слать'), ('all', 'не слать ничего')], max_length=9)),
                ('reason', models.CharField(max_length=30)),
                ('created_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('clinic', 'address_hash', 'channel', 'scope'), name='address_block_once')],
            },
        ),
        migrations.CreateModel(
            name='CannedAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=80, verbose_name='название')),
                ('text', models.TextField(verbose_name='текст')),
                ('used', models.PositiveIntegerField(default=0)),
                ('is_archived', models.BooleanField(default=False)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='clinic.clinic')),
            ],
            options={
                'ordering': ['-used', 'title'],
                'constraints': [models.UniqueConstraint(fields=('clinic', 'title'), name='canned_once')],
            },
        ),
        migrations.RunPython(leave_room, migrations.RunPython.noop),
    ]
