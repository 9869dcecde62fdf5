"""Whether the world believes letters of a domain: SPF, DKIM, DMARC and the way back, asked of DNS, told in plain words."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import dns.exception
import dns.resolver
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from django.conf import settings

from zabota.messaging.api import Account

GOOD, WARN, BAD, UNKNOWN = "good", "warn", "bad", "unknown"
#: Selectors that mail servers and services use unasked; there is no way to ask DNS which ones there are.
USUAL_SELECTORS = ("mail", "default", "dkim", "selector1", "s1", "k1")
#: SPF may ask so many other records and no more (RFC 7208, 4.6.4).
_MOST_LOOKUPS = 10
_SECONDS = 2.5
_SHORTEST_KEY_BITS = 1024


class DnsSilent(Exception):
    """DNS did not answer: nothing can be said, neither good nor bad."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at."""

    name: str
    tone: str
    words: str
    record: str = ""


class Records(Protocol):
    """Where records are read."""

    def texts(self, name: str) -> list[str]:
        """TXT records of a name; none where there is no such name. Raises DnsSilent."""
        ...

    def takes_mail(self, name: str) -> bool:
        """Whether somebody receives letters there. Raises DnsSilent."""
        ...


class Dns:
    """The resolver of this machine, or the servers of `ZABOTA_DNS`."""

    def __init__(self, servers: Sequence[str] = ()) -> None:
        try:
            self._resolver = dns.resolver.Resolver(configure=not servers)
        except dns.resolver.NoResolverConfiguration:
            raise DnsSilent("на сервере не настроен DNS") from None
        if servers:
            hosts = [each.rpartition(":") if each.count(":") == 1 else (each, "", "") for each in servers]
            self._resolver.nameservers = [host for host, _, _ in hosts]
            if hosts[0][2]:
                self._resolver.port = int(hosts[0][2])
        self._resolver.lifetime = self._resolver.timeout = _SECONDS

    def texts(self, name: str) -> list[str]:
        """TXT records, each of its parts put together."""
        return [
            b"".join(row.strings).decode("utf-8", "replace")
            for row in self._ask(name, "TXT")
            if hasattr(row, "strings")
        ]

    def takes_mail(self, name: str) -> bool:
        """An MX record other than the one that says «nobody»."""
        return any(str(getattr(row, "exchange", ".")) != "." for row in self._ask(name, "MX"))

    def _ask(self, name: str, kind: str) -> list[object]:
        try:
            return list(self._resolver.resolve(name, kind, search=False))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except dns.exception.DNSException as silent:
            raise DnsSilent(type(silent).__name__) from None


def examine(account: Account) -> list[Line]:
    """All that can be said of the sender's domain of this account."""
    sender, _, domain = account.values.get("sender", "").strip().lower().rpartition("@")
    if not sender or "." not in domain:
        return [Line("Адрес отправителя", BAD, "Укажите полный адрес: имя@домен.")]
    try:
        domain = domain.encode("idna").decode("ascii")
        records = Dns(settings.DNS_SERVERS)
    except UnicodeError:
        return [Line("Адрес отправителя", BAD, "Такого домена быть не может: проверьте адрес.")]
    except DnsSilent as silent:
        return [Line("DNS", UNKNOWN, f"Проверить нельзя: {silent}.")]
    return judge(
        records,
        domain=domain,
        selector=account.values.get("dkim_selector", "").strip().lower(),
        back=account.values.get("bounce_domain", "").strip().lower(),
    )


def judge(records: Records, *, domain: str, selector: str = "", back: str = "") -> list[Line]:
    """SPF, DKIM, DMARC of a domain, and whether returned letters find somebody."""
    looks: list[tuple[str, Callable[[], Line]]] = [
        ("SPF", lambda: _spf(records, back or domain)),
        ("DKIM", lambda: _dkim(records, domain, selector)),
        ("DMARC", lambda: _dmarc(records, domain)),
        ("Возвраты и ответы", lambda: _way_back(records, back or domain)),
    ]
    lines = []
    for name, look in looks:
        try:
            lines.append(look())
        except DnsSilent:
            lines.append(Line(name, UNKNOWN, "DNS не ответил. Повторите через минуту."))
    return lines


