from django.apps import AppConfig


class WorklistConfig(AppConfig):
    name = "zabota.worklist"
    label = "worklist"
    verbose_name = "Задачи"

    def ready(self) -> None:
        """Load what registers itself: handlers of facts and background jobs."""
        from zabota.kernel.discovery import load_doors  # noqa: PLC0415 -- apps must be ready

        load_doors(self.name)
