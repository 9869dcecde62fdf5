"""Who plugs into messages: transports of channels from below the pages, guards of upper apps."""

from __future__ import annotations

from zabota.messaging.rules.transport import Traits, Transport
from zabota.messaging.rules.wanted import Guard

_transports: dict[str, Transport] = {}
_guards: dict[str, Guard] = {}


def register_transport(transport: Transport) -> None:
    """Offer a provider. Called when an app starts; a second time with the same provider replaces it."""
    _transports[transport.traits.provider] = transport


def transports() -> dict[str, Transport]:
    """All transports by provider."""
    return dict(_transports)


def transport_of(provider: str) -> Transport | None:
    """The transport of one provider."""
    return _transports.get(provider)


def traits_of(provider: str) -> Traits | None:
    """What is known of one provider."""
    transport = _transports.get(provider)
    return transport.traits if transport else None


def register_guard(subject_kind: str, guard: Guard) -> None:
    """Say who knows whether what a message is about still holds. Called when an app starts."""
    _guards[subject_kind] = guard


def guard_of(subject_kind: str) -> Guard | None:
    """The guard of one kind."""
    return _guards.get(subject_kind)
