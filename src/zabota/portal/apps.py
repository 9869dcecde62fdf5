from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "zabota.portal"
    label = "portal"
    verbose_name = "Страницы пациента"

    def ready(self) -> None:
        """Load what registers itself: handlers of facts and background jobs."""
        from zabota.kernel.discovery import load_doors  # noqa: PLC0415 -- apps must be ready

        load_doors(self.name)
