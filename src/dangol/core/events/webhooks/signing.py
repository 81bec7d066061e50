"""Signing by Standard Webhooks 1.0.0, both ways, both kinds.

Signed is `id.timestamp.body`, the body byte for byte as it travels. `v1` is HMAC-SHA256 under a secret that
both sides know (`whsec_` and base64); `v1a` is Ed25519, whose public half (`whpk_`) the receiver has. Several
signatures stand side by side, with a space between, while a secret is being changed.
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import hmac
import re
import secrets
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from standardwebhooks import Webhook

from dangol.core.events.webhooks.errors import (
    HeaderMissing,
    SecretMalformed,
    SignatureWrong,
    TimestampTooFar,
)
from dangol.core.events.webhooks.models import Signature

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
HMAC_PREFIX, PUBLIC_PREFIX = "whsec_", "whpk_"
# The specification allows 24 to 64 bytes.
SECRET_BYTES, SHORTEST, LONGEST, KEY_BYTES = 32, 24, 64, 32
TOLERANCE = timedelta(minutes=5)
# What we compare, a stranger has sent: so many signatures and no more.
SIGNATURES_READ = 16
_ID = re.compile(r"[\x21-\x7e]{1,255}")
_SECONDS = re.compile(r"[0-9]{1,12}")


class SigningKey(NamedTuple):
    """A secret as it is signed with: the bytes of a shared secret, or the seed of a key pair."""

    kind: Signature
    raw: bytes


class Envelope(NamedTuple):
    """The headers of a message, read and found to be of the right form."""

    message: str
    seconds: int
    signatures: tuple[tuple[str, str], ...]


def new_key(kind: Signature) -> SigningKey:
    """Return a new random secret of this kind."""
    return SigningKey(kind, secrets.token_bytes(SECRET_BYTES))


def show_key(key: SigningKey) -> str:
    """Return what the receiver is given: the shared secret (`whsec_…`), or the public key (`whpk_…`)."""
    if key.kind is Signature.HMAC:
        return HMAC_PREFIX + b64encode(key.raw).decode()
    public = Ed25519PrivateKey.from_private_bytes(key.raw).public_key().public_bytes_raw()
    return PUBLIC_PREFIX + b64encode(public).decode()


def sign(keys: Sequence[SigningKey], *, message: str, at: datetime, body: str) -> dict[str, str]:
    """Return the three headers of a message, signed at `at` under each of the keys."""
    signatures = (_sign_one(key, message, at, body) for key in keys)
    return {ID: message, TIMESTAMP: str(int(at.timestamp())), SIGNATURE: " ".join(signatures)}


def _sign_one(key: SigningKey, message: str, at: datetime, body: str) -> str:
    if key.kind is Signature.HMAC:
        return Webhook(key.raw).sign(message, at, body)
    content = signed_content(message, int(at.timestamp()), body.encode())
    return f"v1a,{b64encode(Ed25519PrivateKey.from_private_bytes(key.raw).sign(content)).decode()}"


def signed_content(message: str, seconds: int, body: bytes) -> bytes:
    """Return the bytes that are signed."""
    return f"{message}.{seconds}.".encode() + body


def read_envelope(headers: Mapping[str, str]) -> Envelope:
    """Return what the headers of a message say; raises HeaderMissing naming one that is not there or odd."""
    found = {name.lower(): value for name, value in headers.items()}
    message, seconds = found.get(ID, ""), found.get(TIMESTAMP, "")
    if not _ID.fullmatch(message):
        raise HeaderMissing(header=ID)
    if not _SECONDS.fullmatch(seconds):
        raise HeaderMissing(header=TIMESTAMP)
    parts = [part.partition(",") for part in found.get(SIGNATURE, "").split()[:SIGNATURES_READ]]
    signatures = tuple((version, value) for version, _comma, value in parts if value)
    if not signatures:
        raise HeaderMissing(header=SIGNATURE)
    return Envelope(message, int(seconds), signatures)


def verify(
    headers: Mapping[str, str], body: bytes, secret: str, *, at: datetime, tolerance: timedelta = TOLERANCE
) -> Envelope:
    """Return the envelope of a message that was signed with `secret` (`whsec_…`, or `whpk_…`) just now.

    The body is taken as it came, before anything has read it. Raises HeaderMissing, SecretMalformed,
    TimestampTooFar or SignatureWrong.
    """
    envelope = read_envelope(headers)
    check = checker(secret)
    seconds = int(at.timestamp()) - envelope.seconds
    if abs(seconds) > tolerance.total_seconds():
        raise TimestampTooFar(seconds=seconds, tolerance=int(tolerance.total_seconds()))
    content = signed_content(envelope.message, envelope.seconds, body)
    # All are compared, so that the time it takes tells nothing of which one was close.
    right = [check.is_right(content, version, value) for version, value in envelope.signatures]
    if not any(right):
        raise SignatureWrong(message=envelope.message)
    return envelope


class Checker(NamedTuple):
    """The receiver's side of a secret."""

    kind: Signature
    raw: bytes

    def is_right(self, content: bytes, version: str, signature: str) -> bool:
        """Say whether a signature of this version is right for the content."""
        if version != self.kind.value:
            return False
        try:
            given = b64decode(signature, validate=True)
        except (Base64Error, ValueError):
            return False
        if self.kind is Signature.HMAC:
            return hmac.compare_digest(hmac.digest(self.raw, content, "sha256"), given)
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(given, content)
        except InvalidSignature:
            return False
        return True


def checker(secret: str) -> Checker:
    """Return the receiver's side of `whsec_…` or `whpk_…`; raises SecretMalformed."""
    kind = Signature.ED25519 if secret.startswith(PUBLIC_PREFIX) else Signature.HMAC
    text = secret.removeprefix(PUBLIC_PREFIX if kind is Signature.ED25519 else HMAC_PREFIX)
    try:
        raw = b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (Base64Error, ValueError):
        raise SecretMalformed() from None
    fits = len(raw) == KEY_BYTES if kind is Signature.ED25519 else SHORTEST <= len(raw) <= LONGEST
    if not fits:
        raise SecretMalformed()
    return Checker(kind, raw)
