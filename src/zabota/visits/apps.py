from django.apps import AppConfig


class VisitsConfig(AppConfig):
    name = "zabota.visits"
    label = "visits"
    verbose_name = "Вокруг визита"

    def ready(self) -> None:
        """Load what registers itself: handlers of facts, background jobs, tables that hold rows of a patient."""
        from zabota.kernel.discovery import load_doors  # noqa: PLC0415 -- apps must be ready
        from zabota.patients.api import Holder, register_holder  # noqa: PLC0415 -- same

        load_doors(self.name)
        for model in ("ActionLink", "AnswerSheet", "Reminder", "WellbeingCheck"):
            register_holder(Holder(f"visits.{model}"))
