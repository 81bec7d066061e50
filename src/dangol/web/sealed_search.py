"""What staff typed to find somebody, as an address carries it: sealed, for whoever typed it alone.

Addresses stay in a browser's history and in the logs of what stands between; a name or a number has no
business there (OWASP ASVS 5.0, 14.2.1). So it is sealed by AES-256-GCM under a key derived (HKDF, RFC 5869)
from the secret key of the instance, bound to the account that searched: nothing is kept, nothing is written,
and to anybody else the address is a search for nothing.
"""

import binascii
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest

from dangol.core.storage.master_keys import KEY_BYTES, NONCE_BYTES

SEARCH = "q"
LONGEST_TEXT = 100
_SIGN, _INFO, _ATTRIBUTE = "~", b"dangol search 1", "people_search"
# The longest text in four bytes a character, with nonce and tag, as base64.
_LONGEST_SEALED = 600


class PeopleSearch(NamedTuple):
    """By which field a view is searched for people, and whether the form is sent to it."""

    field: str
    takes_form: bool


def mark_search(view: Callable[..., Any], search: PeopleSearch) -> None:
    """Say of a view that it is searched for people."""
    setattr(view, _ATTRIBUTE, search)


def search_of(view: Callable[..., Any] | None) -> PeopleSearch | None:
    """Return how a view is searched for people; None for one that is not."""
    found = getattr(view, _ATTRIBUTE, None)
    return found if isinstance(found, PeopleSearch) else None


def is_search(request: HttpRequest, view: Callable[..., Any]) -> bool:
    """Say whether a form that was sent only searches: such a one reads, and never acts."""
    search = search_of(view)
    return bool(search and search.takes_form and request.method == "POST" and search.field in request.POST)


def is_sealed(shown: str) -> bool:
    """Say whether what an address holds is a sealed text, or looks like one; else it was typed there."""
    return shown.startswith(_SIGN)


def seal_text(text: str, *, viewer: int) -> str:
    """Return what was typed, at most 100 characters of it, sealed for an account; nothing for nothing."""
    kept = text.strip()[:LONGEST_TEXT]
    if not kept:
        return ""
    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + _key().encrypt(nonce, kept.encode(errors="replace"), _bound(viewer))
    return _SIGN + urlsafe_b64encode(sealed).decode().rstrip("=")


def open_text(shown: str, *, viewer: int) -> str | None:
    """Return what an account sealed; None for what another did, what was changed, and what is not sealed."""
    if not is_sealed(shown) or len(shown) > _LONGEST_SEALED:
        return None
    try:
        sealed = urlsafe_b64decode(shown[1:] + "=" * (-len(shown[1:]) % 4))
        return _key().decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound(viewer)).decode()
    except (binascii.Error, ValueError, InvalidTag):
        return None


def address_of(request: HttpRequest) -> str:
    """Return the address that was asked for as it may be carried on: without what was typed into it."""
    match = request.resolver_match
    search = search_of(match.func) if match else None
    if search is None or is_sealed(request.GET.get(search.field, "")):
        return request.get_full_path()
    kept = request.GET.copy()
    kept.pop(search.field, None)
    return f"{request.path}?{kept.urlencode()}" if kept else request.path


def _key() -> AESGCM:
    return AESGCM(HKDF(SHA256(), KEY_BYTES, salt=None, info=_INFO).derive(settings.SECRET_KEY.encode()))


def _bound(viewer: int) -> bytes:
    return f"search by {viewer}".encode()
