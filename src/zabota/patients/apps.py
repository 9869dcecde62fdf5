from django.apps import AppConfig


class PatientsConfig(AppConfig):
    name = "zabota.patients"
    label = "patients"
    verbose_name = "Пациенты"

    def ready(self) -> None:
        """Load what registers itself: handlers of facts and background jobs."""
        from zabota.kernel.discovery import load_doors  # noqa: PLC0415 -- apps must be ready

        load_doors(self.name)
