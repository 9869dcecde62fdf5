from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "zabota.messaging"
    label = "messaging"
    verbose_name = "Сообщения"

    def ready(self) -> None:
        """Load what registers itself: handlers of facts and background jobs."""
        from zabota.kernel.discovery import load_doors  # noqa: PLC0415 -- apps must be ready

        load_doors(self.name)

        from zabota.patients.api import Holder, register_holder  # noqa: PLC0415 -- apps must be ready

        register_holder(Holder("messaging.Message"))
        register_holder(Holder("messaging.BotLink", unique=("account_id", "external_id")))
        register_holder(Holder("messaging.ChannelChoice", unique=("channel",)))
        register_holder(Holder("messaging.Conversation"))
