from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    name = "zabota.analytics"
    label = "analytics"
    verbose_name = "Аналитика"

    def ready(self) -> None:
        """Load what registers itself: handlers of facts and background jobs."""
        from zabota.kernel.discovery import load_doors  # noqa: PLC0415 -- apps must be ready

        load_doors(self.name)
