"""Downloads under a passphrase: made here, shown on the form, and given back by it; kept nowhere.

The form carries the passphrase signed, so that the file is locked by the one that was shown and by no weaker
one, and only for whoever it was shown to, for an hour. It is never in an address, a log or a row.
"""

from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest

from dangol.connectors.files.exports.locked import make_passphrase
from dangol.domain.errors import DomainError
from dangol.web.acting import actor_of
from dangol.web.frame import frame_of

SHOWN_FOR = timedelta(hours=1)


class PassphraseOver(DomainError):
    """The form carries no passphrase that was shown to whoever sent it within the last hour."""

    code = "web.passphrase_over"


class Lock(NamedTuple):
    """What a form shows: a passphrase, the same signed, and whether whole data leave locked only."""

    passphrase: str
    token: str
    always: bool


def offer_lock(request: HttpRequest) -> Lock:
    """Return a new passphrase for a form to show, once."""
    passphrase = make_passphrase()
    shown = {"p": passphrase, "to": _who(request), "at": frame_of(request).at.timestamp()}
    return Lock(passphrase, _signer().sign_object(shown), settings.ENCRYPT_EXPORTS)


def read_lock(request: HttpRequest, *, whole: bool) -> str | None:
    """Return the passphrase that a download is to be locked by, None for one that is not.

    One of `whole` data is locked if asked or if the settings say always. Raises PassphraseOver.
    """
    if request.POST.get("lock") != "1" and not (whole and settings.ENCRYPT_EXPORTS):
        return None
    try:
        shown = _signer().unsign_object(request.POST.get("lock_token", ""))
    except BadSignature:
        raise PassphraseOver() from None
    age = frame_of(request).at.timestamp() - shown["at"]
    if shown["to"] != _who(request) or not 0 <= age < SHOWN_FOR.total_seconds():
        raise PassphraseOver()
    return str(shown["p"])


def _signer() -> Signer:
    return Signer(salt="dangol.web.locking")


def _who(request: HttpRequest) -> str:
    return actor_of(request).key
