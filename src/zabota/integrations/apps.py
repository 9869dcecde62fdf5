from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "zabota.integrations"
    label = "integrations"
    verbose_name = "Каналы"

    def ready(self) -> None:
        """Tell messages of every adapter; load background jobs."""
        from zabota.integrations.registry import register_all  # noqa: PLC0415 -- apps must be ready
        from zabota.kernel.discovery import load_doors  # noqa: PLC0415 -- apps must be ready

        register_all()
        load_doors(self.name)
