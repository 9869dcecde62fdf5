from django.apps import AppConfig


class ClinicConfig(AppConfig):
    name = "zabota.clinic"
    label = "clinic"
    verbose_name = "Клиника"
