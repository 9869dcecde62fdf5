from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "zabota.kernel"
    label = "kernel"
    verbose_name = "Основа"
