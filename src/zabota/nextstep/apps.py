from django.apps import AppConfig


class NextstepConfig(AppConfig):
    name = "zabota.nextstep"
    label = "nextstep"
    verbose_name = "Следующий шаг"

    def ready(self) -> None:
        """Load what registers itself: handlers of facts and background jobs; keep the view beside the tables."""
        from django.db.models.signals import (  # noqa: PLC0415, TID251 -- apps must be ready; the view must step aside while tables are rebuilt
            post_migrate,
            pre_migrate,
        )

        from zabota.kernel.discovery import load_doors  # noqa: PLC0415 -- apps must be ready
        from zabota.nextstep.queries.views import drop_view, make_view  # noqa: PLC0415 -- apps must be ready

        pre_migrate.connect(drop_view, sender=self, dispatch_uid="nextstep_view_aside")
        post_migrate.connect(make_view, sender=self, dispatch_uid="nextstep_view_back")
        load_doors(self.name)

        from zabota.patients.api import Holder, register_holder  # noqa: PLC0415 -- apps must be ready

        register_holder(Holder("nextstep.Recall", unique=("group_id",)))
        register_holder(Holder("nextstep.Referral"))
        register_holder(
            Holder(
                "nextstep.Exemption",
                single_open="ended_at",
                strongest=("reason", ("died", "moved", "refused", "finished")),
            )
        )
        register_holder(Holder("nextstep.PatientState", stays="тип вычисляется заново"))
        register_holder(Holder("nextstep.TypeChange", stays="смены типов по месяцам остаются как были"))
