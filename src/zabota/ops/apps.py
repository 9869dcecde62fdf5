from django.apps import AppConfig


class OpsConfig(AppConfig):
    name = "zabota.ops"
    label = "ops"
    verbose_name = "Команды"

    def ready(self) -> None:
        """Load what registers itself: handlers of facts and background jobs."""
        from zabota.kernel.discovery import load_doors

        load_doors(self.name)
