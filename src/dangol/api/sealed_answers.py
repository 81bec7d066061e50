"""Answers that hold a secret, kept so that only who was given them can be given them again.

A fresh secret is shown once. But a caller that did not hear the answer asks again and is owed the same, so
it has to be kept; not so that whoever reads the table, or a backup of it, has the secret. It is sealed by
AES-256-GCM under a key derived (HKDF, RFC 5869) from the secret of the API key that asked: 256 random bits,
of which the house keeps a hash only. Once that key is gone the answer opens for nobody.
"""

import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

# The first byte of a sealed answer; one in the clear is JSON and begins with a brace.
_FORMAT = b"\x01"
_NONCE_BYTES = 12
_PURPOSE = b"dangol.api.answer"


def seal_answer(body: bytes, *, secret: str, bound_to: bytes) -> bytes:
    """Return an answer sealed under its caller's secret, for the request it belongs to (`bound_to`)."""
    nonce = os.urandom(_NONCE_BYTES)
    return _FORMAT + nonce + _key(secret).encrypt(nonce, body, bound_to)


def is_sealed(kept: bytes) -> bool:
    """Say whether a kept answer is a sealed one."""
    return kept.startswith(_FORMAT)


def open_answer(kept: bytes, *, secret: str, bound_to: bytes) -> bytes:
    """Return a sealed answer as it was given; raises InvalidTag for another caller's or request's."""
    nonce, sealed = kept[1 : 1 + _NONCE_BYTES], kept[1 + _NONCE_BYTES :]
    return _key(secret).decrypt(nonce, sealed, bound_to)


def _key(secret: str) -> AESGCM:
    derived = HKDF(SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret.encode())
    return AESGCM(derived)
