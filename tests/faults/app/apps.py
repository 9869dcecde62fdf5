from django.apps import AppConfig


class FaultsConfig(AppConfig):
    name = "tests.faults.app"
    label = "faults"

    def ready(self) -> None:
        """Load facts, handlers and jobs as any app does."""
        from zabota.kernel.discovery import load_doors

        load_doors(self.name)

        from tests.faults.app.phone import LedgerTransport
        from zabota.messaging.api import Channel, register_transport

        register_transport(LedgerTransport("ledger", Channel.SMS, drops_repeats=True))
        register_transport(LedgerTransport("forgetful", Channel.MAX, drops_repeats=False))
