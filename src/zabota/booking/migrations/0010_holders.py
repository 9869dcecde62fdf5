from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('booking', '0009_told_at'),
        ('clinic', '0004_sensitive_branches'),
    ]

    operations = [
        migrations.AddField(
            model_name='hold',
            name='holder_hash',
            field=models.CharField(blank=True, default='', max_length=64),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(
                condition=models.Q(('holder_hash', ''), _negated=True),
                fields=['clinic', 'holder_hash'],
                name='hold_holder',
            ),
        ),
    ]
