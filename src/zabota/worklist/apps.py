from django.apps import AppConfig


class WorklistConfig(AppConfig):
    name = "zabota.worklist"
    label = "worklist"
    verbose_name = "Задачи"

    def ready(self) -> None:
        """Load what registers itself: handlers of facts, background jobs, tables that hold rows of a patient."""
        from zabota.kernel.discovery import load_doors  # noqa: PLC0415 -- apps must be ready
        from zabota.patients.api import Holder, register_holder  # noqa: PLC0415 -- same

        load_doors(self.name)
        register_holder(Holder("worklist.Task"))
