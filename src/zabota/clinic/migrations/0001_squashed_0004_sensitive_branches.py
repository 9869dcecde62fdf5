"""All tables of this room at once: the short way of a new database; a database of before goes the long way."""

import django.db.models.deletion
import zabota.kernel.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('clinic', '0001_initial'), ('clinic', '0002_first_password_and_second_factor'), ('clinic', '0003_public_ids'), ('clinic', '0004_sensitive_branches')]

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Clinic',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=zabota.kernel.ids.new_public_id, editable=False, max_length=22, unique=True)),
                ('name', models.CharField(max_length=200, verbose_name='название')),
                ('time_zone', models.CharField(default='Europe/Moscow', max_length=40, verbose_name='часовой пояс')),
                ('currency', models.CharField(default='RUB', max_length=3)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('second_factor_for_all', models.BooleanField(default=False, verbose_name='код из приложения для всех')),
                ('is_demo', models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('email', models.EmailField(max_length=254, unique=True, verbose_name='почта')),
                ('surname', models.CharField(blank=True, default='', max_length=100, verbose_name='фамилия')),
                ('name', models.CharField(blank=True, default='', max_length=100, verbose_name='имя')),
                ('patronymic', models.CharField(blank=True, default='', max_length=100, verbose_name='отчество')),
                ('is_active', models.BooleanField(default=True)),
                ('must_change_password', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Branch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=zabota.kernel.ids.new_public_id, editable=False, max_length=22, unique=True)),
                ('name', models.CharField(max_length=200, verbose_name='название')),
                ('address', models.CharField(blank=True, default='', max_length=300, verbose_name='адрес')),
                ('phone', models.CharField(blank=True, default='', max_length=20, verbose_name='телефон')),
                ('phone_area', models.CharField(blank=True, default='', max_length=5)),
                ('time_zone', models.CharField(default='Europe/Moscow', max_length=40, verbose_name='часовой пояс')),
                ('is_active', models.BooleanField(default=True)),
                ('is_sensitive', models.BooleanField(db_default=False, default=False, verbose_name='чувствительный филиал')),
                ('neutral_name', models.CharField(blank=True, db_default='', default='', max_length=60, verbose_name='нейтральное название')),
                ('neutral_sms', models.CharField(blank=True, db_default='', default='', max_length=20, verbose_name='нейтральный отправитель SMS')),
                ('neutral_email', models.EmailField(blank=True, db_default='', default='', max_length=254, verbose_name='нейтральный адрес писем')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='branches', to='clinic.clinic')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('clinic', 'name'), name='branch_name_once'), models.CheckConstraint(condition=models.Q(('is_sensitive', False), models.Q(('neutral_name', ''), _negated=True), _connector='OR'), name='sensitive_has_alias')],
            },
        ),
        migrations.CreateModel(
            name='Doctor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=zabota.kernel.ids.new_public_id, editable=False, max_length=22, unique=True)),
                ('ext_id', models.CharField(blank=True, default='', max_length=64)),
                ('name', models.CharField(max_length=200, verbose_name='имя')),
                ('name_key', models.CharField(max_length=200)),
                ('speciality', models.CharField(blank=True, default='', max_length=100, verbose_name='специальность')),
                ('is_active', models.BooleanField(default=True)),
                ('branches', models.ManyToManyField(blank=True, related_name='doctors', to='clinic.branch')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='doctors', to='clinic.clinic')),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(fields=('clinic', 'name_key'), name='doctor_name_once')],
            },
        ),
        migrations.CreateModel(
            name='GoalPath',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('measure', models.CharField(default='R3', max_length=10)),
                ('baseline', models.FloatField(verbose_name='исходно')),
                ('baseline_on', models.DateField(verbose_name='на дату')),
                ('target', models.FloatField(verbose_name='цель')),
                ('target_on', models.DateField(verbose_name='к дате')),
                ('stages', models.JSONField(blank=True, default=list)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('clinic', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='goal', to='clinic.clinic')),
            ],
        ),
        migrations.CreateModel(
            name='Member',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=zabota.kernel.ids.new_public_id, editable=False, max_length=22, unique=True)),
                ('role', models.CharField(choices=[('owner', 'Руководитель'), ('marketer', 'Маркетолог'), ('administrator', 'Администратор'), ('doctor', 'Врач'), ('coordinator', 'Координатор'), ('quality_controller', 'Контролёр качества')], max_length=20, verbose_name='роль')),
                ('daily_capacity', models.PositiveSmallIntegerField(default=40, verbose_name='контактов в день')),
                ('is_active', models.BooleanField(default=True)),
                ('branches', models.ManyToManyField(blank=True, related_name='members', to='clinic.branch')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='members', to='clinic.clinic')),
                ('doctor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='members', to='clinic.doctor')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'clinic'), name='member_once_per_clinic')],
            },
        ),
        migrations.CreateModel(
            name='ServiceGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=zabota.kernel.ids.new_public_id, editable=False, max_length=22, unique=True)),
                ('name', models.CharField(max_length=120, verbose_name='название')),
                ('recall_interval_days', models.PositiveIntegerField(blank=True, null=True, verbose_name='интервал возврата, дней')),
                ('late_factor', models.DecimalField(decimal_places=2, default=1.5, max_digits=4)),
                ('sleeping_factor', models.DecimalField(decimal_places=2, default=2, max_digits=4)),
                ('lost_factor', models.DecimalField(decimal_places=2, default=3, max_digits=4)),
                ('is_consultation', models.BooleanField(default=False, verbose_name='консультации')),
                ('is_prevention', models.BooleanField(default=False, verbose_name='профилактика')),
                ('is_chronic', models.BooleanField(default=False, verbose_name='хронические заболевания')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='service_groups', to='clinic.clinic')),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(fields=('clinic', 'name'), name='group_name_once')],
            },
        ),
        migrations.CreateModel(
            name='Service',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=zabota.kernel.ids.new_public_id, editable=False, max_length=22, unique=True)),
                ('ext_id', models.CharField(blank=True, default='', max_length=64)),
                ('code', models.CharField(blank=True, default='', max_length=40, verbose_name='код')),
                ('name', models.CharField(max_length=300, verbose_name='название')),
                ('name_key', models.CharField(max_length=300)),
                ('price_kopecks', models.BigIntegerField(blank=True, null=True, verbose_name='цена')),
                ('duration_minutes', models.PositiveSmallIntegerField(default=30, verbose_name='длительность')),
                ('recall_interval_days', models.PositiveIntegerField(blank=True, null=True)),
                ('is_active', models.BooleanField(default=True)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='services', to='clinic.clinic')),
                ('group', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='services', to='clinic.servicegroup')),
                ('triggers_group', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='triggered_by', to='clinic.servicegroup')),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(fields=('clinic', 'name_key'), name='service_name_once')],
            },
        ),
    ]
