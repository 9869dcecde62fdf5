"""A visit by video has a consent of its own."""

from django.db import migrations, models

PURPOSES = [
    ("processing", "Обработка персональных данных"),
    ("advertising", "Рекламные сообщения"),
    ("quality_calls", "Звонки о качестве"),
    ("special", "Данные о здоровье в маркетинге"),
    ("telemedicine", "Приём по видео"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("patients", "0005_cards_out_of_use"),
    ]

    operations = [
        migrations.AlterField(
            model_name=name, name="purpose", field=models.CharField(choices=PURPOSES, max_length=20)
        )
        for name in ("consenttext", "consent")
    ]
