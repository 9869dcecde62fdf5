"""The mailbox into which letters come back: read over IMAP or from a folder on this machine."""

from __future__ import annotations

import imaplib
import ssl
from collections.abc import Callable
from pathlib import Path

from zabota.integrations.calls import CallFailed, trust_in
from zabota.integrations.smtp.returns import read_return
from zabota.messaging.api import Account, Blame, InboundEvent, Verdict

#: Letters of one visit to the mailbox.
MOST = 200
#: Letters longer than this are not read: a report of non-delivery is short.
LONGEST = 1024 * 1024
Store = Callable[[InboundEvent], None]


def collect(account: Account, store: Store) -> int:
    """Read what came back; a letter counts as read after it was stored. Returns how many said something.

    Raises CallFailed when the mailbox cannot be opened.
    """
    if account.values.get("maildir"):
        return _from_folder(account, store)
    if account.values.get("imap_host"):
        return _from_imap(account, store)
    return 0


def _from_folder(account: Account, store: Store) -> int:
    path = Path(account.values["maildir"])
    new, read = path / "new", path / "cur"
    # Folders are not made here: an absent one is a mistake in the settings.
    if not new.is_dir() or not read.is_dir():
        raise CallFailed((Verdict.ACCOUNT, Blame.OTHER), "папки Maildir для возвратов нет")
    found = 0
    # Only what is new is listed: letters read before would fill the portion for ever.
    for letter in sorted(each for each in new.iterdir() if each.is_file() and not each.name.startswith("."))[:MOST]:
        raw = letter.read_bytes() if letter.stat().st_size <= LONGEST else b""
        event = read_return(raw, secret=account.hook_secret)
        if event is not None:
            store(event)
            found += 1
        letter.rename(read / f"{letter.name.partition(':')[0]}:2,S")
    return found


def _from_imap(account: Account, store: Store) -> int:
    values = account.values
    try:
        with imaplib.IMAP4_SSL(
            values["imap_host"], ssl_context=trust_in(values.get("ca_bundle", "")), timeout=15
        ) as imap:
            imap.login(values.get("imap_login", ""), values.get("imap_password", ""))
            imap.select("INBOX")
            _, numbers = imap.search(None, "UNSEEN", "SMALLER", str(LONGEST))
            found = 0
            for number in (numbers[0] or b"").split()[:MOST]:
                _, parts = imap.fetch(number.decode(), "(BODY.PEEK[])")
                raw = next((part[1] for part in parts if isinstance(part, tuple)), b"")
                event = read_return(raw, secret=account.hook_secret)
                if event is not None:
                    store(event)
                    found += 1
                imap.store(number.decode(), "+FLAGS", "\\Seen")
            return found
    except ssl.SSLCertVerificationError:
        raise CallFailed((Verdict.ACCOUNT, Blame.CERTIFICATE), "сертификат ящика возвратов не принят") from None
    except imaplib.IMAP4.error:
        raise CallFailed((Verdict.ACCOUNT, Blame.KEY), "ящик возвратов не принял вход") from None
    except OSError:
        raise CallFailed((Verdict.LATER, Blame.DOWN), "ящик возвратов не отвечает") from None
