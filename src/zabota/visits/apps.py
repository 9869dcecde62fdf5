from django.apps import AppConfig


class VisitsConfig(AppConfig):
    name = "zabota.visits"
    label = "visits"
    verbose_name = "Вокруг визита"

    def ready(self) -> None:
        """Load what registers itself: handlers of facts, background jobs, tables that hold rows of a patient."""
        from zabota.booking.api import register_offer_filter  # noqa: PLC0415 -- same
        from zabota.kernel.discovery import load_doors  # noqa: PLC0415 -- apps must be ready
        from zabota.messaging.api import register_guard  # noqa: PLC0415 -- same
        from zabota.patients.api import Holder, register_holder  # noqa: PLC0415 -- same
        from zabota.visits.services import care, fresh_links, notices, offering, reminding  # noqa: PLC0415 -- same

        load_doors(self.name)
        register_guard(reminding.SUBJECT, reminding.still_valid)
        register_guard(care.SUBJECT, care.still_asked)
        register_guard(offering.SUBJECT, offering.still_open)
        register_guard(fresh_links.SUBJECT, fresh_links.still_to_come)
        register_guard(notices.SUBJECT, notices.still_cancelled)
        register_offer_filter(offering.who_may_be_told)
        for model in ("ActionLink", "AnswerSheet", "Reminder", "WellbeingCheck"):
            register_holder(Holder(f"visits.{model}"))
