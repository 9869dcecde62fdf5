from django.apps import AppConfig


class BookingConfig(AppConfig):
    name = "zabota.booking"
    label = "booking"
    verbose_name = "Запись"

    def ready(self) -> None:
        """Load what registers itself: handlers of facts, background jobs, tables that hold rows of a patient."""
        from zabota.kernel.discovery import load_doors  # noqa: PLC0415 -- apps must be ready
        from zabota.patients.api import Holder, register_holder  # noqa: PLC0415 -- same

        load_doors(self.name)
        register_holder(Holder("booking.Appointment"))
        register_holder(Holder("booking.Payment"))
        register_holder(Holder("booking.Hold"))
        register_holder(Holder("booking.WaitlistEntry"))