def _spf(records: Records, domain: str) -> Line:
    found = [each for each in records.texts(domain) if each.lower().split(" ")[0] == "v=spf1"]
    if not found:
        return Line("SPF", BAD, f"У {domain} нет записи SPF: добавьте TXT «v=spf1 …» со списком своих серверов.")
    record = found[0]
    if len(found) > 1:
        return Line("SPF", BAD, "Записей SPF несколько, и получатели не верят ни одной: оставьте одну.", record)
    words = record.lower().split()
    if "+all" in words or "all" in words:
        return Line("SPF", BAD, "«+all» разрешает писать от вашего имени кому угодно: замените на «-all».", record)
    if _lookups(records, record, depth=0) > _MOST_LOOKUPS:
        return Line("SPF", BAD, "Больше десяти обращений к DNS: получатели считают запись ошибкой. Сократите.", record)
    if "?all" in words or not any(word.endswith("all") or word.startswith("redirect=") for word in words):
        return Line("SPF", WARN, "Запись не говорит, что делать с чужими серверами: закончите её «-all».", record)
    return Line("SPF", GOOD, "Запись есть, чужим серверам писать от вашего имени запрещено.", record)


def _lookups(records: Records, record: str, *, depth: int) -> int:
    """How many questions of DNS a record costs its reader."""
    total = 0
    for word in record.lower().split()[1:]:
        term = word.lstrip("+-~?")
        name, _, value = term.partition(":") if ":" in term else term.partition("=")
        if name.split("/")[0] in ("a", "mx", "ptr", "exists", "include", "redirect"):
            total += 1
        if name in ("include", "redirect") and value and depth < _MOST_LOOKUPS and total <= _MOST_LOOKUPS:
            for inner in records.texts(value):
                if inner.lower().startswith("v=spf1"):
                    total += _lookups(records, inner, depth=depth + 1)
    return total


def _dkim(records: Records, domain: str, selector: str) -> Line:
    tried = (selector,) if selector else USUAL_SELECTORS
    for name in tried:
        for record in records.texts(f"{name}._domainkey.{domain}"):
            tags = _tags(record)
            if "p" not in tags:
                continue
            if not tags["p"]:
                return Line("DKIM", BAD, f"Ключ «{name}» отозван: запись пуста. Включите подпись на почтовом сервере.")
            bits = _key_bits(tags)
            if bits is None:
                return Line("DKIM", BAD, f"Ключ «{name}» записан с ошибкой: скопируйте запись целиком.", record)
            if bits < _SHORTEST_KEY_BITS:
                return Line("DKIM", BAD, f"Ключ «{name}» короче 1024 бит: получатели ему не верят.", record)
            return Line("DKIM", GOOD, f"Ключ «{name}» опубликован. Подписывает письма ваш почтовый сервер.", record)
    if selector:
        return Line("DKIM", BAD, f"Записи {selector}._domainkey.{domain} нет: возьмите её на почтовом сервере.")
    return Line("DKIM", WARN, "Среди обычных имён ключа нет. Впишите селектор DKIM с почтового сервера и повторите.")


def _key_bits(tags: dict[str, str]) -> int | None:
    """Size of the key; None when it cannot be read. A key of ed25519 is short by nature and strong enough."""
    try:
        raw = base64.b64decode("".join(tags["p"].split()), validate=True)
        if tags.get("k", "rsa").lower() == "ed25519":
            Ed25519PublicKey.from_public_bytes(raw)
            return _SHORTEST_KEY_BITS
        key = load_der_public_key(raw)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key.key_size if isinstance(key, RSAPublicKey) else None


def _dmarc(records: Records, domain: str) -> Line:
    name, parent = domain, domain
    found: list[str] = []
    while not found and name.count(".") >= 1:
        found = [
            each for each in records.texts(f"_dmarc.{name}") if each.lower().replace(" ", "").startswith("v=dmarc1")
        ]
        parent, name = name, name.partition(".")[2]
    if not found:
        return Line("DMARC", BAD, f"Записи _dmarc.{domain} нет: добавьте TXT «v=DMARC1; p=quarantine; rua=mailto:…».")
    if len(found) > 1:
        return Line("DMARC", BAD, "Записей DMARC несколько: получатели не верят ни одной.", found[0])
    tags = _tags(found[0])
    policy = (tags.get("p", "") if parent == domain else tags.get("sp") or tags.get("p", "")).lower()
    if policy in ("quarantine", "reject"):
        what = "помечают как спам" if policy == "quarantine" else "не принимают"
        return Line("DMARC", GOOD, f"Подделанные письма от вашего имени {what}.", found[0])
    if policy == "none":
        words = "Пока только наблюдение (p=none): подделки доходят. Когда отчёты чисты, поставьте p=quarantine."
        return Line("DMARC", WARN, words, found[0])
    return Line("DMARC", BAD, "В записи нет понятного «p=»: поставьте none, quarantine или reject.", found[0])


def _way_back(records: Records, domain: str) -> Line:
    if records.takes_mail(domain):
        return Line("Возвраты и ответы", GOOD, f"У {domain} есть почтовый сервер: возвраты найдут дорогу.")
    return Line("Возвраты и ответы", BAD, f"У {domain} нет записи MX: возвраты и ответы пропадут.")


def _tags(record: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs if name.strip()}
