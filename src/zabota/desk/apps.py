from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "zabota.desk"
    label = "desk"
    verbose_name = "Рабочее место"

    def ready(self) -> None:
        """Load what registers itself: handlers of facts and background jobs."""
        from zabota.kernel.discovery import load_doors  # noqa: PLC0415 -- apps must be ready

        load_doors(self.name)
