from django.apps import AppConfig


class FaultsConfig(AppConfig):
    name = "tests.faults.app"
    label = "faults"

    def ready(self) -> None:
        """Load facts, handlers and jobs as any app does."""
        from zabota.kernel.discovery import load_doors

        load_doors(self.name)
